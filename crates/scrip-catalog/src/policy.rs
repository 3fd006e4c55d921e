//! Policies: every reading of an open question is a setting with a default, and can be listed.

mod in_force;

use std::sync::Arc;

use scrip_ledger::Credits;
use scrip_ledger::Span;
use scrip_ledger::overage::Overage;
pub use scrip_ledger::plan::{CycleAnchor, Downgrade, Rollout, Upgrade};
use scrip_ledger::policy::{
    JobPolicy, LateCapture, OutcomeCharge, OutcomePolicy, OverCapture, ReleasedAfterExpiry, ShortBalance, SpendingOrder,
};
pub use scrip_ledger::reversal::Chargeback;

use crate::read::At;
use crate::report::Report;
use crate::shape::join;

/// The settings of `[policies]` that are about jobs, plans and payments of the whole studio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policies {
    /// What a hold promises beside its price, unless its tool says otherwise.
    pub job: Arc<JobPolicy>,
    /// What comes before the order of the buckets.
    pub spending_order: SpendingOrder,
    pub upgrade: Upgrade,
    pub downgrade: Downgrade,
    /// Past due: credits are kept so long (MISSION A42).
    pub past_due_grace: Span,
    /// The payment for a pack went back (MISSION A43).
    pub chargeback: Chargeback,
    /// When a published catalog reaches running subscriptions.
    pub rollout: Rollout,
    pub cycle_anchor: CycleAnchor,
    /// Several subscriptions of one customer at once.
    pub several_subscriptions: bool,
    /// Shares of a quota, in percent, at which a low balance is announced once.
    pub alert_percents: Vec<u8>,
    /// The same in credits, where there is no quota to take a share of.
    pub alert_credits: Vec<Credits>,
    pub overage: Option<Overage>,
}

/// One reading that is in force, for `check --explain`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PolicyInForce {
    /// The number of the reading in the mission, `A08`.
    pub id: &'static str,
    pub name: &'static str,
    /// Where it is set: `policies.over_capture`.
    pub path: String,
    pub value: String,
    /// Is this the default reading?
    pub default: bool,
    pub meaning: &'static str,
}

/// Reads `[policies]`; what it leaves out has the default of its reading.
pub(crate) fn read(root: &At<'_>, decimals: u8, report: &Report<'_>) -> Policies {
    let none = crate::file::Node { span: 0..0, value: crate::file::Tree::Table(Vec::new()) };
    let at = root.get("policies").unwrap_or(At { node: &none, path: "policies".to_owned() });
    let mut job = job_policy(&at, &JobPolicy::default(), report);
    job.decimals = decimals;
    Policies {
        job: Arc::new(job),
        spending_order: match at.word("spending_order") {
            Some("expiring_first") => SpendingOrder::ExpiringFirst,
            Some("paid_first") => SpendingOrder::PaidFirst,
            Some("free_first") => SpendingOrder::FreeFirst,
            _ => SpendingOrder::Buckets,
        },
        upgrade: match at.word("upgrade") {
            Some("new_cycle") => Upgrade::NewCycle,
            Some("reset") => Upgrade::Reset,
            Some("next_renewal") => Upgrade::NextRenewal,
            _ => Upgrade::GrantDifference,
        },
        downgrade: if at.word("downgrade") == Some("now_capped") {
            Downgrade::NowCapped
        } else {
            Downgrade::NextRenewal
        },
        past_due_grace: at.span_of("past_due_grace").unwrap_or(Span::from_days(7)),
        chargeback: match at.word("chargeback") {
            Some("claw_back") => Chargeback::ClawBack,
            Some("nothing") => Chargeback::Nothing,
            _ => Chargeback::ClawBackAndOwe,
        },
        rollout: match at.word("rollout") {
            Some("immediate") => Rollout::Immediate,
            Some("new_only") => Rollout::NewOnly,
            _ => Rollout::NextRenewal,
        },
        cycle_anchor: read_anchor(at.word("cycle_anchor")).unwrap_or_default(),
        several_subscriptions: at.bool("several_subscriptions").unwrap_or(false),
        alert_percents: match at.has("alert_percents") {
            true => {
                let percents = at.items("alert_percents");
                percents.iter().filter_map(|at| crate::read::integer(at.node)?.try_into().ok()).collect()
            }
            false => vec![50, 20, 10, 0],
        },
        alert_credits: read_alert_credits(&at, decimals, report),
        overage: at.get("overage").and_then(|at| read_overage(&at, report)),
    }
}

fn read_overage(at: &At<'_>, report: &Report<'_>) -> Option<Overage> {
    let (price, invoice_at) = (at.money("price_each")?, at.money("invoice_at"));
    let per = at.credits("per").unwrap_or(Credits::from_micro(1_000_000));
    if !per.is_positive() {
        report.error(at.key_span("per"), &format!("{}.per", at.path), "`per` can't be zero".to_owned());
    }
    if invoice_at.is_some_and(|invoice_at| invoice_at.currency != price.currency) {
        let message = "what is due is counted in the currency of price_each".to_owned();
        report.error(at.key_span("invoice_at"), &format!("{}.invoice_at", at.path), message);
    }
    Some(Overage { price, per, invoice_at, at_most: at.credits("at_most") })
}

fn read_alert_credits(at: &At<'_>, decimals: u8, report: &Report<'_>) -> Vec<Credits> {
    let one = |at: &At<'_>| {
        let credits = crate::read::credits(at.node)?;
        let fits = credits.is_positive() && credits.fits_decimals(decimals);
        if !fits {
            let message = format!("must be more than 0 and have at most {decimals} decimals");
            report.error(at.span(), &at.path, message);
        }
        fits.then_some(credits)
    };
    at.items("alert_credits").iter().filter_map(one).collect()
}

