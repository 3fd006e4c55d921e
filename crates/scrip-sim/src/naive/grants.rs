//! Customers, grants, transfers and refunds.

use super::paying::insufficient;
use super::{
    Answer, Customer, Figures, Lot, Move, Naive, No, Of, WALLET_MAX, figure, invalid, missing, no, rounded_share, yes,
};
use crate::script::{self, Bucket, RefundShare, Settings};

impl Naive {
    pub(super) fn customer(&self, id: &str) -> Option<&Customer> {
        self.customers.iter().find(|customer| customer.id == id)
    }

    pub(super) fn put_customer(
        &mut self,
        id: &str,
        parent: Option<&str>,
        tools: &Option<Option<Vec<String>>>,
    ) -> Answer {
        let known = self.customers.iter().position(|customer| customer.id == id);
        let index = match known {
            Some(index) if parent.is_none() || self.customers[index].parent.as_deref() == parent => index,
            Some(_) => return Err(no("parent_fixed")),
            None if parent.is_some_and(|parent| self.customer(parent).is_none()) => return Err(missing("parent")),
            None => {
                let parent = parent.map(str::to_owned);
                self.customers.push(Customer { id: id.to_owned(), parent, tools: None });
                self.customers.len() - 1
            }
        };
        if let Some(tools) = tools {
            self.customers[index].tools.clone_from(tools);
        }
        self.changed = true;
        Ok(vec![("created", yes(known.is_none()))])
    }

    pub(super) fn put_member(&mut self, customer: &str, id: &str) -> Answer {
        self.customer(customer).ok_or_else(|| missing("customer"))?;
        let created = self.members.insert((customer.to_owned(), id.to_owned()));
        self.changed = true;
        Ok(vec![("created", yes(created))])
    }

    pub(super) fn remove_member(&mut self, customer: &str, id: &str) -> Answer {
        self.customer(customer).ok_or_else(|| missing("customer"))?;
        if !self.members.remove(&(customer.to_owned(), id.to_owned())) {
            return Err(missing("member"));
        }
        self.changed = true;
        Ok(vec![("created", yes(false))])
    }

    pub(super) fn grant(&mut self, settings: &Settings, grant: &script::Grant) -> Answer {
        self.customer(&grant.customer).ok_or_else(|| missing("customer"))?;
        let bucket = find_bucket(settings, &grant.bucket)?;
        let starts_us = grant.starts_us.unwrap_or(self.now_us).max(self.now_us);
        if grant.expires_us.is_some_and(|end| end <= starts_us) {
            return Err(invalid("expires_at"));
        }
        let amount = i128::from(grant.amount);
        if amount > 0 && self.is_full(&grant.customer, bucket, amount) {
            return Err(no("bucket_full"));
        }
        if amount <= 0 || self.at_work() + amount > WALLET_MAX {
            return Err(no("invalid_amount"));
        }
        let lot = Lot {
            kind: "manual",
            customer: grant.customer.clone(),
            bucket: bucket.name.clone(),
            currency: bucket.currency.clone(),
            amount,
            made_us: self.now_us,
            starts_us: Some(starts_us).filter(|at| *at > self.now_us),
            expires_us: grant.expires_us,
            priority: grant.priority,
            only: grant.only.clone(),
            paid_cents: grant.paid_cents.unwrap_or(0),
            taken_back: false,
        };
        let index = self.makes(lot, "grant", None);
        self.named.insert(grant.name.clone(), index);
        self.pay_debts();
        Ok(self.describe_grant(index))
    }

    /// Would a customer have more in a bucket than it may?
    fn is_full(&self, customer: &str, bucket: &script::Bucket, amount: i128) -> bool {
        let Some(most) = bucket.at_most else { return false };
        let places = self.places();
        let theirs = (0..self.lots.len()).filter(|lot| {
            let lot = &self.lots[*lot];
            lot.customer == customer && lot.bucket == bucket.name && lot.kind != "debt"
        });
        let there: i128 = theirs.map(|lot| places[lot].available + places[lot].held + places[lot].frozen).sum();
        there + amount > i128::from(most)
    }

    fn describe_grant(&self, lot: usize) -> Figures {
        let places = self.places()[lot];
        vec![
            ("granted", figure(self.lots[lot].amount)),
            ("grant_available", figure(places.available)),
            ("grant_frozen", figure(places.frozen)),
            ("grant_voided", figure(places.voided)),
        ]
    }

