//! Subscriptions: a customer's running plan, cycle by cycle.

use std::sync::Arc;

use minicbor::{Decode, Encode};

use crate::add_on::{AddOnTerms, OnAnnual};
use crate::amount::Credits;
use crate::customer::PoolId;
use crate::cycle::{self, Calendar};
use crate::id::{AddOnId, Name, SubscriptionId};
use crate::plan::{CycleAnchor, Drip, GrantRule, Interval, Plan, PlanTerms, SeatPool};
use crate::shorter_period::ShorterPeriod;
use crate::time::Timestamp;

/// A customer's running plan.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Subscription {
    #[n(0)]
    pub id: SubscriptionId,
    /// The customer's.
    #[n(1)]
    pub pool: PoolId,
    /// The plan as it was when its terms were last taken: at the start, a renewal or a change.
    #[cbor(n(2), with = "crate::shared")]
    pub plan: Arc<Plan>,
    /// The catalog version that the plan is of.
    #[n(3)]
    pub catalog_version: u32,
    #[n(4)]
    pub interval: Interval,
    /// 1 where the plan is not sold by seat.
    #[n(5)]
    pub seats: u32,
    #[n(6)]
    pub status: SubscriptionStatus,
    /// Where cycles are counted from.
    #[n(7)]
    pub anchor: Timestamp,
    #[n(8)]
    pub anchored_to: CycleAnchor,
    /// The zone that its cycles are reckoned in.
    #[n(9)]
    pub zone: Name,
    /// The cycle at work, from 0.
    #[n(10)]
    pub cycle: u32,
    /// Where the anchor's cycles begin to count: a new anchor does not give cycles new numbers.
    #[n(11)]
    pub cycle_of_anchor: u32,
    #[n(12)]
    pub period_start: Timestamp,
    /// `None` while a cycle that starts with the first use waits for it.
    #[n(13)]
    pub period_end: Option<Timestamp>,
    /// The month at work of a cycle whose credits arrive month by month, from 0.
    #[n(14)]
    pub part: u32,
    /// It ends with its period.
    #[n(15)]
    pub ends: bool,
    /// What the next renewal changes.
    #[n(16)]
    pub next: Option<PlanChoice>,
    /// Credits that this cycle granted: a change back and forth grants nothing twice.
    #[n(17)]
    pub granted: Vec<Granted>,
    #[n(18)]
    pub add_ons: Vec<AddOn>,
    #[n(19)]
    pub created_at: Timestamp,
    #[n(20)]
    pub ended_at: Option<Timestamp>,
    /// When the next month begins, where something arrives month by month.
    #[n(21)]
    pub next_part_at: Option<Timestamp>,
    /// While a payment is due: the terms of the cycle whose rest is kept. `None`: those of the plan.
    #[n(22)]
    pub kept_by: Option<Box<PlanTerms>>,
    /// The periods at work that are shorter than the cycle, of those that something comes by; one of each length.
    #[n(23)]
    #[cbor(default)]
    pub shorter: Vec<ShorterPeriod>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum SubscriptionStatus {
    /// Starts later.
    #[n(0)]
    Scheduled,
    #[n(1)]
    Trialing,
    #[n(2)]
    Active,
    /// A payment is due: credits are kept until then, and nothing new is granted (MISSION A42).
    #[n(3)]
    PastDue {
        #[n(0)]
        until: Timestamp,
        /// The plan was being tried when it fell due: once it is paid the trial goes on.
        #[n(1)]
        #[cbor(default)]
        trying: bool,
    },
    #[n(4)]
    Canceled,
}

impl SubscriptionStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            SubscriptionStatus::Scheduled => "scheduled",
            SubscriptionStatus::Trialing => "trialing",
            SubscriptionStatus::Active => "active",
            SubscriptionStatus::PastDue { .. } => "past_due",
            SubscriptionStatus::Canceled => "canceled",
        }
    }
}

