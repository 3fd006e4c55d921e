//! What a price depends on beside the inputs: what the request says of the job, and what only the wallet knows.
//!
//! Most tools depend on neither, and are priced without looking at anything. Where a tool does, what it was priced
//! with is sealed into the quote and kept with the hold, and the ledger checks that the wallet still agrees.

use std::collections::BTreeMap;
use std::sync::Arc;

use scrip_api::input::{Input, Inputs};
use scrip_catalog::{Catalog, Facts, Priced, Tool};
use scrip_ledger::facts::{FactsUsed, FreeJob, FreeUnits, LineFacts, Repeat};
use scrip_ledger::id::StudioId;
use scrip_ledger::plan::Interval;
use scrip_ledger::{Credits, Name, Timestamp, Wallet};
use scrip_store::{Load, Target};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::Server;
use crate::catalogs::Version;
use crate::pricing::{PricedLine, Wanted, WantedLine};
use crate::problem::Problem;
use crate::wire;

/// All that a job was priced with beside its inputs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Beside {
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    of_wallet: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    plan: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    lines: Vec<BesideLine>,
}

/// The same of one line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct BesideLine {
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    revision: bool,
    /// What was paid for before, by input, in millionths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    previous: Vec<(String, i64)>,
    /// Free jobs that were used before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jobs_used: Option<u64>,
    /// Free units that were used before it, in millionths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    units_used: Option<i64>,
    /// The same was paid for before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    paid: Option<bool>,
}

/// What a request says was paid for before, by input. Refusals: `invalid_input`.
pub(crate) fn previous(given: Option<&Inputs<'_>>) -> Result<Vec<(Name, Credits)>, Problem> {
    let amount = |(name, input): &(scrip_api::Text<'_>, Input<'_>)| {
        let text = match input {
            Input::Text(text) => text,
            Input::Bool(_) | Input::Other(_) => return Err(not_a_number(name)),
        };
        let units = Credits::parse(text, scrip_ledger::amount::CREDIT_DECIMALS_MAX).map_err(|_| not_a_number(name))?;
        Ok((wire::name("previous", name)?, units))
    };
    given.map(|given| given.0.as_slice()).unwrap_or_default().iter().map(amount).collect()
}

fn not_a_number(name: &str) -> Problem {
    Problem::invalid_input("previous", format_args!("must have a number that is not negative for `{name}`"))
}

impl Beside {
    /// What the request says. `None`: nothing.
    pub(crate) fn said(wanted: &Wanted<'_>) -> Option<Beside> {
        let line = |line: &WantedLine<'_>| BesideLine {
            revision: line.revision,
            previous: line.previous.iter().map(|(name, units)| (name.to_string(), units.micro())).collect(),
            ..BesideLine::default()
        };
        let beside = Beside {
            channel: wanted.channel.as_ref().map(Name::to_string),
            mode: wanted.mode.as_ref().map(Name::to_string),
            lines: wanted.lines.iter().map(line).collect(),
            ..Beside::default()
        };
        let says = beside.channel.is_some() || beside.mode.is_some();
        (says || beside.lines.iter().any(|line| *line != BesideLine::default())).then_some(beside)
    }

    /// The same, with what the customer's wallet knows, where a price depends on that.
    ///
    /// Refusals: `not_found` (customer); those of pricing.
    pub(crate) async fn look(
        server: &Server,
        studio: StudioId,
        version: &Arc<Version>,
        wanted: &Wanted<'_>,
        customer: &Name,
        at: Timestamp,
    ) -> Result<Option<Beside>, Problem> {
        let said = Beside::said(wanted);
        let catalog = version.catalog()?;
        if !wanted.lines.iter().any(|line| catalog.tool(line.tool).is_some_and(needs_wallet)) {
            return Ok(said);
        }
        let minute = version.facts(at)?;
        let mut probes = Vec::with_capacity(wanted.lines.len());
        for (index, line) in wanted.lines.iter().enumerate() {
            let probe = Probe::of(catalog, line, &minute);
            probes.push(probe.map_err(|problem| wanted.at_line(index, problem))?);
        }
        let mut beside = said
            .unwrap_or_else(|| Beside { lines: vec![BesideLine::default(); wanted.lines.len()], ..Beside::default() });
        beside.of_wallet = true;
        let (zone, id) = (catalog.studio().zone.clone(), customer.clone());
        let see = move |wallet: &Wallet, at: Timestamp| beside.known_to(wallet, &id, &probes, &zone, at);
        let read = server.store.read(studio, Target::Customer(customer.clone()), Load::nothing(), see).await;
        let known = read.map_err(|error| Problem::read("customer", error))?;
        known.map(Some).ok_or_else(|| Problem::not_found("customer"))
    }

    fn known_to(
        mut self,
        wallet: &Wallet,
        customer: &str,
        probes: &[Probe],
        zone: &str,
        at: Timestamp,
    ) -> Option<Beside> {
        let pool = wallet.pool_of(customer)?;
        self.plan = wallet.plan_for_price(pool).map(Name::to_string);
        for (line, probe) in self.lines.iter_mut().zip(probes) {
            let jobs = |per| wallet.free_jobs_used(pool, &probe.tool, per, zone, at);
            let units = |per| wallet.free_units_used(pool, &probe.tool, per, zone, at).micro();
            line.jobs_used = probe.jobs_per.map(jobs);
            line.units_used = probe.units_per.map(units);
            line.paid = probe.mark.as_ref().map(|mark| wallet.was_paid(pool, mark, at));
        }
        Some(self)
    }

    /// The facts that a line is priced with.
    pub(crate) fn facts(&self, line: usize, tool: Option<&Tool>, minute: &Facts) -> Facts {
        let own = self.lines.get(line).cloned().unwrap_or_default();
        let name = |text: &Option<String>| text.as_deref().map(Name::from);
        let free = tool.and_then(|tool| tool.free_units.as_ref()).map(|free| free.quantity);
        let left = |used: i64| free.map(|free| free.saturating_sub(Credits::from_micro(used)).max(Credits::ZERO));
        Facts {
            plan: name(&self.plan),
            channel: name(&self.channel),
            mode: name(&self.mode),
            revision: own.revision,
            unchanged: own.paid.unwrap_or(false),
            used_count: own.jobs_used,
            free_units_left: own.units_used.and_then(left),
            previous: own
                .previous
                .iter()
                .map(|(name, units)| (Name::from(&**name), Credits::from_micro(*units)))
                .collect(),
            ..minute.clone()
        }
    }

    /// Lines of one tool see what the lines before them take.
    pub(crate) fn take_before(&mut self, line: usize, tool: &str, before: &[PricedLine]) {
        let same = || before.iter().filter(|other| other.priced.tool.as_str() == tool);
        let Some(own) = self.lines.get_mut(line) else { return };
        if let Some(used) = &mut own.jobs_used {
            *used = same().fold(*used, |sum, other| sum.saturating_add(other.priced.free_jobs));
        }
        if let Some(used) = &mut own.units_used {
            *used = same().fold(*used, |sum, other| sum.saturating_add(other.priced.free_units.micro()));
        }
    }

    /// What the ledger compares with the wallet, counts, and keeps.
    pub(crate) fn used(&self, catalog: &Catalog, lines: &[PricedLine]) -> FactsUsed {
        let of_lines = lines.iter().enumerate().filter_map(|(index, line)| {
            let own = self.lines.get(index)?;
            let tool = catalog.tool(&line.priced.tool)?;
            own.used(u16::try_from(index).ok()?, tool, &line.priced)
        });
        FactsUsed {
            plan: self.plan.as_deref().map(Name::from),
            lines: of_lines.collect(),
            of_wallet: self.of_wallet,
            priced_with: Some(Name::from(self.to_json())),
        }
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(crate) fn from_json(json: &str) -> Option<Beside> {
        serde_json::from_str(json).ok()
    }
}

