//! Lists and sums, answered from the views.

use std::ops::ControlFlow;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use scrip_ledger::charge::Charge;
use scrip_ledger::customer::{Member, PoolId};
use scrip_ledger::entry::Entry;
use scrip_ledger::grant::Grant;
use scrip_ledger::hold::Hold;
use scrip_ledger::id::{GrantId, Name, ObjectId, StudioId, WalletId};
use scrip_ledger::refund::Refund;
use scrip_ledger::time::Timestamp;

use crate::error::ReadError;
use crate::hashing::IdMap;
use crate::lists::{
    ChargeFilter, Cursor, CustomerListed, EntryFilter, EntryListed, GrantFilter, HoldFilter, Listed, Page, RefundFilter,
};
use crate::views::columns::{decode, id_bytes, id_from};
use crate::views::history::{self, Made};
use crate::views::load::{GRANT_COLUMNS, GRANT_IS_LIVE, GRANTS, blob, charge_from, grant_from, hold_from, wallet_id};

pub(crate) mod events;
pub(crate) mod past;
pub(crate) mod plans;
pub(crate) mod sums;

/// Items that one page has, at most.
const LIMIT_MAX: usize = 10_000;

/// The wallet and pool of a customer.
pub(crate) fn place_of(db: &Connection, studio: StudioId, customer: &Name) -> Result<(WalletId, PoolId), ReadError> {
    let found: Option<(i64, u16)> = db
        .prepare_cached("SELECT wallet, pool FROM customers WHERE studio = ?1 AND id = ?2")?
        .query_row((studio.0, customer.as_str()), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (wallet, pool) = found.ok_or(ReadError::NotFound)?;
    Ok((wallet_id(wallet)?, PoolId(pool)))
}

/// A statement in the making: conditions and what they are bound to.
pub(crate) struct Query {
    sql: String,
    bound: Vec<Value>,
}

impl Query {
    /// `select` ends before `WHERE`; the first condition is the studio's.
    pub(crate) fn new(select: &str, studio: StudioId) -> Query {
        Query { sql: format!("{select} WHERE studio = ?1"), bound: vec![Value::Integer(i64::from(studio.0))] }
    }

    /// Adds a condition on one value, if there is one: `column = `.
    pub(crate) fn and(mut self, condition: &str, value: Option<Value>) -> Query {
        if let Some(value) = value {
            self.bound.push(value);
            self.sql.push_str(&format!(" AND {condition} ?{}", self.bound.len()));
        }
        self
    }

    /// Adds that it is a customer's: of this wallet and pool.
    fn of_place(self, (wallet, pool): (WalletId, PoolId)) -> Query {
        self.and("wallet =", number(wallet)).and("pool =", Some(Value::Integer(i64::from(pool.0))))
    }

    /// Adds a condition as it stands.
    pub(crate) fn and_plain(mut self, condition: &str) -> Query {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
        self
    }

    /// Adds that the id is one of these.
    fn among(mut self, ids: &[ObjectId]) -> Query {
        let first = self.bound.len() + 1;
        self.bound.extend(ids.iter().copied().map(id_value));
        let places: Vec<String> = (first..=self.bound.len()).map(|place| format!("?{place}")).collect();
        self.sql.push_str(&format!(" AND id IN ({})", places.join(", ")));
        self
    }

    /// Adds the order alone.
    fn in_order(mut self, order: &str) -> Query {
        self.sql.push_str(&format!(" ORDER BY {order}"));
        self
    }

    /// Adds the order and the limit (one more than the page has, to see whether there is a next).
    fn page(mut self, order: &str, page: &Page) -> Query {
        let limit = page.limit.clamp(1, LIMIT_MAX) + 1;
        self.sql.push_str(&format!(" ORDER BY {order} LIMIT {limit}"));
        self
    }

    /// Reads all rows.
    pub(crate) fn rows<T>(
        &self,
        db: &Connection,
        mut read: impl FnMut(&Row<'_>) -> Result<T, ReadError>,
    ) -> Result<Vec<T>, ReadError> {
        let mut items = Vec::new();
        let _whole = self.each(db, |row| {
            items.push(read(row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(items)
    }

    /// Reads rows until `see` breaks.
    fn each(
        &self,
        db: &Connection,
        mut see: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>, ReadError>,
    ) -> Result<ControlFlow<()>, ReadError> {
        let mut statement = db.prepare_cached(&self.sql)?;
        let mut rows = statement.query(params_from_iter(&self.bound))?;
        while let Some(row) = rows.next()? {
            if see(row)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

pub(crate) fn text(name: &Option<Name>) -> Option<Value> {
    name.as_ref().map(|name| Value::Text(name.as_str().to_owned()))
}

pub(crate) fn number(wallet: WalletId) -> Option<Value> {
    Some(Value::Integer(wallet.number() as i64))
}

/// Cuts the one item too many off, and makes the cursor that goes on after the last that stays.
fn listed<T>(mut items: Vec<T>, page: &Page, cursor: impl Fn(&T) -> Cursor) -> Listed<T> {
    let limit = page.limit.clamp(1, LIMIT_MAX);
    let has_next = items.len() > limit;
    items.truncate(limit);
    let next = if has_next { items.last().map(cursor) } else { None };
    Listed { items, next }
}

fn id_after(page: &Page) -> Result<Option<ObjectId>, ReadError> {
    cursor_of(page, |cursor| bits_of(cursor).map(ObjectId::from_bits))
}

/// Where the page goes on, as its list writes cursors.
fn cursor_of<T>(page: &Page, parse: impl Fn(&Cursor) -> Option<T>) -> Result<Option<T>, ReadError> {
    page.after.as_ref().map(|cursor| parse(cursor).ok_or(ReadError::Cursor)).transpose()
}

fn bits_of(cursor: &Cursor) -> Option<u128> {
    u128::from_str_radix(&cursor.0, 16).ok().filter(|_| cursor.0.len() == 32)
}

fn id_value(id: ObjectId) -> Value {
    Value::Blob(id_bytes(id).to_vec())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<String> {
    let digits = text.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> =
        digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    String::from_utf8(bytes?).ok()
}

/// Ids of one wallet that are looked up at once.
const IDS_AT_ONCE: usize = 256;

/// Asks for the objects of one wallet by their ids, which its history has, until `see` breaks.
fn of_wallet(
    db: &Connection,
    (wallet, what): (WalletId, Made),
    mut after: Option<ObjectId>,
    query: impl Fn() -> Query,
    mut see: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>, ReadError>,
) -> Result<(), ReadError> {
    loop {
        let ids = history::made(db, wallet, what, after, IDS_AT_ONCE)?;
        let Some(last) = ids.last() else { return Ok(()) };
        after = Some(*last);
        for ids in ids.chunks(IDS_AT_ONCE) {
            if query().among(ids).in_order("id").each(db, &mut see)?.is_break() {
                return Ok(());
            }
        }
    }
}

pub(crate) fn holds(
    db: &Connection,
    studio: StudioId,
    filter: &HoldFilter,
    page: &Page,
) -> Result<Listed<Hold>, ReadError> {
    let is_open = filter.status == Some(scrip_ledger::hold::HoldStatus::Open);
    let place = filter.customer.as_ref().map(|customer| place_of(db, studio, customer)).transpose()?;
    let select = match is_open && filter.reference.is_none() {
        true => "SELECT id, terms, state FROM holds INDEXED BY holds_open",
        false => "SELECT id, terms, state FROM holds",
    };
    let after = id_after(page)?;
    let query = || {
        let mut query = Query::new(select, studio);
        if let Some(place) = place {
            query = query.of_place(place);
        }
        if let Some(status) = filter.status {
            query = query.and_plain(&format!("status = '{}'", status.as_str()));
        }
        query.and("member =", text(&filter.member)).and("reference =", text(&filter.reference))
    };
    let items = match place {
        Some((wallet, _)) if !is_open && filter.reference.is_none() => {
            let limit = page.limit.clamp(1, LIMIT_MAX);
            let mut items = Vec::new();
            of_wallet(db, (wallet, Made::Holds), after, query, |row| {
                items.push(hold_from(row)?);
                Ok(if items.len() <= limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            })?;
            items
        }
        _ => query().and("id >", after.map(id_value)).page("id", page).rows(db, |row| Ok(hold_from(row)?))?,
    };
    Ok(listed(items, page, |hold| Cursor::after_id(hold.id.0)))
}

/// Gives charges that match to `see`, by age, after one of them, until it breaks.
pub(crate) fn each_charge(
    db: &Connection,
    studio: StudioId,
    filter: &ChargeFilter,
    after: Option<ObjectId>,
    mut see: impl FnMut(Charge) -> ControlFlow<()>,
) -> Result<(), ReadError> {
    let wallet = filter.customer.as_ref().map(|customer| place_of(db, studio, customer)).transpose()?;
    // Ids begin with the millisecond, so a span of time is a span of ids.
    let first_id = |at: Timestamp| ObjectId::new(at, WalletId::new(0).expect("in range"), 0);
    let next_ms = |at: Timestamp| Timestamp::from_micros(at.micros().saturating_add(1_000));
    let query = || {
        Query::new("SELECT body, refunds FROM charges", studio)
            .and("customer =", text(&filter.customer))
            .and("member =", text(&filter.member))
            .and("reference =", text(&filter.reference))
            .and("created_at >=", filter.from.map(|at| Value::Integer(at.micros())))
            .and("created_at <", filter.to.map(|at| Value::Integer(at.micros())))
            .and("id <", filter.to.map(next_ms).map(first_id).map(id_value))
    };
    let see = |row: &Row<'_>| {
        let charge = charge_from(row, 0)?;
        Ok(if has_line(&charge, filter) { see(charge) } else { ControlFlow::Continue(()) })
    };
    let from = filter.from.map(first_id).max(after);
    match wallet {
        Some((wallet, _)) if filter.reference.is_none() => of_wallet(db, (wallet, Made::Charges), from, query, see),
        Some((wallet, _)) => {
            let query = query().and("wallet =", number(wallet)).and("id >", from.map(id_value));
            query.in_order("id").each(db, see).map(drop)
        }
        None => query().and("id >", from.map(id_value)).in_order("id").each(db, see).map(drop),
    }
}

/// Does any line of the charge have this tool and this model?
pub(crate) fn has_line(charge: &Charge, filter: &ChargeFilter) -> bool {
    let is = |wanted: &Option<Name>, is: &Option<Name>| wanted.is_none() || wanted == is;
    (filter.tool.is_none() && filter.model.is_none())
        || charge.lines.iter().any(|line| is(&filter.tool, &line.tool) && is(&filter.model, &line.model))
}

pub(crate) fn charges(
    db: &Connection,
    studio: StudioId,
    filter: &ChargeFilter,
    page: &Page,
) -> Result<Listed<Charge>, ReadError> {
    let limit = page.limit.clamp(1, LIMIT_MAX);
    let mut items: Vec<Charge> = Vec::new();
    each_charge(db, studio, filter, id_after(page)?, |charge| {
        items.push(charge);
        if items.len() <= limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(listed(items, page, |charge| Cursor::after_id(charge.id.0)))
}

pub(crate) fn refunds(
    db: &Connection,
    studio: StudioId,
    filter: &RefundFilter,
    page: &Page,
) -> Result<Listed<Refund>, ReadError> {
    let mut query = Query::new("SELECT body FROM refunds", studio);
    if let Some(customer) = &filter.customer {
        let (wallet, _) = place_of(db, studio, customer)?;
        let of_customer = "EXISTS (SELECT 1 FROM charges WHERE charges.id = refunds.charge AND charges.customer =";
        query = query.and("wallet =", number(wallet)).and(of_customer, text(&filter.customer)).close();
    }
    if let Some(charge) = filter.charge {
        query = query.and("wallet =", number(charge.wallet())).and("charge =", Some(id_value(charge.0)));
    }
    let items =
        query.and("id >", id_after(page)?.map(id_value)).page("id", page).rows(db, |row| Ok(decode(blob(row, 0)?)?))?;
    Ok(listed(items, page, |refund: &Refund| Cursor::after_id(refund.id.0)))
}

impl Query {
    fn close(mut self) -> Query {
        self.sql.push(')');
        self
    }
}

pub(crate) fn grants(
    db: &Connection,
    studio: StudioId,
    filter: &GrantFilter,
    page: &Page,
) -> Result<Listed<Grant>, ReadError> {
    let mut query = Query::new(&format!("SELECT {GRANT_COLUMNS} FROM {GRANTS}"), studio);
    if let Some(customer) = &filter.customer {
        query = query.of_place(place_of(db, studio, customer)?);
    }
    if filter.live {
        query = query.and_plain(GRANT_IS_LIVE);
    }
    if !filter.kinds.is_empty() {
        let kinds: Vec<String> = filter.kinds.iter().map(|kind| format!("'{}'", kind.as_str())).collect();
        query = query.and_plain(&format!("kind IN ({})", kinds.join(", ")));
    }
    let query = query.and("bucket =", text(&filter.bucket)).and("id >", id_after(page)?.map(id_value)).page("id", page);
    let items = query.rows(db, |row| Ok(grant_from(row, 0)?))?;
    Ok(listed(items, page, |grant| Cursor::after_id(grant.id.0)))
}

/// What of an entry's grant says whose and what it is.
pub(crate) struct GrantNames {
    pool: PoolId,
    pub(crate) bucket: Name,
    pub(crate) currency: Name,
}

/// Gives a customer's entries that match to `see`, in order, until it breaks. For a pool that is not the root, its
/// own only: those of its grants, and those of its holds on others'.
pub(crate) fn each_entry(
    db: &Connection,
    (wallet, pool): (WalletId, PoolId),
    filter: &EntryFilter,
    since: Timestamp,
    mut see: impl FnMut(Entry, &GrantNames) -> ControlFlow<()>,
) -> Result<(), ReadError> {
    let grants = grant_names(db, wallet)?;
    let from = filter.from.unwrap_or(Timestamp::MIN);
    let to = |at: Timestamp| filter.to.is_none_or(|to| at < to);
    let mut pool_of_hold = db.prepare_cached("SELECT pool FROM holds WHERE id = ?1")?;
    let mut failed = Ok(());
    history::entries(db, wallet, since.max(from), |entry| {
        let movement = &entry.movement;
        let Some(names) = grants.get(&movement.grant) else { return ControlFlow::Continue(()) };
        let is_asked = filter.pools.as_ref().is_none_or(|pools| pools.contains(&names.pool));
        if movement.at < from || !to(movement.at) || !is_asked {
            return ControlFlow::Continue(());
        }
        let mut is_own = pool == PoolId::ROOT || names.pool == pool;
        if let Some(hold) = movement.hold.filter(|_| !is_own) {
            match pool_of_hold.query_row([id_bytes(hold.0)], |row| row.get(0)).optional() {
                Ok(found) => is_own = found == Some(pool.0),
                Err(error) => {
                    failed = Err(error);
                    return ControlFlow::Break(());
                }
            }
        }
        if is_own { see(entry, names) } else { ControlFlow::Continue(()) }
    })?;
    Ok(failed?)
}

fn grant_names(db: &Connection, wallet: WalletId) -> Result<IdMap<GrantId, GrantNames>, ReadError> {
    let mut statement = db.prepare_cached("SELECT id, pool, bucket, currency FROM grants WHERE wallet = ?1")?;
    let mut rows = statement.query([wallet.number() as i64])?;
    let mut grants = IdMap::default();
    while let Some(row) = rows.next()? {
        let name = |index: usize| row.get::<_, String>(index).map(Name::from);
        let names = GrantNames { pool: PoolId(row.get(1)?), bucket: name(2)?, currency: name(3)? };
        grants.insert(GrantId(id_from(row.get(0)?)), names);
    }
    Ok(grants)
}

pub(crate) fn entries(
    db: &Connection,
    studio: StudioId,
    customer: &Name,
    filter: &EntryFilter,
    page: &Page,
) -> Result<Listed<EntryListed>, ReadError> {
    let place = place_of(db, studio, customer)?;
    let instant = |bits: u128| Timestamp::from_micros(((bits >> 64) as u64 ^ TIME_BIAS) as i64);
    let after = cursor_of(page, |cursor| bits_of(cursor).map(|bits| (instant(bits), bits as u64)))?;
    let (since, after) = after.unwrap_or((Timestamp::MIN, 0));
    let limit = page.limit.clamp(1, LIMIT_MAX);
    let mut items = Vec::new();
    each_entry(db, place, filter, since, |entry, names| {
        if entry.movement.sequence > after {
            let (bucket, currency) = (names.bucket.clone(), names.currency.clone());
            items.push(EntryListed { wallet: place.0, entry, bucket, currency });
        }
        if items.len() <= limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(listed(items, page, |item| {
        let movement = &item.entry.movement;
        Cursor(format!("{:016x}{:016x}", movement.at.micros() as u64 ^ TIME_BIAS, movement.sequence))
    }))
}

/// Times before 1970 sort before later ones too.
const TIME_BIAS: u64 = 1 << 63;

pub(crate) fn customers(
    db: &Connection,
    studio: StudioId,
    query: Option<&str>,
    page: &Page,
) -> Result<Listed<CustomerListed>, ReadError> {
    let after = cursor_of(page, |cursor| {
        let (at, id) = cursor.0.split_at_checked(16)?;
        let at = u64::from_str_radix(at, 16).ok()? ^ TIME_BIAS;
        Some((at as i64, unhex(id)?))
    })?;
    let (after_at, after_id) = after.unwrap_or((i64::MIN, String::new()));
    let limit = page.limit.clamp(1, LIMIT_MAX) + 1;
    let mut statement = db.prepare_cached(
        "SELECT c.wallet, p.id, c.body FROM customers AS c
         LEFT JOIN customers AS p ON p.wallet = c.wallet AND p.pool = c.parent
         WHERE c.studio = ?1 AND (c.created_at, c.id) > (?2, ?3)
             AND (?4 IS NULL OR instr(lower(c.id), lower(?4)) OR instr(lower(c.name), lower(?4))
                  OR instr(lower(c.email), lower(?4)))
         ORDER BY c.created_at, c.id LIMIT ?5",
    )?;
    let mut rows = statement.query((studio.0, after_at, after_id, query, limit as i64))?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        items.push(CustomerListed {
            wallet: wallet_id(row.get(0)?)?,
            parent: row.get::<_, Option<String>>(1)?.map(Name::from),
            customer: decode(blob(row, 2)?)?,
        });
    }
    Ok(listed(items, page, |item| {
        let at = item.customer.created_at.micros() as u64 ^ TIME_BIAS;
        Cursor(format!("{at:016x}{}", hex(item.customer.id.as_bytes())))
    }))
}

pub(crate) fn members(
    db: &Connection,
    studio: StudioId,
    customer: &Name,
    page: &Page,
) -> Result<Listed<Member>, ReadError> {
    let (wallet, pool) = place_of(db, studio, customer)?;
    let after = cursor_of(page, |cursor| unhex(&cursor.0))?;
    let limit = page.limit.clamp(1, LIMIT_MAX) + 1;
    let mut statement =
        db.prepare_cached("SELECT body FROM members WHERE wallet = ?1 AND pool = ?2 AND id > ?3 ORDER BY id LIMIT ?4")?;
    let mut rows = statement.query((wallet.number() as i64, pool.0, after.unwrap_or_default(), limit as i64))?;
    let mut items: Vec<Member> = Vec::new();
    while let Some(row) = rows.next()? {
        items.push(decode(blob(row, 0)?)?);
    }
    Ok(listed(items, page, |member| Cursor(hex(member.id.as_bytes()))))
}
