//! Reading subscriptions and tallies back from the views.

use std::sync::Arc;

use rusqlite::Connection;
use scrip_ledger::Wallet;
use scrip_ledger::id::SubscriptionId;
use scrip_ledger::subscription::Subscription;

use crate::error::StoreError;
use crate::views::columns::{decode, id_bytes};
use crate::views::load::blob;

/// All subscriptions of a wallet, those that have ended included: they are few, and somebody may ask for one.
pub(super) fn subscriptions(db: &Connection, wallet: &mut Wallet) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached("SELECT body FROM subscriptions WHERE wallet = ?1 ORDER BY id")?;
    let mut rows = statement.query([wallet.id.number() as i64])?;
    while let Some(row) = rows.next()? {
        let subscription: Subscription = decode(blob(row, 0)?)?;
        wallet.subscriptions.insert(subscription.id, Arc::new(subscription));
    }
    Ok(())
}

pub(crate) fn subscription(db: &Connection, id: SubscriptionId) -> Result<Option<Subscription>, StoreError> {
    let mut statement = db.prepare_cached("SELECT body FROM subscriptions WHERE wallet = ?1 AND id = ?2")?;
    let mut rows = statement.query((id.wallet().number() as i64, id_bytes(id.0)))?;
    rows.next()?.map(|row| decode(blob(row, 0)?)).transpose()
}

pub(super) fn tallies(db: &Connection, wallet: &mut Wallet) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached("SELECT key, body FROM tallies WHERE wallet = ?1")?;
    let mut rows = statement.query([wallet.id.number() as i64])?;
    while let Some(row) = rows.next()? {
        wallet.restore_tally(decode(blob(row, 0)?)?, decode(blob(row, 1)?)?);
    }
    Ok(())
}
