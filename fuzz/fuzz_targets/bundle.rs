#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| genggam_fuzz::bundle::run(data));
