//! A script of acts on one wallet, played line by line.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use expect_test::Expect;
use scrip_ledger::audit::Auditor;
use scrip_ledger::book::{Book, Terms};
use scrip_ledger::change::{Change, Record};
use scrip_ledger::command::*;
use scrip_ledger::customer::PoolId;
use scrip_ledger::facts::{FactsUsed, FreeJob, FreeUnits, LineFacts, Repeat};
use scrip_ledger::grant::{GrantKind, Payer};
use scrip_ledger::hold::Hold;
use scrip_ledger::id::{ChargeId, HoldId, StudioId, SubscriptionId, WalletId};
use scrip_ledger::note::{Level, Note};
use scrip_ledger::plan::{Interval, Limit, LimitKind};
use scrip_ledger::policy::{JobPolicy, Outcome, Spending, Stage};
use scrip_ledger::seat::Spender;
use scrip_ledger::tally::{Counted, Tally, TallyKey};
use scrip_ledger::{Act, Command, Money, Name, Refusal, Reply, Span, Timestamp, Wallet, apply};

use crate::offers::{credits, usd};

pub struct Story {
    pub wallet: Wallet,
    folded: Wallet,
    pub records: Vec<Record>,
    auditor: Auditor,
    book: Book,
    policy: Arc<JobPolicy>,
    pub at: Timestamp,
    pub subscriptions: BTreeMap<String, SubscriptionId>,
    pub holds: BTreeMap<String, HoldId>,
    pub charges: BTreeMap<String, ChargeId>,
}

/// Plays a table of acts on a new wallet of the customer `ada`: what is answered stands right of the bar.
pub fn play(terms: Terms, table: Expect) {
    play_with(terms, JobPolicy::default(), table);
}

pub fn play_with(terms: Terms, policy: JobPolicy, table: Expect) {
    let mut story = Story::new(terms, policy);
    let mut told = String::new();
    for line in table.data.lines().map(|line| line.split('|').next().unwrap_or(line).trim()) {
        if !line.is_empty() {
            writeln!(told, "{line:<44} | {}", story.line(line)).unwrap();
        }
    }
    table.assert_eq(&told);
}

fn at(text: &str) -> Timestamp {
    let instant: jiff::Timestamp = format!("{}:00Z", text.replace(' ', "T")).parse().unwrap();
    Timestamp::from_micros(instant.as_microsecond())
}

fn text(at: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.micros()).unwrap().strftime("%F %R").to_string()
}

/// The words of a line, taken one after the other or found by the word before them.
struct Words<'a>(Vec<&'a str>);

impl<'a> Words<'a> {
    fn next(&mut self) -> &'a str {
        self.0.remove(0)
    }

    fn after(&mut self, word: &str) -> Option<&'a str> {
        let index = self.0.iter().position(|known| *known == word)?;
        self.0.remove(index);
        Some(self.0.remove(index))
    }

    fn has(&mut self, word: &str) -> bool {
        let index = self.0.iter().position(|known| *known == word);
        index.map(|index| self.0.remove(index)).is_some()
    }
}

fn name(text: &str) -> Name {
    Name::from(text)
}

fn per(word: &str) -> Option<Interval> {
    Interval::ALL.into_iter().find(|interval| interval.as_str() == word)
}

impl Story {
    pub fn new(terms: Terms, policy: JobPolicy) -> Story {
        let id = WalletId::new(1).unwrap();
        let wallet = Wallet::new(id, StudioId(1));
        let mut story = Story {
            folded: wallet.clone(),
            records: Vec::new(),
            wallet,
            auditor: Auditor::new(id),
            book: Book::new(vec![Arc::new(terms)]),
            policy: Arc::new(policy),
            at: at("2026-01-01 00:00"),
            subscriptions: BTreeMap::new(),
            holds: BTreeMap::new(),
            charges: BTreeMap::new(),
        };
        story.line("customer ada");
        story
    }

    /// Puts back so many inputs that were paid for now, as a store does.
    pub fn restore_repeats(&mut self, count: usize) {
        let until = Some(self.at.after(Span::from_days(29)));
        for number in 0..count {
            let what = Counted::Paid(name(&format!("restored-{number}")));
            let key = TallyKey { pool: PoolId::ROOT, member: None, what };
            let tally = Tally { since: Timestamp::MIN, count: 1, until, ..Tally::default() };
            self.wallet.restore_tally(key.clone(), tally);
            self.folded.restore_tally(key, tally);
        }
    }

