//! Histories that were tampered with: the ledger's auditor finds each kind, wherever it is done.

use std::sync::{Arc, OnceLock};

use scrip_ledger::audit::Auditor;
use scrip_ledger::change::{Change, Record};
use scrip_ledger::entry::{ChainHash, Place};
use scrip_ledger::hold::{HoldState, HoldStatus};
use scrip_ledger::id::WalletId;
use scrip_ledger::{Credits, Name, Timestamp};

use crate::shrink;

/// A way to tamper with one change; `false` where there is nothing of the kind.
type Tamper = fn(&mut Change) -> bool;

fn more(credits: &mut Credits) -> bool {
    *credits = Credits::from_micro(credits.micro() + 1);
    true
}

fn entry(change: &mut Change, tamper: fn(&mut scrip_ledger::entry::Movement) -> bool) -> bool {
    match change {
        Change::Entry(entry) => tamper(&mut entry.movement),
        _ => false,
    }
}

fn state(change: &mut Change) -> Option<&mut HoldState> {
    match change {
        Change::HoldPlaced { state, .. } | Change::HoldChanged { state, .. } => Some(state),
        _ => None,
    }
}

fn first_draw(change: &mut Change) -> Option<&mut scrip_ledger::hold::Draw> {
    state(change)?.lines.iter_mut().flat_map(|line| &mut line.draws).next()
}

