//! What a version of the catalog sells and grants, in the ledger's own words; and terms that are agreed with one
//! customer, read like those of the file.

use scrip_ledger::Timestamp;
use scrip_ledger::book::{PlanRules, Terms};
use scrip_ledger::id::Name;
use scrip_ledger::plan::{Limit, Plan};

use crate::catalog::Catalog;
use crate::diagnostic::Diagnostic;
use crate::format;
use crate::grants::GrantReader;
use crate::names::Names;
use crate::read::At;
use crate::report::Report;
use crate::shape::{self, Shape};

impl Catalog {
    /// What this version says beside its prices, for what the ledger does by itself.
    pub fn terms(&self, version: u32, effective_at: Timestamp) -> Terms {
        Terms {
            version,
            effective_at,
            zone: self.studio.zone.clone(),
            spending: self.spending.clone(),
            plans: self.plans.clone(),
            add_ons: self.add_ons.clone(),
            packs: self.packs.clone(),
            promotions: self.promotions.clone(),
            without_plan: self.without_plan.clone(),
            rules: PlanRules {
                upgrade: self.policies.upgrade,
                downgrade: self.policies.downgrade,
                past_due_grace: self.policies.past_due_grace,
                rollout: self.policies.rollout,
                cycle_anchor: self.policies.cycle_anchor,
                several_subscriptions: self.policies.several_subscriptions,
                alert_percents: self.policies.alert_percents.clone(),
                alert_credits: self.policies.alert_credits.clone(),
                overage: self.policies.overage,
                chargeback: self.policies.chargeback,
            },
        }
    }

    /// Terms that are agreed with one customer, as JSON: `{ "plans": { "enterprise": { … } } }`, each in the shape of
    /// the file's plan table. What they leave out stays as the plan of the catalog says (MISSION S3-13).
    ///
    /// Refused, all at once and each at its place: a plan that the catalog does not have, and whatever a catalog
    /// file would be refused for.
    pub fn contracts(&self, json: &str) -> Result<Vec<Plan>, Vec<Diagnostic>> {
        self.read_agreed(json, &Shape::Table(&format::CONTRACTS), "", |at, grants| {
            let plans = at.get("plans").map(|plans| plans.entries()).unwrap_or_default();
            plans.iter().filter_map(|(field, at)| agreed(&field.key, at, self, grants)).collect()
        })
    }

    /// Limits of one member: a JSON list in the shape of a plan's `limits`.
    pub fn member_limits(&self, json: &str) -> Result<Vec<Limit>, Vec<Diagnostic>> {
        self.read_agreed(json, &format::LIMITS, "limits", crate::limits::of_member)
    }

    fn read_agreed<T>(
        &self,
        json: &str,
        shape: &Shape,
        path: &str,
        read: impl FnOnce(&At<'_>, &GrantReader<'_>) -> T,
    ) -> Result<T, Vec<Diagnostic>> {
        let report = Report::new(json);
        let Some(root) = crate::file::parse_json(json, &report) else { return Err(report.into_diagnostics()) };
        shape::check(&root, shape, path, &report);
        let names = self.names();
        let at = At { node: &root, path: path.to_owned() };
        let agreed = read(&at, &self.grant_reader(&names, &report));
        if report.has_errors() { Err(report.into_diagnostics()) } else { Ok(agreed) }
    }

    fn grant_reader<'a>(&'a self, names: &'a Names, report: &'a Report<'a>) -> GrantReader<'a> {
        let anchor = self.policies.cycle_anchor;
        GrantReader { studio: &self.studio, buckets: &self.buckets, names, anchor, report }
    }

    fn names(&self) -> Names {
        fn ids<T>(items: &[T], id: impl Fn(&T) -> &Name) -> Vec<Name> {
            items.iter().map(id).cloned().collect()
        }
        Names {
            tools: ids(&self.tools, |tool| &tool.id),
            buckets: ids(&self.buckets, |bucket| &bucket.id),
            plans: ids(&self.plans, |plan| &plan.id),
            packs: ids(&self.packs, |pack| &pack.id),
            model_lists: Vec::new(),
        }
    }
}

fn agreed(plan: &str, at: &At<'_>, catalog: &Catalog, grants: &GrantReader<'_>) -> Option<Plan> {
    let Some(usual) = catalog.plan(plan) else {
        crate::names::unknown(&Some(at.clone()), plan, &grants.names.plans, "plan", grants.report);
        return None;
    };
    Some(crate::plan::read_agreed(at, usual, grants))
}
