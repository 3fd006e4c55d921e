//! Random lives of customers with plans, with jumps of up to years. Whatever happens, the laws hold.

use std::collections::BTreeMap;

use crate::story::*;
use scrip_ledger::book::PlanRules;
use scrip_ledger::command::CancelAt;
use scrip_ledger::grant::Issue;
use scrip_ledger::plan::*;
use scrip_ledger::{Act, Command, Credits, Name, Timestamp, Wallet, apply};

/// A small generator of numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len() as u64) as usize]
    }
}

fn carry() -> Rollover {
    Rollover::Carry {
        bucket: Name::from("carried"),
        carry_at_most: Some(credits("40")),
        total_at_most: Some(credits("60")),
        cycles: None,
    }
}

fn plans() -> Vec<Plan> {
    let carrying = GrantRule { rollover: carry(), ..rule("monthly", "100") };
    let team = plan("team", vec![(Interval::Month, "20.00", vec![per_seat(rule("monthly", "50"))])]);
    let year = GrantRule { drip: Drip::Monthly, ..rule("monthly", "90") };
    vec![
        plan("free", vec![(Interval::Month, "0.00", vec![rule("monthly", "16")])]),
        plan("basic", vec![(Interval::Month, "10.00", vec![carrying]), (Interval::Year, "100.00", vec![year])]),
        plan("large", vec![(Interval::Month, "30.00", vec![rule("monthly", "500"), rule("bought", "5")])]),
        Plan { seats: seats(SeatPool::Own, SeatAdded::Full), ..team },
    ]
}

/// The same, and something by the day or the week.
fn plans_with_shorter_periods() -> Vec<Plan> {
    let week = |amount: &str| GrantRule { rollover: carry(), ..every(Interval::Week, rule("monthly", amount)) };
    let add = GrantRule { renewal: Renewal::Add, ..every(Interval::Day, rule("units", "20")) };
    let more = [
        vec![by_the_calendar(Interval::Day, rule("units", "10"))],
        vec![week("40")],
        vec![add, week("60")],
        vec![per_seat(every(Interval::Day, rule("units", "8")))],
    ];
    let mut plans = plans();
    for (plan, more) in plans.iter_mut().zip(more) {
        plan.terms.iter_mut().for_each(|terms| terms.grants.extend(more.clone()));
    }
    plans
}

fn random_act(dice: &mut Dice, story: &mut Story, when: Timestamp) {
    let when = text(when);
    let when = if when.len() == 10 { format!("{when} 00:00") } else { when };
    let plans = ["free", "basic", "large", "team"];
    let has_one = story.subscription.is_some();
    match dice.roll(14) {
        0 | 1 => {
            let interval = dice.pick(&[Interval::Month, Interval::Month, Interval::Year]);
            story.start(&when, dice.pick(&plans), interval, None);
        }
        2 if has_one => {
            story.change(&when, Some(dice.pick(&plans)), None);
        }
        3 if has_one => {
            let seats = 1 + dice.roll(4) as u32;
            story.change(&when, None, Some(seats));
        }
        4 if has_one => {
            story.cancel(&when, dice.pick(&[CancelAt::Now, CancelAt::PeriodEnd]));
        }
        5 if has_one => {
            story.past_due(&when);
        }
        6 if has_one => {
            story.recover(&when);
        }
        7 => {
            story.buy_units(&when, 1 + dice.roll(3) as u32);
        }
        8 => {
            story.grant(&when, dice.pick(&["bought", "kept", "carried"]), "10");
        }
        9 => {
            story.hold(&when, &dice.roll(80).to_string());
        }
        10 if story.hold.is_some() => {
            story.release(&when);
        }
        11 | 12 => {
            story.spend(&when, &(1 + dice.roll(60)).to_string());
        }
        _ => {
            story.wait(&when);
        }
    }
}

/// The wallet as a store may have it: without what has settled.
fn without_what_settled(wallet: &Wallet) -> Wallet {
    let mut lean = wallet.clone();
    let open: Vec<_> = lean.holds.values().filter(|hold| hold.state.is_open()).collect();
    let drawn: Vec<_> =
        open.iter().flat_map(|hold| &hold.state.lines).flat_map(|line| &line.draws).map(|draw| draw.grant).collect();
    lean.holds.retain(|_, hold| hold.state.is_open());
    lean.grants.retain(|grant| !grant.is_settled() || drawn.contains(&grant.id));
    lean.charges.clear();
    lean
}