impl BesideLine {
    fn used(&self, line: u16, tool: &Tool, priced: &Priced) -> Option<LineFacts> {
        let free_job = self.jobs_used.zip(tool.first_free.as_ref());
        let free_units = self.units_used.zip(tool.free_units.as_ref());
        let facts = LineFacts {
            line,
            tool: priced.tool.clone(),
            free_job: free_job.map(|(used, free)| FreeJob { per: free.per, used, taken: priced.free_jobs }),
            free_units: free_units.map(|(used, free)| FreeUnits {
                per: free.per,
                used: Credits::from_micro(used),
                taken: priced.free_units,
            }),
            repeat: self.paid.map(|paid| Repeat { mark: mark(priced), paid, free_for: Some(tool.unchanged_for) }),
        };
        let relies = facts.free_job.is_some() || facts.free_units.is_some() || facts.repeat.is_some();
        relies.then_some(facts)
    }
}

fn needs_wallet(tool: &Tool) -> bool {
    let on = tool.depends_on();
    on.plan || on.used_count || on.free_units || on.unchanged
}

/// What is to be found out for one line.
struct Probe {
    tool: Name,
    jobs_per: Option<Option<Interval>>,
    units_per: Option<Option<Interval>>,
    mark: Option<Name>,
}

impl Probe {
    fn of(catalog: &Catalog, line: &WantedLine<'_>, minute: &Arc<Facts>) -> Result<Probe, Problem> {
        let Some(tool) = catalog.tool(line.tool) else {
            let unknown = catalog.price_with(&line.ask(), Some(minute));
            return Err(
                unknown.map_or_else(|error| (&error).into(), |_| Problem::internal("a tool is there and is not"))
            );
        };
        let mark = if tool.depends_on().unchanged {
            Some(mark(&catalog.price_with(&line.ask(), Some(minute)).map_err(|error| Problem::from(&error))?))
        } else {
            None
        };
        Ok(Probe {
            tool: tool.id.clone(),
            jobs_per: tool.first_free.as_ref().map(|free| free.per),
            units_per: tool.free_units.as_ref().map(|free| free.per),
            mark,
        })
    }
}

/// Tells one job from another by tool, model and inputs.
fn mark(priced: &Priced) -> Name {
    let mut inputs: BTreeMap<&str, String> = BTreeMap::new();
    for input in &priced.inputs {
        inputs.insert(input.name.as_str(), input.value.to_string());
    }
    let mut sha = Sha256::new();
    for part in [priced.tool.as_str(), priced.model.as_deref().unwrap_or("")] {
        sha.update((part.len() as u64).to_be_bytes());
        sha.update(part);
    }
    sha.update(serde_json::to_vec(&inputs).unwrap_or_default());
    let digest: [u8; 32] = sha.finalize().into();
    Name::from(digest[..16].iter().fold(String::with_capacity(32), |text, byte| format!("{text}{byte:02x}")))
}
