//! Events: what happened to customers, derived from the journal for those who follow it.
//!
//! No row is written for an event. Each change of a record is at most one event, so that the place of a change in the
//! journal is the event's id, in this release and in every later one.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use scrip_ledger::change::{Change, Record};
use scrip_ledger::charge::Charge;
use scrip_ledger::entry::{EntryKind, Movement};
use scrip_ledger::grant::{GrantKind, GrantTerms};
use scrip_ledger::hold::{Hold, HoldState, HoldStatus, HoldTerms};
use scrip_ledger::id::{AddOnId, GrantId, HoldId, Name, SubscriptionId, WalletId};
use scrip_ledger::note::{Level, Note, SubscriptionNote};
use scrip_ledger::plan::LimitKind;
use scrip_ledger::refund::Refund;
use scrip_ledger::subscription::Subscription;
use scrip_ledger::time::Timestamp;
use scrip_ledger::{Credits, Money, customer::PoolId};

use crate::instants::timed;
use crate::lists::Cursor;
use crate::settings::CatalogVersion;

/// Where an event is in the journal: its batch, and its place among what happened in the batch and just after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventId {
    pub(crate) position: u64,
    pub(crate) index: u32,
}

/// Changes of a batch have lower numbers, settings that were written after it higher ones.
const CHANGES_END: u32 = 1 << 31;

impl EventId {
    const PREFIX: &str = "evt_";

    /// After all changes of a batch, and before the settings that followed it.
    pub(crate) fn end_of(position: u64) -> EventId {
        EventId { position, index: CHANGES_END }
    }

    /// Of a catalog version that was published after this batch.
    pub(crate) fn of_version(version: &CatalogVersion) -> EventId {
        EventId { position: version.published_after, index: CHANGES_END.saturating_add(version.number) }
    }

    /// The last batch that lies wholly before it.
    pub(crate) fn batches_before(self) -> u64 {
        if self.index < CHANGES_END { self.position.saturating_sub(1) } else { self.position }
    }

    pub(crate) fn cursor(self) -> Cursor {
        Cursor(format!("{:016x}{:08x}", self.position, self.index))
    }

    pub(crate) fn parse_cursor(cursor: &Cursor) -> Option<EventId> {
        EventId::parse(&cursor.0)
    }

    fn parse(digits: &str) -> Option<EventId> {
        let is_whole = digits.len() == 24 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let (position, index) = digits.split_at_checked(16).filter(|_| is_whole)?;
        let position = u64::from_str_radix(position, 16).ok().filter(|position| i64::try_from(*position).is_ok())?;
        Some(EventId { position, index: u32::from_str_radix(index, 16).ok()? })
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", EventId::PREFIX, self.cursor())
    }
}

impl FromStr for EventId {
    type Err = scrip_ledger::id::NotAnId;

    fn from_str(text: &str) -> Result<EventId, Self::Err> {
        text.strip_prefix(EventId::PREFIX).and_then(EventId::parse).ok_or(scrip_ledger::id::NotAnId)
    }
}

macro_rules! event_kinds {
    ($($name:ident = $text:literal,)*) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EventKind {
            $($name,)*
        }

        impl EventKind {
            pub const ALL: &[EventKind] = &[$(EventKind::$name,)*];

            /// The event's `type`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(EventKind::$name => $text,)*
                }
            }
        }
    };
}

event_kinds! {
    HoldCreated = "hold.created",
    HoldExtended = "hold.extended",
    HoldCaptured = "hold.captured",
    HoldReleased = "hold.released",
    HoldExpired = "hold.expired",
    HoldStuck = "hold.stuck",
    ChargeCreated = "charge.created",
    ChargeRefunded = "charge.refunded",
    GrantCreated = "grant.created",
    GrantExpired = "grant.expired",
    GrantVoided = "grant.voided",
    GrantFrozen = "grant.frozen",
    GrantThawed = "grant.thawed",
    WalletLow = "wallet.low",
    WalletDepleted = "wallet.depleted",
    WalletRecovered = "wallet.recovered",
    WalletReset = "wallet.reset",
    SubscriptionStarted = "subscription.started",
    SubscriptionRenewed = "subscription.renewed",
    SubscriptionChanged = "subscription.changed",
    SubscriptionCancelScheduled = "subscription.cancel_scheduled",
    SubscriptionEnded = "subscription.ended",
    SubscriptionPastDue = "subscription.past_due",
    SubscriptionRecovered = "subscription.recovered",
    SubscriptionTrialEnded = "subscription.trial_ended",
    AddOnStarted = "add_on.started",
    AddOnRenewed = "add_on.renewed",
    AddOnChanged = "add_on.changed",
    AddOnCancelScheduled = "add_on.cancel_scheduled",
    AddOnEnded = "add_on.ended",
    LimitReached = "limit.reached",
    PaymentDue = "payment.due",
    PaymentReversed = "payment.reversed",
    CatalogPublished = "catalog.published",
}

