//! The book: what each version of a studio's catalog sells and grants, for what the ledger does by itself.

use std::sync::Arc;

use minicbor::{Decode, Encode};

use crate::add_on::AddOnTerms;
use crate::amount::Credits;
use crate::id::Name;
use crate::overage::Overage;
use crate::pack::Pack;
use crate::plan::{CycleAnchor, Downgrade, Plan, Rollout, TermsWithoutPlan, Upgrade};
use crate::policy::Spending;
use crate::promotion::Promotion;
use crate::reversal::Chargeback;
use crate::time::{Span, Timestamp};

/// All versions of a studio's terms. Renewals and expiries are pure consequences of a wallet, an instant and
/// this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    /// By the instant from which they are in force, then by number.
    versions: Vec<Arc<Terms>>,
}

/// What one version of a catalog says beside its prices.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Terms {
    #[n(0)]
    pub version: u32,
    #[n(1)]
    pub effective_at: Timestamp,
    /// The zone of calendar rules.
    #[n(2)]
    pub zone: Name,
    #[cbor(n(3), with = "crate::shared")]
    pub spending: Arc<Spending>,
    #[n(4)]
    pub plans: Vec<Plan>,
    #[n(5)]
    pub add_ons: Vec<AddOnTerms>,
    #[n(6)]
    pub packs: Vec<Pack>,
    #[n(7)]
    pub promotions: Vec<Promotion>,
    #[n(8)]
    pub rules: PlanRules,
    #[n(9)]
    #[cbor(default)]
    pub without_plan: TermsWithoutPlan,
}

/// The settings of `[policies]` that are about plans.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PlanRules {
    #[n(0)]
    pub upgrade: Upgrade,
    #[n(1)]
    pub downgrade: Downgrade,
    /// Past due: credits are kept so long (MISSION A42).
    #[n(2)]
    pub past_due_grace: Span,
    #[n(3)]
    pub rollout: Rollout,
    #[n(4)]
    pub cycle_anchor: CycleAnchor,
    /// May a customer have several subscriptions at once?
    #[n(5)]
    pub several_subscriptions: bool,
    /// Shares of a quota, in percent, at which a low balance is announced once.
    #[n(6)]
    pub alert_percents: Vec<u8>,
    /// The same in credits, where there is no quota to take a share of.
    #[n(7)]
    #[cbor(default)]
    pub alert_credits: Vec<Credits>,
    /// Jobs may go beyond the balance, and are invoiced.
    #[n(8)]
    #[cbor(default)]
    pub overage: Option<Overage>,
    /// What becomes of a pack whose payment went back.
    #[n(9)]
    #[cbor(default)]
    pub chargeback: Chargeback,
}

impl Default for PlanRules {
    fn default() -> PlanRules {
        PlanRules {
            upgrade: Upgrade::GrantDifference,
            downgrade: Downgrade::NextRenewal,
            past_due_grace: Span::from_days(7),
            rollout: Rollout::NextRenewal,
            cycle_anchor: CycleAnchor::Purchase,
            several_subscriptions: false,
            alert_percents: Vec::new(),
            alert_credits: Vec::new(),
            overage: None,
            chargeback: Chargeback::ClawBackAndOwe,
        }
    }
}

impl Book {
    /// From versions in any order.
    pub fn new(mut versions: Vec<Arc<Terms>>) -> Book {
        versions.sort_by_key(|terms| (terms.effective_at, terms.version));
        Book { versions }
    }

    /// The terms in force: the greatest effective instant that has come, then the greatest number; before the
    /// first, the first (API section 2). `None` where nothing was published.
    pub fn at(&self, at: Timestamp) -> Option<&Arc<Terms>> {
        let come = self.versions.partition_point(|terms| terms.effective_at <= at);
        let last = come.checked_sub(1).and_then(|last| self.versions.get(last));
        last.or_else(|| self.versions.iter().min_by_key(|terms| terms.version))
    }

    pub fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }
}

impl Terms {
    pub fn plan(&self, id: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.id.as_str() == id)
    }

    pub fn add_on(&self, id: &str) -> Option<&AddOnTerms> {
        self.add_ons.iter().find(|add_on| add_on.id.as_str() == id)
    }

    pub fn pack(&self, id: &str) -> Option<&Pack> {
        self.packs.iter().find(|pack| pack.id.as_str() == id)
    }

    pub fn promotion(&self, id: &str) -> Option<&Promotion> {
        self.promotions.iter().find(|promotion| promotion.id.as_str() == id)
    }
}
