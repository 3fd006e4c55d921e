//! A world without a server: the price book and the ledger, called as the server and the store call them.
//!
//! Every record is followed by the auditor and folded into a second copy of its wallet, so that each scenario is a
//! test of those too.

mod answers;
mod asks;
mod beside;
mod jobs;
mod looks;

use std::collections::BTreeMap;
use std::sync::Arc;

use scrip_api::Code;
use scrip_catalog::{Catalog, Facts};
use scrip_ledger::audit::Auditor;
use scrip_ledger::book::Book;
use scrip_ledger::change::{Change, Record};
use scrip_ledger::entry::Movement;
use scrip_ledger::id::{AddOnId, ChargeId, GrantId, HoldId, StudioId, SubscriptionId, WalletId};
use scrip_ledger::transfer::transfer_between;
use scrip_ledger::{Act as Asks, Answer as Told, Command, Name, Refusal, Reply, Timestamp, Wallet, apply};

use super::act::{Act, Asked};
use super::look::Look;
use super::when;
use super::{Answer, Item, World};
use jobs::Quoted;

/// One studio: its catalogs, its wallets, its clock.
#[derive(Default)]
pub struct CoreWorld {
    now: Timestamp,
    versions: Vec<Version>,
    book: Book,
    wallets: Vec<Kept>,
    /// Which wallet a customer is in.
    customers: BTreeMap<String, usize>,
    named: Named,
    /// What the lines of a hold were priced with, for what is measured later.
    held_facts: BTreeMap<HoldId, Vec<Option<Arc<Facts>>>>,
}

/// A published catalog.
struct Version {
    number: u32,
    effective_at: Timestamp,
    catalog: Arc<Catalog>,
}

/// Names that the text gave; `it` is what was made last.
#[derive(Default)]
struct Named {
    grants: BTreeMap<String, GrantId>,
    holds: BTreeMap<String, HoldId>,
    charges: BTreeMap<String, ChargeId>,
    quotes: BTreeMap<String, Quoted>,
    subscriptions: BTreeMap<String, SubscriptionId>,
    add_ons: BTreeMap<String, AddOnId>,
}

/// A wallet, and what proves that it is right.
struct Kept {
    wallet: Wallet,
    folded: Wallet,
    audit: Auditor,
    records: Vec<Record>,
    /// Records that there were when the step began.
    before: usize,
}

/// Why an act can't be made a command.
enum Failed {
    /// The product would be told so.
    Refused(Answer),
    /// The text makes no sense.
    Senseless(String),
}

impl From<String> for Failed {
    fn from(reason: String) -> Failed {
        Failed::Senseless(reason)
    }
}

impl From<Answer> for Failed {
    fn from(answer: Answer) -> Failed {
        Failed::Refused(answer)
    }
}

const ANY_STUDIO: StudioId = StudioId(1);

impl World for CoreWorld {
    fn step(&mut self, at: Timestamp) -> Result<(), String> {
        self.now = at;
        for index in 0..self.wallets.len() {
            self.wallets[index].before = self.wallets[index].records.len();
            let command = Command { request: None, actor: Name::from("system"), act: Asks::Touch };
            self.run(index, &command)?;
        }
        Ok(())
    }

    fn publish(&mut self, catalog: &str, from: Option<Timestamp>) -> Result<Answer, String> {
        let checked = match Catalog::from_json(catalog) {
            Ok(checked) => checked,
            Err(wrong) => {
                let said = |diagnostic: &scrip_catalog::Diagnostic| Item::new("because", diagnostic);
                return Ok(Answer::refused(422, "invalid_catalog", wrong.iter().map(said).collect()));
            }
        };
        let number = self.versions.len() as u32 + 1;
        let effective_at = from.unwrap_or(self.now);
        self.versions.push(Version { number, effective_at, catalog: Arc::new(checked.catalog) });
        self.book = self.terms();
        Ok(Answer::of(vec![Item::new("version", number)]))
    }

    fn act(&mut self, asked: &Asked) -> Result<Answer, String> {
        if asked.act == Act::Pass {
            return Ok(Answer::default());
        }
        self.know(asked)?;
        match self.attempt(asked) {
            Ok(answer) | Err(Failed::Refused(answer)) => Ok(answer),
            Err(Failed::Senseless(reason)) => Err(reason),
        }
    }

    fn look(&mut self, look: &Look) -> Result<Vec<Item>, String> {
        looks::look(self, look)
    }
}

