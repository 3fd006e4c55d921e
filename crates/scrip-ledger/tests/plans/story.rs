//! A customer's wallet under a book of terms, and the story of what happens to it.

use std::fmt::Write as _;
use std::sync::Arc;

use expect_test::Expect;
use scrip_ledger::add_on::{AddOnTerms, FirstPeriod, OnAnnual};
use scrip_ledger::audit::Auditor;
use scrip_ledger::book::{Book, PlanRules, Terms};
use scrip_ledger::change::Change;
use scrip_ledger::command::{
    AddOnNew, CancelAt, CustomerPut, GrantNew, HoldNew, LineNew, Patch, SubscriptionChange, SubscriptionNew,
};
use scrip_ledger::grant::GrantKind;
use scrip_ledger::id::{HoldId, StudioId, SubscriptionId, WalletId};
use scrip_ledger::plan::*;
use scrip_ledger::policy::{BucketTerms, Spending, WithoutPlan};
use scrip_ledger::{Act, Command, Credits, Money, Name, Reply, Span, Timestamp, Wallet, apply};

pub fn credits(text: &str) -> Credits {
    Credits::parse(text, 6).unwrap()
}

pub fn at(text: &str) -> Timestamp {
    let instant: jiff::Timestamp = format!("{}:00Z", text.replace(' ', "T")).parse().unwrap();
    Timestamp::from_micros(instant.as_microsecond())
}

pub fn text(at: Timestamp) -> String {
    let text = jiff::Timestamp::from_microsecond(at.micros()).unwrap().strftime("%F %R").to_string();
    text.trim_end_matches(" 00:00").to_owned()
}

pub fn rule(bucket: &str, amount: &str) -> GrantRule {
    GrantRule {
        bucket: Name::from(bucket),
        credits: credits(amount),
        per: GrantPer::Customer,
        renewal: Renewal::Reset,
        rollover: Rollover::None,
        drip: Drip::Upfront,
        expires: None,
        only_tools: None,
        every: None,
    }
}

pub fn every(interval: Interval, rule: GrantRule) -> GrantRule {
    GrantRule { every: Some(Every { interval, anchored_to: CycleAnchor::Purchase }), ..rule }
}

pub fn by_the_calendar(interval: Interval, rule: GrantRule) -> GrantRule {
    GrantRule { every: Some(Every { interval, anchored_to: CycleAnchor::Calendar }), ..rule }
}

pub fn per_seat(rule: GrantRule) -> GrantRule {
    GrantRule { per: GrantPer::Seat, ..rule }
}

pub fn plan(id: &str, terms: Vec<(Interval, &str, Vec<GrantRule>)>) -> Plan {
    let terms = terms.into_iter().map(|(interval, price, grants)| PlanTerms {
        interval,
        price: (!price.is_empty()).then(|| Money::parse(price, scrip_ledger::Currency::parse("usd").unwrap()).unwrap()),
        grants,
        anchor: None,
    });
    Plan {
        id: Name::from(id),
        name: id.to_owned(),
        description: None,
        terms: terms.collect(),
        welcome: Vec::new(),
        by_contract: false,
        tools: None,
        seats: None,
        sells_packs: true,
        limits: Vec::new(),
        trial: None,
        trial_grants: None,
        trial_rolls_over: false,
        sample: false,
        retired: false,
    }
}

pub fn seats(pool: SeatPool, added: SeatAdded) -> Option<SeatTerms> {
    Some(SeatTerms { at_least: 1, at_most: None, added, pool })
}

