//! Random scripts with jumps of time: whatever happens, what is counted is what is there.

use std::collections::BTreeMap;

use scrip_ledger::Span;
use scrip_ledger::add_on::{AddOnTerms, FirstPeriod, OnAnnual};
use scrip_ledger::hold::HoldStatus;
use scrip_ledger::id::HoldId;
use scrip_ledger::pack::Pack;
use scrip_ledger::plan::*;
use scrip_ledger::policy::{JobPolicy, LateCapture, OutcomeCharge, OutcomePolicy, OverCapture};
use scrip_ledger::promotion::{Promotion, PromotionKind};
use scrip_ledger::tally::Counted;

use crate::offers::*;
use crate::story::Story;

const SCRIPTS: u64 = 120;
const ACTS: usize = 60;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % bound as u64) as usize
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }

    fn name<T>(&mut self, known: &BTreeMap<String, T>) -> Option<String> {
        (!known.is_empty()).then(|| known.keys().nth(self.below(known.len())).unwrap().clone())
    }
}

fn studio() -> scrip_ledger::book::Terms {
    let seats = SeatTerms { at_least: 1, at_most: None, added: SeatAdded::Full, pool: SeatPool::Own };
    let limits = vec![
        limit(LimitKind::Spend, "60", Some(Interval::Month)),
        limit(LimitKind::JobsInFlight, "3", None),
        Limit { each_member: true, ..limit(LimitKind::Jobs, "6", Some(Interval::Day)) },
        limit(LimitKind::Purchases, "2", Some(Interval::Week)),
    ];
    let carried = Rollover::Carry {
        bucket: "kept".into(),
        carry_at_most: Some(credits("20")),
        total_at_most: Some(credits("40")),
        cycles: None,
    };
    let mut terms = terms(vec![
        Plan { limits, ..plan("basic", vec![GrantRule { rollover: carried, ..rule("monthly", "100") }]) },
        Plan {
            seats: Some(seats),
            tools: names(&["image", "video"]),
            ..plan("team", vec![GrantRule { per: GrantPer::Seat, ..rule("monthly", "50") }, rule("kept", "10")])
        },
    ]);
    for plan in &mut terms.plans {
        let mut yearly = PlanTerms { interval: Interval::Year, ..plan.terms[0].clone() };
        yearly.grants[0].drip = Drip::Monthly;
        plan.terms.push(yearly);
    }
    terms.add_ons = vec![AddOnTerms {
        id: "unit".into(),
        name: "unit".to_owned(),
        credits: credits("15"),
        price: Some(usd("5.00")),
        bucket: "monthly".into(),
        plans: names(&["basic", "team"]).unwrap(),
        on_annual: OnAnnual::Monthly,
        first_period: FirstPeriod::Prorate,
        refundable: false,
        sample: false,
        retired: false,
        text: None,
        interval: Interval::Month,
        per: GrantPer::Seat,
    }];
    terms.plans[0].trial = Some(Span::from_days(5));
    terms.plans[0].trial_grants = Some(vec![rule("monthly", "25"), rule("kept", "5")]);
    terms.without_plan = TermsWithoutPlan {
        tools: names(&["image", "sound"]),
        limits: vec![
            limit(LimitKind::Spend, "45", Some(Interval::Week)),
            limit(LimitKind::Jobs, "5", Some(Interval::Day)),
        ],
        sells_packs: true,
    };
    terms.rules.alert_percents = vec![10, 50];
    terms.rules.alert_credits = vec![credits("20"), credits("5")];
    terms.packs = vec![
        Pack {
            bucket: "kept".into(),
            purchases_at_most: Some(3),
            per: Some(Interval::Month),
            ..pack("small", "30", "3")
        },
        Pack { bucket: "lent".into(), expires: Some(Expiry::Cycle), ..pack("short", "20", "0") },
    ];
    let login = Promotion { earns_at_most: Some(credits("40")), ..promotion("login", PromotionKind::DailyLogin, "7") };
    terms.promotions = vec![login];
    with_bucket(&mut terms, "given", |bucket| bucket.at_most = Some(credits("150")));
    terms
}

