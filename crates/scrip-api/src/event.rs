//! Events: what happened, in the order in which it did.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::input::Json;
use crate::text::Text;

/// Something that happened.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(bound(deserialize = "'de: 'a"))]
pub struct Event<'a> {
    /// `evt_…`, in the order of what happened: also good as a `cursor`, to go on after it.
    pub id: Text<'a>,
    /// `hold.created`, `grant.expired`, `subscription.renewed`, `wallet.low`, …
    #[serde(rename = "type")]
    pub kind: Text<'a>,
    pub created_at: jiff::Timestamp,
    /// Null for what concerns the studio as a whole.
    pub customer: Option<Text<'a>>,
    /// The number of the wallet's last entry by then: events of one wallet are in its order.
    pub sequence: Option<u64>,
    /// The `traceparent` of the request that made it happen, if it said one.
    pub traceparent: Option<Text<'a>>,
    /// What it is about, as it was just then.
    pub data: Json<'a>,
}
