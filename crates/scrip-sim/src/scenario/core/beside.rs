//! What a price depends on beside the inputs: what the request says, and what only the wallet knows.

use std::collections::BTreeMap;
use std::sync::Arc;

use scrip_catalog::quote::InputValue;
use scrip_catalog::{Ask, Facts, Priced, Tool};
use scrip_ledger::customer::PoolId;
use scrip_ledger::facts::{FactsUsed, FreeJob, FreeUnits, LineFacts, Repeat};
use scrip_ledger::{Credits, Name, Wallet};

use super::super::act::{Line, Says, Who};
use super::{CoreWorld, Failed, Version};

/// What the wallet said of one line before it was priced.
#[derive(Clone, Debug, Default)]
pub(super) struct Relied {
    jobs_used: Option<u64>,
    units_used: Option<Credits>,
    paid: Option<bool>,
}

/// The customer's place in its wallet, where there is one.
struct Seat<'w> {
    wallet: &'w Wallet,
    pool: PoolId,
}

impl CoreWorld {
    fn seat(&self, who: &Who) -> Option<Seat<'_>> {
        let wallet = &self.wallets[*self.customers.get(&who.customer)?].wallet;
        Some(Seat { wallet, pool: wallet.pool_of(&who.customer)? })
    }

    /// The facts that a line is priced with: lines of one tool see what the lines before them take.
    pub(super) fn facts_of(
        &self,
        version: &Version,
        who: &Who,
        says: &Says,
        line: &Line,
        before: &[(Option<Name>, Priced)],
    ) -> Result<(Arc<Facts>, Relied), Failed> {
        let minute = self.facts(version, self.now);
        let tool = version.catalog.tool(&line.tool);
        let mut relied = Relied::default();
        if let (Some(tool), Some(seat)) = (tool, self.seat(who)) {
            relied = self.relied(version, tool, &seat, line, &minute)?;
        }
        let same = || before.iter().filter(|(_, other)| other.tool.as_str() == line.tool).map(|(_, other)| other);
        if let Some(used) = &mut relied.jobs_used {
            *used += same().map(|other| other.free_jobs).sum::<u64>();
        }
        if let Some(used) = &mut relied.units_used {
            *used = same().fold(*used, |sum, other| sum.checked_add(other.free_units).unwrap_or(Credits::MAX));
        }
        let free = tool.and_then(|tool| tool.free_units.as_ref()).map(|free| free.quantity);
        let left = |used: Credits| free.map(|free| free.saturating_sub(used).max(Credits::ZERO));
        let name = |text: &Option<String>| text.as_deref().map(Name::from);
        let previous =
            |(input, value): &(String, String)| Ok((Name::from(input.as_str()), super::asks::credits(value)?));
        let facts = Facts {
            plan: self.seat(who).and_then(|seat| seat.wallet.plan_for_price(seat.pool).cloned()),
            channel: name(&says.channel),
            mode: name(&says.mode),
            revision: says.revision,
            unchanged: relied.paid.unwrap_or(false),
            used_count: relied.jobs_used,
            free_units_left: relied.units_used.and_then(left),
            previous: says.previous.iter().map(previous).collect::<Result<_, String>>()?,
            ..Facts::clone(&minute)
        };
        Ok((Arc::new(facts), relied))
    }

    fn relied(
        &self,
        version: &Version,
        tool: &Tool,
        seat: &Seat<'_>,
        line: &Line,
        minute: &Arc<Facts>,
    ) -> Result<Relied, Failed> {
        let zone = &version.catalog.studio().zone;
        let (wallet, pool, at) = (seat.wallet, seat.pool, self.now);
        let jobs = tool.first_free.as_ref();
        let units = tool.free_units.as_ref();
        let paid = if tool.depends_on().unchanged {
            let inputs: Vec<_> =
                line.inputs.iter().map(|(name, value)| (name.as_str(), InputValue::Text(value))).collect();
            let ask = Ask::new(&line.tool, line.model.as_deref(), &inputs);
            let priced =
                version.catalog.price_with(&ask, Some(minute)).map_err(|error| super::jobs::refused(&error))?;
            Some(wallet.was_paid(pool, &mark(&priced), at))
        } else {
            None
        };
        Ok(Relied {
            jobs_used: jobs.map(|free| wallet.free_jobs_used(pool, &tool.id, free.per, zone, at)),
            units_used: units.map(|free| wallet.free_units_used(pool, &tool.id, free.per, zone, at)),
            paid,
        })
    }
}

/// What the ledger compares with the wallet and counts; `None` where no price relied on anything.
pub(super) fn used(version: &Version, lines: &[(Option<Name>, Priced)], relied: &[Relied]) -> Option<Box<FactsUsed>> {
    let of_wallet = lines.iter().any(|(_, priced)| {
        let on = version.catalog.tool(&priced.tool).map(Tool::depends_on);
        on.is_some_and(|on| on.plan || on.used_count || on.free_units || on.unchanged)
    });
    if !of_wallet {
        return None;
    }
    let facts = |(index, ((_, priced), relied)): (usize, (&(Option<Name>, Priced), &Relied))| {
        let tool = version.catalog.tool(&priced.tool)?;
        let free_job = relied.jobs_used.zip(tool.first_free.as_ref());
        let free_units = relied.units_used.zip(tool.free_units.as_ref());
        let facts = LineFacts {
            line: index as u16,
            tool: priced.tool.clone(),
            free_job: free_job.map(|(used, free)| FreeJob { per: free.per, used, taken: priced.free_jobs }),
            free_units: free_units.map(|(used, free)| FreeUnits { per: free.per, used, taken: priced.free_units }),
            repeat: relied.paid.map(|paid| Repeat { mark: mark(priced), paid, free_for: Some(tool.unchanged_for) }),
        };
        let relies = facts.free_job.is_some() || facts.free_units.is_some() || facts.repeat.is_some();
        relies.then_some(facts)
    };
    let plan = lines.first().and_then(|(_, priced)| priced.facts.as_ref()).and_then(|facts| facts.plan.clone());
    let lines = lines.iter().zip(relied).enumerate().filter_map(facts).collect();
    Some(Box::new(FactsUsed { plan, lines, of_wallet, priced_with: None }))
}

/// Tells one job from another by tool, model and inputs.
fn mark(priced: &Priced) -> Name {
    let inputs: BTreeMap<&str, String> =
        priced.inputs.iter().map(|input| (input.name.as_str(), input.value.to_string())).collect();
    Name::from(format!("{} {:?} {inputs:?}", priced.tool, priced.model))
}
