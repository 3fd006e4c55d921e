//! Free allowances: the first jobs and the first units of a period, shared out over the jobs of a line one after
//! the other.

use scrip_ledger::Credits;

use crate::pricing::Job;
use crate::quote::{Facts, PriceError};
use crate::rational::Rounding;

/// Jobs of one line that cost the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    pub jobs: u64,
    /// Free units that each of them may use; `None` is what the facts say.
    pub free_left: Option<Credits>,
}

/// How a line uses what is free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shares {
    /// Jobs that are free because they are the first of their period.
    pub free_jobs: u64,
    /// Units that are free.
    pub free_units: Credits,
    /// The jobs that are priced, those with the most free units first.
    pub priced: Vec<Share>,
}

impl Job<'_> {
    /// Shares the allowances out. A job that is free does not use free units up.
    pub fn shares(&self, facts: Option<&Facts>) -> Result<Shares, PriceError> {
        let free_jobs = self.free_jobs(facts)?;
        let jobs = self.quantity - free_jobs;
        let mut shares = Shares { free_jobs, free_units: Credits::ZERO, priced: Vec::with_capacity(1) };
        let left = facts.and_then(|facts| facts.free_units_left).unwrap_or(Credits::ZERO);
        let wanted = if jobs == 0 || !left.is_positive() { Credits::ZERO } else { self.free_units_wanted(facts)? };
        if !wanted.is_positive() {
            shares.add(jobs, None);
            return Ok(shares);
        }
        let whole = u64::try_from(left.micro() / wanted.micro()).unwrap_or(0).min(jobs);
        let rest = Credits::from_micro(left.micro() % wanted.micro());
        let partly = u64::from(whole < jobs && rest.is_positive());
        shares.add(whole, Some(wanted));
        shares.add(partly, Some(rest));
        shares.add(jobs - whole - partly, Some(Credits::ZERO));
        let used = i128::from(wanted.micro()) * i128::from(jobs);
        shares.free_units = Credits::from_micro(i64::try_from(used).unwrap_or(i64::MAX)).min(left);
        Ok(shares)
    }

    fn free_jobs(&self, facts: Option<&Facts>) -> Result<u64, PriceError> {
        let used = facts.and_then(|facts| facts.used_count);
        let (Some(free), Some(used)) = (&self.tool.first_free, used) else { return Ok(0) };
        for choice in &free.counts {
            let holds = match &choice.when {
                Some(when) => self.with_values(facts, None, |values| Ok(when.eval(values.slots)?)),
                None => Ok(true),
            };
            if holds.map_err(|none| self.refuse(none))? {
                return Ok(choice.count.saturating_sub(used).min(self.quantity));
            }
        }
        Ok(0)
    }

    /// Units that one job would use if enough were free.
    fn free_units_wanted(&self, facts: Option<&Facts>) -> Result<Credits, PriceError> {
        let (Some(_), Some(price)) = (&self.tool.free_units, self.price(facts)?) else { return Ok(Credits::ZERO) };
        let wanted = self.with_values(facts, None, |values| price.free_units_wanted(values));
        let wanted = wanted.map_err(|none| self.refuse(none))?;
        wanted.to_credits(6, Rounding::Up).map_err(|_| self.too_large())
    }
}

impl Shares {
    fn add(&mut self, jobs: u64, free_left: Option<Credits>) {
        if jobs > 0 {
            self.priced.push(Share { jobs, free_left });
        }
    }
}
