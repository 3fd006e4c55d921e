//! The catalog from outside: files in, prices and tables out.

mod prices;
