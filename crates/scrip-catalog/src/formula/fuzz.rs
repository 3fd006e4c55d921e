/// Interim.
#[doc(hidden)]
pub fn fuzz_compile_and_eval(bytes: &[u8]) {
    let _ = super::Formula::compile(&String::from_utf8_lossy(bytes), &super::Scope::new());
}
