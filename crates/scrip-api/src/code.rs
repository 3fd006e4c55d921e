//! Error codes: the closed list of refusals that the HTTP interface answers with.
//!
//! The page `docs/errors.md`, the `type` of a problem and the OpenAPI document all come from here.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! codes {
    ($($name:ident $status:literal $code:literal $title:literal, $help:literal;)*) => {
        /// Why a request was refused; stable, and one page of the documentation each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Code {
            $(#[doc = $help] $name,)*
        }

        impl Code {
            /// All codes, by status.
            pub const ALL: &[Code] = &[$(Code::$name,)*];

            /// As it is written in answers: `insufficient_credits`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$name => $code,)* }
            }

            /// The HTTP status that it is answered with.
            pub const fn status(self) -> u16 {
                match self { $(Code::$name => $status,)* }
            }

            /// A few words, the same for every occurrence (RFC 9457 `title`).
            pub const fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            /// What it means and what to do about it.
            pub const fn help(self) -> &'static str {
                match self { $(Code::$name => $help,)* }
            }
        }
    };
}

codes! {
    InvalidJson 400 "invalid_json" "Not JSON",
        "The body is not JSON in UTF-8. `detail` says where it stops making sense. Nothing was done.";
    IdempotencyKeyRequired 400 "idempotency_key_required" "Idempotency key required",
        "A POST that moves credits needs the header `Idempotency-Key` with 1 to 255 visible characters. Make one per \
         attempt to do a thing (the id of your job, for example) and send the same one when you retry.";
    Unauthorized 401 "unauthorized" "Unauthorized",
        "There is no key, or it is unknown, expired or revoked. Send `Authorization: Bearer sk_live_…`.";
    InsufficientCredits 402 "insufficient_credits" "Insufficient credits",
        "The customer has too few credits for this job: `required`, `available`, `held` and `shortfall` say how many, \
         `options` lists the ways out that really fit, the cheapest first. After a top-up, try again with a new \
         idempotency key.";
    ForbiddenScope 403 "forbidden_scope" "Key may not do this",
        "The key is good, but has no scope for this act; `scope` names the one that is missing.";
    NotEntitled 403 "not_entitled" "Not enabled",
        "The tool is not enabled for this customer, or none of its plans allows it: enable it in the customer's `tools`, \
         change the plan, or offer another tool. Or the plan does not sell this pack, add-on or promotion. Or the \
         catalog does not let this bucket's credits be moved (`transferable`). `detail` says which.";
    MemberLimit 403 "member_limit" "Member limit reached",
        "The member has reached the cap that was set for them: `left` is what they may still spend until `resets_at`. \
         An administrator of the team can raise it (`limits` of the member).";
    SpendLimit 403 "spend_limit" "Spend limit reached",
        "The customer has reached the spending limit of this period: `left` is what may still be spent until \
         `resets_at`. A dearer plan or a contract can have a higher one.";
    TestStudioOnly 403 "test_studio_only" "Only in test studios",
        "Time can be moved in a test studio only. Make one with `mode: test`.";
    NotFound 404 "not_found" "Not found",
        "There is no such object for this key; `what` says which kind is missing. Customers are never made implicitly: \
         `PUT /v1/customers/{customer}` makes one.";
    MethodNotAllowed 405 "method_not_allowed" "Method not allowed",
        "The address exists, but not with this method; the header `Allow` lists those it has.";
    AlreadyExists 409 "already_exists" "Already exists",
        "There is an object with this id already: choose another, or use the one that is there. Or the customer has a \
         subscription and the catalog allows one at a time (`several_subscriptions`): change that one.";
    HoldCaptured 409 "hold_captured" "Hold already captured",
        "The hold has been captured and can't be used again. Read it to see its charges.";
    HoldReleased 409 "hold_released" "Hold already released",
        "The hold has been released; its credits are available again. Place a new hold for the job.";
    LineEnded 409 "line_ended" "Line already ended",
        "This line of the hold has had its final capture; other lines of it may still be open.";
    QuoteUsed 409 "quote_used" "Quote already used",
        "A quote is good for one hold, and has had it. Ask for a new quote.";
    GrantVoided 409 "grant_voided" "Grant already void",
        "The grant has been taken back before.";
    ParentFixed 409 "parent_fixed" "Parent can't change",
        "A customer's `parent` is set when the customer is made and stays.";
    TooManyCustomers 409 "too_many_customers" "Too many groups in one wallet",
        "A wallet holds at most 65,536 customers (groups). Make the next one without a parent.";
    ExceedsHold 409 "exceeds_hold" "More than was held",
        "The capture asks for more than the hold has left, and the catalog refuses that (`over_capture = \"reject\"`). \
         Extend the hold by `amount` first, or capture less.";
    DebtLimit 409 "debt_limit" "Debt limit reached",
        "The capture would leave the customer owing more than the catalog allows.";
    SeveralSubscriptions 409 "several_subscriptions" "Several subscriptions",
        "The customer has more than one subscription: name the one that is meant by its id.";
    SubscriptionEnded 409 "subscription_ended" "Subscription ended",
        "The subscription, or the add-on, has ended and can't be changed. Start a new one.";
    SeatTaken 409 "seat_taken" "Seat taken",
        "Another member has this seat; `member` names them. Take it from them first, or choose another.";
    BucketFull 409 "bucket_full" "Bucket full",
        "The bucket holds as much as the catalog allows (`at_most`). Try again when something has been spent.";
    ClockBackwards 409 "clock_backwards" "Clock can't go backwards",
        "The test clock moves forward only. Make a new test studio to start earlier.";
    HoldExpired 410 "hold_expired" "Hold expired",
        "The hold ran out of time and its credits are available again. Place a new one; if jobs often take longer, \
         set `expires_in` or the tool's `hold_ttl`.";
    QuoteExpired 410 "quote_expired" "Quote expired",
        "The quote's price is no longer promised. Ask for a new quote.";
    BodyTooLarge 413 "body_too_large" "Body too large",
        "The body is larger than this address accepts: 1 MiB, or 8 MiB for batches and catalogs.";
    UnknownField 422 "unknown_field" "Unknown field",
        "The request has a field that this act doesn't know; `field` names it. Check its spelling.";
    UnknownTool 422 "unknown_tool" "Unknown tool",
        "The catalog in force has no such tool; `suggestion` names the closest.";
    UnknownModel 422 "unknown_model" "Unknown model",
        "The tool doesn't offer this model; `allowed` lists those it offers.";
    UnknownBucket 422 "unknown_bucket" "Unknown bucket",
        "The catalog in force has no such bucket; `allowed` lists those it has.";
    UnknownPlan 422 "unknown_plan" "Unknown plan",
        "The catalog in force has no such plan, or sells it no more; `allowed` lists those it sells.";
    UnknownPack 422 "unknown_pack" "Unknown pack",
        "The catalog in force has no such pack, or sells it no more; `allowed` lists those it sells. Where nothing is \
         sold, `next_reset_at` says when credits come by themselves.";
    UnknownAddOn 422 "unknown_add_on" "Unknown add-on",
        "The catalog in force has no such add-on, or sells it no more; `allowed` lists those it sells.";
    UnknownPromotion 422 "unknown_promotion" "Unknown promotion",
        "The catalog in force has no such promotion, or it is over; `allowed` lists those that can be claimed.";
    InvalidInput 422 "invalid_input" "Invalid input",
        "A value is missing, malformed or not allowed; `input` names it and `allowed` says what is.";
    InvalidAmount 422 "invalid_amount" "Invalid amount",
        "An amount is a decimal string such as \"12.5\" or an integer, greater than zero, with no more decimals than \
         the credit has. Floats, signs and exponents are refused.";
    InvalidCatalog 422 "invalid_catalog" "Invalid catalog",
        "The catalog has mistakes; `diagnostics` lists all of them with line, column and help. Nothing was published.";
    Unpriced 422 "unpriced" "No price",
        "The catalog has no price for this combination, or the studio has no catalog in force yet.";
    RefundExceedsCharge 422 "refund_exceeds_charge" "More than was charged",
        "Refunds of a charge never give back more in all than was charged; `allowed` says what is left.";
    IdempotencyKeyReused 422 "idempotency_key_reused" "Idempotency key reused",
        "This idempotency key was used with another body. Use a new key for a new request.";
    RateLimited 429 "rate_limited" "Too many requests",
        "The studio set a rate limit and it is reached. Wait as long as `Retry-After` says.";
    TooManyJobs 429 "too_many_jobs" "Too many jobs at once",
        "The customer's plan allows so many jobs in flight (`at_most`). Try again with the same idempotency key when one \
         has ended.";
    CountLimit 429 "count_limit" "Count limit reached",
        "The customer's plan allows so many of these in a period (`at_most`). Try again after `resets_at`, with the same \
         idempotency key.";
    Internal 500 "internal" "Internal error",
        "Something is wrong on the server. It is logged under `request_id`. Retry with the same idempotency key: what was \
         done is not done twice.";
    Busy 503 "busy" "Busy",
        "The server can't take the request at the moment. Retry after `Retry-After` seconds with the same idempotency \
         key: what was done is not done twice.";
}