impl CoreWorld {
    pub fn new() -> CoreWorld {
        CoreWorld::default()
    }

    /// All that was ever written: when, what, how much, in which bucket.
    pub fn movements(&self) -> Vec<String> {
        let of_wallet = |(number, kept): (usize, &Kept)| -> Vec<String> {
            let changes = kept.records.iter().flat_map(|record| &record.changes);
            let text = |moved: &Movement| {
                let at = when::write(moved.at);
                format!("{} {at} {}", number + 1, looks::entry_text(&kept.wallet, moved))
            };
            changes
                .filter_map(|change| if let Change::Entry(entry) = change { Some(text(&entry.movement)) } else { None })
                .collect()
        };
        self.wallets.iter().enumerate().flat_map(of_wallet).collect()
    }

    /// The terms of all versions.
    fn terms(&self) -> Book {
        let terms = |version: &Version| Arc::new(version.catalog.terms(version.number, version.effective_at));
        Book::new(self.versions.iter().map(terms).collect())
    }

    /// The catalog in force, as the server picks it.
    fn in_force(&self, at: Timestamp) -> &Version {
        let started = self.versions.iter().filter(|version| version.effective_at <= at);
        let last = started.max_by_key(|version| (version.effective_at, version.number));
        last.or(self.versions.first()).expect("a scenario begins with a catalog")
    }

    fn catalog(&self) -> &Catalog {
        &self.in_force(self.now).catalog
    }

