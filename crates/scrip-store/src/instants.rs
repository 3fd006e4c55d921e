//! When each change of a record happened: what falls due does so at its own instant, however late it is written.

use scrip_ledger::change::{Change, Record};
use scrip_ledger::time::Timestamp;

/// The changes of a record, each with its instant. An entry has its own; what stands beside it happened with it
/// (records of earlier releases say no more), and a [`Change::Moment`] says it of what follows.
pub(crate) fn timed(record: &Record) -> impl Iterator<Item = (Timestamp, &Change)> {
    let mut now = record.changes.iter().find_map(own_instant).unwrap_or(record.at);
    record.changes.iter().map(move |change| {
        now = own_instant(change).unwrap_or(now);
        (now, change)
    })
}

fn own_instant(change: &Change) -> Option<Timestamp> {
    match change {
        Change::Moment(at) => Some(*at),
        Change::Entry(entry) => Some(entry.movement.at),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use scrip_ledger::amount::Credits;
    use scrip_ledger::entry::{ChainHash, Entry, EntryKind, Movement, Place};
    use scrip_ledger::id::{GrantId, Name, ObjectId, StudioId, WalletId};

    fn entry(at: i64) -> Change {
        let movement = Movement {
            sequence: 1,
            at: Timestamp::from_micros(at),
            kind: EntryKind::Expire,
            grant: GrantId(ObjectId::from_bits(1)),
            from: Place::Available,
            to: Place::Expired,
            amount: Credits::from_micro(1),
            other_grant: None,
            hold: None,
            charge: None,
            refund: None,
            actor: Name::from("system"),
            reason: None,
        };
        Change::Entry(Entry { movement, hash: ChainHash::START })
    }

    fn instant(at: i64) -> Change {
        Change::Moment(Timestamp::from_micros(at))
    }

    fn ended() -> Change {
        Change::GrantEnded { id: GrantId(ObjectId::from_bits(1)) }
    }

    #[test]
    fn a_change_happens_at_the_instant_that_was_said_last_or_when_its_record_was_made() {
        for (changes, expected) in [
            (vec![ended(), ended()], vec![100, 100]),
            (vec![instant(3), ended(), entry(3), instant(100), ended()], vec![3, 3, 3, 100, 100]),
            (vec![ended(), entry(4), ended(), entry(100), ended()], vec![4, 4, 4, 100, 100]),
        ] {
            let wallet = WalletId::new(1).unwrap();
            let at = Timestamp::from_micros(100);
            let record = Record { wallet, studio: StudioId(1), at, counter: 0, changes, sequence: None, trace: None };
            let found: Vec<i64> = timed(&record).map(|(at, _)| at.micros()).collect();
            assert_eq!(found, expected);
        }
    }
}
