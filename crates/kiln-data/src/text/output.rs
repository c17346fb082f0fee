//! The forms in which token numbers come out.

use kiln_core::{Error, Result, Tensor};

/// Keras' `output_mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OutputMode {
    Int,
    OneHot,
    MultiHot,
    Count,
    TfIdf,
}

impl OutputMode {
    pub(super) fn of(who: &str, name: &str) -> Result<Self> {
        match name {
            "int" => Ok(Self::Int),
            "one_hot" => Ok(Self::OneHot),
            "multi_hot" | "binary" => Ok(Self::MultiHot),
            "count" => Ok(Self::Count),
            "tf_idf" | "tf-idf" => Ok(Self::TfIdf),
            other => {
                let expected = "`int`, `one_hot`, `multi_hot`, `count` or `tf_idf`";
                Err(Error::option(who, "output_mode", expected, format!("`{other}`")))
            }
        }
    }

    /// Rows of `depth` numbers from rows of token numbers; those not below `depth` are left out.
    pub(super) fn encode(self, rows: &[Vec<Option<usize>>], depth: usize, idf: &[f32]) -> Result<Tensor> {
        let mut values = vec![0.0f32; rows.len() * depth];
        for (out, row) in values.chunks_exact_mut(depth.max(1)).zip(rows) {
            for token in row.iter().flatten() {
                if let Some(slot) = out.get_mut(*token) {
                    *slot = if matches!(self, Self::MultiHot | Self::OneHot) { 1.0 } else { *slot + 1.0 };
                }
            }
            if self == Self::TfIdf {
                out.iter_mut().enumerate().for_each(|(token, value)| *value *= idf.get(token).copied().unwrap_or(0.0));
            }
        }
        Tensor::from_vec(values, [rows.len(), depth])
    }
}
