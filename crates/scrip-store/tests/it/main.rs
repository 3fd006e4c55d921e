//! The store, from the outside.

mod commands;
mod conformance;
mod disk;
mod journal;
mod place;
mod restart;
mod sample;
mod settings;
mod workload;
