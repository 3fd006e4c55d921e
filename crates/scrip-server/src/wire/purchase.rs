//! Purchases of packs and claims of promotions.

use scrip_api::Text;
use scrip_api::purchase::{Claim, Purchase, Reversal, ReversalNew};
use scrip_ledger::grant::Grant;
use scrip_ledger::reply::Granted;
use scrip_ledger::reversal::Reversed;
use scrip_ledger::{Credits, Name, command};

use crate::problem::Problem;
use crate::wire::{self, credits, grant, instant, money, text, text_opt};

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

/// What the reversal of a payment did; at least one grant.
pub(crate) fn reversal<'a>(reversed: &'a Reversed, customer: &'a Name) -> Option<Reversal<'a>> {
    Some(Reversal {
        purchase: Text::of(reversed.grants.first()?.id),
        customer: text(customer),
        pack: text(&reversed.pack),
        amount: reversed.amount.as_ref().map(money),
        taken_back: credits(reversed.taken_back),
        owed: credits(reversed.owed),
        grants: reversed.grants.iter().map(|one| grant::grant(one, customer)).collect(),
        reason: text_opt(&reversed.reason),
        created_at: instant(reversed.at),
    })
}

pub(crate) fn reversal_new(new: &ReversalNew<'_>) -> Result<command::ReversalNew, Problem> {
    Ok(command::ReversalNew {
        amount: new.amount.as_ref().map(|amount| wire::paid("amount", amount)).transpose()?,
        reason: wire::note("reason", new.reason.as_ref())?,
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
