//! Quotes and the ways out of a shortage.

use scrip_api::Text;
use scrip_api::input::Json;
use scrip_api::quote::{ExplainTerm, PayOption, PayOptionKind, PriceKind, QuoteLine};
use scrip_catalog::input::ResolvedInput;
use scrip_catalog::{self as catalog, Catalog};

use crate::pricing::PricedLine;
use crate::wire::hold::line_id;
use crate::wire::{credits, money};

/// One priced line.
pub(crate) fn line(index: usize, line: &PricedLine, catalog: &Catalog) -> QuoteLine<'static> {
    let priced = &line.priced;
    QuoteLine {
        id: line_id(index),
        label: line.label.as_ref().map(Text::of),
        tool: Text::of(&priced.tool),
        model: priced.model.as_ref().map(Text::of),
        quantity: u32::try_from(priced.quantity).unwrap_or(u32::MAX),
        inputs: resolved(&priced.inputs),
        kind: match priced.kind {
            catalog::PriceKind::Exact => PriceKind::Exact,
            catalog::PriceKind::Ceiling => PriceKind::Ceiling,
        },
        credits: credits(priced.credits),
        hold: credits(priced.hold),
        unmeasured: priced.unmeasured.iter().map(Text::of).collect(),
        explain: explain(catalog, priced),
    }
}

/// The named terms of a price.
pub(crate) fn explain(catalog: &Catalog, priced: &catalog::Priced) -> Vec<ExplainTerm<'static>> {
    let term = |term: catalog::ExplainTerm| ExplainTerm { label: term.label.into(), credits: credits(term.credits) };
    catalog.explain(priced).into_iter().map(term).collect()
}

fn resolved(inputs: &[ResolvedInput]) -> Json<'static> {
    let texts = inputs.iter().map(|input| (Text::of(&input.name), Text::of(&input.value))).collect();
    Json::of(&scrip_api::input::Metadata(texts)).unwrap_or_else(|| Json(Default::default()))
}

pub(crate) fn option(option: &catalog::PayOption) -> PayOption<'static> {
    match option {
        catalog::PayOption::FreeVariant { inputs, credits: cost } => {
            PayOption { inputs: Some(resolved(inputs)), ..PayOption::new(PayOptionKind::FreeVariant, credits(*cost)) }
        }
        catalog::PayOption::OtherModel { model, credits: cost } => {
            PayOption { model: Some(Text::of(model)), ..PayOption::new(PayOptionKind::OtherModel, credits(*cost)) }
        }
        catalog::PayOption::Shorter { input, credits: cost } => PayOption {
            inputs: Some(resolved(std::slice::from_ref(input))),
            ..PayOption::new(PayOptionKind::Shorter, credits(*cost))
        },
        catalog::PayOption::TopUp { pack, credits: brings, price } => PayOption {
            pack: Some(Text::of(pack)),
            price: Some(money(price)),
            ..PayOption::new(PayOptionKind::TopUp, credits(*brings))
        },
    }
}
