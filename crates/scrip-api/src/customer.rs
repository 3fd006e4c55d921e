//! Customers and members: who pays, and who in the customer's team spends.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::input::{Json, Metadata};
use crate::text::Text;

/// What a `PUT` says of a customer: what is absent stays as it is, `null` clears.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerPut<'a> {
    #[serde(borrow, default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub name: Option<Option<Text<'a>>>,
    #[serde(borrow, default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub email: Option<Option<Text<'a>>>,
    /// An IANA time zone, `Europe/Vienna`.
    #[serde(borrow, default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub zone: Option<Option<Text<'a>>>,
    /// The customer in whose wallet it is a group; set when it is made.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Text<'a>>,
    /// Tools that are enabled; `null` is all.
    #[serde(borrow, default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub tools: Option<Option<Vec<Text<'a>>>>,
    /// Contract terms of this customer.
    #[serde(borrow, default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub overrides: Option<Option<Json<'a>>>,
    #[serde(borrow, default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::BTreeMap<String, String>>)]
    pub metadata: Option<Option<Metadata<'a>>>,
}

/// Tells `null` from absent.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// Who pays.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Customer<'a> {
    pub id: Text<'a>,
    pub name: Option<Text<'a>>,
    pub email: Option<Text<'a>>,
    pub zone: Option<Text<'a>>,
    pub parent: Option<Text<'a>>,
    /// Tools that are enabled; null is all.
    pub tools: Option<Vec<Text<'a>>>,
    pub overrides: Option<Json<'a>>,
    pub metadata: Metadata<'a>,
    pub created_at: jiff::Timestamp,
}

/// What a `PUT` says of a member: what is absent stays as it is, `null` clears.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberPut<'a> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Text<'a>>,
    /// The number of the seat; null takes it away.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>)]
    pub seat: Option<Option<u32>>,
    /// Caps of this member.
    #[serde(borrow, default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub limits: Option<Option<Json<'a>>>,
}

/// Someone of the customer's team who spends.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Member<'a> {
    pub id: Text<'a>,
    pub customer: Text<'a>,
    pub role: Text<'a>,
    pub seat: Option<u32>,
    pub limits: Option<Json<'a>>,
    pub created_at: jiff::Timestamp,
}