/// Found by what the entries say, also when somebody makes the chain of hashes anew.
const IN_A_CHANGE: &[(&str, Tamper)] = &[
    ("an entry moves a millionth more", |change| entry(change, |movement| more(&mut movement.amount))),
    ("an entry moves nothing", |change| {
        entry(change, |movement| {
            movement.amount = Credits::ZERO;
            true
        })
    }),
    ("an entry moves less than nothing", |change| {
        entry(change, |movement| {
            movement.amount = Credits::from_micro(-movement.amount.micro());
            true
        })
    }),
    ("an entry moves all that can be counted", |change| {
        entry(change, |movement| {
            movement.amount = Credits::MAX;
            true
        })
    }),
    ("an entry goes back", |change| {
        entry(change, |movement| {
            (movement.from, movement.to) = (movement.to, movement.from);
            true
        })
    }),
    ("credits that expired are available again", |change| {
        entry(change, |movement| {
            let expired = movement.to == Place::Expired;
            movement.to = if expired { Place::Available } else { movement.to };
            expired
        })
    }),
    ("credits come from nowhere", |change| {
        entry(change, |movement| std::mem::replace(&mut movement.from, Place::Issued) != Place::Issued)
    }),
    ("an entry forgets its hold", |change| {
        entry(change, |movement| {
            movement.to != Place::Available && movement.from == Place::Held && movement.hold.take().is_some()
        })
    }),
    ("an entry forgets its charge", |change| {
        entry(change, |movement| movement.to == Place::Spent && movement.charge.take().is_some())
    }),
    ("an entry forgets its refund", |change| {
        entry(change, |movement| movement.from == Place::Spent && movement.refund.take().is_some())
    }),
    ("an entry forgets the grant that it comes from or pays", |change| {
        entry(change, |movement| movement.other_grant.take().is_some())
    }),
    ("an entry is before the one before", |change| {
        entry(change, |movement| {
            movement.at = Timestamp::from_micros(0);
            movement.sequence > 1
        })
    }),
    ("an entry is after its record", |change| {
        entry(change, |movement| {
            movement.at = Timestamp::MAX;
            true
        })
    }),
    ("a grant was agreed for a millionth more", |change| match change {
        Change::GrantIssued { terms, .. } => more(&mut Arc::make_mut(terms).amount),
        _ => false,
    }),
    ("a grant belongs to nobody", |change| match change {
        Change::GrantIssued { terms, .. } => {
            Arc::make_mut(terms).pool = scrip_ledger::customer::PoolId(999);
            true
        }
        _ => false,
    }),
    ("a hold held a millionth more", |change| first_draw(change).is_some_and(|draw| more(&mut draw.held))),
    ("a hold captured a millionth more", |change| first_draw(change).is_some_and(|draw| more(&mut draw.captured))),
    ("a hold released a millionth more", |change| first_draw(change).is_some_and(|draw| more(&mut draw.released))),
    ("a hold held all that can be counted, twice", |change| {
        let Some(state) = state(change) else { return false };
        let draws = state.lines.iter_mut().flat_map(|line| &mut line.draws);
        draws.map(|draw| draw.held = Credits::MAX).count() > 0
    }),
    ("a draw is in another bucket", |change| {
        first_draw(change).is_some_and(|draw| {
            draw.bucket = Name::from("elsewhere");
            true
        })
    }),
    ("a hold loses a line", |change| state(change).is_some_and(|state| state.lines.pop().is_some())),
    ("a hold that keeps credits has ended", |change| {
        state(change).is_some_and(|state| {
            let keeps = state.is_open() && state.remaining().is_positive();
            state.status = if keeps { HoldStatus::Captured } else { state.status };
            keeps
        })
    }),
    ("a hold that was captured was released", |change| {
        state(change).is_some_and(|state| {
            let captured = state.status == HoldStatus::Captured && state.captured().is_positive();
            state.status = if captured { HoldStatus::Released } else { state.status };
            captured
        })
    }),
    ("a hold ran out before its time", |change| {
        state(change).is_some_and(|state| {
            let expired = state.status == HoldStatus::Expired;
            state.expires_at = if expired { Timestamp::MAX } else { state.expires_at };
            expired
        })
    }),
    ("a charge took a millionth more", |change| match change {
        Change::Charged(charge) => more(&mut Arc::make_mut(charge).credits),
        _ => false,
    }),
    ("a line of a charge took a millionth more", |change| match change {
        Change::Charged(charge) => Arc::make_mut(charge).lines.first_mut().is_some_and(|line| more(&mut line.credits)),
        _ => false,
    }),
    ("a charge took from another grant", |change| match change {
        Change::Charged(charge) if charge.draws.len() > 1 && charge.draws[0].amount != charge.draws[1].amount => {
            let draws = &mut Arc::make_mut(charge).draws;
            let grant = draws[0].grant;
            (draws[0].grant, draws[1].grant) = (draws[1].grant, grant);
            true
        }
        _ => false,
    }),
    ("a line of a charge took a millionth more from a grant", |change| match change {
        Change::Charged(charge) => {
            let mut parts = Arc::make_mut(charge).draws.iter_mut().filter_map(|draw| draw.parts.as_mut()).flatten();
            parts.next().is_some_and(|part| more(&mut part.amount))
        }
        _ => false,
    }),
    ("a charge took for another of its lines", |change| match change {
        Change::Charged(charge) => {
            let first = charge.lines[0].line;
            let mut parts = Arc::make_mut(charge).draws.iter_mut().filter_map(|draw| draw.parts.as_mut()).flatten();
            parts.find(|part| part.line != first).map(|part| part.line = first).is_some()
        }
        _ => false,
    }),
    ("a charge is of another hold", |change| match change {
        Change::Charged(charge) => {
            Arc::make_mut(charge).hold = scrip_ledger::id::HoldId(scrip_ledger::id::ObjectId::from_bits(7));
            true
        }
        _ => false,
    }),
    ("a charge gave back a millionth more", |change| match change {
        Change::ChargeRefunded { refunded, .. } => refunded.first_mut().is_some_and(more),
        _ => false,
    }),
    ("a refund gave a millionth more", |change| match change {
        Change::Refunded(refund) => more(&mut Arc::make_mut(refund).credits),
        _ => false,
    }),
    ("a draw of a refund gave a millionth more", |change| match change {
        Change::Refunded(refund) => Arc::make_mut(refund).draws.first_mut().is_some_and(|draw| more(&mut draw.amount)),
        _ => false,
    }),
    ("a refund is of another charge", |change| match change {
        Change::Refunded(refund) => {
            Arc::make_mut(refund).charge = scrip_ledger::id::ChargeId(scrip_ledger::id::ObjectId::from_bits(7));
            true
        }
        _ => false,
    }),
    ("another grant is taken back", |change| match change {
        Change::GrantVoided { id } => {
            *id = scrip_ledger::id::GrantId(scrip_ledger::id::ObjectId::from_bits(7));
            true
        }
        _ => false,
    }),
];