    pub fn line(&mut self, line: &str) -> String {
        let mut words = Words(line.split_whitespace().collect());
        if words.0[0].starts_with("20") {
            self.at = at(&format!("{} {}", words.next(), words.next()));
        }
        let named = words.after("as").map(str::to_owned);
        match words.next() {
            "see" => self.see(words.next()),
            "left" => self.left(words),
            "customer" => self.customer(words),
            "member" => self.member(words),
            "leave" => {
                let act = Act::RemoveMember { customer: name(words.next()), member: name(words.next()) };
                self.act(act, None)
            }
            "start" => self.start(words, named),
            "end" => {
                let subscription = self.subscriptions[words.next()];
                let at = if words.has("later") { CancelAt::PeriodEnd } else { CancelAt::Now };
                self.act(Act::CancelSubscription { subscription, at, reason: None }, None)
            }
            "change" => {
                let subscription = self.subscriptions[words.next()];
                let change = SubscriptionChange {
                    seats: words.after("seats").map(|seats| seats.parse().unwrap()),
                    interval: words.has("yearly").then_some(Interval::Year),
                    plan: words.0.first().map(|plan| name(plan)),
                    ends: None,
                };
                self.act(Act::ChangeSubscription { subscription, change }, None)
            }
            "past_due" => {
                let subscription = self.subscriptions[words.next()];
                self.act(Act::PastDue { subscription }, None)
            }
            "recover" => {
                let subscription = self.subscriptions[words.next()];
                self.act(Act::Recover { subscription }, None)
            }
            "units" => {
                let (customer, add_on) = (name(words.next()), name(words.next()));
                let units = words.next().parse().unwrap();
                self.act(Act::BuyAddOn(Box::new(AddOnNew { customer, subscription: None, add_on, units })), None)
            }
            "grant" => self.grant(words),
            "hold" => {
                let job = Box::new(self.job(words));
                self.act(Act::Hold(job), named)
            }
            "charge" => {
                let job = Box::new(self.job(words));
                self.act(Act::Charge { job, cost: None }, named)
            }
            "extend" => {
                let hold = self.holds[words.next()];
                let line = words.after("line").map(|line| line.parse::<u16>().unwrap() - 1);
                let amount = Some(credits(words.next()));
                let by = Extension { ttl: None, amount, line, spending: self.spending() };
                self.act(Act::Extend { hold, by }, None)
            }
            "capture" => self.capture(words, named),
            "release" => {
                let hold = self.holds[words.next()];
                self.act(Act::Release { hold, reason: None }, None)
            }
            "refund" => {
                let charge = self.charges[words.next()];
                let to_bucket = words.after("to").map(name);
                let share = words.0.first().map_or(RefundShare::Rest, |amount| RefundShare::Amount(credits(amount)));
                let refund = RefundNew { share, reason: None, to_bucket, spending: self.spending() };
                self.act(Act::Refund { charge, refund: Box::new(refund) }, None)
            }
            "buy" => self.buy(words),
            "claim" => {
                let code = words.after("code").map(name);
                let new = ClaimNew { customer: name(words.next()), promotion: name(words.next()), code };
                self.act(Act::Claim(Box::new(new)), None)
            }
            "move" => {
                let (from, to) = (name(words.next()), name(words.next()));
                let (amount, bucket) = (credits(words.next()), name(words.next()));
                let new = TransferNew { from, to, amount, bucket, reason: None, spending: self.spending() };
                self.act(Act::Transfer(Box::new(new)), None)
            }
            "touch" => self.act(Act::Touch, None),
            other => panic!("what is {other:?}?"),
        }
    }

    fn spending(&self) -> Arc<Spending> {
        self.book.at(self.at).unwrap().spending.clone()
    }

    fn customer(&mut self, mut words: Words<'_>) -> String {
        let put = CustomerPut {
            parent: words.after("in").map(name),
            tools: words.after("tools").map_or(Patch::Keep, |tools| Patch::Set(tools.split(',').map(name).collect())),
            id: name(words.next()),
            name: Patch::Keep,
            email: Patch::Keep,
            zone: Patch::Keep,
            overrides: Patch::Keep,
            contracts: Patch::Keep,
            metadata: Patch::Keep,
        };
        self.act(Act::PutCustomer(Box::new(put)), None)
    }