/// Monthly credits, then what was carried, then what was bought, then what is kept for those with a plan.
pub fn terms(plans: Vec<Plan>) -> Terms {
    let bucket = |id: &str, expires| BucketTerms { expires, decimals: 0, ..BucketTerms::plain(id, "credits") };
    let kept = BucketTerms { without_plan: WithoutPlan::Frozen, ..bucket("kept", Expiry::Never) };
    let buckets = vec![
        bucket("monthly", Expiry::Cycle),
        bucket("units", Expiry::Cycle),
        bucket("carried", Expiry::Never),
        bucket("bought", Expiry::Never),
        kept,
    ];
    Terms {
        version: 1,
        effective_at: Timestamp::MIN,
        zone: Name::from("UTC"),
        spending: Arc::new(Spending::in_order(buckets)),
        plans,
        add_ons: vec![AddOnTerms {
            id: Name::from("unit"),
            name: "unit".to_owned(),
            credits: credits("60"),
            price: None,
            bucket: Name::from("units"),
            plans: vec![Name::from("basic"), Name::from("team")],
            on_annual: OnAnnual::Monthly,
            first_period: FirstPeriod::Full,
            refundable: false,
            sample: false,
            retired: false,
            text: None,
            interval: Interval::Month,
            per: GrantPer::Customer,
        }],
        packs: Vec::new(),
        promotions: Vec::new(),
        rules: PlanRules::default(),
        without_plan: TermsWithoutPlan::default(),
    }
}

pub struct Story {
    pub wallet: Wallet,
    pub book: Book,
    pub auditor: Auditor,
    pub subscription: Option<SubscriptionId>,
    pub hold: Option<HoldId>,
    pub told: String,
}

impl Story {
    /// A customer named ada, from the first day of 2026.
    pub fn new(terms: Terms) -> Story {
        let id = WalletId::new(1).unwrap();
        let mut story = Story {
            wallet: Wallet::new(id, StudioId(1)),
            book: Book::new(vec![Arc::new(terms)]),
            auditor: Auditor::new(id),
            subscription: None,
            hold: None,
            told: String::new(),
        };
        story.act("2026-01-01 00:00", Act::PutCustomer(Box::new(customer())));
        story.told.clear();
        story
    }

    pub fn act(&mut self, when: &str, act: Act) -> &mut Story {
        let command = Command { request: None, actor: Name::from("test"), act };
        let (answer, record) = apply(&mut self.wallet, &self.book, at(when), &command);
        writeln!(self.told, "{}", text(at(when))).unwrap();
        match answer.outcome {
            Ok(Reply::Subscription(subscription) | Reply::AddOn { subscription, .. }) => {
                self.subscription = Some(subscription.id);
                let end = subscription.period_end.map_or("open".to_owned(), text);
                let status = subscription.status.as_str();
                writeln!(self.told, "  {} {status} until {end}", subscription.plan.id.as_str()).unwrap();
            }
            Ok(Reply::Hold(hold)) => self.hold = Some(hold.id),
            Ok(_) => {}
            Err(refusal) => writeln!(self.told, "  refused: {}", refusal.code()).unwrap(),
        }
        let Some(record) = record else { return self };
        self.auditor.follow(&record);
        assert_eq!(self.auditor.violations, vec![], "after {when}");
        for change in &record.changes {
            let Change::Entry(entry) = change else { continue };
            let movement = &entry.movement;
            let grant = self.wallet.grant(movement.grant).unwrap();
            let seat = grant.terms.seat.map_or(String::new(), |seat| format!(" of seat {seat}"));
            writeln!(
                self.told,
                "  {} {} {} {}{seat}",
                text(movement.at),
                movement.kind.as_str(),
                movement.amount,
                grant.terms.bucket.as_str()
            )
            .unwrap();
        }
        self
    }

    pub fn start(&mut self, when: &str, plan: &str, interval: Interval, seats: Option<u32>) -> &mut Story {
        let new =
            SubscriptionNew { customer: Name::from("ada"), plan: Name::from(plan), interval, seats, starts_at: None };
        self.act(when, Act::Subscribe(Box::new(new)))
    }

    pub fn change(&mut self, when: &str, plan: Option<&str>, seats: Option<u32>) -> &mut Story {
        let change = SubscriptionChange { plan: plan.map(Name::from), interval: None, seats, ends: None };
        let subscription = self.subscription.unwrap();
        self.act(when, Act::ChangeSubscription { subscription, change })
    }

    pub fn cancel(&mut self, when: &str, at: CancelAt) -> &mut Story {
        let subscription = self.subscription.unwrap();
        self.act(when, Act::CancelSubscription { subscription, at, reason: None })
    }

    pub fn buy_units(&mut self, when: &str, units: u32) -> &mut Story {
        let new = AddOnNew { customer: Name::from("ada"), subscription: None, add_on: Name::from("unit"), units };
        self.act(when, Act::BuyAddOn(Box::new(new)))
    }

