//! A row of an import file, and what it asks for.

use std::collections::BTreeMap;

use scrip_ledger::Credits;
use scrip_ledger::amount::CREDIT_DECIMALS_MAX;
use serde_json::{Map, Value, json};

/// A row as it stands in the file: its line, and its fields by column. Empty fields are not there.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    pub line: u64,
    pub fields: BTreeMap<String, String>,
}

/// A checked row: a customer, and the credits it gets.
#[derive(Debug)]
pub struct Wanted {
    pub line: u64,
    pub customer: String,
    /// Body of the customer's `PUT`: what the row says about it and nothing else.
    pub profile: Value,
    pub grants: Vec<WantedGrant>,
}

#[derive(Debug)]
pub struct WantedGrant {
    pub bucket: String,
    /// Body of the grant's `POST`.
    pub body: Value,
}

/// What the server's catalog allows.
#[derive(Debug)]
pub struct Allowed {
    pub buckets: Vec<AllowedBucket>,
}

#[derive(Debug)]
pub struct AllowedBucket {
    pub id: String,
    /// Decimals of its unit.
    pub decimals: u8,
}

impl Allowed {
    /// The decimals of a bucket's unit; what is wrong if there is no such bucket.
    fn decimals(&self, bucket: &str) -> Result<u8, String> {
        let found = self.buckets.iter().find(|known| known.id == bucket);
        found.map(|known| known.decimals).ok_or_else(|| {
            let known: Vec<&str> = self.buckets.iter().map(|known| known.id.as_str()).collect();
            format!("unknown bucket {bucket:?}; the catalog has {}", known.join(", "))
        })
    }
}

const PROFILE: [&str; 3] = ["name", "email", "zone"];
const GRANT: [&str; 7] = ["bucket", "amount", "expires_at", "reason", "paid_amount", "paid_currency", "only_tools"];
const BALANCE: &str = "balance.";
const METADATA: &str = "metadata.";
const CUSTOMER_BYTES_MAX: usize = 128;

impl Row {
    /// Checks a row by itself; every problem of it is said.
    pub fn check(&self, allowed: &Allowed) -> Result<Wanted, Vec<String>> {
        let mut problems = Vec::new();
        for column in self.fields.keys().filter(|column| !is_known(column)) {
            problems.push(format!("unknown column {column:?}"));
        }
        let customer = self.fields.get("customer").cloned().unwrap_or_default();
        if customer.is_empty() {
            problems.push("no customer".to_owned());
        } else if customer.len() > CUSTOMER_BYTES_MAX {
            problems.push(format!("the customer's id is longer than {CUSTOMER_BYTES_MAX} bytes"));
        }
        let grants = self.grants(allowed, &mut problems);
        if problems.is_empty() {
            Ok(Wanted { line: self.line, customer, profile: self.profile(), grants })
        } else {
            Err(problems)
        }
    }

    fn profile(&self) -> Value {
        let mut profile = Map::new();
        for column in PROFILE {
            if let Some(text) = self.fields.get(column) {
                profile.insert(column.to_owned(), json!(text));
            }
        }
        let metadata: Map<String, Value> = self.with_prefix(METADATA).map(|(key, text)| (key, json!(text))).collect();
        if !metadata.is_empty() {
            profile.insert("metadata".to_owned(), Value::Object(metadata));
        }
        Value::Object(profile)
    }

    fn grants(&self, allowed: &Allowed, problems: &mut Vec<String>) -> Vec<WantedGrant> {
        let mut grants = Vec::new();
        if let Some(amount) = self.fields.get("amount") {
            match self.fields.get("bucket") {
                Some(bucket) => grants.extend(self.grant(bucket, amount, allowed, problems)),
                None => problems.push("an amount without a bucket".to_owned()),
            }
        } else if let Some(column) = GRANT.iter().find(|column| self.fields.contains_key(**column)) {
            let balances = self.with_prefix(BALANCE).next().is_some();
            if !balances || matches!(*column, "bucket" | "paid_amount" | "paid_currency") {
                problems.push(format!("{column:?} without an amount"));
            }
        }
        for (bucket, amount) in self.with_prefix(BALANCE) {
            grants.extend(self.grant(&bucket, amount, allowed, problems));
        }
        grants
    }

    /// The grant of an amount in a bucket; none for zero.
    fn grant(&self, bucket: &str, amount: &str, allowed: &Allowed, problems: &mut Vec<String>) -> Option<WantedGrant> {
        let decimals = allowed.decimals(bucket).unwrap_or_else(|problem| {
            problems.push(problem);
            CREDIT_DECIMALS_MAX
        });
        let amount = Credits::parse(amount, decimals).unwrap_or_else(|error| {
            problems.push(format!("amount {amount:?} {error}"));
            Credits::ZERO
        });
        let mut body = Map::from_iter([
            ("amount".to_owned(), json!(amount.to_string())),
            ("bucket".to_owned(), json!(bucket)),
            ("reason".to_owned(), json!(self.fields.get("reason").map_or("import", String::as_str))),
        ]);
        if let Some(expiry) = self.fields.get("expires_at") {
            match expiry.parse::<jiff::Timestamp>() {
                Ok(at) => drop(body.insert("expires_at".to_owned(), json!(at.to_string()))),
                Err(_) => {
                    problems.push(format!("expires_at {expiry:?} is not an instant such as 2026-01-31T00:00:00Z"))
                }
            }
        }
        if let Some(tools) = self.fields.get("only_tools") {
            let tools: Vec<&str> = tools.split([' ', ';', ',']).filter(|tool| !tool.is_empty()).collect();
            body.insert("only_tools".to_owned(), json!(tools));
        }
        match (self.fields.get("paid_amount"), self.fields.get("paid_currency")) {
            (None, None) => {}
            (Some(paid), Some(currency)) => {
                body.insert("paid".to_owned(), json!({ "amount": paid, "currency": currency }));
            }
            _ => problems.push("paid_amount and paid_currency belong together".to_owned()),
        }
        if amount.is_zero() {
            return None;
        }
        Some(WantedGrant { bucket: bucket.to_owned(), body: Value::Object(body) })
    }

    fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (String, &'a str)> {
        self.fields
            .iter()
            .filter_map(move |(column, text)| Some((column.strip_prefix(prefix)?.to_owned(), text.as_str())))
    }
}

fn is_known(column: &str) -> bool {
    column == "customer"
        || PROFILE.contains(&column)
        || GRANT.contains(&column)
        || column.starts_with(BALANCE)
        || column.starts_with(METADATA)
}
