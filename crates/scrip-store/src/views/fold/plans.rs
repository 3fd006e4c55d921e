//! Folding subscriptions, tallies, and what ended or was frozen; and keeping what changed but rarely, so that a
//! wallet can be shown as it was.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use scrip_ledger::change::{Change, Record};
use scrip_ledger::id::{GrantId, StudioId, SubscriptionId, WalletId};
use scrip_ledger::subscription::Subscription;
use scrip_ledger::tally::{Tally, TallyKey};
use scrip_ledger::time::Timestamp;

use crate::hashing::IdMap;
use crate::views::columns::{encode, id_bytes};

/// What a run of records did to plans.
#[derive(Default)]
pub(crate) struct PlansFold<'a> {
    subscriptions: IdMap<SubscriptionId, (StudioId, &'a Subscription)>,
    /// `None` is one that was forgotten.
    tallies: BTreeMap<(WalletId, &'a TallyKey), Option<&'a Tally>>,
    ended: Vec<(GrantId, Timestamp)>,
    /// The last that was said of each grant.
    locked: IdMap<GrantId, bool>,
    /// In the order in which they happened.
    changes: Vec<(WalletId, Timestamp, &'a Change)>,
}

impl<'a> PlansFold<'a> {
    /// Adds a change that concerns plans, or that is kept for showing the past; others are passed over.
    pub(crate) fn add(&mut self, record: &'a Record, at: Timestamp, change: &'a Change) {
        match change {
            Change::SubscriptionPut(subscription) => {
                self.subscriptions.insert(subscription.id, (record.studio, subscription.as_ref()));
            }
            Change::GrantEnded { id } => self.ended.push((*id, at)),
            Change::GrantLocked { id, locked } => {
                self.locked.insert(*id, *locked);
            }
            Change::Tallied { key, tally } => {
                self.tallies.insert((record.wallet, key), Some(tally));
                return;
            }
            Change::TallyForgotten { key } => {
                self.tallies.insert((record.wallet, key), None);
                return;
            }
            Change::CustomerPut(_)
            | Change::MemberPut(_)
            | Change::MemberRemoved { .. }
            | Change::GrantVoided { .. } => {}
            Change::GrantIssued { .. }
            | Change::Entry(_)
            | Change::HoldPlaced { .. }
            | Change::HoldChanged { .. }
            | Change::HoldStuck { .. }
            | Change::Charged(_)
            | Change::ChargeRefunded { .. }
            | Change::Refunded(_)
            | Change::QuoteUsed { .. }
            | Change::Remembered { .. }
            | Change::Noted(_)
            | Change::Moment(_) => return,
        }
        self.changes.push((record.wallet, at, change));
    }

    /// Writes everything, after the grants; the caller commits.
    pub(crate) fn write(self, db: &Connection, buffer: &mut Vec<u8>) -> Result<(), rusqlite::Error> {
        write_subscriptions(db, self.subscriptions, buffer)?;
        write_tallies(db, &self.tallies, buffer)?;
        for (id, at) in &self.ended {
            db.prepare_cached("UPDATE grants SET ended_at = ?3 WHERE wallet = ?1 AND id = ?2")?.execute(params![
                id.wallet().number() as i64,
                id_bytes(id.0),
                at.micros()
            ])?;
        }
        for (id, locked) in &self.locked {
            db.prepare_cached("UPDATE grants SET locked = ?3 WHERE wallet = ?1 AND id = ?2")?.execute(params![
                id.wallet().number() as i64,
                id_bytes(id.0),
                locked
            ])?;
        }
        for (wallet, at, change) in &self.changes {
            db.prepare_cached("INSERT INTO changes (wallet, at, body) VALUES (?1, ?2, ?3)")?.execute(params![
                wallet.number() as i64,
                at.micros(),
                encode(*change, buffer)
            ])?;
        }
        Ok(())
    }
}

fn write_subscriptions(
    db: &Connection,
    subscriptions: IdMap<SubscriptionId, (StudioId, &Subscription)>,
    buffer: &mut Vec<u8>,
) -> Result<(), rusqlite::Error> {
    let mut subscriptions: Vec<_> = subscriptions.into_iter().collect();
    subscriptions.sort_unstable_by_key(|(id, _)| (id.wallet(), *id));
    for (id, (studio, subscription)) in subscriptions {
        db.prepare_cached(
            "INSERT INTO subscriptions (wallet, id, studio, pool, plan, status, period_end, due_at, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (wallet, id) DO UPDATE SET plan = excluded.plan, status = excluded.status,
                 period_end = excluded.period_end, due_at = excluded.due_at, body = excluded.body",
        )?
        .execute(params![
            id.wallet().number() as i64,
            id_bytes(id.0),
            studio.0,
            subscription.pool.0,
            subscription.plan.id.as_str(),
            subscription.status.as_str(),
            subscription.period_end.map(Timestamp::micros),
            subscription.falls_due_at().map(Timestamp::micros),
            encode(subscription, buffer),
        ])?;
    }
    Ok(())
}

fn write_tallies(
    db: &Connection,
    tallies: &BTreeMap<(WalletId, &TallyKey), Option<&Tally>>,
    buffer: &mut Vec<u8>,
) -> Result<(), rusqlite::Error> {
    let mut key_buffer = Vec::new();
    for ((wallet, key), tally) in tallies {
        let (wallet, key) = (wallet.number() as i64, encode(*key, &mut key_buffer));
        match tally {
            Some(tally) => db
                .prepare_cached("INSERT OR REPLACE INTO tallies (wallet, key, body) VALUES (?1, ?2, ?3)")?
                .execute(params![wallet, key, encode(*tally, buffer)])?,
            None => db
                .prepare_cached("DELETE FROM tallies WHERE wallet = ?1 AND key = ?2")?
                .execute(params![wallet, key])?,
        };
    }
    Ok(())
}
