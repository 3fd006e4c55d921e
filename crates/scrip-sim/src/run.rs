//! Runs a table: each act in both ledgers, each expectation against what they show.

use std::collections::BTreeMap;

use crate::auditor::{Acted, Auditor};
use crate::figures::{self, amount};
use crate::script::CREDITS;
use crate::seen::{ChargeSeen, GrantSeen, HoldSeen, LineSeen, Totals, WalletSeen};
use crate::table::{self, Expected, Pairs, Row, Says, Told};

/// Runs a table and answers what went wrong, line by line; nothing, if it holds.
pub fn run(text: &str) -> Vec<String> {
    let rows = match table::read(text) {
        Ok(rows) => rows,
        Err(unreadable) => return vec![unreadable.to_string()],
    };
    let mut run = Run::default();
    for row in &rows {
        let wrong = run.row(row);
        let stop = wrong.as_ref().is_err_and(|wrong| wrong.stops);
        run.wrong.extend(wrong.err().map(|wrong| format!("line {}: {}\n    {}", row.number, row.text, wrong.what)));
        if stop {
            break;
        }
    }
    run.wrong
}

#[derive(Default)]
struct Run {
    auditor: Auditor,
    /// The wallet that the last act was about.
    wallet: usize,
    /// How many entries of each wallet an `entries` line has read.
    entries_read: BTreeMap<usize, usize>,
    wrong: Vec<String>,
}

struct Wrong {
    what: String,
    /// Nothing that follows can be trusted.
    stops: bool,
}

fn wrong(what: impl Into<String>) -> Wrong {
    Wrong { what: what.into(), stops: false }
}

impl Run {
    fn row(&mut self, row: &Row) -> Result<(), Wrong> {
        let stops = |disagreement: crate::auditor::Disagreement| Wrong { what: disagreement.to_string(), stops: true };
        match &row.says {
            Says::Does(step, told) => match (self.auditor.step(step).map_err(stops)?, told) {
                (Some(acted), Some(told)) => self.check_answer(&acted, told),
                _ => Ok(()),
            },
            Says::Retry(key, told) => {
                let acted = self.auditor.retry(key).map_err(stops)?;
                let acted = acted.ok_or_else(|| wrong(format!("no request had the key {key}")))?;
                self.check_answer(&acted, told)
            }
            Says::Newest(name) => {
                let named = self.auditor.name_newest(self.wallet, name);
                named.map(drop).ok_or_else(|| wrong("there is no grant"))
            }
            Says::Entries(expected) => self.check_entries(expected),
            Says::Expect(expected, pairs) => self.check(expected, pairs),
        }
    }

    fn seen(&self, wallet: usize) -> Result<WalletSeen, Wrong> {
        let pair = self.auditor.wallets.get(wallet).ok_or_else(|| wrong("there is no wallet yet"))?;
        Ok(pair.engine.seen())
    }

    fn check_answer(&mut self, acted: &Acted, told: &Told) -> Result<(), Wrong> {
        self.wallet = acted.wallet;
        let answered = &acted.answered;
        if answered.outcome != told.outcome || answered.replayed != told.replayed {
            let replayed = if answered.replayed { "replayed " } else { "" };
            let figures: Vec<String> = answered.figures.iter().map(|(what, is)| format!("{what} {is}")).collect();
            return Err(wrong(format!("the answer is {replayed}{} {}", answered.outcome, figures.join(" "))));
        }
        let totals = totals_figures(&self.seen(acted.wallet)?.totals(|grant| grant.currency == CREDITS));
        compare(&told.pairs, |what| answered.figures.get(what).or_else(|| totals.get(what)).cloned())
    }

