//! The routes, one file a resource. The crate's documentation says how one is added.

pub(crate) mod add_ons;
pub(crate) mod affordability;
pub(crate) mod batch;
pub(crate) mod captures;
pub(crate) mod catalog;
pub(crate) mod charges;
pub(crate) mod claims;
pub(crate) mod customers;
pub(crate) mod docs;
pub(crate) mod entries;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod exports;
pub(crate) mod extensions;
pub(crate) mod grants;
pub(crate) mod happenings;
pub(crate) mod health;
pub(crate) mod holds;
pub(crate) mod imports;
pub(crate) mod keys;
pub(crate) mod members;
pub(crate) mod metrics;
pub(crate) mod plans;
pub(crate) mod purchases;
pub(crate) mod quotes;
pub(crate) mod rate_card;
pub(crate) mod refunds;
pub(crate) mod releases;
pub(crate) mod statement;
pub(crate) mod studios;
pub(crate) mod subscription_acts;
pub(crate) mod subscription_previews;
pub(crate) mod subscriptions;
pub(crate) mod test_clock;
pub(crate) mod tokens;
pub(crate) mod transfers;
pub(crate) mod usage;
pub(crate) mod wallets;

use crate::problem::Problem;
use scrip_api::Code;

pub(crate) async fn no_route() -> Problem {
    Problem::not_found("route")
}

pub(crate) async fn no_method() -> Problem {
    Problem::new(Code::MethodNotAllowed, "this address does not have that method")
}

/// Pages for people: addresses that the OpenAPI document does not list.
pub(crate) const PAGES: [&str; 3] = ["/docs", "/docs/errors/{code}", "/rate-card/{studio}"];
