//! The catalog as the API shows it (API section 2).

mod prices;

use scrip_ledger::id::Name;
use scrip_ledger::policy::{
    JobPolicy, LateCapture, OutcomeCharge, OverCapture, ReleasedAfterExpiry, ShortBalance, SpendingOrder,
};
use scrip_ledger::{Credits, Money, Span};
use serde_json::{Map, Value, json};

use crate::bucket::{Bucket, Expiry, WithoutPlan};
use crate::catalog::Catalog;
use crate::input::Input;
use crate::pack::{AddOnTerms, FirstPeriod, OnAnnual, Pack};
use crate::plan::{
    Drip, GrantPer, GrantRule, Limit, Plan, Renewal, Rollover, SeatAdded, SeatPool, SeatTerms, TermsWithoutPlan,
};
use crate::policy::{self, Chargeback, CycleAnchor, Downgrade, Policies, Rollout, Upgrade};
use crate::price::Price;
use crate::promotion::{Promotion, PromotionKind};
use crate::rational::Rounding;
use crate::studio::{CreditUnit, Studio};
use crate::tool::{FactWords, FirstFree, FreeCount, Model, Tool, UnknownModel};

use self::prices::price_json;

impl Catalog {
    /// The catalog as the API shows it. Keys that have no value are left out.
    pub fn to_json(&self) -> Value {
        json!({
            "studio": studio(&self.studio),
            "policies": policies(&self.policies),
            "facts": object([
                ("channel", json!(self.channels.as_ref().map(fact_words))),
                ("mode", json!(self.modes.as_ref().map(fact_words))),
            ]),
            "buckets": list(&self.buckets, bucket),
            "toolkits": list(&self.toolkits, |toolkit| object([
                ("name", json!(toolkit.name)),
                ("description", json!(toolkit.description)),
            ])),
            "tools": list(&self.tools, |tool| self.tool_json(tool)),
            "plans": list(&self.plans, plan),
            "without_plan": without_plan_terms(&self.without_plan),
            "add_ons": list(&self.add_ons, add_on),
            "packs": list(&self.packs, pack),
            "promotions": list(&self.promotions, promotion),
            "auto_top_up": object([
                ("offered", json!(self.auto_top_up.offered)),
                ("pack", json!(self.auto_top_up.pack.as_ref().map(Name::as_str))),
                ("threshold", json!(self.auto_top_up.threshold.map(|credits| credits.to_string()))),
                ("target", json!(self.auto_top_up.target.map(|credits| credits.to_string()))),
                ("purchases_at_most_per_month", json!(self.auto_top_up.purchases_at_most_per_month)),
                ("disabled_after_failures", json!(self.auto_top_up.disabled_after_failures)),
            ]),
        })
    }

    fn tool_json(&self, tool: &Tool) -> Value {
        let unit = self.studio.unit(&tool.currency).unwrap_or(&self.studio.credit);
        let lets: Map<String, Value> = tool.lets.iter().map(|(name, formula)| (name.clone(), json!(formula))).collect();
        let shown = |price: &Option<Price>| price.as_ref().map(|price| price_json(price, tool, unit));
        object([
            ("id", json!(tool.id.as_str())),
            ("name", json!(tool.name)),
            ("description", json!(tool.description)),
            ("toolkit", json!(tool.toolkit)),
            ("currency", json!(tool.currency.as_str())),
            (
                "models",
                Value::Array(
                    tool.models.iter().enumerate().map(|(index, model)| model_json(tool, index, model, unit)).collect(),
                ),
            ),
            (
                "default_model",
                json!(tool.default_model.and_then(|index| tool.models.get(index)).map(|model| model.id.as_str())),
            ),
            ("unknown_model", json!(unknown_model(tool.unknown_model))),
            ("inputs", Value::Array(tool.inputs.iter().map(input).collect())),
            ("let", if lets.is_empty() { Value::Null } else { Value::Object(lets) }),
            ("price", json!(shown(&tool.price))),
            ("revision", json!(shown(&tool.revision))),
            ("unchanged", json!(tool.unchanged_free.then_some("free"))),
            ("unchanged_for", json!(tool.unchanged_free.then(|| span(tool.unchanged_for)))),
            ("first_free", json!(tool.first_free.as_ref().map(first_free))),
            (
                "free_units",
                json!(tool.free_units.as_ref().map(|free| object([
                    ("of", json!(free.of.as_str())),
                    ("quantity", json!(free.quantity.to_string())),
                    ("per", json!(free.per.map(|per| per.as_str()))),
                ]))),
            ),
            (
                "requires",
                json!(some(
                    tool.requires
                        .iter()
                        .map(|rule| json!({
                            "rule": rule.rule.to_string(), "input": rule.input.as_str(), "message": rule.message,
                        }))
                        .collect::<Vec<_>>()
                )),
            ),
            ("earns", json!(some(tool.policy.earns.iter().map(grant).collect()))),
            ("hold_ttl", json!(span(tool.hold_ttl))),
            ("policy", job_policy(&tool.policy)),
            ("retired", json!(tool.retired.then_some(true))),
        ])
    }
}

