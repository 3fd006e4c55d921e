//! Sends checked rows to the server, several customers at a time, each customer's rows in order.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use sha2::{Digest, Sha256};

use super::row::{Wanted, WantedGrant};
use crate::api_client::{ApiClient, path_part};
use crate::exit_code::Failure;
use crate::progress::Progress;

const WORKERS: usize = 8;

/// What became of the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Sent {
    pub customers_made: u64,
    pub customers_known: u64,
    pub grants_made: u64,
    /// Grants that an earlier run of the same import has made.
    pub grants_known: u64,
    /// In the order of the file.
    pub refused: Vec<Refused>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Refused {
    pub line: u64,
    pub problem: String,
}

/// A grant with the idempotency key under which it is made.
struct Keyed<'a> {
    wanted: &'a WantedGrant,
    key: String,
}

struct CustomerRows<'a> {
    customer: &'a str,
    rows: Vec<(&'a Wanted, Vec<Keyed<'a>>)>,
}

/// Sends all rows. Refusals are collected; a server that is gone or does not accept the key ends the run.
pub fn send(client: &ApiClient, import: &str, rows: &[Wanted]) -> Result<Sent, Failure> {
    let customers = by_customer(import, rows);
    let progress = Progress::new("customers", customers.len() as u64);
    let next = AtomicUsize::new(0);
    let ended = Mutex::new(Ok(Sent::default()));
    thread::scope(|scope| {
        for _ in 0..WORKERS.min(customers.len()) {
            scope.spawn(|| {
                while let Some(customer) = customers.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let sent = send_customer(client, customer);
                    let mut ended = ended.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                    match (&mut *ended, sent) {
                        (Ok(all), Ok(sent)) => all.add(sent),
                        (Ok(_), Err(failure)) => *ended = Err(failure),
                        (Err(_), _) => {}
                    }
                    if ended.is_err() {
                        return;
                    }
                    progress.advance();
                }
            });
        }
    });
    progress.finish();
    let mut sent = ended.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())?;
    sent.refused.sort();
    Ok(sent)
}

impl Sent {
    fn add(&mut self, other: Sent) {
        self.customers_made += other.customers_made;
        self.customers_known += other.customers_known;
        self.grants_made += other.grants_made;
        self.grants_known += other.grants_known;
        self.refused.extend(other.refused);
    }
}

/// Rows by customer, customers in the order in which they appear.
fn by_customer<'a>(import: &str, rows: &'a [Wanted]) -> Vec<CustomerRows<'a>> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut seen: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    let mut customers: Vec<CustomerRows<'_>> = Vec::new();
    for row in rows {
        let place = *places.entry(&row.customer).or_insert_with(|| {
            customers.push(CustomerRows { customer: &row.customer, rows: Vec::new() });
            customers.len() - 1
        });
        let grants = row.grants.iter().map(|grant| {
            let count = seen.entry((&row.customer, &grant.bucket)).or_default();
            *count += 1;
            Keyed { wanted: grant, key: idempotency_key(import, &row.customer, &grant.bucket, *count) }
        });
        let grants = grants.collect();
        customers[place].rows.push((row, grants));
    }
    customers
}

/// The key of a customer's nth grant in a bucket: the same when the import runs again, also after other rows were
/// mended. A row whose amount was changed meets its old key, and is refused instead of granted a second time.
fn idempotency_key(import: &str, customer: &str, bucket: &str, count: u64) -> String {
    let mut hash = Sha256::new();
    for part in [import, customer, bucket] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.update(count.to_be_bytes());
    let hash = hash.finalize();
    let hex: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("import-{hex}")
}

fn send_customer(client: &ApiClient, customer: &CustomerRows<'_>) -> Result<Sent, Failure> {
    let mut sent = Sent::default();
    let path = format!("/v1/customers/{}", path_part(customer.customer));
    let mut put_before = false;
    for (row, grants) in &customer.rows {
        let says_something = row.profile.as_object().is_some_and(|profile| !profile.is_empty());
        if !put_before || says_something {
            let answer = client.put(&path, &row.profile)?;
            if !answer.is_success() {
                sent.refused.push(Refused { line: row.line, problem: answer.refusal() });
                continue;
            }
            match (put_before, answer.status) {
                (true, _) => {}
                (false, 201) => sent.customers_made += 1,
                (false, _) => sent.customers_known += 1,
            }
            put_before = true;
        }
        for grant in grants {
            let answer = client.post(&format!("{path}/grants"), &grant.wanted.body, &grant.key)?;
            match (answer.is_success(), answer.replayed) {
                (true, true) => sent.grants_known += 1,
                (true, false) => sent.grants_made += 1,
                (false, _) => sent.refused.push(Refused { line: row.line, problem: explained(&answer.refusal()) }),
            }
        }
    }
    Ok(sent)
}

fn explained(refusal: &str) -> String {
    if refusal.starts_with("idempotency_key_reused") {
        return "this row was imported before with other values; nothing was granted again".to_owned();
    }
    refusal.to_owned()
}
