//! How much a file may ask for.

/// What is refused when a file asks for more. The defaults let every honest file through.
///
/// ```
/// let limits = kiln_io::Limits { weights: 1_000_000, ..Default::default() };
/// assert_eq!(limits.config, 64 << 20);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The bytes of `config.json`, and of any other text. Default 64 MiB.
    pub config: u64,
    /// The bytes of a whole file, and of the weights in an archive after decompression. Default 64 GiB.
    pub file: u64,
    /// The numbers in the weights of a model that comes without any: from JSON. Default 2³⁰. Weights of a file may have no more numbers
    /// than the file can hold.
    pub weights: usize,
    /// The layers of a model and the uses of them. Default 100,000.
    pub layers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { config: 64 << 20, file: 64 << 30, weights: 1 << 30, layers: 100_000 }
    }
}
