//! What the options of a lookup come to: places, tokens, weights.

use super::super::vocabulary::Vocabulary;
use super::{IntegerLookup, OutputMode};
use kiln_core::{Error, Result};

impl IntegerLookup {
    /// The places before those of unknown numbers.
    pub(super) fn oov_start(&self) -> usize {
        usize::from(self.mask_token.is_some() && self.output_mode == OutputMode::Int)
    }

    /// The places before the vocabulary.
    pub(super) fn start(&self) -> usize {
        self.oov_start() + self.num_oov_indices
    }

    /// Whether the given vocabulary starts with the special tokens.
    pub(super) fn has_special(&self) -> bool {
        let given = self.vocabulary.as_deref().unwrap_or_default();
        let mask = self.mask_token.filter(|_| self.oov_start() == 1);
        let special: Vec<i64> = mask.into_iter().chain(std::iter::repeat_n(self.oov_token, self.num_oov_indices)).collect();
        !special.is_empty() && given.starts_with(&special)
    }

    pub(super) fn tokens(&self) -> &[i64] {
        let given = self.vocabulary.as_deref().unwrap_or_default();
        if self.has_special() { &given[self.start()..] } else { given }
    }

    pub(super) fn check_options(&self) -> Result<()> {
        use OutputMode as M;
        const WHO: &str = "IntegerLookup";
        self.output_mode.check(WHO, &[M::Int, M::OneHot, M::MultiHot, M::Count, M::TfIdf])?;
        if let Some(max) = self.max_tokens.filter(|max| *max < 2 || *max <= self.start()) {
            return Err(Error::option(WHO, "max_tokens", format!("above {}", self.start().max(1)), max));
        }
        if self.pad_to_max_tokens && self.max_tokens.is_none() {
            return Err(Error::option(WHO, "max_tokens", "given with `pad_to_max_tokens`", "none"));
        }
        if self.invert && self.output_mode != M::Int {
            return Err(Error::option(WHO, "output_mode", "`int` with `invert`", "another"));
        }
        if self.oov_method != "floormod" {
            return Err(Error::option(WHO, "oov_method", "`floormod`", &self.oov_method));
        }
        Ok(())
    }

    /// The vocabulary's table and the number of places.
    pub(super) fn table(&self) -> Result<(Vocabulary, usize)> {
        const WHO: &str = "IntegerLookup";
        self.check_options()?;
        if self.vocabulary.is_none() {
            return Err(Error::order(WHO, "the vocabulary is not known").hint("give `vocabulary`, or call `adapt`"));
        }
        let tokens = self.tokens();
        let reserved = [self.mask_token, Some(self.oov_token).filter(|_| self.invert)];
        if let Some(token) = tokens.iter().find(|token| reserved.contains(&Some(**token))) {
            return Err(Error::option(WHO, "vocabulary", "without the mask and unknown tokens, or with all of them first", token));
        }
        let size = self.start() + tokens.len();
        match self.max_tokens {
            Some(max) if size > max => return Err(Error::option(WHO, "max_tokens", format!("at least the vocabulary's {size}"), max)),
            _ => {}
        }
        let depth = self.max_tokens.filter(|_| self.pad_to_max_tokens).unwrap_or(size);
        Ok((Vocabulary::new(tokens, self.start()).map_err(|twice| Error::option(WHO, "vocabulary", "of different tokens", twice))?, depth))
    }

    /// The weights of all places.
    pub(super) fn weights(&self, depth: usize) -> Result<Option<Vec<f32>>> {
        if self.output_mode != OutputMode::TfIdf {
            return match &self.idf_weights {
                Some(_) => Err(Error::option("IntegerLookup", "idf_weights", "for mode `tf_idf` only", "some")),
                None => Ok(None),
            };
        }
        let count = self.vocabulary.as_ref().map_or(0, Vec::len);
        let Some(weights) = self.idf_weights.as_ref().filter(|weights| weights.len() == count && count > 0) else {
            let received = self.idf_weights.as_ref().map_or(0, Vec::len);
            return Err(Error::option("IntegerLookup", "idf_weights", format!("one for each of the {count} tokens"), received));
        };
        let front = if self.has_special() { 0 } else { self.start() };
        let mean = weights.iter().sum::<f64>() / weights.len() as f64;
        let mut all: Vec<f32> = std::iter::repeat_n(mean, front).chain(weights.iter().copied()).map(|w| w as f32).collect();
        all.resize(depth, 0.0);
        Ok(Some(all))
    }
}
