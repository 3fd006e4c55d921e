//! Random scenarios: lives of a few customers under random settings, with jumps of up to years. The same seed makes
//! the same text for ever, so what fails can be handed over as a file.

use scrip_ledger::Timestamp;

use super::when;
use crate::random::Random;

/// Settings that are drawn one from each line.
const SETTINGS: [&[&str]; 10] = [
    &["", "policies.upgrade = \"new_cycle\"", "policies.upgrade = \"next_renewal\""],
    &["", "policies.downgrade = \"now_capped\""],
    &["", "policies.cycle_anchor = \"calendar\"", "policies.cycle_anchor = \"first_use\""],
    &["", "policies.released_after_expiry = \"grace\"", "policies.released_after_expiry = \"restore\""],
    &["", "policies.late_capture = \"charge_available\""],
    &["", "policies.over_capture = \"charge_available\"", "policies.over_capture = \"allow_debt\""],
    &["", "policies.several_subscriptions = true"],
    &["", "policies.chargeback = \"claw_back\"", "pack.pack_50.expires = \"P20D\""],
    &["", "bucket.extra.without_plan = \"frozen\"", "bucket.extra.without_plan = \"void\""],
    &[
        "",
        "plan.basic.monthly.grants = [{ bucket = \"monthly\", credits = 100, rollover = { bucket = \"rollover\", \
         carry_at_most = 60, total_at_most = 90 } }]",
        "plan.basic.annual.grants = [{ bucket = \"monthly\", credits = 90, upfront = false }]",
        "plan.pro.monthly.grants = [{ bucket = \"monthly\", credits = 300 }, \
         { bucket = \"gift\", credits = 9, every = \"day\", anchor = \"calendar\" }]",
        "plan.team.monthly.grants = [{ bucket = \"monthly\", credits = 50, per = \"seat\" }, \
         { bucket = \"monthly\", credits = 7, per = \"seat\", every = \"week\", anchor = \"purchase\" }]",
        "plan.team.seats = { at_least = 2, at_most = 10, pool = \"workspace\", added = \"prorate\" }",
        "plan.pro.limits = [{ kind = \"jobs_in_flight\", at_most = 2 }, { kind = \"spend\", at_most = 150, per = \"month\" }]",
        "plan.basic.trial = \"P10D\"",
    ],
];

const CUSTOMERS: [&str; 3] = ["ada", "acme", "paris"];
const PLANS: [&str; 3] = ["basic", "pro", "team"];
const PACKS: [&str; 2] = ["pack_50", "pack_200"];

const HOUR_US: i64 = 3_600_000_000;

/// A scenario on an invented product. After each act it looks at everything that a balance is made of.
pub fn text(seed: u64, steps: usize, catalog: &str) -> String {
    let mut life = Life { random: Random::seeded(seed), holds: 0, charges: 0, purchases: 0, now: START };
    let mut text = format!("# Seed {seed}.\ncatalog {catalog}\n");
    for choices in SETTINGS {
        let setting = life.random.pick(choices).copied().unwrap_or_default();
        if !setting.is_empty() {
            text += &format!("with {setting}\n");
        }
    }
    if life.random.percent(50) {
        text += "with promotion.daily = { kind = \"daily_login\", per = \"day\", earns_at_most = 12, \
                 grants = [{ bucket = \"gift\", credits = 5 }] }\n";
    }
    text += &format!("\n{}  acme joins\n", when::write(life.now));
    text += "paris joins as group of acme\nacme adds member bo\nacme adds member cy\n";
    for _ in 0..steps {
        life.jump();
        let customer = life.pick(&CUSTOMERS);
        text += &format!("{}  {}\n", when::write(life.now), life.act(customer));
        for look in ["balance", "held", "frozen", "wallet", "grants", "entries", "subscription", "next reset"] {
            text += &format!("    {look} of {customer}: ?\n");
        }
    }
    text
}

