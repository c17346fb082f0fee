#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kiln_io::fuzzing::h5(bytes));
