//! Facts: what a price relied on that only the wallet knows, and whether it still holds.
//!
//! A tool whose price depends on the customer is priced with facts, the command carries those that were used,
//! and the ledger compares: where they no longer hold, the price is made again (DESIGN section 1).

use minicbor::{Decode, Encode};

use crate::amount::Credits;
use crate::command::HoldNew;
use crate::counting::Counting;
use crate::customer::PoolId;
use crate::id::Name;
use crate::period::period_start;
use crate::plan::Interval;
use crate::refusal::Refusal;
use crate::tally::{Counted, TallyKey};
use crate::time::{Span, Timestamp};
use crate::wallet::{Recorder, Wallet};

/// What the price of a job relied on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct FactsUsed {
    /// The first plan that is live, by age; `None` is a customer without one.
    #[n(0)]
    pub plan: Option<Name>,
    /// Of those lines whose price depends on what was used before.
    #[n(1)]
    pub lines: Vec<LineFacts>,
    /// The wallet was looked at: plan and lines must still be so when the job is held.
    #[n(2)]
    pub of_wallet: bool,
    /// All that it was priced with beside its inputs, as JSON: the hold keeps it for what is measured later.
    #[n(3)]
    pub priced_with: Option<Name>,
}

/// What the price of one line relied on. Lines of one tool see what the lines before them take.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct LineFacts {
    /// Its place in the job, from 0.
    #[n(0)]
    pub line: u16,
    #[n(1)]
    pub tool: Name,
    /// Where the tool's first jobs are free.
    #[n(2)]
    pub free_job: Option<FreeJob>,
    /// Where the tool's first units are free.
    #[n(3)]
    pub free_units: Option<FreeUnits>,
    /// Where unchanged repeats are free.
    #[n(4)]
    pub repeat: Option<Repeat>,
}

/// Of a tool whose first jobs of a period are free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct FreeJob {
    /// `None`: ever.
    #[n(0)]
    pub per: Option<Interval>,
    /// Free jobs that were used before.
    #[n(1)]
    pub used: u64,
    /// Jobs of this line that are free.
    #[n(2)]
    pub taken: u64,
}

/// Of a tool whose first units of a period are free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct FreeUnits {
    /// `None`: ever.
    #[n(0)]
    pub per: Option<Interval>,
    /// Free units that were used before.
    #[n(1)]
    pub used: Credits,
    /// Units of this line that are free.
    #[n(2)]
    pub taken: Credits,
}

/// Of a tool whose unchanged repeats are free.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Repeat {
    /// A hash of tool, model and inputs.
    #[n(0)]
    pub mark: Name,
    /// The same was paid for before.
    #[n(1)]
    pub paid: bool,
    /// How long the same is free once it was paid for; `None` is for ever, as earlier releases had it.
    #[n(2)]
    pub free_for: Option<Span>,
}

impl Wallet {
    /// The first live plan of a customer, or of one that it belongs to, by age.
    pub fn plan_for_price(&self, pool: PoolId) -> Option<&Name> {
        self.plans_of(pool).next().map(|subscription| &subscription.plan.id)
    }

    /// Free jobs of a tool that a customer has used in the period.
    pub fn free_jobs_used(&self, pool: PoolId, tool: &Name, per: Option<Interval>, zone: &str, at: Timestamp) -> u64 {
        if self.tallies.is_empty() {
            return 0;
        }
        self.counted(&of(pool, Counted::FreeJobs(tool.clone())), period_start(per, zone, at)).count
    }

    /// Free units of a tool that a customer has used in the period.
    pub fn free_units_used(
        &self,
        pool: PoolId,
        tool: &Name,
        per: Option<Interval>,
        zone: &str,
        at: Timestamp,
    ) -> Credits {
        if self.tallies.is_empty() {
            return Credits::ZERO;
        }
        self.counted(&of(pool, Counted::FreeUnits(tool.clone())), period_start(per, zone, at)).amount
    }

    /// Were these inputs paid for before, and is the same free still?
    pub fn was_paid(&self, pool: PoolId, mark: &Name, at: Timestamp) -> bool {
        if self.tallies.is_empty() {
            return false;
        }
        let paid = self.tallies.get(&of(pool, Counted::Paid(mark.clone())));
        paid.is_some_and(|tally| tally.count > 0 && tally.counts_at(at))
    }
}

fn of(pool: PoolId, what: Counted) -> TallyKey {
    TallyKey { pool, member: None, what }
}

/// Does all still hold that the price relied on? A promised quote keeps its price.
///
/// Refusals: `reprice`.
pub(crate) fn check(rec: &Recorder<'_>, pool: PoolId, new: &HoldNew) -> Result<(), Refusal> {
    let checked = |facts: &&FactsUsed| facts.of_wallet && new.promise.is_none();
    let Some(facts) = new.facts.as_deref().filter(checked) else { return Ok(()) };
    let (wallet, at, zone) = (&*rec.wallet, rec.at, rec.zone());
    let mut holds = wallet.plan_for_price(pool) == facts.plan.as_ref();
    for (index, line) in facts.lines.iter().enumerate() {
        let before = || facts.lines[..index].iter().filter(|other| other.tool == line.tool);
        if let Some(free) = line.free_job {
            let taken =
                before().filter_map(|other| other.free_job).fold(0, |sum: u64, free| sum.saturating_add(free.taken));
            let used = wallet.free_jobs_used(pool, &line.tool, free.per, &zone, at);
            holds &= used.saturating_add(taken) == free.used;
        }
        if let Some(free) = line.free_units {
            let used = wallet.free_units_used(pool, &line.tool, free.per, &zone, at);
            let mut taken = before().filter_map(|other| other.free_units).map(|free| free.taken);
            holds &= taken.try_fold(used, Credits::checked_add) == Some(free.used);
        }
        if let Some(repeat) = &line.repeat {
            holds &= wallet.was_paid(pool, &repeat.mark, at) == repeat.paid;
        }
    }
    if holds { Ok(()) } else { Err(Refusal::Reprice) }
}

/// Adds what the job takes of free allowances to what it counts towards.
pub(crate) fn add_countings(rec: &Recorder<'_>, pool: PoolId, new: &HoldNew, counts: &mut Option<Vec<Counting>>) {
    let Some(facts) = &new.facts else { return };
    let zone = rec.zone();
    let counting = |line: u16, what: Counted, per: Option<Interval>| {
        let since = period_start(per, &zone, rec.at);
        Counting { key: of(pool, what), since, lines: Some(vec![line]), units: Credits::ZERO, jobs: 0, free_for: None }
    };
    let mut add = |counting: Counting| counts.get_or_insert_with(Vec::new).push(counting);
    for line in &facts.lines {
        if let Some(free) = line.free_job.filter(|free| free.taken > 0) {
            let jobs = counting(line.line, Counted::FreeJobs(line.tool.clone()), free.per);
            add(Counting { jobs: free.taken, ..jobs });
        }
        if let Some(free) = line.free_units.filter(|free| free.taken.is_positive()) {
            let units = counting(line.line, Counted::FreeUnits(line.tool.clone()), free.per);
            add(Counting { units: free.taken, ..units });
        }
        if let Some(repeat) = &line.repeat {
            let paid = counting(line.line, Counted::Paid(repeat.mark.clone()), None);
            add(Counting { free_for: repeat.free_for, ..paid });
        }
    }
}

impl Recorder<'_> {
    /// The zone of the studio's calendar.
    pub(crate) fn zone(&self) -> Name {
        self.book.at(self.at).map_or_else(|| Name::from("UTC"), |terms| terms.zone.clone())
    }
}
