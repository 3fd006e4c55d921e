//! Every reading of an open question (MISSION section 7): where it is set, what holds, and whether that is the
//! default.

use super::{Chargeback, CycleAnchor, Downgrade, PolicyInForce, Rollout, Upgrade};
use crate::bucket::WithoutPlan;
use crate::catalog::Catalog;
use crate::json;
use crate::pack::{FirstPeriod, OnAnnual};
use crate::plan::{SeatAdded, SeatPool};
use crate::price::rate::{Counting, Rate};
use crate::price::{Amount, Price};
use crate::rational::{Rational, Rounding};
use crate::tool::{Tool, UnknownModel};
use scrip_ledger::Span;
use scrip_ledger::policy::{JobPolicy, LateCapture, OverCapture, ReleasedAfterExpiry, ShortBalance, SpendingOrder};

/// A reading that the engine has one way to carry out: it can be written in the file, and is always in force.
struct Fixed {
    id: &'static str,
    name: &'static str,
    path: &'static str,
    value: &'static str,
    meaning: &'static str,
}

const FIXED: [Fixed; 19] = [
    Fixed {
        id: "A10",
        name: "an item without a published price",
        path: "tool.price",
        value: "an item of its own",
        meaning: "it is a tool of its own, priced 0 and shown as included until a price is set",
    },
    Fixed {
        id: "A11",
        name: "what a total includes",
        path: "tool.price",
        value: "the tool alone",
        meaning: "what another tool makes on the way (starting images, say) is a line of its own",
    },
    Fixed {
        id: "A18",
        name: "premium quality",
        path: "tool.price",
        value: "as the generators",
        meaning: "a quality is an input; what it costs, and that each repeat costs again, is the tool's price",
    },
    Fixed {
        id: "A29",
        name: "seats added to an annual plan",
        path: "plan.seats.added",
        value: "as in any cycle",
        meaning: "full or by the months left; the annual date stays",
    },
    Fixed {
        id: "A02",
        name: "sizes outside a table",
        path: "tool.price",
        value: "formula",
        meaning: "a formula prices every size that its inputs allow; a table prices only its rows",
    },
    Fixed {
        id: "A15",
        name: "what is rounded alone",
        path: "tool.price",
        value: "each line",
        meaning: "each line of a request, and each of its quantity, is priced and rounded by itself",
    },
    Fixed {
        id: "A09",
        name: "what a job did not use",
        path: "policies.release_order",
        value: "last_spent_first",
        meaning: "goes back to the bucket that was spent last",
    },
    Fixed {
        id: "A12",
        name: "re-rendering a part",
        path: "tool.price",
        value: "real quantity",
        meaning: "the quantity that is made again counts, each piece priced alone",
    },
    Fixed {
        id: "A16",
        name: "edits that are not rendered",
        path: "tool",
        value: "not priced",
        meaning: "only what a tool makes is charged",
    },
    Fixed {
        id: "A20",
        name: "a second",
        path: "tool.inputs",
        value: "of footage",
        meaning: "seconds are those of the input, not of machine time",
    },
    Fixed {
        id: "A22",
        name: "what a balance buys",
        path: "tool.inputs.step",
        value: "rounded down",
        meaning: "whole steps, holds deducted, of the tools that are enabled",
    },
    Fixed {
        id: "A25",
        name: "cancelled and terminated",
        path: "policies.cancel",
        value: "period_end",
        meaning: "a cancelled plan ends with its period; a terminated one voids plan and add-ons at once",
    },
    Fixed {
        id: "A30",
        name: "the default model",
        path: "model.default",
        value: "as marked",
        meaning: "the default is marked, never told by position",
    },
    Fixed {
        id: "A33",
        name: "the balance that counts",
        path: "-",
        value: "the ledger's",
        meaning: "a page shows it, a job changes it",
    },
    Fixed {
        id: "A34",
        name: "status of refusals",
        path: "-",
        value: "402 only for too few credits",
        meaning: "403 plan or member, 409 state, 422 bad request, 429 rate",
    },
    Fixed {
        id: "A36",
        name: "missed renewals",
        path: "policies.missed_renewals",
        value: "one_by_one",
        meaning: "each missed cycle is granted and expired in order",
    },
    Fixed {
        id: "A37",
        name: "a hold that spans a reset",
        path: "policies.hold_over_reset",
        value: "cycle_of_hold",
        meaning: "is charged to the cycle in which it was made",
    },
    Fixed {
        id: "A39",
        name: "a price change during a job",
        path: "policies.running_jobs",
        value: "quoted_price",
        meaning: "the hold keeps the version of its quote",
    },
    Fixed {
        id: "A26",
        name: "seats that are removed",
        path: "plan.seats.removed",
        value: "next_renewal",
        meaning: "a removed seat keeps its credits to the renewal; a new member takes over the rest",
    },
];

