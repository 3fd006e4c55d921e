//! Purchases of packs and claims of promotions: credits that came at once.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::amount::{Credits, Money};
use crate::text::Text;
use crate::wallet::Grant;

/// A pack that was bought, whoever took the money.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PurchaseNew<'a> {
    #[serde(borrow)]
    pub pack: Text<'a>,
    /// The pack's price, unless given.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub paid: Option<Money<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<'a>>,
}

/// The money that was paid for a pack went back.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReversalNew<'a> {
    /// How much of it; all that has not gone back yet, unless given.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<'a>>,
}

/// A promotion to claim.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimNew<'a> {
    #[serde(borrow)]
    pub promotion: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Text<'a>>,
}

/// A pack that was bought.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Purchase<'a> {
    /// Of its first grant: `gr_…`.
    pub id: Text<'a>,
    pub customer: Text<'a>,
    pub pack: Text<'a>,
    /// All that it brought, the bonus included.
    pub credits: Credits,
    pub paid: Option<Money<'a>>,
    pub grants: Vec<Grant<'a>>,
    pub created_at: jiff::Timestamp,
    /// What is left expires then; null is never.
    pub expires_at: Option<jiff::Timestamp>,
}

/// What the reversal of a payment did.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Reversal<'a> {
    /// The purchase: `gr_…`.
    pub purchase: Text<'a>,
    pub customer: Text<'a>,
    pub pack: Text<'a>,
    /// The money that went back now; null where nothing was paid.
    pub amount: Option<Money<'a>>,
    /// Credits that were left, and are gone.
    pub taken_back: Credits,
    /// Credits that were not there any more, and are owed: jobs are refused until something pays them.
    pub owed: Credits,
    /// What the purchase brought, as it is now.
    pub grants: Vec<Grant<'a>>,
    pub reason: Option<Text<'a>>,
    pub created_at: jiff::Timestamp,
}

/// A promotion that was claimed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Claim<'a> {
    /// Of its first grant: `gr_…`.
    pub id: Text<'a>,
    pub customer: Text<'a>,
    pub promotion: Text<'a>,
    pub credits: Credits,
    pub grants: Vec<Grant<'a>>,
    pub created_at: jiff::Timestamp,
    pub expires_at: Option<jiff::Timestamp>,
}
