//! Makes the rate card of a catalog; every number in it comes from the same pricing as a quote.

use scrip_ledger::Credits;
use scrip_ledger::id::Name;

use super::declared::{CardCell, CardLine, CardTable};
use super::words;
use super::{RateCard, RateModel, RatePack, RatePlan, RatePrice, RateTable, RateTool, RateToolkit};
use crate::catalog::Catalog;
use crate::plan::{Drip, GrantPer, GrantRule, Interval, Plan, PlanTerms};
use crate::quote::{Ask, Facts, InputValue, PriceError};
use crate::rational::Rational;
use crate::read::At;
use crate::report::Report;
use crate::studio::CreditUnit;
use crate::tool::{Model, Tool};

impl Catalog {
    /// The published price list.
    pub fn rate_card(&self) -> RateCard {
        let studio = &self.studio;
        RateCard {
            studio: studio.name.clone(),
            credit: studio.credit.name.clone(),
            credits: studio.credit.plural.clone(),
            decimals: studio.credit.decimals,
            last_updated: studio.last_updated.clone(),
            notes: self.card.notes.clone(),
            toolkits: self.rate_toolkits(),
            tables: self.card.tables.iter().map(|table| self.declared_table(table)).collect(),
            lines: self.card.lines.iter().filter_map(|line| self.line(line).ok()).collect(),
            plans: self.plans.iter().filter(|plan| !plan.retired).map(|plan| self.rate_plan(plan)).collect(),
            add_ons: self.rate_add_ons(),
            packs: self.rate_packs(),
        }
    }

    /// One tool, as the published price list has it; `None` if it is not on it.
    pub fn rate_card_tool(&self, id: &str) -> Option<RateTool> {
        let tool = self.tools.iter().filter(is_shown).find(|tool| &*tool.id == id)?;
        Some(self.rate_tool(tool))
    }

    fn rate_toolkits(&self) -> Vec<RateToolkit> {
        let mut toolkits: Vec<RateToolkit> = Vec::new();
        for toolkit in &self.toolkits {
            let tools = self.tools.iter().filter(is_shown).filter(|tool| tool.toolkit.as_ref() == Some(&toolkit.name));
            toolkits.push(RateToolkit {
                name: toolkit.name.clone(),
                description: toolkit.description.clone(),
                tools: tools.map(|tool| self.rate_tool(tool)).collect(),
            });
        }
        let others: Vec<RateTool> = self
            .tools
            .iter()
            .filter(is_shown)
            .filter(|tool| tool.toolkit.is_none())
            .map(|tool| self.rate_tool(tool))
            .collect();
        if !others.is_empty() {
            toolkits.push(RateToolkit { name: self.studio.name.clone(), description: None, tools: others });
        }
        toolkits.retain(|toolkit| !toolkit.tools.is_empty());
        toolkits
    }

    fn unit_of(&self, tool: &Tool) -> &CreditUnit {
        self.studio.unit(&tool.currency).unwrap_or(&self.studio.credit)
    }

    fn rate_tool(&self, tool: &Tool) -> RateTool {
        let unit = self.unit_of(tool);
        let own = tool.price.as_ref().map(|price| self.shown_price(words::price(price, tool, unit), tool));
        let models = tool.models.iter().enumerate().filter(|(_, model)| !model.retired);
        RateTool {
            id: tool.id.to_string(),
            name: tool.name.clone(),
            description: tool.description.clone(),
            models: models.filter_map(|(index, model)| self.rate_model(tool, index, model)).collect(),
            price: own,
            allowances: self.allowances(tool, unit),
            tables: self.tool_table(tool).map_or_else(|| self.price_tables(tool), |table| vec![table]),
        }
    }

    /// The words of the catalog's author come before those made from the price.
    fn shown_price(&self, mut price: RatePrice, tool: &Tool) -> RatePrice {
        if let Some(text) = &tool.card.text {
            price.text = text.clone();
        }
        if let Some(formula) = &tool.card.formula {
            price.formula = Some(formula.clone());
        }
        price
    }

