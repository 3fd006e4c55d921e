//! Random scripts: what customers, staff and careless programs could ask of a few wallets, from
//! milliseconds to years apart, with hostile parameters, retries and keys used twice.

use std::collections::BTreeMap;

use crate::figures::{MICRO, START_US};
use crate::random::Random;
use crate::script::{
    Act, AfterExpiry, Asked, Bucket, CREDITS, Capture, Grant, Job, Line, OUTCOMES, Over, Policy, RefundShare, Settings,
    Share, Step, TTL_USUAL_US,
};

/// After so many acts the customers are left alone and new ones come: a wallet that grows for ever would
/// only make the run slow.
const ACTS_OF_A_GENERATION: u64 = 60;

const DAY_US: u64 = 86_400_000_000;
const MINUTE_US: u64 = 60_000_000;
const TOOLS: [&str; 3] = ["kling", "image", "sound"];

/// Makes a script, step by step.
pub struct Workload {
    random: Random,
    now_us: i64,
    settings: Settings,
    generation: u64,
    acts: u64,
    made: u64,
    customers: Vec<String>,
    grants: Vec<String>,
    holds: Vec<String>,
    /// How many lines each hold has.
    lines: BTreeMap<String, u16>,
    charges: Vec<String>,
    quotes: Vec<(String, i64)>,
    asked: Vec<(Act, String)>,
    /// Steps that come before the next act.
    due: Vec<Step>,
    /// What the last act would make, if it is not refused.
    made_last: Option<String>,
}

#[derive(Clone, Copy)]
enum Kind {
    Customer,
    Member,
    RemoveMember,
    Grant,
    Void,
    Transfer,
    Hold,
    Extend,
    Capture,
    Release,
    Charge,
    Refund,
    Touch,
    Retry,
}

const KINDS: [(u64, Kind); 14] = [
    (2, Kind::Customer),
    (1, Kind::Member),
    (1, Kind::RemoveMember),
    (20, Kind::Grant),
    (2, Kind::Void),
    (4, Kind::Transfer),
    (22, Kind::Hold),
    (6, Kind::Extend),
    (24, Kind::Capture),
    (4, Kind::Release),
    (6, Kind::Charge),
    (8, Kind::Refund),
    (2, Kind::Touch),
    (5, Kind::Retry),
];

impl Workload {
    pub fn seeded(seed: u64) -> Workload {
        let mut workload = Workload {
            random: Random::seeded(seed),
            now_us: START_US,
            settings: Settings::default(),
            generation: 0,
            acts: 0,
            made: 0,
            customers: Vec::new(),
            grants: Vec::new(),
            holds: Vec::new(),
            lines: BTreeMap::new(),
            charges: Vec::new(),
            quotes: Vec::new(),
            asked: Vec::new(),
            due: Vec::new(),
            made_last: None,
        };
        workload.begin_generation();
        workload
    }

    /// The next step of the script.
    pub fn step(&mut self) -> Step {
        loop {
            if let Some(step) = self.due.pop() {
                return step;
            }
            self.plan();
        }
    }

    /// Tells whether the last act was refused: what it would have made is then forgotten, mostly, so that
    /// later acts find something to be about.
    pub fn heard(&mut self, refused: bool) {
        let made = self.made_last.take().filter(|_| refused);
        if let Some(made) = made.filter(|_| !self.random.percent(5)) {
            for list in [&mut self.grants, &mut self.holds, &mut self.charges] {
                list.retain(|name| *name != made);
            }
        }
    }

    /// What happens next: the clock, the catalog, an act; last first.
    fn plan(&mut self) {
        self.acts += 1;
        if self.acts.is_multiple_of(ACTS_OF_A_GENERATION) {
            return self.begin_generation();
        }
        let act = self.act();
        let key = match self.random.below(50) {
            0..20 => Some(self.name("K")),
            20 => self.asked_before().map(|(_, key)| key),
            _ => None,
        };
        if let Some(key) = &key {
            self.asked.push((act.clone(), key.clone()));
        }
        self.due.push(Step::Act { act, key });
        if self.random.percent(8) {
            self.change_policies();
            self.due.push(Step::Settings(self.settings.clone()));
        }
        if self.random.percent(25) {
            self.pass_time();
            self.due.push(Step::At(self.now_us));
        }
        if let Some(Step::Act { act: Act::Touch { .. }, key: None }) = self.due.first()
            && let Some((act, key)) = self.asked_before().filter(|_| self.random.percent(70))
        {
            self.due[0] = Step::Act { act, key: Some(key) };
        }
    }

