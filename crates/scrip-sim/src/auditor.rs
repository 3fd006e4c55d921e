//! Lets two ledgers do the same and compares all that can be seen of them after every act.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::engine::Engine;
use crate::figures;
use crate::naive::Naive;
use crate::script::{Act, Settings, Step};
use crate::seen::{Answered, EntrySeen, WalletSeen};

/// One wallet in both ledgers.
pub struct Pair {
    pub engine: Engine,
    pub naive: Naive,
    /// What was written so far.
    pub entries: Vec<EntrySeen>,
}

/// Both ledgers, and what a table has said so far.
pub struct Auditor {
    pub now_us: i64,
    pub settings: Settings,
    pub wallets: Vec<Pair>,
    customers: BTreeMap<String, usize>,
    objects: BTreeMap<String, usize>,
    asked: BTreeMap<String, (usize, Act)>,
}

/// An act that was done, and in which wallet.
pub struct Acted {
    pub wallet: usize,
    pub answered: Answered,
    pub entries: usize,
}

/// The two ledgers differ, or the ledger breaks a law of its own.
#[derive(Clone, Debug)]
pub struct Disagreement {
    pub about: String,
    pub ledger: String,
    pub naive: String,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.about)?;
        if !self.ledger.is_empty() || !self.naive.is_empty() {
            write!(f, "\n  the ledger: {}\n  the naive:  {}", self.ledger, self.naive)?;
        }
        Ok(())
    }
}

impl Default for Auditor {
    fn default() -> Auditor {
        Auditor {
            now_us: figures::START_US,
            settings: Settings::default(),
            wallets: Vec::new(),
            customers: BTreeMap::new(),
            objects: BTreeMap::new(),
            asked: BTreeMap::new(),
        }
    }
}

impl Auditor {
    /// Does a step. What is no act can't go wrong.
    pub fn step(&mut self, step: &Step) -> Result<Option<Acted>, Disagreement> {
        match step {
            Step::Settings(settings) => self.settings = settings.clone(),
            Step::At(at_us) => self.now_us = *at_us,
            Step::Act { act, key } => return self.act(self.wallet_of(act), act, key.as_deref()).map(Some),
        }
        Ok(None)
    }

    /// The request of that key once more, as it was.
    pub fn retry(&mut self, key: &str) -> Result<Option<Acted>, Disagreement> {
        match self.asked.get(key).cloned() {
            Some((wallet, act)) => self.act(wallet, &act, Some(key)).map(Some),
            None => Ok(None),
        }
    }

    fn act(&mut self, wallet: usize, act: &Act, key: Option<&str>) -> Result<Acted, Disagreement> {
        while self.wallets.len() <= wallet {
            let number = self.wallets.len() as u64 + 1;
            self.wallets.push(Pair { engine: Engine::new(number), naive: Naive::default(), entries: Vec::new() });
        }
        let pair = &mut self.wallets[wallet];
        let (answered, written) = pair.naive.act(self.now_us, &self.settings, act, key);
        let done = catch_unwind(AssertUnwindSafe(|| pair.engine.act(self.now_us, &self.settings, act, key)));
        let done = done.map_err(|panic| {
            let said = panic.downcast_ref::<String>().cloned();
            let said = said.or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
            disagreement("the ledger panicked", &said.unwrap_or_default(), &answered)
        })?;
        if let Some(complaint) = done.complaints.first() {
            return Err(Disagreement { about: complaint.clone(), ledger: String::new(), naive: String::new() });
        }
        if done.answered != answered {
            return Err(disagreement("the answers differ", &done.answered, &answered));
        }
        let sorted = |mut entries: Vec<EntrySeen>| {
            entries.sort();
            entries
        };
        let (by_engine, by_naive) = (sorted(done.entries.clone()), sorted(written));
        if by_engine != by_naive {
            return Err(disagreement("the entries differ", &by_engine, &by_naive));
        }
        // What recorded nothing changed nothing: the engine has checked that of the ledger, and a naive ledger
        // that changed all the same is found out by the next act.
        if done.recorded {
            pair.compare()?;
        }
        let entries = done.entries.len();
        pair.entries.extend(done.entries);
        self.remember_names(wallet, act, key, &answered);
        Ok(Acted { wallet, answered, entries })
    }

    /// The wallet that an act is about; the first one where it names nothing that is known.
    fn wallet_of(&self, act: &Act) -> usize {
        let of_customer = |id: &str| self.customers.get(id).copied();
        let of_object = |name: &str| self.objects.get(name).copied();
        let known = match act {
            Act::Customer { id, parent, .. } => of_customer(id).or_else(|| match parent {
                Some(parent) => of_customer(parent),
                None => Some(self.wallets.len()),
            }),
            Act::Member { customer, .. } | Act::RemoveMember { customer, .. } | Act::Touch { customer } => {
                of_customer(customer)
            }
            Act::Grant(grant) => of_customer(&grant.customer),
            Act::Transfer { from, .. } => of_customer(from),
            Act::Hold(job) | Act::Charge(job) => of_customer(&job.customer),
            Act::Void { grant: object }
            | Act::Extend { hold: object, .. }
            | Act::Release { hold: object }
            | Act::Refund { charge: object, .. } => of_object(object),
            Act::Capture(capture) => of_object(&capture.hold),
        };
        known.unwrap_or(0)
    }

