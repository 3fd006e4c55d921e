//! The routes, one file a resource. The crate's documentation says how one is added.

pub(crate) mod customers;
pub(crate) mod studios;

use crate::problem::Problem;
use scrip_api::Code;

pub(crate) async fn no_route() -> Problem {
    Problem::not_found("route")
}

pub(crate) async fn no_method() -> Problem {
    Problem::new(Code::MethodNotAllowed, "this address does not have that method")
}
