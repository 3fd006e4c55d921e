//! Ways out when credits are missing: what would fit, and what would cover it (API section 1, 402).

use std::sync::Arc;

use scrip_ledger::id::Name;
use scrip_ledger::{Credits, Money};

use crate::affordability::{at, counted_inputs, largest_step, steps};
use crate::catalog::Catalog;
use crate::input::{Input, InputKind, ResolvedInput, Value};
use crate::pack::Pack;
use crate::price::Price;
use crate::quote::{Ask, Facts, InputValue, Priced};
use crate::rational::Rational;
use crate::tool::Tool;

/// One way out. Ordered by the credits needed now; purchases come last, cheapest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PayOption {
    /// The same tool without charge, with these inputs instead.
    FreeVariant { inputs: Vec<ResolvedInput>, credits: Credits },
    /// The same job with a cheaper model.
    OtherModel { model: Name, credits: Credits },
    /// A smaller quantity: the largest that fits.
    Shorter { input: ResolvedInput, credits: Credits },
    /// A pack that covers what is missing.
    TopUp { pack: Name, credits: Credits, price: Money },
}

/// More models than this are not listed.
const MODELS_MAX: usize = 8;

impl Catalog {
    /// Ways out for a request that costs more than is `available`: only those that really fit it, and packs that
    /// really cover the `shortfall`. Empty for a request that has no price. `sold` is as in [`Catalog::top_ups`].
    pub fn options(
        &self,
        ask: &Ask<'_>,
        facts: Option<&Arc<Facts>>,
        available: Credits,
        shortfall: Credits,
        sold: Option<&[Name]>,
    ) -> Vec<PayOption> {
        let Ok(priced) = self.price_with(ask, facts) else { return Vec::new() };
        let Some(tool) = self.tool(ask.tool) else { return Vec::new() };
        let request = Request { catalog: self, ask, facts, priced: &priced, tool, available };
        let mut options = request.free_variants();
        options.extend(request.other_models());
        options.extend(request.shorter());
        options.sort_by_key(PayOption::credits_now);
        let packs = self.top_ups_for(&tool.currency, Some(tool), sold, shortfall).into_iter();
        options.extend(packs.map(|(pack, credits, price)| PayOption::TopUp { pack, credits, price }));
        options
    }

    /// Packs of that currency that cover a shortfall, cheapest first: of those that the customer may buy; where
    /// nobody knows the customer (`None`), of those that anybody without a plan may.
    pub fn top_ups(&self, currency: &str, sold: Option<&[Name]>, shortfall: Credits) -> Vec<(Name, Credits, Money)> {
        self.top_ups_for(currency, None, sold, shortfall)
    }

    fn top_ups_for(
        &self,
        currency: &str,
        tool: Option<&Tool>,
        sold: Option<&[Name]>,
        shortfall: Credits,
    ) -> Vec<(Name, Credits, Money)> {
        let is_sold = |pack: &&Pack| match sold {
            Some(sold) => sold.contains(&pack.id),
            None => !pack.retired && pack.plans.is_none() && self.without_plan.sells_packs,
        };
        let mut packs: Vec<(Name, Credits, Money)> = Vec::new();
        for pack in self.packs.iter().filter(is_sold) {
            let (Some(total), Some(price), Some(bucket)) = (pack.total(), pack.price, self.bucket(&pack.bucket)) else {
                continue;
            };
            let for_tool =
                tool.is_none_or(|tool| bucket.only_tools.as_ref().is_none_or(|tools| tools.contains(&tool.id)));
            if for_tool && bucket.currency.as_str() == currency && shortfall <= total {
                packs.push((pack.id.clone(), total, price));
            }
        }
        packs.sort_by(|a, b| (a.2.currency, a.2.minor, &a.0).cmp(&(b.2.currency, b.2.minor, &b.0)));
        packs
    }
}

impl PayOption {
    fn credits_now(&self) -> Credits {
        match self {
            PayOption::FreeVariant { credits, .. }
            | PayOption::OtherModel { credits, .. }
            | PayOption::Shorter { credits, .. } => *credits,
            PayOption::TopUp { .. } => Credits::MAX,
        }
    }
}

struct Request<'a> {
    catalog: &'a Catalog,
    ask: &'a Ask<'a>,
    facts: Option<&'a Arc<Facts>>,
    priced: &'a Priced,
    tool: &'a Tool,
    available: Credits,
}

