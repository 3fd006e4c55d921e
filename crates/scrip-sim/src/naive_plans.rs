//! A second opinion on plans: one customer, three plans, by the month or the year, what comes by the day or the week
//! beside it, what is carried, units, late payments, a job at a time, worked out in plain numbers from what the mission says. It shares nothing with the ledger: not its types, not its
//! calendar, not its order of events.

/// Days since 1970 and minutes of the day: all the time that it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minute {
    pub day: i64,
    pub minute: i64,
}

/// Year, month and day of a day since 1970.
fn date(day: i64) -> (i64, i64, i64) {
    let (mut year, mut rest) = (1970, day);
    while rest >= year_days(year) {
        rest -= year_days(year);
        year += 1;
    }
    let mut month = 1;
    while rest >= month_days(year, month) {
        rest -= month_days(year, month);
        month += 1;
    }
    (year, month, rest + 1)
}

fn day_of(year: i64, month: i64, day: i64) -> i64 {
    let years: i64 = (1970..year).map(year_days).sum();
    let months: i64 = (1..month).map(|month| month_days(year, month)).sum();
    years + months + day - 1
}

fn year_days(year: i64) -> i64 {
    (1..=12).map(|month| month_days(year, month)).sum()
}

fn month_days(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Minute {
    /// So many months later: the same day and time, or the last day of a shorter month (MISSION A35).
    fn months_later(self, months: i64) -> Minute {
        let (year, month, day) = date(self.day);
        let index = year * 12 + month - 1 + months;
        let (year, month) = (index / 12, index % 12 + 1);
        Minute { day: day_of(year, month, day.min(month_days(year, month))), minute: self.minute }
    }

    fn days_later(self, days: i64) -> Minute {
        Minute { day: self.day + days, ..self }
    }

    pub fn later(self, minutes: i64) -> Minute {
        let all = self.day * 1_440 + self.minute + minutes;
        Minute { day: all.div_euclid(1_440), minute: all.rem_euclid(1_440) }
    }

    /// As a scenario writes it.
    pub fn written(self) -> String {
        let (year, month, day) = date(self.day);
        format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", self.minute / 60, self.minute % 60)
    }
}

/// What a plan costs and grants each month; by the year it grants twelve months at once for the price of ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    pub name: &'static str,
    pub price: i64,
    pub quota: i64,
    /// What is left goes on: so much of each cycle, so much in all.
    pub carries: Option<Carry>,
    /// Comes beside it however the plan is billed, and does not add up.
    pub shorter: Option<Shorter>,
}

/// So much every so many days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shorter {
    pub days: i64,
    pub quota: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carry {
    pub at_most: i64,
    pub total: i64,
}

/// How a plan is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Billed {
    Monthly,
    Annual,
}

impl Billed {
    fn months(self) -> i64 {
        match self {
            Billed::Monthly => 1,
            Billed::Annual => 12,
        }
    }
}

impl Plan {
    fn quota_of(&self, billed: Billed) -> i64 {
        self.quota * billed.months()
    }

    /// What comes every so many days.
    fn quota_every(&self, days: i64) -> i64 {
        self.shorter.filter(|shorter| shorter.days == days).map_or(0, |shorter| shorter.quota)
    }

    fn a_year(&self, billed: Billed) -> i64 {
        match billed {
            Billed::Monthly => self.price * 12,
            Billed::Annual => self.price * 10,
        }
    }
}

/// In the order in which they are spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Bucket {
    Monthly,
    Rolled,
    Bought,
}

/// What becomes of a lot when the cycle ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The plan says what.
    Quota,
    /// It ends; the units are granted anew.
    Units,
    /// Of so many days: it ends with them.
    Days(i64),
    /// Of days that ended while a payment was due.
    DaysKept,
    /// A new cycle took it along while a payment was due.
    Taken,
    /// A new cycle took it along: it ends with that one.
    TakenAndPaid,
    /// Nothing.
    Other,
}

/// Credits of one unit on top of a plan.
const UNIT: i64 = 30;

/// One lot of credits.
#[derive(Clone, Debug)]
struct Lot {
    /// What a job took from it comes back to it while it is there under this number.
    id: usize,
    bucket: Bucket,
    left: i64,
    held: i64,
    ends: Option<Minute>,
    kind: Kind,
    /// It is of a cycle that is over and waits for a payment.
    kept: bool,
    /// The number of the subscription that it came from; 0 is none.
    from: usize,
    age: usize,
}

