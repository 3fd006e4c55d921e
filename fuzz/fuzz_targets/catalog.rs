//! A catalog file, whatever is in it, is read or refused.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = scrip_catalog::fuzz_catalog(data);
});
