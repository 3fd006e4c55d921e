//! Holds: set aside, extended, given back; and charges, which are both at once.

use std::collections::BTreeMap;

use super::paying::Wants;
use super::{Answer, COUNT_MAX, Figures, Held, HeldLine, Naive, No, Of, figure, invalid, missing, no, yes};
use crate::figures;
use crate::script::{Asked, Capture, Job, Settings};
use crate::seen::{DrawSeen, EntrySeen};

const LINES_MAX: usize = u16::MAX as usize;

impl Naive {
    pub(super) fn hold(&mut self, settings: &Settings, job: &Job) -> Answer {
        self.may_hold(job)?;
        let hold = self.set_aside(settings, job, &job.name)?;
        Ok(self.describe_hold(hold))
    }

    /// A charge is a hold and its capture; a price that waits for a measure can't be charged.
    pub(super) fn charge(&mut self, settings: &Settings, job: &Job) -> Answer {
        self.may_hold(job)?;
        if let Some(open) = job.lines.iter().find_map(|line| line.open.as_ref()) {
            return Err(invalid(open));
        }
        let name = format!("{}.hold", job.name);
        self.set_aside(settings, job, &name)?;
        let whole = Capture {
            hold: name,
            name: job.name.clone(),
            line: None,
            asked: Asked::Held,
            outcome: "succeeded".to_owned(),
            queued: false,
            delivered: None,
            last: true,
        };
        self.capture(settings, &whole)?;
        let charged: i128 = self.charge_draws(self.charges.len() - 1).iter().map(|draw| draw.1).sum();
        Ok(vec![("charged", figure(charged)), ("refunded", figure(0))])
    }

    fn may_hold(&self, job: &Job) -> Result<(), No> {
        let customer = self.customer(&job.customer).ok_or_else(|| missing("customer"))?;
        if let Some(member) = &job.member
            && !self.members.contains(&(job.customer.clone(), member.clone()))
        {
            return Err(missing("member"));
        }
        if let Some(tools) = &customer.tools
            && let Some(tool) =
                job.lines.iter().filter_map(|line| line.tool.as_ref()).find(|tool| !tools.contains(tool))
        {
            return Err(("not_entitled", vec![("tool", tool.clone())]));
        }
        if let Some((quote, until)) = &job.quote {
            if *until <= self.now_us {
                return Err(no("quote_expired"));
            }
            if self.quotes_used.get(quote).is_some_and(|until| self.now_us < *until) {
                return Err(no("quote_used"));
            }
        }
        if job.lines.is_empty() || job.lines.len() > LINES_MAX {
            return Err(invalid("lines"));
        }
        Ok(())
    }

    fn set_aside(&mut self, settings: &Settings, job: &Job, name: &str) -> Result<usize, No> {
        let total: i128 = job.lines.iter().map(|line| i128::from(line.amount)).sum();
        if job.lines.iter().any(|line| line.amount < 0) || total > COUNT_MAX {
            return Err(no("invalid_amount"));
        }
        let wanted: Vec<Wants> = (job.lines.iter().enumerate())
            .map(|(line, asked)| Wants { line, tool: asked.tool.clone(), amount: i128::from(asked.amount) })
            .collect();
        let draws = self.allocate(settings, &job.customer, &job.currency, &wanted)?;
        let hold = self.holds.len();
        let line = |line: &crate::script::Line| HeldLine {
            tool: line.tool.clone(),
            open: line.open.clone(),
            policy: settings.policy_of(line.tool.as_deref()).clone(),
            decimals: settings.decimals,
            ended: false,
        };
        self.holds.push(Held {
            name: name.to_owned(),
            customer: job.customer.clone(),
            currency: job.currency.clone(),
            envelope: job.envelope,
            status: "open",
            stuck: false,
            expires_us: self.now_us.saturating_add_unsigned(job.ttl_us),
            lines: job.lines.iter().map(line).collect(),
        });
        self.changed = true;
        if let Some((quote, until)) = &job.quote {
            self.quotes_used.insert(quote.clone(), *until);
        }
        for (line, lot, amount) in draws {
            self.moves("hold", lot, "available", "held", amount, Of { hold: Some(hold), line, ..Of::default() });
        }
        Ok(hold)
    }

    pub(super) fn extend(
        &mut self,
        settings: &Settings,
        name: &str,
        ttl_us: Option<u64>,
        amount: Option<i64>,
        line: Option<u16>,
    ) -> Answer {
        let hold = self.find_hold(name)?;
        let line = self.find_line(hold, line)?;
        self.must_be_open(hold)?;
        if let Some(amount) = amount {
            let held = &self.holds[hold];
            let line = match line {
                Some(line) => line,
                None if held.lines.len() == 1 => 0,
                None if held.envelope => held.lines.iter().position(|line| !line.ended).expect("it is open"),
                None => return Err(invalid("line")),
            };
            if held.lines[line].ended {
                return Err(no("line_ended"));
            }
            let amount = i128::from(amount);
            let so_far: i128 = self.hold_draws(hold).iter().flatten().map(|draw| draw.held).sum();
            if amount <= 0 || so_far + amount > COUNT_MAX {
                return Err(no("invalid_amount"));
            }
            let wants = Wants { line, tool: held.lines[line].tool.clone(), amount };
            let (customer, currency) = (held.customer.clone(), held.currency.clone());
            for (line, lot, amount) in self.allocate(settings, &customer, &currency, &[wants])? {
                self.moves("hold", lot, "available", "held", amount, Of { hold: Some(hold), line, ..Of::default() });
            }
        }
        if let Some(ttl_us) = ttl_us {
            let until = self.now_us.saturating_add_unsigned(ttl_us);
            self.holds[hold].expires_us = self.holds[hold].expires_us.max(until);
        }
        self.changed = true;
        Ok(self.describe_hold(hold))
    }