    fn member(&mut self, mut words: Words<'_>) -> String {
        let customer = name(words.next());
        let id = name(words.next());
        let seat = match words.after("seat") {
            None => Patch::Keep,
            Some("none") => Patch::Clear,
            Some(seat) => Patch::Set(seat.parse().unwrap()),
        };
        let mut caps = Vec::new();
        while words.has("cap") {
            let kind = match words.next() {
                "jobs" => LimitKind::Jobs,
                "in_flight" => LimitKind::JobsInFlight,
                _ => LimitKind::Spend,
            };
            let at_most = credits(words.next());
            caps.push(Limit {
                kind,
                at_most,
                per: words.after("per").and_then(per),
                each_member: false,
                tools: None,
                currency: None,
            });
        }
        let caps = if caps.is_empty() { Patch::Keep } else { Patch::Set(caps) };
        let put = MemberPut { id, role: Patch::Keep, seat, limits: Patch::Keep, caps };
        self.act(Act::PutMember { customer, put: Box::new(put) }, None)
    }

    fn start(&mut self, mut words: Words<'_>, named: Option<String>) -> String {
        let seats = words.after("seats").map(|seats| seats.parse().unwrap());
        let interval = if words.has("yearly") { Interval::Year } else { Interval::Month };
        let starts_at = words.after("in").map(|days| self.at.after(Span::from_days(days.parse().unwrap())));
        let new =
            SubscriptionNew { customer: name(words.next()), plan: name(words.next()), interval, seats, starts_at };
        self.act(Act::Subscribe(Box::new(new)), named)
    }

    fn grant(&mut self, mut words: Words<'_>) -> String {
        let effective_at = words.after("starts").map(|day| at(&format!("{day} 00:00")));
        let expires_at = words.after("ends").map(|day| at(&format!("{day} 00:00")));
        let new = GrantNew {
            customer: name(words.next()),
            amount: credits(words.next()),
            bucket: name(words.next()),
            kind: GrantKind::Manual,
            effective_at,
            expires_at,
            priority: 0,
            only_tools: None,
            paid: None,
            reason: None,
            spending: self.spending(),
        };
        self.act(Act::Grant(Box::new(new)), None)
    }

    fn buy(&mut self, mut words: Words<'_>) -> String {
        let paid: Option<Money> = words.after("paid").map(usd);
        let new = PurchaseNew { customer: name(words.next()), pack: name(words.next()), paid, reason: None };
        self.act(Act::Purchase(Box::new(new)), None)
    }

    /// `hold ada 10/kling 5/image by ann`, and what its first line's price relied on.
    fn job(&self, mut words: Words<'_>) -> HoldNew {
        let member = words.after("by").map(name);
        let ttl = words.after("ttl").map_or(15, |minutes| minutes.parse().unwrap());
        let promise = words.after("quote").map(|quote| Promise {
            quote: name(quote),
            mark: quote.len() as u128,
            expires_at: self.at.after(Span::from_hours(1)),
        });
        let plan = words.after("for").map(|plan| (plan != "nobody").then(|| name(plan)));
        let free_job = words.after("free_job").map(|used| FreeJob {
            per: Some(Interval::Day),
            used: used.trim_end_matches("+1").parse().unwrap(),
            taken: u64::from(used.ends_with("+1")),
        });
        let free_units = words.after("free_units").map(|used| {
            let (used, taken) = used.split_once('+').unwrap();
            FreeUnits { per: Some(Interval::Day), used: credits(used), taken: credits(taken) }
        });
        let repeat = |mark: &str, paid| Repeat { mark: name(mark), paid, free_for: Some(Span::from_days(30)) };
        let paid_repeat = words.after("paid_repeat").map(|mark| repeat(mark, true));
        let repeat = paid_repeat.or_else(|| words.after("repeat").map(|mark| repeat(mark, false)));
        let customer = name(words.next());
        let lines: Vec<LineNew> = words.0.iter().map(|line| self.job_line(line)).collect();
        let tool = lines[0].tool.clone().unwrap_or_else(|| name("none"));
        let relies = free_job.is_some() || free_units.is_some() || repeat.is_some();
        let of_line = LineFacts { line: 0, tool, free_job, free_units, repeat };
        let of_lines = if relies { vec![of_line] } else { Vec::new() };
        let facts = (relies || plan.is_some()).then(|| {
            Box::new(FactsUsed { plan: plan.unwrap_or(None), lines: of_lines, of_wallet: true, priced_with: None })
        });
        HoldNew {
            customer,
            member,
            currency: name("credits"),
            lines,
            envelope: false,
            promise,
            facts,
            catalog_version: 1,
            ttl: Span::from_minutes(ttl),
            reference: None,
            metadata: Vec::new(),
            spending: self.spending(),
        }
    }

    fn job_line(&self, line: &str) -> LineNew {
        let (amount, tool) = line.split_once('/').unwrap_or((line, "none"));
        LineNew {
            label: None,
            tool: (tool != "none").then(|| name(tool)),
            model: None,
            quantity: 1,
            inputs: name("{}"),
            open_inputs: Vec::new(),
            amount: credits(amount),
            policy: self.policy.clone(),
        }
    }

