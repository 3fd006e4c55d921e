//! Why a balance is what it is: entries as lines that people read, and how each changes the balance.
//!
//! The balance here is `posted`, held and available: credits that are set aside or come back free don't
//! change it.

use scrip_api::wallet::{ExplanationLine, StatementLine, UnitExplanation};
use scrip_api::{Credits, Text};
use scrip_ledger::entry::{EntryKind, Place};
use scrip_store::{EntryListed, EntrySum};

use crate::wire::{instant, text, text_opt};

const fn is_posted(place: Place) -> bool {
    matches!(place, Place::Available | Place::Held)
}

/// What a movement does to the balance, in millionths.
pub(crate) fn effect(from: Place, to: Place, amount: scrip_ledger::Credits) -> i64 {
    match (is_posted(from), is_posted(to)) {
        (false, true) => amount.micro(),
        (true, false) => -amount.micro(),
        _ => 0,
    }
}

fn held_effect(sum: &EntrySum) -> i64 {
    let is = |place| i64::from(place == Place::Held);
    (is(sum.to) - is(sum.from)) * sum.amount.micro()
}

/// What people read.
pub(crate) fn label(kind: EntryKind, to: Place) -> &'static str {
    match kind {
        EntryKind::Grant => "Granted",
        EntryKind::Activate => "Became spendable",
        EntryKind::Hold => "Set aside for jobs",
        EntryKind::Capture => "Charged for jobs",
        EntryKind::Release => "Given back by jobs",
        EntryKind::HoldExpire => "Given back: the hold ran out of time",
        EntryKind::Lapse => "Lapsed: came back after its end",
        EntryKind::Refund => "Refunded",
        EntryKind::Expire => "Expired",
        EntryKind::Void => "Taken back",
        EntryKind::Transfer if is_posted(to) => "Transferred in",
        EntryKind::Transfer | EntryKind::Send => "Transferred out",
        EntryKind::Receive => "Transferred in",
        EntryKind::Restore => "Restored: came back after its end",
        EntryKind::Debt => "Spent on debt",
        EntryKind::Repay if is_posted(to) => "Came back from a debt",
        EntryKind::Repay => "Paid back a debt",
        EntryKind::Forgive => "Debt forgiven",
        EntryKind::Rollover if is_posted(to) => "Carried over from the last cycle",
        EntryKind::Rollover => "Carried over into the next cycle",
        EntryKind::Freeze => "Frozen: there is no plan",
        EntryKind::Thaw => "Spendable again",
        EntryKind::ClawBack => "Taken back: its payment went back",
        EntryKind::Owe => "Owed: its payment went back",
        EntryKind::Waive => "Owed no longer: it came back",
        EntryKind::Trim => "Cut to the most that the plan allows",
    }
}

/// The balance in millionths that entries sum to.
pub(crate) fn balance(sums: &[EntrySum], currency: &str) -> i64 {
    let own = sums.iter().filter(|sum| sum.currency.as_str() == currency);
    own.map(|sum| effect(sum.from, sum.to, sum.amount)).sum()
}

/// The balance in one currency as named lines, by bucket in the order given, then by kind.
pub(crate) fn explanation<'s>(sums: &'s [EntrySum], currency: &'s str, buckets: &[&str]) -> UnitExplanation<'s> {
    let own = || sums.iter().filter(|sum| sum.currency.as_str() == currency);
    let mut lines: Vec<ExplanationLine<'s>> = Vec::new();
    for sum in own() {
        let change = effect(sum.from, sum.to, sum.amount);
        let label = label(sum.kind, sum.to);
        if change == 0 {
            continue;
        }
        match lines.iter_mut().find(|line| *line.bucket == *sum.bucket && &*line.label == label) {
            Some(line) => {
                line.entries += sum.entry_count;
                line.credits = Credits::from_micro(line.credits.micro() + change);
            }
            None => lines.push(ExplanationLine {
                bucket: text(&sum.bucket),
                kind: Text::new(sum.kind.as_str()),
                label: Text::new(label),
                entries: sum.entry_count,
                credits: Credits::from_micro(change),
            }),
        }
    }
    let place = |bucket: &str| buckets.iter().position(|name| *name == bucket).unwrap_or(buckets.len());
    lines.sort_by_key(|line| place(&line.bucket));
    let posted = balance(sums, currency);
    let held: i64 = own().map(held_effect).sum();
    UnitExplanation {
        currency: Text::new(currency),
        lines,
        posted: Credits::from_micro(posted),
        held: Credits::from_micro(held),
        available: Credits::from_micro(posted - held),
    }
}

/// An entry as a line, with the balance after it; `None` if it doesn't change the balance.
pub(crate) fn line<'e>(listed: &'e EntryListed, balance: &mut i64) -> Option<StatementLine<'e>> {
    let movement = &listed.entry.movement;
    let change = effect(movement.from, movement.to, movement.amount);
    if change == 0 {
        return None;
    }
    *balance += change;
    Some(StatementLine {
        at: instant(movement.at),
        entry: Text::of(listed.entry.id(listed.wallet)),
        kind: Text::new(movement.kind.as_str()),
        label: Text::new(label(movement.kind, movement.to)),
        bucket: text(&listed.bucket),
        credits: Credits::from_micro(change),
        balance: Credits::from_micro(*balance),
        charge: movement.charge.map(Text::of),
        refund: movement.refund.map(Text::of),
        reason: text_opt(&movement.reason),
    })
}
