//! Imports: customers, members and balances that move in from elsewhere.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::customer::{CustomerPut, MemberPut};
use crate::problem::Problem;
use crate::text::Text;
use crate::wallet::GrantNew;

/// Customers with what they bring along. Send a parent before its groups.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportNew<'a> {
    #[serde(borrow)]
    pub customers: Vec<ImportCustomer<'a>>,
}

/// A customer to make or change, its members, and credits to give it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportCustomer<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow, default)]
    pub profile: CustomerPut<'a>,
    #[serde(borrow, default)]
    pub members: Vec<ImportMember<'a>>,
    /// Each is given once under the request's idempotency key.
    #[serde(borrow, default)]
    pub grants: Vec<GrantNew<'a>>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportMember<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow, default)]
    pub profile: MemberPut<'a>,
}

/// What an import did, or would do.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Imported {
    pub dry_run: bool,
    /// False for a dry run, and where anything was malformed: then nothing was done at all.
    pub applied: bool,
    /// Customers of the request.
    pub customers: u64,
    /// Of these, made now.
    pub customers_created: u64,
    pub members: u64,
    pub grants: u64,
    /// Of the grants, made by an earlier run of the same request.
    pub grants_replayed: u64,
    pub refused: Vec<ImportRefused>,
}

/// One part of an import that was refused, and where it stands: `customers[3].grants[0]`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImportRefused {
    pub path: String,
    pub problem: Problem,
}
