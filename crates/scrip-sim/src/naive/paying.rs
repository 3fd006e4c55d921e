//! Which grants pay, and paying back what is owed.

use std::cmp::Ordering;

use super::{Figures, Lot, Naive, No, Of, figure, no};
use crate::script::Settings;

/// A line that wants credits.
#[derive(Clone, Debug)]
pub(super) struct Wants {
    pub line: usize,
    pub tool: Option<String>,
    pub amount: i128,
}

/// What each line takes from which grant.
pub(super) type Draws = Vec<(usize, usize, i128)>;

impl Naive {
    /// A customer, then those it belongs to.
    pub(super) fn family(&self, customer: &str) -> Vec<String> {
        let mut family = vec![customer.to_owned()];
        while let Some(parent) = self.customer(family.last().expect("starts with one")).and_then(|c| c.parent.clone()) {
            family.push(parent);
        }
        family
    }

    pub(super) fn pays_for_tool(&self, settings: &Settings, lot: &Lot, tool: Option<&str>) -> bool {
        let bucket = settings.buckets.iter().find(|bucket| bucket.name == lot.bucket);
        [bucket.and_then(|bucket| bucket.only.clone()), lot.only.clone()]
            .into_iter()
            .flatten()
            .all(|only| tool.is_some_and(|tool| only.iter().any(|allowed| allowed == tool)))
    }

    pub(super) fn may_pay(
        &self,
        settings: &Settings,
        lot: usize,
        family: &[String],
        currency: &str,
        tool: Option<&str>,
    ) -> bool {
        let terms = &self.lots[lot];
        terms.kind != "debt"
            && !self.ended(lot)
            && terms.currency == currency
            && family.contains(&terms.customer)
            && self.pays_for_tool(settings, terms, tool)
    }

    /// The order of spending: bucket, priority, nearest pool, soonest expiry, cheaper, older.
    pub(super) fn compare(&self, settings: &Settings, family: &[String], a: usize, b: usize) -> Ordering {
        let place = |lot: &Lot| {
            let bucket = settings.buckets.iter().position(|bucket| bucket.name == lot.bucket);
            let pool = family.iter().position(|customer| *customer == lot.customer);
            (bucket.unwrap_or(usize::MAX), lot.priority, pool, lot.expires_us.unwrap_or(i64::MAX))
        };
        let (left, right) = (&self.lots[a], &self.lots[b]);
        let cheaper = (i128::from(left.paid_cents) * right.amount).cmp(&(i128::from(right.paid_cents) * left.amount));
        place(left).cmp(&place(right)).then(cheaper).then(left.made_us.cmp(&right.made_us)).then(a.cmp(&b))
    }

    pub(super) fn debt_in(&self, currency: &str) -> i128 {
        let owed = self.owed();
        (0..self.lots.len()).filter(|lot| self.lots[*lot].currency == currency).map(|lot| owed[lot]).sum()
    }

    pub fn spendable(&self, settings: &Settings, customer: &str, tool: Option<&str>, currency: &str) -> Option<i128> {
        self.customer(customer)?;
        if self.debt_in(currency) > 0 {
            return Some(0);
        }
        let (family, places) = (self.family(customer), self.places());
        let pays = |lot: &usize| self.may_pay(settings, *lot, &family, currency, tool);
        Some((0..self.lots.len()).filter(pays).map(|lot| places[lot].available).sum())
    }

    /// Decides which grants pay for all lines: in turn, each line takes from each grant in order as much as
    /// leaves the other lines payable.
    pub(super) fn allocate(
        &self,
        settings: &Settings,
        customer: &str,
        currency: &str,
        wanted: &[Wants],
    ) -> Result<Draws, No> {
        let (family, places) = (self.family(customer), self.places());
        let mut order: Vec<usize> = (0..self.lots.len()).filter(|lot| places[*lot].available > 0).collect();
        order.sort_by(|a, b| self.compare(settings, &family, *a, *b));
        let mut left: Vec<i128> = order.iter().map(|lot| places[*lot].available).collect();
        let mut asks: Vec<Ask> = (wanted.iter())
            .map(|want| Ask {
                amount: want.amount,
                payers: (order.iter())
                    .map(|lot| self.may_pay(settings, *lot, &family, currency, want.tool.as_deref()))
                    .collect(),
            })
            .collect();
        let required: i128 = wanted.iter().map(|want| want.amount).sum();
        let in_debt = self.debt_in(currency) > 0;
        if required > 0 && (in_debt || !payable(&asks, &left)) {
            let available = if in_debt { 0 } else { payable_at_most(&asks, &left) };
            let held = self.held_in(currency, &family);
            return Err(insufficient(required, available, held));
        }
        let mut draws = Draws::new();
        for ask in 0..asks.len() {
            for index in 0..order.len() {
                let most = asks[ask].amount.min(left[index]);
                if most > 0 && asks[ask].payers[index] {
                    let take = most_that_leaves_the_rest_payable(&asks, &left, ask, index, most);
                    asks[ask].amount -= take;
                    left[index] -= take;
                    if take > 0 {
                        draws.push((wanted[ask].line, order[index], take));
                    }
                }
            }
        }
        assert!(asks.iter().all(|ask| ask.amount == 0), "what can be paid is paid");
        Ok(draws)
    }