fn policy() -> JobPolicy {
    JobPolicy {
        over_capture: OverCapture::AllowDebt { limit: Some(credits("15")) },
        late_capture: LateCapture::ChargeAvailable,
        outcomes: OutcomePolicy {
            canceled: OutcomeCharge::Full,
            canceled_queued: Some(OutcomeCharge::Nothing),
            ..OutcomePolicy::default()
        },
        earns: vec![rule("given", "2"), GrantRule { only_tools: names(&["image"]), ..rule("lent", "3") }],
        ..JobPolicy::default()
    }
}

fn line(random: &mut Random, story: &Story, count: usize) -> Option<String> {
    let who = random.pick(&["ada", "ada", "red"]);
    let by = random.pick(&["", "", " by ann", " by bob"]);
    let amount = random.below(40);
    let tool = random.pick(&["", "/image", "/video", "/sound"]);
    let is_open = |id: &HoldId| story.wallet.hold(*id).is_some_and(|hold| hold.state.is_open());
    let open: BTreeMap<String, ()> =
        story.holds.iter().filter(|(_, id)| is_open(id)).map(|(name, _)| (name.clone(), ())).collect();
    let hold = if random.below(8) > 0 { random.name(&open) } else { random.name(&story.holds) };
    let ttl = random.pick(&["50", "5000", "50000"]);
    let free =
        random.pick(&["", "", "", "", "", "", " free_job 0+1", " free_job 1+1", " free_units 0+10", " repeat cat"]);
    Some(match random.below(26) {
        0 | 1 => {
            let how = random.pick(&["", "", " yearly", " in 5"]);
            format!("start {who} {}{how} as S{count}", random.pick(&["basic", "team seats 2"]))
        }
        2 => format!("end {}{}", random.name(&story.subscriptions)?, random.pick(&["", " later"])),
        20 => {
            let to = random.pick(&["basic", "team seats 1", "team seats 3", "team yearly", "basic yearly"]);
            format!("change {} {to}", random.name(&story.subscriptions)?)
        }
        21 => format!("change {} seats {}", random.name(&story.subscriptions)?, 1 + random.below(4)),
        22 => format!("past_due {}", random.name(&story.subscriptions)?),
        23 => format!("recover {}", random.name(&story.subscriptions)?),
        24 => format!("units {who} unit {}", 1 + random.below(3)),
        25 => "touch".to_owned(),
        3 => format!("buy {who} {}", random.pick(&["small", "short"])),
        4 => format!("claim {who} login"),
        5 => format!("grant {who} {} {}", amount + 1, random.pick(&["given", "kept", "lent"])),
        6 => format!("grant ada {} kept starts 2026-02-10 ends 2026-05-01", amount + 1),
        7 => {
            let seat = random.pick(&["1", "2", "none"]);
            let cap = random.pick(&["", " cap spend 30 per week", " cap in_flight 1"]);
            format!("member {who} {} seat {seat}{cap}", random.pick(&["ann", "bob"]))
        }
        8 => format!("leave {who} {}", random.pick(&["ann", "bob"])),
        9 => {
            format!("move {} {} {}", random.pick(&["ada red", "red ada"]), amount + 1, random.pick(&["given", "kept"]))
        }
        10 | 11 => format!("charge {who} {amount}{tool}{by}{free} as C{count}"),
        12..=14 => format!("hold {who} {amount}{tool} 3{tool}{by}{free} ttl {ttl} as H{count}"),
        15 => format!("extend {} {} line {}", hold?, amount / 2 + 1, 1 + random.below(2)),
        16 | 17 => {
            let how = random.pick(&["", " failed", " canceled", " canceled queued", " line 1", " 50"]);
            format!("capture {}{how} as C{count}", hold?)
        }
        18 => format!("release {}", hold?),
        _ => format!("refund {}{}", random.name(&story.charges)?, random.pick(&["", " 3"])),
    })
}

