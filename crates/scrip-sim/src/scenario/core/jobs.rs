//! Jobs: what they cost, what was promised for them, what was measured.

use std::sync::Arc;

use scrip_catalog::quote::InputValue;
use scrip_catalog::{Ask, Held, PayOption, PriceError, PriceKind, Priced};
use scrip_ledger::command::{Asked as Price, HoldNew, LineNew, Promise};
use scrip_ledger::facts::FactsUsed;
use scrip_ledger::policy::JobPolicy;
use scrip_ledger::{Act as Asks, Command, Credits, Name, Refusal, Timestamp, apply};

use super::super::act::{Asked, Capture, Job, Line, Says, Who};
use super::super::when;
use super::super::{Answer, Item};
use super::{CoreWorld, Failed, Version, beside};

/// A price that was promised.
#[derive(Clone)]
pub(super) struct Quoted {
    pub lines: Vec<(Option<Name>, Priced)>,
    pub envelope: bool,
    pub version: u32,
    pub priced_at: Timestamp,
    pub promise: Option<Promise>,
    pub facts: Option<Box<FactsUsed>>,
}

impl Quoted {
    fn credits(&self) -> Credits {
        self.lines.iter().map(|(_, priced)| priced.credits).sum()
    }
}

impl CoreWorld {
    fn version(&self, number: u32) -> &Version {
        self.versions.iter().find(|version| version.number == number).expect("a version that was published")
    }

    /// Prices all lines with the catalog in force.
    pub(super) fn price(&self, who: &Who, lines: &[Line], envelope: bool, says: &Says) -> Result<Quoted, Failed> {
        let version = self.in_force(self.now);
        let (mut priced, mut relied) = (Vec::new(), Vec::new());
        for line in lines {
            let inputs = inputs(&line.inputs);
            let quantity = u64::from(line.quantity.unwrap_or(1));
            let ask = Ask { tool: &line.tool, model: line.model.as_deref(), inputs: &inputs, quantity };
            let (facts, own) = self.facts_of(version, who, says, line, &priced)?;
            let one = version.catalog.price_with(&ask, Some(&facts)).map_err(|error| refused(&error))?;
            priced.push((line.label.as_deref().map(Name::from), one));
            relied.push(own);
        }
        let facts = beside::used(version, &priced, &relied);
        let (version, priced_at) = (version.number, self.now);
        Ok(Quoted { lines: priced, envelope, version, priced_at, promise: None, facts })
    }

    pub(super) fn quote(&mut self, asked: &Asked, job: &Job) -> Result<Answer, Failed> {
        let Job::Lines { lines, envelope, says } = job else {
            return Err(Failed::Senseless("only jobs can be quoted".to_owned()));
        };
        let mut quoted = self.price(&asked.who, lines, *envelope, says)?;
        let until = self.now.after(self.catalog().studio().quote_ttl);
        let mark = self.named.quotes.len() as u128 + 1;
        quoted.promise = Some(Promise { quote: Name::from(format!("qt_{mark}")), mark, expires_at: until });
        let credits = quoted.credits();
        let mut items = vec![Item::new("credits", credits)];
        let open = quoted.lines.iter().any(|(_, priced)| priced.kind == PriceKind::Ceiling);
        items.push(Item::new("kind", if open { "ceiling" } else { "exact" }));
        let index = self.index_of(&asked.who.customer)?;
        let hold = self.hold_new(&asked.who, &quoted);
        let available = self.wallets[index].wallet.available_for_hold(&hold, self.now);
        items.push(Item::new("available", available));
        let mut copy = self.wallets[index].wallet.clone();
        let command = Command { request: None, actor: Name::from("quote"), act: Asks::Hold(Box::new(hold)) };
        match apply(&mut copy, &self.book, self.now, &command).0.outcome {
            Ok(_) => items.push(Item::new("affordable", "yes")),
            Err(Refusal::InsufficientCredits { .. }) => {
                let shortfall = credits.saturating_sub(available);
                items.push(Item::new("affordable", "no"));
                items.push(Item::new("shortfall", shortfall));
                items.extend(self.options(&asked.who.customer, &quoted, available, shortfall));
            }
            Err(refusal) => return Err(Failed::Refused(super::answers::refusal(&refusal))),
        }
        items.extend(self.shown_lines(&quoted));
        items.push(Item::new("until", when::write(until)));
        for name in [Some("it".to_owned()), asked.name.clone()].into_iter().flatten() {
            self.named.quotes.insert(name, quoted.clone());
        }
        Ok(Answer::of(items))
    }