#[derive(Clone, Debug)]
struct Running {
    plan: Plan,
    billed: Billed,
    anchor: Minute,
    cycle: i64,
    ends: bool,
    next: Option<(Plan, Billed)>,
    /// The most that this cycle has granted; nothing while a renewal waits for its payment.
    granted: i64,
    grace: Option<Minute>,
    units: i64,
    /// The cycle at work has brought the units.
    has_units: bool,
    counts: Vec<Count>,
    /// The plan whose rest waits for a payment.
    kept_by: Option<Plan>,
}

/// Days that are counted on their own, from one end to the next.
#[derive(Clone, Copy, Debug)]
struct Count {
    days: i64,
    end: Minute,
    /// The most that those at work have granted, less what was cut.
    granted: i64,
}

impl Running {
    /// Units of a year come twelve times at once.
    fn units_of_cycle(&self) -> i64 {
        self.units * self.billed.months()
    }

    fn period_end(&self) -> Minute {
        self.anchor.months_later((self.cycle + 1) * self.billed.months())
    }

    fn quota(&self) -> i64 {
        self.plan.quota_of(self.billed)
    }
}

/// Credits that are set aside, by lot, in the order in which they were taken.
#[derive(Clone, Debug)]
struct Job {
    draws: Vec<(usize, i64)>,
    ends: Minute,
}

/// How long credits are kept while a payment is due.
const GRACE_DAYS: i64 = 7;

#[derive(Clone, Debug, Default)]
pub struct Customer {
    lots: Vec<Lot>,
    running: Option<Running>,
    job: Option<Job>,
    made: usize,
    subscriptions: usize,
}

impl Customer {
    /// What can be spent: of the month, carried, and bought.
    pub fn available(&self) -> [i64; 3] {
        let sum = |bucket| self.lots.iter().filter(|lot| lot.bucket == bucket).map(|lot| lot.left).sum();
        [Bucket::Monthly, Bucket::Rolled, Bucket::Bought].map(sum)
    }

    /// What has been carried and is there, set aside or not.
    fn rolled(&self) -> i64 {
        self.lots.iter().filter(|lot| lot.bucket == Bucket::Rolled).map(|lot| lot.left + lot.held).sum()
    }

    pub fn has_job(&self) -> bool {
        self.job.is_some()
    }

    pub fn has_plan(&self) -> bool {
        self.running.is_some()
    }

    pub fn is_past_due(&self) -> bool {
        self.running.as_ref().is_some_and(|running| running.grace.is_some())
    }

    pub fn ends(&self) -> bool {
        self.running.as_ref().is_some_and(|running| running.ends)
    }

    /// All that falls due by then, the earliest first; a plan's own events before lots that end at the same time.
    pub fn pass(&mut self, now: Minute) {
        loop {
            let plan = self.running.as_ref().map(|running| match running.grace {
                Some(grace) => grace.min(running.period_end()),
                None => running.period_end(),
            });
            let days = self.running.iter().flat_map(|running| &running.counts).map(|count| count.end).min();
            let lot = self.lots.iter().filter_map(|lot| lot.ends).min();
            let job = self.job.as_ref().map(|job| job.ends);
            let due = plan.into_iter().chain(days).chain(lot).chain(job).min();
            let Some(due) = due.filter(|due| *due <= now) else { return };
            if plan == Some(due) {
                self.plan_event(due);
            } else if days == Some(due) {
                self.days_end(due);
                self.grant_days(due);
            } else if lot == Some(due) {
                self.lots.retain(|lot| lot.ends != Some(due));
            } else {
                self.release();
            }
        }
    }