pub(crate) fn read_anchor(word: Option<&str>) -> Option<CycleAnchor> {
    match word {
        Some("purchase") => Some(CycleAnchor::Purchase),
        Some("calendar") => Some(CycleAnchor::Calendar),
        Some("first_use") => Some(CycleAnchor::FirstUse),
        _ => None,
    }
}

/// The policy of a job: what the tool (or the studio) says, otherwise what holds already.
pub(crate) fn job_policy(at: &At<'_>, otherwise: &JobPolicy, report: &Report<'_>) -> JobPolicy {
    let mut policy = otherwise.clone();
    match at.word("over_capture") {
        Some("cap") => policy.over_capture = OverCapture::Cap,
        Some("reject") => policy.over_capture = OverCapture::Reject,
        Some("charge_available") => policy.over_capture = OverCapture::ChargeAvailable,
        Some("allow_debt") => policy.over_capture = OverCapture::AllowDebt { limit: at.credits("debt_limit") },
        _ => {}
    }
    if at.has("debt_limit") && at.word("over_capture") != Some("allow_debt") {
        let help = "add over_capture = \"allow_debt\"".to_owned();
        let message = "`debt_limit` is for over_capture = \"allow_debt\"".to_owned();
        report.error_help(at.key_span("debt_limit"), &join(&at.path, "debt_limit"), message, help);
    }
    match at.word("late_capture") {
        Some("refuse") => policy.late_capture = LateCapture::Refuse,
        Some("charge_available") => policy.late_capture = LateCapture::ChargeAvailable,
        _ => {}
    }
    match at.word("released_after_expiry") {
        Some("expire") => policy.released_after_expiry = ReleasedAfterExpiry::Expire,
        Some("grace") => {
            let grace = at.span_of("grace").unwrap_or(Span::from_days(7));
            policy.released_after_expiry = ReleasedAfterExpiry::Grace(grace);
        }
        Some("restore") => policy.released_after_expiry = ReleasedAfterExpiry::Restore,
        _ => {}
    }
    match at.word("short_balance") {
        Some("refuse") => policy.short_balance = ShortBalance::Refuse,
        // The least that a job can cost is told with its price.
        Some("hold_available") => policy.short_balance = ShortBalance::HoldAvailable { at_least: Credits::ZERO },
        _ => {}
    }
    policy.unknown_ttl = at.span_of("unknown_ttl").unwrap_or(policy.unknown_ttl);
    if let Some(outcomes) = at.get("outcomes") {
        read_outcomes(&outcomes, &mut policy.outcomes, report);
    }
    policy
}

/// One word for a way to end, or one for each place where the job was then.
fn read_outcomes(at: &At<'_>, policy: &mut OutcomePolicy, report: &Report<'_>) {
    let staged = [
        ("failed", &mut policy.failed, &mut policy.failed_queued),
        ("moderated", &mut policy.moderated, &mut policy.moderated_queued),
        ("canceled", &mut policy.canceled, &mut policy.canceled_queued),
        ("timed_out", &mut policy.timed_out, &mut policy.timed_out_queued),
    ];
    for (key, running, queued) in staged {
        let Some(place) = at.get(key) else { continue };
        if place.node.text().is_some() {
            *running = outcome_charge(&place, report).unwrap_or(*running);
            *queued = None;
            continue;
        }
        if let Some(charge) = place.get("running").and_then(|place| outcome_charge(&place, report)) {
            *queued = queued.or(Some(*running));
            *running = charge;
        }
        if let Some(charge) = place.get("queued").and_then(|place| outcome_charge(&place, report)) {
            *queued = Some(charge);
        }
    }
    if let Some(place) = at.get("partial") {
        policy.partial = outcome_charge(&place, report).unwrap_or(policy.partial);
    }
}

/// What is charged for each way to end but success: running, and queued where that differs.
pub(crate) fn outcomes(policy: &OutcomePolicy) -> [(&'static str, OutcomeCharge, Option<OutcomeCharge>); 5] {
    [
        ("failed", policy.failed, policy.failed_queued),
        ("moderated", policy.moderated, policy.moderated_queued),
        ("canceled", policy.canceled, policy.canceled_queued),
        ("timed_out", policy.timed_out, policy.timed_out_queued),
        ("partial", policy.partial, None),
    ]
}

fn outcome_charge(at: &At<'_>, report: &Report<'_>) -> Option<OutcomeCharge> {
    let charge = match at.node.text()? {
        "nothing" => Some(OutcomeCharge::Nothing),
        "full" => Some(OutcomeCharge::Full),
        "delivered" => Some(OutcomeCharge::Delivered),
        share => {
            let share: Option<Credits> = share.parse().ok();
            let millionths = share.and_then(|share| u32::try_from(share.micro()).ok());
            millionths.filter(|share| *share <= 1_000_000).map(OutcomeCharge::Share)
        }
    };
    if charge.is_none() {
        let message = "must be \"nothing\", \"full\", \"delivered\" or a share from \"0\" to \"1\"".to_owned();
        match at.node.text() {
            Some("refund" | "refunded" | "free" | "none" | "release") => {
                report.error_help(
                    at.span(),
                    &at.path,
                    message,
                    "it says what is charged: write \"nothing\"".to_owned(),
                );
            }
            _ => report.error(at.span(), &at.path, message),
        }
    }
    charge
}