    fn rate_model(&self, tool: &Tool, index: usize, model: &Model) -> Option<RateModel> {
        let unit = self.unit_of(tool);
        let price = match (&model.price, &tool.price) {
            (Some(price), _) => words::price(price, tool, unit),
            (None, Some(price)) => self.shown_price(words::price(price, tool, unit), tool),
            (None, None) => return None,
        };
        Some(RateModel {
            id: model.id.to_string(),
            name: model.name.clone(),
            default: tool.default_model == Some(index) && 1 < tool.models.len(),
            price,
            columns: model.columns.clone(),
        })
    }

    /// The table that a tool's `rate_card` declares: rows by columns of input values.
    fn tool_table(&self, tool: &Tool) -> Option<RateTable> {
        let card = &tool.card;
        if card.title.is_none() && card.rows.is_empty() {
            return None;
        }
        let columns: &[CardCell] = &card.columns;
        let one = [CardCell::default()];
        let across = if columns.is_empty() { &one } else { columns };
        let rows = card.rows.iter().map(|row| {
            let cells = across.iter().map(|column| match self.cell(tool, row, column) {
                Ok(credits) => credits.to_string(),
                Err(_) => "–".to_owned(),
            });
            std::iter::once(row.label.clone()).chain(cells).collect()
        });
        let titles = match columns {
            [] => vec![self.unit_of(tool).plural.clone()],
            columns => columns.iter().map(|column| column.label.clone()).collect(),
        };
        let header = std::iter::once(card.corner.clone()).chain(titles);
        Some(RateTable {
            title: card.title.clone().unwrap_or_else(|| tool.name.clone()),
            notes: card.notes.clone(),
            formula: card.formula.clone(),
            header: if card.rows.is_empty() { Vec::new() } else { header.collect() },
            rows: rows.collect(),
        })
    }

