//! Strings into buckets without a vocabulary.

use super::farmhash::fingerprint;
use super::siphash::siphash;
use kiln_core::{Error, Result, Tensor};

/// Puts strings into `num_bins` buckets by a hash: Keras' `Hashing`, with the same buckets. The hash is FarmHash64, or SipHash with
/// a [salt](Hashing::salt).
///
/// ```
/// use kiln_data::Hashing;
/// let bins = Hashing::new(3).call(&["A", "B", "C", "D", "E"])?;
/// assert_eq!(bins.to_vec::<i64>(), [1, 0, 1, 1, 2]);
/// # Ok::<(), kiln_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Hashing {
    num_bins: usize,
    mask_value: Option<String>,
    salt: Option<[u64; 2]>,
}

impl Hashing {
    /// So many buckets.
    pub fn new(num_bins: usize) -> Self {
        Self { num_bins, mask_value: None, salt: None }
    }

    /// The string that bucket 0 is kept for; the others share the rest. Default none.
    pub fn mask_value(mut self, mask: &str) -> Self {
        self.mask_value = Some(mask.to_owned());
        self
    }

    /// Two numbers that change which strings meet; Keras' single number stands for it twice. Default none.
    pub fn salt(mut self, salt: [u64; 2]) -> Self {
        self.salt = Some(salt);
        self
    }

    /// The bucket of each string, `int64`. Whole numbers hash as their decimal text.
    ///
    /// # Errors
    /// No bucket, or only that of the mask.
    pub fn call(&self, strings: &[impl AsRef<str>]) -> Result<Tensor> {
        let first = u64::from(self.mask_value.is_some());
        if self.num_bins as u64 <= first {
            return Err(Error::option("Hashing", "num_bins", format!("above {first}"), self.num_bins));
        }
        let bins = strings.iter().map(|text| match &self.mask_value {
            Some(mask) if mask == text.as_ref() => 0,
            _ => (first + bucket(text.as_ref(), self.num_bins as u64 - first, self.salt)) as i64,
        });
        Ok(Tensor::constant(bins.collect::<Vec<i64>>()))
    }
}

/// The bucket of a text; there must be at least one.
pub(super) fn bucket(text: &str, bins: u64, salt: Option<[u64; 2]>) -> u64 {
    let hash = salt.map_or_else(|| fingerprint(text.as_bytes()), |key| siphash(text.as_bytes(), key));
    hash % bins
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::{Golden, close};

    #[test]
    fn buckets_are_those_of_keras() {
        let golden = Golden::read();
        let strings = golden.words("strings");
        for case in golden.cases("hashing") {
            let options = &case["options"];
            let mut hashing = Hashing::new(options["num_bins"].as_u64().unwrap() as usize);
            hashing.mask_value = options["mask_value"].as_str().map(str::to_owned);
            hashing.salt = match &options["salt"] {
                serde_json::Value::Array(salt) => Some([salt[0].as_u64().unwrap(), salt[1].as_u64().unwrap()]),
                salt => salt.as_u64().map(|salt| [salt; 2]),
            };
            close(&hashing.call(&strings).unwrap(), &case["output"]);
        }
        let numbers: Vec<String> = golden.cases("ints").iter().map(ToString::to_string).collect();
        close(&Hashing::new(1000).call(&numbers).unwrap(), golden.value("hashed_ints"));
    }

    #[test]
    fn there_must_be_a_bucket() {
        assert_eq!(Hashing::new(0).call(&["a"]).unwrap_err().to_string(), "Hashing: `num_bins` must be above 0, received 0");
        assert!(Hashing::new(1).mask_value("").call(&["a"]).is_err());
    }
}
