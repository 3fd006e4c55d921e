//! Refusals as answers: every "no" of the server becomes one `application/problem+json`, here and nowhere else.

use std::fmt;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use scrip_api::problem::{Allowed, Shortage};
use scrip_api::{Code, Problem as Body};
use scrip_catalog::studio::CreditUnit;
use scrip_ledger::refusal::Offer;
use scrip_ledger::{Credits, Name, Refusal, Timestamp};
use scrip_store::{ClockError, ReadError, SettingError, StoreError};

use crate::wire;

/// A refusal on its way out. The layer around the routes writes it, with the request's id.
#[derive(Clone)]
pub struct Problem {
    body: Box<Body>,
    retry_after_secs: Option<u32>,
    /// What was counted too often.
    counted: Option<&'static str>,
    /// The ledger decided it, and remembers that.
    pub(crate) replayed: bool,
}

impl Problem {
    pub fn new(code: Code, detail: impl Into<String>) -> Problem {
        let retry_after_secs = matches!(code, Code::Busy | Code::RateLimited | Code::TooManyJobs).then_some(1);
        Problem { body: Box::new(Body::new(code, detail)), retry_after_secs, counted: None, replayed: false }
    }

    pub fn not_found(what: &str) -> Problem {
        let mut problem = Problem::new(Code::NotFound, format!("there is no such {what}"));
        problem.body.what = Some(what.to_owned());
        problem
    }

    /// A value of the request is missing, malformed or not allowed.
    pub fn invalid_input(input: &str, reason: impl fmt::Display) -> Problem {
        Problem::new(Code::InvalidInput, format!("`{input}` {reason}")).with_input(input)
    }

    pub fn invalid_amount(input: &str, reason: impl fmt::Display) -> Problem {
        Problem::new(Code::InvalidAmount, format!("`{input}` {reason}")).with_input(input)
    }

    pub fn unknown_field(field: &str) -> Problem {
        let mut problem = Problem::new(Code::UnknownField, format!("the request has no field `{field}`"));
        problem.body.field = Some(field.to_owned());
        problem
    }

    pub fn forbidden(scope: &str) -> Problem {
        let mut problem = Problem::new(Code::ForbiddenScope, format!("this key does not have the scope `{scope}`"));
        problem.body.scope = Some(scope.to_owned());
        problem
    }

    pub fn internal(what: impl fmt::Display) -> Problem {
        tracing::error!("{what}");
        Problem::new(Code::Internal, "something is wrong on the server; it is logged under the request's id")
    }

    pub fn with_input(mut self, input: &str) -> Problem {
        self.body.input = Some(input.to_owned());
        self
    }

    pub fn with_words(mut self, allowed: impl Into<String>) -> Problem {
        self.body.allowed = Some(Allowed::Words(allowed.into()));
        self
    }

    pub fn with_names(mut self, allowed: impl IntoIterator<Item = impl ToString>) -> Problem {
        self.body.allowed = Some(Allowed::Names(allowed.into_iter().map(|name| name.to_string()).collect()));
        self
    }

    pub fn with_suggestion(mut self, suggestion: Option<String>) -> Problem {
        self.body.suggestion = suggestion;
        self
    }

    /// The line of a job that it is about, counted from 1.
    pub fn with_line(mut self, line: usize) -> Problem {
        self.body.line = Some(line.to_string());
        self
    }

    pub fn with_diagnostics(mut self, diagnostics: Vec<scrip_api::catalog::Diagnostic>) -> Problem {
        self.body.diagnostics = Some(diagnostics);
        self
    }

    /// A limit of so many, which counts anew at `resets_at`.
    fn with_limit(mut self, at_most: impl ToString, resets_at: Option<Timestamp>) -> Problem {
        self.body.at_most = Some(at_most.to_string());
        self.body.resets_at = resets_at.map(wire::instant);
        self
    }

    fn with_left(mut self, left: Credits) -> Problem {
        self.body.left = Some(wire::credits(left));
        self
    }