    fn cell(&self, tool: &Tool, row: &CardCell, column: &CardCell) -> Result<Credits, PriceError> {
        let inputs = row.inputs.iter().chain(&column.inputs);
        let given: Vec<(&str, InputValue<'_>)> =
            inputs.map(|(name, text)| (name.as_str(), InputValue::Text(text))).collect();
        let model = row.model.as_deref().or(column.model.as_deref());
        self.price(&Ask::new(&tool.id, model, &given)).map(|priced| priced.credits)
    }

    fn declared_table(&self, table: &CardTable) -> RateTable {
        if table.lists.is_empty() {
            return self.table_of_tools(table);
        }
        let lists: Vec<_> = self.card.lists.iter().filter(|list| table.lists.contains(&list.id)).collect();
        let mut titles: Vec<&(String, String)> = Vec::new();
        for column in lists.iter().flat_map(|list| &list.columns) {
            if !titles.iter().any(|(key, _)| *key == column.0) {
                titles.push(column);
            }
        }
        let mut rows: Vec<ModelRow> = Vec::new();
        for list in &lists {
            for id in &list.models {
                let Some((tool, index, model)) = self.offer(id) else { continue };
                let Some(rate) = self.rate_model(tool, index, model) else { continue };
                let mark = if rate.default { format!(" ({})", list.default_mark) } else { String::new() };
                let row = ModelRow {
                    name: model.row.clone().unwrap_or_else(|| rate.name.clone()) + &mark,
                    id: rate.id,
                    credits: rate.price.credits.unwrap_or(rate.price.text),
                    columns: titles.iter().map(|(key, _)| said(&model.columns, key)).collect(),
                };
                match rows
                    .last_mut()
                    .filter(|last| model.row.is_some() && last.name == row.name && last.credits == row.credits)
                {
                    Some(last) => last.id = format!("{} / {}", last.id, row.id),
                    None => rows.push(row),
                }
            }
        }
        let header = ["Model", "ID", "Credits"]
            .map(str::to_owned)
            .into_iter()
            .chain(titles.iter().map(|(_, title)| title.clone()));
        RateTable {
            title: table.title.clone(),
            notes: Vec::new(),
            formula: None,
            header: if table.header.is_empty() { header.collect() } else { table.header.clone() },
            rows: rows.into_iter().map(ModelRow::cells).collect(),
        }
    }

    /// The first tool that offers a model of a list.
    fn offer(&self, id: &str) -> Option<(&Tool, usize, &Model)> {
        self.tools.iter().filter(|tool| !tool.retired).find_map(|tool| {
            let index = tool.models.iter().position(|model| model.id.as_str() == id && !model.retired)?;
            Some((tool, index, &tool.models[index]))
        })
    }

    fn table_of_tools(&self, table: &CardTable) -> RateTable {
        let tools = table.tools.iter().filter_map(|id| self.tool(id));
        let rows = tools.map(|tool| {
            let credits = self.cell(tool, &CardCell::default(), &CardCell::default());
            let credits = credits.map_or_else(|_| self.tool_text(tool), |credits| credits.to_string());
            let name = tool.card.name.clone().unwrap_or_else(|| tool.name.clone());
            let note = tool.card.note.clone().or_else(|| tool.description.clone()).unwrap_or_default();
            vec![name, credits, note]
        });
        let header = ["Tool", "Credits", "Notes"].map(str::to_owned).to_vec();
        RateTable {
            title: table.title.clone(),
            notes: Vec::new(),
            formula: None,
            header: if table.header.is_empty() { header } else { table.header.clone() },
            rows: rows.collect(),
        }
    }

    fn tool_text(&self, tool: &Tool) -> String {
        tool.price.as_ref().map_or(String::new(), |price| words::price(price, tool, self.unit_of(tool)).text)
    }

    /// A sentence with the amount that all its tools cost.
    fn line(&self, line: &CardLine) -> Result<String, String> {
        let mut amounts: Vec<Credits> = Vec::new();
        for tool in line.tools.iter().filter_map(|id| self.tool(id)) {
            let amount = self.cell(tool, &line.inputs, &CardCell::default()).map_err(|error| error.to_string())?;
            amounts.push(amount);
        }
        let [first, rest @ ..] = amounts.as_slice() else { return Err("it names no tools".to_owned()) };
        if rest.iter().any(|amount| amount != first) {
            return Err("its tools do not cost the same".to_owned());
        }
        Ok(line.text.replace("{credits}", &words::digits(Rational::from_credits(*first))))
    }

    fn rate_plan(&self, plan: &Plan) -> RatePlan {
        let grants = plan.terms.iter().flat_map(|terms| terms.grants.iter().map(move |grant| (terms.interval, grant)));
        let per = crate::grants::interval_name;
        let grants = grants.map(|(interval, grant)| {
            let amount = words::credits(Rational::from_credits(grant.credits), self.unit_in(&grant.bucket));
            let seat = if grant.per == GrantPer::Seat { " per seat" } else { "" };
            let (interval, upfront) = match (grant.every, interval, grant.drip) {
                (Some(every), _, _) => (every.interval, ""),
                (None, Interval::Year, Drip::Upfront) => (interval, " (granted upfront)"),
                (None, Interval::Year, Drip::Monthly) => (Interval::Month, " (paid by the year)"),
                _ => (interval, ""),
            };
            format!("{amount}{seat} per {}{upfront}", per(interval))
        });
        let prices = plan.terms.iter().filter_map(|terms| {
            let price = terms.price?;
            Some(format!("{} per {}", words::money(price), per(terms.interval)))
        });
        RatePlan {
            id: plan.id.to_string(),
            name: plan.name.clone(),
            description: plan.description.clone(),
            grants: without_repeats(grants.chain(self.once(plan))),
            prices: prices.collect(),
            equivalents: self.equivalents(plan),
            sample: plan.sample,
        }
    }

    /// What a plan brings once: `50 credits to try it for 7 days`, `20 credits to begin with`.
    fn once(&self, plan: &Plan) -> Vec<String> {
        let amount =
            |grant: &GrantRule| words::credits(Rational::from_credits(grant.credits), self.unit_in(&grant.bucket));
        let welcome = plan.welcome.iter().map(|grant| format!("{} to begin with", amount(grant)));
        let trial = plan.trial.map(|trial| {
            let own = plan.trial_grants.iter().flatten().map(amount).collect::<Vec<_>>().join(" and ");
            let lasting = words::lasting(trial);
            if own.is_empty() { format!("free to try for {lasting}") } else { format!("{own} to try it for {lasting}") }
        });
        welcome.chain(trial).collect()
    }

    /// What a bucket counts in.
    fn unit_in(&self, bucket: &Name) -> &CreditUnit {
        let unit = self.bucket(bucket).and_then(|bucket| self.studio.unit(&bucket.currency));
        unit.unwrap_or(&self.studio.credit)
    }

    /// What the credits of the plan's month, or else of its first terms, buy at the plan's own prices.
    fn equivalents(&self, plan: &Plan) -> Vec<String> {
        let Some(terms) = plan.terms.iter().find(|terms| terms.interval == Interval::Month).or(plan.terms.first())
        else {
            return Vec::new();
        };
        let facts = Facts { plan: Some(plan.id.clone()), ..Facts::default() };
        let allowed = |tool: &Name| plan.tools.as_ref().is_none_or(|allowed| allowed.contains(tool));
        let lines = self.card.equivalents.iter().filter(|line| line.tools.iter().all(allowed));
        let granted = |tool: &Tool| self.granted_for(tool, terms);
        lines.filter_map(|line| self.equivalent(line, granted, Some(&facts)).ok()).collect()
    }

    fn equivalent(
        &self,
        line: &CardLine,
        available: impl Fn(&Tool) -> Credits,
        facts: Option<&Facts>,
    ) -> Result<String, String> {
        let tools: Vec<&str> = line.tools.iter().map(|tool| tool.as_str()).collect();
        let bought = self.affordability_with(available, Some(&tools), facts);
        let model = line.inputs.model.as_deref();
        let mut bought = bought.iter().filter(|bought| model.is_none() || bought.model.as_deref() == model);
        let first = bought.next().and_then(|first| first.quantity.as_ref()).ok_or("its tools have no quantity")?;
        if bought.any(|other| other.quantity.as_ref() != Some(first)) {
            return Err("its tools do not come to the same".to_owned());
        }
        if first == "0" {
            return Err("nothing of it can be paid".to_owned());
        }
        let quantity = first.parse::<Rational>().map_or_else(|_| first.clone(), words::digits);
        Ok(line.text.replace("{quantity}", &quantity))
    }

    /// Credits of one cycle that may be spent on a tool, without what comes and goes within it; where nothing else comes,
    /// that.
    fn granted_for(&self, tool: &Tool, terms: &PlanTerms) -> Credits {
        let pays = |grant: &&GrantRule| {
            let bucket = self.bucket(&grant.bucket).filter(|bucket| bucket.currency == tool.currency);
            let limited = bucket.map(|bucket| grant.only_tools.as_ref().or(bucket.only_tools.as_ref()));
            limited.is_some_and(|only| only.is_none_or(|only| only.contains(&tool.id)))
        };
        let has_cycle = terms.grants.iter().any(|grant| grant.every.is_none());
        let counts = |grant: &&GrantRule| grant.every.is_none() || !has_cycle;
        let granted = terms.grants.iter().filter(counts).filter(pays).map(|grant| grant.credits);
        granted.fold(Credits::ZERO, |sum, credits| sum.checked_add(credits).unwrap_or(Credits::MAX))
    }

    fn rate_add_ons(&self) -> Vec<RatePack> {
        let sold = self.add_ons.iter().filter(|add_on| !add_on.retired);
        let pack = |add_on: &crate::pack::AddOnTerms| {
            let credits = words::credits(Rational::from_credits(add_on.credits), self.unit_in(&add_on.bucket));
            let price = add_on.price.map(words::money);
            let made =
                format!("1 unit = {credits}{}", price.as_ref().map_or(String::new(), |price| format!(" = {price}")));
            RatePack {
                id: add_on.id.to_string(),
                name: add_on.name.clone(),
                credits: add_on.credits.to_string(),
                price,
                text: add_on.text.clone().unwrap_or(made),
                sample: add_on.sample,
            }
        };
        sold.map(pack).collect()
    }

    fn rate_packs(&self) -> Vec<RatePack> {
        let sold = self.packs.iter().filter(|pack| !pack.retired);
        let line = |pack: &crate::pack::Pack| {
            let total = pack.total().unwrap_or(pack.credits);
            let credits = words::credits(Rational::from_credits(total), self.unit_in(&pack.bucket));
            let price = pack.price.map(words::money);
            RatePack {
                id: pack.id.to_string(),
                name: pack.name.clone(),
                credits: total.to_string(),
                text: price.as_ref().map_or(credits.clone(), |price| format!("{credits} for {price}"))
                    + &pack.purchases_at_most.map_or(String::new(), |most| words::at_most(most, pack.per)),
                price,
                sample: pack.sample,
            }
        };
        sold.map(line).collect()
    }
}

struct ModelRow {
    name: String,
    id: String,
    credits: String,
    columns: Vec<String>,
}

impl ModelRow {
    fn cells(self) -> Vec<String> {
        [self.name, self.id, self.credits].into_iter().chain(self.columns).collect()
    }
}

/// What comes by the day comes so however the plan is billed.
fn without_repeats(lines: impl Iterator<Item = String>) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for line in lines {
        if !told.contains(&line) {
            told.push(line);
        }
    }
    told
}