    pub fn grant(&mut self, when: &str, bucket: &str, amount: &str) -> &mut Story {
        let spending = self.book.at(at(when)).unwrap().spending.clone();
        let new = GrantNew {
            customer: Name::from("ada"),
            kind: GrantKind::Manual,
            bucket: Name::from(bucket),
            amount: credits(amount),
            effective_at: None,
            expires_at: None,
            priority: 0,
            only_tools: None,
            paid: None,
            reason: None,
            spending,
        };
        self.act(when, Act::Grant(Box::new(new)))
    }

    pub fn job(&self, amount: &str) -> HoldNew {
        HoldNew {
            customer: Name::from("ada"),
            member: None,
            currency: Name::from("credits"),
            lines: vec![LineNew {
                label: None,
                tool: Some(Name::from("tool")),
                model: None,
                quantity: 1,
                inputs: Name::from("{}"),
                open_inputs: Vec::new(),
                amount: credits(amount),
                policy: Arc::default(),
            }],
            envelope: false,
            promise: None,
            facts: None,
            catalog_version: 1,
            ttl: Span::from_days(60),
            reference: None,
            metadata: Vec::new(),
            spending: self.book.at(self.wallet.head.last_at).unwrap().spending.clone(),
        }
    }

    pub fn spend(&mut self, when: &str, amount: &str) -> &mut Story {
        let job = Box::new(self.job(amount));
        self.act(when, Act::Charge { job, cost: None })
    }

    pub fn hold(&mut self, when: &str, amount: &str) -> &mut Story {
        let job = Box::new(self.job(amount));
        self.act(when, Act::Hold(job))
    }

    pub fn release(&mut self, when: &str) -> &mut Story {
        let hold = self.hold.unwrap();
        self.act(when, Act::Release { hold, reason: None })
    }

    pub fn past_due(&mut self, when: &str) -> &mut Story {
        let subscription = self.subscription.unwrap();
        self.act(when, Act::PastDue { subscription })
    }

    pub fn recover(&mut self, when: &str) -> &mut Story {
        let subscription = self.subscription.unwrap();
        self.act(when, Act::Recover { subscription })
    }

    pub fn wait(&mut self, until: &str) -> &mut Story {
        self.act(until, Act::Touch)
    }

    pub fn balance(&mut self) -> &mut Story {
        let buckets = ["monthly", "units", "carried", "bought", "kept"];
        let now = self.wallet.head.last_at;
        for bucket in buckets {
            let grants = self.wallet.grants.iter().filter(|grant| grant.terms.bucket.as_str() == bucket);
            let live = grants.filter(|grant| !grant.has_ended(now));
            let (posted, frozen): (Vec<_>, Vec<_>) =
                live.map(|grant| (grant.balance.posted(), grant.balance.frozen)).unzip();
            let (posted, frozen): (Credits, Credits) = (posted.into_iter().sum(), frozen.into_iter().sum());
            if posted.is_positive() || frozen.is_positive() {
                let frozen = if frozen.is_positive() { format!(" and {frozen} frozen") } else { String::new() };
                writeln!(self.told, "  = {bucket} {posted}{frozen}").unwrap();
            }
        }
        self
    }

    pub fn is(&mut self, expected: Expect) {
        expected.assert_eq(&self.told);
    }
}

pub fn customer() -> CustomerPut {
    CustomerPut {
        id: Name::from("ada"),
        parent: None,
        name: Patch::Keep,
        email: Patch::Keep,
        zone: Patch::Keep,
        tools: Patch::Keep,
        overrides: Patch::Keep,
        contracts: Patch::Keep,
        metadata: Patch::Keep,
    }
}

pub fn basic() -> Vec<Plan> {
    vec![
        plan(
            "basic",
            vec![
                (Interval::Month, "10.00", vec![rule("monthly", "100")]),
                (Interval::Year, "100.00", vec![rule("monthly", "1200")]),
            ],
        ),
        plan("large", vec![(Interval::Month, "30.00", vec![rule("monthly", "500")])]),
    ]
}

pub fn with_rules(plans: Vec<Plan>, rules: PlanRules) -> Terms {
    Terms { rules, ..terms(plans) }
}
