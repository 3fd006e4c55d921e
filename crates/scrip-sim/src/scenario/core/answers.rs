//! A reply or a refusal of the ledger in the words of a scenario.

use std::collections::BTreeMap;

use scrip_ledger::charge::Charge;
use scrip_ledger::entry::Entry;
use scrip_ledger::grant::Grant;
use scrip_ledger::hold::Hold;
use scrip_ledger::preview::preview;
use scrip_ledger::subscription::{AddOn, Subscription};
use scrip_ledger::{Act, Answer as Told, Credits, Refusal, Reply, Wallet};

use super::super::when;
use super::super::{Answer, Item};
use super::asks::Ready;
use super::{CoreWorld, looks, status};
use crate::scenario::act::Who;

impl CoreWorld {
    pub(super) fn answer(&self, index: usize, ready: &Ready, told: &Told) -> Answer {
        let mut answer = match &told.outcome {
            Ok(reply) => Answer::of(said(reply, &self.wallets[index].wallet)),
            Err(refused) => {
                let mut answer = refusal(refused);
                if let Refusal::InsufficientCredits { required, available, .. } = refused
                    && let (Some(quoted), Act::Hold(job) | Act::Charge { job, .. }) =
                        (&ready.quoted, &ready.command.act)
                {
                    let shortfall = required.saturating_sub(*available);
                    answer.items.extend(self.options(&job.customer, quoted, *available, shortfall));
                    answer.items.extend(self.ways());
                    answer.items.extend(self.next_credits(index, &job.customer));
                }
                answer
            }
        };
        if told.replayed {
            answer.items.push(Item::new("replayed", "yes"));
        }
        answer
    }
}

impl CoreWorld {
    /// When credits come by themselves to whom they are missing.
    fn next_credits(&self, index: usize, customer: &str) -> Option<Item> {
        let wallet = &self.wallets[index].wallet;
        let pools = wallet.pools_of(wallet.pool_of(customer)?);
        self.next_reset(wallet, &pools).map(|at| Item::new("next reset", when::write(at)))
    }

    /// Where credits are bought and plans changed.
    fn ways(&self) -> Vec<Item> {
        let studio = self.catalog().studio();
        let top_up = studio.top_up_url.iter().map(|url| Item::new("top up at", url));
        top_up.chain(studio.upgrade_url.iter().map(|url| Item::new("upgrade at", url))).collect()
    }

    /// What an act would do: its entries, what is left after it, and the same of the next renewal.
    pub(super) fn preview(&self, index: usize, who: &Who, ready: &Ready) -> Answer {
        let preview = preview(&self.wallets[index].wallet, &self.book, self.now, &ready.command);
        if let Err(refused) = &preview.answer.outcome {
            return refusal(refused);
        }
        let credit = |wallet: &Wallet, word: &str| looks::balances(self, wallet, who, word);
        let entry = |wallet: &Wallet, word: &str, entries: &[Entry]| -> Vec<Item> {
            let said = |entry: &Entry| Item::new(word, looks::entry_text(wallet, &entry.movement));
            entries.iter().map(said).collect()
        };
        let mut items = entry(&preview.after, "entry", &preview.entries);
        items.extend(credit(&preview.after, "then"));
        if let Some(renewal) = &preview.renewal {
            items.push(Item::new("renewal", when::write(renewal.at)));
            items.extend(entry(&renewal.after, "renewal entry", &renewal.entries));
            items.extend(credit(&renewal.after, "after renewal"));
        }
        Answer::of(items)
    }
}

fn said(reply: &Reply, wallet: &Wallet) -> Vec<Item> {
    match reply {
        Reply::Customer { created, .. } | Reply::Member { created, .. } => {
            vec![Item::new("created", if *created { "yes" } else { "no" })]
        }
        Reply::Grant(grant) => vec![granted(grant)],
        Reply::Hold(hold) => held(hold),
        Reply::Captured(captured) => {
            let charged = captured.charge.as_ref();
            let mut items = vec![
                Item::new("charged", charged.map_or(Credits::ZERO, |charge| charge.credits)),
                Item::new("released", captured.released),
                Item::new("shortfall", captured.shortfall),
                Item::new("still held", captured.hold.state.remaining()),
                Item::new("status", captured.hold.state.status.as_str()),
            ];
            items.extend(charged.into_iter().flat_map(drawn));
            items
        }
        Reply::Charge(charge) => charge_items(charge),
        Reply::Refund(refund) => {
            let mut items = vec![Item::new("refunded", refund.credits)];
            let draws = refund.draws.iter().map(|draw| (draw.bucket.as_str(), draw.amount));
            items.extend(by_bucket("to", draws));
            items
        }
        Reply::Subscription(subscription) => subscription_items(subscription),
        Reply::AddOn { subscription, id } => {
            let add_on = subscription.add_ons.iter().find(|add_on| add_on.id == *id);
            add_on.map(|add_on| Item::new("add-on", add_on_text(subscription, add_on))).into_iter().collect()
        }
        Reply::Granted(brought) => {
            let fresh = |grant: &Grant| wallet.grant(grant.id).cloned().unwrap_or_else(|| grant.clone());
            let mut items: Vec<Item> = brought.grants.iter().map(|grant| granted(&fresh(grant))).collect();
            let money = brought.paid.as_ref();
            items.extend(money.map(|paid| Item::new("paid", format!("{} {}", paid.amount(), paid.currency.code()))));
            items
        }
        Reply::Reversed(reversed) => {
            let mut items = vec![Item::new("taken back", reversed.taken_back), Item::new("owed", reversed.owed)];
            let money = reversed.amount.as_ref();
            items.extend(money.map(|paid| Item::new("money", format!("{} {}", paid.amount(), paid.currency.code()))));
            items
        }
        Reply::Touched => Vec::new(),
    }
}

