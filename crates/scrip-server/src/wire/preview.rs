//! What would become of a wallet, line by line.

use scrip_api::Text;
use scrip_api::subscription::{Preview, PreviewBalance, PreviewLine, RenewalPreview};
use scrip_catalog::Catalog;
use scrip_ledger::entry::Entry;
use scrip_ledger::id::SubscriptionId;
use scrip_ledger::{Name, Reply, Wallet};

use crate::balance::Seen;
use crate::wire::next_charge::Prices;
use crate::wire::statement::{effect, label};
use crate::wire::{self, credits, instant, text};

/// What the customer sees: before, just after, and after the next renewal.
pub(crate) struct Parts<'s> {
    pub(crate) before: &'s Seen,
    pub(crate) after: &'s Seen,
    pub(crate) renewed: Option<&'s Seen>,
    pub(crate) catalog: Option<&'s Catalog>,
}

pub(crate) fn preview<'s>(
    tried: &'s scrip_ledger::Preview,
    id: Option<SubscriptionId>,
    customer: &'s Name,
    prices: &Prices<'_>,
    parts: &Parts<'s>,
) -> Preview<'s> {
    let started = match &tried.answer.outcome {
        Ok(Reply::Subscription(subscription) | Reply::AddOn { subscription, .. }) => Some(subscription.id),
        _ => None,
    };
    let subscription = id.or(started).and_then(|id| tried.after.subscriptions.get(&id));
    let shown = |subscription| wire::subscription::subscription(subscription, customer, prices);
    let renewal = tried.renewal.as_ref().zip(parts.renewed);
    Preview {
        subscription: subscription.map(|subscription| shown(subscription)),
        lines: tried.entries.iter().filter_map(|entry| line(entry, &tried.after)).collect(),
        before: balance(parts.before, parts.catalog),
        after: balance(parts.after, parts.catalog),
        next_renewal: renewal.map(|(renewal, seen)| RenewalPreview {
            at: instant(renewal.at),
            charge: subscription.and_then(|subscription| prices.next_charge(subscription)),
            lines: renewal.entries.iter().filter_map(|entry| line(entry, &renewal.after)).collect(),
            after: balance(seen, parts.catalog),
        }),
    }
}

fn line<'s>(entry: &'s Entry, wallet: &'s Wallet) -> Option<PreviewLine<'s>> {
    let movement = &entry.movement;
    let terms = &wallet.grant(movement.grant)?.terms;
    Some(PreviewLine {
        at: instant(movement.at),
        kind: Text::new(movement.kind.as_str()),
        label: Text::new(label(movement.kind, movement.to)),
        bucket: text(&terms.bucket),
        from: Text::new(movement.from.as_str()),
        to: Text::new(movement.to.as_str()),
        amount: credits(movement.amount),
        credits: scrip_api::Credits::from_micro(effect(movement.from, movement.to, movement.amount)),
        grant_kind: Text::new(terms.kind.as_str()),
        seat: terms.seat,
        expires_at: terms.expires_at.map(instant),
    })
}

fn balance<'s>(seen: &'s Seen, catalog: Option<&'s Catalog>) -> PreviewBalance<'s> {
    let wallet = wire::wallet::wallet(seen, catalog);
    PreviewBalance {
        currency: wallet.currency,
        posted: wallet.posted,
        held: wallet.held,
        available: wallet.available,
        buckets: wallet.buckets,
    }
}
