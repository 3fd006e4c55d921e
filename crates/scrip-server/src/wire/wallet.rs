//! Wallets, grants and entries.

use scrip_api::wallet::{BalanceEvent, BucketBalance, Entry, ExpiringNext, HoldEvent, UnitBalance, UsageRow, Wallet};
use scrip_api::{Code, Text};
use scrip_catalog::{Catalog, studio::CreditUnit};
use scrip_ledger::customer::Customer;
use scrip_ledger::grant;
use scrip_ledger::hold::{Hold, HoldStatus};
use scrip_ledger::policy::CREDITS;
use scrip_ledger::{self as core, Name, Timestamp};
use scrip_store::EntryListed;

use crate::balance::Seen;
use crate::problem::Problem;
use crate::wire::{self, credits, instant, text, text_opt};

/// A wallet as a customer sees it, with the buckets of the catalog in their order.
pub(crate) fn wallet<'s>(seen: &'s Seen, catalog: Option<&'s Catalog>) -> Wallet<'s> {
    let mut units = units(seen, catalog).into_iter().map(|currency| unit(seen, catalog, currency));
    let main = units.next().unwrap_or_else(|| unit(seen, catalog, CREDITS));
    Wallet {
        customer: text(&seen.customer.id),
        expiring_next: expiring_next(seen, main.currency.as_str(), &main.buckets),
        currency: main.currency,
        posted: main.posted,
        held: main.held,
        available: main.available,
        debt: main.debt,
        next_reset_at: main.buckets.iter().filter_map(|bucket| bucket.next_reset_at).min(),
        buckets: main.buckets,
        grants: main.grants,
        sequence: seen.sequence,
        at: instant(seen.at),
        others: units.collect(),
    }
}

/// The balance in the studio's own credit, as it is sent to those who follow.
pub(crate) fn balance_event<'s>(seen: &'s Seen, catalog: Option<&'s Catalog>) -> BalanceEvent<'s> {
    let wallet = wallet(seen, catalog);
    BalanceEvent {
        customer: wallet.customer,
        currency: wallet.currency,
        posted: wallet.posted,
        held: wallet.held,
        available: wallet.available,
        debt: wallet.debt,
        buckets: wallet.buckets,
        sequence: wallet.sequence,
        at: wallet.at,
    }
}

/// The studio's own credit first, then its other units, then what only grants still count in.
fn units<'s>(seen: &'s Seen, catalog: Option<&'s Catalog>) -> Vec<&'s str> {
    let mut units = vec![main_currency(catalog)];
    let declared = catalog.map(|catalog| catalog.studio().other_units.as_slice()).unwrap_or_default();
    units.extend(declared.iter().map(|unit| unit.id.as_str()));
    for grant in &seen.grants {
        if !units.contains(&grant.terms.currency.as_str()) {
            units.push(&grant.terms.currency);
        }
    }
    units
}

/// The currency of the studio's own credit.
pub(crate) fn main_currency(catalog: Option<&Catalog>) -> &str {
    catalog.map_or(CREDITS, |catalog| catalog.studio().credit.id.as_str())
}

fn unit<'s>(seen: &'s Seen, catalog: Option<&'s Catalog>, currency: &'s str) -> UnitBalance<'s> {
    let names = buckets(seen, catalog, currency);
    let rank = |grant: &grant::Grant| names.iter().position(|name| *name == grant.terms.bucket.as_str());
    let mut grants: Vec<&grant::Grant> = of_currency(seen, currency).collect();
    grants.sort_by_key(|grant| {
        let end = grant.terms.expires_at.unwrap_or(Timestamp::MAX);
        (rank(grant), grant.terms.priority, end, grant.id)
    });
    let posted = grants.iter().map(|grant| grant.balance.posted()).sum();
    let held = grants.iter().map(|grant| grant.balance.held).sum();
    let available = grants.iter().map(|grant| grant.balance.available).sum();
    UnitBalance {
        currency: Text::new(currency),
        posted: credits(posted),
        held: credits(held),
        available: credits(available),
        debt: credits(seen.owed(currency)),
        buckets: names.iter().map(|name| bucket(name, &grants, seen)).collect(),
        grants: grants.iter().map(|grant| wire::grant::grant(grant, seen.name_of(grant.terms.pool))).collect(),
    }
}

fn of_currency<'s>(seen: &'s Seen, currency: &str) -> impl Iterator<Item = &'s grant::Grant> {
    seen.grants.iter().filter(move |grant| grant.terms.currency.as_str() == currency)
}

/// Buckets of the catalog in their order (retired ones only while something is in them), then those that it
/// no longer names.
fn buckets<'s>(seen: &'s Seen, catalog: Option<&'s Catalog>, currency: &str) -> Vec<&'s str> {
    let used = |id: &str| seen.grants.iter().any(|grant| grant.terms.bucket.as_str() == id);
    let declared = catalog.map(Catalog::buckets).unwrap_or_default().iter();
    let declared = declared.filter(|bucket| bucket.currency.as_str() == currency);
    let mut names: Vec<&str> =
        declared.filter(|bucket| !bucket.retired || used(&bucket.id)).map(|bucket| bucket.id.as_str()).collect();
    for grant in of_currency(seen, currency) {
        if !names.contains(&grant.terms.bucket.as_str()) {
            names.push(&grant.terms.bucket);
        }
    }
    names
}