impl FromStr for EventKind {
    type Err = NotAnEventKind;

    fn from_str(text: &str) -> Result<EventKind, NotAnEventKind> {
        EventKind::ALL.iter().copied().find(|kind| kind.as_str() == text).ok_or(NotAnEventKind)
    }
}

/// There are no events of this type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnEventKind;

/// `None` is any.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    pub customer: Option<Name>,
    pub kinds: Option<Vec<EventKind>>,
}

/// Events of one page, and where to go on: there is always a cursor, so that whoever follows can ask again later.
#[derive(Clone, Debug, PartialEq)]
pub struct EventsListed {
    pub items: Vec<Event>,
    pub next: Cursor,
    /// All that was committed when it was asked has been looked at.
    pub is_end: bool,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub id: EventId,
    pub kind: EventKind,
    pub at: Timestamp,
    /// `None` for what concerns the studio as a whole.
    pub of: Option<EventOf>,
    /// The trace of the request that made it happen (`traceparent`), if it said one.
    pub trace: Option<Name>,
    pub about: About,
}

/// Whom an event concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventOf {
    pub wallet: WalletId,
    pub customer: Name,
    /// The number of the wallet's last entry by then: events of one wallet are in its order. `None` where a release
    /// wrote it that did not say.
    pub sequence: Option<u64>,
}

/// The object that an event is about, as it was just then.
#[derive(Clone, Debug, PartialEq)]
pub enum About {
    Hold(Box<Hold>),
    Charge(Arc<Charge>),
    Refund(Arc<Refund>),
    Grant {
        id: GrantId,
        terms: Arc<GrantTerms>,
        /// What was granted, expired, taken back (of a payment that went back: or owed), frozen or thawed.
        amount: Credits,
    },
    Subscription(Arc<Subscription>),
    AddOn {
        subscription: Arc<Subscription>,
        id: AddOnId,
    },
    Balance {
        currency: Name,
        available: Credits,
        quota: Credits,
        level: Level,
    },
    Reset {
        subscription: Arc<Subscription>,
        cycle: u32,
    },
    Limit {
        member: Option<Name>,
        kind: LimitKind,
        at_most: Credits,
    },
    /// Credits beyond the balance are to be invoiced.
    OverageDue {
        credits: Credits,
        price: Money,
    },
    Catalog(Arc<CatalogVersion>),
}

/// An event as its record tells it; what the record only names is looked up by whoever shows it.
#[derive(Clone, Debug)]
pub(crate) struct Told<'a> {
    /// The change's place in its record.
    pub(crate) index: usize,
    pub(crate) kind: EventKind,
    pub(crate) at: Timestamp,
    pub(crate) sequence: Option<u64>,
    pub(crate) tells: Tells<'a>,
}