/// `granted 100 top_up`, with its end where it has one.
fn granted(grant: &Grant) -> Item {
    let terms = &grant.terms;
    let until = terms.expires_at.map(|end| format!(" until {}", when::write(end))).unwrap_or_default();
    Item::new("granted", format!("{} {}{until}", terms.amount, terms.bucket))
}

pub(super) fn held(hold: &Hold) -> Vec<Item> {
    let state = &hold.state;
    let mut items = vec![
        Item::new("held", state.amount()),
        Item::new("captured", state.captured()),
        Item::new("released", state.released()),
        Item::new("still held", state.remaining()),
        Item::new("status", state.status.as_str()),
        Item::new("until", when::write(state.expires_at)),
    ];
    if state.stuck {
        items.push(Item::new("stuck", "yes"));
    }
    let draws = state.lines.iter().flat_map(|line| &line.draws);
    items.extend(by_bucket("from", draws.map(|draw| (draw.bucket.as_str(), draw.held))));
    items
}

pub(super) fn charge_items(charge: &Charge) -> Vec<Item> {
    let mut items = vec![
        Item::new("charged", charge.credits),
        Item::new("refunded", charge.refunded()),
        Item::new("version", charge.catalog_version),
    ];
    items.extend(drawn(charge));
    for line in &charge.lines {
        items.push(Item::new(format!("line {}", line.line + 1), line.credits));
    }
    items
}

fn drawn(charge: &Charge) -> Vec<Item> {
    by_bucket("from", charge.draws.iter().map(|draw| (draw.bucket.as_str(), draw.amount)))
}

/// `from subscription 3, from top_up 2`
fn by_bucket<'a>(word: &str, draws: impl Iterator<Item = (&'a str, Credits)>) -> Vec<Item> {
    let mut sums: BTreeMap<&str, Credits> = BTreeMap::new();
    for (bucket, amount) in draws {
        let sum = sums.entry(bucket).or_default();
        *sum = sum.checked_add(amount).unwrap_or(Credits::MAX);
    }
    let positive = sums.into_iter().filter(|(_, amount)| amount.is_positive());
    positive.map(|(bucket, amount)| Item::new(format!("{word} {bucket}"), amount)).collect()
}

pub(super) fn subscription_items(subscription: &Subscription) -> Vec<Item> {
    let mut items = vec![
        Item::new("plan", &subscription.plan.id),
        Item::new("interval", subscription.interval.as_str()),
        Item::new("status", subscription.status.as_str()),
        Item::new("seats", subscription.seats),
        Item::new("from", when::write(subscription.period_start)),
        Item::new("until", subscription.period_end.map_or("the first use".to_owned(), when::write)),
        Item::new("version", subscription.catalog_version),
        Item::new("ends", if subscription.ends { "yes" } else { "no" }),
    ];
    if let Some(next) = &subscription.next {
        items.push(Item::new("next", format!("{} {} {}", next.plan, next.interval.as_str(), next.seats)));
    }
    items
}

/// `3 team-unit`, `1 team-unit ends`
pub(super) fn add_on_text(subscription: &Subscription, add_on: &AddOn) -> String {
    let ends = match (add_on.ended_at, add_on.ends || subscription.ends) {
        (Some(_), _) => " ended",
        (None, true) => " ends",
        (None, false) => "",
    };
    format!("{} {}{ends}", add_on.units, add_on.terms.id)
}

pub(super) fn refusal(refusal: &Refusal) -> Answer {
    let resets = |at: &Option<scrip_ledger::Timestamp>| at.map(|at| Item::new("resets", when::write(at)));
    let more = match refusal {
        Refusal::NotFound { what } => vec![Item::new("what", what.as_str())],
        Refusal::InvalidInput { input, .. } => vec![Item::new("input", input)],
        Refusal::InsufficientCredits { required, available, held } => vec![
            Item::new("required", required),
            Item::new("available", available),
            Item::new("held", held),
            Item::new("shortfall", required.saturating_sub(*available)),
        ],
        Refusal::TooManyJobs { at_most } => vec![Item::new("at most", at_most)],
        Refusal::CountLimit { at_most, resets_at, .. } => {
            let mut items = vec![Item::new("at most", at_most)];
            items.extend(resets(resets_at));
            items
        }
        Refusal::SpendLimit { at_most, left, resets_at } | Refusal::MemberLimit { at_most, left, resets_at } => {
            let mut items = vec![Item::new("at most", at_most), Item::new("left", left)];
            items.extend(resets(resets_at));
            items
        }
        Refusal::Unknown { next_reset_at, .. } => {
            next_reset_at.map(|at| Item::new("next reset", when::write(at))).into_iter().collect()
        }
        Refusal::SeatTaken { by, .. } => vec![Item::new("member", by)],
        Refusal::BucketFull { at_most, .. } => vec![Item::new("at most", at_most)],
        Refusal::UnknownBucket { .. } => vec![Item::new("input", "bucket")],
        _ => Vec::new(),
    };
    Answer::refused(status(refusal), refusal.code(), more)
}