/// One count as it stands, several as a list.
fn first_free(free: &FirstFree) -> Value {
    let one = |choice: &FreeCount| {
        object([
            ("count", json!(choice.count)),
            ("per", json!(free.per.map(|per| per.as_str()))),
            ("when", json!(choice.when.as_ref().map(|when| when.to_string()))),
        ])
    };
    match free.counts.as_slice() {
        [choice] => one(choice),
        choices => list(choices, one),
    }
}

fn fact_words(words: &FactWords) -> Value {
    json!({
        "one_of": words.one_of.iter().map(Name::as_str).collect::<Vec<_>>(), "default": words.default.as_str(),
    })
}

fn list<T>(items: &[T], one: impl Fn(&T) -> Value) -> Value {
    Value::Array(items.iter().map(one).collect())
}

/// An object without the keys that are null.
fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let said = fields.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(said.map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>())
}

fn some<T>(items: Vec<T>) -> Option<Vec<T>> {
    (!items.is_empty()).then_some(items)
}

fn names(names: &Option<Vec<Name>>) -> Value {
    json!(names.as_ref().map(|names| names.iter().map(Name::as_str).collect::<Vec<_>>()))
}

fn money(price: Option<Money>) -> Value {
    json!(price.map(|price| json!({ "amount": price.amount(), "currency": price.currency.code() })))
}

/// ISO 8601, in the largest unit that fits: `PT15M`, `P7D`.
pub(crate) fn span(span: Span) -> String {
    match span.secs() {
        secs if secs != 0 && secs.is_multiple_of(86_400) => format!("P{}D", secs / 86_400),
        secs if secs != 0 && secs.is_multiple_of(3_600) => format!("PT{}H", secs / 3_600),
        secs if secs != 0 && secs.is_multiple_of(60) => format!("PT{}M", secs / 60),
        secs => format!("PT{secs}S"),
    }
}

/// ISO 8601: `P1Y`, `P18M`.
fn months(count: u32) -> String {
    if count.is_multiple_of(12) { format!("P{}Y", count / 12) } else { format!("P{count}M") }
}

fn studio(studio: &Studio) -> Value {
    object([
        ("name", json!(studio.name)),
        ("credit", unit(&studio.credit)),
        ("units", json!(some(studio.other_units.iter().map(unit).collect()))),
        ("public_rate_card", json!(studio.public_rate_card)),
        ("last_updated", json!(studio.last_updated)),
        ("top_up_url", json!(studio.top_up_url)),
        ("upgrade_url", json!(studio.upgrade_url)),
        ("quote_ttl", json!(span(studio.quote_ttl))),
        ("hold_ttl", json!(span(studio.hold_ttl))),
        ("zone", json!(studio.zone.as_str())),
    ])
}