/// Each grant that is kept for those with a plan is locked exactly while its pool has none.
fn check_locks(story: &Story) {
    let wallet = &story.wallet;
    for grant in wallet.grants.iter().filter(|grant| !grant.is_settled() && !grant.is_debt()) {
        if &*grant.terms.bucket != "kept" || grant.has_ended(story.at) {
            continue;
        }
        let pools = wallet.pools_of(grant.terms.pool);
        let has_plan = wallet.subscriptions.values().any(|one| one.is_live() && pools.contains(&one.pool));
        assert_eq!(grant.locked, !has_plan, "{grant:?}");
    }
}

/// What a period counts as spent is what its holds hold and took, less what came back.
fn check_spend(story: &Story) {
    let wallet = &story.wallet;
    for (key, tally) in &wallet.tallies {
        let Counted::Spend(_) = key.what else { continue };
        let mut sum = 0;
        for hold in wallet.holds.values() {
            let counts = hold.terms.counts.iter().flatten();
            if counts.filter(|counting| counting.key == *key && counting.since == tally.since).count() == 0 {
                continue;
            }
            sum += hold.state.amount().micro() - hold.state.released().micro();
            let charges = wallet.charges.values().filter(|charge| charge.hold == hold.id);
            sum -= charges.map(|charge| charge.refunded().micro()).sum::<i64>();
        }
        assert_eq!(tally.amount.micro(), sum, "{key:?}");
    }
}

/// What a period counts as jobs are those that run or were charged, each line as many as it is for.
fn check_jobs(story: &Story) {
    let wallet = &story.wallet;
    for (key, tally) in &wallet.tallies {
        let Counted::Jobs(_) = key.what else { continue };
        let counted = wallet.holds.values().map(|hold| {
            let mut counts = hold.terms.counts.iter().flatten();
            let here = counts.find(|counting| counting.key == *key && counting.since == tally.since);
            let is_job = match hold.state.status {
                HoldStatus::Open | HoldStatus::Captured => true,
                HoldStatus::Released => false,
                HoldStatus::Expired => hold.state.captured().is_positive(),
            };
            let Some(here) = here.filter(|_| is_job) else { return 0 };
            let is_about = |line: usize| here.lines.as_ref().is_none_or(|lines| lines.contains(&(line as u16)));
            let lines = hold.terms.lines.iter().enumerate().filter(|(line, _)| is_about(*line));
            lines.map(|(_, line)| u64::from(line.quantity)).sum::<u64>()
        });
        assert_eq!(tally.count, counted.sum::<u64>(), "{key:?}");
    }
}

/// A member's job never draws on the seat of another.
fn check_seats(story: &Story, line: &str) {
    let Some(hold) = line.split_once(" as H").and_then(|(_, count)| story.holds.get(&format!("H{count}"))) else {
        return;
    };
    let wallet = &story.wallet;
    let hold = wallet.hold(*hold).unwrap();
    let Some(member) = &hold.terms.member else { return };
    let seat = wallet.member(hold.terms.pool, member).and_then(|member| member.seat);
    for draw in hold.state.lines.iter().flat_map(|line| &line.draws) {
        let of = wallet.grant(draw.grant).unwrap().terms.seat;
        assert!(of.is_none() || of == seat, "{line}: {member} has seat {seat:?} and drew on {of:?}");
    }
}

#[test]
fn whatever_happens_what_is_counted_is_what_is_there() {
    for seed in 0..SCRIPTS {
        let mut random = Random(seed);
        let mut story = Story::new(studio(), policy());
        for line in ["customer red in ada", "member ada ann", "member ada bob", "member red bob"] {
            story.line(line);
        }
        let mut script = Vec::new();
        for count in 0..ACTS {
            let Some(line) = line(&mut random, &story, count) else { continue };
            let hours = [1, 5, 30, 24 * 9, 24 * 40].get(random.below(20)).copied().unwrap_or(0);
            story.at = story.at.after(Span::from_hours(hours));
            script.push(format!("+{hours}h {line}"));
            let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                story.line(&line);
                check_locks(&story);
                check_spend(&story);
                check_jobs(&story);
                check_seats(&story, &line);
            }));
            assert!(played.is_ok(), "script {seed}:\n{}", script.join("\n"));
        }
    }
}
