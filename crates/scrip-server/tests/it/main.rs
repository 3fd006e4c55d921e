//! The whole server over a store on disk, spoken to as a product would.

mod bad_input;
mod batches;
mod catalogs;
mod clock;
mod customers;
mod facts;
mod following;
mod idempotency;
mod isolation;
mod jobs;
mod moving;
mod operations;
mod plans;
mod prices;
mod rate_cards;
mod shortage;
mod specification;
mod statements;
mod storyboard;
mod wallets;
mod world;
