//! Reading wallets and their objects back from the views, as the ledger wants them.

use rusqlite::{Connection, OptionalExtension, Row};
use scrip_ledger::charge::Charge;
use scrip_ledger::entry::ChainHash;
use scrip_ledger::grant::{Balance, Grant, GrantTerms};
use scrip_ledger::hold::{Hold, HoldState};
use scrip_ledger::id::{ChargeId, GrantId, HoldId, RefundId, RequestKey, StudioId, WalletId};
use scrip_ledger::refund::Refund;
use scrip_ledger::reply::Remembered;
use scrip_ledger::time::Timestamp;
use scrip_ledger::wallet::Head;
use scrip_ledger::{Credits, Wallet};

use crate::error::StoreError;
use crate::views::columns::{decode, id_bytes, id_from};
use crate::views::history::{print, unpack_answers};

mod plans;

pub(crate) use plans::subscription;

/// A wallet as the views have it: all that is open, and nothing that has settled.
pub(crate) struct Loaded {
    pub(crate) wallet: Wallet,
    pub(crate) due_at: Option<Timestamp>,
}

/// The wallet of a customer, by name.
pub(crate) fn wallet_of(db: &Connection, studio: StudioId, customer: &str) -> Result<Option<WalletId>, StoreError> {
    let number: Option<i64> = db
        .prepare_cached("SELECT wallet FROM customers WHERE studio = ?1 AND id = ?2")?
        .query_row((studio.0, customer), |row| row.get(0))
        .optional()?;
    number.map(wallet_id).transpose()
}

pub(crate) fn wallet_id(number: i64) -> Result<WalletId, StoreError> {
    WalletId::new(number.unsigned_abs()).ok_or_else(|| StoreError::Corrupt {
        reason: format!("the views name wallet {number}, which cannot be: run `scrip rebuild`"),
    })
}

/// Everything of a wallet that a command may need without naming it.
pub(crate) fn wallet(db: &Connection, id: WalletId) -> Result<Option<Loaded>, StoreError> {
    let number = id.number() as i64;
    let mut statement =
        db.prepare_cached("SELECT studio, sequence, hash, last_at, counter, due_at FROM wallets WHERE wallet = ?1")?;
    let mut rows = statement.query([number])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let mut wallet = Wallet::new(id, StudioId(row.get(0)?));
    wallet.head = Head {
        sequence: row.get::<_, i64>(1)?.unsigned_abs(),
        hash: ChainHash(row.get(2)?),
        last_at: Timestamp::from_micros(row.get(3)?),
        counter: row.get(4)?,
    };
    let due_at = row.get::<_, Option<i64>>(5)?.map(Timestamp::from_micros);
    load_people(db, &mut wallet)?;
    load_live_grants(db, &mut wallet)?;
    load_open_holds(db, &mut wallet)?;
    load_quotes(db, &mut wallet)?;
    plans::subscriptions(db, &mut wallet)?;
    plans::tallies(db, &mut wallet)?;
    Ok(Some(Loaded { wallet, due_at }))
}

fn load_people(db: &Connection, wallet: &mut Wallet) -> Result<(), StoreError> {
    let number = wallet.id.number() as i64;
    let mut statement = db.prepare_cached("SELECT body FROM customers WHERE wallet = ?1 ORDER BY pool")?;
    let mut rows = statement.query([number])?;
    let mut customers = Vec::new();
    while let Some(row) = rows.next()? {
        customers.push(decode(blob(row, 0)?)?);
    }
    customers.shrink_to_fit();
    wallet.customers = customers;
    let mut statement = db.prepare_cached("SELECT body FROM members WHERE wallet = ?1")?;
    let mut rows = statement.query([number])?;
    while let Some(row) = rows.next()? {
        let member: scrip_ledger::customer::Member = decode(blob(row, 0)?)?;
        wallet.members.insert((member.pool, member.id.clone()), member);
    }
    Ok(())
}

fn load_live_grants(db: &Connection, wallet: &mut Wallet) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {GRANT_COLUMNS} FROM grant_balances JOIN grants USING (wallet, id)
         WHERE wallet = ?1 AND {GRANT_IS_LIVE} ORDER BY id"
    ))?;
    let mut rows = statement.query([wallet.id.number() as i64])?;
    while let Some(row) = rows.next()? {
        wallet.grants.push(grant_from(row, 0)?);
    }
    wallet.grants.shrink_to_fit();
    Ok(())
}

fn load_open_holds(db: &Connection, wallet: &mut Wallet) -> Result<(), StoreError> {
    let mut statement =
        db.prepare_cached("SELECT id, terms, state FROM holds WHERE wallet = ?1 AND status = 'open' ORDER BY id")?;
    let mut rows = statement.query([wallet.id.number() as i64])?;
    let mut drawn_on: Vec<GrantId> = Vec::new();
    while let Some(row) = rows.next()? {
        let hold = hold_from(row)?;
        drawn_on.extend(hold.state.lines.iter().flat_map(|line| &line.draws).map(|draw| draw.grant));
        wallet.restore_hold(hold);
    }
    for id in drawn_on {
        restore_grant(db, wallet, id)?;
    }
    Ok(())
}

fn load_quotes(db: &Connection, wallet: &mut Wallet) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached("SELECT mark, until FROM quotes_used WHERE wallet = ?1 AND until > ?2")?;
    let mut rows = statement.query((wallet.id.number() as i64, wallet.head.last_at.micros()))?;
    while let Some(row) = rows.next()? {
        wallet.restore_quote(u128::from_be_bytes(row.get(0)?), Timestamp::from_micros(row.get(1)?));
    }
    Ok(())
}

