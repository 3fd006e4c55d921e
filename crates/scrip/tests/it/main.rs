//! The command line as its users meet it: every test runs the built binary.

mod check;
mod completions;
mod demo;
mod exit_codes;
mod folder;
mod import;
mod pages;
mod program;
mod quote;
mod serve;
mod server;
