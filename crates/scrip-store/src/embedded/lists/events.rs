//! Reading events from the journal, from any place on.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};
use scrip_ledger::change::Record;
use scrip_ledger::customer::PoolId;
use scrip_ledger::grant::GrantTerms;
use scrip_ledger::hold::{Hold, HoldState};
use scrip_ledger::id::{GrantId, HoldId, Name, StudioId, SubscriptionId, WalletId};
use scrip_ledger::subscription::Subscription;

use crate::embedded::lists::{cursor_of, place_of};
use crate::error::{ReadError, StoreError};
use crate::events::{About, Event, EventFilter, EventId, EventKind, EventOf, EventsListed, Tells, Told, told};
use crate::journal::{self, Batch, Follower, Tip};
use crate::lists::Page;
use crate::settings::CatalogVersion;
use crate::views::load;

/// Events that one page has, at most.
const LIMIT_MAX: usize = 1_000;
/// Records that one question reads, at most about; where no event was found among them, it says where to go on.
const RECORDS_MAX: usize = 32_768;
const BATCHES_AT_ONCE: usize = 8;

/// What events are read from.
pub(crate) struct Sources<'a> {
    pub(crate) journal: &'a Connection,
    pub(crate) views: &'a Connection,
    /// The studio's, with all that were published before the last of the batches.
    pub(crate) versions: &'a [Arc<CatalogVersion>],
    /// The last batch that is read.
    pub(crate) position_max: u64,
}

/// Events of a studio after a cursor, in the order in which they were committed.
pub(crate) fn events(
    from: &Sources<'_>,
    studio: StudioId,
    filter: &EventFilter,
    page: &Page,
) -> Result<EventsListed, ReadError> {
    let after = cursor_of(page, EventId::parse_cursor)?.unwrap_or_default();
    let limit = page.limit.clamp(1, LIMIT_MAX);
    let wallet = filter.customer.as_ref().map(|customer| place_of(from.views, studio, customer)).transpose()?;
    let mut reading = Reading {
        of: studio,
        filter,
        wallet: wallet.map(|(wallet, _)| wallet),
        after,
        known: Known { views: from.views, names: HashMap::new() },
        items: Vec::new(),
    };
    let (reached, is_end) = reading.read(from, limit)?;
    let mut items = reading.items;
    if filter.customer.is_none()
        && filter.kinds.as_ref().is_none_or(|kinds| kinds.contains(&EventKind::CatalogPublished))
    {
        let published = from.versions.iter().map(published);
        items.extend(published.filter(|event| event.id > after && event.id.position <= reached.position));
        items.sort_by_key(|event| event.id);
    }
    let is_cut = items.len() > limit;
    items.truncate(limit);
    let last = items.last().map(|event| event.id);
    let next = if is_cut { last.unwrap_or(after) } else { reached.max(after).max(last.unwrap_or_default()) };
    Ok(EventsListed { items, next: next.cursor(), is_end: is_end && !is_cut })
}

fn published(version: &Arc<CatalogVersion>) -> Event {
    Event {
        id: EventId::of_version(version),
        kind: EventKind::CatalogPublished,
        at: version.created_at,
        of: None,
        trace: None,
        about: About::Catalog(version.clone()),
    }
}

struct Reading<'a> {
    of: StudioId,
    filter: &'a EventFilter,
    /// The wallet of the customer that is asked for.
    wallet: Option<WalletId>,
    after: EventId,
    known: Known<'a>,
    items: Vec<Event>,
}

impl Reading<'_> {
    /// Reads whole batches until there are enough events, or it was enough work. Answers how far it came, and
    /// whether that is all there is.
    fn read(&mut self, from: &Sources<'_>, limit: usize) -> Result<(EventId, bool), ReadError> {
        let start = self.after.batches_before();
        let Some(checksum) = journal::checksum_at(from.journal, start)? else { return Err(ReadError::Cursor) };
        let mut follower = Follower::from(Tip { position: start, checksum });
        let mut reached = start;
        let mut record_count = 0;
        while reached < from.position_max && self.items.len() < limit && record_count < RECORDS_MAX {
            let rest = usize::try_from(from.position_max - reached).unwrap_or(usize::MAX);
            let batches = follower.next(from.journal, rest.min(BATCHES_AT_ONCE))?;
            for batch in &batches {
                if self.items.len() >= limit || record_count >= RECORDS_MAX {
                    break;
                }
                self.read_batch(batch)?;
                record_count += batch.records.len();
                reached = batch.position;
            }
            if batches.is_empty() {
                break;
            }
        }
        Ok((EventId::end_of(reached), reached >= from.position_max))
    }

    fn read_batch(&mut self, batch: &Batch) -> Result<(), ReadError> {
        let mut first_index = 0;
        for record in &batch.records {
            let index_of = |told: &Told<'_>| u32::try_from(first_index + told.index).unwrap_or(u32::MAX);
            if record.studio == self.of && self.wallet.is_none_or(|wallet| wallet == record.wallet) {
                for told in told(record) {
                    let id = EventId { position: batch.position, index: index_of(&told) };
                    if id > self.after && self.filter.kinds.as_ref().is_none_or(|kinds| kinds.contains(&told.kind)) {
                        self.keep(id, record, &told)?;
                    }
                }
            }
            first_index += record.changes.len();
        }
        Ok(())
    }

    fn keep(&mut self, id: EventId, record: &Record, told: &Told<'_>) -> Result<(), ReadError> {
        let wallet = record.wallet;
        let (customer, about) = self.known.complete(wallet, &told.tells)?;
        if self.filter.customer.as_ref().is_none_or(|wanted| *wanted == customer) {
            let of = Some(EventOf { wallet, customer, sequence: told.sequence });
            let trace = record.trace.clone();
            self.items.push(Event { id, kind: told.kind, at: told.at, of, trace, about });
        }
        Ok(())
    }
}

