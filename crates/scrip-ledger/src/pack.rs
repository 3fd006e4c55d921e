//! Packs: one-off purchases of credits.

use minicbor::{Decode, Encode};

use crate::amount::{Credits, Money};
use crate::id::Name;
use crate::plan::{Expiry, Interval};

/// A one-off purchase of credits.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Pack {
    #[n(0)]
    pub id: Name,
    #[n(1)]
    pub name: String,
    #[n(2)]
    pub credits: Credits,
    /// Granted on top, with the same terms.
    #[n(3)]
    pub bonus: Credits,
    #[n(4)]
    pub price: Option<Money>,
    #[n(5)]
    pub bucket: Name,
    /// `None`: the bucket's own rule.
    #[n(6)]
    pub expires: Option<Expiry>,
    /// Plans whose customers can buy it; `None` is everybody.
    #[n(7)]
    pub plans: Option<Vec<Name>>,
    #[n(8)]
    pub sample: bool,
    #[n(9)]
    pub retired: bool,
    /// How often one customer may buy it, in all or per `per`; `None` is as often as they like.
    #[n(10)]
    pub purchases_at_most: Option<u32>,
    #[n(11)]
    pub per: Option<Interval>,
}

impl Pack {
    /// What a purchase brings in all; `None` if it can't be counted (never in a checked catalog).
    pub fn total(&self) -> Option<Credits> {
        self.credits.checked_add(self.bonus)
    }
}