impl Catalog {
    /// Every reading of an open question, its setting and its value, in the order of their numbers.
    pub fn policies_in_force(&self) -> Vec<PolicyInForce> {
        let mut readings: Vec<PolicyInForce> = FIXED
            .iter()
            .map(|fixed| {
                reading(fixed.id, fixed.name, fixed.path.to_owned(), fixed.value.to_owned(), true, fixed.meaning)
            })
            .collect();
        self.rounding(&mut readings);
        self.of_jobs(&mut readings);
        self.of_tools(&mut readings);
        self.of_plans(&mut readings);
        self.of_purchases(&mut readings);
        readings.sort_by(|a, b| a.id.cmp(b.id));
        readings
    }

    fn rounding(&self, readings: &mut Vec<PolicyInForce>) {
        let rounding = self.studio.credit.rounding;
        readings.push(reading(
            "A03",
            "rounding of a price",
            "studio.credit.rounding".to_owned(),
            json::rounding(rounding).to_owned(),
            rounding == Rounding::HalfUp,
            "once, on the total, to the credit's decimals; half up goes away from zero",
        ));
    }

    /// The policies of jobs: the studio's, and those of tools that differ.
    fn of_jobs(&self, readings: &mut Vec<PolicyInForce>) {
        job_readings("policies", &self.policies.job, None, readings);
        for tool in &self.tools {
            job_readings(&format!("tool.{}", tool.id), &tool.policy, Some(&self.policies.job), readings);
            if tool.hold_ttl != self.studio.hold_ttl {
                readings.push(hold_ttl(format!("tool.{}.hold_ttl", tool.id), tool.hold_ttl));
            }
        }
        readings.push(hold_ttl("studio.hold_ttl".to_owned(), self.studio.hold_ttl));
        let policies = &self.policies;
        readings.push(reading(
            "A17",
            "the order of spending",
            "policies.spending_order".to_owned(),
            json::spending_order(policies.spending_order).to_owned(),
            policies.spending_order == SpendingOrder::Buckets,
            "buckets are spent in the order of the file, and in a bucket what expires first",
        ));
        readings.push(reading(
            "A21",
            "a job above the balance",
            "policies.overage".to_owned(),
            if policies.overage.is_none() { "none" } else { "invoiced" }.to_owned(),
            policies.overage.is_none(),
            "is refused as a whole, or may go beyond the balance and is invoiced",
        ));
        readings.push(reading(
            "A35",
            "the start of a cycle",
            "policies.cycle_anchor".to_owned(),
            json::cycle_anchor(policies.cycle_anchor).to_owned(),
            policies.cycle_anchor == CycleAnchor::Purchase,
            "day and time of the purchase; the 29th to 31st fall to the last day of short months and return",
        ));
        readings.push(reading(
            "A35",
            "the zone of calendar rules",
            "studio.zone".to_owned(),
            self.studio.zone.to_string(),
            self.studio.zone.as_str() == "UTC",
            "cycles and days are reckoned in it",
        ));
        readings.push(reading(
            "A40",
            "an upgrade in mid-cycle",
            "policies.upgrade".to_owned(),
            json::upgrade(policies.upgrade).to_owned(),
            policies.upgrade == Upgrade::GrantDifference,
            "the difference of the quotas is granted now, in the same cycle",
        ));
        readings.push(reading(
            "A41",
            "a downgrade",
            "policies.downgrade".to_owned(),
            json::downgrade(policies.downgrade).to_owned(),
            policies.downgrade == Downgrade::NextRenewal,
            "takes effect at the next renewal",
        ));
        readings.push(reading(
            "A42",
            "a payment that is due",
            "policies.past_due_grace".to_owned(),
            json::span(policies.past_due_grace),
            policies.past_due_grace == Span::from_days(7),
            "credits are kept so long; nothing new is granted until it is paid",
        ));
        readings.push(reading(
            "A43",
            "a payment that is taken back",
            "policies.chargeback".to_owned(),
            json::chargeback(policies.chargeback).to_owned(),
            policies.chargeback == Chargeback::ClawBackAndOwe,
            "the unspent part is taken back, and what was spent becomes a debt",
        ));
        readings.push(reading(
            "A39",
            "new terms for running plans",
            "policies.rollout".to_owned(),
            json::rollout(policies.rollout).to_owned(),
            policies.rollout == Rollout::NextRenewal,
            "a running plan takes its terms from the catalog in force at its renewal",
        ));
    }

