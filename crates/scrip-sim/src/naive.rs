//! A second ledger, written from the documents (docs/semantics, API.md) and not from the code of
//! `scrip_ledger`: the simplest structures that do, no cleverness, no speed.
//!
//! Everything is worked out anew from one flat list of movements. It shares no function, no type and no
//! constant with the ledger, so that both are wrong in the same way only if both were told the same wrong
//! thing.

mod captures;
mod grants;
mod jobs;
mod paying;
mod show;

use std::collections::{BTreeMap, BTreeSet};

use crate::figures::amount as figure;
use crate::script::{Act, AfterExpiry, Policy, Settings};
use crate::seen::{Answered, EntrySeen, Places};

/// The most credits that one wallet may have at work: half of what 64 bits count, in millionths.
const WALLET_MAX: i128 = (i64::MAX / 2) as i128;
const COUNT_MAX: i128 = i64::MAX as i128;

#[derive(Clone, Debug)]
struct Customer {
    id: String,
    parent: Option<String>,
    tools: Option<Vec<String>>,
}

/// A grant: what was agreed. What is in it follows from the movements.
#[derive(Clone, Debug)]
struct Lot {
    kind: &'static str,
    customer: String,
    bucket: String,
    currency: String,
    amount: i128,
    made_us: i64,
    starts_us: Option<i64>,
    expires_us: Option<i64>,
    priority: i32,
    only: Option<Vec<String>>,
    paid_cents: i64,
    taken_back: bool,
}

#[derive(Clone, Debug)]
struct Move {
    seen: EntrySeen,
    of: Of,
}

/// The job that a movement belongs to.
#[derive(Clone, Copy, Debug, Default)]
struct Of {
    hold: Option<usize>,
    /// The line of the hold that the credits were set aside for.
    line: usize,
    charge: Option<usize>,
    /// The line of the hold that they were taken for.
    for_line: usize,
}

#[derive(Clone, Debug)]
struct HeldLine {
    tool: Option<String>,
    open: Option<String>,
    policy: Policy,
    decimals: u8,
    ended: bool,
}

#[derive(Clone, Debug)]
struct Held {
    name: String,
    customer: String,
    currency: String,
    envelope: bool,
    status: &'static str,
    stuck: bool,
    expires_us: i64,
    lines: Vec<HeldLine>,
}

#[derive(Clone, Debug)]
struct Charged {
    name: String,
    hold: usize,
    outcome: String,
    shortfall: i128,
    lines: Vec<usize>,
}

