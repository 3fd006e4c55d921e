//! The catalog from outside: files in, prices and tables out.

mod affordability;
mod breadth;
mod docs;
mod facts;
mod hostile;
mod measure;
mod mistakes;
mod options;
mod outcomes;
mod prices;
mod publishing;
mod rate_cards;
mod terms;
