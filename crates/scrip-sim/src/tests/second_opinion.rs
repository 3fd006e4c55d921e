//! Random lives with plans: the ledger has what a naive model of plans says, after every act.

use std::fs;

use crate::naive_plans::{Billed, Carry, Customer, Minute, Plan, Shorter};
use crate::random::Random;
use crate::scenario::core::CoreWorld;
use crate::scenario::told;

use super::project;

/// The small one carries nothing; what the others carry, and what comes by the day or the week, differs from life to
/// life.
fn plans(random: &mut Random) -> [Plan; 3] {
    let mut shorter = || {
        let days = if random.percent(50) { 1 } else { 7 };
        let quota = i64::try_from(random.below(60)).unwrap_or(0) + 1;
        random.percent(60).then_some(Shorter { days, quota })
    };
    let by_days = [shorter(), shorter(), shorter()];
    let mut carry = || {
        let mut up_to = |most: u64| i64::try_from(random.below(most)).unwrap_or(0) + 1;
        Some(Carry { at_most: up_to(200), total: up_to(400) })
    };
    [
        Plan { name: "small", price: 10, quota: 100, carries: None, shorter: by_days[0] },
        Plan { name: "middle", price: 20, quota: 250, carries: carry(), shorter: by_days[1] },
        Plan { name: "large", price: 30, quota: 600, carries: carry(), shorter: by_days[2] },
    ]
}

/// A scenario, and what the model says is there after each of its acts.
struct Life {
    text: String,
    balances: Vec<[i64; 3]>,
}

fn life(seed: u64, steps: usize) -> Life {
    let mut random = Random::seeded(seed);
    let mut text = format!("# Seed {seed}.\ncatalog vectors/scenarios/reel/reel.toml\nwith studio.zone = \"UTC\"\n");
    text += "with add_on.boost.bucket = \"monthly\"\nwith add_on.boost.plans = [\"small\", \"middle\", \"large\"]\n";
    text += "with add_on.boost.on_annual = \"inherit\"\n";
    let plans = plans(&mut random);
    for Plan { name, price, quota, carries, shorter } in plans {
        let shorter = shorter.map_or(String::new(), |Shorter { days, quota }| {
            let every = if days == 1 { "day" } else { "week" };
            format!(", {{ bucket = \"monthly\", credits = {quota}, every = \"{every}\" }}")
        });
        let rollover = carries.map_or(String::new(), |Carry { at_most, total }| {
            format!(", rollover = {{ bucket = \"rollover\", carry_at_most = {at_most}, total_at_most = {total} }}")
        });
        text += &format!(
            "with plan.{name}.monthly = {{ price = \"{price}.00 usd\", \
             grants = [{{ bucket = \"monthly\", credits = {quota}{rollover} }}{shorter}] }}\n\
             with plan.{name}.annual = {{ price = \"{}.00 usd\", \
             grants = [{{ bucket = \"monthly\", credits = {}{rollover} }}{shorter}] }}\n",
            price * 10,
            quota * 12
        );
    }
    let mut now = Minute { day: 20_482, minute: 720 }.later(i64::try_from(random.below(1_440 * 40)).unwrap_or(0));
    let mut customer = Customer::default();
    let mut balances = Vec::new();
    for _ in 0..steps {
        let minutes = match random.below(30) {
            0 => random.below(1_440 * 400),
            1..=10 => random.below(1_440 * 25),
            _ => random.below(300),
        };
        now = now.later(i64::try_from(minutes).unwrap_or(0));
        customer.pass(now);
        let act = act(&mut random, &plans, &mut customer, now);
        text += &format!("{}  ada {act}\n    available of ada: ?\n", now.written());
        balances.push(customer.available());
    }
    Life { text, balances }
}

/// What ada does next, done to the model already.
fn act(random: &mut Random, plans: &[Plan; 3], ada: &mut Customer, now: Minute) -> String {
    let plan = *random.pick(plans).expect("there are plans");
    let billed = if random.percent(30) { Billed::Annual } else { Billed::Monthly };
    let said = if billed == Billed::Annual { "annual" } else { "monthly" };
    match random.below(16) {
        0 | 1 if !ada.has_plan() => {
            ada.start(plan, billed, now);
            format!("starts {} {said}", plan.name)
        }
        2 | 3 if ada.has_plan() && !ada.ends() => {
            ada.change(plan, billed, now);
            format!("changes to {} {said}", plan.name)
        }
        4 if ada.has_plan() && !ada.is_past_due() && random.percent(40) => {
            let at_once = random.percent(30);
            ada.cancel(at_once);
            if at_once { "cancels now".to_owned() } else { "cancels at period end".to_owned() }
        }
        5 if ada.has_plan() && !ada.is_past_due() && !ada.ends() => {
            ada.past_due(now);
            "falls past due".to_owned()
        }
        6 | 7 if ada.is_past_due() => {
            ada.recover(now);
            "recovers".to_owned()
        }
        8 => {
            ada.buy(50);
            "buys pack_50".to_owned()
        }
        9 if ada.has_plan() && !ada.is_past_due() => {
            let units = 1 + i64::try_from(random.below(3)).unwrap_or(0);
            ada.add_units(units);
            format!("adds {units} boost")
        }
        10 if !ada.has_job() => {
            let credits = 1 + i64::try_from(random.below(200)).unwrap_or(0);
            let minutes = 1 + i64::try_from(random.below(1_440 * 7)).unwrap_or(0);
            let answer =
                if ada.hold(credits, now.later(minutes)) { "" } else { " -> refused 402 insufficient_credits" };
            format!("holds {credits} credits for {minutes}m{answer}")
        }
        11 if ada.has_job() => {
            ada.release();
            "releases it".to_owned()
        }
        12 if ada.has_job() => {
            let credits = 1 + i64::try_from(random.below(60)).unwrap_or(0);
            ada.capture(credits);
            format!("captures it taking {credits}")
        }
        13 => {
            let credits = 1 + i64::try_from(random.below(60)).unwrap_or(0);
            let until = now.later(1 + i64::try_from(random.below(1_440 * 40)).unwrap_or(0));
            ada.gift(credits, until);
            format!("is granted {credits} monthly until {}", until.written())
        }
        _ => {
            let credits = 1 + i64::try_from(random.below(150)).unwrap_or(0);
            let answer = if ada.spend(credits) { "" } else { " -> refused 402 insufficient_credits" };
            format!("runs {credits} credits{answer}")
        }
    }
}

#[test]
fn the_ledger_has_what_a_naive_model_of_plans_says() {
    let file = |path: &str| fs::read_to_string(project(path)).expect("the catalog is there");
    for seed in super::lives::seeds(1..201) {
        let life = life(seed, 80);
        let told = told(&life.text, file, &mut CoreWorld::new());
        let looks = told.iter().filter(|one| one.said.starts_with("available"));
        for (look, [monthly, rolled, extra]) in looks.zip(&life.balances) {
            let expected = [format!("monthly {monthly}"), format!("rollover {rolled}"), format!("extra {extra}")];
            let found = look.answer.as_ref().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            let wrong = expected.iter().any(|item| !found.contains(item));
            if wrong {
                let before: Vec<&str> = life.text.lines().take(look.line).filter(|line| !line.ends_with('?')).collect();
                panic!("seed {seed}: the model says {expected:?}, the ledger {found:?}\n\n{}", before.join("\n"));
            }
        }
    }
}