/// A plan, how it is billed, and for how many seats.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PlanChoice {
    #[n(0)]
    pub plan: Name,
    #[n(1)]
    pub interval: Interval,
    #[n(2)]
    pub seats: u32,
}

/// What a cycle granted into one bucket, for one seat or for all.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Granted {
    #[n(0)]
    pub bucket: Name,
    #[n(1)]
    pub seat: Option<u32>,
    #[n(2)]
    pub credits: Credits,
}

/// Units bought on top of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AddOn {
    #[n(0)]
    pub id: AddOnId,
    #[cbor(n(1), with = "crate::shared")]
    pub terms: Arc<AddOnTerms>,
    #[n(2)]
    pub units: u32,
    #[n(3)]
    pub created_at: Timestamp,
    /// It ends with the period.
    #[n(4)]
    pub ends: bool,
    #[n(5)]
    pub ended_at: Option<Timestamp>,
    /// The cycle and the month in it that were granted last.
    #[n(6)]
    pub granted: Option<(u32, u32)>,
}

impl Subscription {
    /// Does it give what its plan gives: tools, limits, add-ons?
    pub fn is_live(&self) -> bool {
        match self.status {
            SubscriptionStatus::Trialing | SubscriptionStatus::Active | SubscriptionStatus::PastDue { .. } => true,
            SubscriptionStatus::Scheduled | SubscriptionStatus::Canceled => false,
        }
    }

    pub fn has_ended(&self) -> bool {
        self.status == SubscriptionStatus::Canceled
    }

    pub(crate) fn is_past_due(&self) -> bool {
        matches!(self.status, SubscriptionStatus::PastDue { .. })
    }

    /// Is the plan being tried, whether a payment is due or not?
    pub(crate) fn is_tried(&self) -> bool {
        matches!(self.status, SubscriptionStatus::Trialing | SubscriptionStatus::PastDue { trying: true, .. })
    }

    /// The time to try the plan is over: a payment that is due stays due.
    pub(crate) fn end_trial(&mut self) {
        self.status = match self.status {
            SubscriptionStatus::Trialing => SubscriptionStatus::Active,
            SubscriptionStatus::PastDue { until, .. } => SubscriptionStatus::PastDue { until, trying: false },
            status => status,
        };
    }

    pub fn terms(&self) -> Option<&PlanTerms> {
        self.plan.terms(self.interval)
    }

