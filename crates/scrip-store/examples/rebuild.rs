//! How long it takes to make the views of a journal anew: `cargo run --release --example rebuild -- DIR`

use std::time::Instant;

fn main() {
    let dir = std::env::args().nth(1).expect("a data folder");
    let start = Instant::now();
    let rebuilt = scrip_store::rebuild(std::path::Path::new(&dir)).expect("the views are made anew");
    let seconds = start.elapsed().as_secs_f64();
    println!("{} batches, {} records in {seconds:.2} s", rebuilt.batch_count, rebuilt.record_count);
    println!("{:.2} us a record", seconds * 1e6 / rebuilt.record_count as f64);
}
