//! Captures: taking what a job really used, and giving the rest back.

mod amounts;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::amounts::Due;
use crate::allocation::Allocation;
use crate::amount::Credits;
use crate::charge::{Charge, ChargeDraw, ChargeLine, DrawPart};
use crate::command::{Asked, CaptureNew};
use crate::debt;
use crate::earn;
use crate::entry::{EntryKind, Place};
use crate::grant::Payer;
use crate::hold::{Draw, Hold, HoldState, HoldStatus, HoldTerms, LineState};
use crate::id::{ChargeId, GrantId, HoldId};
use crate::policy::{LateCapture, Outcome, OutcomeCharge, OverCapture, Spending};
use crate::refusal::{Missing, Refusal};
use crate::release;
use crate::reply::{Captured, Reply};
use crate::seat::Spender;
use crate::time::Timestamp;
use crate::wallet::{Recorder, Wallet};

/// A hold at work: its terms, and a copy of its state that is written back once.
struct Job {
    id: HoldId,
    terms: Arc<HoldTerms>,
    state: HoldState,
    /// Captured after it expired.
    late: bool,
}

/// Captures a hold, or one line of it.
///
/// Refusals: `not_found` (hold, line); `hold_captured`, `hold_released`, `hold_expired` (unless
/// `late_capture` allows it); `line_ended`; `invalid_input` (what must be measured, delivered or named);
/// `invalid_amount` (below zero, or more than can be counted); `exceeds_hold` and `debt_limit`, where the
/// price's over-capture policy refuses. MISSION S0-31, A05, A08, A09, A38.
pub(crate) fn capture(rec: &mut Recorder<'_>, id: HoldId, new: &CaptureNew) -> Result<Reply, Refusal> {
    let hold = rec.wallet.hold(id).ok_or(Refusal::NotFound { what: Missing::Hold })?;
    let lines = hold.lines_to_capture(new.line)?;
    let late = hold.state.status == HoldStatus::Expired;
    let ends = new.is_final || late;
    let mut job = Job { id, terms: hold.terms.clone(), state: hold.state.clone(), late };
    if new.outcome == Outcome::Unknown {
        return Ok(keep(rec, job, &lines));
    }
    let asked = job.amounts(&lines, new)?;
    let plan = plan(rec.wallet, rec.at, &job, &asked, new)?;
    // From here on this must succeed.
    rec.context.hold = Some(id);
    let charge = take(rec, &mut job, new, &plan);
    let released = if ends { job.end_lines(rec, &lines) } else { Credits::ZERO };
    if ends && job.terms.counts.is_some() {
        lines.iter().for_each(|line| job.count_line(rec, *line, new));
    }
    if ends {
        lines.iter().for_each(|line| earn::earn(rec, &job.terms, *line, new, charge));
    }
    job.settle_status(new.outcome);
    rec.change_hold(id, job.state);
    rec.settle_debt();
    let hold = rec.wallet.hold(id).expect("found above").clone();
    let charge = rec.wallet.charge(charge).cloned();
    Ok(Reply::Captured(Box::new(Captured { hold, charge, released, shortfall: plan.shortfall() })))
}

/// The line named, or all that have not ended.
fn target_lines(hold: &Hold, line: Option<u16>) -> Result<Vec<usize>, Refusal> {
    let lines = &hold.state.lines;
    match line.map(usize::from) {
        None => Ok((0..lines.len()).filter(|line| !lines[*line].ended).collect()),
        Some(line) if line < lines.len() => Ok(vec![line]),
        Some(_) => Err(Refusal::NotFound { what: Missing::Line }),
    }
}

impl Hold {
    /// The lines that a capture of this line, or of all that are left, is about.
    ///
    /// Refusals: `not_found` (line); `hold_captured`, `hold_released`, `hold_expired` (unless `late_capture` allows
    /// it); `line_ended`.
    pub fn lines_to_capture(&self, line: Option<u16>) -> Result<Vec<usize>, Refusal> {
        let lines = target_lines(self, line)?;
        if let Some(ended) = self.ended().filter(|_| !may_be_late(self, &lines)) {
            return Err(ended);
        }
        match lines.iter().any(|line| self.state.lines[*line].ended) {
            true => Err(Refusal::LineEnded),
            false => Ok(lines),
        }
    }
}

/// Has the hold expired, and do all of these lines allow a capture after that?
fn may_be_late(hold: &Hold, lines: &[usize]) -> bool {
    let allows = |line: &usize| hold.terms.lines[*line].policy.late_capture == LateCapture::ChargeAvailable;
    hold.state.status == HoldStatus::Expired && lines.iter().all(allows)
}