    fn counting(mut self, what: &'static str) -> Problem {
        self.counted = Some(what);
        self
    }

    fn with_member(mut self, member: &str) -> Problem {
        self.body.member = Some(member.to_owned());
        self
    }

    fn with_next_reset(mut self, at: Option<Timestamp>) -> Problem {
        self.body.credits_come_at = at.map(wire::instant);
        self
    }

    /// Says how long to wait, where the studio's time is `now` and a limit counts anew later.
    pub(crate) fn at(mut self, now: Timestamp) -> Problem {
        if self.status() == 429
            && let Some(resets_at) = self.body.resets_at.map(wire::timestamp)
        {
            let micros = resets_at.micros().saturating_sub(now.micros()).max(0);
            let secs = micros.div_euclid(1_000_000) + i64::from(micros % 1_000_000 != 0);
            self.retry_after_secs = Some(u32::try_from(secs).unwrap_or(u32::MAX).max(1));
        }
        self
    }

    /// Credits are missing, in the unit that the catalog names.
    pub(crate) fn with_shortage(mut self, shortage: Shortage, unit: Option<&CreditUnit>) -> Problem {
        if let Some(unit) = unit {
            let named = if shortage.required.to_string() == "1" { &unit.name } else { &unit.plural };
            self.body.detail =
                format!("This job needs {} {named}, {} are available.", shortage.required, shortage.available);
        }
        self.body.shortage = Some(shortage);
        self
    }

    pub(crate) fn replayed(mut self, replayed: bool) -> Problem {
        self.replayed = replayed;
        self
    }

    pub fn code(&self) -> Code {
        self.body.code
    }

    pub fn status(&self) -> u16 {
        self.body.status
    }

    /// The document as it is answered inside a batch.
    pub(crate) fn body(&self) -> &Body {
        &self.body
    }