    /// Each line by its label or tool, with the terms of its price where they are more than one.
    fn shown_lines(&self, quoted: &Quoted) -> Vec<Item> {
        let catalog = &self.version(quoted.version).catalog;
        let mut items = Vec::new();
        for (label, priced) in &quoted.lines {
            let said = label.clone().unwrap_or_else(|| priced.tool.clone());
            items.push(Item::new(format!("line {said}"), priced.credits));
            for term in catalog.explain(priced) {
                items.push(Item::new(format!("term {}", term.label), term.credits));
            }
        }
        items
    }

    /// The ways out where credits are missing.
    pub(super) fn options(&self, customer: &str, quoted: &Quoted, available: Credits, shortfall: Credits) -> Vec<Item> {
        let sold = self.sold(customer);
        let [(_, priced)] = quoted.lines.as_slice() else {
            let currency = &quoted.lines[0].1.currency;
            let packs = self.catalog().top_ups(currency, sold.as_deref(), shortfall).into_iter();
            let way = packs.map(|(pack, credits, price)| PayOption::TopUp { pack, credits, price });
            return way.map(|way| option(&way)).collect();
        };
        let version = self.version(quoted.version);
        let texts: Vec<(String, String)> =
            priced.inputs.iter().map(|input| (input.name.to_string(), input.value.to_string())).collect();
        let inputs = inputs(&texts);
        let ask =
            Ask { tool: &priced.tool, model: priced.model.as_deref(), inputs: &inputs, quantity: priced.quantity };
        let usual = self.facts(version, quoted.priced_at);
        let facts = priced.facts.as_ref().unwrap_or(&usual);
        version.catalog.options(&ask, Some(facts), available, shortfall, sold.as_deref()).iter().map(option).collect()
    }

    /// The packs that a customer may buy.
    fn sold(&self, customer: &str) -> Option<Vec<Name>> {
        let wallet = &self.wallets[self.index_of(customer).ok()?].wallet;
        let packs = wallet.packs_for_sale(customer, self.book.at(self.now)?, self.now);
        Some(packs.into_iter().map(|pack| pack.id.clone()).collect())
    }

    /// A hold as the server would ask for it.
    pub(super) fn hold_new(&self, who: &Who, quoted: &Quoted) -> HoldNew {
        let line = |(label, priced): &(Option<Name>, Priced)| LineNew {
            label: label.clone(),
            tool: Some(priced.tool.clone()),
            model: priced.model.clone(),
            quantity: priced.quantity as u32,
            inputs: Name::from(priced.inputs_json()),
            open_inputs: priced.unmeasured.clone(),
            amount: priced.credits,
            policy: priced.policy.clone(),
        };
        HoldNew {
            customer: Name::from(who.customer.as_str()),
            member: who.member.as_deref().map(Name::from),
            currency: quoted.lines[0].1.currency.clone(),
            lines: quoted.lines.iter().map(line).collect(),
            envelope: quoted.envelope,
            promise: quoted.promise.clone(),
            catalog_version: quoted.version,
            ttl: quoted.lines.iter().map(|(_, priced)| priced.hold_ttl).max().unwrap_or_default(),
            reference: None,
            metadata: Vec::new(),
            facts: quoted.facts.clone(),
            spending: self.catalog().spending().clone(),
        }
    }