    fn plan_event(&mut self, at: Minute) {
        let Some(mut running) = self.running.take() else { return };
        let over = running.grace == Some(at) || running.grace.is_none() && running.ends;
        if over {
            let end = Some(running.period_end());
            let stays = |lot: &Lot| lot.kind == Kind::Other || lot.kind == Kind::TakenAndPaid && lot.ends != end;
            self.lots.retain(stays);
            return;
        }
        let ended = running.plan;
        let (plan, billed) = running.next.take().unwrap_or((running.plan, running.billed));
        running.cycle += 1;
        if billed != running.billed {
            (running.anchor, running.cycle) = (at, 0);
        }
        (running.plan, running.billed) = (plan, billed);
        if let Some(grace) = running.grace {
            // Nothing new, and the rest is kept as long as the grace lasts.
            (running.granted, running.has_units) = (0, false);
            running.kept_by.get_or_insert(ended);
            for lot in self.lots.iter_mut().filter(|lot| lot.from == self.subscriptions) {
                match lot.kind {
                    Kind::Quota | Kind::Units if !lot.kept => {
                        // The lot itself has ended, and what is set aside of it ends when it comes back.
                        self.made += 1;
                        (lot.id, lot.held, lot.ends, lot.kept) = (self.made, 0, Some(grace), true);
                    }
                    // The cycle that took it along is over as well.
                    Kind::Taken => (lot.kind, lot.kept) = (Kind::Quota, true),
                    _ => {}
                }
            }
            self.running = Some(running);
            self.days_end(at);
            self.cut_days();
            return;
        }
        self.carry(ended, running.plan);
        (running.granted, running.has_units) = (running.quota(), true);
        let (quota, units, end) = (running.quota(), running.units_of_cycle(), running.period_end());
        self.running = Some(running);
        self.grant_of_plan(quota, end);
        self.grant_units(units, end);
        self.days_end(at);
        self.cut_days();
        self.grant_days(at);
    }

    /// Days that are over give way to the next, if the plan has any: what is left of them ends, or is kept while a
    /// payment is due.
    fn days_end(&mut self, at: Minute) {
        let Some(running) = &mut self.running else { return };
        for count in running.counts.iter_mut().filter(|count| count.end <= at) {
            for lot in self.lots.iter_mut().filter(|lot| lot.kind == Kind::Days(count.days)) {
                if let Some(grace) = running.grace {
                    self.made += 1;
                    (lot.id, lot.held, lot.ends, lot.kind) = (self.made, 0, Some(grace), Kind::DaysKept);
                    lot.age = self.made;
                } else {
                    (lot.left, lot.held, lot.ends) = (0, 0, Some(at));
                }
            }
            (count.end, count.granted) = (count.end.days_later(count.days), 0);
        }
        self.lots.retain(|lot| !matches!(lot.kind, Kind::Days(_)) || lot.ends != Some(at));
        let plan = running.plan;
        running.counts.retain(|count| count.granted > 0 || plan.quota_every(count.days) > 0);
    }

    /// A renewal that brings less cuts what is left of the days at work, the newest first.
    fn cut_days(&mut self) {
        let Some(running) = &mut self.running else { return };
        for count in &mut running.counts {
            let is_of = |lot: &&mut Lot| lot.kind == Kind::Days(count.days);
            let held: i64 = self.lots.iter_mut().filter(is_of).map(|lot| lot.held).sum();
            let mut kept = (running.plan.quota_every(count.days) - held).max(0);
            for lot in self.lots.iter_mut().filter(is_of) {
                let cut = lot.left - lot.left.min(kept);
                lot.left -= cut;
                kept -= lot.left;
                count.granted = (count.granted - cut).max(0);
            }
        }
    }

    /// What the days at work promise and have not granted; a plan that is the first to count so begins to.
    fn grant_days(&mut self, at: Minute) {
        let Some(running) = self.running.as_mut().filter(|running| running.grace.is_none()) else { return };
        let Some(Shorter { days, quota }) = running.plan.shorter else { return };
        if !running.counts.iter().any(|count| count.days == days) {
            let mut end = running.anchor.days_later(days);
            while end <= at {
                end = end.days_later(days);
            }
            running.counts.push(Count { days, end, granted: 0 });
        }
        let Some(count) = running.counts.iter_mut().find(|count| count.days == days) else { return };
        let more = (quota - count.granted).max(0);
        count.granted += more;
        let end = count.end;
        if more > 0 {
            self.grant(more, Bucket::Monthly, Some(end), Kind::Days(days), self.subscriptions);
        }
    }

    /// What is left of a plan goes on as far as it lets it, and as the plan to come has room; the rest ends. What is
    /// above the room already is cut, the newest first.
    fn carry(&mut self, ended: Plan, to_come: Plan) {
        let rest: i64 = self.lots.iter().filter(|lot| lot.kind == Kind::Quota).map(|lot| lot.left).sum();
        let was_any = self.lots.iter().any(|lot| lot.kind == Kind::Quota && lot.left + lot.held > 0);
        self.lots.retain(|lot| !matches!(lot.kind, Kind::Quota | Kind::Units));
        let Some(carry) = ended.carries.filter(|_| was_any) else { return };
        let total = to_come.carries.map_or(carry.total, |to_come| carry.total.min(to_come.total));
        let there = self.rolled();
        let mut above = (there - total).max(0);
        let own = self.subscriptions;
        for lot in self.lots.iter_mut().rev().filter(|lot| lot.bucket == Bucket::Rolled && lot.from == own) {
            let cut = above.min(lot.left);
            lot.left -= cut;
            above -= cut;
        }
        let carried = rest.min(carry.at_most).min((total - there).max(0));
        self.grant(carried, Bucket::Rolled, None, Kind::Other, own);
    }