    fn of_tools(&self, readings: &mut Vec<PolicyInForce>) {
        for tool in &self.tools {
            let path = |key: &str| format!("tool.{}.{key}", tool.id);
            for price in tool.prices() {
                self.of_rates(tool, price, readings);
            }
            if tool.prices().any(|price| price.flat().is_some_and(|amount| amount.is_zero())) {
                readings.push(reading(
                    "A19",
                    "a tool without charge",
                    path("price"),
                    "0".to_owned(),
                    true,
                    "it is priced, at nothing, so that this can change (MISSION A10)",
                ));
            }
            if !tool.models.is_empty() || tool.unknown_model != UnknownModel::Refuse {
                readings.push(reading(
                    "A31",
                    "a model that is not listed",
                    path("unknown_model"),
                    json::unknown_model(tool.unknown_model).to_owned(),
                    tool.unknown_model == UnknownModel::Refuse,
                    "refused, or the default model at its price, or accepted at the tool's price",
                ));
            }
            for input in tool.inputs.iter().filter(|input| input.can_stay_open()) {
                let max = input.max.map_or_else(String::new, |max| max.to_string());
                readings.push(reading("A08", "an open quantity", path(&format!("inputs.{}", input.name)), format!("measured, held at {max}"), true, "the most is held; what is measured is priced without regard to max, and over_capture protects the customer"));
            }
            for input in tool.inputs.iter().filter(|input| !input.priced && input.is_number()) {
                let Some(max) = input.max else { continue };
                readings.push(reading(
                    "A32",
                    "a cap on what one call makes",
                    path(&format!("inputs.{}.max", input.name)),
                    max.to_string(),
                    true,
                    "the price does not follow it, so it is capped",
                ));
            }
            if let Some(free) = &tool.first_free {
                readings.push(reading(
                    "A44",
                    "free jobs",
                    path("first_free"),
                    free.counts.iter().map(|choice| choice.count.to_string()).collect::<Vec<_>>().join(", "),
                    false,
                    "the first jobs of a period are free, counted beside the credits",
                ));
            }
            if let Some(free) = &tool.free_units {
                readings.push(reading(
                    "A44",
                    "free units",
                    path("free_units"),
                    format!("{} {}", free.quantity, free.of),
                    false,
                    "the first units of a period are free, counted beside the credits",
                ));
            }
        }
    }

