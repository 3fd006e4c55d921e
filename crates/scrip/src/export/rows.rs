//! What each record looks like as a row.

use jiff::Timestamp as Instant;
use scrip_ledger::charge::Charge;
use scrip_ledger::customer::Member;
use scrip_ledger::grant::{Grant, GrantKind};
use scrip_ledger::hold::Hold;
use scrip_ledger::policy::Outcome;
use scrip_ledger::refund::Refund;
use scrip_ledger::subscription::Subscription;
use scrip_ledger::{Credits, Name, Timestamp};
use scrip_store::{CustomerListed, EntryListed};
use serde_json::{Map, Value, json};

use crate::cli::ExportWhat;

/// The values of one record, in the order of the columns.
pub struct Row(pub Vec<Value>);

impl ExportWhat {
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            ExportWhat::Customers => {
                &["studio", "customer", "parent", "created_at", "name", "email", "zone", "tools", "metadata"]
            }
            ExportWhat::Members => &["studio", "customer", "member", "created_at", "role", "seat", "limits"],
            ExportWhat::Balances => {
                &["customer", "name", "email", "zone", "bucket", "amount", "expires_at", "only_tools", "reason"]
            }
            ExportWhat::Grants => &[
                "studio",
                "id",
                "customer",
                "kind",
                "bucket",
                "currency",
                "issued",
                "available",
                "held",
                "spent",
                "expired",
                "voided",
                "frozen",
                "moved",
                "created_at",
                "effective_at",
                "expires_at",
                "paid_amount",
                "paid_currency",
                "only_tools",
                "reason",
            ],
            ExportWhat::Holds => &[
                "studio",
                "id",
                "customer",
                "member",
                "status",
                "currency",
                "amount",
                "captured",
                "released",
                "remaining",
                "created_at",
                "expires_at",
                "reference",
                "catalog_version",
                "lines",
            ],
            ExportWhat::Charges => &[
                "studio",
                "id",
                "hold",
                "customer",
                "member",
                "tool",
                "model",
                "outcome",
                "currency",
                "credits",
                "refunded",
                "shortfall",
                "created_at",
                "reference",
                "catalog_version",
                "cost_amount",
                "cost_currency",
            ],
            ExportWhat::Subscriptions => &[
                "studio",
                "id",
                "customer",
                "plan",
                "interval",
                "seats",
                "status",
                "period_start",
                "period_end",
                "cancel_at_period_end",
                "created_at",
                "ended_at",
                "add_ons",
            ],
            ExportWhat::Refunds => &["studio", "id", "charge", "credits", "created_at", "reason"],
            ExportWhat::Entries => &[
                "studio",
                "wallet",
                "sequence",
                "id",
                "at",
                "kind",
                "from",
                "to",
                "amount",
                "currency",
                "bucket",
                "grant",
                "other_grant",
                "hold",
                "charge",
                "refund",
                "actor",
                "reason",
                "hash",
            ],
        }
    }
}

pub fn customer(studio: &Name, listed: &CustomerListed) -> Row {
    let customer = &listed.customer;
    let profile = customer.profile.clone().unwrap_or_default();
    let metadata: Map<String, Value> =
        profile.metadata.iter().map(|(key, text)| (key.to_string(), json!(text.as_str()))).collect();
    Row(vec![
        text(studio),
        text(&customer.id),
        optional(&listed.parent),
        instant(customer.created_at),
        optional(&profile.name),
        optional(&profile.email),
        optional(&profile.zone),
        names(profile.tools.as_deref()),
        if metadata.is_empty() { Value::Null } else { Value::Object(metadata) },
    ])
}

pub fn member(studio: &Name, customer: &Name, member: &Member) -> Row {
    Row(vec![
        text(studio),
        text(customer),
        text(&member.id),
        instant(member.created_at),
        text(&member.role),
        json!(member.seat),
        optional(&member.limits),
    ])
}

/// What `scrip import` reads: a grant's balance, or a customer without any.
pub fn balance(listed: &CustomerListed, grant: Option<&Grant>) -> Row {
    let profile = listed.customer.profile.clone().unwrap_or_default();
    Row(vec![
        text(&listed.customer.id),
        optional(&profile.name),
        optional(&profile.email),
        optional(&profile.zone),
        grant.map_or(Value::Null, |grant| text(&grant.terms.bucket)),
        grant.map_or(Value::Null, |grant| credits(grant.balance.posted())),
        grant.map_or(Value::Null, |grant| optional_instant(grant.terms.expires_at)),
        grant.map_or(Value::Null, |grant| names(grant.terms.only_tools.as_deref())),
        grant.map_or(Value::Null, |grant| optional(&grant.terms.reason)),
    ])
}

/// Is there something in it that could be given elsewhere?
pub fn has_balance(grant: &Grant) -> bool {
    grant.terms.kind != GrantKind::Debt && grant.balance.posted().is_positive()
}

pub fn grant(studio: &Name, customer: &Name, grant: &Grant) -> Row {
    let (terms, balance) = (&grant.terms, &grant.balance);
    Row(vec![
        text(studio),
        json!(grant.id.to_string()),
        text(customer),
        json!(terms.kind.as_str()),
        text(&terms.bucket),
        text(&terms.currency),
        credits(balance.issued()),
        credits(balance.available),
        credits(balance.held),
        credits(balance.spent),
        credits(balance.expired),
        credits(balance.voided),
        credits(balance.frozen),
        credits(balance.moved),
        instant(terms.created_at),
        optional_instant(terms.effective_at),
        optional_instant(terms.expires_at),
        json!(terms.paid.as_ref().map(|paid| paid.amount())),
        json!(terms.paid.as_ref().map(|paid| paid.currency.code().to_owned())),
        names(terms.only_tools.as_deref()),
        optional(&terms.reason),
    ])
}