/// No cycle and no shorter period granted more into a bucket, for a seat, than the largest plan that can be had.
fn nothing_was_minted(story: &Story) {
    let mut granted: BTreeMap<_, Credits> = BTreeMap::new();
    let mut by_period: BTreeMap<_, Credits> = BTreeMap::new();
    for grant in &story.wallet.grants {
        let Some(source) = grant.terms.source else { continue };
        let trimmed = grant.balance.expired.checked_add(grant.balance.voided).unwrap();
        let kept = grant.terms.amount.saturating_sub(trimmed);
        let (bucket, seat) = (grant.terms.bucket.clone(), grant.terms.seat);
        let sum = match source.issue {
            Issue::Quota | Issue::Added => {
                granted.entry((source.subscription, source.cycle, source.part, bucket, seat)).or_default()
            }
            Issue::Shorter(period) | Issue::ShorterAdded(period) => {
                by_period.entry((source.subscription, period, bucket, seat)).or_default()
            }
            _ => continue,
        };
        *sum = sum.checked_add(kept).unwrap();
    }
    for ((subscription, period, bucket, seat), sum) in by_period {
        let most = if period.interval == Interval::Week { "60" } else { "20" };
        assert!(sum <= credits(most), "{subscription}: {period:?} granted {sum} into {bucket} for {seat:?}");
    }
    for (key, sum) in granted {
        assert!(sum <= credits("500"), "{key:?} granted {sum}");
    }
}

/// Sometimes nobody looks for so many days.
fn live(seed: u64, plans: Vec<Plan>, rules: PlanRules, days_max: u64) {
    let mut dice = Dice(seed);
    let mut story = Story::new(with_rules(plans, rules));
    let mut now = at("2026-01-01 00:00");
    for _ in 0..120 {
        let hour = 3_600_000_000;
        let jump = match dice.roll(20) {
            0 => dice.roll(24 * days_max),
            1..=4 => dice.roll(24 * 40),
            _ => dice.roll(72),
        };
        now = Timestamp::from_micros(now.micros() + jump as i64 * hour);
        let before = story.wallet.clone();
        random_act(&mut dice, &mut story, now);
        // Time passes alike in a wallet that has forgotten what settled.
        let touch = Command { request: None, actor: Name::from("test"), act: Act::Touch };
        let (mut whole, mut lean) = (before.clone(), without_what_settled(&before));
        let (_, expected) = apply(&mut whole, &story.book, now, &touch);
        let (_, found) = apply(&mut lean, &story.book, now, &touch);
        assert_eq!(found, expected, "seed {seed}: a wallet without what has settled decides otherwise");
        for grant in &story.wallet.grants {
            let places = [grant.balance.available, grant.balance.held, grant.balance.frozen, grant.balance.spent];
            assert!(places.iter().all(|place| *place >= Credits::ZERO), "seed {seed}: {grant:?}");
        }
    }
    nothing_was_minted(&story);
}

#[test]
fn the_laws_hold_whatever_happens() {
    for seed in 1..=60 {
        live(seed, plans(), PlanRules::default(), 800);
    }
}

#[test]
fn the_laws_hold_under_every_other_policy() {
    for seed in 1..=40 {
        live(1_000 + seed, plans(), other_rules(seed), 800);
    }
}

#[test]
fn the_laws_hold_where_credits_come_by_shorter_periods() {
    for seed in 1..=12 {
        live(2_000 + seed, plans_with_shorter_periods(), other_rules(seed), 60);
    }
}

fn other_rules(seed: u64) -> PlanRules {
    let several_subscriptions = seed.is_multiple_of(2);
    let upgrade =
        [Upgrade::GrantDifference, Upgrade::NewCycle, Upgrade::NextRenewal, Upgrade::Reset][seed as usize % 4];
    let downgrade = [Downgrade::NextRenewal, Downgrade::NowCapped][seed as usize / 3 % 2];
    let cycle_anchor = [CycleAnchor::Purchase, CycleAnchor::Calendar, CycleAnchor::FirstUse][seed as usize / 6 % 3];
    PlanRules { several_subscriptions, upgrade, downgrade, cycle_anchor, ..PlanRules::default() }
}