fn unit(unit: &CreditUnit) -> Value {
    object([
        ("id", json!(unit.id.as_str())),
        ("name", json!(unit.name)),
        ("plural", json!(unit.plural)),
        ("symbol", json!(unit.symbol)),
        ("decimals", json!(unit.decimals)),
        ("rounding", json!(rounding(unit.rounding))),
    ])
}

pub(crate) fn rounding(rounding: Rounding) -> &'static str {
    match rounding {
        Rounding::HalfUp => "half_up",
        Rounding::Up => "up",
        Rounding::Down => "down",
        Rounding::Exact => "exact",
    }
}

fn bucket(bucket: &Bucket) -> Value {
    object([
        ("id", json!(bucket.id.as_str())),
        ("name", json!(bucket.name)),
        ("description", json!(bucket.description)),
        ("currency", json!(bucket.currency.as_str())),
        ("expires", json!(expiry(bucket.expires))),
        ("only_tools", names(&bucket.only_tools)),
        ("without_plan", json!(without_plan(bucket.without_plan))),
        ("at_most", json!(bucket.at_most.map(|most| most.to_string()))),
        ("transferable", json!(bucket.transferable)),
        ("retired", json!(bucket.retired.then_some(true))),
    ])
}

pub(crate) fn without_plan(rule: WithoutPlan) -> &'static str {
    match rule {
        WithoutPlan::Spendable => "spendable",
        WithoutPlan::Frozen => "frozen",
        WithoutPlan::Void => "void",
    }
}

pub(crate) fn expiry(expiry: Expiry) -> String {
    match expiry {
        Expiry::Never => "never".to_owned(),
        Expiry::Cycle => "cycle".to_owned(),
        Expiry::After(after) => span(after),
        Expiry::AfterMonths(count) => months(count),
        Expiry::LaterOfMonths(count) => format!("later of cycle and {}", months(count)),
        Expiry::LaterOf(after) => format!("later of cycle and {}", span(after)),
    }
}

fn model_json(tool: &Tool, index: usize, model: &Model, unit: &CreditUnit) -> Value {
    let price = model.price.as_ref().or(tool.price.as_ref());
    let columns: Map<String, Value> = model.columns.iter().map(|(key, text)| (key.clone(), json!(text))).collect();
    object([
        ("id", json!(model.id.as_str())),
        ("name", json!(model.name)),
        ("description", json!(model.description)),
        ("default", json!(tool.default_model == Some(index))),
        ("aliases", json!(some(model.aliases.iter().map(|alias| alias.to_string()).collect()))),
        ("columns", if columns.is_empty() { Value::Null } else { Value::Object(columns) }),
        (
            "numbers",
            json!(some(
                tool.slots
                    .numbers
                    .iter()
                    .zip(&model.numbers)
                    .map(|((name, _), number)| { json!([name, number.to_string()]) })
                    .collect()
            )),
        ),
        ("price", json!(price.map(|price| price_json(price, tool, unit)))),
        ("retired", json!(model.retired.then_some(true))),
    ])
}

pub(crate) fn unknown_model(rule: UnknownModel) -> &'static str {
    match rule {
        UnknownModel::Refuse => "refuse",
        UnknownModel::UseDefault => "default",
        UnknownModel::Accept => "accept",
    }
}

fn input(input: &Input) -> Value {
    object([
        ("name", json!(input.name.as_str())),
        ("type", json!(input.kind.as_str())),
        ("unit", json!(input.unit)),
        ("label", json!(input.label)),
        ("description", json!(input.description)),
        ("min", json!(input.min.map(|min| min.to_string()))),
        ("max", json!(input.max.map(|max| max.to_string()))),
        ("one_of", json!(some(input.one_of.iter().map(|value| value.to_string()).collect()))),
        ("default", json!(input.default.as_ref().map(|value| value.to_string()))),
        ("required", json!(!input.optional && input.default.is_none())),
        ("measured", json!(input.measured)),
        ("step", json!(input.is_number().then(|| input.step.to_string()))),
        ("priced", json!(input.priced)),
    ])
}