/// Where the server leads to the codes' places in its documentation.
const DOCS: &str = "/docs/errors/";

impl Code {
    /// The address that names the code (RFC 9457 `type`), relative to the server that answers.
    pub fn type_url(self) -> String {
        format!("{DOCS}{}", self.as_str())
    }

    pub fn parse(text: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The page `docs/errors.md`.
pub fn errors_markdown() -> String {
    let mut page = String::from(
        "# Errors\n\nEvery refusal is an `application/problem+json` document (RFC 9457) with a stable `code`. \
         Generated from `crates/scrip-api/src/code.rs`.\n\n| code | status | |\n|---|---|---|\n",
    );
    for code in Code::ALL {
        let _ = writeln!(page, "| [`{code}`](#{code}) | {} | {} |", code.status(), code.title());
    }
    for code in Code::ALL {
        let _ = write!(page, "\n## {code}\n\n{} {}. {}\n", code.status(), code.title(), code.help());
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_written_in_json_and_in_its_schema_as_it_is_called() {
        use utoipa::PartialSchema;
        let schema = serde_json::to_string(&Code::schema()).unwrap();
        for code in Code::ALL {
            let written = format!("\"{}\"", code.as_str());
            assert_eq!(serde_json::to_string(code).unwrap(), written);
            assert!(schema.contains(&written), "{written} is not in {schema}");
        }
    }

    #[test]
    fn codes_are_listed_by_status_and_have_one_page_each() {
        assert!(Code::ALL.is_sorted_by_key(|code| code.status()));
        let page = errors_markdown();
        for code in Code::ALL {
            assert_eq!(page.matches(&format!("\n## {code}\n")).count(), 1, "{code}");
            assert_eq!(Code::parse(code.as_str()), Some(*code));
            assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{code}\""));
        }
    }

    #[test]
    fn only_a_lack_of_credits_is_402() {
        let codes: Vec<_> = Code::ALL.iter().filter(|code| code.status() == 402).collect();
        assert_eq!(codes, [&Code::InsufficientCredits]);
    }
}