/// Puts a grant into the wallet if it is not there; does nothing if the views don't have it.
pub(crate) fn restore_grant(db: &Connection, wallet: &mut Wallet, id: GrantId) -> Result<(), StoreError> {
    if wallet.grant(id).is_none()
        && let Some(grant) = grant(db, id)?
    {
        wallet.restore_grant(grant);
    }
    Ok(())
}

/// Grants with their balances.
pub(crate) const GRANTS: &str = "grants JOIN grant_balances USING (wallet, id)";
/// Something is left in it, or owed.
pub(crate) const GRANT_IS_LIVE: &str = "(available + held + frozen > 0 OR (kind = 'debt' AND spent > repaid))";
pub(crate) const GRANT_COLUMNS: &str =
    "id, terms, available, held, spent, expired, voided, frozen, moved, repaid, voided_at IS NOT NULL,
     ended_at IS NOT NULL, locked";

pub(crate) fn grant(db: &Connection, id: GrantId) -> Result<Option<Grant>, StoreError> {
    let mut statement =
        db.prepare_cached(&format!("SELECT {GRANT_COLUMNS} FROM {GRANTS} WHERE wallet = ?1 AND id = ?2"))?;
    let mut rows = statement.query((id.wallet().number() as i64, id_bytes(id.0)))?;
    rows.next()?.map(|row| grant_from(row, 0)).transpose()
}

pub(crate) fn grant_from(row: &Row<'_>, first: usize) -> Result<Grant, StoreError> {
    let credits = |index: usize| row.get::<_, i64>(first + index).map(Credits::from_micro);
    let terms: GrantTerms = decode(blob(row, first + 1)?)?;
    let balance = Balance {
        available: credits(2)?,
        held: credits(3)?,
        spent: credits(4)?,
        expired: credits(5)?,
        voided: credits(6)?,
        frozen: credits(7)?,
        moved: credits(8)?,
        repaid: credits(9)?,
    };
    let id = GrantId(id_from(row.get(first)?));
    let (voided, ended, locked) = (row.get(first + 10)?, row.get(first + 11)?, row.get(first + 12)?);
    Ok(Grant { id, terms: terms.into(), balance, voided, ended, locked })
}

pub(crate) fn hold(db: &Connection, id: HoldId) -> Result<Option<Hold>, StoreError> {
    let mut statement = db.prepare_cached("SELECT id, terms, state FROM holds WHERE id = ?1")?;
    let mut rows = statement.query([id_bytes(id.0)])?;
    rows.next()?.map(hold_from).transpose()
}

/// From `id, terms, state`.
pub(crate) fn hold_from(row: &Row<'_>) -> Result<Hold, StoreError> {
    let terms: scrip_ledger::hold::HoldTerms = decode(blob(row, 1)?)?;
    let state: HoldState = decode(blob(row, 2)?)?;
    Ok(Hold { id: HoldId(id_from(row.get(0)?)), terms: terms.into(), state })
}

pub(crate) fn charge(db: &Connection, id: ChargeId) -> Result<Option<Charge>, StoreError> {
    let mut statement = db.prepare_cached("SELECT body, refunds FROM charges WHERE id = ?1")?;
    let mut rows = statement.query([id_bytes(id.0)])?;
    rows.next()?.map(|row| charge_from(row, 0)).transpose()
}

/// From `body, refunds`.
pub(crate) fn charge_from(row: &Row<'_>, first: usize) -> Result<Charge, StoreError> {
    let mut charge: Charge = decode(blob(row, first)?)?;
    if let Some(refunds) = row.get_ref(first + 1)?.as_blob_or_null().map_err(rusqlite::Error::from)? {
        charge.set_refunded(&decode::<Vec<Credits>>(refunds)?);
    }
    Ok(charge)
}

pub(crate) fn refund(db: &Connection, id: RefundId) -> Result<Option<Refund>, StoreError> {
    let mut statement = db.prepare_cached("SELECT body FROM refunds WHERE id = ?1")?;
    let mut rows = statement.query([id_bytes(id.0)])?;
    rows.next()?.map(|row| decode(blob(row, 0)?)).transpose()
}

/// What was answered under a key; the last time, if it was forgotten and used again.
pub(crate) fn request(db: &Connection, wallet: WalletId, key: RequestKey) -> Result<Option<Remembered>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT body FROM requests JOIN answers ON answers.id = requests.answers
         WHERE wallet = ?1 AND print = ?2 ORDER BY answers DESC",
    )?;
    let mut rows = statement.query((wallet.number() as i64, print(key) as i64))?;
    while let Some(row) = rows.next()? {
        let answers = unpack_answers(blob(row, 0)?)?;
        if let Some((_, _, answer)) = answers.into_iter().rev().find(|(known, _, _)| *known == key) {
            return Ok(Some(answer));
        }
    }
    Ok(None)
}

/// What the keys of a wallet are found by, at most `count`.
pub(crate) fn request_prints(db: &Connection, wallet: WalletId, count: usize) -> Result<Vec<u64>, StoreError> {
    let mut statement = db.prepare_cached("SELECT print FROM requests WHERE wallet = ?1 LIMIT ?2")?;
    let mut rows = statement.query((wallet.number() as i64, count as i64))?;
    let mut prints = Vec::new();
    while let Some(row) = rows.next()? {
        prints.push(row.get::<_, i64>(0)? as u64);
    }
    Ok(prints)
}

pub(crate) fn blob<'r>(row: &'r Row<'_>, index: usize) -> Result<&'r [u8], rusqlite::Error> {
    row.get_ref(index)?.as_blob().map_err(rusqlite::Error::from)
}
