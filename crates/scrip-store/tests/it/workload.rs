//! Random jobs, the same for the same seed.

use scrip_ledger::command::{Asked, CancelAt, RefundShare};
use scrip_ledger::id::{AddOnId, ChargeId, GrantId, HoldId, SubscriptionId};
use scrip_ledger::plan::Interval;
use scrip_ledger::policy::Outcome;
use scrip_ledger::{Act, Answer, Reply, Span};
use scrip_store::Job;

use crate::commands::*;
use crate::offers::{DAY, buy_units, cancel, change_plan, change_seats, claim, purchase, subscribe, subscribe_from};

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
    /// What was asked lately, and when: a key that is older than a week may be forgotten.
    asked: Vec<(i64, Job)>,
    /// Jobs are about plans too, and days pass between them.
    has_plans: bool,
    subscriptions: Vec<(String, SubscriptionId)>,
    add_ons: Vec<(String, AddOnId)>,
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
            has_plans: false,
            subscriptions: vec![],
            add_ons: vec![],
        }
    }

    pub fn with_plans(seed: u64) -> Workload {
        Workload { has_plans: true, ..Workload::new(seed) }
    }

    /// What comes first: customers with some credits.
    pub fn opening() -> Vec<Job> {
        CUSTOMERS.map(|id| job(id, put_customer(id, (id == "team").then_some("ada"), None))).to_vec()
    }

    /// Seconds that pass before the next job.
    pub fn pause(&mut self) -> i64 {
        match (self.random.below(4), self.has_plans) {
            (0, false) => self.random.below(600) as i64,
            (0, true) => self.random.below(3 * DAY as u64) as i64,
            _ => 0,
        }
    }

    pub fn next(&mut self, now: i64) -> Job {
        self.number += 1;
        self.asked.retain(|(asked, _)| now - asked < 6 * DAY);
        let customer = CUSTOMERS[self.random.below(4) as usize];
        let amount = format!("{}.{}", self.random.below(9), 1 + self.random.below(9));
        let pick = |random: &mut Random, len: usize| random.below(len as u64) as usize;
        let act = if self.has_plans && self.random.below(3) == 0 { self.next_of_plans(customer, now) } else { None };
        if let Some((owner, act)) = act {
            let job = keyed(&owner, self.number, act);
            self.asked.push((now, job.clone()));
            return job;
        }
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
                return self.asked[pick(&mut self.random, self.asked.len())].1.clone();
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
        self.asked.push((now, job.clone()));
        job
    }

    /// Something about plans; nothing where there is none yet to do it with.
    fn next_of_plans(&mut self, customer: &str, now: i64) -> Option<(String, Act)> {
        let interval = [Interval::Day, Interval::Month, Interval::Year][self.random.below(3) as usize];
        let pick = |random: &mut Random, len: usize| (len > 0).then(|| random.below(len as u64) as usize);
        let known = pick(&mut self.random, self.subscriptions.len()).map(|index| self.subscriptions[index].clone());
        let of_known = |act: &dyn Fn(SubscriptionId) -> Act| known.clone().map(|(owner, id)| (owner, act(id)));
        match self.random.below(15) {
            12 => Some((customer.to_owned(), purchase(customer))),
            13 => Some((customer.to_owned(), claim(customer))),
            0 | 1 => Some((customer.to_owned(), subscribe(customer, "basic", interval))),
            2 => Some((customer.to_owned(), subscribe(customer, "team", Interval::Day))),
            3 => Some((customer.to_owned(), subscribe_from(customer, "basic", interval, Some(at(now + 2 * DAY))))),
            4 => {
                let seats = 1 + self.random.below(9) as u32;
                of_known(&|id| change_seats(id, seats))
            }
            5 => {
                let plan = ["basic", "team"][self.random.below(2) as usize];
                of_known(&|id| change_plan(id, plan, interval))
            }
            6 => {
                let when = if self.random.below(2) == 0 { CancelAt::Now } else { CancelAt::PeriodEnd };
                of_known(&|id| cancel(id, when))
            }
            7 => of_known(&|subscription| Act::PastDue { subscription }),
            8 => of_known(&|subscription| Act::Recover { subscription }),
            9 => {
                let (owner, add_on) = self.add_ons[pick(&mut self.random, self.add_ons.len())?].clone();
                Some((owner, Act::EndAddOn { add_on }))
            }
            10 => Some((customer.to_owned(), member(customer, "lin", Some(1 + self.random.below(3) as u32)))),
            _ => Some((customer.to_owned(), buy_units(customer, 1 + self.random.below(3) as u32))),
        }
    }

    pub fn learn(&mut self, job: &Job, answer: &Answer) {
        let scrip_store::Target::Customer(owner) = &job.target else { return };
        let owner = owner.as_str().to_owned();
        match &answer.outcome {
            Ok(Reply::Hold(hold)) => self.holds.push((owner, hold.id)),
            Ok(Reply::Grant(grant)) => self.grants.push((owner, grant.id)),
            Ok(Reply::Subscription(known)) => self.subscriptions.push((owner, known.id)),
            Ok(Reply::AddOn { id, .. }) => self.add_ons.push((owner, *id)),
            Ok(Reply::Charge(charge)) => self.charges.push((owner, charge.id)),
            Ok(Reply::Captured(captured)) => {
                self.charges.extend(captured.charge.as_ref().map(|charge| (owner, charge.id)));
            }
            _ => {}
        }
    }
}
