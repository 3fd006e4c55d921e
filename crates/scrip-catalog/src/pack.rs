//! What can be bought beside a plan: one-off packs, recurring add-ons, and what is given away.

use scrip_ledger::id::Name;
use scrip_ledger::{Credits, Money};

use crate::bucket::Expiry;
use crate::plan::{GrantTerms, Interval};

/// A one-off purchase of credits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    pub id: Name,
    pub name: String,
    pub credits: Credits,
    /// Granted on top, with the same terms.
    pub bonus: Credits,
    pub price: Option<Money>,
    pub bucket: Name,
    /// `None`: the bucket's own rule.
    pub expires: Option<Expiry>,
    /// Plans whose customers can buy it; `None` is everybody.
    pub plans: Option<Vec<Name>>,
    pub sample: bool,
    pub retired: bool,
}

impl Pack {
    /// What a purchase brings in all; `None` if it can't be counted (never in a checked catalog).
    pub fn total(&self) -> Option<Credits> {
        self.credits.checked_add(self.bonus)
    }
}

/// A unit bought on top of a plan, renewing with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddOn {
    pub id: Name,
    pub name: String,
    pub credits: Credits,
    pub price: Option<Money>,
    pub bucket: Name,
    /// Plans that can buy it.
    pub plans: Vec<Name>,
    /// How often a unit is granted and billed.
    pub interval: Interval,
    /// On an annual plan: month by month, or twelve times at once (MISSION A28).
    pub on_annual: OnAnnual,
    /// A unit bought in mid-cycle: in full, or by the time left (MISSION A24).
    pub first_period: FirstPeriod,
    /// A cancelled unit's credits: kept to the end of the period.
    pub refundable: bool,
    pub sample: bool,
    pub retired: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnAnnual {
    #[default]
    Monthly,
    Inherit,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FirstPeriod {
    #[default]
    Full,
    Prorate,
}

/// Credits that are given and not sold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promotion {
    pub id: Name,
    pub name: String,
    pub kind: PromotionKind,
    pub grants: Vec<GrantTerms>,
    pub codes: Vec<String>,
    /// How often one customer may claim it, in all or per `per`.
    pub claims_at_most: u32,
    pub per: Option<Interval>,
    /// The most that one customer can earn with it.
    pub earns_at_most: Option<Credits>,
    pub plans: Option<Vec<Name>>,
    pub retired: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromotionKind {
    Welcome,
    Code,
    Referral,
    DailyLogin,
    Trial,
}

/// Buying a pack by itself when the balance falls below a threshold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutoTopUp {
    pub offered: bool,
    pub pack: Option<Name>,
    pub threshold: Option<Credits>,
    pub purchases_at_most_per_month: u32,
    pub disabled_after_failures: u32,
}