/// Found by the chain of hashes alone: nothing else depends on it.
const IN_WHAT_IS_ONLY_SAID: &[(&str, Tamper)] = &[
    ("somebody else did it", |change| {
        entry(change, |movement| {
            movement.actor = Name::from("somebody else");
            true
        })
    }),
    ("it had another reason", |change| {
        entry(change, |movement| {
            movement.reason = Some(Name::from("no reason"));
            true
        })
    }),
    ("an entry skips a number", |change| {
        entry(change, |movement| {
            movement.sequence += 1;
            true
        })
    }),
    ("a hash is another one", |change| match change {
        Change::Entry(entry) => {
            entry.hash.0[31] ^= 1;
            true
        }
        _ => false,
    }),
];

/// Is it a change of this kind?
type Is = fn(&Change) -> bool;

/// What can be left out of a record, or be in it twice, and is missed.
const WHOLE_CHANGES: &[(&str, Is)] = &[
    ("an entry", |change| matches!(change, Change::Entry(_))),
    ("a grant", |change| matches!(change, Change::GrantIssued { .. })),
    ("a hold", |change| matches!(change, Change::HoldPlaced { .. })),
    ("a charge", |change| matches!(change, Change::Charged(_))),
    ("a refund", |change| matches!(change, Change::Refunded(_))),
];

/// What must not be in a history twice, though nobody misses it.
const ONCE: &[(&str, Is)] = &[
    ("an answer", |change| matches!(change, Change::Remembered { .. })),
    ("a grant taken back", |change| matches!(change, Change::GrantVoided { .. })),
];

/// A few wallets' records, made by random scripts.
fn histories() -> &'static [Vec<Record>] {
    static HISTORIES: OnceLock<Vec<Vec<Record>>> = OnceLock::new();
    HISTORIES.get_or_init(|| {
        let played =
            |seed| shrink::play(seed, 300, |_, _| {}).unwrap_or_else(|(_, differs)| panic!("{seed}: {differs}"));
        let wallets = (1..4).flat_map(|seed| played(seed).wallets);
        wallets.map(|pair| pair.engine.records).collect()
    })
}

fn violations(records: &[Record]) -> Vec<String> {
    let wallet = records.first().map_or(WalletId::new(1).expect("fits"), |record| record.wallet);
    let mut auditor = Auditor::new(wallet);
    records.iter().for_each(|record| auditor.follow(record));
    auditor.violations.iter().map(|violation| violation.what.clone()).collect()
}

/// Makes the numbers and the chain of hashes anew, as a forger would.
fn chain_anew(records: &mut [Record]) {
    let mut hash = ChainHash::START;
    let mut sequence = 0;
    for change in records.iter_mut().flat_map(|record| &mut record.changes) {
        if let Change::Entry(entry) = change {
            sequence += 1;
            entry.movement.sequence = sequence;
            hash = entry.movement.hash_after(hash);
            entry.hash = hash;
        }
    }
}

/// Places of one history that are tried for each way to tamper, spread over all that there are.
const PLACES_TRIED: usize = 6;

/// Tampers with places of every history and answers how many there were.
fn found_everywhere(name: &str, forge: bool, tamper: impl Fn(&mut Vec<Record>, (usize, usize)) -> bool) -> usize {
    let mut count = 0;
    for records in histories() {
        let places = (0..records.len()).flat_map(|at| (0..records[at].changes.len()).map(move |change| (at, change)));
        let applies = |(at, change): &(usize, usize)| {
            // The record alone tells whether there is something of the kind.
            let mut record = vec![records[*at].clone()];
            tamper(&mut record, (0, *change))
        };
        let places: Vec<(usize, usize)> = places.filter(applies).collect();
        for place in places.iter().step_by(places.len().div_ceil(PLACES_TRIED).max(1)) {
            let mut tampered = records.clone();
            tamper(&mut tampered, *place);
            if forge {
                chain_anew(&mut tampered);
            }
            count += 1;
            assert!(!violations(&tampered).is_empty(), "{name}: not found at {place:?}: {:?}", records[place.0]);
        }
    }
    count
}

#[test]
fn a_history_that_nobody_touched_breaks_no_law() {
    for records in histories() {
        assert_eq!(violations(records), Vec::<String>::new());
    }
}

#[test]
fn a_change_that_was_tampered_with_is_found_even_if_the_chain_is_made_anew() {
    for (name, tamper) in IN_A_CHANGE {
        let count =
            found_everywhere(name, true, |records, (record, change)| tamper(&mut records[record].changes[change]));
        assert!(count > 0, "{name}: nothing to tamper with");
    }
}

