//! The routes, one file a resource. The crate's documentation says how one is added.

pub(crate) mod batch;
pub(crate) mod captures;
pub(crate) mod catalog;
pub(crate) mod charges;
pub(crate) mod customers;
pub(crate) mod extensions;
pub(crate) mod holds;
pub(crate) mod keys;
pub(crate) mod quotes;
pub(crate) mod refunds;
pub(crate) mod releases;
pub(crate) mod studios;
pub(crate) mod tokens;

use crate::problem::Problem;
use scrip_api::Code;

pub(crate) async fn no_route() -> Problem {
    Problem::not_found("route")
}

pub(crate) async fn no_method() -> Problem {
    Problem::new(Code::MethodNotAllowed, "this address does not have that method")
}
