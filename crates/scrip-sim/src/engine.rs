//! Plays acts on `scrip_ledger`, as a store would: one wallet at a time, each record kept.
//!
//! After every act it also checks what must hold of the ledger alone: that a wallet folded from its records,
//! each written as CBOR and read again, is the wallet; that a wallet without what has settled decides the
//! same; that the auditor finds nothing.

mod ask;
mod lean;
mod show;

use std::collections::BTreeMap;

use scrip_ledger::audit::Auditor;
use scrip_ledger::book::Book;
use scrip_ledger::change::{Change, Record};
use scrip_ledger::grant::{Balance, Payer};
use scrip_ledger::id::{ChargeId, GrantId, HoldId, RefundId, StudioId, WalletId};
use scrip_ledger::seat::Spender;
use scrip_ledger::{Answer, Command, Reply, Timestamp, Wallet, apply};

use crate::script::{Act, Settings};
use crate::seen::{Answered, EntrySeen, WalletSeen};

/// What an act did.
pub struct Done {
    pub answered: Answered,
    pub entries: Vec<EntrySeen>,
    /// Did the ledger write a record?
    pub recorded: bool,
    /// Laws that are broken; there should be none.
    pub complaints: Vec<String>,
}

/// One wallet of the ledger, and the names that a table gave to what is in it.
pub struct Engine {
    pub wallet: Wallet,
    /// The same, folded from the records.
    folded: Wallet,
    audit: Auditor,
    pub records: Vec<Record>,
    /// By age.
    grants: Vec<GrantId>,
    named: BTreeMap<String, GrantId>,
    holds: BTreeMap<String, HoldId>,
    charges: BTreeMap<String, ChargeId>,
    refunds: BTreeMap<String, RefundId>,
    /// What its studio sells and grants: nothing.
    book: Book,
}

impl Engine {
    pub fn new(number: u64) -> Engine {
        let id = WalletId::new(number).expect("few wallets");
        let wallet = Wallet::new(id, StudioId(1));
        Engine {
            folded: wallet.clone(),
            wallet,
            audit: Auditor::new(id),
            records: Vec::new(),
            grants: Vec::new(),
            named: BTreeMap::new(),
            holds: BTreeMap::new(),
            charges: BTreeMap::new(),
            refunds: BTreeMap::new(),
            book: Book::default(),
        }
    }

    pub fn act(&mut self, at_us: i64, settings: &Settings, act: &Act, key: Option<&str>) -> Done {
        let command = self.command(settings, act, key);
        self.run(at_us, &command, act)
    }

    fn run(&mut self, at_us: i64, command: &Command, act: &Act) -> Done {
        let mut lean = lean::lean(&self.wallet, command);
        let (answer, record) = apply(&mut self.wallet, &self.book, Timestamp::from_micros(at_us), command);
        let mut complaints = Vec::new();
        if apply(&mut lean, &self.book, Timestamp::from_micros(at_us), command) != (answer.clone(), record.clone()) {
            complaints.push("a wallet without what has settled decides otherwise".to_owned());
        }
        let mut entries = Vec::new();
        let recorded = record.is_some();
        if let Some(record) = record {
            self.follow(&record, &mut complaints);
            entries.extend(record.changes.iter().filter_map(|change| self.show_entry(change)));
            self.records.push(record);
        }
        if self.folded != self.wallet {
            complaints.push("the wallet folded from its records is another one".to_owned());
        }
        if !answer.replayed {
            self.name_objects(act, &answer);
        }
        Done { answered: self.show_answer(&answer), entries, recorded, complaints }
    }

    fn follow(&mut self, record: &Record, complaints: &mut Vec<String>) {
        let mut bytes = Vec::new();
        minicbor::encode(record, &mut bytes).expect("writing to memory does not fail");
        match minicbor::decode::<Record>(&bytes) {
            Ok(read) if read == *record => self.folded.absorb(&read),
            Ok(_) => complaints.push("a record is another one when it is read again".to_owned()),
            Err(error) => complaints.push(format!("a record can't be read again: {error}")),
        }
        self.audit.follow(record);
        complaints.extend(self.audit.violations.drain(..).map(|violation| format!("the auditor: {violation}")));
        let made = record.changes.iter().filter_map(|change| match change {
            Change::GrantIssued { id, .. } => Some(*id),
            _ => None,
        });
        self.grants.extend(made);
        let wrong =
            |(id, balance): &(GrantId, Balance)| self.wallet.grant(*id).is_none_or(|grant| grant.balance != *balance);
        let wrong = self.audit.balances().filter(wrong);
        complaints.extend(wrong.map(|(id, _)| format!("the auditor counts grant {id} otherwise")));
        if self.audit.head() != (self.wallet.head.sequence, self.wallet.head.hash) {
            complaints.push("the auditor's chain ends elsewhere".to_owned());
        }
    }

    fn name_objects(&mut self, act: &Act, answer: &Answer) {
        let Ok(reply) = &answer.outcome else { return };
        match (act, reply) {
            (Act::Grant(grant), Reply::Grant(made)) => drop(self.named.insert(grant.name.clone(), made.id)),
            (Act::Hold(job), Reply::Hold(hold)) => drop(self.holds.insert(job.name.clone(), hold.id)),
            (Act::Charge(job), Reply::Charge(charge)) => {
                self.holds.insert(format!("{}.hold", job.name), charge.hold);
                self.charges.insert(job.name.clone(), charge.id);
            }
            (Act::Capture(capture), Reply::Captured(captured)) => {
                if let Some(charge) = &captured.charge {
                    self.charges.insert(capture.name.clone(), charge.id);
                }
            }
            (Act::Refund { name, .. }, Reply::Refund(refund)) => drop(self.refunds.insert(name.clone(), refund.id)),
            _ => {}
        }
    }

    /// Gives a name to the youngest grant.
    pub fn name_newest(&mut self, name: &str) -> Option<usize> {
        let newest = *self.grants.last()?;
        self.named.insert(name.to_owned(), newest);
        Some(self.grants.len() - 1)
    }

    /// How old the grant of that name is: 0 is the first that the wallet made.
    pub fn age_of(&self, name: &str) -> Option<usize> {
        let id = self.named.get(name)?;
        self.grants.iter().position(|known| known == id)
    }

    pub fn name_of(&self, age: usize) -> Option<String> {
        let id = self.grants.get(age)?;
        self.named.iter().find(|(_, known)| *known == id).map(|(name, _)| name.clone())
    }

    /// What a customer can spend on a tool now.
    pub fn spendable(
        &self,
        at_us: i64,
        settings: &Settings,
        customer: &str,
        tool: Option<&str>,
        currency: &str,
    ) -> Option<i128> {
        let pools = self.wallet.pools_of(self.wallet.pool_of(customer)?);
        let spending = ask::spending(settings);
        let payer = Payer { pools: &pools, by: Spender::Anybody(&self.wallet), tool, currency, spending: &spending };
        let available = self.wallet.available_for(&payer, Timestamp::from_micros(at_us));
        Some(i128::from(available.micro()))
    }

    pub fn seen(&self) -> WalletSeen {
        self.show_wallet()
    }
}