    /// What the cycle at work grants by: the plan's rules, but for a trial that brings credits of its own, or that
    /// was begun with another plan and goes on with one that has none.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &GrantRule> {
        self.terms_at_work().into_iter().flat_map(PlanTerms::of_cycle)
    }

    /// What comes by shorter periods, if anything of the plan does now.
    pub(crate) fn shorter_rules(&self) -> impl Iterator<Item = &GrantRule> {
        let rules = self.terms_at_work().into_iter().flat_map(|terms| &terms.grants);
        rules.filter(|rule| rule.every.is_some())
    }

    fn terms_at_work(&self) -> Option<&PlanTerms> {
        let brings_quota = self.plan.trial.is_some() && self.plan.trial_grants.is_none();
        let tries_other = self.is_tried() && !brings_quota;
        self.terms().filter(|_| !tries_other)
    }

    /// Grants of seats belong to the seats, and not to all.
    pub fn seats_own_their_grants(&self) -> bool {
        self.plan.seats.is_some_and(|seats| seats.pool == SeatPool::Own)
    }

    /// What its cycle granted so far into a bucket, for a seat or for all.
    pub(crate) fn granted(&self, bucket: &str, seat: Option<u32>) -> Credits {
        granted_in(&self.granted, bucket, seat).unwrap_or_default()
    }

    pub(crate) fn set_granted(&mut self, bucket: &Name, seat: Option<u32>, credits: Credits) {
        set_granted_in(&mut self.granted, bucket, seat, credits);
    }

    pub(crate) fn has_granted(&self, bucket: &str, seat: Option<u32>) -> bool {
        granted_in(&self.granted, bucket, seat).is_some()
    }

    /// What falls due next, and when; of one instant, the end of grace before the end of the period, that before the
    /// month within it, and last the end of a shorter period.
    pub(crate) fn next_due(&self) -> Option<(Timestamp, SubscriptionDue)> {
        match self.status {
            SubscriptionStatus::Canceled => return None,
            SubscriptionStatus::Scheduled => return Some((self.anchor, SubscriptionDue::Starts)),
            SubscriptionStatus::Trialing | SubscriptionStatus::Active | SubscriptionStatus::PastDue { .. } => {}
        }
        let grace = match self.status {
            SubscriptionStatus::PastDue { until, .. } => Some((until, SubscriptionDue::GraceEnds)),
            _ => None,
        };
        let period = self.period_end.map(|end| (end, SubscriptionDue::PeriodEnds));
        let part = self.next_part_at.map(|at| (at, SubscriptionDue::PartBegins));
        let shorter = self.shorter.iter().map(|period| period.end).min();
        let shorter = shorter.map(|end| (end, SubscriptionDue::ShorterEnds));
        [grace, period, part, shorter].into_iter().flatten().min()
    }

    pub(crate) fn calendar(&self) -> Calendar {
        Calendar {
            anchor: self.anchor,
            interval: self.interval,
            anchored_to: self.anchored_to,
            zone: cycle::zone(&self.zone),
        }
    }

    /// Where a cycle begins.
    pub(crate) fn cycle_start(&self, cycle: u32) -> Timestamp {
        self.calendar().start(cycle.saturating_sub(self.cycle_of_anchor))
    }

    /// Where a month of the cycle at work begins.
    pub(crate) fn part_start(&self, part: u32) -> Timestamp {
        let months = Calendar { interval: Interval::Month, ..self.calendar() };
        match self.anchored_to {
            CycleAnchor::Calendar => Calendar { anchor: self.period_start, ..months }.start(part),
            CycleAnchor::Purchase | CycleAnchor::FirstUse => {
                let cycles = self.cycle.saturating_sub(self.cycle_of_anchor);
                months.start(cycles.saturating_mul(12).saturating_add(part))
            }
        }
    }

    fn arrives_monthly(&self) -> bool {
        let plan = self.terms().is_some_and(|terms| terms.grants.iter().any(|rule| rule.drip == Drip::Monthly));
        let monthly = |add_on: &AddOn| add_on.ended_at.is_none() && add_on.terms.on_annual == OnAnnual::Monthly;
        self.interval == Interval::Year && (plan || self.add_ons.iter().any(monthly))
    }

    /// Finds the month at work, and when the next begins.
    pub(crate) fn find_part(&mut self, at: Timestamp) {
        self.next_part_at = None;
        if !self.arrives_monthly() {
            return;
        }
        while self.part < PARTS_MAX && self.part_start(self.part + 1) <= at {
            self.part += 1;
        }
        let next = self.part_start(self.part + 1);
        self.next_part_at = Some(next).filter(|next| self.period_end.is_some_and(|end| *next < end));
    }
}

/// A year has no more months than this, a short first one of the calendar included.
const PARTS_MAX: u32 = 12;

/// What falls due of a subscription, in the order in which it happens at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SubscriptionDue {
    Starts,
    GraceEnds,
    PeriodEnds,
    PartBegins,
    ShorterEnds,
}

/// What was granted into a bucket, for a seat or for all; `None` where nothing was.
pub(crate) fn granted_in(granted: &[Granted], bucket: &str, seat: Option<u32>) -> Option<Credits> {
    let found = granted.iter().find(|granted| granted.bucket.as_str() == bucket && granted.seat == seat);
    found.map(|granted| granted.credits)
}

pub(crate) fn set_granted_in(granted: &mut Vec<Granted>, bucket: &Name, seat: Option<u32>, credits: Credits) {
    match granted.iter_mut().find(|granted| granted.bucket == *bucket && granted.seat == seat) {
        Some(found) => found.credits = credits,
        None => granted.push(Granted { bucket: bucket.clone(), seat, credits }),
    }
}