    fn check_entries(&mut self, expected: &[(String, String, String)]) -> Result<(), Wrong> {
        let pair = &self.auditor.wallets[self.wallet];
        let read = self.entries_read.entry(self.wallet).or_default();
        let written = &pair.entries[*read..];
        *read = pair.entries.len();
        let says = |kind: &str, grant: String, amount: String| format!("{kind} {grant} {amount}");
        let expected: Vec<String> = (expected.iter())
            .map(|(kind, grant, amount)| {
                let age = pair.engine.age_of(grant).map_or(grant.clone(), |age| age.to_string());
                says(kind, age, amount.clone())
            })
            .collect();
        let written: Vec<String> =
            (written.iter()).map(|entry| says(entry.kind, entry.grant.to_string(), amount(entry.amount))).collect();
        if expected == written {
            return Ok(());
        }
        let named = |entry: &String| match entry.split(' ').collect::<Vec<_>>()[..] {
            [kind, age, amount] => {
                let name = age.parse().ok().and_then(|age: usize| pair.engine.name_of(age));
                says(kind, name.unwrap_or_else(|| format!("#{age}")), amount.to_owned())
            }
            _ => entry.clone(),
        };
        let written: Vec<String> = written.iter().map(named).collect();
        Err(wrong(format!("written was {}", if written.is_empty() { "none".to_owned() } else { written.join(", ") })))
    }

    fn check(&self, expected: &Expected, pairs: &Pairs) -> Result<(), Wrong> {
        let nothing = || wrong("there is no such thing");
        let figures = match expected {
            Expected::Wallet(customer) => {
                let currency = pairs.iter().find(|pair| pair.0 == "currency").map_or(CREDITS, |pair| &pair.1);
                let wallet = customer.as_deref().map_or(Some(0), |id| self.auditor.wallet_of_customer(id));
                let seen = self.seen(wallet.ok_or_else(nothing)?)?;
                let mut figures = totals_figures(&seen.totals(|grant| grant.currency == currency));
                figures.insert("currency".to_owned(), currency.to_owned());
                figures
            }
            Expected::Bucket(bucket, customer) => {
                let wallet = customer.as_deref().map_or(Some(0), |id| self.auditor.wallet_of_customer(id));
                let seen = self.seen(wallet.ok_or_else(nothing)?)?;
                let counts = |grant: &GrantSeen| {
                    grant.bucket == *bucket && customer.as_ref().is_none_or(|customer| grant.customer == *customer)
                };
                totals_figures(&seen.totals(counts))
            }
            Expected::Grant(name) => {
                let wallet = self.auditor.wallet_of_object(name).ok_or_else(nothing)?;
                let age = self.auditor.wallets[wallet].engine.age_of(name).ok_or_else(nothing)?;
                grant_figures(&self.seen(wallet)?.grants[age])
            }
            Expected::Hold(name) => {
                let wallet = self.auditor.wallet_of_object(name).ok_or_else(nothing)?;
                self.hold_figures(wallet, self.seen(wallet)?.holds.get(name).ok_or_else(nothing)?)
            }
            Expected::Line(name, number) => {
                let wallet = self.auditor.wallet_of_object(name).ok_or_else(nothing)?;
                let seen = self.seen(wallet)?;
                let line = seen.holds.get(name).and_then(|hold| hold.lines.get(number.checked_sub(1)?));
                self.line_figures(wallet, line.ok_or_else(nothing)?)
            }
            Expected::Charge(name) => {
                let wallet = self.auditor.wallet_of_object(name).ok_or_else(nothing)?;
                self.charge_figures(wallet, self.seen(wallet)?.charges.get(name).ok_or_else(nothing)?)
            }
            Expected::Spendable { customer, tool, currency } => {
                let spendable = self.auditor.spendable(customer, tool.as_deref(), currency);
                let spendable = spendable.map_err(|disagreement| wrong(disagreement.to_string()))?;
                [("spendable".to_owned(), amount(spendable))].into()
            }
            Expected::Due => {
                let due = self.seen(self.wallet)?.due_us.map_or("never".to_owned(), figures::instant);
                [("due".to_owned(), due)].into()
            }
        };
        compare(pairs, |what| figures.get(what).cloned())
    }

