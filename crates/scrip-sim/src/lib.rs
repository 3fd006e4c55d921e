//! Proof, not product: tables that a finance person can read, a naive second ledger, and random runs.
//!
//! [`table`] reads scripts ([`script`]) such as those of `vectors/ledger`; [`engine`] plays them on
//! `scrip_ledger`, [`naive`] on a second ledger that was written from the documents and shares nothing with
//! it; [`auditor`] lets both act and compares everything that can be seen. [`workload`] makes random
//! scripts from a seed, and [`shrink`] makes a failing one short.

pub mod auditor;
pub mod engine;
pub mod figures;
pub mod naive;
pub mod naive_plans;
pub mod random;
pub mod run;
pub mod scenario;
pub mod script;
pub mod seen;
pub mod shrink;
pub mod table;
pub mod workload;

#[cfg(test)]
mod tests;