    fn held_in(&self, currency: &str, family: &[String]) -> i128 {
        let places = self.places();
        let counts = |lot: &usize| self.lots[*lot].currency == currency && family.contains(&self.lots[*lot].customer);
        (0..self.lots.len()).filter(counts).map(|lot| places[lot].held).sum()
    }

    /// Whatever is available pays what is owed in its currency: oldest debt first, oldest grant first.
    /// Grants for some tools only are left alone.
    pub(super) fn pay_debts(&mut self) {
        for debt in 0..self.lots.len() {
            for payer in 0..self.lots.len() {
                let owed = self.owed()[debt];
                if owed == 0 {
                    break;
                }
                let lot = &self.lots[payer];
                let may = lot.kind != "debt" && lot.only.is_none() && lot.currency == self.lots[debt].currency;
                if may && !self.ended(payer) {
                    let amount = owed.min(self.places()[payer].available);
                    self.moves_with("repay", payer, ("available", "moved"), amount, Of::default(), Some(debt));
                }
            }
        }
    }
}

pub(super) fn insufficient(required: i128, available: i128, held: i128) -> No {
    let figures: Figures =
        vec![("required", figure(required)), ("available", figure(available)), ("held", figure(held))];
    (no("insufficient_credits").0, figures)
}

/// What a line still asks for, and which of the grants may pay.
struct Ask {
    amount: i128,
    payers: Vec<bool>,
}

/// Each group of lines with what it asks for and what there is for it.
fn groups<'a>(asks: &'a [Ask], left: &'a [i128]) -> impl Iterator<Item = (u32, i128, i128)> + 'a {
    assert!(asks.len() <= 12, "the naive ledger looks at every group of lines");
    (1u32..1 << asks.len()).map(move |group| {
        let within: Vec<&Ask> = (0..asks.len()).filter(|ask| group >> ask & 1 == 1).map(|ask| &asks[ask]).collect();
        let asked = within.iter().map(|ask| ask.amount).sum();
        let there = (0..left.len()).filter(|lot| within.iter().any(|ask| ask.payers[*lot])).map(|lot| left[lot]).sum();
        (group, asked, there)
    })
}

/// A job can be paid if no group of its lines asks for more than there is for that group.
fn payable(asks: &[Ask], left: &[i128]) -> bool {
    groups(asks, left).all(|(_, asked, there)| asked <= there)
}

fn payable_at_most(asks: &[Ask], left: &[i128]) -> i128 {
    let all: i128 = asks.iter().map(|ask| ask.amount).sum();
    groups(asks, left).map(|(_, asked, there)| all - asked + there).min().unwrap_or(0)
}

fn most_that_leaves_the_rest_payable(asks: &[Ask], left: &[i128], ask: usize, lot: usize, most: i128) -> i128 {
    let fits = |take: i128| {
        let mut left = left.to_vec();
        left[lot] -= take;
        let rest: Vec<Ask> = (asks.iter().enumerate())
            .map(|(index, known)| Ask {
                amount: known.amount - if index == ask { take } else { 0 },
                payers: known.payers.clone(),
            })
            .collect();
        payable(&rest, &left)
    };
    if fits(most) {
        return most;
    }
    let (mut fitting, mut too_much) = (0, most);
    while too_much - fitting > 1 {
        let middle = fitting + (too_much - fitting) / 2;
        if fits(middle) { fitting = middle } else { too_much = middle }
    }
    fitting
}