    fn grant(&mut self, left: i64, bucket: Bucket, ends: Option<Minute>, kind: Kind, from: usize) {
        self.made += 1;
        self.lots.push(Lot { id: self.made, bucket, left, held: 0, ends, kind, kept: false, from, age: self.made });
        self.lots.sort_by_key(|lot| lot.age);
    }

    fn grant_of_plan(&mut self, quota: i64, end: Minute) {
        self.grant(quota, Bucket::Monthly, Some(end), Kind::Quota, self.subscriptions);
    }

    fn grant_units(&mut self, units: i64, end: Minute) {
        if units > 0 {
            self.grant(units * UNIT, Bucket::Monthly, Some(end), Kind::Units, self.subscriptions);
        }
    }

    /// They are there at once, and end with the cycle however much of it is left (MISSION A24).
    pub fn add_units(&mut self, units: i64) {
        let Some(running) = &mut self.running else { return };
        running.units += units;
        let (units, end) = (units * running.billed.months(), running.period_end());
        self.grant_units(units, end);
    }

    pub fn start(&mut self, plan: Plan, billed: Billed, now: Minute) {
        let running = Running {
            plan,
            billed,
            anchor: now,
            cycle: 0,
            ends: false,
            next: None,
            granted: plan.quota_of(billed),
            grace: None,
            units: 0,
            has_units: true,
            counts: Vec::new(),
            kept_by: None,
        };
        let end = running.period_end();
        self.running = Some(running);
        self.subscriptions += 1;
        self.grant_of_plan(plan.quota_of(billed), end);
        self.grant_days(now);
    }

    /// Dearer: the difference now, or a new cycle where it is billed otherwise. Cheaper: with the next renewal. The
    /// same: what was to change stays. From month to year is a new cycle, from year to month comes with the renewal.
    pub fn change(&mut self, plan: Plan, billed: Billed, now: Minute) {
        let Some(running) = &mut self.running else { return };
        let is_smaller = match plan.name == running.plan.name {
            true => billed.months() < running.billed.months(),
            false => plan.a_year(billed) < running.plan.a_year(running.billed),
        };
        if is_smaller {
            running.next = Some((plan, billed));
            return;
        }
        running.next = None;
        running.plan = plan;
        if billed != running.billed {
            return self.new_cycle(billed, now);
        }
        if running.grace.is_none() {
            self.grant_missing();
            self.grant_days(now);
        }
    }

    /// What the cycle promises and has not granted.
    fn grant_missing(&mut self) {
        let Some(running) = &mut self.running else { return };
        let more = (running.quota() - running.granted).max(0);
        running.granted = running.granted.max(running.quota());
        let end = running.period_end();
        if more > 0 {
            self.grant_of_plan(more, end);
        }
    }

    /// What is left goes along, until the end of the new cycle; unpaid it goes no further than the grace.
    fn new_cycle(&mut self, billed: Billed, now: Minute) {
        let Some(running) = &mut self.running else { return };
        (running.billed, running.anchor, running.cycle) = (billed, now, 0);
        (running.granted, running.has_units) = (0, false);
        let (ends, kind) = match running.grace {
            Some(grace) => (grace, Kind::Taken),
            None => (running.period_end(), Kind::TakenAndPaid),
        };
        let is_paid = running.grace.is_none();
        let takes = |lot: &Lot| matches!(lot.kind, Kind::Quota | Kind::Units) && !lot.kept;
        let mut taken: Vec<Lot> = self.lots.iter().filter(|lot| takes(lot)).cloned().collect();
        self.lots.retain(|lot| !takes(lot));
        taken.sort_by_key(|lot| lot.age);
        for lot in taken.into_iter().filter(|lot| lot.left > 0) {
            self.grant(lot.left, lot.bucket, Some(ends), kind, lot.from);
        }
        if is_paid {
            self.grant_missing();
            self.grant_days(now);
            self.grant_units_of_cycle();
        }
    }

