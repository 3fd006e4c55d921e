//! The next charge of a subscription.

use scrip_api::Text;
use scrip_api::subscription::{NextCharge, NextChargeLine};
use scrip_ledger::book::Book;
use scrip_ledger::next_charge;
use scrip_ledger::plan::Plan;
use scrip_ledger::subscription::Subscription;

use crate::wire::{instant, money, text};

/// Where the prices of the next period are found: the customer's contracts, then what the studio sells then.
pub(crate) struct Prices<'a> {
    pub(crate) book: &'a Book,
    pub(crate) contracts: &'a [Plan],
}

impl Prices<'_> {
    /// `None` where nothing comes any more, or nothing of it has a price.
    pub(crate) fn next_charge(&self, subscription: &Subscription) -> Option<NextCharge<'static>> {
        let charge = subscription.next_charge(self.book, self.contracts)?;
        Some(NextCharge {
            amount: Text::from(charge.amount.amount()),
            currency: Text::from(charge.amount.currency.code().to_owned()),
            at: instant(charge.at),
            lines: charge.lines.iter().map(line).collect(),
        })
    }
}

fn line(line: &next_charge::NextChargeLine) -> NextChargeLine<'static> {
    NextChargeLine {
        id: text(&line.id).into_owned(),
        name: Text::from(line.name.clone()),
        quantity: line.quantity,
        price: money(&line.price),
        amount: money(&line.amount),
    }
}