#[derive(Clone, Debug)]
pub(crate) enum Tells<'a> {
    HoldPlaced(HoldId, &'a Arc<HoldTerms>, &'a HoldState),
    HoldChanged(HoldId, &'a HoldState),
    Charged(&'a Arc<Charge>),
    Refunded(&'a Arc<Refund>),
    GrantIssued(GrantId, &'a Arc<GrantTerms>),
    Grant(GrantId, Credits),
    Balance {
        pool: PoolId,
        currency: &'a Name,
        available: Credits,
        quota: Credits,
        level: Level,
    },
    Limit {
        pool: PoolId,
        member: Option<&'a Name>,
        kind: LimitKind,
        at_most: Credits,
    },
    OverageDue {
        pool: PoolId,
        credits: Credits,
        price: Money,
    },
    /// The subscription is as the record left it just before, where the record changed it.
    Subscription(SubscriptionId, Option<&'a Arc<Subscription>>),
    AddOn(SubscriptionId, Option<&'a Arc<Subscription>>, AddOnId),
    Reset(SubscriptionId, Option<&'a Arc<Subscription>>, u32),
}

/// The events of one record, in order.
pub(crate) fn told(record: &Record) -> Vec<Told<'_>> {
    let before = record.changes.iter().find_map(entry).map(|movement| movement.sequence.saturating_sub(1));
    let mut sequence = before.or(record.sequence);
    let mut told = Vec::new();
    for (index, (at, change)) in timed(record).enumerate() {
        if let Some(movement) = entry(change) {
            sequence = Some(movement.sequence);
        }
        if let Some((kind, tells)) = tell(record, index, change) {
            told.push(Told { index, kind, at, sequence, tells });
        }
    }
    told
}

fn entry(change: &Change) -> Option<&Movement> {
    match change {
        Change::Entry(entry) => Some(&entry.movement),
        _ => None,
    }
}

fn tell<'a>(record: &'a Record, index: usize, change: &'a Change) -> Option<(EventKind, Tells<'a>)> {
    Some(match change {
        Change::HoldPlaced { id, terms, state } => (EventKind::HoldCreated, Tells::HoldPlaced(*id, terms, state)),
        Change::HoldChanged { id, state } => (hold_kind(record, *id, state)?, Tells::HoldChanged(*id, state)),
        Change::HoldStuck { id } => {
            let changed = record.changes[..index].iter().rev().find_map(|change| match change {
                Change::HoldChanged { id: changed, state } if changed == id => Some(state),
                _ => None,
            });
            (EventKind::HoldStuck, Tells::HoldChanged(*id, changed?))
        }
        Change::Charged(charge) => (EventKind::ChargeCreated, Tells::Charged(charge)),
        Change::Refunded(refund) => (EventKind::ChargeRefunded, Tells::Refunded(refund)),
        Change::GrantIssued { id, terms } if terms.kind != GrantKind::Debt => {
            (EventKind::GrantCreated, Tells::GrantIssued(*id, terms))
        }
        Change::GrantVoided { id } => {
            let taken = moved_after(record, index, *id, EntryKind::Void);
            (EventKind::GrantVoided, Tells::Grant(*id, taken))
        }
        Change::GrantLocked { id, locked } => {
            let (kind, by) = match locked {
                true => (EventKind::GrantFrozen, EntryKind::Freeze),
                false => (EventKind::GrantThawed, EntryKind::Thaw),
            };
            (kind, Tells::Grant(*id, moved_after(record, index, *id, by)))
        }
        Change::Entry(entry) if entry.movement.kind == EntryKind::Expire => {
            // What expires of one grant at one time is one event, whatever places it was in.
            let is_same = |before: &Movement| before.kind == EntryKind::Expire && before.grant == entry.movement.grant;
            let before = index.checked_sub(1).and_then(|before| self::entry(&record.changes[before]));
            if before.is_some_and(is_same) {
                return None;
            }
            let rest = moved_after(record, index, entry.movement.grant, EntryKind::Expire);
            let expired = entry.movement.amount.checked_add(rest).unwrap_or(Credits::MAX);
            (EventKind::GrantExpired, Tells::Grant(entry.movement.grant, expired))
        }
        Change::Noted(note) => return Some(tell_note(record, index, note)),
        Change::CustomerPut(_)
        | Change::MemberPut(_)
        | Change::MemberRemoved { .. }
        | Change::GrantIssued { .. }
        | Change::Entry(_)
        | Change::ChargeRefunded { .. }
        | Change::QuoteUsed { .. }
        | Change::Remembered { .. }
        | Change::SubscriptionPut(_)
        | Change::GrantEnded { .. }
        | Change::Tallied { .. }
        | Change::TallyForgotten { .. }
        | Change::Moment(_) => return None,
    })
}

/// A hold that goes on was extended, unless something was taken from it or it got stuck.
fn hold_kind(record: &Record, id: HoldId, state: &HoldState) -> Option<EventKind> {
    match state.status {
        HoldStatus::Captured => Some(EventKind::HoldCaptured),
        HoldStatus::Released => Some(EventKind::HoldReleased),
        HoldStatus::Expired => Some(EventKind::HoldExpired),
        HoldStatus::Open => {
            let is_other = |change: &Change| match change {
                Change::Charged(charge) => charge.hold == id,
                Change::HoldStuck { id: stuck } => *stuck == id,
                Change::Entry(entry) => {
                    entry.movement.hold == Some(id)
                        && matches!(entry.movement.kind, EntryKind::Release | EntryKind::Capture)
                }
                _ => false,
            };
            (!record.changes.iter().any(is_other)).then_some(EventKind::HoldExtended)
        }
    }
}

/// What the entries of this kind that follow a change at once moved of the grant.
fn moved_after(record: &Record, index: usize, grant: GrantId, kind: EntryKind) -> Credits {
    let following = record.changes[index + 1..].iter().map_while(entry);
    let same = following.take_while(|movement| movement.grant == grant && movement.kind == kind);
    same.map(|movement| movement.amount).sum()
}

fn tell_note<'a>(record: &'a Record, index: usize, note: &'a Note) -> (EventKind, Tells<'a>) {
    let as_put = |id: SubscriptionId| {
        record.changes[..index].iter().rev().find_map(|change| match change {
            Change::SubscriptionPut(subscription) if subscription.id == id => Some(subscription),
            _ => None,
        })
    };
    match note {
        Note::Balance { pool, currency, available, quota, level } => {
            let kind = match level {
                Level::Low(_) | Level::LowCredits(_) => EventKind::WalletLow,
                Level::Depleted => EventKind::WalletDepleted,
                Level::Recovered => EventKind::WalletRecovered,
            };
            let (pool, available, quota, level) = (*pool, *available, *quota, *level);
            (kind, Tells::Balance { pool, currency, available, quota, level })
        }
        Note::LimitReached { pool, member, kind, at_most } => {
            let (pool, member, kind, at_most) = (*pool, member.as_ref(), *kind, *at_most);
            (EventKind::LimitReached, Tells::Limit { pool, member, kind, at_most })
        }
        Note::OverageDue { pool, credits, price } => {
            let (pool, credits, price) = (*pool, *credits, *price);
            (EventKind::PaymentDue, Tells::OverageDue { pool, credits, price })
        }
        Note::PaymentReversed { purchase, taken_back, owed } => {
            let reversed = taken_back.checked_add(*owed).unwrap_or(Credits::MAX);
            (EventKind::PaymentReversed, Tells::Grant(*purchase, reversed))
        }
        Note::Subscription { id, what } => (subscription_kind(*what), Tells::Subscription(*id, as_put(*id))),
        Note::AddOn { subscription, id, what } => {
            (add_on_kind(*what), Tells::AddOn(*subscription, as_put(*subscription), *id))
        }
        Note::Reset { subscription, cycle } => {
            (EventKind::WalletReset, Tells::Reset(*subscription, as_put(*subscription), *cycle))
        }
    }
}

fn subscription_kind(what: SubscriptionNote) -> EventKind {
    match what {
        SubscriptionNote::Started => EventKind::SubscriptionStarted,
        SubscriptionNote::Renewed => EventKind::SubscriptionRenewed,
        SubscriptionNote::Changed => EventKind::SubscriptionChanged,
        SubscriptionNote::CancelScheduled => EventKind::SubscriptionCancelScheduled,
        SubscriptionNote::Ended => EventKind::SubscriptionEnded,
        SubscriptionNote::PastDue => EventKind::SubscriptionPastDue,
        SubscriptionNote::Recovered => EventKind::SubscriptionRecovered,
        SubscriptionNote::TrialEnded => EventKind::SubscriptionTrialEnded,
    }
}

/// Add-ons share the words of subscriptions; those that only a subscription knows are a change.
fn add_on_kind(what: SubscriptionNote) -> EventKind {
    match what {
        SubscriptionNote::Started => EventKind::AddOnStarted,
        SubscriptionNote::Renewed => EventKind::AddOnRenewed,
        SubscriptionNote::CancelScheduled => EventKind::AddOnCancelScheduled,
        SubscriptionNote::Ended => EventKind::AddOnEnded,
        SubscriptionNote::Changed
        | SubscriptionNote::PastDue
        | SubscriptionNote::Recovered
        | SubscriptionNote::TrialEnded => EventKind::AddOnChanged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_text_that_sorts_as_it_happened_and_nothing_else_is_one() {
        let ids = [
            EventId::default(),
            EventId { position: 1, index: 0 },
            EventId { position: 1, index: 70 },
            EventId::end_of(1),
            EventId { position: 0x1234_5678_9abc, index: 3 },
        ];
        assert!(ids.is_sorted() && ids.map(|id| id.to_string()).is_sorted());
        for id in ids {
            assert_eq!(id.to_string().parse(), Ok(id));
            assert_eq!(
                id.cursor().to_string().parse::<Cursor>().ok().as_ref().and_then(EventId::parse_cursor),
                Some(id)
            );
        }
        for wrong in [
            "",
            "evt_",
            "evt_12",
            "hold_000000000000000100000000",
            "evt_00000000000000010000000G",
            "evt_ffffffffffffffff00000000",
        ] {
            assert!(wrong.parse::<EventId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_type_is_found_by_its_text() {
        for kind in EventKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
        }
        assert_eq!("hold.made".parse::<EventKind>(), Err(NotAnEventKind));
    }
}
