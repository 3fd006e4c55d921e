//! Random jobs, the same for the same seed.

use scrip_ledger::command::{Asked, RefundShare};
use scrip_ledger::id::{ChargeId, GrantId, HoldId};
use scrip_ledger::policy::Outcome;
use scrip_ledger::{Answer, Reply, Span};
use scrip_store::Job;

use crate::commands::*;

/// A small generator of numbers (xorshift).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }
}

/// Makes jobs, and learns from their answers what the next ones can name.
pub struct Workload {
    random: Random,
    number: u64,
    holds: Vec<(String, HoldId)>,
    charges: Vec<(String, ChargeId)>,
    grants: Vec<(String, GrantId)>,
    asked: Vec<Job>,
}

const CUSTOMERS: [&str; 4] = ["ada", "bob", "cyd", "team"];

impl Workload {
    pub fn new(seed: u64) -> Workload {
        Workload {
            random: Random::new(seed),
            number: seed << 20,
            holds: vec![],
            charges: vec![],
            grants: vec![],
            asked: vec![],
        }
    }

    /// What comes first: customers with some credits.
    pub fn opening() -> Vec<Job> {
        CUSTOMERS.map(|id| job(id, put_customer(id, (id == "team").then_some("ada"), None))).to_vec()
    }

    /// Seconds that pass before the next job.
    pub fn pause(&mut self) -> i64 {
        if self.random.below(4) == 0 { self.random.below(600) as i64 } else { 0 }
    }

    pub fn next(&mut self, now: i64) -> Job {
        self.number += 1;
        let customer = CUSTOMERS[self.random.below(4) as usize];
        let amount = format!("{}.{}", self.random.below(9), 1 + self.random.below(9));
        let pick = |random: &mut Random, len: usize| random.below(len as u64) as usize;
        let (owner, act) = match self.random.below(16) {
            0 | 1 => (customer.to_owned(), grant(customer, &amount)),
            2 => {
                let until = at(now + 60 + self.random.below(1_800) as i64);
                (customer.to_owned(), grant_until(customer, &amount, Some(until)))
            }
            3..=6 => (customer.to_owned(), hold(customer, &amount)),
            7 => {
                let mark = u128::from(self.random.below(6));
                (customer.to_owned(), hold_on_quote(customer, &amount, mark, at(3_600)))
            }
            8 => (customer.to_owned(), charge(customer, &amount)),
            9 if !self.charges.is_empty() => {
                let (owner, id) = self.charges[pick(&mut self.random, self.charges.len())].clone();
                (owner, refund(id, RefundShare::Amount(credits(&amount))))
            }
            10 if !self.grants.is_empty() => {
                let (owner, id) = self.grants[pick(&mut self.random, self.grants.len())].clone();
                (owner, void(id))
            }
            11 if !self.asked.is_empty() => {
                return self.asked[pick(&mut self.random, self.asked.len())].clone();
            }
            _ if !self.holds.is_empty() => {
                let (owner, id) = self.holds[pick(&mut self.random, self.holds.len())].clone();
                let act = match self.random.below(6) {
                    0 => release(id),
                    1 => extend(id, Span::from_minutes(30)),
                    2 => capture_as(id, Asked::Amount(credits("0.3")), Outcome::Succeeded, false),
                    3 => capture_as(id, Asked::Held, Outcome::Failed, true),
                    4 => capture_as(id, Asked::Held, Outcome::Unknown, true),
                    _ => capture(id),
                };
                (owner, act)
            }
            _ => (customer.to_owned(), grant(customer, "25")),
        };
        let job = keyed(&owner, self.number, act);
        self.asked.push(job.clone());
        job
    }

    pub fn learn(&mut self, job: &Job, answer: &Answer) {
        let scrip_store::Target::Customer(owner) = &job.target else { return };
        let owner = owner.as_str().to_owned();
        match &answer.outcome {
            Ok(Reply::Hold(hold)) => self.holds.push((owner, hold.id)),
            Ok(Reply::Grant(grant)) => self.grants.push((owner, grant.id)),
            Ok(Reply::Charge(charge)) => self.charges.push((owner, charge.id)),
            Ok(Reply::Captured(captured)) => {
                self.charges.extend(captured.charge.as_ref().map(|charge| (owner, charge.id)));
            }
            _ => {}
        }
    }
}
