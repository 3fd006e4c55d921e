//! What can be seen of a wallet.

use std::collections::BTreeMap;
use std::sync::Arc;

use scrip_catalog::Tool;
use scrip_ledger::change::Change;
use scrip_ledger::customer::PoolId;
use scrip_ledger::entry::Movement;
use scrip_ledger::grant::{Grant, Payer};
use scrip_ledger::limits::Spends;
use scrip_ledger::seat::Spender;
use scrip_ledger::subscription::{AddOn, Subscription};
use scrip_ledger::{Credits, Money, Name, Timestamp, Wallet};

use super::super::Item;
use super::super::act::Who;
use super::super::look::{self, Look, Part, What};
use super::super::when;
use super::CoreWorld;
use super::answers;

pub(super) fn look(world: &CoreWorld, look: &Look) -> Result<Vec<Item>, String> {
    if look.what == What::RateCard {
        let card = serde_json::to_value(world.catalog().rate_card()).map_err(|wrong| wrong.to_string())?;
        return Ok(look::rate_card(&card));
    }
    let index = *world.customers.get(&look.who.customer).ok_or("nobody is looked at yet")?;
    let seen = Seen { world, index, who: &look.who };
    let wallet = &world.wallets[index].wallet;
    Ok(match &look.what {
        What::Balance { part, at } => seen.balance(*part, *at),
        What::Wallet { at } => seen.sums(*at),
        What::Entries => seen.movements().map(|moved| Item::whole(seen.entry(moved))).collect(),
        What::History => {
            let dated = |moved: &Movement| format!("{} {}", when::write(moved.at), seen.entry(moved));
            seen.movements().map(|moved| Item::whole(dated(moved))).collect()
        }
        What::Grants => seen.grants().iter().map(|grant| Item::whole(grant_text(grant))).collect(),
        What::NextReset => {
            let all = wallet.customers.iter().map(|customer| customer.pool);
            let pools: Vec<PoolId> = all.filter(|pool| seen.shows_pool(*pool)).collect();
            world.next_reset(wallet, &pools).map(|at| Item::whole(when::write(at))).into_iter().collect()
        }
        What::ExpiringNext => seen.expiring_next(),
        What::Subscription(name) => {
            let id = world.subscription(&look.who, name.as_deref()).map_err(|_| "there is no such subscription")?;
            let items = |subscription: &Arc<Subscription>| {
                let mut items = answers::subscription_items(subscription);
                let profile = wallet.customer(&look.who.customer).and_then(|customer| customer.profile.as_ref());
                let contracts = profile.map_or(&[][..], |profile| &profile.contracts);
                let next = subscription.next_charge(&world.book, contracts);
                let paid = |money: Money| format!("{} {}", money.amount(), money.currency.code());
                items.extend(next.map(|next| {
                    Item::new("next charge", format!("{} at {}", paid(next.amount), when::write(next.at)))
                }));
                items
            };
            let found = wallet.subscriptions.get(&id).map(items);
            found.unwrap_or_else(|| vec![Item::new("status", "none")])
        }
        What::AddOns => {
            let text = |(subscription, add_on): (&Subscription, &AddOn)| {
                Item::whole(answers::add_on_text(subscription, add_on))
            };
            let all = seen.subscriptions().flat_map(|one| one.add_ons.iter().map(move |add_on| (one, add_on)));
            all.filter(|(_, add_on)| add_on.ended_at.is_none()).map(text).collect()
        }
        What::Buys => seen.buys(),
        What::Hold(name) => {
            let id = world.named.holds.get(name).ok_or_else(|| format!("there is no hold {name}"))?;
            answers::held(wallet.hold(*id).ok_or("the hold is in another wallet")?)
        }
        What::Charge(name) => {
            let id = world.named.charges.get(name).ok_or_else(|| format!("there is no charge {name}"))?;
            answers::charge_items(wallet.charge(*id).ok_or("the charge is in another wallet")?)
        }
        What::Usage(by) => seen.usage(by)?,
        What::RateCard => Vec::new(),
        What::Events | What::Explain => return Err("the core alone has nothing to look at there".to_owned()),
    })
}

impl CoreWorld {
    /// When a plan next grants something in the studio's own credit.
    pub(super) fn next_reset(&self, wallet: &Wallet, pools: &[PoolId]) -> Option<Timestamp> {
        let credit = &self.catalog().studio().credit.id;
        let own = self.catalog().buckets().iter().filter(|bucket| bucket.currency == *credit);
        let next = own.filter_map(|bucket| wallet.next_reset_at(pools, &bucket.id));
        next.filter(|at| self.now < *at).min()
    }
}

/// A customer's view of its wallet: its own pool and those it belongs to; the root sees all.
struct Seen<'w> {
    world: &'w CoreWorld,
    index: usize,
    who: &'w Who,
}