    pub(super) fn take_back(&mut self, name: &str) -> Answer {
        let named = self.named.get(name).copied().filter(|lot| self.lots[*lot].kind != "debt");
        let lot = named.ok_or_else(|| missing("grant"))?;
        if self.lots[lot].taken_back {
            return Err(no("grant_voided"));
        }
        let places = self.places()[lot];
        self.lots[lot].taken_back = true;
        self.changed = true;
        self.moves("void", lot, "available", "voided", places.available, Of::default());
        self.moves("void", lot, "frozen", "voided", places.frozen, Of::default());
        Ok(self.describe_grant(lot))
    }

    pub(super) fn transfer(
        &mut self,
        settings: &Settings,
        (from, to): (&str, &str),
        amount: i128,
        bucket: &str,
    ) -> Answer {
        self.customer(from).and(self.customer(to)).ok_or_else(|| missing("customer"))?;
        let bucket = find_bucket(settings, bucket)?;
        if bucket.stays {
            return Err(no("not_entitled"));
        }
        if from == to {
            return Err(invalid("to"));
        }
        if amount <= 0 {
            return Err(no("invalid_amount"));
        }
        if self.is_full(to, bucket, amount) {
            return Err(no("bucket_full"));
        }
        let (places, family) = (self.places(), [from.to_owned()]);
        let mut sources: Vec<usize> = (0..self.lots.len())
            .filter(|lot| places[*lot].available > 0 && !self.ended(*lot) && self.lots[*lot].kind != "debt")
            .filter(|lot| self.lots[*lot].customer == from && self.lots[*lot].bucket == bucket.name)
            .filter(|lot| self.lots[*lot].currency == bucket.currency)
            .collect();
        sources.sort_by(|a, b| self.compare(settings, &family, *a, *b));
        let in_debt = self.debt_in(&bucket.currency) > 0;
        let there: i128 = if in_debt { 0 } else { sources.iter().map(|lot| places[*lot].available).sum() };
        if there < amount {
            return Err(insufficient(amount, there, 0));
        }
        let (mut rest, mut last) = (amount, None);
        for lot in sources {
            let part = rest.min(places[lot].available);
            if part > 0 {
                self.moves("transfer", lot, "available", "moved", part, Of::default());
                let moved = Lot {
                    kind: "transfer",
                    customer: to.to_owned(),
                    amount: part,
                    made_us: self.now_us,
                    starts_us: None,
                    paid_cents: 0,
                    ..self.lots[lot].clone()
                };
                last = Some(self.makes(moved, "transfer", Some(lot)));
                rest -= part;
            }
        }
        Ok(self.describe_grant(last.expect("something was moved")))
    }

    pub(super) fn refund(
        &mut self,
        settings: &Settings,
        charge: &str,
        name: &str,
        share: RefundShare,
        to: Option<&str>,
    ) -> Answer {
        let charge = self.charges.iter().position(|known| known.name == charge).ok_or_else(|| missing("charge"))?;
        let bucket = to.map(|to| find_bucket(settings, to)).transpose()?.cloned();
        let hold = self.charges[charge].hold;
        if bucket.as_ref().is_some_and(|bucket| bucket.currency != self.holds[hold].currency) {
            return Err(invalid("to_bucket"));
        }
        let draws = self.charge_draws(charge);
        let credits: i128 = draws.iter().map(|draw| draw.1).sum();
        let rest: i128 = draws.iter().map(|draw| draw.1 - draw.2).sum();
        let decimals = self.holds[hold].lines[self.charges[charge].lines[0]].decimals;
        let amount = match share {
            RefundShare::All => rest,
            RefundShare::Amount(amount) => i128::from(amount),
            RefundShare::Fraction(part, of) => {
                rounded_share(credits, part.into(), of.into(), decimals).ok_or_else(|| no("invalid_amount"))?
            }
        };
        if amount <= 0 && share != RefundShare::All {
            return Err(no("invalid_amount"));
        }
        if amount > rest || amount == 0 {
            return Err(("refund_exceeds_charge", vec![("asked", figure(amount)), ("refundable", figure(rest))]));
        }
        if self.at_work() + amount > WALLET_MAX {
            return Err(no("invalid_amount"));
        }
        let refund = self.refunds.len();
        self.refunds.push(name.to_owned());
        let of = Of { hold: Some(hold), charge: Some(charge), ..Of::default() };
        let given = self.give_charge_back(&draws, amount, bucket.as_ref(), of);
        self.refund_draws.insert(refund, given);
        self.changed = true;
        self.pay_debts();
        Ok(vec![("refunded", figure(amount))])
    }

