//! The catalog: a checked, immutable file of prices, plans and policies.

use std::sync::Arc;

use scrip_ledger::id::Name;
use scrip_ledger::policy::Spending;
use scrip_ledger::{Credits, Money};

use crate::affordability::Affordable;
use crate::bucket::Bucket;
use crate::diagnostic::Diagnostic;
use crate::diff::{Change, RemovedIds};
use crate::options::PayOption;
use crate::pack::{AddOn, AutoTopUp, Pack, Promotion};
use crate::plan::Plan;
use crate::policy::{Policies, PolicyInForce};
use crate::quote::{Ask, ExplainTerm, Facts, InputValue, PriceError, Priced};
use crate::rate_card::RateCard;
use crate::studio::Studio;
use crate::tool::Tool;

/// Prices, plans and policies of one studio, as one file says them. Share it in an `Arc`.
#[derive(Clone, Debug)]
pub struct Catalog {
    pub(crate) studio: Studio,
    pub(crate) spending: Arc<Spending>,
    pub(crate) buckets: Vec<Bucket>,
    pub(crate) tools: Vec<Tool>,
    pub(crate) plans: Vec<Plan>,
    pub(crate) add_ons: Vec<AddOn>,
    pub(crate) packs: Vec<Pack>,
    pub(crate) promotions: Vec<Promotion>,
    pub(crate) auto_top_up: AutoTopUp,
    pub(crate) policies: Policies,
}

/// A catalog that passed its checks, and what its author may want to look at.
#[derive(Debug)]
pub struct Checked {
    pub catalog: Catalog,
    pub warnings: Vec<Diagnostic>,
}

/// Job to be measured at its capture: what the hold kept.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    pub tool: &'a str,
    pub model: Option<&'a str>,
    /// [`Priced::inputs_json`] of the hold's line.
    pub inputs_json: &'a str,
    pub quantity: u64,
}

impl Catalog {
    /// Reads and checks a catalog file. Every problem is reported, in the order of the file.
    pub fn from_toml(text: &str) -> Result<Checked, Vec<Diagnostic>> {
        unimplemented!("{text}")
    }

    /// The same catalog written as JSON.
    pub fn from_json(text: &str) -> Result<Checked, Vec<Diagnostic>> {
        unimplemented!("{text}")
    }

    pub fn studio(&self) -> &Studio {
        &self.studio
    }

    /// The order of buckets, for commands.
    pub fn spending(&self) -> &Arc<Spending> {
        &self.spending
    }

    pub fn policies(&self) -> &Policies {
        &self.policies
    }

    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    pub fn bucket(&self, id: &str) -> Option<&Bucket> {
        self.buckets.iter().find(|bucket| bucket.id.as_str() == id)
    }

    pub fn tools(&self) -> &[Tool] {
        &self.tools
    }

    pub fn tool(&self, id: &str) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.id.as_str() == id)
    }

    pub fn plans(&self) -> &[Plan] {
        &self.plans
    }

    pub fn plan(&self, id: &str) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.id.as_str() == id)
    }

    pub fn packs(&self) -> &[Pack] {
        &self.packs
    }

    pub fn pack(&self, id: &str) -> Option<&Pack> {
        self.packs.iter().find(|pack| pack.id.as_str() == id)
    }

    pub fn add_ons(&self) -> &[AddOn] {
        &self.add_ons
    }

    pub fn add_on(&self, id: &str) -> Option<&AddOn> {
        self.add_ons.iter().find(|add_on| add_on.id.as_str() == id)
    }

    pub fn promotions(&self) -> &[Promotion] {
        &self.promotions
    }

    pub fn auto_top_up(&self) -> &AutoTopUp {
        &self.auto_top_up
    }

    /// Prices a request with the catalog's own defaults for facts. See [`PriceError`] for the refusals.
    pub fn price(&self, ask: &Ask<'_>) -> Result<Priced, PriceError> {
        self.price_with(ask, None)
    }

    /// Prices a request with facts about the wallet and the work; the answer keeps them.
    pub fn price_with(&self, ask: &Ask<'_>, facts: Option<&Arc<Facts>>) -> Result<Priced, PriceError> {
        unimplemented!("{ask:?} {facts:?}")
    }

    /// The named terms of a price, which sum to it.
    pub fn explain(&self, priced: &Priced) -> Vec<ExplainTerm> {
        unimplemented!("{priced:?}")
    }

    /// Prices a job by what was measured. Only measured inputs that were open at the hold may be given, all of
    /// them must be, and they are not checked against `max`.
    pub fn measure(
        &self,
        held: &Held<'_>,
        measured: &[(&str, InputValue<'_>)],
        facts: Option<&Arc<Facts>>,
    ) -> Result<Priced, PriceError> {
        unimplemented!("{held:?} {measured:?} {facts:?}")
    }

    /// The published price list.
    pub fn rate_card(&self) -> RateCard {
        unimplemented!()
    }

    /// What a balance buys of each tool and model; `available` is what may be spent on that tool.
    pub fn affordability(&self, available: impl Fn(&Tool) -> Credits, only: Option<&[&str]>) -> Vec<Affordable> {
        unimplemented!("{} {only:?}", available(&self.tools[0]))
    }

    /// Ways out for a request that costs more than is `available`.
    pub fn options(
        &self,
        ask: &Ask<'_>,
        facts: Option<&Arc<Facts>>,
        available: Credits,
        shortfall: Credits,
    ) -> Vec<PayOption> {
        unimplemented!("{ask:?} {facts:?} {available} {shortfall}")
    }

    /// Packs of that currency that cover a shortfall, cheapest first, for that plan's customers.
    pub fn top_ups(&self, currency: &str, plan: Option<&str>, shortfall: Credits) -> Vec<(Name, Credits, Money)> {
        unimplemented!("{currency} {plan:?} {shortfall}")
    }

    /// The catalog as the API shows it.
    pub fn to_json(&self) -> serde_json::Value {
        unimplemented!()
    }

    /// What this catalog changes of an older one.
    pub fn diff(&self, old: &Catalog) -> Vec<Change> {
        unimplemented!("{old:?}")
    }

    /// Ids of an older catalog that are gone here and not marked `retired`.
    pub fn removed_ids(&self, old: &Catalog) -> RemovedIds {
        unimplemented!("{old:?}")
    }

    /// Every reading of an open question, its setting and its value.
    pub fn policies_in_force(&self) -> Vec<PolicyInForce> {
        unimplemented!()
    }
}

/// The JSON Schema of catalog files, for editors.
pub fn schema() -> serde_json::Value {
    unimplemented!()
}