/// Nobody knows how it ended: nothing is charged, and the hold waits for a verdict (MISSION A38).
fn keep(rec: &mut Recorder<'_>, mut job: Job, lines: &[usize]) -> Reply {
    let ttl = lines.iter().map(|line| job.terms.lines[*line].policy.unknown_ttl).max().unwrap_or_default();
    if !job.late {
        job.state.stuck = true;
        job.state.expires_at = job.state.expires_at.max(rec.at.after(ttl));
        rec.change_hold(job.id, job.state);
        rec.stick_hold(job.id);
    }
    let hold = rec.wallet.hold(job.id).expect("found by the caller").clone();
    Reply::Captured(Box::new(Captured { hold, charge: None, released: Credits::ZERO, shortfall: Credits::ZERO }))
}

impl Job {
    /// What a line has left; after the hold expired, what it had held and never captured.
    fn room(&self, line: usize) -> Credits {
        let state = &self.state.lines[line];
        if self.late { state.held().saturating_sub(state.captured()) } else { state.remaining() }
    }

    /// The draws that may pay for a line, in order: its own, then in an envelope those of other lines
    /// that could pay for its tool too.
    fn draws_for<'a>(
        &'a self,
        wallet: &'a Wallet,
        line: usize,
        spending: &'a Spending,
    ) -> impl Iterator<Item = (usize, usize)> + 'a {
        let own = |line: usize| (0..self.state.lines[line].draws.len()).map(move |draw| (line, draw));
        let tool = self.terms.lines[line].tool.as_deref();
        let may_lend = move |(other, draw): &(usize, usize)| {
            let grant = wallet.grant(self.state.lines[*other].draws[*draw].grant);
            grant.is_some_and(|grant| grant.allows_tool(tool, spending))
        };
        let lenders = if self.terms.envelope { 0..self.state.lines.len() } else { 0..0 };
        own(line).chain(lenders.filter(move |other| *other != line).flat_map(own).filter(may_lend))
    }

    /// Ends these lines and gives back what they have left. In an envelope the other lines may still need
    /// it, so it stays until the last line ends; after the hold expired nothing is left. Answers how much.
    fn end_lines(&mut self, rec: &mut Recorder<'_>, lines: &[usize]) -> Credits {
        lines.iter().for_each(|line| self.state.lines[*line].ended = true);
        let all: Vec<usize> = (0..self.state.lines.len()).collect();
        let over = self.state.lines.iter().all(|line| line.ended);
        let done = match (self.terms.envelope, over) {
            (false, _) => lines,
            (true, true) => &all,
            (true, false) => &[],
        };
        release::give_back_lines(rec, &self.terms, &mut self.state, done, EntryKind::Release)
    }

    /// A line ended: what is free stays used if it was delivered. One that ran out had given it back.
    fn count_line(&self, rec: &mut Recorder<'_>, line: usize, new: &CaptureNew) {
        let delivered = amounts::rule(new, &self.terms.lines[line]) != OutcomeCharge::Nothing;
        match (delivered, self.late) {
            (true, late) => {
                if late {
                    rec.free_taken(&self.terms, line);
                }
                rec.delivered(&self.terms, line, new.free_units, self.state.lines[line].captured());
            }
            (false, false) => rec.free_again(&self.terms, line),
            (false, true) => {}
        }
    }

    /// A hold ends with its last line: captured if anything was charged or the job succeeded, else
    /// released.
    fn settle_status(&mut self, outcome: Outcome) {
        if !self.state.lines.iter().all(|line| line.ended) {
            return;
        }
        let captured = self.state.captured().is_positive() || outcome == Outcome::Succeeded;
        self.state.status = if captured { HoldStatus::Captured } else { HoldStatus::Released };
        self.state.stuck = false;
    }
}

/// Where the credits of a capture come from, decided before anything moves.
#[derive(Default)]
struct Plan {
    lines: Vec<PlannedLine>,
    /// Taken anew from what is available: beyond the hold, or after it expired.
    fresh: Allocation,
    debts: Vec<(usize, Credits)>,
}

struct PlannedLine {
    line: usize,
    /// From the hold's own draws: line, draw, amount.
    held: Vec<(usize, usize, Credits)>,
    shortfall: Credits,
}

impl Plan {
    fn shortfall(&self) -> Credits {
        self.lines.iter().map(|line| line.shortfall).sum()
    }
}

