//! What a price list says beside a tool's price: what is free of it, what changing costs, what a job brings.

use scrip_ledger::Span;
use scrip_ledger::plan::GrantRule;

use crate::catalog::Catalog;
use crate::input::InputKind;
use crate::rate_card::words::{counted, credits, often, price};
use crate::rational::Rational;
use crate::studio::CreditUnit;
use crate::tool::{FirstFree, FreeUnits, Tool};

impl Catalog {
    /// Sentences without a full stop, as they stand under a price.
    pub(crate) fn allowances(&self, tool: &Tool, unit: &CreditUnit) -> Vec<String> {
        let first = tool.first_free.iter().flat_map(first_free);
        let units = tool.free_units.as_ref().map(|free| free_units(free, tool));
        let again = tool.unchanged_free.then(|| format!("the same again is free for {}", lasting(tool.unchanged_for)));
        let changed = tool.revision.as_ref().map(|revision| format!("a change: {}", price(revision, tool, unit).text));
        let earned = tool.policy.earns.iter().map(|rule| self.brings(rule));
        first.chain(units).chain(again).chain(changed).chain(earned).collect()
    }

    /// `each brings 10 credits for Cover`
    fn brings(&self, rule: &GrantRule) -> String {
        let bucket = self.bucket(&rule.bucket);
        let unit = bucket.and_then(|bucket| self.studio.unit(&bucket.currency)).unwrap_or(&self.studio.credit);
        let brought = credits(Rational::from_credits(rule.credits), unit);
        let only = rule.only_tools.as_ref().or_else(|| bucket?.only_tools.as_ref());
        let tools = only.into_iter().flatten().filter_map(|id| self.tool(id)).map(|tool| tool.name.as_str());
        match tools.collect::<Vec<_>>().join(", ").as_str() {
            "" => format!("each brings {brought}"),
            tools => format!("each brings {brought} for {tools}"),
        }
    }
}

/// `the first 3 a day are free`, each with when it holds
fn first_free(free: &FirstFree) -> impl Iterator<Item = String> + '_ {
    free.counts.iter().map(|choice| {
        let of_time = often(free.per);
        let said = match choice.count {
            1 => format!("the first one{of_time} is free"),
            count => format!("the first {count}{of_time} are free"),
        };
        match &choice.when {
            Some(when) => format!("{said} if {when}"),
            None => said,
        }
    })
}

/// `30 days`, `36 hours`
fn lasting(span: Span) -> String {
    let (unit, secs_each) = if span.secs().is_multiple_of(86_400) { ("days", 86_400) } else { ("hours", 3_600) };
    let count = i64::try_from(span.secs() / secs_each).unwrap_or(i64::MAX);
    counted(Rational::from_integer(count), unit)
}

/// `the first 10 minutes a month are free`, `the first minute an hour is free`
fn free_units(free: &FreeUnits, tool: &Tool) -> String {
    let input = tool.input(&free.of);
    let unit = input.map_or(free.of.as_str(), |input| input.unit.as_str());
    let of_time = input.is_some_and(|input| input.kind == InputKind::Duration && input.unit == "seconds");
    let quantity = Rational::from_credits(free.quantity);
    let minutes = quantity.checked_div(Rational::from_integer(60)).ok();
    let (count, said) = match minutes.filter(|minutes| of_time && minutes.is_integer()) {
        Some(minutes) => (minutes, counted(minutes, "minutes")),
        None => (quantity, counted(quantity, unit)),
    };
    match said.strip_prefix("1 ").filter(|_| count == Rational::ONE) {
        Some(one) => format!("the first {one}{} is free", often(free.per)),
        None => format!("the first {said}{} are free", often(free.per)),
    }
}