/// The same, with somebody who looks now and then between two acts.
pub fn looked_at(text: &str, seed: u64) -> String {
    let mut random = Random::seeded(seed ^ 0x5eed);
    let mut looked = String::new();
    let mut last: Option<Timestamp> = None;
    for line in text.lines() {
        let mut words = line.split(' ');
        let at = words.next().zip(words.next()).and_then(|(date, time)| when::read(date, time));
        if let (Some(before), Some(at)) = (last, at) {
            let hours = (at.micros() - before.micros()) / HOUR_US;
            if 1 < hours && random.percent(70) {
                let between = 1 + random.below(u64::try_from(hours - 1).unwrap_or(1));
                let then = before.micros() + i64::try_from(between).unwrap_or(1) * HOUR_US;
                looked += &format!("{}  time passes\n", when::write(Timestamp::from_micros(then)));
            }
        }
        last = at.or(last);
        looked += line;
        looked.push('\n');
    }
    looked
}

/// The same, with every act asked under a key, and now and then asked again under it.
pub fn retried(text: &str, seed: u64) -> String {
    let mut random = Random::seeded(seed ^ 0x7e7);
    let mut retried = String::new();
    let mut asked: Vec<String> = Vec::new();
    for line in text.lines() {
        let is_act = line.starts_with("20") && !line.ends_with("time passes");
        if !is_act {
            retried += line;
            retried.push('\n');
            continue;
        }
        // A retry comes before the next act, at the instant of the one that it repeats.
        if let Some(again) = random.pick(&asked).filter(|_| random.clone().percent(60)) {
            retried += &format!("    {again}\n");
        }
        asked.clear();
        let keyed = format!("{line} key K{}", retried.len());
        asked.extend(keyed.get(16..).map(|act| act.trim().to_owned()));
        retried += &keyed;
        retried.push('\n');
    }
    retried
}

/// The same, with a new catalog now and then: other quotas, another plan, another price.
pub fn edited(text: &str, seed: u64) -> String {
    let mut random = Random::seeded(seed ^ 0xed17);
    let mut edited = String::new();
    for line in text.lines() {
        edited += line;
        edited.push('\n');
        if line.trim_start().starts_with("balance of ") && random.percent(30) {
            let credits = 20 + random.below(400);
            edited += "    the studio publishes\n";
            edited += &match random.below(3) {
                0 => format!("    with tool.still.price = {}\n", 1 + credits % 9),
                1 => format!("    with plan.pro.monthly.grants = [{{ bucket = \"monthly\", credits = {credits} }}]\n"),
                _ => format!("    with plan.new_{credits}.monthly.grants = [{{ bucket = \"gift\", credits = 5 }}]\n"),
            };
            edited += &format!("{line}\n");
        }
    }
    edited
}

/// 2026-01-30 12:00: near the end of a long month.
const START: Timestamp = Timestamp::from_micros(1_769_774_400_000_000);

struct Life {
    random: Random,
    holds: u32,
    charges: u32,
    purchases: u32,
    now: Timestamp,
}