fn plan(wallet: &Wallet, at: Timestamp, job: &Job, asked: &[Due], new: &CaptureNew) -> Result<Plan, Refusal> {
    let mut plan = Plan::default();
    let remaining = |line: &LineState| line.draws.iter().map(Draw::remaining).collect();
    let mut left: Vec<Vec<Credits>> = job.state.lines.iter().map(remaining).collect();
    for due in asked {
        let mut missing = due.amount;
        let mut held = Vec::new();
        for (line, draw) in job.draws_for(wallet, due.line, &new.spending) {
            if missing.is_zero() {
                break;
            }
            let there = &mut left[line][draw];
            let take = missing.min(*there);
            if take.is_positive() {
                held.push((line, draw, take));
                *there = there.saturating_sub(take);
                missing = missing.saturating_sub(take);
            }
        }
        let beyond = Beyond { wallet, at, job, new, line: due.line, asked: due.amount, missing };
        let shortfall = if missing.is_zero() { Credits::ZERO } else { beyond.decide(&mut plan)? };
        plan.lines.push(PlannedLine { line: due.line, held, shortfall });
    }
    let anew = plan.fresh.iter().map(|draw| draw.2).chain(plan.debts.iter().map(|debt| debt.1)).sum();
    job.state.room_for(anew)?;
    Ok(plan)
}

/// More is asked of a line than is held for it.
struct Beyond<'a> {
    wallet: &'a Wallet,
    at: Timestamp,
    job: &'a Job,
    new: &'a CaptureNew,
    line: usize,
    asked: Credits,
    missing: Credits,
}

impl Beyond<'_> {
    /// What the price's policy does about it: draws anew, owes, refuses. Answers the shortfall.
    fn decide(&self, plan: &mut Plan) -> Result<Credits, Refusal> {
        let policy = &self.job.terms.lines[self.line].policy;
        if self.job.late {
            let fresh = self.draw_available(self.missing.min(self.job.room(self.line)), plan);
            return Ok(self.missing.saturating_sub(fresh));
        }
        match policy.over_capture {
            OverCapture::Cap => Ok(self.missing),
            OverCapture::Reject => {
                let remaining = self.asked.saturating_sub(self.missing);
                Err(Refusal::ExceedsHold { asked: self.asked, remaining })
            }
            OverCapture::ChargeAvailable => {
                let fresh = self.draw_available(self.missing, plan);
                Ok(self.missing.saturating_sub(fresh))
            }
            OverCapture::AllowDebt { limit } => {
                let fresh = self.draw_available(self.missing, plan);
                self.owe(self.missing.saturating_sub(fresh), limit, plan)
            }
        }
    }

    fn owe(&self, unpaid: Credits, limit: Option<Credits>, plan: &mut Plan) -> Result<Credits, Refusal> {
        if unpaid.is_zero() {
            return Ok(Credits::ZERO);
        }
        // All that is asked of one capture can be counted, so its parts can.
        let planned: Credits = plan.debts.iter().map(|debt| debt.1).chain([unpaid]).sum();
        self.wallet.room_for(planned)?;
        let owed = [self.wallet.debt_in(&self.job.terms.currency), planned].into_iter().sum();
        if let Some(limit) = limit.filter(|limit| owed > *limit) {
            return Err(Refusal::DebtLimit { asked: owed, limit });
        }
        plan.debts.push((self.line, unpaid));
        Ok(Credits::ZERO)
    }

    /// Plans to take up to `wanted` of what is available now; answers how much there is.
    fn draw_available(&self, wanted: Credits, plan: &mut Plan) -> Credits {
        let terms = &self.job.terms;
        let pools = self.wallet.pools_of(terms.pool);
        let tool = terms.lines[self.line].tool.as_deref();
        let by = Spender::of(self.wallet, terms.pool, terms.member.as_ref());
        let payer = Payer { pools: &pools, by, tool, currency: &terms.currency, spending: &self.new.spending };
        let mut missing = wanted.min(self.wallet.available_for(&payer, self.at));
        let mut found = Credits::ZERO;
        for index in self.wallet.spendable(&payer, self.at) {
            let grant = &self.wallet.grants[index];
            let planned: Credits = plan.fresh.iter().filter(|draw| draw.1 == grant.id).map(|draw| draw.2).sum();
            let take = missing.min(grant.balance.available.saturating_sub(planned));
            if take.is_positive() {
                plan.fresh.push((self.line, grant.id, take));
                missing = missing.saturating_sub(take);
                found = found.checked_add(take).expect("available credits were issued");
            }
        }
        found
    }
}

