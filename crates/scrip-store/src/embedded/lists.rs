//! Lists and sums, answered from the views.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use scrip_ledger::charge::Charge;
use scrip_ledger::customer::{Member, PoolId};
use scrip_ledger::grant::Grant;
use scrip_ledger::hold::Hold;
use scrip_ledger::id::{Name, ObjectId, StudioId, WalletId};
use scrip_ledger::refund::Refund;
use scrip_ledger::time::Timestamp;

use crate::error::ReadError;
use crate::lists::{
    ChargeFilter, Cursor, CustomerListed, EntryFilter, EntryListed, GrantFilter, HoldFilter, Listed, Page, RefundFilter,
};
use crate::views::columns::{decode, entry, id_bytes};
use crate::views::load::{GRANT_COLUMNS, GRANT_IS_LIVE, GRANTS, blob, charge_from, grant_from, hold_from, wallet_id};

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

    /// Adds a condition as it stands.
    pub(crate) fn and_plain(mut self, condition: &str) -> Query {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
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
        let mut statement = db.prepare_cached(&self.sql)?;
        let mut rows = statement.query(params_from_iter(&self.bound))?;
        let mut items = Vec::new();
        while let Some(row) = rows.next()? {
            items.push(read(row)?);
        }
        Ok(items)
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

fn id_cursor(id: ObjectId) -> Cursor {
    Cursor(format!("{:032x}", id.bits()))
}

fn id_after(page: &Page) -> Result<Option<Value>, ReadError> {
    let bits = |cursor: &Cursor| u128::from_str_radix(&cursor.0, 16).ok().filter(|_| cursor.0.len() == 32);
    let parse = |cursor: &Cursor| bits(cursor).ok_or(ReadError::Cursor);
    let bits = page.after.as_ref().map(parse).transpose()?;
    Ok(bits.map(|bits| Value::Blob(bits.to_be_bytes().to_vec())))
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

pub(crate) fn holds(
    db: &Connection,
    studio: StudioId,
    filter: &HoldFilter,
    page: &Page,
) -> Result<Listed<Hold>, ReadError> {
    let is_open = filter.status == Some(scrip_ledger::hold::HoldStatus::Open);
    let by_index = if is_open && filter.customer.is_none() && filter.reference.is_none() {
        "SELECT id, terms, state FROM holds INDEXED BY holds_open"
    } else {
        "SELECT id, terms, state FROM holds"
    };
    let mut query = Query::new(by_index, studio);
    if let Some(customer) = &filter.customer {
        let (wallet, pool) = place_of(db, studio, customer)?;
        query = query.and("wallet =", number(wallet)).and("pool =", Some(Value::Integer(i64::from(pool.0))));
    }
    if let Some(status) = filter.status {
        query = query.and_plain(&format!("status = '{}'", status.as_str()));
    }
    let query = query
        .and("member =", text(&filter.member))
        .and("reference =", text(&filter.reference))
        .and("id >", id_after(page)?)
        .page("id", page);
    let items = query.rows(db, |row| Ok(hold_from(row)?))?;
    Ok(listed(items, page, |hold| id_cursor(hold.id.0)))
}

/// The conditions of a filter on charges; `select` ends before `WHERE`.
pub(crate) fn charge_query(
    db: &Connection,
    select: &str,
    studio: StudioId,
    filter: &ChargeFilter,
) -> Result<Query, ReadError> {
    let mut query = Query::new(select, studio);
    if let Some(customer) = &filter.customer {
        let (wallet, _) = place_of(db, studio, customer)?;
        query = query.and("wallet =", number(wallet)).and("customer =", text(&filter.customer));
    }
    // Ids begin with the millisecond, so a span of time is a span of ids.
    let first_id = |at: Timestamp| {
        let id = ObjectId::new(at, WalletId::new(0)?, 0);
        Some(Value::Blob(id_bytes(id).to_vec()))
    };
    let next_ms = |at: Timestamp| Timestamp::from_micros(at.micros().saturating_add(1_000));
    Ok(query
        .and("member =", text(&filter.member))
        .and("reference =", text(&filter.reference))
        .and("created_at >=", filter.from.map(|at| Value::Integer(at.micros())))
        .and("created_at <", filter.to.map(|at| Value::Integer(at.micros())))
        .and("id >=", filter.from.and_then(first_id))
        .and("id <", filter.to.map(next_ms).and_then(first_id)))
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
    let mut after = id_after(page)?;
    // Lines are not columns, so rows are read on until the page is full of charges that have such a line.
    loop {
        let query = charge_query(db, "SELECT body, refunds FROM charges", studio, filter)?
            .and("id >", after.take())
            .page("id", page);
        let found = query.rows(db, |row| Ok(charge_from(row, 0)?))?;
        let is_last = found.len() <= limit;
        after = found.last().map(|last| Value::Blob(id_bytes(last.id.0).to_vec()));
        items.extend(found.into_iter().filter(|charge| has_line(charge, filter)));
        if is_last || items.len() > limit {
            return Ok(listed(items, page, |charge| id_cursor(charge.id.0)));
        }
    }
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
        let id = Value::Blob(id_bytes(charge.0).to_vec());
        query = query.and("wallet =", number(charge.wallet())).and("charge =", Some(id));
    }
    let items = query.and("id >", id_after(page)?).page("id", page).rows(db, |row| Ok(decode(blob(row, 0)?)?))?;
    Ok(listed(items, page, |refund: &Refund| id_cursor(refund.id.0)))
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
        let (wallet, pool) = place_of(db, studio, customer)?;
        query = query.and("wallet =", number(wallet)).and("pool =", Some(Value::Integer(i64::from(pool.0))));
    }
    if filter.live {
        query = query.and_plain(GRANT_IS_LIVE);
    }
    let query = query.and("bucket =", text(&filter.bucket)).and("id >", id_after(page)?).page("id", page);
    let items = query.rows(db, |row| Ok(grant_from(row, 0)?))?;
    Ok(listed(items, page, |grant| id_cursor(grant.id.0)))
}