/// Looks up what records only name.
struct Known<'a> {
    views: &'a Connection,
    names: HashMap<(WalletId, PoolId), Name>,
}

fn missing(what: &str) -> StoreError {
    StoreError::Corrupt { reason: format!("the views have no {what} that the journal names: run `scrip rebuild`") }
}

impl Known<'_> {
    /// Whose event it is, and the object that it is about.
    fn complete(&mut self, wallet: WalletId, tells: &Tells<'_>) -> Result<(Name, About), StoreError> {
        Ok(match tells {
            Tells::HoldPlaced(id, terms, state) => {
                let hold = Hold { id: *id, terms: Arc::clone(terms), state: HoldState::clone(state) };
                (terms.customer.clone(), About::Hold(Box::new(hold)))
            }
            Tells::HoldChanged(id, state) => self.hold(*id, state)?,
            Tells::Charged(charge) => (charge.customer.clone(), About::Charge(Arc::clone(charge))),
            Tells::Refunded(refund) => {
                let charge = load::charge(self.views, refund.charge)?.ok_or_else(|| missing("charge"))?;
                (charge.customer, About::Refund(Arc::clone(refund)))
            }
            Tells::GrantIssued(id, terms) => {
                let about = About::Grant { id: *id, terms: Arc::clone(terms), amount: terms.amount };
                (self.name(wallet, terms.pool)?, about)
            }
            Tells::Grant(id, amount) => {
                let terms = self.grant_terms(*id)?;
                (self.name(wallet, terms.pool)?, About::Grant { id: *id, terms, amount: *amount })
            }
            Tells::Balance { pool, currency, available, quota, level } => {
                let (currency, available, quota, level) = (Name::clone(currency), *available, *quota, *level);
                (self.name(wallet, *pool)?, About::Balance { currency, available, quota, level })
            }
            Tells::Limit { pool, member, kind, at_most } => {
                let about = About::Limit { member: member.cloned(), kind: *kind, at_most: *at_most };
                (self.name(wallet, *pool)?, about)
            }
            Tells::OverageDue { pool, credits, price } => {
                (self.name(wallet, *pool)?, About::OverageDue { credits: *credits, price: *price })
            }
            Tells::Subscription(id, put) => {
                let subscription = self.subscription(*id, *put)?;
                (self.name(wallet, subscription.pool)?, About::Subscription(subscription))
            }
            Tells::AddOn(id, put, add_on) => {
                let subscription = self.subscription(*id, *put)?;
                (self.name(wallet, subscription.pool)?, About::AddOn { subscription, id: *add_on })
            }
            Tells::Reset(id, put, cycle) => {
                let subscription = self.subscription(*id, *put)?;
                (self.name(wallet, subscription.pool)?, About::Reset { subscription, cycle: *cycle })
            }
        })
    }

    fn hold(&self, id: HoldId, state: &HoldState) -> Result<(Name, About), StoreError> {
        let known = load::hold(self.views, id)?.ok_or_else(|| missing("hold"))?;
        let hold = Hold { state: state.clone(), ..known };
        Ok((hold.terms.customer.clone(), About::Hold(Box::new(hold))))
    }

    fn grant_terms(&self, id: GrantId) -> Result<Arc<GrantTerms>, StoreError> {
        Ok(load::grant(self.views, id)?.ok_or_else(|| missing("grant"))?.terms)
    }

    fn subscription(
        &self,
        id: SubscriptionId,
        put: Option<&Arc<Subscription>>,
    ) -> Result<Arc<Subscription>, StoreError> {
        match put {
            Some(put) => Ok(put.clone()),
            None => Ok(load::subscription(self.views, id)?.ok_or_else(|| missing("subscription"))?.into()),
        }
    }

    fn name(&mut self, wallet: WalletId, pool: PoolId) -> Result<Name, StoreError> {
        if let Some(name) = self.names.get(&(wallet, pool)) {
            return Ok(name.clone());
        }
        let found: Option<String> = self
            .views
            .prepare_cached("SELECT id FROM customers WHERE wallet = ?1 AND pool = ?2")?
            .query_row((wallet.number() as i64, pool.0), |row| row.get(0))
            .optional()?;
        let name = Name::from(found.ok_or_else(|| missing("customer"))?);
        self.names.insert((wallet, pool), name.clone());
        Ok(name)
    }
}
