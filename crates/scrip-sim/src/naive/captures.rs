//! Captures: what a job is charged, where that comes from, and what goes back.

use std::collections::BTreeMap;

use super::{
    Answer, COUNT_MAX, Charged, Figures, Lot, Move, Naive, No, Of, WALLET_MAX, figure, invalid, no, rounded_share,
};
use crate::script::{Asked, Capture, OUTCOMES, Over, Settings, Share};
use crate::seen::EntrySeen;

/// Grant, what was taken from it, what of that came back.
pub(super) type ChargeDraws = Vec<(usize, i128, i128)>;
/// Line, counted from 1, and what it was charged.
type ChargeLines = Vec<(usize, i128)>;

/// Where the credits of a capture come from.
#[derive(Default)]
struct Plan {
    /// Line that pays, grant, line that is paid for, amount.
    held: Vec<(usize, usize, usize, i128)>,
    /// Line, grant, amount: taken anew.
    fresh: Vec<(usize, usize, i128)>,
    /// Line, amount: taken on credit.
    debts: Vec<(usize, i128)>,
    shortfall: i128,
}

impl Naive {
    pub(super) fn capture(&mut self, settings: &Settings, capture: &Capture) -> Answer {
        let hold = self.find_hold(&capture.hold)?;
        let named = self.find_line(hold, capture.line)?;
        let held = &self.holds[hold];
        let lines: Vec<usize> = match named {
            Some(line) => vec![line],
            None => (0..held.lines.len()).filter(|line| !held.lines[*line].ended).collect(),
        };
        let late = held.status == "expired" && lines.iter().all(|line| held.lines[*line].policy.late_capture);
        if !late {
            self.must_be_open(hold)?;
        }
        if named.is_some_and(|line| self.holds[hold].lines[line].ended) {
            return Err(no("line_ended"));
        }
        if capture.outcome == "unknown" {
            return Ok(self.keep_waiting(hold, &lines, late));
        }
        self.check_inputs(hold, &lines, capture)?;
        let asked = self.asked(hold, &lines, capture, late)?;
        let plan = self.plan(settings, hold, &asked, late)?;
        let charge = self.take(settings, hold, &lines, capture, &plan);
        let released = self.end_lines(hold, &lines, capture.last, late);
        self.settle_status(hold, &capture.outcome);
        self.pay_debts();
        let charged: i128 = self.charge_draws(charge).iter().map(|draw| draw.1).sum();
        Ok(self.describe_capture(hold, figure(charged), released, plan.shortfall))
    }

    fn describe_capture(&self, hold: usize, charged: String, released: i128, shortfall: i128) -> Figures {
        let mut figures = self.describe_hold(hold);
        figures.retain(|(what, _)| *what != "released");
        figures.extend([("charged", charged), ("released", figure(released)), ("shortfall", figure(shortfall))]);
        figures
    }

    /// Nobody knows how it ended: the hold waits.
    fn keep_waiting(&mut self, hold: usize, lines: &[usize], late: bool) -> Figures {
        if !late {
            let held = &mut self.holds[hold];
            let longest = lines.iter().map(|line| held.lines[*line].policy.unknown_ttl_us).max().unwrap_or(0);
            held.stuck = true;
            held.expires_us = held.expires_us.max(self.now_us.saturating_add_unsigned(longest));
            self.changed = true;
        }
        self.describe_capture(hold, "none".to_owned(), 0, 0)
    }

    /// How much of its price a line is charged for this outcome.
    fn rule(&self, hold: usize, line: usize, capture: &Capture) -> Share {
        let policy = &self.holds[hold].lines[line].policy;
        let Some(index) = OUTCOMES.iter().position(|known| *known == capture.outcome) else { return Share::Full };
        let queued = policy.queued.get(index).copied().flatten().filter(|_| capture.queued);
        queued.unwrap_or(policy.outcomes[index])
    }

