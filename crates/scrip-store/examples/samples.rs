//! Writes the samples of this release's journal format, and the fuzzer's seeds, from the tests' own words.
//!
//! Once, when the format changes: `cargo run -p scrip-store --example samples` in the crate's folder. A sample that is
//! committed stays as it was written: newer builds must open it.

use scrip_store::{Clock, ManualClock, Options, Store};

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../tests/it/commands.rs"]
mod commands;
#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../tests/it/offers.rs"]
mod offers;
#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../tests/it/place.rs"]
mod place;
#[path = "../tests/it/sample.rs"]
mod sample;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    write("journal-1", "batch", async |store| sample::fill(store).await).await;
    write("journal-1-plans", "plans", async |store| sample::fill_plans(store).await).await;
}

/// Writes one sample, and each of its batches as a seed.
async fn write(name: &str, seed: &str, fill: impl AsyncFnOnce(&Store)) {
    let dir = tempfile::tempdir().expect("a folder");
    let clock = Clock::Manual(ManualClock::at(commands::at(0)));
    let store = Store::open(Options { clock, ..Options::at(dir.path()) }).expect("the store opens");
    fill(&store).await;
    let batches = store.records_after(0, 100).await.expect("the journal can be read");
    store.close();
    std::fs::create_dir_all("tests/samples").expect("a folder");
    std::fs::copy(dir.path().join("journal.sqlite"), format!("tests/samples/{name}")).expect("the sample is written");
    std::fs::create_dir_all("../../fuzz/corpus/journal").expect("a folder");
    for (position, records) in batches {
        let mut bytes = Vec::new();
        for record in &records {
            minicbor::encode(record, &mut bytes).expect("writing to memory does not fail");
        }
        std::fs::write(format!("../../fuzz/corpus/journal/{seed}-{position}"), bytes).expect("the seed is written");
    }
}