/// Entries with the bucket and currency of their grant; for a pool that is not the root, its own only.
pub(crate) const ENTRIES_OF_POOL: &str = "FROM entries AS e
    JOIN grants AS g ON g.wallet = e.wallet AND g.id = e.grant
    LEFT JOIN holds AS h ON ?2 <> 0 AND h.id = e.hold
    WHERE e.wallet = ?1 AND (?2 = 0 OR g.pool = ?2 OR h.pool = ?2) AND e.at >= ?3 AND e.at < ?4";

/// The bounds of a filter on time, as the last two values of [`ENTRIES_OF_POOL`].
pub(crate) fn bounds(filter: &EntryFilter) -> (i64, i64) {
    (filter.from.map_or(i64::MIN, Timestamp::micros), filter.to.map_or(i64::MAX, Timestamp::micros))
}

/// The condition of a filter on pools, after [`ENTRIES_OF_POOL`].
pub(crate) fn of_pools(filter: &EntryFilter) -> String {
    let Some(pools) = &filter.pools else { return String::new() };
    let pools: Vec<String> = pools.iter().map(|pool| pool.0.to_string()).collect();
    format!("AND g.pool IN ({})", pools.join(", "))
}

pub(crate) fn entries(
    db: &Connection,
    studio: StudioId,
    customer: &Name,
    filter: &EntryFilter,
    page: &Page,
) -> Result<Listed<EntryListed>, ReadError> {
    let (wallet, pool) = place_of(db, studio, customer)?;
    let parse = |cursor: &Cursor| cursor.0.parse::<i64>().map_err(|_| ReadError::Cursor);
    let after = page.after.as_ref().map(parse).transpose()?.unwrap_or(0);
    let limit = page.limit.clamp(1, LIMIT_MAX) + 1;
    let (from, to) = bounds(filter);
    let mut statement = db.prepare_cached(&format!(
        "SELECT e.sequence, e.at, e.kind, e.from_place, e.to_place, e.amount, e.grant, e.other_grant, e.hold, e.charge,
             e.refund, e.actor, e.reason, e.hash, g.bucket, g.currency
         {ENTRIES_OF_POOL} {} AND e.sequence > ?5 ORDER BY e.sequence LIMIT ?6",
        of_pools(filter)
    ))?;
    let mut rows = statement.query((wallet.number() as i64, pool.0, from, to, after, limit as i64))?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        let bucket = Name::from(row.get::<_, String>(14)?);
        let currency = Name::from(row.get::<_, String>(15)?);
        items.push(EntryListed { wallet, entry: entry(row, 0)?, bucket, currency });
    }
    Ok(listed(items, page, |item| Cursor(item.entry.movement.sequence.to_string())))
}

/// Times before 1970 sort before later ones too.
const TIME_BIAS: u64 = 1 << 63;

pub(crate) fn customers(
    db: &Connection,
    studio: StudioId,
    query: Option<&str>,
    page: &Page,
) -> Result<Listed<CustomerListed>, ReadError> {
    let parse = |cursor: &Cursor| {
        let (at, id) = cursor.0.split_at_checked(16)?;
        let at = u64::from_str_radix(at, 16).ok()? ^ TIME_BIAS;
        Some((at as i64, unhex(id)?))
    };
    let after = page.after.as_ref().map(|cursor| parse(cursor).ok_or(ReadError::Cursor)).transpose()?;
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
    let after = page.after.as_ref().map(|cursor| unhex(&cursor.0).ok_or(ReadError::Cursor)).transpose()?;
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
