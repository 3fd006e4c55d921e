//! The catalog: a checked, immutable file of prices, plans and policies.

use std::collections::BTreeMap;
use std::sync::Arc;

use scrip_ledger::id::Name;
use scrip_ledger::policy::Spending;

use crate::bucket::Bucket;
use crate::diagnostic::Diagnostic;
use crate::file::Node;
use crate::format;
use crate::grants::GrantReader;
use crate::names::Names;
use crate::pack::{AddOnTerms, AutoTopUp, Pack};
use crate::plan::{Plan, TermsWithoutPlan};
use crate::policy::Policies;
use crate::promotion::Promotion;
use crate::rate_card::declared::Card;
use crate::read::At;
use crate::report::Report;
use crate::shape::{self, Shape};
use crate::studio::Studio;
use crate::tool::read::{Facts, ToolReader};
use crate::tool::{FactWords, Tool};

/// Prices, plans and policies of one studio, as one file says them. Share it in an `Arc`.
#[derive(Clone, Debug)]
pub struct Catalog {
    pub(crate) studio: Studio,
    pub(crate) spending: Arc<Spending>,
    pub(crate) buckets: Vec<Bucket>,
    pub(crate) tools: Vec<Tool>,
    pub(crate) plans: Vec<Plan>,
    pub(crate) without_plan: TermsWithoutPlan,
    pub(crate) add_ons: Vec<AddOnTerms>,
    pub(crate) packs: Vec<Pack>,
    pub(crate) promotions: Vec<Promotion>,
    pub(crate) auto_top_up: AutoTopUp,
    pub(crate) policies: Policies,
    pub(crate) toolkits: Vec<Toolkit>,
    pub(crate) card: Card,
    pub(crate) tool_index: BTreeMap<Name, usize>,
    pub(crate) channels: Option<FactWords>,
    pub(crate) modes: Option<FactWords>,
}

/// A group of tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolkit {
    pub name: String,
    pub description: Option<String>,
}

/// A catalog that passed its checks, and what its author may want to look at.
#[derive(Debug)]
pub struct Checked {
    pub catalog: Catalog,
    pub warnings: Vec<Diagnostic>,
}

/// Shape first, then meaning; a catalog comes out only if nothing is wrong.
fn check(root: Option<Node>, report: Report<'_>) -> Result<Checked, Vec<Diagnostic>> {
    let catalog = root.as_ref().map(|root| {
        shape::check(root, &Shape::Table(&format::CATALOG), "", &report);
        build(&At::root(root), &report)
    });
    let failed = report.has_errors();
    let diagnostics = report.into_diagnostics();
    match catalog {
        Some(catalog) if !failed => Ok(Checked { catalog, warnings: diagnostics }),
        _ => Err(diagnostics),
    }
}

fn build(root: &At<'_>, report: &Report<'_>) -> Catalog {
    let studio = crate::studio::read(root, report);
    let names = Names::collect(root, report);
    let buckets = crate::bucket::read_all(root, &studio, &names, report);
    let policies = crate::policy::read(root, studio.credit.decimals, report);
    let lists = crate::models::read_lists(root, report);
    let declared = read_toolkits(root, report);
    let facts = Facts::read(root, &names, report);
    let anchor = policies.cycle_anchor;
    let grants = GrantReader { studio: &studio, buckets: &buckets, names: &names, anchor, report };
    let toolkit_names: Vec<String> = declared.iter().map(|toolkit| toolkit.name.clone()).collect();
    let tools = crate::tool::read::read_all(
        root,
        &ToolReader {
            studio: &studio,
            names: &names,
            lists: &lists,
            policies: &policies,
            facts: &facts,
            grants: &grants,
            toolkits: &toolkit_names,
            report,
        },
    );
    let plans = crate::plan::read_all(root, &grants);
    let packs = crate::pack::read_packs(root, &plans, &grants);
    let catalog = Catalog {
        spending: crate::bucket::spending(&buckets, &studio, policies.spending_order),
        add_ons: crate::pack::read_add_ons(root, &grants),
        promotions: crate::promotion::read_all(root, &grants),
        auto_top_up: crate::pack::read_auto_top_up(root, &packs, &grants),
        packs,
        without_plan: crate::plan::read_without_plan(root, &grants),
        plans,
        card: Card::read(root, &lists, &names, report),
        toolkits: toolkits_in_order(declared, &tools),
        tool_index: tools.iter().enumerate().rev().map(|(index, tool)| (tool.id.clone(), index)).collect(),
        channels: facts.channel,
        modes: facts.mode,
        policies,
        buckets,
        tools,
        studio,
    };
    crate::example::check_all(root, &catalog, report);
    if !report.has_errors() {
        crate::rate_card::made::check(root, &catalog, report);
    }
    catalog
}

fn read_toolkits(root: &At<'_>, report: &Report<'_>) -> Vec<Toolkit> {
    let mut toolkits: Vec<Toolkit> = Vec::new();
    for at in root.items("toolkit") {
        let Some(name) = at.text("name") else { continue };
        if toolkits.iter().any(|toolkit| toolkit.name == name) {
            report.error(at.key_span("name"), &at.path, format!("there is already a toolkit {name:?}"));
            continue;
        }
        toolkits.push(Toolkit { name, description: at.text("description") });
    }
    toolkits
}

/// As declared, or else in the order in which tools name them.
fn toolkits_in_order(declared: Vec<Toolkit>, tools: &[Tool]) -> Vec<Toolkit> {
    if !declared.is_empty() {
        return declared;
    }
    let mut toolkits: Vec<Toolkit> = Vec::new();
    for name in tools.iter().filter_map(|tool| tool.toolkit.as_ref()) {
        if !toolkits.iter().any(|toolkit| toolkit.name == *name) {
            toolkits.push(Toolkit { name: name.clone(), description: None });
        }
    }
    toolkits
}

impl Catalog {
    /// Reads and checks a catalog file. Every problem is reported, in the order of the file.
    pub fn from_toml(text: &str) -> Result<Checked, Vec<Diagnostic>> {
        let report = Report::new(text);
        let root = crate::file::parse_toml(text, &report);
        check(root, report)
    }

    /// The same catalog written as JSON.
    pub fn from_json(text: &str) -> Result<Checked, Vec<Diagnostic>> {
        let report = Report::new(text);
        let root = crate::file::parse_json(text, &report);
        check(root, report)
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

    pub fn without_plan(&self) -> &TermsWithoutPlan {
        &self.without_plan
    }

    pub fn packs(&self) -> &[Pack] {
        &self.packs
    }

    pub fn pack(&self, id: &str) -> Option<&Pack> {
        self.packs.iter().find(|pack| pack.id.as_str() == id)
    }

    pub fn add_ons(&self) -> &[AddOnTerms] {
        &self.add_ons
    }

    pub fn add_on(&self, id: &str) -> Option<&AddOnTerms> {
        self.add_ons.iter().find(|add_on| add_on.id.as_str() == id)
    }

    /// How a request may come in, where prices depend on it.
    pub fn channels(&self) -> Option<&FactWords> {
        self.channels.as_ref()
    }

    /// How a job may be run, where prices depend on it.
    pub fn modes(&self) -> Option<&FactWords> {
        self.modes.as_ref()
    }

    /// Groups of tools, in the order of the rate card.
    pub fn toolkits(&self) -> &[Toolkit] {
        &self.toolkits
    }

    pub fn promotions(&self) -> &[Promotion] {
        &self.promotions
    }

    pub fn auto_top_up(&self) -> &AutoTopUp {
        &self.auto_top_up
    }
}
