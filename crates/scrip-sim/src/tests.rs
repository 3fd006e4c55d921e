//! The tables of `vectors/ledger`, the pages of `docs/semantics`, random runs, tampering.

mod customers;
mod http;
mod lives;
mod pages;
mod scenarios;
mod second_opinion;
mod simulation;
mod statements;
mod tampering;
mod vectors;

use std::path::{Path, PathBuf};

/// A file or folder of the project.
fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}