fn plan(plan: &Plan) -> Value {
    let terms = plan.terms.iter().map(|terms| {
        object([
            ("interval", json!(terms.interval.as_str())),
            ("price", money(terms.price)),
            ("grants", list(&terms.grants, grant)),
            ("anchor", json!(terms.anchor.map(cycle_anchor))),
        ])
    });
    object([
        ("id", json!(plan.id.as_str())),
        ("name", json!(plan.name)),
        ("description", json!(plan.description)),
        ("terms", Value::Array(terms.collect())),
        ("welcome", json!(some(plan.welcome.iter().map(grant).collect()))),
        ("by_contract", json!(plan.by_contract)),
        ("tools", names(&plan.tools)),
        ("seats", json!(plan.seats.map(seats))),
        ("sells_packs", json!(plan.sells_packs)),
        ("limits", json!(some(plan.limits.iter().map(limit).collect()))),
        ("trial", json!(plan.trial.map(span))),
        ("trial_rolls_over", json!(plan.trial_rolls_over.then_some(true))),
        ("trial_grants", json!(plan.trial_grants.as_ref().map(|grants| list(grants, grant)))),
        ("sample", json!(plan.sample.then_some(true))),
        ("retired", json!(plan.retired.then_some(true))),
    ])
}

fn without_plan_terms(terms: &TermsWithoutPlan) -> Value {
    object([
        ("tools", names(&terms.tools)),
        ("limits", json!(some(terms.limits.iter().map(limit).collect()))),
        ("sells_packs", json!(terms.sells_packs)),
    ])
}

fn grant(grant: &GrantRule) -> Value {
    let per = match grant.per {
        GrantPer::Customer => "customer",
        GrantPer::Seat => "seat",
    };
    let renewal = match grant.renewal {
        Renewal::Reset => "reset",
        Renewal::Add => "add",
        Renewal::ReplenishUpTo => "replenish",
    };
    object([
        ("bucket", json!(grant.bucket.as_str())),
        ("credits", json!(grant.credits.to_string())),
        ("per", json!(per)),
        ("renewal", json!(renewal)),
        ("rollover", rollover(&grant.rollover)),
        ("upfront", json!(grant.every.is_none().then_some(grant.drip == Drip::Upfront))),
        ("every", json!(grant.every.map(|every| every.interval.as_str()))),
        ("anchor", json!(grant.every.map(|every| cycle_anchor(every.anchored_to)))),
        ("expires", json!(grant.expires.map(expiry))),
        ("only_tools", names(&grant.only_tools)),
    ])
}

fn rollover(rollover: &Rollover) -> Value {
    match rollover {
        Rollover::None => json!("none"),
        Rollover::Carry { bucket, carry_at_most, total_at_most, cycles } => object([
            ("bucket", json!(bucket.as_str())),
            ("carry_at_most", json!(carry_at_most.map(|most| most.to_string()))),
            ("total_at_most", json!(total_at_most.map(|most| most.to_string()))),
            ("cycles", json!(cycles)),
        ]),
    }
}

fn seats(seats: SeatTerms) -> Value {
    object([
        ("at_least", json!(seats.at_least)),
        ("at_most", json!(seats.at_most)),
        ("added", json!(if seats.added == SeatAdded::Full { "full" } else { "prorate" })),
        ("pool", json!(if seats.pool == SeatPool::Own { "own" } else { "workspace" })),
    ])
}

fn limit(limit: &Limit) -> Value {
    object([
        ("kind", json!(limit.kind.as_str())),
        ("at_most", json!(limit.at_most.to_string())),
        ("per", json!(limit.per.map(|per| per.as_str()))),
        ("each_member", json!(limit.each_member)),
        ("tools", names(&limit.tools)),
        ("unit", json!(limit.currency.as_ref().map(Name::as_str))),
    ])
}