#[test]
fn what_is_only_said_is_protected_by_the_chain() {
    for (name, tamper) in IN_WHAT_IS_ONLY_SAID {
        let count =
            found_everywhere(name, false, |records, (record, change)| tamper(&mut records[record].changes[change]));
        assert!(count > 0, "{name}: nothing to tamper with");
    }
    // Who makes the whole chain anew ends it elsewhere: its last hash, kept by somebody else, tells.
    for records in histories() {
        let mut forged = records.clone();
        let mut changes = forged.iter_mut().flat_map(|record| &mut record.changes);
        if changes.any(|change| IN_WHAT_IS_ONLY_SAID[0].1(change)) {
            chain_anew(&mut forged);
            assert_ne!(head(records), head(&forged));
        }
    }
}

fn head(records: &[Record]) -> (u64, ChainHash) {
    let mut auditor = Auditor::new(records[0].wallet);
    records.iter().for_each(|record| auditor.follow(record));
    auditor.head()
}

#[test]
fn what_is_left_out_or_there_twice_is_found() {
    for (name, counts) in WHOLE_CHANGES {
        let left_out = found_everywhere(name, true, |records, (record, change)| {
            counts(&records[record].changes[change]) && {
                records[record].changes.remove(change);
                true
            }
        });
        assert!(left_out > 0, "{name}: nothing to leave out");
    }
    for (name, counts) in WHOLE_CHANGES.iter().chain(ONCE) {
        let twice = found_everywhere(name, true, |records, (record, change)| {
            let doubled = records[record].changes[change].clone();
            counts(&doubled) && {
                records[record].changes.insert(change, doubled);
                true
            }
        });
        assert!(twice > 0, "{name}: nothing to double");
    }
}

/// A way to tamper with whole records; `false` where it would make no difference.
type TamperRecords = fn(&mut Vec<Record>, usize) -> bool;

fn has_entries(record: &Record) -> bool {
    record.changes.iter().any(|change| matches!(change, Change::Entry(_)))
}

const IN_THE_RECORDS: &[(&str, TamperRecords)] = &[
    ("a record is missing", |records, at| {
        let missed = records[at + 1..].iter().any(has_entries) && has_entries(&records[at]);
        records.remove(at);
        missed
    }),
    ("a record is there twice", |records, at| {
        let doubled = records[at].clone();
        records.insert(at, doubled);
        has_entries(&records[at])
    }),
    ("two records are swapped", |records, at| {
        at + 1 < records.len() && has_entries(&records[at]) && has_entries(&records[at + 1]) && {
            records.swap(at, at + 1);
            true
        }
    }),
    ("a hold that nothing was charged for was captured", |records, at| {
        let charged: Vec<_> = (records.iter().flat_map(|record| &record.changes))
            .filter_map(|change| match change {
                Change::Charged(charge) => Some(charge.hold),
                _ => None,
            })
            .collect();
        records[at].changes.iter_mut().any(|change| match change {
            Change::HoldChanged { id, state } if state.status == HoldStatus::Released && !charged.contains(id) => {
                state.status = HoldStatus::Captured;
                true
            }
            _ => false,
        })
    }),
    ("a record counts one object more", |records, at| {
        records[at].counter += 1;
        true
    }),
    ("a record is of another wallet", |records, at| {
        records[at].wallet = WalletId::new(99).expect("fits");
        at > 0
    }),
    ("a record is of another studio", |records, at| {
        records[at].studio.0 += 1;
        records.len() > 1
    }),
    ("a record is earlier than those before", |records, at| {
        records[at].at = Timestamp::from_micros(0);
        at > 0
    }),
];

#[test]
fn records_that_are_missing_doubled_or_moved_are_found() {
    for (name, tamper) in IN_THE_RECORDS {
        let mut count = 0;
        for records in histories() {
            for at in (0..records.len()).step_by(records.len().div_ceil(2 * PLACES_TRIED).max(1)) {
                let mut tampered = records.clone();
                if tamper(&mut tampered, at) {
                    count += 1;
                    assert!(!violations(&tampered).is_empty(), "{name}: not found at {at}");
                }
            }
        }
        assert!(count > 0, "{name}: nothing to tamper with");
    }
}
