//! Policies: every reading of an open question is a setting with a default, and can be listed.

use std::sync::Arc;

use scrip_ledger::Span;
use scrip_ledger::policy::JobPolicy;

/// The settings of `[policies]` that are about jobs, plans and payments of the whole studio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policies {
    /// What a hold promises beside its price, unless its tool says otherwise.
    pub job: Arc<JobPolicy>,
    pub upgrade: Upgrade,
    pub downgrade: Downgrade,
    /// Past due: credits are kept so long (MISSION A42).
    pub past_due_grace: Span,
    pub chargeback: Chargeback,
    /// When a published catalog reaches running subscriptions.
    pub rollout: Rollout,
    pub cycle_anchor: CycleAnchor,
    /// Several subscriptions of one customer at once.
    pub several_subscriptions: bool,
    /// Shares of a quota, in percent, at which a low balance is announced once.
    pub alert_percents: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Upgrade {
    /// The difference of the quotas now, same cycle (MISSION A40).
    #[default]
    GrantDifference,
    /// A new cycle begins; what is left is carried.
    NewCycle,
    NextRenewal,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Downgrade {
    #[default]
    NextRenewal,
    /// At once, and what is left is cut to the new quota.
    NowCapped,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Chargeback {
    /// Take back what is unspent; what was spent becomes debt (MISSION A43).
    #[default]
    ClawBackAndOwe,
    ClawBack,
    Nothing,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rollout {
    #[default]
    NextRenewal,
    Immediate,
    NewOnly,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CycleAnchor {
    /// Day and time of the purchase; month ends clamped (MISSION A35).
    #[default]
    Purchase,
    /// The first of the month.
    Calendar,
    /// The first use after a cycle has ended.
    FirstUse,
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
