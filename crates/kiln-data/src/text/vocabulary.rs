//! The tokens that are known, and how often they were seen.

use std::collections::{HashMap, HashSet};

/// Tokens in the order of their numbers, without the special ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Vocabulary {
    pub(super) tokens: Vec<String>,
    pub(super) place: HashMap<String, usize>,
    /// The weight of each token when documents were counted; that of unknown ones is their mean.
    pub(super) idf: Option<Vec<f32>>,
    /// What unknown tokens weigh.
    pub(super) idf_oov: f32,
}

impl Vocabulary {
    pub(super) fn new(tokens: Vec<String>, idf: Option<Vec<f32>>) -> Self {
        let place = tokens.iter().enumerate().map(|(i, token)| (token.clone(), i)).collect();
        let idf_oov = idf.as_ref().map_or(0.0, |idf| idf.iter().sum::<f32>() / idf.len().max(1) as f32);
        Self { tokens, place, idf, idf_oov }
    }
}

/// Counts tokens while a vocabulary is learnt.
#[derive(Clone, Debug, Default)]
pub(super) struct Census {
    counts: HashMap<String, u64>,
    documents: HashMap<String, u64>,
    total: u64,
}

impl Census {
    pub(super) fn document(&mut self, tokens: &[String]) {
        self.total += 1;
        let mut seen = HashSet::new();
        for token in tokens {
            *self.counts.entry(token.clone()).or_default() += 1;
            if seen.insert(token) {
                *self.documents.entry(token.clone()).or_default() += 1;
            }
        }
    }

    /// The most frequent tokens, of equally frequent ones the later in the alphabet first, as in Keras.
    pub(super) fn vocabulary(mut self, special: &[&str], most: Option<usize>, with_idf: bool) -> Vocabulary {
        for token in special {
            self.counts.remove(*token);
        }
        let mut tokens: Vec<(String, u64)> = self.counts.into_iter().collect();
        tokens.sort_by(|a, b| (b.1, &b.0).cmp(&(a.1, &a.0)));
        tokens.truncate(most.unwrap_or(usize::MAX));
        let tokens: Vec<String> = tokens.into_iter().map(|(token, _)| token).collect();
        let weight = |token: &String| {
            let documents = self.documents.get(token).copied().unwrap_or(0);
            (1.0 + self.total as f64 / (1.0 + documents as f64)).ln() as f32
        };
        let idf = with_idf.then(|| tokens.iter().map(weight).collect());
        Vocabulary::new(tokens, idf)
    }
}
