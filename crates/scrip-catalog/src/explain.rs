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
        let Ok(shares) = job.shares(facts) else { return Vec::new() };
        let mut said: Vec<ExplainTerm> = Vec::new();
        if shares.free_jobs > 0 {
            said.push(ExplainTerm { label: "free".to_owned(), credits: Credits::ZERO });
        }
        for share in shares.priced {
            if let (Some(ceiling), false) = (price.ceiling, job.open.is_empty()) {
                add(&mut said, "at most".to_owned(), times(ceiling, share.jobs));
                continue;
            }
            let terms = job.with_values(facts, share.free_left, |values| price.explain(values));
            let Ok(terms) = terms else { return Vec::new() };
            for term in terms {
                // A term like 1/3 is shown to six decimals; the rest of it is part of the rounding.
                let credits = term.amount.to_credits(6, Rounding::HalfUp).unwrap_or(Credits::ZERO);
                add(&mut said, term.label, times(credits, share.jobs));
            }
        }
        let sum = said.iter().fold(0i64, |sum, term| sum.saturating_add(term.credits.micro()));
        let rounding = priced.credits.micro().saturating_sub(sum);
        if rounding != 0 {
            said.push(ExplainTerm { label: "rounding".to_owned(), credits: Credits::from_micro(rounding) });
        }
        said
    }
}

/// Jobs of a line that cost differently have terms of the same names.
fn add(said: &mut Vec<ExplainTerm>, label: String, credits: Credits) {
    match said.iter_mut().find(|term| term.label == label) {
        Some(term) => term.credits = Credits::from_micro(term.credits.micro().saturating_add(credits.micro())),
        None => said.push(ExplainTerm { label, credits }),
    }
}

fn times(credits: Credits, quantity: u64) -> Credits {
    let quantity = i64::try_from(quantity).unwrap_or(i64::MAX);
    Credits::from_micro(credits.micro().saturating_mul(quantity))
}
