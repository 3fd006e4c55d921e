//! Folding records into the views: each row is written once, whatever happened to it in between.
//!
//! Records are first folded in memory by what they change, then written table by table in the order of the
//! table's key. Balances are written as what was added, so no row is read.

use rusqlite::{Connection, params};
use scrip_ledger::change::{Change, QuoteMark, Record};
use scrip_ledger::charge::Charge;
use scrip_ledger::customer::{Customer, Member, PoolId};
use scrip_ledger::entry::{ChainHash, Entry, EntryKind, Place};
use scrip_ledger::grant::GrantTerms;
use scrip_ledger::hold::{HoldState, HoldTerms};
use scrip_ledger::id::{ChargeId, GrantId, HoldId, Name, StudioId, WalletId};
use scrip_ledger::refund::Refund;
use scrip_ledger::time::Timestamp;
use scrip_ledger::{Credits, policy};

use crate::hashing::IdMap;
use crate::instants::timed;
use crate::views::columns::{encode, id_bytes};
use crate::views::history::{Answered, Happened, pack_answers, print};

mod plans;

use plans::PlansFold;

/// What a run of records comes to, ready to be written.
#[derive(Default)]
pub(crate) struct Fold<'a> {
    wallets: IdMap<WalletId, WalletFold>,
    customers: Vec<(StudioId, WalletId, &'a Customer)>,
    members: Vec<MemberChange<'a>>,
    grants: IdMap<GrantId, GrantFold<'a>>,
    holds: IdMap<HoldId, HoldFold<'a>>,
    charges: Vec<(StudioId, &'a Charge)>,
    charges_refunded: IdMap<ChargeId, &'a [Credits]>,
    refunds: Vec<(StudioId, &'a Refund)>,
    holds_placed: Vec<HoldId>,
    entries: Vec<(WalletId, &'a Entry)>,
    requests: Vec<Answered<'a>>,
    quotes: Vec<(WalletId, QuoteMark, Timestamp)>,
    plans: PlansFold<'a>,
}

struct WalletFold {
    studio: StudioId,
    last_at: Timestamp,
    counter: u32,
    head: Option<(u64, ChainHash)>,
    /// When it is to be looked at next, if that has changed.
    due: Option<Option<Timestamp>>,
}

enum MemberChange<'a> {
    Put(WalletId, &'a Member),
    Removed(WalletId, PoolId, &'a Name),
}

#[derive(Default)]
struct GrantFold<'a> {
    issued: Option<(StudioId, &'a GrantTerms)>,
    added: [i64; 7],
    repaid: i64,
    voided_at: Option<Timestamp>,
}

struct HoldFold<'a> {
    studio: StudioId,
    placed: Option<&'a HoldTerms>,
    state: &'a HoldState,
}

/// The column of a place; credits that are issued come from none.
fn column(place: Place) -> Option<usize> {
    match place {
        Place::Issued => None,
        Place::Available => Some(0),
        Place::Held => Some(1),
        Place::Spent => Some(2),
        Place::Expired => Some(3),
        Place::Voided => Some(4),
        Place::Frozen => Some(5),
        Place::Moved => Some(6),
    }
}

impl<'a> Fold<'a> {
    /// Adds the next record of the journal.
    pub(crate) fn add(&mut self, record: &'a Record) {
        let (studio, last_at, counter) = (record.studio, record.at, record.counter);
        let fresh = WalletFold { studio, last_at, counter, head: None, due: None };
        let wallet = self.wallets.entry(record.wallet).or_insert(fresh);
        wallet.last_at = record.at;
        wallet.counter = record.counter;
        let last_entry = record.changes.iter().rev().find_map(|change| match change {
            Change::Entry(entry) => Some((entry.movement.sequence, entry.hash)),
            _ => None,
        });
        wallet.head = last_entry.or(wallet.head);
        for (at, change) in timed(record) {
            self.add_change(record, at, change);
        }
    }

    fn add_change(&mut self, record: &'a Record, at: Timestamp, change: &'a Change) {
        let (wallet, studio) = (record.wallet, record.studio);
        self.plans.add(record, at, change);
        match change {
            Change::CustomerPut(customer) => self.customers.push((studio, wallet, customer)),
            Change::MemberPut(member) => self.members.push(MemberChange::Put(wallet, member)),
            Change::MemberRemoved { pool, member } => {
                self.members.push(MemberChange::Removed(wallet, *pool, member));
            }
            Change::GrantIssued { id, terms } => {
                self.grants.entry(*id).or_default().issued = Some((studio, terms.as_ref()));
            }
            Change::GrantVoided { id } => self.grants.entry(*id).or_default().voided_at = Some(at),
            Change::Entry(entry) => self.add_entry(wallet, entry),
            Change::HoldPlaced { id, terms, state } => {
                self.holds.insert(*id, HoldFold { studio, placed: Some(terms.as_ref()), state });
                self.holds_placed.push(*id);
            }
            Change::HoldChanged { id, state } => {
                self.holds.entry(*id).or_insert(HoldFold { studio, placed: None, state }).state = state;
            }
            Change::Charged(charge) => self.charges.push((studio, charge.as_ref())),
            Change::ChargeRefunded { id, refunded } => {
                self.charges_refunded.insert(*id, refunded.as_slice());
            }
            Change::Refunded(refund) => self.refunds.push((studio, refund.as_ref())),
            Change::QuoteUsed { mark, until } => self.quotes.push((wallet, *mark, *until)),
            Change::Remembered { key, answer } => {
                self.requests.push(Answered { wallet, key: *key, at: record.at, answer: answer.as_ref() });
            }
            Change::HoldStuck { .. }
            | Change::SubscriptionPut(_)
            | Change::GrantEnded { .. }
            | Change::GrantLocked { .. }
            | Change::Tallied { .. }
            | Change::TallyForgotten { .. }
            | Change::Noted(_)
            | Change::Moment(_) => {}
        }
    }

    fn add_entry(&mut self, wallet: WalletId, entry: &'a Entry) {
        let movement = &entry.movement;
        let amount = movement.amount.micro();
        let grant = self.grants.entry(movement.grant).or_default();
        if let Some(column) = column(movement.from) {
            grant.added[column] = grant.added[column].wrapping_sub(amount);
        }
        if let Some(column) = column(movement.to) {
            grant.added[column] = grant.added[column].wrapping_add(amount);
        }
        if let (EntryKind::Repay, Some(debt)) = (movement.kind, movement.other_grant) {
            let signed = if movement.to == Place::Moved { amount } else { amount.wrapping_neg() };
            let debt = self.grants.entry(debt).or_default();
            debt.repaid = debt.repaid.wrapping_add(signed);
        }
        self.entries.push((wallet, entry));
    }

    /// The wallets that the records change.
    pub(crate) fn wallets(&self) -> impl Iterator<Item = WalletId> {
        self.wallets.keys().copied()
    }

    /// Notes when a wallet is to be looked at next; `false` if no record changes it.
    pub(crate) fn set_due(&mut self, wallet: WalletId, due: Option<Timestamp>) -> bool {
        self.wallets.get_mut(&wallet).map(|fold| fold.due = Some(due)).is_some()
    }

    /// Writes everything; the caller commits.
    pub(crate) fn write(mut self, db: &Connection) -> Result<(), rusqlite::Error> {
        let mut buffer = Vec::with_capacity(1024);
        let wallets = self.write_wallets(db)?;
        self.write_history(db, &wallets, &mut buffer)?;
        self.write_customers(db, &mut buffer)?;
        self.write_members(db, &mut buffer)?;
        self.write_grants(db, &mut buffer)?;
        self.write_holds(db, &mut buffer)?;
        self.write_charges(db, &mut buffer)?;
        self.write_refunds(db, &mut buffer)?;
        self.write_quotes(db)?;
        self.plans.write(db, &mut buffer)
    }

    /// Answers the wallets in order, with their last records.
    fn write_wallets(&mut self, db: &Connection) -> Result<Vec<(WalletId, Timestamp)>, rusqlite::Error> {
        let mut wallets: Vec<(WalletId, WalletFold)> = self.wallets.drain().collect();
        wallets.sort_unstable_by_key(|wallet| wallet.0);
        let mut update = db.prepare_cached(
            "UPDATE wallets SET last_at = ?2, counter = ?3, sequence = coalesce(?4, sequence), hash = coalesce(?5, hash)
             WHERE wallet = ?1",
        )?;
        let mut update_due = db.prepare_cached(
            "UPDATE wallets SET last_at = ?2, counter = ?3, sequence = coalesce(?4, sequence), hash = coalesce(?5, hash),
                 due_at = ?6 WHERE wallet = ?1",
        )?;
        let mut insert = db.prepare_cached(
            "INSERT INTO wallets (wallet, last_at, counter, sequence, hash, due_at, studio)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        for (id, fold) in &wallets {
            let (id, last_at) = (id.number() as i64, fold.last_at.micros());
            let (sequence, hash) = fold.head.map(|(sequence, hash)| (sequence as i64, hash.0)).unzip();
            let due = fold.due.map(|due| due.map(Timestamp::micros));
            let changed = match due {
                Some(due) => update_due.execute(params![id, last_at, fold.counter, sequence, hash, due])?,
                None => update.execute(params![id, last_at, fold.counter, sequence, hash])?,
            };
            if changed == 0 {
                let (sequence, hash) = (sequence.unwrap_or(0), hash.unwrap_or(ChainHash::START.0));
                let due = due.flatten();
                insert.execute(params![id, last_at, fold.counter, sequence, hash, due, fold.studio.0])?;
            }
        }
        Ok(wallets.into_iter().map(|(id, fold)| (id, fold.last_at)).collect())
    }

    /// One row for each wallet, and one with its answers.
    fn write_history(
        &mut self,
        db: &Connection,
        wallets: &[(WalletId, Timestamp)],
        buffer: &mut Vec<u8>,
    ) -> Result<(), rusqlite::Error> {
        self.holds_placed.sort_unstable_by_key(|id| (id.wallet(), *id));
        let mut charges: Vec<ChargeId> = self.charges.iter().map(|(_, charge)| charge.id).collect();
        charges.sort_unstable_by_key(|id| (id.wallet(), *id));
        self.entries.sort_unstable_by_key(|(wallet, entry)| (*wallet, entry.movement.sequence));
        self.requests.sort_by_key(|answered| answered.wallet);
        let (mut holds, mut charges) = (self.holds_placed.as_slice(), charges.as_slice());
        let (mut entries, mut requests) = (self.entries.as_slice(), self.requests.as_slice());
        let mut insert =
            db.prepare_cached("INSERT INTO history (wallet, until, entry_count, body) VALUES (?1, ?2, ?3, ?4)")?;
        let mut insert_answers = db.prepare_cached("INSERT INTO answers (id, body) VALUES (?1, ?2)")?;
        // A key that was forgotten and used again may stand among the same answers twice.
        let mut insert_request =
            db.prepare_cached("INSERT OR IGNORE INTO requests (wallet, print, answers, at) VALUES (?1, ?2, ?3, ?4)")?;
        for (wallet, last_at) in wallets {
            let happened = Happened {
                holds: of(*wallet, &mut holds, |id| id.wallet()),
                charges: of(*wallet, &mut charges, |id| id.wallet()),
                entries: of(*wallet, &mut entries, |entry| entry.0),
            };
            let requests = of(*wallet, &mut requests, |answered| answered.wallet);
            if happened.is_nothing() && requests.is_empty() {
                continue;
            }
            let number = wallet.number() as i64;
            happened.pack(buffer);
            insert.execute(params![number, last_at.micros(), happened.entries.len() as i64, *buffer])?;
            if requests.is_empty() {
                continue;
            }
            let id = db.last_insert_rowid();
            pack_answers(requests, buffer);
            insert_answers.execute(params![id, *buffer])?;
            let at = last_at.micros().div_euclid(1_000_000);
            for answered in requests {
                insert_request.execute(params![number, print(answered.key) as i64, id, at])?;
            }
        }
        Ok(())
    }

    fn write_customers(&self, db: &Connection, buffer: &mut Vec<u8>) -> Result<(), rusqlite::Error> {
        if self.customers.is_empty() {
            return Ok(());
        }
        let mut put = db.prepare_cached(
            "INSERT INTO customers (studio, id, wallet, pool, parent, created_at, name, email, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (studio, id) DO UPDATE SET name = excluded.name, email = excluded.email, body = excluded.body",
        )?;
        for (studio, wallet, customer) in &self.customers {
            let profile = customer.profile.as_deref();
            put.execute(params![
                studio.0,
                customer.id.as_str(),
                wallet.number() as i64,
                customer.pool.0,
                customer.parent.map(|pool| pool.0),
                customer.created_at.micros(),
                profile.and_then(|profile| profile.name.as_deref()),
                profile.and_then(|profile| profile.email.as_deref()),
                encode(*customer, buffer),
            ])?;
        }
        Ok(())
    }

    fn write_members(&self, db: &Connection, buffer: &mut Vec<u8>) -> Result<(), rusqlite::Error> {
        for change in &self.members {
            match change {
                MemberChange::Put(wallet, member) => db
                    .prepare_cached(
                        "INSERT OR REPLACE INTO members (wallet, pool, id, role, created_at, body)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    )?
                    .execute(params![
                        wallet.number() as i64,
                        member.pool.0,
                        member.id.as_str(),
                        member.role.as_str(),
                        member.created_at.micros(),
                        encode(*member, buffer),
                    ])?,
                MemberChange::Removed(wallet, pool, member) => db
                    .prepare_cached("DELETE FROM members WHERE wallet = ?1 AND pool = ?2 AND id = ?3")?
                    .execute(params![wallet.number() as i64, pool.0, member.as_str()])?,
            };
        }
        Ok(())
    }

    fn write_grants(&mut self, db: &Connection, buffer: &mut Vec<u8>) -> Result<(), rusqlite::Error> {
        let mut grants: Vec<(GrantId, GrantFold<'_>)> = self.grants.drain().collect();
        grants.sort_unstable_by_key(|(id, _)| (id.wallet(), *id));
        let mut update = db.prepare_cached(
            "UPDATE grant_balances SET available = available + ?3, held = held + ?4, spent = spent + ?5,
                 expired = expired + ?6, voided = voided + ?7, frozen = frozen + ?8, moved = moved + ?9,
                 repaid = repaid + ?10 WHERE wallet = ?1 AND id = ?2",
        )?;
        let mut insert = db.prepare_cached(
            "INSERT INTO grant_balances (wallet, id, available, held, spent, expired, voided, frozen, moved, repaid)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?;
        for (id, fold) in &grants {
            let (wallet, id) = (id.wallet().number() as i64, id_bytes(id.0));
            let [available, held, spent, expired, voided, frozen, moved] = fold.added;
            let statement = if fold.issued.is_some() { &mut insert } else { &mut update };
            statement.execute(params![
                wallet,
                id,
                available,
                held,
                spent,
                expired,
                voided,
                frozen,
                moved,
                fold.repaid
            ])?;
        }
        for (id, fold) in &grants {
            let (wallet, id) = (id.wallet().number() as i64, id_bytes(id.0));
            if let Some((studio, terms)) = fold.issued {
                insert_grant(db, wallet, id, studio, terms, buffer)?;
            }
            if let Some(at) = fold.voided_at {
                db.prepare_cached("UPDATE grants SET voided_at = ?3 WHERE wallet = ?1 AND id = ?2")?
                    .execute(params![wallet, id, at.micros()])?;
            }
        }
        Ok(())
    }

    fn write_holds(&mut self, db: &Connection, buffer: &mut Vec<u8>) -> Result<(), rusqlite::Error> {
        let mut holds: Vec<(HoldId, HoldFold<'_>)> = self.holds.drain().collect();
        holds.sort_unstable_by_key(|(id, _)| *id);
        let mut insert = db.prepare_cached(
            "INSERT INTO holds (id, status, amount, captured, released, expires_at, state, wallet, studio, pool, member,
                 currency, created_at, reference, terms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?;
        let mut update = db.prepare_cached(
            "UPDATE holds SET amount = ?2, captured = ?3, released = ?4, expires_at = ?5, state = ?6 WHERE id = ?1",
        )?;
        let mut end = db.prepare_cached(
            "UPDATE holds SET amount = ?2, captured = ?3, released = ?4, expires_at = ?5, state = ?6, status = ?7
             WHERE id = ?1",
        )?;
        let mut terms_buffer = Vec::with_capacity(1024);
        for (id, fold) in &holds {
            let state = fold.state;
            let (amount, captured, released) =
                (state.amount().micro(), state.captured().micro(), state.released().micro());
            let (key, expires_at, status) = (id_bytes(id.0), state.expires_at.micros(), state.status.as_str());
            let body = encode(state, buffer);
            match fold.placed {
                Some(terms) => insert.execute(params![
                    key,
                    status,
                    amount,
                    captured,
                    released,
                    expires_at,
                    body,
                    id.wallet().number() as i64,
                    fold.studio.0,
                    terms.pool.0,
                    terms.member.as_deref(),
                    terms.currency.as_str(),
                    terms.created_at.micros(),
                    terms.reference.as_deref(),
                    encode(terms, &mut terms_buffer),
                ])?,
                None if state.is_open() => {
                    update.execute(params![key, amount, captured, released, expires_at, body])?
                }
                None => end.execute(params![key, amount, captured, released, expires_at, body, status])?,
            };
        }
        Ok(())
    }

    fn write_charges(&mut self, db: &Connection, buffer: &mut Vec<u8>) -> Result<(), rusqlite::Error> {
        self.charges.sort_unstable_by_key(|(_, charge)| charge.id);
        let mut insert = db.prepare_cached(
            "INSERT INTO charges (id, wallet, studio, hold, customer, member, tool, model, outcome, currency, credits,
                 refunded, created_at, reference, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, ?12, ?13, ?14)",
        )?;
        for (studio, charge) in &self.charges {
            let line = charge.lines.first();
            insert.execute(params![
                id_bytes(charge.id.0),
                charge.id.wallet().number() as i64,
                studio.0,
                id_bytes(charge.hold.0),
                charge.customer.as_str(),
                charge.member.as_deref(),
                line.and_then(|line| line.tool.as_deref()),
                line.and_then(|line| line.model.as_deref()),
                outcome(charge.outcome),
                charge.currency.as_str(),
                charge.credits.micro(),
                charge.created_at.micros(),
                charge.reference.as_deref(),
                encode(*charge, buffer),
            ])?;
        }
        let mut refunded: Vec<(ChargeId, &[Credits])> = self.charges_refunded.drain().collect();
        refunded.sort_unstable_by_key(|(id, _)| *id);
        for (id, draws) in refunded {
            let sum = draws.iter().fold(0i64, |sum, draw| sum.wrapping_add(draw.micro()));
            db.prepare_cached("UPDATE charges SET refunded = ?2, refunds = ?3 WHERE id = ?1")?.execute(params![
                id_bytes(id.0),
                sum,
                encode(&draws, buffer)
            ])?;
        }
        Ok(())
    }

    fn write_refunds(&mut self, db: &Connection, buffer: &mut Vec<u8>) -> Result<(), rusqlite::Error> {
        self.refunds.sort_unstable_by_key(|(_, refund)| refund.id);
        for (studio, refund) in &self.refunds {
            db.prepare_cached(
                "INSERT INTO refunds (id, wallet, studio, charge, credits, reason, created_at, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                id_bytes(refund.id.0),
                refund.id.wallet().number() as i64,
                studio.0,
                id_bytes(refund.charge.0),
                refund.credits.micro(),
                refund.reason.as_deref(),
                refund.created_at.micros(),
                encode(*refund, buffer),
            ])?;
        }
        Ok(())
    }

    fn write_quotes(&mut self, db: &Connection) -> Result<(), rusqlite::Error> {
        self.quotes.sort_unstable_by_key(|(wallet, mark, _)| (*wallet, *mark));
        let mut insert =
            db.prepare_cached("INSERT OR REPLACE INTO quotes_used (wallet, mark, until) VALUES (?1, ?2, ?3)")?;
        for (wallet, mark, until) in &self.quotes {
            insert.execute(params![wallet.number() as i64, mark.0.to_be_bytes(), until.micros()])?;
        }
        Ok(())
    }
}

/// Takes what is this wallet's from the front: the list is in order of wallets.
fn of<'s, T>(wallet: WalletId, rest: &mut &'s [T], wallet_of: impl Fn(&T) -> WalletId) -> &'s [T] {
    let count = rest.iter().take_while(|item| wallet_of(item) == wallet).count();
    let (own, others) = rest.split_at(count);
    *rest = others;
    own
}

fn insert_grant(
    db: &Connection,
    wallet: i64,
    id: [u8; 16],
    studio: StudioId,
    terms: &GrantTerms,
    buffer: &mut Vec<u8>,
) -> Result<(), rusqlite::Error> {
    db.prepare_cached(
        "INSERT INTO grants (wallet, id, studio, pool, kind, bucket, currency, amount, created_at, effective_at,
             expires_at, terms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        wallet,
        id,
        studio.0,
        terms.pool.0,
        terms.kind.as_str(),
        terms.bucket.as_str(),
        terms.currency.as_str(),
        terms.amount.micro(),
        terms.created_at.micros(),
        terms.effective_at.map(Timestamp::micros),
        terms.expires_at.map(Timestamp::micros),
        encode(terms, buffer),
    ])?;
    Ok(())
}

fn outcome(outcome: policy::Outcome) -> &'static str {
    match outcome {
        policy::Outcome::Succeeded => "succeeded",
        policy::Outcome::Failed => "failed",
        policy::Outcome::Moderated => "moderated",
        policy::Outcome::Canceled => "canceled",
        policy::Outcome::Partial => "partial",
        policy::Outcome::TimedOut => "timed_out",
        policy::Outcome::Unknown => "unknown",
    }
}

/// Sets when each of these wallets is to be looked at next, from what the views say. Used where no wallet in
/// memory can tell: after a restart and when the views are rebuilt.
pub(crate) fn write_due(db: &Connection, wallets: impl Iterator<Item = WalletId>) -> Result<(), rusqlite::Error> {
    let mut update = db.prepare_cached(
        "UPDATE wallets SET due_at = (SELECT min(due) FROM (
             SELECT min(expires_at) AS due FROM holds WHERE wallet = ?1 AND status = 'open'
             UNION ALL
             SELECT min(expires_at) FROM grants JOIN grant_balances USING (wallet, id)
                 WHERE wallet = ?1 AND (available + frozen > 0 OR (held > 0 AND expires_at > wallets.last_at))
             UNION ALL
             SELECT min(effective_at) FROM grants JOIN grant_balances USING (wallet, id)
                 WHERE wallet = ?1 AND frozen > 0 AND NOT locked
             UNION ALL
             SELECT min(due_at) FROM subscriptions WHERE wallet = ?1))
         WHERE wallet = ?1",
    )?;
    for wallet in wallets {
        update.execute([wallet.number() as i64])?;
    }
    Ok(())
}

/// Sets when one wallet is to be looked at next.
pub(crate) fn write_due_at(db: &Connection, dues: &[(WalletId, Option<Timestamp>)]) -> Result<(), rusqlite::Error> {
    let mut update = db.prepare_cached("UPDATE wallets SET due_at = ?2 WHERE wallet = ?1")?;
    for (wallet, due) in dues {
        update.execute(params![wallet.number() as i64, due.map(Timestamp::micros)])?;
    }
    Ok(())
}
