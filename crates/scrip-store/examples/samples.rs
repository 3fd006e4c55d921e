//! Writes the sample of this release's journal format, and the fuzzer's seeds, from the tests' own words.
//!
//! Once, when the format changes: `cargo run -p scrip-store --example samples` in the crate's folder.

use scrip_store::{Clock, ManualClock, Options, Store};

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../tests/it/commands.rs"]
mod commands;
#[path = "../tests/it/sample.rs"]
mod sample;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let dir = tempfile::tempdir().expect("a folder");
    let clock = Clock::Manual(ManualClock::at(commands::at(0)));
    let store = Store::open(Options { clock, ..Options::at(dir.path()) }).expect("the store opens");
    sample::fill(&store).await;
    let batches = store.records_after(0, 100).await.expect("the journal can be read");
    store.close();
    std::fs::create_dir_all("tests/samples").expect("a folder");
    std::fs::copy(dir.path().join("journal.sqlite"), "tests/samples/journal-1").expect("the sample is written");
    std::fs::create_dir_all("../../fuzz/corpus/journal").expect("a folder");
    for (position, records) in batches {
        let mut bytes = Vec::new();
        for record in &records {
            minicbor::encode(record, &mut bytes).expect("writing to memory does not fail");
        }
        std::fs::write(format!("../../fuzz/corpus/journal/batch-{position}"), bytes).expect("the seed is written");
    }
}
