//! Add-ons: units bought on top of a plan, renewing with it.

use minicbor::{Decode, Encode};

use crate::amount::{Credits, Money};
use crate::id::Name;
use crate::plan::Interval;

/// A unit that customers of some plans can buy, any number of them at any time (MISSION S3-18 to S3-28).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AddOnTerms {
    #[n(0)]
    pub id: Name,
    #[n(1)]
    pub name: String,
    /// Of one unit.
    #[n(2)]
    pub credits: Credits,
    #[n(3)]
    pub price: Option<Money>,
    #[n(4)]
    pub bucket: Name,
    /// Plans that can buy it.
    #[n(5)]
    pub plans: Vec<Name>,
    /// On an annual plan: month by month, or twelve times at once (MISSION A28).
    #[n(6)]
    pub on_annual: OnAnnual,
    /// A unit bought in mid-cycle: in full, or by the time left (MISSION A24).
    #[n(7)]
    pub first_period: FirstPeriod,
    #[n(8)]
    pub refundable: bool,
    #[n(9)]
    pub sample: bool,
    #[n(10)]
    pub retired: bool,
    /// How the price list says it, instead of the words made from it.
    #[n(11)]
    pub text: Option<String>,
    /// How the price list says that it recurs.
    #[n(12)]
    pub interval: Interval,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum OnAnnual {
    #[default]
    #[n(0)]
    Monthly,
    #[n(1)]
    Inherit,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum FirstPeriod {
    #[default]
    #[n(0)]
    Full,
    #[n(1)]
    Prorate,
}