    fn capture(&mut self, mut words: Words<'_>, named: Option<String>) -> String {
        let hold = self.holds[words.next()];
        let queued = words.has("queued");
        let line = words.after("line").map(|line| line.parse::<u16>().unwrap() - 1);
        let free_units = words.after("free_units").map(credits);
        let of = words.after("of").map(|of| of.parse().unwrap());
        let delivered = words.after("delivered").map(|part| part.parse().unwrap()).zip(of);
        let outcomes = [
            ("failed", Outcome::Failed),
            ("moderated", Outcome::Moderated),
            ("canceled", Outcome::Canceled),
            ("timed_out", Outcome::TimedOut),
            ("partial", Outcome::Partial),
        ];
        let outcome =
            outcomes.into_iter().find(|(word, _)| words.has(word)).map_or(Outcome::Succeeded, |found| found.1);
        let new = CaptureNew {
            outcome,
            line,
            asked: words.0.first().map_or(Asked::Held, |amount| Asked::Amount(credits(amount))),
            delivered,
            is_final: true,
            cost: None,
            stage: queued.then_some(Stage::Queued),
            free_units,
            spending: self.spending(),
        };
        self.act(Act::Capture { hold, capture: Box::new(new) }, named)
    }

    fn act(&mut self, act: Act, named: Option<String>) -> String {
        let command = Command { request: None, actor: name("test"), act };
        let mut lean = lean(&self.wallet, &command);
        let (answer, record) = apply(&mut self.wallet, &self.book, self.at, &command);
        let of_lean = apply(&mut lean, &self.book, self.at, &command);
        assert_eq!(of_lean, (answer.clone(), record.clone()), "a wallet without what has settled decides otherwise");
        let mut told = match answer.outcome {
            Ok(reply) => {
                self.remember(&reply, named);
                answered(&reply)
            }
            Err(refusal) => refused(&refusal),
        };
        if let Some(record) = &record {
            self.follow(record);
            for change in &record.changes {
                if let Change::Noted(note) = change {
                    told.push_str(&noted(note));
                }
            }
        }
        told
    }

    fn follow(&mut self, record: &Record) {
        let bytes = minicbor::to_vec(record).unwrap();
        let read: Record = minicbor::decode(&bytes).unwrap();
        assert_eq!(read, *record);
        self.folded.absorb(&read);
        assert_eq!(self.folded, self.wallet);
        self.auditor.follow(record);
        assert_eq!(self.auditor.violations, vec![]);
        self.records.push(record.clone());
    }

    fn remember(&mut self, reply: &Reply, named: Option<String>) {
        let Some(named) = named else { return };
        match reply {
            Reply::Subscription(subscription) => drop(self.subscriptions.insert(named, subscription.id)),
            Reply::Hold(hold) => drop(self.holds.insert(named, hold.id)),
            Reply::Charge(charge) => drop(self.charges.insert(named, charge.id)),
            Reply::Captured(captured) => {
                self.charges.insert(named, captured.charge.as_ref().unwrap().id);
            }
            _ => {}
        }
    }

    /// What is in each bucket of a customer.
    fn see(&self, customer: &str) -> String {
        let pool = self.wallet.pool_of(customer).unwrap();
        let mut sums: BTreeMap<(usize, &str, Option<u32>), [i64; 3]> = BTreeMap::new();
        let spending = self.spending();
        for grant in self.wallet.grants.iter().filter(|grant| grant.terms.pool == pool) {
            let key = (spending.rank(&grant.terms.bucket), &*grant.terms.bucket, grant.terms.seat);
            let balance = [grant.balance.available, grant.balance.held, grant.balance.frozen];
            let sums = sums.entry(key).or_default();
            sums.iter_mut().zip(balance).for_each(|(sum, part)| *sum += part.micro());
        }
        let mut told = Vec::new();
        for ((_, bucket, seat), [available, held, frozen]) in sums {
            let seat = seat.map_or(String::new(), |seat| format!(" of seat {seat}"));
            let parts = [(available, ""), (held, " held"), (frozen, " frozen")];
            let parts = parts.iter().filter(|(amount, _)| *amount != 0);
            let parts = parts.map(|(amount, what)| format!("{}{what}", amount / 1_000_000));
            let parts = parts.collect::<Vec<_>>().join(" ");
            if !parts.is_empty() {
                told.push(format!("{bucket}{seat} {parts}"));
            }
        }
        if told.is_empty() { "nothing".to_owned() } else { told.join(", ") }
    }