fn add_on(add_on: &AddOnTerms) -> Value {
    object([
        ("id", json!(add_on.id.as_str())),
        ("name", json!(add_on.name)),
        ("credits", json!(add_on.credits.to_string())),
        ("price", money(add_on.price)),
        ("bucket", json!(add_on.bucket.as_str())),
        ("plans", names(&Some(add_on.plans.clone()))),
        ("interval", json!(add_on.interval.as_str())),
        ("per", json!((add_on.per == GrantPer::Seat).then_some("seat"))),
        ("on_annual", json!(if add_on.on_annual == OnAnnual::Monthly { "monthly" } else { "inherit" })),
        ("first_period", json!(if add_on.first_period == FirstPeriod::Full { "full" } else { "prorate" })),
        ("refundable", json!(add_on.refundable)),
        ("text", json!(add_on.text)),
        ("sample", json!(add_on.sample.then_some(true))),
        ("retired", json!(add_on.retired.then_some(true))),
    ])
}

fn pack(pack: &Pack) -> Value {
    object([
        ("id", json!(pack.id.as_str())),
        ("name", json!(pack.name)),
        ("credits", json!(pack.credits.to_string())),
        ("bonus", json!(pack.bonus.is_positive().then(|| pack.bonus.to_string()))),
        ("price", money(pack.price)),
        ("bucket", json!(pack.bucket.as_str())),
        ("expires", json!(pack.expires.map(expiry))),
        ("plans", names(&pack.plans)),
        ("purchases_at_most", json!(pack.purchases_at_most)),
        ("per", json!(pack.per.map(|per| per.as_str()))),
        ("sample", json!(pack.sample.then_some(true))),
        ("retired", json!(pack.retired.then_some(true))),
    ])
}

/// Codes are not shown: whoever knows one can claim it.
fn promotion(promotion: &Promotion) -> Value {
    let kind = match promotion.kind {
        PromotionKind::Welcome => "welcome",
        PromotionKind::Code => "code",
        PromotionKind::Referral => "referral",
        PromotionKind::DailyLogin => "daily_login",
        PromotionKind::Trial => "trial",
    };
    object([
        ("id", json!(promotion.id.as_str())),
        ("name", json!(promotion.name)),
        ("kind", json!(kind)),
        ("grants", list(&promotion.grants, grant)),
        ("claims_at_most", json!(promotion.claims_at_most)),
        ("per", json!(promotion.per.map(|per| per.as_str()))),
        ("earns_at_most", json!(promotion.earns_at_most.map(|most| most.to_string()))),
        ("earns_per", json!(promotion.earns_per.map(|per| per.as_str()))),
        ("plans", names(&promotion.plans)),
        ("retired", json!(promotion.retired.then_some(true))),
    ])
}

fn policies(policies: &Policies) -> Value {
    object([
        ("job", job_policy(&policies.job)),
        ("spending_order", json!(spending_order(policies.spending_order))),
        ("upgrade", json!(upgrade(policies.upgrade))),
        ("downgrade", json!(downgrade(policies.downgrade))),
        ("past_due_grace", json!(span(policies.past_due_grace))),
        ("chargeback", json!(chargeback(policies.chargeback))),
        ("rollout", json!(rollout(policies.rollout))),
        ("cycle_anchor", json!(cycle_anchor(policies.cycle_anchor))),
        ("several_subscriptions", json!(policies.several_subscriptions)),
        ("alert_percents", json!(policies.alert_percents)),
        ("alert_credits", json!(some(policies.alert_credits.iter().map(Credits::to_string).collect()))),
        (
            "overage",
            json!(policies.overage.map(|overage| object([
                ("price_each", money(Some(overage.price))),
                ("per", json!(overage.per.to_string())),
                ("invoice_at", money(overage.invoice_at)),
                ("at_most", json!(overage.at_most.map(|most| most.to_string()))),
            ]))),
        ),
    ])
}

pub(crate) fn spending_order(order: SpendingOrder) -> &'static str {
    match order {
        SpendingOrder::Buckets => "buckets",
        SpendingOrder::ExpiringFirst => "expiring_first",
        SpendingOrder::PaidFirst => "paid_first",
        SpendingOrder::FreeFirst => "free_first",
    }
}