    fn check_inputs(&self, hold: usize, lines: &[usize], capture: &Capture) -> Result<(), No> {
        if capture.delivered.is_some_and(|(part, of)| of == 0 || part > of) {
            return Err(invalid("delivered"));
        }
        if matches!(capture.asked, Asked::Measured(_)) && lines.len() > 1 {
            return Err(invalid("line"));
        }
        for line in lines.iter().filter(|_| capture.asked == Asked::Held) {
            if let Some(open) = &self.holds[hold].lines[*line].open
                && self.rule(hold, *line, capture) != Share::Nothing
            {
                return Err(invalid(open));
            }
        }
        let needs_delivered = |line: &usize| self.rule(hold, *line, capture) == Share::Delivered;
        if capture.outcome == "partial" && capture.delivered.is_none() && lines.iter().any(needs_delivered) {
            return Err(invalid("delivered"));
        }
        Ok(())
    }

    /// What each line has left; once the hold has expired, what it held and never captured.
    fn room(&self, hold: usize, line: usize, late: bool) -> i128 {
        let draws = &self.hold_draws(hold)[line];
        draws.iter().map(|draw| if late { draw.held - draw.captured } else { draw.remaining() }).sum()
    }

    /// What each line is asked to pay: its part of the price, then what the outcome leaves of it, rounded
    /// once on the total of the lines that share a rule.
    fn asked(&self, hold: usize, lines: &[usize], capture: &Capture, late: bool) -> Result<Vec<(usize, i128)>, No> {
        let mut rest = match capture.asked {
            Asked::Held => None,
            Asked::Amount(amount) | Asked::Measured(amount) if amount < 0 => return Err(no("invalid_amount")),
            Asked::Amount(amount) | Asked::Measured(amount) => Some(i128::from(amount)),
        };
        let mut totals: BTreeMap<(i128, i128, u8), (i128, i128)> = BTreeMap::new();
        let mut asked = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            let room = self.room(hold, *line, late);
            let base = match rest {
                None => room,
                Some(rest) if index + 1 == lines.len() => rest,
                Some(rest) => rest.min(room),
            };
            rest = rest.map(|rest| rest - base);
            let (part, of) = match (self.rule(hold, *line, capture), capture.delivered) {
                (Share::Nothing, _) | (Share::Delivered, None) => (0, 1),
                (Share::Full, _) => {
                    asked.push((*line, base));
                    continue;
                }
                (Share::Of(millionths), _) => (i128::from(millionths), 1_000_000),
                (Share::Delivered, Some((part, of))) => (i128::from(part), i128::from(of)),
            };
            let decimals = self.holds[hold].lines[*line].decimals;
            let (sum, given) = totals.entry((part, of, decimals)).or_default();
            *sum += base;
            let total = rounded_share(*sum, part, of, decimals).ok_or_else(|| no("invalid_amount"))?;
            asked.push((*line, total - *given));
            *given = total;
        }
        if asked.iter().map(|(_, amount)| amount).sum::<i128>() > COUNT_MAX {
            return Err(no("invalid_amount"));
        }
        Ok(asked)
    }

    fn plan(&self, settings: &Settings, hold: usize, asked: &[(usize, i128)], late: bool) -> Result<Plan, No> {
        let mut plan = Plan::default();
        for (line, amount) in asked {
            let mut missing = *amount;
            for (from, grant, there) in self.draws_for(settings, hold, *line) {
                let used: i128 =
                    plan.held.iter().filter(|used| (used.0, used.1) == (from, grant)).map(|used| used.3).sum();
                let take = missing.min(there - used);
                if take > 0 {
                    plan.held.push((from, grant, *line, take));
                    missing -= take;
                }
            }
            if missing > 0 {
                self.beyond(settings, hold, (*line, *amount, missing), late, &mut plan)?;
            }
        }
        let anew: i128 = plan.fresh.iter().map(|draw| draw.2).chain(plan.debts.iter().map(|debt| debt.1)).sum();
        let so_far: i128 = self.hold_draws(hold).iter().flatten().map(|draw| draw.held).sum();
        if anew > 0 && so_far + anew > COUNT_MAX {
            return Err(no("invalid_amount"));
        }
        Ok(plan)
    }

    /// A line's own draws; in an envelope then those of the others that could pay for its tool.
    fn draws_for(&self, settings: &Settings, hold: usize, line: usize) -> Vec<(usize, usize, i128)> {
        let held = &self.holds[hold];
        let all = self.hold_draws(hold);
        let of_line = |from: usize| all[from].iter().map(move |draw| (from, draw.grant, draw.remaining()));
        let mut draws: Vec<(usize, usize, i128)> = of_line(line).collect();
        if held.envelope {
            let tool = held.lines[line].tool.as_deref();
            let others = (0..all.len()).filter(|other| *other != line).flat_map(of_line);
            draws.extend(others.filter(|draw| self.pays_for_tool(settings, &self.lots[draw.1], tool)));
        }
        draws
    }

    /// More is asked than is held.
    fn beyond(
        &self,
        settings: &Settings,
        hold: usize,
        (line, asked, missing): (usize, i128, i128),
        late: bool,
        plan: &mut Plan,
    ) -> Result<(), No> {
        let over = self.holds[hold].lines[line].policy.over_capture;
        if late {
            let most = missing.min(self.room(hold, line, late));
            plan.shortfall += missing - self.take_anew(settings, hold, line, most, plan);
            return Ok(());
        }
        match over {
            Over::Cap => plan.shortfall += missing,
            Over::Reject => {
                let figures = vec![("asked", figure(asked)), ("remaining", figure(asked - missing))];
                return Err(("exceeds_hold", figures));
            }
            Over::ChargeAvailable => {
                plan.shortfall += missing - self.take_anew(settings, hold, line, missing, plan);
            }
            Over::AllowDebt(limit) => {
                let unpaid = missing - self.take_anew(settings, hold, line, missing, plan);
                let planned: i128 = plan.debts.iter().map(|debt| debt.1).sum();
                if unpaid > 0 {
                    if self.at_work() + planned + unpaid > WALLET_MAX {
                        return Err(no("invalid_amount"));
                    }
                    let owed = self.debt_in(&self.holds[hold].currency) + planned + unpaid;
                    if let Some(limit) = limit.map(i128::from).filter(|limit| owed > *limit) {
                        return Err(("debt_limit", vec![("asked", figure(owed)), ("limit", figure(limit))]));
                    }
                    plan.debts.push((line, unpaid));
                }
            }
        }
        Ok(())
    }

    /// Plans to take what is available now; answers how much.
    fn take_anew(&self, settings: &Settings, hold: usize, line: usize, wanted: i128, plan: &mut Plan) -> i128 {
        let held = &self.holds[hold];
        if self.debt_in(&held.currency) > 0 {
            return 0;
        }
        let (family, places) = (self.family(&held.customer), self.places());
        let tool = held.lines[line].tool.as_deref();
        let mut order: Vec<usize> =
            (0..self.lots.len()).filter(|lot| self.may_pay(settings, *lot, &family, &held.currency, tool)).collect();
        order.sort_by(|a, b| self.compare(settings, &family, *a, *b));
        let mut missing = wanted;
        for lot in order {
            let planned: i128 = plan.fresh.iter().filter(|draw| draw.1 == lot).map(|draw| draw.2).sum();
            let take = missing.min(places[lot].available - planned);
            if take > 0 {
                plan.fresh.push((line, lot, take));
                missing -= take;
            }
        }
        wanted - missing
    }

    /// Moves what was planned: what was held, what is taken anew, what is owed.
    fn take(&mut self, settings: &Settings, hold: usize, lines: &[usize], capture: &Capture, plan: &Plan) -> usize {
        let charge = self.charges.len();
        self.charges.push(Charged {
            name: capture.name.clone(),
            hold,
            outcome: capture.outcome.clone(),
            shortfall: plan.shortfall,
            lines: lines.to_vec(),
        });
        self.changed = true;
        let of = |line: usize, for_line: usize| Of { hold: Some(hold), line, charge: Some(charge), for_line };
        for (from, grant, line, amount) in &plan.held {
            self.moves("capture", *grant, "held", "spent", *amount, of(*from, *line));
        }
        for (line, grant, amount) in &plan.fresh {
            self.moves("hold", *grant, "available", "held", *amount, of(*line, *line));
            self.moves("capture", *grant, "held", "spent", *amount, of(*line, *line));
        }
        for (line, amount) in &plan.debts {
            let held = &self.holds[hold];
            let bucket = settings.buckets.iter().rfind(|bucket| bucket.currency == held.currency);
            let debt = Lot {
                kind: "debt",
                customer: held.customer.clone(),
                bucket: bucket.map_or("debt".to_owned(), |bucket| bucket.name.clone()),
                currency: held.currency.clone(),
                amount: *amount,
                made_us: self.now_us,
                starts_us: None,
                expires_us: None,
                priority: 0,
                only: None,
                paid_cents: 0,
                taken_back: false,
            };
            self.lots.push(debt);
            self.moves("debt", self.lots.len() - 1, "issued", "spent", *amount, of(*line, *line));
        }
        charge
    }

    /// A final capture ends its lines and gives back what they have left; in an envelope the others may
    /// still need it, until the last line ends. A late capture ends its lines: nothing is held any more.
    fn end_lines(&mut self, hold: usize, lines: &[usize], last: bool, late: bool) -> i128 {
        if !last && !late {
            return 0;
        }
        lines.iter().for_each(|line| self.holds[hold].lines[*line].ended = true);
        let all: Vec<usize> = (0..self.holds[hold].lines.len()).collect();
        let all_ended = self.holds[hold].lines.iter().all(|line| line.ended);
        match (late, self.holds[hold].envelope) {
            (true, _) => 0,
            (false, false) => self.give_back_lines(hold, lines, "release"),
            (false, true) if all_ended => self.give_back_lines(hold, &all, "release"),
            (false, true) => 0,
        }
    }

    /// A hold ends with its last line.
    fn settle_status(&mut self, hold: usize, outcome: &str) {
        let captured: i128 = self.hold_draws(hold).iter().flatten().map(|draw| draw.captured).sum();
        let held = &mut self.holds[hold];
        if held.lines.iter().all(|line| line.ended) {
            held.status = if captured > 0 || outcome == "succeeded" { "captured" } else { "released" };
            held.stuck = false;
        }
    }

    /// What a charge took from each grant and what of that came back, in the order of taking.
    pub(super) fn charge_draws(&self, charge: usize) -> ChargeDraws {
        let mut draws = Vec::new();
        for moved in self.moves.iter().filter(|moved| moved.of.charge == Some(charge)) {
            count_charge(&mut draws, &moved.seen);
        }
        draws
    }

    /// The draws and the lines of all charges.
    pub(super) fn all_charges(&self) -> Vec<(ChargeDraws, ChargeLines)> {
        let lines = |charge: &Charged| charge.lines.iter().map(|line| (line + 1, 0)).collect();
        let mut all: Vec<_> = self.charges.iter().map(|charge| (Vec::new(), lines(charge))).collect();
        for Move { seen, of } in &self.moves {
            let Some((draws, lines)): Option<&mut (_, Vec<(usize, i128)>)> = of.charge.map(|charge| &mut all[charge])
            else {
                continue;
            };
            count_charge(draws, seen);
            if let Some(line) = lines.iter_mut().find(|line| line.0 == of.for_line + 1)
                && ["capture", "debt"].contains(&seen.kind)
            {
                line.1 += seen.amount;
            }
        }
        all
    }
}

fn count_charge(draws: &mut ChargeDraws, seen: &EntrySeen) {
    let index = draws.iter().position(|draw| draw.0 == seen.grant);
    match (seen.kind, seen.from, index) {
        ("capture" | "debt", _, Some(index)) => draws[index].1 += seen.amount,
        ("capture" | "debt", _, None) => draws.push((seen.grant, seen.amount, 0)),
        ("refund" | "forgive", "spent", Some(index)) => draws[index].2 += seen.amount,
        _ => {}
    }
}