    fn of_rates(&self, tool: &Tool, price: &Price, readings: &mut Vec<PolicyInForce>) {
        for rate in rates(price) {
            let counting = match rate.terms.counting {
                Counting::Up => "up",
                Counting::Down => "down",
                Counting::HalfUp => "half_up",
                Counting::Exact => "none",
            };
            let duration = tool.input(&rate.input).is_some_and(|input| input.kind == crate::input::InputKind::Duration);
            let (id, name, meaning) = match duration {
                true => (
                    "A14",
                    "fractions of a second",
                    "a quantity is rounded to whole increments before it is multiplied; durations first half up to the millisecond",
                ),
                false if rate.terms.block != Rational::ONE => ("A13", "amounts per batch", "started batches count"),
                false => ("A01", "amounts per entry", "each entry counts; fewer than one is refused"),
            };
            let value = format!("{} of {}, {counting}", rate.terms.increment, rate.input);
            let default = rate.terms.counting == Counting::Up && rate.terms.increment == rate.terms.block;
            let known = readings.iter().any(|known| {
                known.id == id && known.path.starts_with(&format!("tool.{}.", tool.id)) && known.value == value
            });
            if !known {
                readings.push(reading(id, name, format!("tool.{}.price", tool.id), value, default, meaning));
            }
        }
    }

    fn of_plans(&self, readings: &mut Vec<PolicyInForce>) {
        for bucket in &self.buckets {
            let value = json::without_plan(bucket.without_plan).to_owned();
            let default = bucket.without_plan == WithoutPlan::Spendable;
            readings.push(reading(
                "A06",
                "credits without a plan",
                format!("bucket.{}.without_plan", bucket.id),
                value,
                default,
                "stay spendable, are frozen until the next plan, or are taken back",
            ));
        }
        for plan in &self.plans {
            if let Some(seats) = plan.seats {
                let (added, own) = (seats.added == SeatAdded::Full, seats.pool == SeatPool::Own);
                readings.push(reading(
                    "A26",
                    "a seat added in mid-cycle",
                    format!("plan.{}.seats.added", plan.id),
                    if added { "full" } else { "prorate" }.to_owned(),
                    added,
                    "a full quota now, also in the middle of an annual cycle (MISSION A29)",
                ));
                readings.push(reading(
                    "A27",
                    "a seat's credits",
                    format!("plan.{}.seats.pool", plan.id),
                    if own { "own" } else { "workspace" }.to_owned(),
                    own,
                    "belong to the seat; add-ons to the workspace",
                ));
            }
            for terms in &plan.terms {
                for (place, grant) in terms.grants.iter().enumerate() {
                    let Some(every) = grant.every else { continue };
                    let default = Some(every.anchored_to) == terms.anchor.or(Some(self.policies.cycle_anchor));
                    readings.push(reading(
                        "A35",
                        "a period within the cycle",
                        format!("plan.{}.{}.grants[{place}].every", plan.id, terms.interval.key()),
                        format!("{}, by the {}", every.interval.as_str(), json::cycle_anchor(every.anchored_to)),
                        default,
                        "its credits come anew with each, once, and run on through renewals; its rest goes by the grant",
                    ));
                }
            }
            if plan.sample {
                readings.push(reading(
                    "A07",
                    "sample numbers",
                    format!("plan.{}.sample", plan.id),
                    "true".to_owned(),
                    false,
                    "placeholders of the catalog's author, to be replaced",
                ));
            }
        }
    }

    fn of_purchases(&self, readings: &mut Vec<PolicyInForce>) {
        for pack in self.packs.iter().filter(|pack| pack.sample) {
            readings.push(reading(
                "A07",
                "sample numbers",
                format!("pack.{}.sample", pack.id),
                "true".to_owned(),
                false,
                "placeholders of the catalog's author, to be replaced",
            ));
        }
        for add_on in &self.add_ons {
            let (full, monthly) = (add_on.first_period == FirstPeriod::Full, add_on.on_annual == OnAnnual::Monthly);
            readings.push(reading(
                "A24",
                "a unit bought in mid-cycle",
                format!("add_on.{}.first_period", add_on.id),
                if full { "full" } else { "prorate" }.to_owned(),
                full,
                "full grant and price, expiring with the current cycle",
            ));
            readings.push(reading(
                "A28",
                "a monthly unit on an annual plan",
                format!("add_on.{}.on_annual", add_on.id),
                if monthly { "monthly" } else { "inherit" }.to_owned(),
                monthly,
                "granted and billed monthly, or twelve times at once",
            ));
        }
    }
}

