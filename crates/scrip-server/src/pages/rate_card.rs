//! The published price list as a page: toolkits, tools, models, formulas and tables, as the catalog in
//! force prices them.

use maud::{DOCTYPE, Markup, html};
use scrip_catalog::rate_card::{RateCard, RateModel, RatePack, RatePlan, RateTable, RateTool, RateToolkit};

const STYLE: &str = include_str!("rate_card.css");

/// The whole page. `version` is the catalog version that every price on it comes from.
pub fn page(card: &RateCard, version: u32) -> String {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (card.studio) " – credits by tool" }
                style { (maud::PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (card.studio) }
                    p.sub { "What each tool costs, in " (card.credits) }
                    @for note in &card.notes { p { (note) } }
                }
                nav aria-label="Sections" {
                    @for name in sections(card) { a href={ "#" (anchor(name)) } { (name) } }
                }
                main {
                    @if !card.lines.is_empty() { ul.lines { @for line in &card.lines { li { (line) } } } }
                    @for toolkit in &card.toolkits { (toolkit_section(toolkit)) }
                    @for table in &card.tables { (rate_table(table)) }
                    (plans_section(&card.plans))
                    (packs_section("Add-ons", &card.add_ons))
                    (packs_section("Packs", &card.packs))
                }
                footer {
                    @if let Some(date) = &card.last_updated { span { "Last updated: " time datetime=(date) { (date) } } }
                    span { "Catalog version " (version) }
                }
            }
        }
    };
    markup.into_string()
}

/// What the page can be read from, in its order.
fn sections(card: &RateCard) -> impl Iterator<Item = &str> {
    let sold =
        [("Plans", card.plans.is_empty()), ("Add-ons", card.add_ons.is_empty()), ("Packs", card.packs.is_empty())];
    let sold = sold.into_iter().filter(|(_, is_empty)| !is_empty).map(|(name, _)| name);
    card.toolkits.iter().map(|toolkit| toolkit.name.as_str()).chain(sold)
}

fn toolkit_section(toolkit: &RateToolkit) -> Markup {
    let has_models = toolkit.tools.iter().any(|tool| !tool.models.is_empty());
    html! {
        section id=(anchor(&toolkit.name)) {
            h2 { (toolkit.name) }
            @if let Some(description) = &toolkit.description { p { (description) } }
            table.tools {
                thead {
                    tr {
                        th scope="col" { "Tool" }
                        @if has_models { th scope="col" { "Model" } }
                        th scope="col" { "Credits" }
                    }
                }
                tbody { @for tool in &toolkit.tools { (tool_rows(tool, has_models)) } }
            }
            @for table in toolkit.tools.iter().flat_map(|tool| &tool.tables) { (rate_table(table)) }
        }
    }
}

/// One row where all models cost the same, else one row a model.
fn tool_rows(tool: &RateTool, has_models: bool) -> Markup {
    let name = html! {
        (tool.name) " " code { (tool.id) }
        @if let Some(description) = &tool.description { p.note { (description) } }
        @for allowance in &tool.allowances { p.note { (allowance) } }
    };
    let one_price = tool.price.as_ref().filter(|price| tool.models.iter().all(|model| model.price.text == price.text));
    html! {
        @match one_price {
            Some(price) => {
                tr {
                    th scope="row" { (name) }
                    @if has_models { td { @for model in &tool.models { div { (model_name(model)) } } } }
                    td.price { (price.text) @if let Some(formula) = &price.formula { div { code { (formula) } } } }
                }
            }
            None => {
                @for (index, model) in tool.models.iter().enumerate() {
                    tr {
                        @if index == 0 { th scope="row" rowspan=(tool.models.len()) { (name) } }
                        td { (model_name(model)) }
                        td.price { (model.price.text) }
                    }
                }
            }
        }
    }
}

fn model_name(model: &RateModel) -> Markup {
    html! {
        (model.name)
        @if model.default { " (default)" }
        @if model.name != model.id { " " code { (model.id) } }
        @for (_, value) in &model.columns { span.column { (value) } }
    }
}

fn rate_table(table: &RateTable) -> Markup {
    html! {
        figure {
            h3 { (table.title) }
            @for note in &table.notes { p { (note) } }
            @if let Some(formula) = &table.formula { p { "Formula: " code { (formula) } } }
            @if !table.rows.is_empty() {
                table {
                    thead { tr { @for title in &table.header { th scope="col" { (title) } } } }
                    tbody {
                        @for row in &table.rows { tr { @for cell in row { td { (cell) } } } }
                    }
                }
            }
        }
    }
}

fn plans_section(plans: &[RatePlan]) -> Markup {
    let has_prices = plans.iter().any(|plan| !plan.prices.is_empty());
    html! {
        @if !plans.is_empty() {
            section id="plans" {
                h2 { "Plans" }
                table {
                    thead {
                        tr {
                            th scope="col" { "Plan" }
                            th scope="col" { "Credits" }
                            @if has_prices { th scope="col" { "Price" } }
                        }
                    }
                    tbody {
                        @for plan in plans {
                            tr {
                                th scope="row" {
                                    (plan.name)
                                    @if plan.sample { span.column { "sample" } }
                                    @if let Some(description) = &plan.description { p.note { (description) } }
                                }
                                td {
                                    @for grant in &plan.grants { div { (grant) } }
                                    @if !plan.equivalents.is_empty() {
                                        ul { @for equivalent in &plan.equivalents { li { (equivalent) } } }
                                    }
                                }
                                @if has_prices { td.price { @for price in &plan.prices { div { (price) } } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn packs_section(title: &str, packs: &[RatePack]) -> Markup {
    html! {
        @if !packs.is_empty() {
            section id=(anchor(title)) {
                h2 { (title) }
                table {
                    thead { tr { th scope="col" { "Name" } th scope="col" { "Credits" } th scope="col" { "Price" } } }
                    tbody {
                        @for pack in packs {
                            tr {
                                th scope="row" { (pack.name) @if pack.sample { span.column { "sample" } } }
                                td { (pack.credits) p.note { (pack.text) } }
                                td.price { @if let Some(price) = &pack.price { (price) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A name as the part of an address behind `#`.
fn anchor(name: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    name.chars().map(word).collect()
}
