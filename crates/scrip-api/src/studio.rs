//! Studios, their keys, and tokens of their customers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::span::Span;

/// Does it move real money?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    Live,
    /// Has a clock of its own that can be moved.
    Test,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StudioNew {
    #[schema(min_length = 1, max_length = 128, example = "acme")]
    pub id: String,
    pub name: String,
    pub mode: Mode,
}

/// A product that sells credits.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Studio {
    pub id: String,
    pub name: String,
    pub mode: Mode,
    pub created_at: jiff::Timestamp,
    /// The studio's own time: a test studio's clock may have been moved.
    pub now: jiff::Timestamp,
    /// The catalog in force, if there is one.
    pub catalog_version: Option<u32>,
}

/// A new studio, with its first key.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct StudioCreated {
    pub id: String,
    pub name: String,
    pub mode: Mode,
    /// Shown once; absent when the answer is given again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_key: Option<String>,
}

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Catalog,
    Quotes,
    Holds,
    /// Acts by plain amount, without a price.
    Amounts,
    Refunds,
    Grants,
    Customers,
    Subscriptions,
    Payments,
    Reports,
    /// Reads everything of the studio.
    Read,
    /// Keys, the clock, and everything else.
    Admin,
}

impl Scope {
    pub const ALL: [Scope; 12] = [
        Scope::Catalog,
        Scope::Quotes,
        Scope::Holds,
        Scope::Amounts,
        Scope::Refunds,
        Scope::Grants,
        Scope::Customers,
        Scope::Subscriptions,
        Scope::Payments,
        Scope::Reports,
        Scope::Read,
        Scope::Admin,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Scope::Catalog => "catalog",
            Scope::Quotes => "quotes",
            Scope::Holds => "holds",
            Scope::Amounts => "amounts",
            Scope::Refunds => "refunds",
            Scope::Grants => "grants",
            Scope::Customers => "customers",
            Scope::Subscriptions => "subscriptions",
            Scope::Payments => "payments",
            Scope::Reports => "reports",
            Scope::Read => "read",
            Scope::Admin => "admin",
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyNew {
    pub name: String,
    #[schema(min_items = 1)]
    pub scopes: Vec<Scope>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<jiff::Timestamp>,
    /// With the root key: the studio that the key is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub studio: Option<String>,
}

/// A secret key of a studio, without its secret.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Key {
    /// `key_…`
    pub id: String,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub created_at: jiff::Timestamp,
    pub expires_at: Option<jiff::Timestamp>,
    pub revoked_at: Option<jiff::Timestamp>,
}

/// A new key.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct KeyCreated {
    pub id: String,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub created_at: jiff::Timestamp,
    pub expires_at: Option<jiff::Timestamp>,
    /// Shown once; absent when the answer is given again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_key: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenNew {
    /// 24 hours at most.
    pub expires_in: Span,
}

/// A token with which a browser reads one customer's wallet and quotes.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TokenCreated {
    /// `ct_…`
    pub token: String,
    pub expires_at: jiff::Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestClockNew {
    pub now: jiff::Timestamp,
}

/// A test studio's time.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TestClock {
    pub now: jiff::Timestamp,
}
