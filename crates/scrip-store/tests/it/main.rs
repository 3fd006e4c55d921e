//! The store, from the outside.

mod commands;
mod conformance;
mod disk;
mod due;
mod events;
mod journal;
mod offers;
mod past;
mod place;
mod plans;
mod restart;
mod sample;
mod settings;
mod transfers;
mod workload;