    fn remember_names(&mut self, wallet: usize, act: &Act, key: Option<&str>, answered: &Answered) {
        if let Some(key) = key.filter(|_| !answered.replayed && answered.outcome != "idempotency_key_reused") {
            self.asked.insert(key.to_owned(), (wallet, act.clone()));
        }
        if answered.outcome != "ok" || answered.replayed {
            return;
        }
        let mut made = |name: &str| {
            self.objects.insert(name.to_owned(), wallet);
        };
        match act {
            Act::Customer { id, .. } => {
                self.customers.insert(id.clone(), wallet);
            }
            Act::Grant(grant) => made(&grant.name),
            Act::Hold(job) => made(&job.name),
            Act::Charge(job) => {
                made(&job.name);
                made(&format!("{}.hold", job.name));
            }
            Act::Capture(capture) => made(&capture.name),
            _ => {}
        }
    }

    pub fn wallet_of_customer(&self, customer: &str) -> Option<usize> {
        self.customers.get(customer).copied()
    }

    pub fn wallet_of_object(&self, name: &str) -> Option<usize> {
        self.objects.get(name).copied()
    }

    /// Gives a name to the youngest grant of a wallet.
    pub fn name_newest(&mut self, wallet: usize, name: &str) -> Option<usize> {
        let pair = self.wallets.get_mut(wallet)?;
        let newest = pair.engine.name_newest(name)?;
        pair.naive.name_newest(name);
        self.objects.insert(name.to_owned(), wallet);
        Some(newest)
    }

    /// What a customer can spend on a tool now, as both say.
    pub fn spendable(&self, customer: &str, tool: Option<&str>, currency: &str) -> Result<i128, Disagreement> {
        let pair = self.wallet_of_customer(customer).map(|wallet| &self.wallets[wallet]);
        let engine = pair.and_then(|pair| pair.engine.spendable(self.now_us, &self.settings, customer, tool, currency));
        let naive = pair.and_then(|pair| pair.naive.spendable(&self.settings, customer, tool, currency));
        match (engine, naive) {
            (Some(engine), Some(naive)) if engine == naive => Ok(engine),
            _ => Err(disagreement("they differ about what can be spent", &engine, &naive)),
        }
    }
}

impl Pair {
    /// Everything that can be seen is the same in both, and holds what it must.
    fn compare(&self) -> Result<(), Disagreement> {
        let (engine, naive) = (self.engine.seen(), self.naive.seen());
        if engine != naive {
            return Err(difference(&engine, &naive));
        }
        let held_by_holds = engine.held_by_holds();
        for (age, grant) in engine.grants.iter().enumerate() {
            if grant.places.held != held_by_holds.get(&age).copied().unwrap_or(0) {
                return Err(disagreement("grants hold what no hold keeps", &grant, &held_by_holds));
            }
        }
        Ok(())
    }
}

fn disagreement(about: &str, ledger: &impl Debug, naive: &impl Debug) -> Disagreement {
    Disagreement { about: about.to_owned(), ledger: format!("{ledger:?}"), naive: format!("{naive:?}") }
}

/// The first part in which two wallets differ.
fn difference(engine: &WalletSeen, naive: &WalletSeen) -> Disagreement {
    for (age, grants) in engine.grants.iter().zip(&naive.grants).enumerate() {
        if grants.0 != grants.1 {
            return disagreement(&format!("grant {age} differs"), grants.0, grants.1);
        }
    }
    for (name, hold) in &engine.holds {
        if naive.holds.get(name) != Some(hold) {
            return disagreement(&format!("hold {name} differs"), hold, &naive.holds.get(name));
        }
    }
    for (name, charge) in &engine.charges {
        if naive.charges.get(name) != Some(charge) {
            return disagreement(&format!("charge {name} differs"), charge, &naive.charges.get(name));
        }
    }
    if engine.grants.len() != naive.grants.len() {
        return disagreement("one has more grants", &engine.grants.last(), &naive.grants.last());
    }
    if engine.refunds != naive.refunds {
        return disagreement("refunds differ", &engine.refunds, &naive.refunds);
    }
    if engine.due_us != naive.due_us {
        return disagreement("they differ about what is due next", &engine.due_us, &naive.due_us);
    }
    disagreement("customers differ", &engine.customers, &naive.customers)
}