    /// Writes the answer, under the request's id.
    pub(crate) fn write(mut self, request_id: &str) -> Response {
        self.body.request_id = Some(request_id.to_owned());
        let bytes = serde_json::to_vec(&*self.body).unwrap_or_default();
        let status = StatusCode::from_u16(self.body.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = Response::new(bytes.into());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(secs) = self.retry_after_secs {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        if let Some(counted) = self.counted {
            let at_most = self.body.at_most.as_deref().unwrap_or("0");
            let wait = self.retry_after_secs.map(|secs| format!(";t={secs}")).unwrap_or_default();
            let policy = HeaderValue::try_from(format!("\"{counted}\";q={at_most}"));
            let limit = HeaderValue::try_from(format!("\"{counted}\";r=0{wait}"));
            headers.extend(policy.map(|policy| (HeaderName::from_static("ratelimit-policy"), policy)));
            headers.extend(limit.map(|limit| (HeaderName::from_static("ratelimit"), limit)));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.replayed {
            headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
        }
        response
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.body.code, self.body.detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = StatusCode::from_u16(self.body.status).unwrap_or_default().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The one place where a refusal of the ledger gets its status and its words.
///
/// A lack of credits becomes a plain 402 here; whoever knows the job adds what it costs and the ways out.
impl From<&Refusal> for Problem {
    fn from(refusal: &Refusal) -> Problem {
        match refusal {
            Refusal::KeyReused => {
                Problem::new(Code::IdempotencyKeyReused, "this idempotency key was used before with another body")
            }
            Refusal::NotFound { what } => Problem::not_found(what.as_str()),
            Refusal::NotEntitled { tool } => {
                Problem::new(Code::NotEntitled, format!("the tool `{tool}` is not enabled for this customer"))
            }
            Refusal::QuoteUsed => Problem::new(Code::QuoteUsed, "this quote has had its one hold"),
            Refusal::QuoteExpired => Problem::new(Code::QuoteExpired, "this quote's price is no longer promised"),
            Refusal::HoldCaptured => Problem::new(Code::HoldCaptured, "this hold has been captured"),
            Refusal::HoldReleased => Problem::new(Code::HoldReleased, "this hold has been released"),
            Refusal::HoldExpired => Problem::new(Code::HoldExpired, "this hold has run out of time"),
            Refusal::LineEnded => Problem::new(Code::LineEnded, "this line of the hold has ended"),
            Refusal::GrantVoided => Problem::new(Code::GrantVoided, "this grant has been taken back before"),
            Refusal::ParentFixed => {
                Problem::new(Code::ParentFixed, "a customer's parent is set when it is made and stays")
            }
            Refusal::TooManyCustomers => {
                Problem::new(Code::TooManyCustomers, "this wallet has as many groups as it can")
            }
            Refusal::ExceedsHold { asked, remaining } => {
                Problem::new(Code::ExceedsHold, format!("{asked} credits are asked for, the hold has {remaining} left"))
            }
            Refusal::DebtLimit { asked, limit } => {
                Problem::new(Code::DebtLimit, format!("the customer would owe {asked} credits; the limit is {limit}"))
            }
            Refusal::UnknownBucket { bucket, known } => {
                Problem::new(Code::UnknownBucket, format!("the catalog has no bucket `{bucket}`"))
                    .with_input("bucket")
                    .with_names(known)
            }
            Refusal::InvalidInput { input, reason } => Problem::invalid_input(input, reason),
            Refusal::InvalidAmount { reason } => Problem::invalid_amount("amount", reason),
            Refusal::RefundExceedsCharge { asked, refundable } => {
                let detail = format!("{asked} credits are to be refunded, {refundable} of this charge are left");
                Problem::new(Code::RefundExceedsCharge, detail).with_words(format!("at most {refundable}"))
            }
            Refusal::InsufficientCredits { required, available, .. } => Problem::new(
                Code::InsufficientCredits,
                format!("This job needs {required} credits, {available} are available."),
            ),
            Refusal::NotAllowed { what, reason } => Problem::new(Code::NotEntitled, format!("`{what}` {reason}")),
            Refusal::TooManyJobs { .. }
            | Refusal::CountLimit { .. }
            | Refusal::SpendLimit { .. }
            | Refusal::MemberLimit { .. }
            | Refusal::BucketFull { .. } => limit(refusal),
            Refusal::AlreadySubscribed => Problem::new(
                Code::AlreadyExists,
                "the customer has a subscription, and the catalog allows one at a time: change that one",
            ),
            Refusal::SubscriptionEnded => {
                Problem::new(Code::SubscriptionEnded, "this has ended and can't be changed: start a new one")
            }
            Refusal::SeatTaken { seat, by } => {
                Problem::new(Code::SeatTaken, format!("seat {seat} is `{by}`'s: take it from them first"))
                    .with_input("seat")
                    .with_member(by)
            }
            Refusal::Unknown { what, id, known, next_reset_at } => {
                unknown(*what, id, known, *next_reset_at).with_next_reset(*next_reset_at)
            }
            Refusal::Reprice => Problem::new(Code::Busy, "the customer changed while the job was priced"),
        }
    }
}

/// A limit that is not about the balance.
fn limit(refusal: &Refusal) -> Problem {
    match refusal {
        Refusal::TooManyJobs { at_most } => {
            let detail = format!("{at_most} jobs may run at the same time, and so many do: wait until one ends");
            Problem::new(Code::TooManyJobs, detail).with_limit(at_most, None).counting("jobs_in_flight")
        }
        Refusal::CountLimit { what, at_most, resets_at } => {
            let detail = format!("{at_most} {what} are allowed{}, and so many were counted", until(*resets_at));
            let counted = if what.as_str() == "purchases" { "purchases" } else { "jobs" };
            Problem::new(Code::CountLimit, detail).with_limit(at_most, *resets_at).counting(counted)
        }
        Refusal::SpendLimit { at_most, left, resets_at } => {
            let detail =
                format!("the customer may spend {at_most} credits{}, {left} of them are left", until(*resets_at));
            Problem::new(Code::SpendLimit, detail).with_limit(at_most, *resets_at).with_left(*left)
        }
        Refusal::MemberLimit { at_most, left, resets_at } => {
            let detail =
                format!("the member may spend {at_most} credits{}, {left} of them are left", until(*resets_at));
            Problem::new(Code::MemberLimit, detail).with_limit(at_most, *resets_at).with_left(*left)
        }
        Refusal::BucketFull { bucket, at_most } => {
            let detail = format!("`{bucket}` holds at most {at_most} credits, and would hold more");
            Problem::new(Code::BucketFull, detail).with_input("bucket").with_limit(at_most, None)
        }
        other => Problem::internal(format_args!("{} is no limit", other.code())),
    }
}

fn until(resets_at: Option<Timestamp>) -> String {
    resets_at.map(|at| format!(" until {}", wire::instant(at))).unwrap_or_default()
}

/// Something that the catalog in force does not offer.
fn unknown(what: Offer, id: &str, known: &[Name], credits_come_at: Option<Timestamp>) -> Problem {
    let (code, what) = match what {
        Offer::Plan => (Code::UnknownPlan, "plan"),
        Offer::Pack => (Code::UnknownPack, "pack"),
        Offer::AddOn => (Code::UnknownAddOn, "add-on"),
        Offer::Promotion => (Code::UnknownPromotion, "promotion"),
    };
    let detail = match (known.is_empty(), credits_come_at) {
        (true, Some(at)) => {
            let at = wire::instant(at);
            format!("the catalog has no {what} `{id}`: it sells none; credits come with the plan, next at {at}")
        }
        (true, None) => format!("the catalog has no {what} `{id}`: it sells none"),
        (false, _) => format!("the catalog has no {what} `{id}` on offer"),
    };
    Problem::new(code, detail).with_input(if code == Code::UnknownAddOn { "add_on" } else { what }).with_names(known)
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        match error {
            StoreError::Busy => Problem::new(Code::Busy, "too much is waiting to be written"),
            StoreError::Closed => Problem::new(Code::Busy, "the server is stopping"),
            StoreError::Unavailable { .. } => {
                tracing::error!("{error}");
                Problem::new(Code::Busy, "the store can't be written or read at the moment")
            }
            StoreError::Corrupt { .. } | StoreError::Locked { .. } | StoreError::Format { .. } => {
                Problem::internal(error)
            }
        }
    }
}

impl Problem {
    /// A wallet or a list could not be read; `what` is not there if its wallet is not.
    pub fn read(what: &str, error: ReadError) -> Problem {
        match error {
            ReadError::NotFound => Problem::not_found(what),
            ReadError::Cursor => Problem::invalid_input("cursor", "is not one that this list gave"),
            ReadError::Store(error) => error.into(),
        }
    }

    /// A setting was not written; `what` names the kind of object.
    pub fn setting(what: &str, error: SettingError) -> Problem {
        match error {
            SettingError::KeyReused => (&Refusal::KeyReused).into(),
            SettingError::NotFound => Problem::not_found(what),
            SettingError::AlreadyExists => Problem::new(Code::AlreadyExists, format!("there is a {what} of this id")),
            SettingError::EffectiveInPast { .. } => {
                Problem::invalid_input("effective_at", "must not be before the studio's now")
            }
            SettingError::Store(error) => error.into(),
        }
    }

    pub fn clock(error: ClockError) -> Problem {
        match error {
            ClockError::NotTest => Problem::new(Code::TestStudioOnly, "only a test studio's clock can be moved"),
            ClockError::Backwards { now } => Problem::new(
                Code::ClockBackwards,
                format!("the studio's time is {}; it moves forward only", wire::instant(now)),
            ),
            ClockError::NotFound => Problem::not_found("studio"),
            ClockError::Store(error) => error.into(),
        }
    }
}
