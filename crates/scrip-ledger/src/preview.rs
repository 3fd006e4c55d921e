//! Previews: what a command would do, line by line, before it does.

use crate::apply::{apply, touch};
use crate::book::Book;
use crate::change::{Change, Record};
use crate::command::Command;
use crate::entry::Entry;
use crate::grant::Grant;
use crate::reply::Answer;
use crate::time::Timestamp;
use crate::wallet::Wallet;

/// What a command would do to a wallet; nothing is stored.
#[derive(Clone, Debug)]
pub struct Preview {
    pub answer: Answer,
    /// What would be written now.
    pub entries: Vec<Entry>,
    /// The wallet just after it.
    pub after: Wallet,
    /// The next renewal after it: when, what it would write, and the wallet after that.
    pub renewal: Option<RenewalPreview>,
}

#[derive(Clone, Debug)]
pub struct RenewalPreview {
    pub at: Timestamp,
    pub entries: Vec<Entry>,
    pub after: Wallet,
}

/// Applies a command to a copy of a wallet, and then lets it come to its next renewal. What the command names
/// is loaded, as for [`apply`].
pub fn preview(wallet: &Wallet, book: &Book, at: Timestamp, command: &Command) -> Preview {
    let at = at.max(wallet.head.last_at);
    let mut after = wallet.clone();
    let request = None;
    let asked = Command { request, ..command.clone() };
    // What is due anyway is not what the command does.
    while after.is_due(book, at) {
        touch(&mut after, book, at);
    }
    let (answer, record) = apply(&mut after, book, at, &asked);
    let entries = entries_of(record);
    let next = after.subscriptions.values().filter(|subscription| subscription.is_live());
    let next = next.filter_map(|subscription| subscription.period_end).min();
    let renewal = next.map(|at| {
        let mut later = after.clone();
        let mut entries = Vec::new();
        while later.next_due().is_some_and(|due| due <= at) {
            let due = entries_of(touch(&mut later, book, at));
            // Days until then come and go: they are not the renewal's.
            entries.extend(due.into_iter().filter(|entry| at <= entry.movement.at || !later.is_of_shorter(entry)));
        }
        RenewalPreview { at, entries, after: later }
    });
    Preview { answer, entries, after, renewal }
}

fn entries_of(record: Option<Record>) -> Vec<Entry> {
    let changes = record.map(|record| record.changes).unwrap_or_default();
    let entry = |change| match change {
        Change::Entry(entry) => Some(entry),
        _ => None,
    };
    changes.into_iter().filter_map(entry).collect()
}

impl Wallet {
    /// Is it about credits that came by a shorter period than the cycle?
    fn is_of_shorter(&self, entry: &Entry) -> bool {
        let moved = [Some(entry.movement.grant), entry.movement.other_grant];
        let sources = moved.into_iter().flatten().filter_map(|id| self.grant(id)?.terms.source);
        sources.into_iter().any(|source| source.issue.period().is_some())
    }
}

impl Preview {
    /// The grant that an entry is about.
    pub fn grant(&self, entry: &Entry) -> Option<&Grant> {
        self.after.grant(entry.movement.grant)
    }
}