/// Is it on the price list?
fn is_shown(tool: &&Tool) -> bool {
    !tool.retired && !tool.card.hidden
}

fn said(columns: &[(String, String)], key: &str) -> String {
    columns.iter().find(|(known, _)| known == key).map(|(_, text)| text.clone()).unwrap_or_default()
}

/// Cells and sentences that can't be computed are reported where they stand.
pub(crate) fn check(root: &At<'_>, catalog: &Catalog, report: &Report<'_>) {
    for (at, tool) in
        root.items("tool").iter().filter_map(|at| Some((at.get("rate_card")?, catalog.tool(at.word("id")?)?)))
    {
        for row in at.items("rows") {
            let columns = at.items("columns");
            let across: Vec<CardCell> = match columns.as_slice() {
                [] => vec![CardCell::default()],
                columns => columns.iter().map(CardCell::read).collect(),
            };
            for column in across {
                match catalog.cell(tool, &CardCell::read(&row), &column) {
                    // A cell without a price is shown as a dash.
                    Ok(_) | Err(PriceError::Unpriced { .. }) => {}
                    Err(error) => report.error(row.span(), &row.path, format!("the cell can't be priced: {error}")),
                }
            }
        }
    }
    let Some(card) = root.get("rate_card") else { return };
    for (at, line) in card.items("lines").iter().zip(&catalog.card.lines) {
        if let Err(wrong) = catalog.line(line) {
            report.error(at.span(), &at.path, format!("the line can't be made: {wrong}"));
        }
    }
    let plenty = Credits::from_whole(1_000_000).unwrap_or(Credits::MAX);
    for (at, line) in card.items("equivalents").iter().zip(&catalog.card.equivalents) {
        if let Err(wrong) = catalog.equivalent(line, |_| plenty, None) {
            report.error(at.span(), &at.path, format!("the equivalent can't be made: {wrong}"));
        }
    }
}
