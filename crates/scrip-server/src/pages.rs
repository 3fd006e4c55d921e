//! Pages that are read in a browser without a key, complete without scripts.

pub mod docs;
pub mod rate_card;
