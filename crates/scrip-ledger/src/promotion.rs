//! Promotions: credits that are given and not sold.

use minicbor::{Decode, Encode};

use crate::amount::Credits;
use crate::id::Name;
use crate::plan::{GrantRule, Interval};

/// Credits that customers can claim.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Promotion {
    #[n(0)]
    pub id: Name,
    #[n(1)]
    pub name: String,
    #[n(2)]
    pub kind: PromotionKind,
    #[n(3)]
    pub grants: Vec<GrantRule>,
    #[n(4)]
    pub codes: Vec<String>,
    /// How often one customer may claim it, in all or per `per`.
    #[n(5)]
    pub claims_at_most: u32,
    #[n(6)]
    pub per: Option<Interval>,
    /// The most that one customer can earn with it, ever or per `earns_per`.
    #[n(7)]
    pub earns_at_most: Option<Credits>,
    /// Plans whose customers can claim it; `None` is everybody.
    #[n(8)]
    pub plans: Option<Vec<Name>>,
    #[n(9)]
    pub retired: bool,
    /// The time that `earns_at_most` is for; `None` is ever.
    #[n(10)]
    pub earns_per: Option<Interval>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum PromotionKind {
    #[n(0)]
    Welcome,
    #[n(1)]
    Code,
    #[n(2)]
    Referral,
    #[n(3)]
    DailyLogin,
    #[n(4)]
    Trial,
}