    /// What was spent last comes back first. Answers where it went.
    fn give_charge_back(
        &mut self,
        draws: &[(usize, i128, i128)],
        amount: i128,
        bucket: Option<&Bucket>,
        of: Of,
    ) -> Vec<(usize, i128)> {
        let mut rest = amount;
        let mut given = Vec::new();
        let mut elsewhere: Option<(usize, i128)> = None;
        for (lot, taken, back) in draws.iter().rev() {
            let part = rest.min(taken - back);
            if part == 0 {
                continue;
            }
            rest -= part;
            let forgiven = part.min(self.owed()[*lot]);
            self.moves("forgive", *lot, "spent", "voided", forgiven, of);
            match bucket {
                Some(_) => {
                    self.moves("refund", *lot, "spent", "moved", part - forgiven, of);
                    if forgiven > 0 {
                        given.push((*lot, forgiven));
                    }
                    if part > forgiven {
                        let (source, sum) = elsewhere.unwrap_or((*lot, 0));
                        elsewhere = Some((source, sum + part - forgiven));
                    }
                }
                None if self.lots[*lot].kind == "debt" => {
                    self.moves("refund", *lot, "spent", "moved", part - forgiven, of);
                    if part > forgiven {
                        let lot_bucket = self.lots[*lot].bucket.clone();
                        self.goodwill(*lot, &lot_bucket, part - forgiven);
                    }
                    given.push((*lot, part));
                }
                None => {
                    for (after, part) in self.fates(of, *lot, *back, part) {
                        self.give_back("refund", *lot, "spent", part, after, of);
                    }
                    given.push((*lot, part));
                }
            }
        }
        if let (Some(bucket), Some((source, sum))) = (bucket, elsewhere) {
            let lot = self.goodwill(source, &bucket.name, sum);
            given.push((lot, sum));
        }
        given
    }

    /// What of a lot comes back, by the policy of the line it was taken for: what was taken last first, after what has
    /// come back before.
    fn fates(&self, of: Of, lot: usize, back: i128, part: i128) -> Vec<(script::AfterExpiry, i128)> {
        let (Some(hold), Some(charge)) = (of.hold, of.charge) else { return Vec::new() };
        let of_charge = |moved: &&Move| moved.of.charge == Some(charge) && moved.seen.grant == lot;
        let taken: Vec<(usize, i128)> = (self.moves.iter().filter(of_charge))
            .filter(|moved| ["capture", "debt"].contains(&moved.seen.kind))
            .map(|moved| (moved.of.for_line, moved.seen.amount))
            .collect();
        let mut fates: Vec<(script::AfterExpiry, i128)> = Vec::new();
        // Credit by credit would do: of the last `back + part`, all but the last `back`.
        let mut seen = 0;
        for (line, amount) in taken.into_iter().rev() {
            let (from, to) = (seen.max(back), (seen + amount).min(back + part));
            seen += amount;
            if to <= from {
                continue;
            }
            let after = self.holds[hold].lines[line].policy.after_expiry;
            match fates.last_mut().filter(|last| last.0 == after) {
                Some(last) => last.1 += to - from,
                None => fates.push((after, to - from)),
            }
        }
        fates
    }

    /// Credits given back as a grant of their own, to whoever paid.
    fn goodwill(&mut self, source: usize, bucket: &str, amount: i128) -> usize {
        let lot = Lot {
            kind: "goodwill",
            bucket: bucket.to_owned(),
            amount,
            made_us: self.now_us,
            starts_us: None,
            expires_us: None,
            priority: 0,
            only: None,
            paid_cents: 0,
            taken_back: false,
            ..self.lots[source].clone()
        };
        self.makes(lot, "refund", Some(source))
    }
}

fn find_bucket<'a>(settings: &'a Settings, name: &str) -> Result<&'a Bucket, No> {
    settings.buckets.iter().find(|bucket| bucket.name == name).ok_or_else(|| {
        let known: Vec<&str> = settings.buckets.iter().map(|bucket| bucket.name.as_str()).collect();
        ("unknown_bucket", vec![("known", known.join(","))])
    })
}
