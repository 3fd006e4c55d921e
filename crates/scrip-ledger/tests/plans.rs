//! Plans on the ledger: what a subscription grants, when, and what becomes of the rest. Each test is a short
//! story; what the wallet answered and wrote is kept beside it.

use std::fmt::Write as _;
use std::sync::Arc;

use expect_test::{Expect, expect};
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
use scrip_ledger::{Act, Command, Credits, Money, Name, Reply, Span, Timestamp, Wallet, apply, preview};

fn credits(text: &str) -> Credits {
    Credits::parse(text, 6).unwrap()
}

fn at(text: &str) -> Timestamp {
    let instant: jiff::Timestamp = format!("{}:00Z", text.replace(' ', "T")).parse().unwrap();
    Timestamp::from_micros(instant.as_microsecond())
}

fn text(at: Timestamp) -> String {
    let text = jiff::Timestamp::from_microsecond(at.micros()).unwrap().strftime("%F %R").to_string();
    text.trim_end_matches(" 00:00").to_owned()
}

fn rule(bucket: &str, amount: &str) -> GrantRule {
    GrantRule {
        bucket: Name::from(bucket),
        credits: credits(amount),
        per: GrantPer::Customer,
        renewal: Renewal::Reset,
        rollover: Rollover::None,
        drip: Drip::Upfront,
        expires: None,
        only_tools: None,
    }
}

fn per_seat(rule: GrantRule) -> GrantRule {
    GrantRule { per: GrantPer::Seat, ..rule }
}

fn plan(id: &str, terms: Vec<(Interval, &str, Vec<GrantRule>)>) -> Plan {
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
        sample: false,
        retired: false,
    }
}

fn seats(pool: SeatPool, added: SeatAdded) -> Option<SeatTerms> {
    Some(SeatTerms { at_least: 1, at_most: None, added, pool })
}

/// Monthly credits, then what was carried, then what was bought, then what is kept for those with a plan.
fn terms(plans: Vec<Plan>) -> Terms {
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
        spending: Arc::new(Spending { buckets }),
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
        }],
        packs: Vec::new(),
        promotions: Vec::new(),
        rules: PlanRules::default(),
    }
}

struct Story {
    wallet: Wallet,
    book: Book,
    auditor: Auditor,
    subscription: Option<SubscriptionId>,
    hold: Option<HoldId>,
    told: String,
}

