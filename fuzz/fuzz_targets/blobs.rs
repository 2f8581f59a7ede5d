#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| genggam_fuzz::blobs::run(data));