impl<'w> Seen<'w> {
    fn wallet(&self) -> &'w Wallet {
        &self.world.wallets[self.index].wallet
    }

    fn pools(&self) -> Vec<PoolId> {
        let pool = self.wallet().pool_of(&self.who.customer);
        pool.map(|pool| self.wallet().pools_of(pool)).unwrap_or_default()
    }

    fn shows(&self, grant: &Grant) -> bool {
        self.shows_pool(grant.terms.pool)
    }

    fn shows_pool(&self, pool: PoolId) -> bool {
        let pools = self.pools();
        let all = pools == [PoolId::ROOT] && self.who.member.is_none();
        all || pools.contains(&pool)
    }

    fn grants(&self) -> Vec<&'w Grant> {
        let mut grants: Vec<&Grant> =
            self.wallet().grants.iter().filter(|grant| !grant.is_settled() && self.shows(grant)).collect();
        let spending = self.world.catalog().spending();
        grants.sort_by_key(|grant| {
            let end = grant.terms.expires_at.unwrap_or(Timestamp::MAX);
            (spending.rank(&grant.terms.bucket), grant.terms.priority, end, grant.id)
        });
        grants
    }

    fn subscriptions(&self) -> impl Iterator<Item = &'w scrip_ledger::subscription::Subscription> {
        let pools = self.pools();
        let all = self.wallet().subscriptions.values();
        all.filter(move |subscription| pools.contains(&subscription.pool)).map(|subscription| &**subscription)
    }

    /// Grants as they stand, or as they stood: the fold of the records up to then.
    fn grants_at(&self, at: Option<Timestamp>) -> Vec<Grant> {
        let Some(at) = at else { return self.wallet().grants.clone() };
        let kept = &self.world.wallets[self.index];
        let mut then = Wallet::new(kept.wallet.id, kept.wallet.studio);
        for record in kept.records.iter().take_while(|record| record.at <= at) {
            then.absorb(record);
        }
        // What falls due between two records is written by the later one, at its own instant.
        let late = kept.records.iter().find(|record| at < record.at);
        if let Some(late) = late {
            let mut part = late.clone();
            part.changes.retain(|change| match change {
                Change::Entry(entry) => entry.movement.at <= at,
                Change::GrantIssued { terms, .. } => terms.created_at <= at,
                _ => false,
            });
            then.absorb(&part);
        }
        then.grants
    }

    fn balance(&self, part: Part, at: Option<Timestamp>) -> Vec<Item> {
        let amount = |grant: &Grant| match part {
            Part::Posted => grant.balance.posted(),
            Part::Available => grant.balance.available,
            Part::Held => grant.balance.held,
            Part::Frozen => grant.balance.frozen,
        };
        let grants = self.grants_at(at);
        let shown = grants.iter().filter(|grant| self.shows(grant) && !grant.is_debt());
        by_bucket(self.world, shown.map(|grant| (&grant.terms.bucket, amount(grant))))
    }

    /// Sums of the studio's own credit.
    fn sums(&self, at: Option<Timestamp>) -> Vec<Item> {
        let credit = &self.world.catalog().studio().credit.id;
        let grants = self.grants_at(at);
        let own = || grants.iter().filter(|grant| grant.terms.currency == *credit && self.shows(grant));
        let spendable = || own().filter(|grant| !grant.is_debt());
        vec![
            Item::new("posted", spendable().map(|grant| grant.balance.posted()).sum::<Credits>()),
            Item::new("available", spendable().map(|grant| grant.balance.available).sum::<Credits>()),
            Item::new("held", spendable().map(|grant| grant.balance.held).sum::<Credits>()),
            Item::new("frozen", spendable().map(|grant| grant.balance.frozen).sum::<Credits>()),
            Item::new("debt", own().map(Grant::owed).sum::<Credits>()),
        ]
    }

    fn movements(&self) -> impl Iterator<Item = &Movement> {
        let wallet = self.wallet();
        let all = self.world.wallets[self.index].changes().filter_map(|change| match change {
            Change::Entry(entry) => Some(&entry.movement),
            _ => None,
        });
        // A group sees what happens to its own credits, and what its own jobs do to those it may spend.
        let pool = wallet.pool_of(&self.who.customer);
        let own_grant = move |moved: &Movement| wallet.grant(moved.grant).map(|grant| grant.terms.pool) == pool;
        let own_job = move |moved: &Movement| {
            let hold = moved.hold.and_then(|hold| wallet.hold(hold));
            hold.is_some_and(|hold| Some(hold.terms.pool) == pool)
        };
        all.filter(move |moved| pool == Some(PoolId::ROOT) || own_grant(moved) || own_job(moved))
    }

    fn entry(&self, moved: &Movement) -> String {
        entry_text(self.wallet(), moved)
    }

    fn expiring_next(&self) -> Vec<Item> {
        let ending: Vec<&Grant> =
            self.grants().into_iter().filter(|grant| grant.balance.available.is_positive()).collect();
        let Some(end) = ending.iter().filter_map(|grant| grant.terms.expires_at).min() else { return Vec::new() };
        let first = ending.iter().filter(|grant| grant.terms.expires_at == Some(end)).collect::<Vec<_>>();
        let bucket = &first[0].terms.bucket;
        let same = first.iter().filter(|grant| grant.terms.bucket == *bucket);
        let credits: Credits = same.map(|grant| grant.balance.available).sum();
        vec![Item::whole(format!("{credits} {bucket} {}", when::write(end)))]
    }

    /// What can be bought, of the tools that are enabled.
    fn buys(&self) -> Vec<Item> {
        let catalog = self.world.catalog();
        let (wallet, pools) = (self.wallet(), self.pools());
        let member = self.who.member.as_deref().map(Name::from);
        let pool = pools.first().copied().unwrap_or(PoolId::ROOT);
        let by = Spender::of(wallet, pool, member.as_ref());
        let profile = wallet.customer(&self.who.customer).and_then(|customer| customer.profile.as_ref());
        let enabled = profile.and_then(|profile| profile.tools.as_ref());
        let book = &self.world.book;
        let available = |tool: &Tool| {
            let (spending, currency) = (catalog.spending(), tool.currency.as_str());
            let payer = Payer { pools: &pools, tool: Some(&tool.id), currency, spending, by };
            let (tools, terms) = ([Some(&tool.id)], book.at(self.world.now).map(|terms| &**terms));
            let spends = Spends { pool, member: member.as_ref(), tools: &tools, currency };
            let left = wallet.spend_left(&spends, terms, self.world.now).unwrap_or(Credits::MAX);
            wallet.available_for(&payer, self.world.now).min(left)
        };
        let tools: Vec<&str> = catalog.tools().iter().map(|tool| tool.id.as_str()).collect();
        let tools: Vec<&str> = (tools.into_iter())
            .filter(|tool| enabled.is_none_or(|enabled| enabled.iter().any(|name| name.as_str() == *tool)))
            .collect();
        let bought = catalog.affordability(available, Some(&tools));
        let shown = |bought: &scrip_catalog::Affordable| {
            let model = bought.model.as_ref().map(|model| format!("/{model}")).unwrap_or_default();
            let quantity = bought.quantity.as_deref().unwrap_or("any number of");
            Item::new(format!("{}{model}", bought.tool), format!("{quantity} {}", bought.unit))
        };
        bought.iter().map(shown).collect()
    }

    fn usage(&self, by: &str) -> Result<Vec<Item>, String> {
        let mut sums: BTreeMap<String, Credits> = BTreeMap::new();
        for charge in self.wallet().charges.values() {
            let key = match by {
                "member" => charge.member.as_ref().map_or("nobody".to_owned(), ToString::to_string),
                "tool" => {
                    let tool = charge.lines.first().and_then(|line| line.tool.as_ref());
                    tool.map_or("none".to_owned(), ToString::to_string)
                }
                _ => return Err(format!("usage by {by:?}: say tool or member")),
            };
            let sum = sums.entry(key).or_default();
            *sum = sum.checked_add(charge.credits).unwrap_or(Credits::MAX);
        }
        Ok(sums.into_iter().map(|(key, credits)| Item::new(key, credits)).collect())
    }
}