    fn left(&self, mut words: Words<'_>) -> String {
        let member = words.after("by").map(name);
        let pool = self.wallet.pool_of(words.next()).unwrap();
        let pools = self.wallet.pools_of(pool);
        let by = Spender::of(&self.wallet, pool, member.as_ref());
        let tool = words.0.first().copied();
        let payer = Payer { pools: &pools, by, tool, currency: "credits", spending: &self.spending() };
        self.wallet.available_for(&payer, self.at).to_string()
    }
}

fn answered(reply: &Reply) -> String {
    match reply {
        Reply::Captured(captured) => {
            let charged = captured.charge.as_ref().map_or("nothing".to_owned(), |charge| charge.credits.to_string());
            format!("{} charged", charged)
        }
        Reply::Granted(granted) => {
            let grants = granted.grants.iter().map(|grant| {
                let end = grant.terms.expires_at.map_or(String::new(), |end| format!(" until {}", text(end)));
                let frozen = if grant.locked { " frozen" } else { "" };
                let paid = grant
                    .terms
                    .paid
                    .map_or(String::new(), |paid| format!(" for {}.{:02}", paid.minor / 100, paid.minor % 100));
                format!("{} {}{paid}{frozen}{end}", grant.terms.kind.as_str(), grant.terms.amount)
            });
            grants.collect::<Vec<_>>().join(", ")
        }
        _ => "ok".to_owned(),
    }
}

fn refused(refusal: &Refusal) -> String {
    let until = |at: &Option<Timestamp>| at.map_or(String::new(), |at| format!(" until {}", text(at)));
    let more = match refusal {
        Refusal::TooManyJobs { at_most } => format!(" {at_most}"),
        Refusal::CountLimit { what, at_most, resets_at } => format!(" {what} {at_most}{}", until(resets_at)),
        Refusal::SpendLimit { at_most, left, resets_at } | Refusal::MemberLimit { at_most, left, resets_at } => {
            format!(" {left} of {at_most} left{}", until(resets_at))
        }
        Refusal::NotAllowed { what, reason } => format!(": {what} {reason}"),
        Refusal::NotEntitled { tool } => format!(": {tool}"),
        Refusal::SeatTaken { seat, by } => format!(": {seat} by {by}"),
        Refusal::Unknown { known, next_reset_at, .. } => {
            format!(": there is [{}]{}", known.join(", "), until(next_reset_at))
        }
        Refusal::BucketFull { bucket, at_most } => format!(": {bucket} {at_most}"),
        Refusal::InvalidInput { input, .. } => format!(": {input}"),
        Refusal::InsufficientCredits { required, available, .. } => {
            format!(" required {required} available {available}")
        }
        _ => String::new(),
    };
    format!("{}{more}", refusal.code())
}

fn noted(note: &Note) -> String {
    match note {
        Note::Balance { available, quota, level, .. } => {
            let level = match level {
                Level::Low(percent) => format!("low {percent}%"),
                Level::LowCredits(threshold) => format!("low {threshold}"),
                Level::Depleted => "depleted".to_owned(),
                Level::Recovered => "recovered".to_owned(),
            };
            let of = if quota.is_zero() { String::new() } else { format!(" of {quota}") };
            format!(" [{level}: {available}{of}]")
        }
        Note::LimitReached { member, .. } => {
            format!(" [limit of {} reached]", member.as_deref().unwrap_or("the customer"))
        }
        _ => String::new(),
    }
}

/// A wallet as a store may hand it over: without ended holds, charges and empty grants that nothing names.
fn lean(whole: &Wallet, command: &Command) -> Wallet {
    let charge = match &command.act {
        Act::Refund { charge, .. } => Some(*charge),
        _ => None,
    };
    let hold = match &command.act {
        Act::Extend { hold, .. } | Act::Release { hold, .. } | Act::Capture { hold, .. } => Some(*hold),
        _ => charge.map(|charge| whole.charge(charge).unwrap().hold),
    };
    let mut lean = whole.clone();
    lean.charges.retain(|id, _| Some(*id) == charge);
    lean.holds.retain(|id, kept: &mut Box<Hold>| kept.state.is_open() || Some(*id) == hold);
    let drawn =
        |hold: &Hold| hold.state.lines.iter().flat_map(|line| &line.draws).map(|draw| draw.grant).collect::<Vec<_>>();
    let named: Vec<_> = lean.holds.values().flat_map(|hold| drawn(hold)).collect();
    lean.grants.retain(|grant| !grant.is_settled() || named.contains(&grant.id));
    lean
}