/// Moves what was planned and writes the charge.
fn take(rec: &mut Recorder<'_>, job: &mut Job, new: &CaptureNew, plan: &Plan) -> ChargeId {
    let charge = ChargeId(rec.next_id());
    rec.context.charge = Some(charge);
    let mut paid: Vec<(usize, GrantId, Credits)> = Vec::new();
    for line in &plan.lines {
        for (from, draw, amount) in &line.held {
            let draw = &mut job.state.lines[*from].draws[*draw];
            rec.shift(EntryKind::Capture, draw.grant, Place::Held, Place::Spent, *amount);
            draw.capture(*amount);
            paid.push((line.line, draw.grant, *amount));
        }
    }
    for (line, grant, amount) in &plan.fresh {
        rec.shift(EntryKind::Hold, *grant, Place::Available, Place::Held, *amount);
        rec.shift(EntryKind::Capture, *grant, Place::Held, Place::Spent, *amount);
        rec.add_to_draw(&mut job.state.lines[*line], *grant, *amount).capture(*amount);
        paid.push((*line, *grant, *amount));
    }
    for (line, amount) in &plan.debts {
        let grant = debt::owe(rec, &job.terms, *amount, &new.spending);
        rec.add_to_draw(&mut job.state.lines[*line], grant, *amount).capture(*amount);
        paid.push((*line, grant, *amount));
    }
    rec.charge(describe(rec, charge, job, new, plan, &paid));
    for (_, grant, amount) in &paid {
        rec.overage_spent(*grant, *amount);
    }
    rec.context.charge = None;
    charge
}

fn describe(
    rec: &Recorder<'_>,
    id: ChargeId,
    job: &Job,
    new: &CaptureNew,
    plan: &Plan,
    paid: &[(usize, GrantId, Credits)],
) -> Charge {
    let terms = &job.terms;
    let measured = match &new.asked {
        Asked::Measured { inputs, .. } => Some(inputs.clone()),
        Asked::Held | Asked::Amount(_) => None,
    };
    let mut of_line: BTreeMap<usize, Credits> = BTreeMap::new();
    let mut of_grant: BTreeMap<GrantId, usize> = BTreeMap::new();
    let mut draws: Vec<ChargeDraw> = Vec::new();
    let add = |sum: &mut Credits, amount| *sum = sum.checked_add(amount).expect("spent credits were issued");
    for (line, grant, amount) in paid {
        add(of_line.entry(*line).or_default(), *amount);
        let index = *of_grant.entry(*grant).or_insert_with(|| {
            let bucket = rec.wallet.grant(*grant).expect("just drawn on").terms.bucket.clone();
            let none = Credits::ZERO;
            // Most charges are for one line, which took it all.
            let parts = (plan.lines.len() > 1).then(Vec::new);
            draws.push(ChargeDraw { grant: *grant, bucket, amount: none, refunded: none, parts });
            draws.len() - 1
        });
        let draw = &mut draws[index];
        add(&mut draw.amount, *amount);
        let Some(parts) = &mut draw.parts else { continue };
        match parts.last_mut().filter(|part| usize::from(part.line) == *line) {
            Some(part) => add(&mut part.amount, *amount),
            None => parts.push(DrawPart { line: *line as u16, amount: *amount }),
        }
    }
    // Nothing is said where all is for the first line.
    let first = plan.lines.first().map(|planned| planned.line as u16);
    for draw in &mut draws {
        draw.parts = draw.parts.take().filter(|parts| parts.iter().any(|part| Some(part.line) != first));
    }
    let lines = (plan.lines.iter())
        .map(|planned| ChargeLine {
            line: planned.line as u16,
            tool: terms.lines[planned.line].tool.clone(),
            model: terms.lines[planned.line].model.clone(),
            credits: of_line.get(&planned.line).copied().unwrap_or_default(),
            measured: measured.clone(),
        })
        .collect();
    Charge {
        id,
        hold: job.id,
        customer: terms.customer.clone(),
        member: terms.member.clone(),
        reference: terms.reference.clone(),
        catalog_version: terms.catalog_version,
        created_at: rec.at,
        outcome: new.outcome,
        credits: paid.iter().map(|paid| paid.2).sum(),
        lines,
        draws,
        cost: new.cost,
        shortfall: plan.shortfall(),
        currency: terms.currency.clone(),
    }
}
