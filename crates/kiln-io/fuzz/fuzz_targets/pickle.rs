#![no_main]

// Both readers of pickles: that of PyTorch's files and that of the data sets.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    kiln_io::fuzzing::pickle(bytes);
    kiln_data::fuzzing::pickle(bytes);
});