fn rates(price: &Price) -> Vec<&Rate> {
    let mut found = Vec::new();
    for part in &price.parts {
        match &part.amount {
            Amount::Rate(rate) => found.push(&**rate),
            Amount::Sum(price) => found.extend(rates(price)),
            Amount::Table(table) => found.extend(table.rows.iter().flat_map(|row| rates(&row.price))),
            Amount::Flat(_) | Amount::Formula(_) => {}
        }
    }
    found
}

fn hold_ttl(path: String, ttl: Span) -> PolicyInForce {
    let default = ttl == Span::from_minutes(15);
    reading("A38", "how long a hold lasts", path, json::span(ttl), default, "then what it held is released")
}

/// The readings about one job; of a tool only where they differ from the studio's.
fn job_readings(path: &str, policy: &JobPolicy, studio: Option<&JobPolicy>, readings: &mut Vec<PolicyInForce>) {
    let usual = JobPolicy::default();
    let mut add = |id, name, key: &str, value: String, default, differs: bool, meaning| {
        if differs {
            readings.push(reading(id, name, format!("{path}.{key}"), value, default, meaning));
        }
    };
    let differs = |same: fn(&JobPolicy, &JobPolicy) -> bool| studio.is_none_or(|studio| !same(studio, policy));
    add(
        "A08",
        "a job that costs more than was held",
        "over_capture",
        json::over_capture(policy.over_capture).to_owned(),
        policy.over_capture == OverCapture::Cap,
        differs(|a, b| a.over_capture == b.over_capture),
        "what was held is charged and the rest reported, or the capture is refused, or taken from what is available, or owed",
    );
    add(
        "A04",
        "too few credits for an open quantity",
        "short_balance",
        json::short_balance(policy.short_balance).to_owned(),
        policy.short_balance == ShortBalance::Refuse,
        differs(|a, b| a.short_balance == b.short_balance),
        "refused, and the longest explicit quantity that fits is offered; or held for what there is",
    );
    add(
        "A38",
        "a capture after its hold expired",
        "late_capture",
        json::late_capture(policy.late_capture).to_owned(),
        policy.late_capture == LateCapture::Refuse,
        differs(|a, b| a.late_capture == b.late_capture),
        "is refused, or charged again from what is available",
    );
    add(
        "A09",
        "credits that come back to a grant that has ended",
        "released_after_expiry",
        json::released(policy.released_after_expiry),
        policy.released_after_expiry == ReleasedAfterExpiry::Expire,
        differs(|a, b| a.released_after_expiry == b.released_after_expiry),
        "lapse, as an entry of their own, or live on",
    );
    add(
        "A38",
        "an outcome that nobody knows",
        "unknown_ttl",
        json::span(policy.unknown_ttl),
        policy.unknown_ttl == usual.unknown_ttl,
        differs(|a, b| a.unknown_ttl == b.unknown_ttl),
        "charges nothing and keeps the hold so long",
    );
    let said = super::outcomes(&policy.outcomes).into_iter().zip(super::outcomes(&usual.outcomes));
    for ((key, charge, queued), usually) in said {
        let id = if key == "failed" { "A23" } else { "A05" };
        let value = match queued {
            Some(queued) => format!("queued {}, running {}", json::outcome(queued), json::outcome(charge)),
            None => json::outcome(charge),
        };
        add(
            id,
            "what is charged when a job does not succeed",
            &format!("outcomes.{key}"),
            value,
            (key, charge, queued) == usually,
            differs(|a, b| a.outcomes == b.outcomes),
            "nothing, everything, the delivered share, or a fixed share; by where the job was if it says so",
        );
    }
}

fn reading(
    id: &'static str,
    name: &'static str,
    path: String,
    value: String,
    default: bool,
    meaning: &'static str,
) -> PolicyInForce {
    PolicyInForce { id, name, path, value, default, meaning }
}