    pub(super) fn release(&mut self, name: &str) -> Answer {
        let hold = self.find_hold(name)?;
        self.must_be_open(hold)?;
        self.end_hold(hold, "release");
        self.pay_debts();
        Ok(self.describe_hold(hold))
    }

    /// Gives all back that a hold still keeps. When its time ran out its lines may yet be captured late.
    pub(super) fn end_hold(&mut self, hold: usize, kind: &'static str) {
        let lines: Vec<usize> = (0..self.holds[hold].lines.len()).collect();
        self.give_back_lines(hold, &lines, kind);
        let captured: i128 = self.hold_draws(hold).iter().flatten().map(|draw| draw.captured).sum();
        let held = &mut self.holds[hold];
        held.stuck = false;
        held.status = match kind {
            "hold_expire" => "expired",
            _ if captured > 0 => "captured",
            _ => "released",
        };
        if kind == "release" {
            held.lines.iter_mut().for_each(|line| line.ended = true);
        }
        self.changed = true;
    }

    /// What is left goes back to the draw that was to be spent last first. Answers how much.
    pub(super) fn give_back_lines(&mut self, hold: usize, lines: &[usize], kind: &'static str) -> i128 {
        let mut sum = 0;
        for line in lines.iter().rev() {
            let after = self.holds[hold].lines[*line].policy.after_expiry;
            let of = Of { hold: Some(hold), line: *line, ..Of::default() };
            for draw in self.hold_draws(hold)[*line].clone().iter().rev() {
                self.give_back(kind, draw.grant, "held", draw.remaining(), after, of);
                sum += draw.remaining();
            }
        }
        sum
    }

    /// What each line of a hold took from which grant, and what became of it, in the order of taking.
    pub(super) fn hold_draws(&self, hold: usize) -> Vec<Vec<DrawSeen>> {
        let mut lines = vec![Vec::new(); self.holds[hold].lines.len()];
        for moved in self.moves.iter().filter(|moved| moved.of.hold == Some(hold)) {
            count_draw(&mut lines[moved.of.line], &moved.seen);
        }
        lines
    }

    /// The same of all holds.
    pub(super) fn all_hold_draws(&self) -> Vec<Vec<Vec<DrawSeen>>> {
        let mut all: Vec<_> = self.holds.iter().map(|hold| vec![Vec::new(); hold.lines.len()]).collect();
        for moved in &self.moves {
            if let Some(hold) = moved.of.hold {
                count_draw(&mut all[hold][moved.of.line], &moved.seen);
            }
        }
        all
    }

    pub(super) fn find_hold(&self, name: &str) -> Result<usize, No> {
        self.holds.iter().position(|hold| hold.name == name).ok_or_else(|| missing("hold"))
    }

    /// Lines count from 1 when they are asked for.
    pub(super) fn find_line(&self, hold: usize, line: Option<u16>) -> Result<Option<usize>, No> {
        match line.map(usize::from) {
            None => Ok(None),
            Some(line) if (1..=self.holds[hold].lines.len()).contains(&line) => Ok(Some(line - 1)),
            Some(_) => Err(missing("line")),
        }
    }

    pub(super) fn must_be_open(&self, hold: usize) -> Result<(), No> {
        match self.holds[hold].status {
            "open" => Ok(()),
            "captured" => Err(no("hold_captured")),
            "released" => Err(no("hold_released")),
            _ => Err(no("hold_expired")),
        }
    }

    /// The figures of a hold as a whole.
    pub(super) fn describe_hold(&self, hold: usize) -> Figures {
        let held = &self.holds[hold];
        let mut sums = BTreeMap::from([("amount", 0), ("captured", 0), ("released", 0), ("remaining", 0)]);
        for draw in self.hold_draws(hold).iter().flatten() {
            for (what, amount) in [
                ("amount", draw.held),
                ("captured", draw.captured),
                ("released", draw.released),
                ("remaining", draw.remaining()),
            ] {
                *sums.get_mut(what).expect("listed above") += amount;
            }
        }
        let mut figures: Figures = sums.into_iter().map(|(what, amount)| (what, figure(amount))).collect();
        figures.push(("status", held.status.to_owned()));
        figures.push(("stuck", yes(held.stuck)));
        figures.push(("expires", figures::instant(held.expires_us)));
        figures
    }
}

fn count_draw(draws: &mut Vec<DrawSeen>, seen: &EntrySeen) {
    let takes = seen.kind == "hold" || seen.kind == "debt";
    if takes && !draws.iter().any(|draw| draw.grant == seen.grant) {
        draws.push(DrawSeen { grant: seen.grant, ..DrawSeen::default() });
    }
    let Some(draw) = draws.iter_mut().find(|draw| draw.grant == seen.grant) else { return };
    match (seen.kind, seen.from) {
        ("hold", _) => draw.held += seen.amount,
        ("capture", _) => draw.captured += seen.amount,
        ("debt", _) => {
            draw.held += seen.amount;
            draw.captured += seen.amount;
        }
        ("release" | "hold_expire", "held") => draw.released += seen.amount,
        _ => {}
    }
}