    /// What prices of that time may depend on.
    fn facts(&self, version: &Version, at: Timestamp) -> Arc<Facts> {
        let zone = jiff::tz::TimeZone::get(&version.catalog.studio().zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let instant = jiff::Timestamp::from_microsecond(at.micros()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let local = instant.to_zoned(zone);
        let minute_of_day = local.hour() as u16 * 60 + local.minute() as u16;
        let weekday = local.weekday().to_monday_one_offset() as u8;
        Arc::new(Facts { minute_of_day: Some(minute_of_day), weekday: Some(weekday), ..Facts::default() })
    }

    /// Customers are made when they are first named: a text need not say so.
    fn know(&mut self, asked: &Asked) -> Result<(), String> {
        let customer = &asked.who.customer;
        if self.customers.contains_key(customer) || customer == "nobody" {
            return Ok(());
        }
        let parent = match &asked.act {
            Act::Join(join) => join.parent.as_deref(),
            _ => None,
        };
        let index = match parent {
            Some(parent) => *self.customers.get(parent).ok_or_else(|| format!("there is no {parent} to join"))?,
            None => {
                let id = WalletId::new(self.wallets.len() as u64 + 1).expect("few wallets");
                self.wallets.push(Kept::new(id));
                self.wallets.len() - 1
            }
        };
        self.customers.insert(customer.clone(), index);
        if !matches!(asked.act, Act::Join(_)) {
            let join = Act::Join(super::act::Join::default());
            let made = Asked { act: join, name: None, key: None, preview: false, who: asked.who.clone() };
            self.attempt(&made).map_err(|_| format!("{customer} can't be made"))?;
        }
        Ok(())
    }

    fn index_of(&self, customer: &str) -> Result<usize, Failed> {
        let found = self.customers.get(customer).copied();
        found.ok_or_else(|| Failed::Refused(Answer::refused(404, "not_found", vec![Item::new("what", "customer")])))
    }

    fn attempt(&mut self, asked: &Asked) -> Result<Answer, Failed> {
        if let Act::Quote(job) = &asked.act {
            return self.quote(asked, job);
        }
        let index = self.index_of(&asked.who.customer)?;
        let ready = self.command(asked)?;
        let index = wallet_named(&ready.command.act).map_or(index, place_of);
        if asked.preview {
            return Ok(self.preview(index, &asked.who, &ready));
        }
        let told = match self.other_wallet(index, &ready.command.act) {
            Some(other) => self.run_between(index, other, &ready.command)?,
            None => self.run(index, &ready.command)?,
        };
        if let (Ok(reply), false) = (&told.outcome, told.replayed) {
            self.name(asked, reply);
            if let (Reply::Hold(hold), Some(quoted)) = (reply, &ready.quoted) {
                let facts = quoted.lines.iter().map(|(_, priced)| priced.facts.clone()).collect();
                self.held_facts.insert(hold.id, facts);
            }
        }
        Ok(self.answer(index, &ready, &told))
    }

    /// One command on one wallet, with everything that must hold afterwards.
    fn run(&mut self, index: usize, command: &Command) -> Result<Told, String> {
        let kept = &mut self.wallets[index];
        let (told, record) = apply(&mut kept.wallet, &self.book, self.now, command);
        if let Some(record) = record {
            kept.follow(record)?;
        }
        if kept.folded != kept.wallet {
            return Err("the wallet folded from its records is another one".to_owned());
        }
        Ok(told)
    }

    /// Where the credits of a transfer go, if that is another wallet.
    fn other_wallet(&self, index: usize, act: &Asks) -> Option<usize> {
        let Asks::Transfer(new) = act else { return None };
        self.customers.get(new.to.as_str()).copied().filter(|to| *to != index)
    }

    /// The one act that is about two wallets.
    fn run_between(&mut self, from: usize, to: usize, command: &Command) -> Result<Told, String> {
        let Asks::Transfer(new) = &command.act else { return Err("only transfers are about two wallets".to_owned()) };
        let wallets = self.wallets.get_disjoint_mut([from, to]);
        let [sender, receiver] = wallets.map_err(|_| "a transfer needs two wallets".to_owned())?;
        let between = transfer_between(&mut sender.wallet, &mut receiver.wallet, &self.book, self.now, command, new);
        for (kept, record) in [(sender, between.from), (receiver, between.to)] {
            if let Some(record) = record {
                kept.follow(record)?;
            }
        }
        Ok(between.answer)
    }

    fn name(&mut self, asked: &Asked, reply: &Reply) {
        let names = [Some("it".to_owned()), asked.name.clone()];
        for name in names.into_iter().flatten() {
            let named = &mut self.named;
            match reply {
                Reply::Grant(grant) => drop(named.grants.insert(name, grant.id)),
                Reply::Hold(hold) => drop(named.holds.insert(name, hold.id)),
                Reply::Charge(charge) => drop(named.charges.insert(name, charge.id)),
                Reply::Captured(captured) => {
                    let charge = captured.charge.as_ref();
                    charge.map(|charge| named.charges.insert(name, charge.id));
                }
                Reply::Subscription(subscription) => drop(named.subscriptions.insert(name, subscription.id)),
                Reply::AddOn { id, .. } => drop(named.add_ons.insert(name, *id)),
                Reply::Granted(granted) => {
                    granted.grants.first().map(|grant| named.grants.insert(name, grant.id));
                }
                Reply::Customer { .. }
                | Reply::Member { .. }
                | Reply::Refund(_)
                | Reply::Reversed(_)
                | Reply::Touched => {}
            }
        }
    }
}

impl Kept {
    fn new(id: WalletId) -> Kept {
        let wallet = Wallet::new(id, ANY_STUDIO);
        let audit = Auditor::new(id);
        Kept { folded: wallet.clone(), wallet, audit, records: Vec::new(), before: 0 }
    }

    fn follow(&mut self, record: Record) -> Result<(), String> {
        let mut bytes = Vec::new();
        minicbor::encode(&record, &mut bytes).map_err(|error| error.to_string())?;
        let read: Record = minicbor::decode(&bytes).map_err(|error| format!("a record can't be read: {error}"))?;
        self.folded.absorb(&read);
        self.audit.follow(&record);
        self.records.push(record);
        match self.audit.violations.first() {
            None => Ok(()),
            Some(violation) => Err(format!("the auditor: {violation}")),
        }
    }

    /// What this step changed.
    fn changes(&self) -> impl Iterator<Item = &Change> {
        self.records[self.before..].iter().flat_map(|record| &record.changes)
    }
}

/// The wallet of the object that an act names: ids say in which wallet it is, whoever asks.
fn wallet_named(act: &Asks) -> Option<WalletId> {
    match act {
        Asks::Extend { hold, .. } | Asks::Capture { hold, .. } | Asks::Release { hold, .. } => Some(hold.wallet()),
        Asks::Refund { charge, .. } => Some(charge.wallet()),
        Asks::VoidGrant { grant, .. } => Some(grant.wallet()),
        Asks::ReversePurchase { purchase, .. } => Some(purchase.wallet()),
        _ => None,
    }
}

/// Wallets are numbered from 1, in the order in which they were made.
fn place_of(wallet: WalletId) -> usize {
    usize::try_from(wallet.number()).unwrap_or(1).saturating_sub(1)
}

/// The status of a refusal; codes that the wire does not know yet are those of its kind.
fn status(refusal: &Refusal) -> u16 {
    Code::parse(refusal.code()).map_or(409, Code::status)
}