    /// A hold of a plain amount.
    pub(super) fn hold_amount(&self, who: &Who, amount: Credits) -> HoldNew {
        let studio = self.catalog().studio();
        HoldNew {
            customer: Name::from(who.customer.as_str()),
            member: who.member.as_deref().map(Name::from),
            currency: studio.credit.id.clone(),
            lines: vec![LineNew {
                label: None,
                tool: None,
                model: None,
                quantity: 1,
                inputs: Name::from("{}"),
                open_inputs: Vec::new(),
                amount,
                policy: Arc::<JobPolicy>::clone(&self.catalog().policies().job),
            }],
            envelope: false,
            promise: None,
            catalog_version: 0,
            ttl: studio.hold_ttl,
            reference: None,
            metadata: Vec::new(),
            facts: None,
            spending: self.catalog().spending().clone(),
        }
    }

    /// What a capture asks: priced with the catalog of its hold, where something was measured.
    pub(super) fn asked_price(&self, index: usize, capture: &Capture) -> Result<(Price, Option<Credits>), Failed> {
        if let Some(amount) = &capture.amount {
            return Ok((Price::Amount(super::asks::credits(amount)?), None));
        }
        if capture.measured.is_empty() {
            return Ok((Price::Held, None));
        }
        let id = self.named.holds.get(&capture.hold).copied();
        let hold = id.and_then(|id| self.wallets[index].wallet.hold(id));
        let hold = hold.ok_or_else(|| Failed::Senseless(format!("there is no hold {}", capture.hold)))?;
        let line = usize::from(capture.line.unwrap_or(1)).wrapping_sub(1);
        let terms = hold.terms.lines.get(line).ok_or_else(|| "there is no such line".to_owned())?;
        let Some(tool) = &terms.tool else {
            return Err(Failed::Senseless("a plain amount is not measured".to_owned()));
        };
        let version = self.version(hold.terms.catalog_version);
        let quantity = u64::from(terms.quantity);
        let held = Held { tool, model: terms.model.as_deref(), inputs_json: &terms.inputs, quantity };
        let usual = self.facts(version, hold.terms.created_at);
        let kept = self.held_facts.get(&hold.id).and_then(|lines| lines.get(line)?.clone());
        let facts = kept.unwrap_or(usual);
        let given = inputs(&capture.measured);
        let priced = version.catalog.measure(&held, &given, Some(&facts)).map_err(|error| refused(&error))?;
        let free_units = priced.free_units;
        Ok((Price::Measured { amount: priced.credits, inputs: Name::from(priced.inputs_json()) }, Some(free_units)))
    }
}

fn inputs(texts: &[(String, String)]) -> Vec<(&str, InputValue<'_>)> {
    texts.iter().map(|(name, value)| (name.as_str(), InputValue::Text(value))).collect()
}

pub(super) fn refused(error: &PriceError) -> Failed {
    let status = scrip_api::Code::parse(error.code()).map_or(422, scrip_api::Code::status);
    let more = match error {
        PriceError::InvalidInput { input, .. } => vec![Item::new("input", input)],
        PriceError::UnknownModel { .. } => vec![Item::new("input", "model")],
        PriceError::UnknownTool { .. } => vec![Item::new("input", "tool")],
        PriceError::Unpriced { .. } | PriceError::TooLarge { .. } | PriceError::TooFine { .. } => Vec::new(),
    };
    Failed::Refused(Answer::refused(status, error.code(), more))
}

/// `option shorter seconds=28 for 17`, `option top_up pack_100 for 10.00 usd`
fn option(option: &PayOption) -> Item {
    let listed = |inputs: &[scrip_catalog::input::ResolvedInput]| -> String {
        inputs.iter().map(|input| format!("{}={}", input.name, input.value)).collect::<Vec<_>>().join(" ")
    };
    let text = match option {
        PayOption::FreeVariant { inputs, credits } => format!("free_variant {} for {credits}", listed(inputs)),
        PayOption::OtherModel { model, credits } => format!("other_model {model} for {credits}"),
        PayOption::Shorter { input, credits } => {
            format!("shorter {} for {credits}", listed(std::slice::from_ref(input)))
        }
        PayOption::TopUp { pack, price, .. } => {
            format!("top_up {pack} for {} {}", price.amount(), price.currency.code())
        }
    };
    Item::new("option", text)
}
