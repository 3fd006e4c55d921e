//! Lists, a page at a time.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One page of a list, and where the next begins.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Page<T: ToSchema> {
    pub data: Vec<T>,
    /// To be given as `cursor`; null on the last page.
    pub next_cursor: Option<String>,
}