    fn grant_units_of_cycle(&mut self) {
        let Some(running) = self.running.as_mut().filter(|running| !running.has_units) else { return };
        running.has_units = true;
        let (units, end) = (running.units_of_cycle(), running.period_end());
        self.grant_units(units, end);
    }

    pub fn cancel(&mut self, at_once: bool) {
        if at_once {
            self.running = None;
            let own = self.subscriptions;
            self.lots.retain(|lot| lot.from != own);
        } else if let Some(running) = &mut self.running {
            running.ends = true;
        }
    }

    pub fn past_due(&mut self, now: Minute) {
        if let Some(running) = &mut self.running {
            running.grace = Some(now.days_later(GRACE_DAYS));
        }
    }

    /// A cycle that waited for its payment gets its quota, once, and so do the days at work; what was kept ends.
    pub fn recover(&mut self, now: Minute) {
        let Some(running) = &mut self.running else { return };
        running.grace = None;
        let (plan, end) = (running.plan, running.period_end());
        let kept_by = running.kept_by.take().unwrap_or(plan);
        if running.granted == 0 {
            self.carry(kept_by, plan);
            let taken: Vec<Lot> = self.lots.iter().filter(|lot| lot.kind == Kind::Taken).cloned().collect();
            self.lots.retain(|lot| lot.kind != Kind::Taken);
            for lot in taken.into_iter().filter(|lot| lot.left > 0) {
                self.grant(lot.left, lot.bucket, Some(end), Kind::TakenAndPaid, lot.from);
            }
        }
        self.lots.retain(|lot| lot.kind != Kind::DaysKept);
        self.grant_missing();
        self.grant_days(now);
        self.grant_units_of_cycle();
    }

    pub fn buy(&mut self, credits: i64) {
        self.grant(credits, Bucket::Bought, None, Kind::Other, 0);
    }

    pub fn gift(&mut self, credits: i64, until: Minute) {
        self.grant(credits, Bucket::Monthly, Some(until), Kind::Other, 0);
    }

    /// `false`, and nothing done, if it is too much.
    pub fn spend(&mut self, credits: i64) -> bool {
        self.take(credits).is_some()
    }

    /// Sets credits aside until then; `false`, and nothing done, if it is too much.
    pub fn hold(&mut self, credits: i64, ends: Minute) -> bool {
        let Some(draws) = self.take(credits) else { return false };
        for (id, taken) in &draws {
            self.lots.iter_mut().filter(|lot| lot.id == *id).for_each(|lot| lot.held += taken);
        }
        self.job = Some(Job { draws, ends });
        true
    }

    /// Takes so much of what is set aside, what was set aside first first, and gives the rest back to where it came
    /// from: what came from a lot that is no more is no more either.
    pub fn capture(&mut self, credits: i64) {
        let mut captured = credits;
        for (id, taken) in self.job.take().into_iter().flat_map(|job| job.draws) {
            let spent = taken.min(captured);
            captured -= spent;
            for lot in self.lots.iter_mut().filter(|lot| lot.id == id) {
                lot.held -= taken;
                lot.left += taken - spent;
            }
        }
    }

    pub fn release(&mut self) {
        self.capture(0);
    }

    /// Of the month first, the soonest to end first, the older first.
    fn take(&mut self, credits: i64) -> Option<Vec<(usize, i64)>> {
        if self.available().iter().sum::<i64>() < credits {
            return None;
        }
        let far = Minute { day: i64::MAX, minute: 0 };
        self.lots.sort_by_key(|lot| (lot.bucket, lot.ends.unwrap_or(far), lot.age));
        let mut rest = credits;
        let mut draws = Vec::new();
        for lot in &mut self.lots {
            let taken = lot.left.min(rest);
            lot.left -= taken;
            rest -= taken;
            draws.push((lot.id, taken));
        }
        Some(draws)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_end_where_they_end() {
        let start = Minute { day: day_of(2024, 1, 31), minute: 600 };
        let ends: Vec<String> = (1..=4).map(|months| start.months_later(months).written()).collect();
        assert_eq!(ends, ["2024-02-29 10:00", "2024-03-31 10:00", "2024-04-30 10:00", "2024-05-31 10:00"]);
        assert_eq!(start.later(1_440 * 366).written(), "2025-01-31 10:00");
    }
}