/// A "no": its code, and figures that go with it.
type No = (&'static str, Vec<(&'static str, String)>);
type Figures = Vec<(&'static str, String)>;
type Answer = Result<Figures, No>;

fn no(code: &'static str) -> No {
    (code, Vec::new())
}

fn missing(what: &str) -> No {
    ("not_found", vec![("what", what.to_owned())])
}

fn invalid(input: &str) -> No {
    ("invalid_input", vec![("input", input.to_owned())])
}

/// One wallet.
#[derive(Clone, Debug)]
pub struct Naive {
    now_us: i64,
    last_us: i64,
    /// Did anything change since the act began?
    changed: bool,
    customers: Vec<Customer>,
    members: BTreeSet<(String, String)>,
    lots: Vec<Lot>,
    named: BTreeMap<String, usize>,
    moves: Vec<Move>,
    holds: Vec<Held>,
    charges: Vec<Charged>,
    refunds: Vec<String>,
    /// What a refund says it gave back, by grant.
    refund_draws: BTreeMap<usize, Vec<(usize, i128)>>,
    quotes_used: BTreeMap<String, i64>,
    answered: BTreeMap<String, (String, Answered)>,
}

impl Default for Naive {
    fn default() -> Naive {
        Naive {
            now_us: i64::MIN,
            last_us: i64::MIN,
            changed: false,
            customers: Vec::new(),
            members: BTreeSet::new(),
            lots: Vec::new(),
            named: BTreeMap::new(),
            moves: Vec::new(),
            holds: Vec::new(),
            charges: Vec::new(),
            refunds: Vec::new(),
            refund_draws: BTreeMap::new(),
            quotes_used: BTreeMap::new(),
            answered: BTreeMap::new(),
        }
    }
}

impl Naive {
    /// Does one act: first what is due, then what was answered before, then what is asked.
    pub fn act(&mut self, at_us: i64, settings: &Settings, act: &Act, key: Option<&str>) -> (Answered, Vec<EntrySeen>) {
        let moves_before = self.moves.len();
        self.changed = false;
        self.do_what_is_due(at_us.max(self.last_us));
        let answered = match key.and_then(|key| self.answered.get(key)) {
            Some((asked, answer)) if *asked == act.to_string() => Answered { replayed: true, ..answer.clone() },
            Some(_) => answered(Err(no("idempotency_key_reused"))),
            None => {
                let answered = answered(self.decide(settings, act));
                self.pay_debts();
                if let Some(key) = key {
                    self.answered.insert(key.to_owned(), (act.to_string(), answered.clone()));
                    self.changed = true;
                }
                answered
            }
        };
        if self.changed || self.moves.len() > moves_before {
            self.last_us = self.now_us;
        }
        let written = self.moves[moves_before..].iter().map(|moved| moved.seen.clone()).collect();
        (answered, written)
    }

    fn decide(&mut self, settings: &Settings, act: &Act) -> Answer {
        match act {
            Act::Customer { id, parent, tools } => self.put_customer(id, parent.as_deref(), tools),
            Act::Member { customer, id } => self.put_member(customer, id),
            Act::RemoveMember { customer, id } => self.remove_member(customer, id),
            Act::Grant(grant) => self.grant(settings, grant),
            Act::Void { grant } => self.take_back(grant),
            Act::Transfer { from, to, amount, bucket } => {
                self.transfer(settings, (from, to), i128::from(*amount), bucket)
            }
            Act::Hold(job) => self.hold(settings, job),
            Act::Charge(job) => self.charge(settings, job),
            Act::Extend { hold, ttl_us, amount, line } => self.extend(settings, hold, *ttl_us, *amount, *line),
            Act::Capture(capture) => self.capture(settings, capture),
            Act::Release { hold } => self.release(hold),
            Act::Refund { charge, name, share, to } => self.refund(settings, charge, name, *share, to.as_deref()),
            Act::Touch { .. } => Ok(Vec::new()),
        }
    }

    /// Holds run out, grants end, grants start: each at its own instant, in that order within one.
    fn do_what_is_due(&mut self, now_us: i64) {
        while let Some((at_us, what, index)) = self.next_due().filter(|(at_us, ..)| *at_us <= now_us) {
            self.now_us = at_us.max(self.last_us);
            match what {
                0 => self.end_hold(index, "hold_expire"),
                1 => {
                    let places = self.places()[index];
                    self.moves("expire", index, "available", "expired", places.available, Of::default());
                    self.moves("expire", index, "frozen", "expired", places.frozen, Of::default());
                }
                _ => {
                    let frozen = self.places()[index].frozen;
                    self.moves("activate", index, "frozen", "available", frozen, Of::default());
                }
            }
            self.pay_debts();
        }
        self.now_us = now_us;
    }

    /// When, what (0 a hold runs out, 1 a grant ends, 2 a grant starts), which.
    fn next_due(&self) -> Option<(i64, u8, usize)> {
        let places = self.places();
        let mut due = Vec::new();
        for (index, hold) in self.holds.iter().enumerate().filter(|(_, hold)| hold.status == "open") {
            due.push((hold.expires_us, 0, index));
        }
        for (index, lot) in self.lots.iter().enumerate() {
            let places = &places[index];
            if let Some(expires_us) = lot.expires_us.filter(|_| places.available > 0 || places.frozen > 0) {
                due.push((expires_us, 1, index));
            }
            if let Some(starts_us) = lot.starts_us.filter(|_| places.frozen > 0) {
                due.push((starts_us, 2, index));
            }
        }
        due.into_iter().min()
    }

    /// Writes a movement; nothing for nothing.
    fn moves(&mut self, kind: &'static str, grant: usize, from: &'static str, to: &'static str, amount: i128, of: Of) {
        self.moves_with(kind, grant, (from, to), amount, of, None);
    }

    fn moves_with(
        &mut self,
        kind: &'static str,
        grant: usize,
        (from, to): (&'static str, &'static str),
        amount: i128,
        of: Of,
        other_grant: Option<usize>,
    ) {
        assert!(amount >= 0, "the naive ledger moves no less than nothing");
        if amount > 0 {
            let seen = EntrySeen { at_us: self.now_us, kind, grant, from, to, amount, other_grant };
            self.moves.push(Move { seen, of });
        }
    }

    fn makes(&mut self, lot: Lot, kind: &'static str, from: Option<usize>) -> usize {
        let index = self.lots.len();
        let place = if lot.starts_us.is_some() { "frozen" } else { "available" };
        let amount = lot.amount;
        self.lots.push(lot);
        self.changed = true;
        self.moves_with(kind, index, ("issued", place), amount, Of::default(), from);
        index
    }

    /// Where the credits of each grant are: the sum of all movements.
    fn places(&self) -> Vec<Places> {
        let mut all = vec![Places::default(); self.lots.len()];
        for Move { seen, .. } in &self.moves {
            let places = &mut all[seen.grant];
            for (place, amount) in [(seen.from, -seen.amount), (seen.to, seen.amount)] {
                match place {
                    "available" => places.available += amount,
                    "held" => places.held += amount,
                    "spent" => places.spent += amount,
                    "expired" => places.expired += amount,
                    "voided" => places.voided += amount,
                    "frozen" => places.frozen += amount,
                    "moved" => places.moved += amount,
                    _ => {}
                }
            }
        }
        all
    }

    /// What is still owed of each grant that is a debt.
    fn owed(&self) -> Vec<i128> {
        let mut owed = vec![0; self.lots.len()];
        for (index, places) in self.places().iter().enumerate() {
            if self.lots[index].kind == "debt" {
                owed[index] = places.spent;
            }
        }
        for Move { seen, .. } in self.moves.iter().filter(|moved| moved.seen.kind == "repay") {
            owed[seen.other_grant.expect("a repayment names its debt")] -= seen.amount;
        }
        owed.into_iter().map(|owed| owed.max(0)).collect()
    }

    fn ended(&self, lot: usize) -> bool {
        let lot = &self.lots[lot];
        lot.taken_back || lot.expires_us.is_some_and(|end| end <= self.now_us)
    }

    /// Credits at work: what is available, held, frozen or owed.
    fn at_work(&self) -> i128 {
        let posted: i128 = self.places().iter().map(|places| places.available + places.held + places.frozen).sum();
        posted + self.owed().iter().sum::<i128>()
    }

    /// Credits come back to the grant that they came from; if it has ended, they go where the policy says.
    fn give_back(
        &mut self,
        kind: &'static str,
        lot: usize,
        from: &'static str,
        amount: i128,
        after: AfterExpiry,
        of: Of,
    ) {
        if amount == 0 {
            return;
        }
        self.moves(kind, lot, from, "available", amount, of);
        let grace = match after {
            _ if self.lots[lot].taken_back => return self.moves("void", lot, "available", "voided", amount, of),
            _ if !self.ended(lot) => return,
            AfterExpiry::Expire | AfterExpiry::Grace(0) => {
                return self.moves("lapse", lot, "available", "expired", amount, of);
            }
            AfterExpiry::Grace(span) => Some(self.now_us.saturating_add_unsigned(span)),
            AfterExpiry::Restore => None,
        };
        self.moves("restore", lot, "available", "moved", amount, of);
        let restored = Lot {
            kind: "restored",
            amount,
            made_us: self.now_us,
            starts_us: None,
            expires_us: grace,
            paid_cents: 0,
            taken_back: false,
            ..self.lots[lot].clone()
        };
        self.makes(restored, "restore", Some(lot));
    }

    /// Gives a name to the youngest grant.
    pub fn name_newest(&mut self, name: &str) {
        if let Some(newest) = self.lots.len().checked_sub(1) {
            self.named.insert(name.to_owned(), newest);
        }
    }
}

fn answered(answer: Answer) -> Answered {
    let (outcome, figures) = match answer {
        Ok(figures) => ("ok", figures),
        Err((code, figures)) => (code, figures),
    };
    Answered { replayed: false, outcome: outcome.to_owned(), figures: figures.into_iter().collect() }
}

fn yes(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

/// `amount · numerator / denominator`, half up, in units of a credit with so many decimals.
fn rounded_share(amount: i128, numerator: i128, denominator: i128, decimals: u8) -> Option<i128> {
    let unit = 10i128.pow(6 - u32::from(decimals.min(6)));
    let top = amount.checked_mul(numerator)?.checked_mul(2)?;
    let bottom = denominator.checked_mul(unit)?;
    if bottom == 0 {
        return None;
    }
    let units = top.checked_add(bottom)?.div_euclid(bottom.checked_mul(2)?);
    units.checked_mul(unit).filter(|amount| *amount <= COUNT_MAX)
}