pub fn hold(studio: &Name, hold: &Hold) -> Row {
    let (terms, state) = (&hold.terms, &hold.state);
    let draws = || state.lines.iter().flat_map(|line| &line.draws);
    let held: Credits = draws().map(|draw| draw.held).sum();
    let captured: Credits = draws().map(|draw| draw.captured).sum();
    let released: Credits = draws().map(|draw| draw.released).sum();
    let lines: Vec<Value> = terms
        .lines
        .iter()
        .map(|line| json!({ "tool": optional(&line.tool), "model": optional(&line.model), "amount": credits(line.amount) }))
        .collect();
    Row(vec![
        text(studio),
        json!(hold.id.to_string()),
        text(&terms.customer),
        optional(&terms.member),
        json!(state.status.as_str()),
        text(&terms.currency),
        credits(held),
        credits(captured),
        credits(released),
        credits(held.saturating_sub(captured).saturating_sub(released)),
        instant(terms.created_at),
        instant(state.expires_at),
        optional(&terms.reference),
        json!(terms.catalog_version),
        json!(lines),
    ])
}

pub fn charge(studio: &Name, charge: &Charge) -> Row {
    let one_line = || match &charge.lines[..] {
        [line] => Some(line),
        _ => None,
    };
    Row(vec![
        text(studio),
        json!(charge.id.to_string()),
        json!(charge.hold.to_string()),
        text(&charge.customer),
        optional(&charge.member),
        one_line().map_or(Value::Null, |line| optional(&line.tool)),
        one_line().map_or(Value::Null, |line| optional(&line.model)),
        json!(outcome(charge.outcome)),
        text(&charge.currency),
        credits(charge.credits),
        credits(charge.refunded()),
        credits(charge.shortfall),
        instant(charge.created_at),
        optional(&charge.reference),
        json!(charge.catalog_version),
        json!(charge.cost.as_ref().map(|cost| cost.amount())),
        json!(charge.cost.as_ref().map(|cost| cost.currency.code().to_owned())),
    ])
}

/// Units bought on top are written as "3 team-unit".
pub fn subscription(studio: &Name, customer: &Name, subscription: &Subscription) -> Row {
    let running = subscription.add_ons.iter().filter(|unit| unit.ended_at.is_none());
    let units: Vec<String> = running.map(|unit| format!("{} {}", unit.units, unit.terms.id)).collect();
    Row(vec![
        text(studio),
        json!(subscription.id.to_string()),
        text(customer),
        text(&subscription.plan.id),
        json!(subscription.interval.as_str()),
        json!(subscription.seats),
        json!(subscription.status.as_str()),
        instant(subscription.period_start),
        optional_instant(subscription.period_end),
        json!(subscription.ends),
        instant(subscription.created_at),
        optional_instant(subscription.ended_at),
        json!(units.join(", ")),
    ])
}

pub fn refund(studio: &Name, refund: &Refund) -> Row {
    Row(vec![
        text(studio),
        json!(refund.id.to_string()),
        json!(refund.charge.to_string()),
        credits(refund.credits),
        instant(refund.created_at),
        optional(&refund.reason),
    ])
}

pub fn entry(studio: &Name, listed: &EntryListed) -> Row {
    let movement = &listed.entry.movement;
    Row(vec![
        text(studio),
        json!(listed.wallet.number()),
        json!(movement.sequence),
        json!(listed.entry.id(listed.wallet).to_string()),
        instant(movement.at),
        json!(movement.kind.as_str()),
        json!(movement.from.as_str()),
        json!(movement.to.as_str()),
        credits(movement.amount),
        text(&listed.currency),
        text(&listed.bucket),
        json!(movement.grant.to_string()),
        json!(movement.other_grant.map(|id| id.to_string())),
        json!(movement.hold.map(|id| id.to_string())),
        json!(movement.charge.map(|id| id.to_string())),
        json!(movement.refund.map(|id| id.to_string())),
        text(&movement.actor),
        optional(&movement.reason),
        json!(listed.entry.hash.to_string()),
    ])
}

const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Succeeded => "succeeded",
        Outcome::Failed => "failed",
        Outcome::Moderated => "moderated",
        Outcome::Canceled => "canceled",
        Outcome::Partial => "partial",
        Outcome::TimedOut => "timed_out",
        Outcome::Unknown => "unknown",
    }
}

fn text(name: &Name) -> Value {
    json!(name.as_str())
}

fn optional(name: &Option<Name>) -> Value {
    json!(name.as_ref().map(Name::as_str))
}

/// Names with a space between, as `only_tools` of an import.
fn names(names: Option<&[Name]>) -> Value {
    json!(names.map(|names| names.iter().map(Name::as_str).collect::<Vec<_>>().join(" ")))
}

fn credits(amount: Credits) -> Value {
    json!(amount.to_string())
}

fn instant(at: Timestamp) -> Value {
    json!(Instant::from_microsecond(at.micros()).ok().map(|at| at.to_string()))
}

fn optional_instant(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, instant)
}
