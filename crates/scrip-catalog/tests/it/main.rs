//! The catalog from outside: files in, prices and tables out.

mod breadth;
mod prices;
mod rate_cards;