impl Request<'_> {
    /// The price with one input replaced, or another model.
    fn price(&self, model: Option<&str>, replaced: Option<(&Name, &str)>) -> Option<Priced> {
        let kept = self.ask.inputs.iter().filter(|(name, _)| replaced.is_none_or(|(input, _)| input.as_str() != *name));
        let replaced = replaced.map(|(input, text)| (input.as_str(), InputValue::Text(text)));
        let given: Vec<(&str, InputValue<'_>)> = kept.copied().chain(replaced).collect();
        let ask = Ask { tool: self.ask.tool, model, inputs: &given, quantity: self.ask.quantity };
        self.catalog.price_with(&ask, self.facts).ok()
    }

    /// Another word (or yes for no) that makes the job free: basic quality, relaxed mode.
    fn free_variants(&self) -> Vec<PayOption> {
        let mut options = Vec::new();
        for input in self.tool.inputs.iter().filter(|input| input.priced) {
            let values: Vec<Value> = match input.kind {
                InputKind::Word => input.one_of.clone(),
                InputKind::Boolean => vec![Value::Bool(false), Value::Bool(true)],
                _ => continue,
            };
            let free = values.into_iter().find(|value| {
                let priced = self.price(self.ask.model, Some((&input.name, &value.to_string())));
                priced.is_some_and(|priced| priced.hold.is_zero())
            });
            if let Some(value) = free {
                let inputs = vec![ResolvedInput { name: input.name.clone(), value }];
                options.push(PayOption::FreeVariant { inputs, credits: Credits::ZERO });
            }
        }
        options
    }

    fn other_models(&self) -> Vec<PayOption> {
        let others = self.tool.offered().filter(|model| Some(&model.id) != self.priced.model.as_ref());
        let mut fitting: Vec<(Credits, &Name)> = others
            .filter_map(|model| {
                let credits = self.price(Some(&model.id), None)?.hold;
                (credits <= self.available && credits < self.priced.hold).then_some((credits, &model.id))
            })
            .collect();
        // The dearest that fit are the nearest to what was asked for.
        fitting.sort_by_key(|(credits, _)| std::cmp::Reverse(*credits));
        let nearest = fitting.into_iter().take(MODELS_MAX);
        nearest.map(|(credits, model)| PayOption::OtherModel { model: model.clone(), credits }).collect()
    }

    /// Smaller quantities that fit, one for each input that says how much is made.
    fn shorter(&self) -> Vec<PayOption> {
        let model = self.priced.model.as_ref().and_then(|id| self.tool.model(id));
        let Some(price) = model.and_then(|model| model.price.as_ref()).or(self.tool.price.as_ref()) else {
            return Vec::new();
        };
        let inputs = counted_inputs(self.tool, price).into_iter();
        inputs.filter_map(|input| self.less_of(input, price)).collect()
    }

    /// The largest quantity that fits, below what was asked for (or below the most, where it was left open).
    fn less_of(&self, input: &Input, price: &Price) -> Option<PayOption> {
        let asked = self.priced.inputs.iter().find(|given| given.name == input.name);
        let asked = match asked {
            Some(given) => given.value.number()?,
            None if self.priced.unmeasured.contains(&input.name) => input.max?,
            None => return None,
        };
        let cost = |number: Rational| Some(self.price(self.ask.model, Some((&input.name, &number.to_string())))?.hold);
        let fits = |number: Rational| cost(number).is_some_and(|credits| credits <= self.available);
        let number = if input.one_of.is_empty() {
            let (first, last) = steps(input)?;
            let below = below(input, asked, last)?;
            let step = largest_step(first, Some(below), price.rises_with(&input.name), |step| {
                at(input, step).is_some_and(fits)
            })?;
            at(input, step)?
        } else {
            let listed = input.one_of.iter().filter_map(Value::number);
            listed.filter(|number| *number < asked && fits(*number)).max()?
        };
        let credits = cost(number)?;
        let input = ResolvedInput { name: input.name.clone(), value: Value::Number(number) };
        Some(PayOption::Shorter { input, credits })
    }
}

/// The last whole step that is not more than what was asked for.
fn below(input: &Input, asked: Rational, last: Option<u64>) -> Option<u64> {
    let steps = asked.checked_div(input.step).ok()?.floor().to_integer()?;
    let steps = u64::try_from(steps).ok()?;
    Some(last.map_or(steps, |last| last.min(steps)))
}