    fn begin_generation(&mut self) {
        self.generation += 1;
        for list in [&mut self.customers, &mut self.grants, &mut self.holds, &mut self.charges] {
            list.clear();
        }
        self.quotes.clear();
        self.asked.clear();
        let root = self.name("W");
        let mut family = vec![(root.clone(), None)];
        if self.random.percent(50) {
            let child = self.name("W");
            family.push((child.clone(), Some(root.clone())));
            let parent = if self.random.percent(50) { child } else { root };
            let grandchild = self.name("W");
            family.push((grandchild, Some(parent)));
        }
        for (id, parent) in family {
            self.customers.push(id.clone());
            let act = Act::Customer { id, parent, tools: None };
            self.due.insert(0, Step::Act { act, key: None });
        }
        self.change_catalog();
        for bucket in ["subscription", "top_up"] {
            let mut grant = self.grant();
            (grant.customer, grant.bucket) = (self.customers[0].clone(), bucket.to_owned());
            (grant.amount, grant.starts_us) = (12 * MICRO, None);
            self.due.insert(0, Step::Act { act: Act::Grant(grant), key: None });
        }
        self.due.push(Step::Settings(self.settings.clone()));
        if self.random.percent(50) {
            // A wallet lives in its own time: it may be used after one that is years ahead.
            self.now_us = START_US;
            self.due.push(Step::At(self.now_us));
        }
    }

    fn name(&mut self, prefix: &str) -> String {
        self.made += 1;
        format!("{prefix}{}", self.made)
    }

    fn asked_before(&mut self) -> Option<(Act, String)> {
        self.random.pick(&self.asked).cloned()
    }

    fn change_catalog(&mut self) {
        let mut buckets: Vec<Bucket> = ["subscription", "promo", "top_up"].map(Bucket::named).into();
        if self.random.percent(30) {
            buckets.push(Bucket { currency: "minutes".to_owned(), ..Bucket::named("minutes") });
        }
        if self.random.percent(30) {
            buckets[1].only = Some(self.some_tools());
        }
        if self.random.percent(15) {
            buckets[2].at_most = Some(self.random.below(60) as i64 * MICRO);
        }
        buckets[0].stays = self.random.percent(10);
        if self.random.percent(30) {
            let index = self.random.below(3) as usize;
            buckets.swap(0, index);
        }
        self.settings =
            Settings { buckets, decimals: self.random.weighted(&[(3, 0), (2, 1), (2, 6)]), ..self.settings.clone() };
        self.change_policies();
    }

    fn change_policies(&mut self) {
        self.settings.policy = self.policy();
        self.settings.tools.clear();
        for tool in TOOLS {
            if self.random.percent(30) {
                let policy = self.policy();
                self.settings.tools.insert(tool.to_owned(), policy);
            }
        }
    }

    fn policy(&mut self) -> Policy {
        let limit = self.amount().max(0);
        let over_capture = self.random.weighted(&[
            (4, Over::Cap),
            (2, Over::Reject),
            (3, Over::ChargeAvailable),
            (2, Over::AllowDebt(None)),
            (3, Over::AllowDebt(Some(limit))),
        ]);
        let grace = self.random.below(30 * DAY_US);
        let after_expiry = self.random.weighted(&[
            (4, AfterExpiry::Expire),
            (2, AfterExpiry::Grace(grace)),
            (1, AfterExpiry::Grace(0)),
            (2, AfterExpiry::Restore),
        ]);
        let outcomes = OUTCOMES.map(|outcome| {
            let of = self.random.weighted(&[(8, 500_000), (4, 333_333), (2, 0), (1, 1_500_000), (1, u32::MAX)]);
            let delivered = if outcome == "partial" { 6 } else { 2 };
            self.random.weighted(&[
                (3, Share::Nothing),
                (1, Share::Full),
                (delivered, Share::Delivered),
                (2, Share::Of(of)),
            ])
        });
        let queued = outcomes.first_chunk().expect("all but the last").map(|share: Share| {
            let otherwise = if share == Share::Nothing { Share::Full } else { Share::Nothing };
            self.random.percent(20).then_some(otherwise)
        });
        let unknown_ttl_us = self.random.below(2 * DAY_US);
        Policy { over_capture, late_capture: self.random.percent(50), after_expiry, outcomes, queued, unknown_ttl_us }
    }

    /// Mostly milliseconds and minutes, now and then months, sometimes a clock that is behind.
    fn pass_time(&mut self) {
        let longest = self.random.weighted(&[
            (10, 1_000),
            (20, 5 * MINUTE_US),
            (8, 40 * MINUTE_US),
            (4, 2 * DAY_US),
            (2, 31 * DAY_US),
            (1, 900 * DAY_US),
        ]);
        let step = self.random.below(longest) as i64;
        self.now_us += if self.random.percent(5) { -step } else { step };
        if self.random.percent(30) {
            // On the dot: where ends and starts meet.
            self.now_us -= self.now_us.rem_euclid(5 * MINUTE_US as i64);
        }
    }