impl Story {
    fn new(terms: Terms) -> Story {
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

    fn act(&mut self, when: &str, act: Act) -> &mut Story {
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

    fn start(&mut self, when: &str, plan: &str, interval: Interval, seats: Option<u32>) -> &mut Story {
        let new =
            SubscriptionNew { customer: Name::from("ada"), plan: Name::from(plan), interval, seats, starts_at: None };
        self.act(when, Act::Subscribe(Box::new(new)))
    }

    fn change(&mut self, when: &str, plan: Option<&str>, seats: Option<u32>) -> &mut Story {
        let change = SubscriptionChange { plan: plan.map(Name::from), interval: None, seats, ends: None };
        let subscription = self.subscription.unwrap();
        self.act(when, Act::ChangeSubscription { subscription, change })
    }

    fn cancel(&mut self, when: &str, at: CancelAt) -> &mut Story {
        let subscription = self.subscription.unwrap();
        self.act(when, Act::CancelSubscription { subscription, at, reason: None })
    }

    fn buy_units(&mut self, when: &str, units: u32) -> &mut Story {
        let new = AddOnNew { customer: Name::from("ada"), subscription: None, add_on: Name::from("unit"), units };
        self.act(when, Act::BuyAddOn(Box::new(new)))
    }

    fn grant(&mut self, when: &str, bucket: &str, amount: &str) -> &mut Story {
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

    fn job(&self, amount: &str) -> HoldNew {
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

    fn spend(&mut self, when: &str, amount: &str) -> &mut Story {
        let job = Box::new(self.job(amount));
        self.act(when, Act::Charge { job, cost: None })
    }

    fn hold(&mut self, when: &str, amount: &str) -> &mut Story {
        let job = Box::new(self.job(amount));
        self.act(when, Act::Hold(job))
    }

    fn release(&mut self, when: &str) -> &mut Story {
        let hold = self.hold.unwrap();
        self.act(when, Act::Release { hold, reason: None })
    }

    fn past_due(&mut self, when: &str) -> &mut Story {
        let subscription = self.subscription.unwrap();
        self.act(when, Act::PastDue { subscription })
    }

    fn recover(&mut self, when: &str) -> &mut Story {
        let subscription = self.subscription.unwrap();
        self.act(when, Act::Recover { subscription })
    }

    fn wait(&mut self, until: &str) -> &mut Story {
        self.act(until, Act::Touch)
    }

    fn balance(&mut self) -> &mut Story {
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

    fn is(&mut self, expected: Expect) {
        expected.assert_eq(&self.told);
    }
}

fn customer() -> CustomerPut {
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

fn basic() -> Vec<Plan> {
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

fn with_rules(plans: Vec<Plan>, rules: PlanRules) -> Terms {
    Terms { rules, ..terms(plans) }
}

#[test]
fn a_month_is_reset_and_bought_credits_stay() {
    Story::new(terms(basic()))
        .grant("2026-01-05 00:00", "bought", "10")
        .start("2026-01-31 10:00", "basic", Interval::Month, None)
        .spend("2026-02-10 00:00", "30")
        .balance()
        .wait("2026-02-28 10:00")
        .balance()
        .wait("2026-03-31 09:59")
        .spend("2026-03-31 10:00", "105")
        .balance()
        .is(expect![[r#"
            2026-01-05
              2026-01-05 grant 10 bought
            2026-01-31 10:00
              basic active until 2026-02-28 10:00
              2026-01-31 10:00 grant 100 monthly
            2026-02-10
              2026-02-10 hold 30 monthly
              2026-02-10 capture 30 monthly
              = monthly 70
              = bought 10
            2026-02-28 10:00
              2026-02-28 10:00 expire 70 monthly
              2026-02-28 10:00 grant 100 monthly
              = monthly 100
              = bought 10
            2026-03-31 09:59
            2026-03-31 10:00
              2026-03-31 10:00 expire 100 monthly
              2026-03-31 10:00 grant 100 monthly
              2026-03-31 10:00 hold 100 monthly
              2026-03-31 10:00 hold 5 bought
              2026-03-31 10:00 capture 100 monthly
              2026-03-31 10:00 capture 5 bought
              = bought 5
        "#]]);
}

#[test]
fn missed_renewals_are_walked_one_by_one() {
    Story::new(terms(basic()))
        .start("2026-01-31 10:00", "basic", Interval::Month, None)
        .wait("2026-05-02 00:00")
        .balance()
        .is(expect![[r#"
            2026-01-31 10:00
              basic active until 2026-02-28 10:00
              2026-01-31 10:00 grant 100 monthly
            2026-05-02
              2026-02-28 10:00 expire 100 monthly
              2026-02-28 10:00 grant 100 monthly
              2026-03-31 10:00 expire 100 monthly
              2026-03-31 10:00 grant 100 monthly
              2026-04-30 10:00 expire 100 monthly
              2026-04-30 10:00 grant 100 monthly
              = monthly 100
        "#]]);
}

#[test]
fn an_annual_plan_does_not_refill_monthly() {
    Story::new(terms(basic()))
        .start("2026-02-01 00:00", "basic", Interval::Year, None)
        .spend("2026-06-01 00:00", "1180")
        .wait("2027-01-31 23:59")
        .balance()
        .wait("2027-02-01 00:00")
        .balance()
        .is(expect![[r#"
            2026-02-01
              basic active until 2027-02-01
              2026-02-01 grant 1200 monthly
            2026-06-01
              2026-06-01 hold 1180 monthly
              2026-06-01 capture 1180 monthly
            2027-01-31 23:59
              = monthly 20
            2027-02-01
              2027-02-01 expire 20 monthly
              2027-02-01 grant 1200 monthly
              = monthly 1200
        "#]]);
}

#[test]
fn an_annual_plan_can_arrive_month_by_month() {
    let monthly = GrantRule { drip: Drip::Monthly, ..rule("monthly", "100") };
    Story::new(terms(vec![plan("basic", vec![(Interval::Year, "100.00", vec![monthly])])]))
        .start("2026-11-30 00:00", "basic", Interval::Year, None)
        .spend("2026-12-01 00:00", "30")
        .wait("2027-02-28 00:00")
        .balance()
        .wait("2027-11-30 00:00")
        .balance()
        .is(expect![[r#"
            2026-11-30
              basic active until 2027-11-30
              2026-11-30 grant 100 monthly
            2026-12-01
              2026-12-01 hold 30 monthly
              2026-12-01 capture 30 monthly
            2027-02-28
              2026-12-30 expire 70 monthly
              2026-12-30 grant 100 monthly
              2027-01-30 expire 100 monthly
              2027-01-30 grant 100 monthly
              2027-02-28 expire 100 monthly
              2027-02-28 grant 100 monthly
              = monthly 100
            2027-11-30
              2027-03-30 expire 100 monthly
              2027-03-30 grant 100 monthly
              2027-04-30 expire 100 monthly
              2027-04-30 grant 100 monthly
              2027-05-30 expire 100 monthly
              2027-05-30 grant 100 monthly
              2027-06-30 expire 100 monthly
              2027-06-30 grant 100 monthly
              2027-07-30 expire 100 monthly
              2027-07-30 grant 100 monthly
              2027-08-30 expire 100 monthly
              2027-08-30 grant 100 monthly
              2027-09-30 expire 100 monthly
              2027-09-30 grant 100 monthly
              2027-10-30 expire 100 monthly
              2027-10-30 grant 100 monthly
              2027-11-30 expire 100 monthly
              2027-11-30 grant 100 monthly
              = monthly 100
        "#]]);
}

#[test]
fn what_is_left_rolls_over_up_to_a_cap() {
    let carry = |most: &str| Rollover::Carry {
        bucket: Name::from("carried"),
        carry_at_most: None,
        total_at_most: Some(credits(most)),
        cycles: None,
    };
    let grants = |quota: &str, cap: &str| vec![GrantRule { rollover: carry(cap), ..rule("monthly", quota) }];
    let plans = vec![
        plan("basic", vec![(Interval::Month, "10.00", grants("100", "120"))]),
        plan("large", vec![(Interval::Month, "30.00", grants("500", "500"))]),
    ];
    Story::new(terms(plans))
        .start("2026-01-01 00:00", "large", Interval::Month, None)
        .spend("2026-01-10 00:00", "200")
        .wait("2026-02-01 00:00")
        .balance()
        .change("2026-02-02 00:00", Some("basic"), None)
        .wait("2026-03-01 00:00")
        .balance()
        .cancel("2026-03-02 00:00", CancelAt::PeriodEnd)
        .wait("2026-04-01 00:00")
        .balance()
        .is(expect![[r#"
            2026-01-01
              large active until 2026-02-01
              2026-01-01 grant 500 monthly
            2026-01-10
              2026-01-10 hold 200 monthly
              2026-01-10 capture 200 monthly
            2026-02-01
              2026-02-01 rollover 300 monthly
              2026-02-01 rollover 300 carried
              2026-02-01 grant 500 monthly
              = monthly 500
              = carried 300
            2026-02-02
              large active until 2026-03-01
            2026-03-01
              2026-03-01 trim 180 carried
              2026-03-01 expire 500 monthly
              2026-03-01 grant 100 monthly
              = monthly 100
              = carried 120
            2026-03-02
              basic active until 2026-04-01
            2026-04-01
              2026-04-01 expire 100 monthly
              = carried 120
        "#]]);
}

#[test]
fn carried_credits_can_live_for_some_cycles() {
    let carry = Rollover::Carry {
        bucket: Name::from("monthly"),
        carry_at_most: Some(credits("50")),
        total_at_most: None,
        cycles: Some(2),
    };
    let plans =
        vec![plan("basic", vec![(Interval::Month, "", vec![GrantRule { rollover: carry, ..rule("monthly", "100") }])])];
    Story::new(terms(plans))
        .start("2026-01-01 00:00", "basic", Interval::Month, None)
        .wait("2026-02-01 00:00")
        .balance()
        .wait("2026-03-01 00:00")
        .balance()
        .wait("2026-04-01 00:00")
        .balance()
        .is(expect![[r#"
            2026-01-01
              basic active until 2026-02-01
              2026-01-01 grant 100 monthly
            2026-02-01
              2026-02-01 rollover 50 monthly
              2026-02-01 rollover 50 monthly
              2026-02-01 expire 50 monthly
              2026-02-01 grant 100 monthly
              = monthly 150
            2026-03-01
              2026-03-01 rollover 50 monthly
              2026-03-01 rollover 50 monthly
              2026-03-01 expire 50 monthly
              2026-03-01 grant 100 monthly
              = monthly 200
            2026-04-01
              2026-04-01 rollover 50 monthly
              2026-04-01 rollover 50 monthly
              2026-04-01 expire 50 monthly
              2026-04-01 grant 100 monthly
              2026-04-01 expire 50 monthly
              = monthly 200
        "#]]);
}

#[test]
fn a_bucket_can_be_replenished_or_added_to() {
    let replenish =
        GrantRule { renewal: Renewal::ReplenishUpTo, expires: Some(Expiry::Never), ..rule("monthly", "50") };
    let add = GrantRule { renewal: Renewal::Add, expires: Some(Expiry::Never), ..rule("bought", "10") };
    Story::new(terms(vec![plan("basic", vec![(Interval::Day, "", vec![replenish, add])])]))
        .start("2026-01-01 08:00", "basic", Interval::Day, None)
        .spend("2026-01-01 09:00", "20")
        .wait("2026-01-02 08:00")
        .balance()
        .wait("2026-01-04 08:00")
        .balance()
        .is(expect![[r#"
            2026-01-01 08:00
              basic active until 2026-01-02 08:00
              2026-01-01 08:00 grant 50 monthly
              2026-01-01 08:00 grant 10 bought
            2026-01-01 09:00
              2026-01-01 09:00 hold 20 monthly
              2026-01-01 09:00 capture 20 monthly
            2026-01-02 08:00
              2026-01-02 08:00 grant 20 monthly
              2026-01-02 08:00 grant 10 bought
              = monthly 50
              = bought 20
            2026-01-04 08:00
              2026-01-03 08:00 grant 10 bought
              2026-01-04 08:00 grant 10 bought
              = monthly 50
              = bought 40
        "#]]);
}

#[test]
fn a_cycle_can_start_with_the_first_use() {
    let mut plans = vec![plan("basic", vec![(Interval::Day, "", vec![rule("monthly", "10")])])];
    plans[0].terms[0].anchor = Some(CycleAnchor::FirstUse);
    Story::new(terms(plans))
        .start("2026-01-01 00:00", "basic", Interval::Day, None)
        .wait("2026-01-05 00:00")
        .spend("2026-01-05 09:00", "4")
        .balance()
        .wait("2026-01-06 09:00")
        .balance()
        .wait("2026-01-09 00:00")
        .spend("2026-01-09 12:00", "1")
        .cancel("2026-01-09 13:00", CancelAt::PeriodEnd)
        .wait("2026-01-10 12:00")
        .balance()
        .is(expect![[r#"
            2026-01-01
              basic active until open
              2026-01-01 grant 10 monthly
            2026-01-05
            2026-01-05 09:00
              2026-01-05 09:00 hold 4 monthly
              2026-01-05 09:00 capture 4 monthly
              = monthly 6
            2026-01-06 09:00
              2026-01-06 09:00 expire 6 monthly
              2026-01-06 09:00 grant 10 monthly
              = monthly 10
            2026-01-09
            2026-01-09 12:00
              2026-01-09 12:00 hold 1 monthly
              2026-01-09 12:00 capture 1 monthly
            2026-01-09 13:00
              basic active until 2026-01-10 12:00
            2026-01-10 12:00
              2026-01-10 12:00 expire 9 monthly
        "#]]);
}

#[test]
fn an_upgrade_grants_the_difference_and_back_and_forth_mints_nothing() {
    Story::new(terms(basic()))
        .start("2026-01-01 00:00", "basic", Interval::Month, None)
        .spend("2026-01-02 00:00", "60")
        .change("2026-01-10 00:00", Some("large"), None)
        .balance()
        .change("2026-01-11 00:00", Some("basic"), None)
        .change("2026-01-12 00:00", Some("large"), None)
        .balance()
        .change("2026-01-13 00:00", Some("basic"), None)
        .wait("2026-02-01 00:00")
        .balance()
        .is(expect![[r#"
            2026-01-01
              basic active until 2026-02-01
              2026-01-01 grant 100 monthly
            2026-01-02
              2026-01-02 hold 60 monthly
              2026-01-02 capture 60 monthly
            2026-01-10
              large active until 2026-02-01
              2026-01-10 grant 400 monthly
              = monthly 440
            2026-01-11
              large active until 2026-02-01
            2026-01-12
              large active until 2026-02-01
              = monthly 440
            2026-01-13
              large active until 2026-02-01
            2026-02-01
              2026-02-01 expire 40 monthly
              2026-02-01 expire 400 monthly
              2026-02-01 grant 100 monthly
              = monthly 100
        "#]]);
}

#[test]
fn a_downgrade_can_cut_what_is_left_at_once() {
    let rules = PlanRules { downgrade: Downgrade::NowCapped, ..PlanRules::default() };
    Story::new(with_rules(basic(), rules))
        .start("2026-01-01 00:00", "large", Interval::Month, None)
        .spend("2026-01-02 00:00", "150")
        .change("2026-01-10 00:00", Some("basic"), None)
        .balance()
        .change("2026-01-11 00:00", Some("large"), None)
        .balance()
        .is(expect![[r#"
            2026-01-01
              large active until 2026-02-01
              2026-01-01 grant 500 monthly
            2026-01-02
              2026-01-02 hold 150 monthly
              2026-01-02 capture 150 monthly
            2026-01-10
              basic active until 2026-02-01
              2026-01-10 trim 250 monthly
              = monthly 100
            2026-01-11
              large active until 2026-02-01
              2026-01-11 grant 250 monthly
              = monthly 350
        "#]]);
}

#[test]
fn an_upgrade_can_begin_a_new_cycle() {
    let rules = PlanRules { upgrade: Upgrade::NewCycle, ..PlanRules::default() };
    Story::new(with_rules(basic(), rules))
        .start("2026-01-01 00:00", "basic", Interval::Month, None)
        .spend("2026-01-02 00:00", "60")
        .change("2026-01-10 12:00", Some("large"), None)
        .balance()
        .wait("2026-02-10 12:00")
        .balance()
        .is(expect![[r#"
            2026-01-01
              basic active until 2026-02-01
              2026-01-01 grant 100 monthly
            2026-01-02
              2026-01-02 hold 60 monthly
              2026-01-02 capture 60 monthly
            2026-01-10 12:00
              large active until 2026-02-10 12:00
              2026-01-10 12:00 rollover 40 monthly
              2026-01-10 12:00 rollover 40 monthly
              2026-01-10 12:00 grant 500 monthly
              = monthly 540
            2026-02-10 12:00
              2026-02-10 12:00 expire 500 monthly
              2026-02-10 12:00 grant 500 monthly
              2026-02-10 12:00 expire 40 monthly
              = monthly 500
        "#]]);
}

fn team(added: SeatAdded, pool: SeatPool) -> Vec<Plan> {
    let monthly = vec![per_seat(rule("monthly", "150"))];
    let annual = vec![per_seat(rule("monthly", "1800"))];
    let team = plan("team", vec![(Interval::Month, "20.00", monthly), (Interval::Year, "200.00", annual)]);
    vec![Plan { seats: seats(pool, added), ..team }]
}

#[test]
fn each_seat_has_credits_of_its_own() {
    Story::new(terms(team(SeatAdded::Full, SeatPool::Own)))
        .start("2026-01-01 00:00", "team", Interval::Month, Some(2))
        .spend("2026-01-05 00:00", "200")
        .change("2026-01-16 12:00", None, Some(3))
        .change("2026-01-17 00:00", None, Some(1))
        .change("2026-01-18 00:00", None, Some(3))
        .change("2026-01-19 00:00", None, Some(2))
        .balance()
        .wait("2026-02-01 00:00")
        .balance()
        .is(expect![[r#"
            2026-01-01
              team active until 2026-02-01
              2026-01-01 grant 150 monthly of seat 1
              2026-01-01 grant 150 monthly of seat 2
            2026-01-05
              2026-01-05 hold 150 monthly of seat 1
              2026-01-05 hold 50 monthly of seat 2
              2026-01-05 capture 150 monthly of seat 1
              2026-01-05 capture 50 monthly of seat 2
            2026-01-16 12:00
              team active until 2026-02-01
              2026-01-16 12:00 grant 150 monthly of seat 3
            2026-01-17
              team active until 2026-02-01
            2026-01-18
              team active until 2026-02-01
            2026-01-19
              team active until 2026-02-01
              = monthly 250
            2026-02-01
              2026-02-01 expire 100 monthly of seat 2
              2026-02-01 expire 150 monthly of seat 3
              2026-02-01 grant 150 monthly of seat 1
              2026-02-01 grant 150 monthly of seat 2
              = monthly 300
        "#]]);
}

#[test]
fn seats_can_share_a_pool_and_a_seat_can_be_prorated() {
    Story::new(terms(team(SeatAdded::Prorate, SeatPool::Workspace)))
        .start("2026-01-01 00:00", "team", Interval::Month, Some(5))
        .change("2026-01-16 12:00", None, Some(6))
        .balance()
        .is(expect![[r#"
            2026-01-01
              team active until 2026-02-01
              2026-01-01 grant 750 monthly
            2026-01-16 12:00
              team active until 2026-02-01
              2026-01-16 12:00 grant 75 monthly
              = monthly 825
        "#]]);
}

#[test]
fn units_renew_with_the_plan_and_end_with_it() {
    Story::new(terms(basic()))
        .buy_units("2026-01-01 00:00", 1)
        .start("2026-01-01 00:00", "basic", Interval::Month, None)
        .buy_units("2026-01-31 00:00", 3)
        .balance()
        .wait("2026-02-01 00:00")
        .balance()
        .cancel("2026-02-02 00:00", CancelAt::PeriodEnd)
        .wait("2026-03-01 00:00")
        .balance()
        .is(expect![[r#"
            2026-01-01
              refused: not_entitled
            2026-01-01
              basic active until 2026-02-01
              2026-01-01 grant 100 monthly
            2026-01-31
              basic active until 2026-02-01
              2026-01-31 grant 180 units
              = monthly 100
              = units 180
            2026-02-01
              2026-02-01 expire 100 monthly
              2026-02-01 expire 180 units
              2026-02-01 grant 100 monthly
              2026-02-01 grant 180 units
              = monthly 100
              = units 180
            2026-02-02
              basic active until 2026-03-01
            2026-03-01
              2026-03-01 expire 100 monthly
              2026-03-01 expire 180 units
        "#]]);
}

#[test]
fn units_on_an_annual_plan_come_monthly_and_end_with_the_year() {
    Story::new(terms(basic()))
        .start("2026-01-31 00:00", "basic", Interval::Year, None)
        .buy_units("2026-11-15 00:00", 1)
        .wait("2026-12-31 00:00")
        .balance()
        .wait("2027-01-31 00:00")
        .balance()
        .is(expect![[r#"
            2026-01-31
              basic active until 2027-01-31
              2026-01-31 grant 1200 monthly
            2026-11-15
              basic active until 2027-01-31
              2026-11-15 grant 60 units
            2026-12-31
              2026-11-30 grant 60 units
              2026-12-31 grant 60 units
              = monthly 1200
              = units 180
            2027-01-31
              2027-01-31 expire 1200 monthly
              2027-01-31 expire 60 units
              2027-01-31 expire 60 units
              2027-01-31 expire 60 units
              2027-01-31 grant 1200 monthly
              2027-01-31 grant 60 units
              = monthly 1200
              = units 60
        "#]]);
}

#[test]
fn an_immediate_end_takes_plan_and_unit_credits_back() {
    Story::new(terms(basic()))
        .start("2026-01-01 00:00", "basic", Interval::Month, None)
        .grant("2026-01-01 00:00", "kept", "7")
        .buy_units("2026-01-02 00:00", 1)
        .spend("2026-01-03 00:00", "30")
        .cancel("2026-01-04 00:00", CancelAt::Now)
        .balance()
        .start("2026-01-05 00:00", "basic", Interval::Month, None)
        .balance()
        .is(expect![[r#"
            2026-01-01
              basic active until 2026-02-01
              2026-01-01 grant 100 monthly
            2026-01-01
              2026-01-01 grant 7 kept
            2026-01-02
              basic active until 2026-02-01
              2026-01-02 grant 60 units
            2026-01-03
              2026-01-03 hold 30 monthly
              2026-01-03 capture 30 monthly
            2026-01-04
              basic canceled until 2026-02-01
              2026-01-04 void 70 monthly
              2026-01-04 void 60 units
              2026-01-04 freeze 7 kept
              = kept 0 and 7 frozen
            2026-01-05
              basic active until 2026-02-05
              2026-01-05 thaw 7 kept
              2026-01-05 grant 100 monthly
              = monthly 100
              = kept 7
        "#]]);
}

#[test]
fn a_free_plan_that_is_started_over_mints_nothing() {
    Story::new(terms(vec![plan("free", vec![(Interval::Month, "0.00", vec![rule("monthly", "16")])])]))
        .start("2026-01-01 00:00", "free", Interval::Month, None)
        .spend("2026-01-02 00:00", "10")
        .cancel("2026-01-03 00:00", CancelAt::Now)
        .start("2026-01-03 00:00", "free", Interval::Month, None)
        .balance()
        .is(expect![[r#"
            2026-01-01
              free active until 2026-02-01
              2026-01-01 grant 16 monthly
            2026-01-02
              2026-01-02 hold 10 monthly
              2026-01-02 capture 10 monthly
            2026-01-03
              free canceled until 2026-02-01
              2026-01-03 void 6 monthly
            2026-01-03
              free active until 2026-02-03
              2026-01-03 grant 6 monthly
              = monthly 6
        "#]]);
}

#[test]
fn while_a_payment_is_due_credits_are_kept_and_nothing_is_granted() {
    Story::new(terms(basic()))
        .start("2026-01-01 00:00", "basic", Interval::Month, None)
        .spend("2026-01-02 00:00", "40")
        .past_due("2026-01-30 00:00")
        .wait("2026-02-01 00:00")
        .balance()
        .recover("2026-02-03 00:00")
        .balance()
        .past_due("2026-02-04 00:00")
        .recover("2026-02-05 00:00")
        .balance()
        .past_due("2026-02-27 00:00")
        .wait("2026-03-06 00:00")
        .balance()
        .is(expect![[r#"
            2026-01-01
              basic active until 2026-02-01
              2026-01-01 grant 100 monthly
            2026-01-02
              2026-01-02 hold 40 monthly
              2026-01-02 capture 40 monthly
            2026-01-30
              basic past_due until 2026-02-01
            2026-02-01
              2026-02-01 rollover 60 monthly
              2026-02-01 rollover 60 monthly
              = monthly 60
            2026-02-03
              basic active until 2026-03-01
              2026-02-03 expire 60 monthly
              2026-02-03 grant 100 monthly
              = monthly 100
            2026-02-04
              basic past_due until 2026-03-01
            2026-02-05
              basic active until 2026-03-01
              = monthly 100
            2026-02-27
              basic past_due until 2026-03-01
            2026-03-06
              2026-03-01 rollover 100 monthly
              2026-03-01 rollover 100 monthly
              2026-03-06 expire 100 monthly
        "#]]);
}

#[test]
fn a_hold_outlives_the_renewal_and_its_rest_lapses() {
    Story::new(terms(basic()))
        .start("2026-01-01 00:00", "basic", Interval::Month, None)
        .hold("2026-01-31 00:00", "60")
        .wait("2026-02-01 00:00")
        .release("2026-02-02 00:00")
        .balance()
        .is(expect![[r#"
            2026-01-01
              basic active until 2026-02-01
              2026-01-01 grant 100 monthly
            2026-01-31
              2026-01-31 hold 60 monthly
            2026-02-01
              2026-02-01 expire 40 monthly
              2026-02-01 grant 100 monthly
            2026-02-02
              2026-02-02 release 60 monthly
              2026-02-02 lapse 60 monthly
              = monthly 100
        "#]]);
}

#[test]
fn a_trial_comes_once_and_the_cycles_begin_after_it() {
    let mut plans = basic();
    plans[0].trial = Some(Span::from_days(7));
    plans[0].welcome = vec![rule("bought", "5")];
    Story::new(terms(plans))
        .start("2026-01-01 00:00", "basic", Interval::Month, None)
        .wait("2026-01-08 00:00")
        .cancel("2026-01-09 00:00", CancelAt::Now)
        .start("2026-01-10 00:00", "basic", Interval::Month, None)
        .balance()
        .is(expect![[r#"
            2026-01-01
              basic trialing until 2026-01-08
              2026-01-01 grant 5 bought
              2026-01-01 grant 100 monthly
            2026-01-08
              2026-01-08 expire 100 monthly
              2026-01-08 grant 100 monthly
            2026-01-09
              basic canceled until 2026-02-08
              2026-01-09 void 100 monthly
            2026-01-10
              basic active until 2026-02-10
              2026-01-10 grant 100 monthly
              = monthly 100
              = bought 5
        "#]]);
}

#[test]
fn a_preview_tells_what_would_happen_and_does_nothing() {
    let mut story = Story::new(terms(basic()));
    story.start("2026-01-01 00:00", "basic", Interval::Month, None).spend("2026-01-02 00:00", "60");
    let before = story.wallet.clone();
    let subscription = story.subscription.unwrap();
    let change = SubscriptionChange { plan: Some(Name::from("large")), ..SubscriptionChange::default() };
    let act = Act::ChangeSubscription { subscription, change };
    let command = Command { request: None, actor: Name::from("test"), act };
    let preview = preview(&story.wallet, &story.book, at("2026-01-10 00:00"), &command);
    assert_eq!(story.wallet, before);
    let line =
        |entry: &scrip_ledger::entry::Entry| format!("{} {}", entry.movement.kind.as_str(), entry.movement.amount);
    let now: Vec<String> = preview.entries.iter().map(line).collect();
    let renewal = preview.renewal.unwrap();
    let then: Vec<String> = renewal.entries.iter().map(line).collect();
    assert_eq!(now, ["grant 400"]);
    assert_eq!(text(renewal.at), "2026-02-01");
    assert_eq!(then, ["expire 40", "expire 400", "grant 500"]);
}

#[test]
fn years_of_missed_days_are_walked_in_parts() {
    let mut story = Story::new(terms(vec![plan("basic", vec![(Interval::Day, "", vec![rule("monthly", "10")])])]));
    story.start("2026-01-01 00:00", "basic", Interval::Day, None);
    let (mut parts, now) = (0, at("2036-01-01 00:00"));
    while story.wallet.next_due().is_some_and(|due| due <= now) {
        let record = scrip_ledger::touch(&mut story.wallet, &story.book, now).unwrap();
        story.auditor.follow(&record);
        parts += 1;
    }
    assert_eq!(story.auditor.violations, vec![]);
    assert_eq!((parts, story.auditor.entry_count), (4, 1 + 2 * 3652));
}

#[test]
fn a_free_plan_started_over_and_over_grants_what_one_period_does() {
    let mut story = Story::new(terms(vec![plan("free", vec![(Interval::Month, "0.00", vec![rule("monthly", "16")])])]));
    for day in 1..=9 {
        story.start(&format!("2026-01-0{day} 00:00"), "free", Interval::Month, None);
        story.spend(&format!("2026-01-0{day} 01:00"), "5");
        story.cancel(&format!("2026-01-0{day} 02:00"), CancelAt::Now);
    }
    let spent: Credits = story.wallet.grants.iter().map(|grant| grant.balance.spent).sum();
    assert_eq!(spent, credits("15"));
}
