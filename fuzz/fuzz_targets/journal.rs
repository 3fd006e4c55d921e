//! A row of the journal, whatever is in it, is decoded or refused.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let _ = scrip_store::fuzz_journal(data);
});