impl Life {
    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        self.random.pick(list).copied().unwrap_or_default()
    }

    fn number(&mut self, end: u64) -> u64 {
        1 + self.random.below(end)
    }

    /// Mostly hours, at times weeks, seldom years.
    fn jump(&mut self) {
        let hours = match self.random.below(40) {
            0 => self.random.below(24 * 500),
            1..=8 => self.random.below(24 * 40),
            9..=20 => self.random.below(60),
            _ => 0,
        };
        self.now = Timestamp::from_micros(self.now.micros() + i64::try_from(hours).unwrap_or(0) * HOUR_US);
    }

    fn act(&mut self, customer: &str) -> String {
        let act: fn(&mut Life, &str) -> String = self.random.weighted(&[
            (9, Life::start as fn(&mut Life, &str) -> String),
            (7, Life::change),
            (5, Life::end),
            (5, Life::pay),
            (8, Life::buy),
            (4, Life::reverse),
            (5, Life::grant),
            (14, Life::hold),
            (12, Life::settle),
            (12, Life::run),
            (3, Life::refund),
            (4, Life::team),
            (3, |_, _| "time passes".to_owned()),
        ]);
        act(self, customer)
    }

    fn start(&mut self, customer: &str) -> String {
        let (plan, interval) = (self.pick(&PLANS), self.pick(&["monthly", "monthly", "annual"]));
        let seats = if plan == "team" { format!(" with {} seats", self.number(4)) } else { String::new() };
        format!("{customer} starts {plan} {interval}{seats}")
    }

    fn change(&mut self, customer: &str) -> String {
        match self.random.below(4) {
            0 => format!("{customer} changes to {} seats", self.number(5)),
            1 => format!("{customer} changes to {}", self.pick(&["monthly", "annual"])),
            _ => format!("{customer} changes to {}", self.pick(&PLANS)),
        }
    }

    fn end(&mut self, customer: &str) -> String {
        let how =
            self.pick(&["cancels at period end", "cancels at period end", "cancels now", "resumes", "ends boost"]);
        format!("{customer} {how}")
    }

    fn pay(&mut self, customer: &str) -> String {
        format!("{customer} {}", self.pick(&["falls past due", "recovers", "recovers"]))
    }

    fn buy(&mut self, customer: &str) -> String {
        match self.random.below(4) {
            0 => format!("{customer} adds {} boost", self.number(3)),
            1 => format!("{customer} claims daily"),
            _ => {
                self.purchases += 1;
                format!("{customer} buys {} as P{}", self.pick(&PACKS), self.purchases)
            }
        }
    }

    fn reverse(&mut self, customer: &str) -> String {
        let last = u64::from(self.purchases.max(1));
        let purchase = last - self.random.below(last.min(4));
        let how = if self.random.percent(50) { format!(" by {}.50 usd", self.number(6)) } else { String::new() };
        format!("{customer} reverses P{purchase}{how}")
    }

    fn grant(&mut self, customer: &str) -> String {
        let bucket = self.pick(&["monthly", "gift", "extra"]);
        let until = if self.random.percent(50) {
            let hours = i64::try_from(self.number(24 * 60)).unwrap_or(1);
            let end = Timestamp::from_micros(self.now.micros() + hours * HOUR_US);
            format!(" until {}", when::write(end))
        } else {
            String::new()
        };
        format!("{customer} is granted {} {bucket}{until}", self.number(80))
    }

    fn who(&mut self, customer: &str) -> String {
        match (customer, self.random.below(3)) {
            ("acme", 0) => "bo of acme".to_owned(),
            ("acme", 1) => "cy of acme".to_owned(),
            _ => customer.to_owned(),
        }
    }

    fn hold(&mut self, customer: &str) -> String {
        let who = self.who(customer);
        self.holds += 1;
        let job = match self.random.below(4) {
            0 => format!("{} credits", self.number(90)),
            1 => format!("clip seconds={} + still times 2", self.number(40)),
            _ => format!("clip seconds={}", self.number(90)),
        };
        let ttl = ["", " for 2h", " for 3d"][self.random.below(3) as usize];
        format!("{who} holds {job}{ttl} as H{}", self.holds)
    }

    fn settle(&mut self, customer: &str) -> String {
        let last = u64::from(self.holds.max(1));
        let hold = last - self.random.below(last.min(4));
        self.charges += 1;
        let how = match self.random.below(8) {
            0 => return format!("{customer} releases H{hold}"),
            1 => return format!("{customer} extends H{hold} by 1d"),
            2 => "that failed".to_owned(),
            3 => "that partial delivered 1 of 3".to_owned(),
            4 => "that unknown".to_owned(),
            5 => format!("taking {}", self.number(60)),
            _ => String::new(),
        };
        format!("{customer} captures H{hold} {how} as C{}", self.charges)
    }

    fn run(&mut self, customer: &str) -> String {
        let who = self.who(customer);
        self.charges += 1;
        format!("{who} runs clip seconds={} as C{}", self.number(70), self.charges)
    }

    fn refund(&mut self, customer: &str) -> String {
        let last = u64::from(self.charges.max(1));
        let charge = last - self.random.below(last.min(6));
        let how = match self.random.below(3) {
            0 => " fraction 0.5".to_owned(),
            1 => format!(" by {}", self.number(20)),
            _ => " to extra".to_owned(),
        };
        format!("{customer} refunds C{charge}{how}")
    }

    fn team(&mut self, _: &str) -> String {
        match self.random.below(5) {
            0 => format!("acme adds member bo in seat {}", self.number(3)),
            1 => format!("acme adds member cy in seat {}", self.number(3)),
            2 => "acme adds member bo without seat".to_owned(),
            3 => format!("ada transfers {} extra to acme", self.number(30)),
            _ => format!("acme transfers {} extra to paris", self.number(20)),
        }
    }
}