/// `100 subscription until 2026-02-28 10:00`
fn grant_text(grant: &Grant) -> String {
    let terms = &grant.terms;
    if grant.is_debt() {
        return format!("{} owed", grant.owed());
    }
    let left = grant.balance.posted();
    let end = terms.expires_at.map_or("never".to_owned(), when::write);
    let frozen = grant.balance.frozen;
    let frozen = if frozen.is_positive() { format!(" and {frozen} frozen") } else { String::new() };
    format!("{left} {}{frozen} until {end}", terms.bucket)
}

/// `expire 70 subscription`
pub(super) fn entry_text(wallet: &Wallet, moved: &Movement) -> String {
    let bucket = wallet.grant(moved.grant).map_or("gone", |grant| grant.terms.bucket.as_str());
    format!("{} {} {bucket}", moved.kind.as_str(), moved.amount)
}

/// What a wallet would have, by bucket: `then subscription 100`.
pub(super) fn balances(world: &CoreWorld, wallet: &Wallet, who: &Who, word: &str) -> Vec<Item> {
    let pools = wallet.pool_of(&who.customer).map(|pool| wallet.pools_of(pool)).unwrap_or_default();
    let own = wallet.grants.iter().filter(|grant| !grant.is_debt() && pools.contains(&grant.terms.pool));
    let sums = by_bucket(world, own.map(|grant| (&grant.terms.bucket, grant.balance.posted())));
    sums.into_iter().map(|item| Item::new(format!("{word} {}", item.key), &item.text[item.key.len() + 1..])).collect()
}

/// Sums in the order of the catalog; what it no longer names comes last.
fn by_bucket<'g>(world: &CoreWorld, amounts: impl Iterator<Item = (&'g Name, Credits)>) -> Vec<Item> {
    let mut sums: BTreeMap<&str, Credits> = BTreeMap::new();
    for (bucket, amount) in amounts {
        let sum = sums.entry(bucket).or_default();
        *sum = sum.checked_add(amount).unwrap_or(Credits::MAX);
    }
    let known = world.catalog().buckets().iter().map(|bucket| bucket.id.as_str());
    let mut items: Vec<Item> = known.map(|bucket| Item::new(bucket, sums.remove(bucket).unwrap_or_default())).collect();
    items.extend(sums.into_iter().map(|(bucket, amount)| Item::new(bucket, amount)));
    items
}