    fn name_of(&self, wallet: usize, age: usize) -> String {
        self.auditor.wallets[wallet].engine.name_of(age).unwrap_or_else(|| format!("#{age}"))
    }

    fn hold_figures(&self, wallet: usize, hold: &HoldSeen) -> Figures {
        let mut figures: Figures = [
            ("status", hold.status.to_owned()),
            ("stuck", yes(hold.stuck)),
            ("expires", figures::instant(hold.expires_us)),
            ("amount", amount(hold.amount())),
            ("captured", amount(hold.captured())),
            ("released", amount(hold.released())),
            ("remaining", amount(hold.remaining())),
        ]
        .map(|(what, is)| (what.to_owned(), is))
        .into();
        let mut drawn: BTreeMap<usize, i128> = BTreeMap::new();
        for draw in hold.lines.iter().flat_map(|line| &line.draws) {
            *drawn.entry(draw.grant).or_default() += draw.held;
        }
        figures.extend(drawn.iter().map(|(age, held)| (format!("draw {}", self.name_of(wallet, *age)), amount(*held))));
        figures
    }

    fn line_figures(&self, wallet: usize, line: &LineSeen) -> Figures {
        let mut figures: Figures = [
            ("ended", yes(line.ended)),
            ("held", amount(line.held())),
            ("captured", amount(line.captured())),
            ("released", amount(line.released())),
            ("remaining", amount(line.remaining())),
        ]
        .map(|(what, is)| (what.to_owned(), is))
        .into();
        let draws = line.draws.iter();
        figures.extend(draws.map(|draw| (format!("draw {}", self.name_of(wallet, draw.grant)), amount(draw.held))));
        figures
    }

    fn charge_figures(&self, wallet: usize, charge: &ChargeSeen) -> Figures {
        let mut figures: Figures = [
            ("outcome", charge.outcome.clone()),
            ("credits", amount(charge.credits)),
            ("shortfall", amount(charge.shortfall)),
            ("refunded", amount(charge.refunded())),
            ("refundable", amount(charge.credits - charge.refunded())),
        ]
        .map(|(what, is)| (what.to_owned(), is))
        .into();
        let draws = charge.draws.iter();
        figures.extend(draws.map(|draw| (format!("draw {}", self.name_of(wallet, draw.0)), amount(draw.1))));
        figures
    }
}

type Figures = BTreeMap<String, String>;

fn yes(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

fn totals_figures(totals: &Totals) -> Figures {
    [
        ("posted", totals.posted()),
        ("available", totals.available),
        ("held", totals.held),
        ("frozen", totals.frozen),
        ("debt", totals.debt),
    ]
    .map(|(what, is)| (what.to_owned(), amount(is)))
    .into()
}

fn grant_figures(grant: &GrantSeen) -> Figures {
    let places = ["available", "held", "spent", "expired", "voided", "frozen", "moved"];
    let instant = |at_us: Option<i64>| at_us.map_or("none".to_owned(), figures::instant);
    let mut figures: Figures =
        (places.iter()).map(|place| ((*place).to_owned(), amount(grant.places.of(place).expect("listed")))).collect();
    figures.extend(
        [
            ("kind", grant.kind.to_owned()),
            ("bucket", grant.bucket.clone()),
            ("of", grant.customer.clone()),
            ("starts", instant(grant.starts_us)),
            ("expires", instant(grant.expires_us)),
            ("granted", amount(grant.places.sum())),
            ("owed", amount(grant.owed)),
        ]
        .map(|(what, is)| (what.to_owned(), is)),
    );
    figures
}

fn compare(pairs: &Pairs, is: impl Fn(&str) -> Option<String>) -> Result<(), Wrong> {
    let mut differences = Vec::new();
    for (what, expected) in pairs {
        match is(what) {
            Some(found) if found == *expected => {}
            Some(found) => differences.push(format!("{what} is {found}, not {expected}")),
            None => differences.push(format!("nothing says `{what}`")),
        }
    }
    if differences.is_empty() { Ok(()) } else { Err(wrong(differences.join("; "))) }
}
