//! Purchases of packs and claims of promotions.

use scrip_api::Text;
use scrip_api::purchase::{Claim, Purchase};
use scrip_ledger::grant::Grant;
use scrip_ledger::reply::Granted;
use scrip_ledger::{Credits, Name};

use crate::wire::{credits, grant, instant, money, text};

/// What a purchase brought; at least one grant.
pub(crate) fn purchase<'a>(bought: &'a Granted, customer: &'a Name) -> Option<Purchase<'a>> {
    let first = bought.grants.first()?;
    Some(Purchase {
        id: Text::of(first.id),
        customer: text(customer),
        pack: text(&bought.what),
        credits: credits(total(&bought.grants)),
        paid: bought.paid.as_ref().map(money),
        grants: bought.grants.iter().map(|one| grant::grant(one, customer)).collect(),
        created_at: instant(first.terms.created_at),
        expires_at: first.terms.expires_at.map(instant),
    })
}

/// What a claim brought; at least one grant.
pub(crate) fn claim<'a>(claimed: &'a Granted, customer: &'a Name) -> Option<Claim<'a>> {
    let first = claimed.grants.first()?;
    Some(Claim {
        id: Text::of(first.id),
        customer: text(customer),
        promotion: text(&claimed.what),
        credits: credits(total(&claimed.grants)),
        grants: claimed.grants.iter().map(|one| grant::grant(one, customer)).collect(),
        created_at: instant(first.terms.created_at),
        expires_at: first.terms.expires_at.map(instant),
    })
}

fn total(grants: &[Grant]) -> Credits {
    grants.iter().map(|grant| grant.terms.amount).sum()
}