    fn soon(&mut self) -> i64 {
        let longest = self.random.weighted(&[(3, 30 * MINUTE_US), (3, 2 * DAY_US), (3, 60 * DAY_US)]);
        let at_us =
            self.now_us + self.random.below(longest) as i64 - i64::from(self.random.percent(10)) * DAY_US as i64;
        at_us - at_us.rem_euclid(5 * MINUTE_US as i64)
    }

    /// Mostly a handful of credits, in whole ones or fractions; sometimes absurd.
    fn amount(&mut self) -> i64 {
        match self.random.below(40) {
            0 => 0,
            1 => -(self.random.below(5_000_000) as i64),
            2 => 1,
            3 => i64::MAX,
            4 => i64::MAX / 2,
            5 => i64::MAX / 4 + self.random.below(1000) as i64,
            6..12 => self.random.below(20_000_000) as i64,
            _ => self.random.below(20) as i64 * MICRO,
        }
    }

    fn tool(&mut self) -> Option<String> {
        if self.random.percent(25) { None } else { self.random.pick(&TOOLS).map(|tool| (*tool).to_owned()) }
    }

    fn some_tools(&mut self) -> Vec<String> {
        let tools: Vec<String> =
            TOOLS.iter().filter(|_| self.random.percent(50)).map(|tool| (*tool).to_owned()).collect();
        if tools.is_empty() { vec!["kling".to_owned()] } else { tools }
    }

    /// One of the names known, or now and then one that is not.
    fn one_of(&mut self, list: fn(&Workload) -> &Vec<String>) -> String {
        // The youngest are the most likely: they have most ahead of them.
        let count = list(self).len() as u64;
        let newest = self.random.below(6).min(count.saturating_sub(1));
        let index =
            if self.random.percent(60) { count.saturating_sub(newest + 1) } else { self.random.below(count.max(1)) };
        let known = list(self).get(index as usize).cloned();
        known.filter(|_| !self.random.percent(3)).unwrap_or_else(|| "X0".to_owned())
    }

    fn customer(&mut self) -> String {
        let customer = self.one_of(|workload| &workload.customers);
        // A customer that is nowhere belongs to the first wallet ever, which is full of other things.
        if customer == "X0" { self.customers[0].clone() } else { customer }
    }

    fn bucket(&mut self) -> String {
        let known = self.random.pick(&self.settings.buckets).map(|bucket| bucket.name.clone());
        known.filter(|_| !self.random.percent(4)).unwrap_or_else(|| "nowhere".to_owned())
    }

    /// An act that has something to be about, mostly.
    fn act(&mut self) -> Act {
        let kind = self.random.weighted(&KINDS);
        let about = match kind {
            Kind::Void => &self.grants,
            Kind::Extend | Kind::Capture | Kind::Release => &self.holds,
            Kind::Refund => &self.charges,
            _ => &self.customers,
        };
        let lonely = about.is_empty() || matches!(kind, Kind::Transfer) && self.customers.len() == 1;
        let kind = if lonely && !self.random.percent(5) { Kind::Hold } else { kind };
        match kind {
            Kind::Customer => self.put_customer(),
            Kind::Member => Act::Member { customer: self.customer(), id: "ann".to_owned() },
            Kind::RemoveMember => Act::RemoveMember { customer: self.customer(), id: "ann".to_owned() },
            Kind::Grant => Act::Grant(self.grant()),
            Kind::Void => Act::Void { grant: self.one_of(|workload| &workload.grants) },
            Kind::Transfer => {
                let (from, mut to) = (self.customer(), self.customer());
                if from == to && self.random.percent(80) {
                    to = self.customers[self.customers.len() - 1].clone();
                }
                Act::Transfer { from, to, amount: self.amount(), bucket: self.bucket() }
            }
            Kind::Hold => Act::Hold(self.job("H")),
            Kind::Charge => Act::Charge(self.job("C")),
            Kind::Extend => self.extend(),
            Kind::Capture => Act::Capture(self.capture()),
            Kind::Release => Act::Release { hold: self.one_of(|workload| &workload.holds) },
            Kind::Refund => self.refund(),
            Kind::Touch | Kind::Retry => Act::Touch { customer: self.customer() },
        }
    }

    fn put_customer(&mut self) -> Act {
        let id = self.customer();
        let parent = if self.random.percent(20) { Some(self.customer()) } else { None };
        let tools = match self.random.below(8) {
            0..3 => None,
            3..7 => Some(None),
            _ => Some(Some(self.some_tools())),
        };
        Act::Customer { id, parent, tools }
    }

