//! A wallet as it was: what changes but rarely is kept each time that it did, and balances are the fold of the entries
//! up to then.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use rusqlite::Connection;
use scrip_ledger::change::{Change, Record};
use scrip_ledger::entry::{EntryKind, Movement, Place};
use scrip_ledger::grant::{Grant, GrantTerms};
use scrip_ledger::id::{GrantId, HoldId, Name, StudioId, WalletId};
use scrip_ledger::time::Timestamp;
use scrip_ledger::{Credits, Wallet};

use crate::embedded::lists::place_of;
use crate::error::{ReadError, StoreError};
use crate::lists::{PastHold, PastWallet};
use crate::views::columns::{decode, id_from};
use crate::views::history;
use crate::views::load::{self, blob};

pub(crate) fn wallet_at(
    db: &Connection,
    studio: StudioId,
    customer: &Name,
    at: Timestamp,
) -> Result<PastWallet, ReadError> {
    let past = past(db, studio, customer, at)?;
    if past.wallet.customer(customer).is_none() {
        return Err(ReadError::NotFound);
    }
    let Past { mut wallet, held, .. } = past;
    wallet.grants.retain(|grant| !grant.is_settled() || held.values().any(|draws| draws.contains_key(&grant.id)));
    wallet.head.last_at = at;
    let holds = held.into_iter().map(|(id, draws)| past_hold(db, id, draws)).collect::<Result<_, _>>()?;
    Ok(PastWallet { wallet, holds })
}

/// All grants that there were, those that had settled included.
pub(crate) fn balances_at(
    db: &Connection,
    studio: StudioId,
    customer: &Name,
    at: Timestamp,
) -> Result<Vec<Grant>, ReadError> {
    Ok(past(db, studio, customer, at)?.wallet.grants)
}

fn past(db: &Connection, studio: StudioId, customer: &Name, at: Timestamp) -> Result<Past, ReadError> {
    let (id, _) = place_of(db, studio, customer)?;
    let mut past = Past { wallet: Wallet::new(id, studio), grants: grants_made(db, id, at)?, held: BTreeMap::new() };
    past.fold_entries(db, at)?;
    past.fold_changes(db, at)?;
    Ok(past)
}

struct Past {
    wallet: Wallet,
    grants: BTreeMap<GrantId, Grant>,
    /// What each hold kept of each grant.
    held: BTreeMap<HoldId, BTreeMap<GrantId, Credits>>,
}

/// The grants that there were, with nothing in them.
fn grants_made(db: &Connection, wallet: WalletId, at: Timestamp) -> Result<BTreeMap<GrantId, Grant>, StoreError> {
    let mut statement = db.prepare_cached("SELECT id, terms FROM grants WHERE wallet = ?1 AND created_at <= ?2")?;
    let mut rows = statement.query((wallet.number() as i64, at.micros()))?;
    let mut grants = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let id = GrantId(id_from(row.get(0)?));
        let terms: GrantTerms = decode(blob(row, 1)?)?;
        grants.insert(id, Grant::new(id, terms.into()));
    }
    Ok(grants)
}

fn damaged(wallet: WalletId) -> StoreError {
    let reason = format!("the history of wallet {} doesn't fold: run `scrip audit`", wallet.number());
    StoreError::Corrupt { reason }
}

impl Past {
    fn fold_entries(&mut self, db: &Connection, at: Timestamp) -> Result<(), StoreError> {
        let id = self.wallet.id;
        let mut is_whole = true;
        history::entries(db, id, Timestamp::MIN, |entry| {
            if entry.movement.at > at {
                return ControlFlow::Break(());
            }
            is_whole = shift(&mut self.grants, &entry.movement) && self.keep_held(&entry.movement);
            (self.wallet.head.sequence, self.wallet.head.hash) = (entry.movement.sequence, entry.hash);
            if is_whole { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        for grant in std::mem::take(&mut self.grants).into_values() {
            self.wallet.restore_grant(grant);
        }
        if is_whole { Ok(()) } else { Err(damaged(id)) }
    }

    fn keep_held(&mut self, movement: &Movement) -> bool {
        let Some(hold) = movement.hold.filter(|_| movement.to == Place::Held || movement.from == Place::Held) else {
            return true;
        };
        let draws = self.held.entry(hold).or_default();
        let kept = draws.entry(movement.grant).or_default();
        let after = match movement.to {
            Place::Held => kept.checked_add(movement.amount),
            _ => kept.checked_sub(movement.amount).filter(|rest| *rest >= Credits::ZERO),
        };
        let Some(after) = after else { return false };
        *kept = after;
        draws.retain(|_, kept| kept.is_positive());
        if draws.is_empty() {
            self.held.remove(&hold);
        }
        true
    }

    fn fold_changes(&mut self, db: &Connection, at: Timestamp) -> Result<(), StoreError> {
        let id = self.wallet.id;
        let mut statement =
            db.prepare_cached("SELECT at, body FROM changes WHERE wallet = ?1 AND at <= ?2 ORDER BY id")?;
        let mut rows = statement.query((id.number() as i64, at.micros()))?;
        while let Some(row) = rows.next()? {
            let (at, change) = (Timestamp::from_micros(row.get(0)?), decode::<Change>(blob(row, 1)?)?);
            let is_known = match &change {
                Change::CustomerPut(_)
                | Change::MemberPut(_)
                | Change::MemberRemoved { .. }
                | Change::SubscriptionPut(_) => true,
                Change::GrantVoided { id } | Change::GrantEnded { id } | Change::GrantLocked { id, .. } => {
                    self.wallet.grant(*id).is_some()
                }
                _ => false,
            };
            if !is_known {
                return Err(damaged(id));
            }
            let (wallet, studio) = (id, self.wallet.studio);
            self.wallet.absorb(&Record {
                wallet,
                studio,
                at,
                counter: 0,
                changes: vec![change],
                sequence: None,
                trace: None,
            });
        }
        Ok(())
    }
}

/// Moves credits between the places of their grant; `false` if they are not there.
fn shift(grants: &mut BTreeMap<GrantId, Grant>, movement: &Movement) -> bool {
    let (to, amount) = (movement.to, movement.amount);
    let shifted = grants.get_mut(&movement.grant).is_some_and(|grant| grant.balance.shift(movement.from, to, amount));
    let repaid = match movement.other_grant.filter(|_| movement.kind == EntryKind::Repay) {
        Some(debt) => grants.get_mut(&debt).is_some_and(|debt| {
            let repaid = debt.balance.repaid;
            let after = if to == Place::Moved { repaid.checked_add(amount) } else { repaid.checked_sub(amount) };
            after.map(|after| debt.balance.repaid = after).is_some()
        }),
        None => true,
    };
    shifted && repaid
}

fn past_hold(db: &Connection, id: HoldId, draws: BTreeMap<GrantId, Credits>) -> Result<PastHold, StoreError> {
    let terms = load::hold(db, id)?.ok_or_else(|| damaged(id.wallet()))?.terms;
    Ok(PastHold { id, terms, draws: draws.into_iter().collect() })
}
