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