    fn grant(&mut self) -> Grant {
        let name = self.name("G");
        self.grants.push(name.clone());
        self.made_last = Some(name.clone());
        Grant {
            customer: self.customer(),
            name,
            amount: self.amount(),
            bucket: self.bucket(),
            starts_us: if self.random.percent(25) { Some(self.soon()) } else { None },
            expires_us: if self.random.percent(60) { Some(self.soon()) } else { None },
            priority: self.random.weighted(&[(6, 0), (1, -1), (1, 1)]),
            only: if self.random.percent(20) { Some(self.some_tools()) } else { None },
            paid_cents: if self.random.percent(40) { Some(self.random.below(5) as i64 * 100) } else { None },
        }
    }

    fn job(&mut self, prefix: &str) -> Job {
        let name = self.name(prefix);
        let list = if prefix == "H" { &mut self.holds } else { &mut self.charges };
        list.push(name.clone());
        self.made_last = Some(name.clone());
        let count = self.random.weighted(&[(12, 1), (4, 2), (3, 3), (1, 4), (1, 0)]);
        let lines: Vec<Line> = (0..count).map(|_| self.line()).collect();
        self.lines.insert(name.clone(), count.max(1) as u16);
        Job {
            customer: self.customer(),
            name,
            lines,
            envelope: self.random.percent(30),
            ttl_us: if self.random.percent(40) { TTL_USUAL_US } else { self.random.below(40 * DAY_US) },
            member: if self.random.percent(4) { Some("ann".to_owned()) } else { None },
            quote: self.quote(),
            currency: if self.random.percent(8) { "minutes".to_owned() } else { CREDITS.to_owned() },
        }
    }

    fn line(&mut self) -> Line {
        let amount = if self.random.percent(85) { self.random.below(12) as i64 * MICRO / 2 } else { self.amount() };
        let open = if self.random.percent(8) { Some("seconds".to_owned()) } else { None };
        Line { amount, tool: self.tool(), open }
    }

    fn quote(&mut self) -> Option<(String, i64)> {
        match self.random.below(10) {
            0 => {
                let quote = (self.name("Q"), self.soon());
                self.quotes.push(quote.clone());
                Some(quote)
            }
            1 => self.random.pick(&self.quotes).cloned(),
            _ => None,
        }
    }

    fn extend(&mut self) -> Act {
        let hold = self.one_of(|workload| &workload.holds);
        Act::Extend {
            ttl_us: if self.random.percent(50) { Some(self.random.below(40 * DAY_US)) } else { None },
            amount: if self.random.percent(60) { Some(self.amount()) } else { None },
            line: self.which_line(&hold),
            hold,
        }
    }

    /// Mostly the whole hold, else one of its lines, seldom one that it does not have.
    fn which_line(&mut self, hold: &str) -> Option<u16> {
        let count = self.lines.get(hold).copied().unwrap_or(1);
        let one = 1 + self.random.below(u64::from(count)) as u16;
        let named = if count == 1 { 4 } else { 30 };
        self.random.weighted(&[(30, None), (named, Some(one)), (1, Some(count + 1)), (1, Some(0))])
    }

    fn capture(&mut self) -> Capture {
        let hold = self.one_of(|workload| &workload.holds);
        let name = self.name("C");
        self.charges.push(name.clone());
        self.made_last = Some(name.clone());
        let most = self.random.weighted(&[(4, 12), (1, 80)]);
        let amount = if self.random.percent(90) { self.random.below(most) as i64 * MICRO / 2 } else { self.amount() };
        let asked = [(8, Asked::Held), (6, Asked::Amount(amount)), (4, Asked::Measured(amount))];
        let outcome = match self.random.below(20) {
            0..11 => "succeeded",
            11..13 => "unknown",
            13..16 => "partial",
            _ => OUTCOMES[self.random.below(5) as usize],
        };
        let of = self.random.below(7) as u32;
        let part = self.random.below(u64::from(of) + 2) as u32;
        Capture {
            line: self.which_line(&hold),
            hold,
            name,
            asked: self.random.weighted(&asked),
            outcome: outcome.to_owned(),
            queued: self.random.percent(25),
            delivered: if self.random.percent(40) { Some((part, of)) } else { None },
            last: self.random.percent(65),
        }
    }

    fn refund(&mut self) -> Act {
        let amount = if self.random.percent(80) { self.random.below(8) as i64 * MICRO / 2 } else { self.amount() };
        let of = self.random.below(5);
        let part = self.random.below(of + 2);
        let huge = (u64::MAX - self.random.below(3), u64::MAX - self.random.below(3));
        let shares = [
            (4, RefundShare::All),
            (5, RefundShare::Amount(amount)),
            (4, RefundShare::Fraction(part, of)),
            (1, RefundShare::Fraction(huge.0, huge.1)),
        ];
        Act::Refund {
            charge: self.one_of(|workload| &workload.charges),
            name: self.name("R"),
            share: self.random.weighted(&shares),
            to: if self.random.percent(30) { Some(self.bucket()) } else { None },
        }
    }
}
