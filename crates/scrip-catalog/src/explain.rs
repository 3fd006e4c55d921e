//! A price in named terms that sum to it.

use scrip_ledger::Credits;

use crate::catalog::Catalog;
use crate::input::ResolvedInput;
use crate::pricing::{Chosen, Job};
use crate::quote::{ExplainTerm, Priced};
use crate::rational::Rounding;
use crate::tool::Tool;

impl Catalog {
    /// The named terms of a price, which sum to it; what rounding adds or takes is a term of its own. Empty for
    /// a price of another catalog.
    pub fn explain(&self, priced: &Priced) -> Vec<ExplainTerm> {
        match self.tools.iter().find(|tool| tool.id == priced.tool) {
            Some(tool) => self.explain_tool(tool, priced),
            None => Vec::new(),
        }
    }

    fn explain_tool(&self, tool: &Tool, priced: &Priced) -> Vec<ExplainTerm> {
        let chosen = priced.model.clone().map(|name| {
            let model = tool.models.iter().find(|model| model.id == name);
            Chosen { name, model }
        });
        let inputs: Vec<ResolvedInput> = priced.inputs.clone();
        let job = Job { tool, chosen, inputs, open: priced.unmeasured.clone(), quantity: priced.quantity };
        let facts = priced.facts.as_deref();
        let Ok(price) = job.price(facts) else { return Vec::new() };
        let Some(price) = price else {
            return vec![ExplainTerm { label: "free".to_owned(), credits: Credits::ZERO }];
        };
        if let (Some(ceiling), false) = (price.ceiling, job.open.is_empty()) {
            return vec![ExplainTerm { label: "at most".to_owned(), credits: times(ceiling, priced.quantity) }];
        }
        let Ok(terms) = job.with_values(facts, |values| price.explain(values)) else { return Vec::new() };
        let mut said: Vec<ExplainTerm> = Vec::with_capacity(terms.len() + 1);
        for term in terms {
            // A term like 1/3 is shown to six decimals; the rest of it is part of the rounding.
            let credits = term.amount.to_credits(6, Rounding::HalfUp).unwrap_or(Credits::ZERO);
            said.push(ExplainTerm { label: term.label, credits: times(credits, priced.quantity) });
        }
        let sum = said.iter().fold(0i64, |sum, term| sum.saturating_add(term.credits.micro()));
        let rounding = priced.credits.micro().saturating_sub(sum);
        if rounding != 0 {
            said.push(ExplainTerm { label: "rounding".to_owned(), credits: Credits::from_micro(rounding) });
        }
        said
    }
}

fn times(credits: Credits, quantity: u64) -> Credits {
    let quantity = i64::try_from(quantity).unwrap_or(i64::MAX);
    Credits::from_micro(credits.micro().saturating_mul(quantity))
}
