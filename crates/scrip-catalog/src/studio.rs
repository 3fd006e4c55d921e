//! The product that sells credits, and how its credit is counted, named and shown.

use scrip_ledger::Span;
use scrip_ledger::id::Name;

use crate::rational::Rounding;

/// The head of a catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Studio {
    pub name: String,
    /// The credit that prices are in unless a tool says otherwise.
    pub credit: CreditUnit,
    /// Further units beside the credit (minutes, downloads); each has buckets and tools of its own.
    pub other_units: Vec<CreditUnit>,
    /// May the rate card be read without a key?
    pub public_rate_card: bool,
    /// The day the prices were last reviewed, `2025-06-27`.
    pub last_updated: Option<String>,
    pub top_up_url: Option<String>,
    pub upgrade_url: Option<String>,
    /// How long a quoted price is promised.
    pub quote_ttl: Span,
    /// How long a hold lasts unless its tool or the request says otherwise.
    pub hold_ttl: Span,
    /// The zone in which calendar rules are read, `UTC`.
    pub zone: String,
}

impl Studio {
    /// The credit or another unit by its id.
    pub fn unit(&self, id: &str) -> Option<&CreditUnit> {
        std::iter::once(&self.credit).chain(&self.other_units).find(|unit| unit.id.as_str() == id)
    }
}

/// A unit that wallets count in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditUnit {
    /// The currency of amounts in it; `credits` for the product's own credit.
    pub id: Name,
    /// One of it: `acorn`.
    pub name: String,
    /// Several of it: `acorns`.
    pub plural: String,
    pub symbol: Option<String>,
    /// Decimals that are charged and shown, 0 to 6.
    pub decimals: u8,
    /// How a price is brought to those decimals: once, on the total (MISSION A03).
    pub rounding: Rounding,
}