pub(crate) fn upgrade(rule: Upgrade) -> &'static str {
    match rule {
        Upgrade::GrantDifference => "grant_difference",
        Upgrade::NewCycle => "new_cycle",
        Upgrade::Reset => "reset",
        Upgrade::NextRenewal => "next_renewal",
    }
}

pub(crate) fn downgrade(rule: Downgrade) -> &'static str {
    match rule {
        Downgrade::NextRenewal => "next_renewal",
        Downgrade::NowCapped => "now_capped",
    }
}

pub(crate) fn chargeback(rule: Chargeback) -> &'static str {
    match rule {
        Chargeback::ClawBackAndOwe => "claw_back_and_owe",
        Chargeback::ClawBack => "claw_back",
        Chargeback::Nothing => "nothing",
    }
}

pub(crate) fn rollout(rule: Rollout) -> &'static str {
    match rule {
        Rollout::NextRenewal => "next_renewal",
        Rollout::Immediate => "immediate",
        Rollout::NewOnly => "new_only",
    }
}

pub(crate) fn cycle_anchor(rule: CycleAnchor) -> &'static str {
    match rule {
        CycleAnchor::Purchase => "purchase",
        CycleAnchor::Calendar => "calendar",
        CycleAnchor::FirstUse => "first_use",
    }
}

fn job_policy(policy: &JobPolicy) -> Value {
    object([
        ("over_capture", json!(over_capture(policy.over_capture))),
        (
            "debt_limit",
            match policy.over_capture {
                OverCapture::AllowDebt { limit } => json!(limit.map(|limit| limit.to_string())),
                _ => Value::Null,
            },
        ),
        ("late_capture", json!(late_capture(policy.late_capture))),
        ("short_balance", json!(short_balance(policy.short_balance))),
        ("released_after_expiry", json!(released(policy.released_after_expiry))),
        (
            "outcomes",
            Value::Object(
                policy::outcomes(&policy.outcomes)
                    .map(|(key, running, queued)| (key.to_owned(), outcome_json(running, queued)))
                    .into_iter()
                    .collect(),
            ),
        ),
        ("unknown_ttl", json!(span(policy.unknown_ttl))),
    ])
}

fn outcome_json(running: OutcomeCharge, queued: Option<OutcomeCharge>) -> Value {
    match queued {
        None => json!(outcome(running)),
        Some(queued) => json!({ "queued": outcome(queued), "running": outcome(running) }),
    }
}

pub(crate) fn short_balance(rule: ShortBalance) -> &'static str {
    match rule {
        ShortBalance::Refuse => "refuse",
        ShortBalance::HoldAvailable { .. } => "hold_available",
    }
}

pub(crate) fn over_capture(rule: OverCapture) -> &'static str {
    match rule {
        OverCapture::Cap => "cap",
        OverCapture::Reject => "reject",
        OverCapture::ChargeAvailable => "charge_available",
        OverCapture::AllowDebt { .. } => "allow_debt",
    }
}

pub(crate) fn late_capture(rule: LateCapture) -> &'static str {
    match rule {
        LateCapture::Refuse => "refuse",
        LateCapture::ChargeAvailable => "charge_available",
    }
}

pub(crate) fn released(rule: ReleasedAfterExpiry) -> String {
    match rule {
        ReleasedAfterExpiry::Expire => "expire".to_owned(),
        ReleasedAfterExpiry::Grace(grace) => format!("grace {}", span(grace)),
        ReleasedAfterExpiry::Restore => "restore".to_owned(),
    }
}

pub(crate) fn outcome(charge: OutcomeCharge) -> String {
    match charge {
        OutcomeCharge::Nothing => "nothing".to_owned(),
        OutcomeCharge::Full => "full".to_owned(),
        OutcomeCharge::Delivered => "delivered".to_owned(),
        OutcomeCharge::Share(millionths) => scrip_ledger::Credits::from_micro(i64::from(millionths)).to_string(),
    }
}
