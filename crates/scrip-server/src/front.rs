//! The way in: what is asked most often goes straight to its handler, all else through the router. Both end in the
//! same handlers, inside the same layer; the router alone costs as much as reading and pricing a hold.

use std::convert::Infallible;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::{FromRequest, Request, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use tower::Service;

use crate::Shared;
use crate::body::{InPath, Received};
use crate::metrics::RouteIndex;
use crate::outer::{About, Answering, OuterLayer};
use crate::routes::{captures, holds};

/// All routes, ready to be served.
#[derive(Clone)]
pub struct Front {
    server: Shared,
    outer: OuterLayer,
    router: Router,
    holds: RouteIndex,
    captures: RouteIndex,
}

impl Front {
    pub(crate) fn new(server: Shared, outer: OuterLayer, router: Router) -> Front {
        let (holds, captures) = (outer.metrics().post("/v1/holds"), outer.metrics().post("/v1/holds/{hold}/capture"));
        Front { server, outer, router, holds, captures }
    }
}

/// An address that needs no router.
enum Straight {
    Hold,
    /// Of this hold.
    Capture(String),
}

impl Straight {
    fn of(request: &Request) -> Option<Straight> {
        if request.method() != Method::POST || request.uri().query().is_some() {
            return None;
        }
        let rest = request.uri().path().strip_prefix("/v1/holds")?;
        if rest.is_empty() {
            return Some(Straight::Hold);
        }
        let hold = rest.strip_prefix('/')?.strip_suffix("/capture")?;
        let is_plain = hold.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        (is_plain && !hold.is_empty()).then(|| Straight::Capture(hold.to_owned()))
    }
}

impl Front {
    pub(crate) fn answer(&self, request: Request) -> Answering {
        let Some(straight) = Straight::of(&request) else { return Box::pin(self.router.clone().call(request)) };
        let (about, server) = (About::of(&request), self.server.clone());
        let route = match straight {
            Straight::Hold => self.holds,
            Straight::Capture(_) => self.captures,
        };
        self.outer.around(route, about, async move {
            let received = match Received::from_request(request, &server).await {
                Ok(received) => received,
                Err(problem) => return Ok(problem.into_response()),
            };
            let answered = match straight {
                Straight::Hold => holds::create(State(server), received).await,
                Straight::Capture(id) => captures::create(State(server), InPath(id), received).await,
            };
            Ok(answered.into_response())
        })
    }
}

impl Service<Request> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = Answering;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Answering {
        self.answer(request)
    }
}
