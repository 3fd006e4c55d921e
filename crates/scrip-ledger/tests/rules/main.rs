//! What plans, packs, promotions, seats and limits allow: each test plays a script of acts on one wallet, and what
//! was answered stands beside each line.
//!
//! After every act the wallet is compared with one folded from the records as the journal keeps them, with what a
//! wallet without what has settled decides, and the auditor looks for violations.

mod alerts;
mod bucket_terms;
mod earning;
mod entitlement;
mod free_allowances;
mod freezing;
mod limits;
mod offers;
mod outcome_stages;
mod packs;
mod pages;
mod promotions;
mod random_acts;
mod seats;
mod story;
mod tampering;
