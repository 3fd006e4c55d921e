//! A formula, whatever is in it, is compiled and worked out, or refused.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = scrip_catalog::formula::fuzz_compile_and_eval(data);
});