fn bucket<'s>(name: &'s str, grants: &[&'s grant::Grant], seen: &Seen) -> BucketBalance<'s> {
    let at = seen.at;
    let own = || grants.iter().filter(|grant| grant.terms.bucket.as_str() == name);
    let ends = own().filter(|grant| grant.balance.posted().is_positive()).filter_map(|grant| grant.terms.expires_at);
    BucketBalance {
        bucket: Text::new(name),
        posted: credits(own().map(|grant| grant.balance.posted()).sum()),
        held: credits(own().map(|grant| grant.balance.held).sum()),
        available: credits(own().map(|grant| grant.balance.available).sum()),
        next_expiry: ends.filter(|end| at < *end).min().map(instant),
        next_reset_at: seen.next_reset_at(name).map(instant),
    }
}

/// What of the available credits ends first, in the first bucket where something ends then.
fn expiring_next<'s>(seen: &'s Seen, currency: &str, buckets: &[BucketBalance<'s>]) -> Option<ExpiringNext<'s>> {
    let ending = || of_currency(seen, currency).filter(|grant| grant.balance.available.is_positive());
    let end = ending().filter_map(|grant| grant.terms.expires_at).filter(|end| seen.at < *end).min()?;
    let of = |bucket: &str| -> core::Credits {
        let same =
            ending().filter(|grant| grant.terms.expires_at == Some(end) && grant.terms.bucket.as_str() == bucket);
        same.map(|grant| grant.balance.available).sum()
    };
    let first = buckets.iter().find(|bucket| of(&bucket.bucket).is_positive())?;
    Some(ExpiringNext { at: instant(end), credits: credits(of(&first.bucket)), bucket: first.bucket.clone() })
}

/// The unit that a bucket which may be granted counts in.
///
/// Refusal: `unknown_bucket` (none of the catalog, or a retired one).
pub(crate) fn unit_of<'c>(catalog: &'c Catalog, bucket: &str) -> Result<&'c CreditUnit, Problem> {
    let found = catalog.bucket(bucket).filter(|bucket| !bucket.retired);
    found.and_then(|bucket| catalog.studio().unit(&bucket.currency)).ok_or_else(|| {
        let known = catalog.buckets().iter().filter(|bucket| !bucket.retired).map(|bucket| bucket.id.as_str());
        Problem::new(Code::UnknownBucket, format!("the catalog has no bucket `{bucket}` to grant in"))
            .with_input("bucket")
            .with_names(known)
    })
}

pub(crate) fn entry(listed: &EntryListed) -> Entry<'_> {
    let movement = &listed.entry.movement;
    Entry {
        id: Text::of(listed.entry.id(listed.wallet)),
        sequence: movement.sequence,
        at: instant(movement.at),
        kind: Text::new(movement.kind.as_str()),
        from: Text::new(movement.from.as_str()),
        to: Text::new(movement.to.as_str()),
        amount: credits(movement.amount),
        grant: Text::of(movement.grant),
        bucket: Some(text(&listed.bucket)),
        other_grant: movement.other_grant.map(Text::of),
        hold: movement.hold.map(Text::of),
        charge: movement.charge.map(Text::of),
        refund: movement.refund.map(Text::of),
        actor: text(&movement.actor),
        reason: text_opt(&movement.reason),
        hash: Text::of(listed.entry.hash),
    }
}

pub(crate) fn usage_row(row: &scrip_store::UsageRow) -> UsageRow<'_> {
    UsageRow {
        key: (!row.key.is_empty()).then(|| text(&row.key)),
        currency: text(&row.currency),
        charges: row.charge_count,
        credits: credits(row.credits),
        refunded: credits(row.refunded),
    }
}

/// The name of the customer of a grant, of all customers of its wallet by pool.
pub(crate) fn owner<'w>(customers: &'w [Customer], grant: &grant::Grant) -> Option<&'w Name> {
    customers.get(usize::from(grant.terms.pool.0)).map(|customer| &customer.id)
}

/// A hold as it is sent to those who follow.
pub(crate) fn hold_event(hold: &Hold) -> HoldEvent<'_> {
    let (terms, state) = (&hold.terms, &hold.state);
    HoldEvent {
        id: Text::of(hold.id),
        status: match state.status {
            HoldStatus::Open => scrip_api::hold::HoldStatus::Open,
            HoldStatus::Captured => scrip_api::hold::HoldStatus::Captured,
            HoldStatus::Released => scrip_api::hold::HoldStatus::Released,
            HoldStatus::Expired => scrip_api::hold::HoldStatus::Expired,
        },
        customer: text(&terms.customer),
        member: text_opt(&terms.member),
        currency: text(&terms.currency),
        amount: credits(state.amount()),
        captured: credits(state.captured()),
        released: credits(state.released()),
        remaining: credits(state.remaining()),
        reference: text_opt(&terms.reference),
        expires_at: instant(state.expires_at),
    }
}
