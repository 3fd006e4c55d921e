//! An act of a scenario as a command of the ledger.

use std::sync::Arc;

use scrip_ledger::command::{
    AddOnNew, CancelAt, CaptureNew, ClaimNew, CustomerPut, Extension, GrantNew, HoldNew, MemberPut, Patch, PurchaseNew,
    RefundNew, RefundShare, ReversalNew, SubscriptionChange, SubscriptionNew, TransferNew,
};
use scrip_ledger::grant::GrantKind;
use scrip_ledger::id::{AddOnId, Fingerprint, GrantId, ObjectId, RequestKey, SubscriptionId, WalletId};
use scrip_ledger::plan::Interval;
use scrip_ledger::policy::{Outcome, Stage};
use scrip_ledger::{Act as Asks, Command, Credits, Currency, Money, Name, Timestamp};

use super::super::act::{self, Act, Asked, Capture, Job, Who};
use super::super::{Answer, Item, draft};
use super::jobs::Quoted;
use super::{CoreWorld, Failed};

/// A command, and what its answer is worded with.
pub(super) struct Ready {
    pub command: Command,
    pub quoted: Option<Quoted>,
}

impl CoreWorld {
    pub(super) fn command(&self, asked: &Asked) -> Result<Ready, Failed> {
        let mut quoted = None;
        let who = &asked.who;
        let customer = || Name::from(who.customer.as_str());
        let spending = || Arc::clone(self.catalog().spending());
        let act = match &asked.act {
            Act::Pass | Act::Quote(_) => Asks::Touch,
            Act::Join(join) => Asks::PutCustomer(Box::new(CustomerPut {
                parent: join.parent.as_deref().map(Name::from),
                zone: join.zone.as_deref().map_or(Patch::Keep, |zone| Patch::Set(Name::from(zone))),
                ..customer_put(who)
            })),
            Act::Enable(tools) => Asks::PutCustomer(Box::new(CustomerPut {
                tools: tools.as_ref().map_or(Patch::Clear, |tools| Patch::Set(names(tools))),
                ..customer_put(who)
            })),
            Act::Contract { plan, terms } => {
                let overrides = draft::overrides(plan, terms)?;
                let contracts = self.catalog().contracts(&overrides).map_err(invalid)?;
                Asks::PutCustomer(Box::new(CustomerPut {
                    overrides: Patch::Set(Name::from(overrides)),
                    contracts: Patch::Set(contracts),
                    ..customer_put(who)
                }))
            }
            Act::PutMember(put) => Asks::PutMember { customer: customer(), put: Box::new(self.member_put(put)?) },
            Act::RemoveMember { member } => {
                Asks::RemoveMember { customer: customer(), member: Name::from(member.as_str()) }
            }
            Act::Grant(grant) => Asks::Grant(Box::new(self.grant_new(who, grant)?)),
            Act::Void { grant } => {
                let grant = *self.named.grants.get(grant).ok_or_else(|| format!("there is no grant {grant}"))?;
                Asks::VoidGrant { grant, reason: None }
            }
            Act::Transfer { amount, bucket, to } => Asks::Transfer(Box::new(TransferNew {
                from: customer(),
                to: Name::from(to.as_str()),
                amount: credits(amount)?,
                bucket: Name::from(bucket.as_str()),
                reason: None,
                spending: spending(),
            })),
            Act::Hold { job, ttl } => {
                let mut hold = self.job(who, job, &mut quoted)?;
                hold.ttl = ttl.unwrap_or(hold.ttl);
                Asks::Hold(Box::new(hold))
            }
            Act::Charge(job) => Asks::Charge { job: Box::new(self.job(who, job, &mut quoted)?), cost: None },
            Act::Capture(capture) => self.capture(capture)?,
            Act::Release { hold } => Asks::Release { hold: self.hold_named(hold)?, reason: None },
            Act::Extend { hold, ttl, amount, line } => Asks::Extend {
                hold: self.hold_named(hold)?,
                by: Extension {
                    ttl: *ttl,
                    amount: amount.as_deref().map(credits).transpose()?,
                    line: line.map(|line| line.wrapping_sub(1)),
                    spending: spending(),
                },
            },
            Act::Refund { charge, amount, fraction, to } => {
                let id = self.named.charges.get(charge).copied();
                let charge = id.ok_or_else(|| format!("there is no charge {charge}"))?;
                let share = share(amount.as_deref(), fraction.as_deref())?;
                let to_bucket = to.as_deref().map(Name::from);
                Asks::Refund {
                    charge,
                    refund: Box::new(RefundNew { share, reason: None, to_bucket, spending: spending() }),
                }
            }
            plans => self.plan_act(who, plans)?,
        };
        let actor = Name::from(who.member.as_deref().unwrap_or(&who.customer));
        let request = asked.key.as_ref().map(|key| {
            let scope = format!("{} {key}", who.customer);
            (RequestKey(hash(&scope)), Fingerprint(hash(&format!("{:?}", asked.act))))
        });
        Ok(Ready { command: Command { request, actor, act }, quoted })
    }

    fn plan_act(&self, who: &Who, act: &Act) -> Result<Asks, Failed> {
        let customer = || Name::from(who.customer.as_str());
        Ok(match act {
            Act::Subscribe { plan, interval, seats, starts_at } => Asks::Subscribe(Box::new(SubscriptionNew {
                customer: customer(),
                plan: Name::from(plan.as_str()),
                interval: interval_of(interval)?,
                seats: *seats,
                starts_at: *starts_at,
            })),
            Act::Change(change) => Asks::ChangeSubscription {
                subscription: self.subscription(who, change.subscription.as_deref())?,
                change: SubscriptionChange {
                    plan: change.plan.as_deref().map(Name::from),
                    interval: change.interval.as_deref().map(interval_of).transpose()?,
                    seats: change.seats,
                    ends: change.ends,
                },
            },
            Act::Cancel { subscription, now } => Asks::CancelSubscription {
                subscription: self.subscription(who, subscription.as_deref())?,
                at: if *now { CancelAt::Now } else { CancelAt::PeriodEnd },
                reason: None,
            },
            Act::PastDue { subscription } => {
                Asks::PastDue { subscription: self.subscription(who, subscription.as_deref())? }
            }
            Act::Recover { subscription } => {
                Asks::Recover { subscription: self.subscription(who, subscription.as_deref())? }
            }
            Act::BuyAddOn { add_on, units, subscription } => {
                let named = subscription.as_deref().map(|name| self.subscription(who, Some(name))).transpose()?;
                Asks::BuyAddOn(Box::new(AddOnNew {
                    customer: customer(),
                    subscription: named,
                    add_on: Name::from(add_on.as_str()),
                    units: *units,
                }))
            }
            Act::EndAddOn { add_on } => Asks::EndAddOn { add_on: self.add_on(who, add_on)? },
            Act::Purchase { pack, paid } => Asks::Purchase(Box::new(PurchaseNew {
                customer: customer(),
                pack: Name::from(pack.as_str()),
                paid: paid.as_ref().map(money).transpose()?,
                reason: None,
            })),
            Act::Reverse { purchase, amount } => {
                let named = self.named.grants.get(purchase).copied();
                let purchase = named.ok_or_else(|| format!("there is no purchase {purchase}"))?;
                self.check_owner(who, purchase)?;
                let amount = amount.as_ref().map(money).transpose()?;
                Asks::ReversePurchase { purchase, reversal: Box::new(ReversalNew { amount, reason: None }) }
            }
            Act::Claim { promotion, code } => Asks::Claim(Box::new(ClaimNew {
                customer: customer(),
                promotion: Name::from(promotion.as_str()),
                code: code.as_deref().map(Name::from),
            })),
            other => return Err(Failed::Senseless(format!("{other:?} is no act on plans"))),
        })
    }

    /// A job as a hold, and what it was priced as.
    fn job(&self, who: &Who, job: &Job, quoted: &mut Option<Quoted>) -> Result<HoldNew, Failed> {
        let priced = match job {
            Job::Amount(amount) => return Ok(self.hold_amount(who, credits(amount)?)),
            Job::Quote(name) => {
                let known = self.named.quotes.get(name);
                known.ok_or_else(|| format!("there is no quote {name}"))?.clone()
            }
            Job::Lines { lines, envelope, says } => self.price(who, lines, *envelope, says)?,
        };
        let hold = self.hold_new(who, &priced);
        *quoted = Some(priced);
        Ok(hold)
    }

    fn capture(&self, capture: &Capture) -> Result<Asks, Failed> {
        let hold = self.hold_named(&capture.hold)?;
        let index = super::place_of(hold.wallet());
        let (asked, free_units) = self.asked_price(index, capture)?;
        let new = CaptureNew {
            outcome: capture.outcome.as_deref().map_or(Ok(Outcome::Succeeded), outcome)?,
            line: capture.line.map(|line| line.wrapping_sub(1)),
            asked,
            delivered: capture.delivered,
            is_final: capture.last,
            stage: match capture.stage.as_deref() {
                None => None,
                Some("queued") => Some(Stage::Queued),
                Some("running") => Some(Stage::Running),
                Some(other) => return Err(Failed::Senseless(format!("{other:?} is no stage"))),
            },
            free_units,
            cost: None,
            spending: Arc::clone(self.catalog().spending()),
        };
        Ok(Asks::Capture { hold, capture: Box::new(new) })
    }

    /// A purchase is found at the customer that it is of.
    fn check_owner(&self, who: &Who, purchase: GrantId) -> Result<(), Failed> {
        let wallet = &self.wallets[super::place_of(purchase.wallet())].wallet;
        let pool = wallet.grant(purchase).map(|grant| grant.terms.pool);
        let is_pack = wallet.grant(purchase).is_some_and(|grant| grant.terms.kind == GrantKind::Pack);
        match pool.is_some() && is_pack && wallet.pool_of(&who.customer) == pool {
            true => Ok(()),
            false => Err(Failed::Refused(Answer::refused(404, "not_found", vec![Item::new("what", "purchase")]))),
        }
    }

    fn hold_named(&self, name: &str) -> Result<scrip_ledger::id::HoldId, Failed> {
        self.named.holds.get(name).copied().ok_or_else(|| Failed::Senseless(format!("there is no hold {name}")))
    }

    /// The subscription of that name, or the customer's last that has not ended.
    pub(super) fn subscription(&self, who: &Who, name: Option<&str>) -> Result<SubscriptionId, Failed> {
        if let Some(name) = name {
            let known = self.named.subscriptions.get(name).copied();
            return known.ok_or_else(|| Failed::Senseless(format!("there is no subscription {name}")));
        }
        let wallet = &self.wallets[self.index_of(&who.customer)?].wallet;
        let pool = wallet.pool_of(&who.customer);
        let mut own = wallet.subscriptions.values().filter(|subscription| Some(subscription.pool) == pool);
        let live = own.clone().rfind(|subscription| !subscription.has_ended());
        let last = live.or_else(|| own.next_back()).map(|subscription| subscription.id);
        Ok(last.unwrap_or(SubscriptionId(nowhere())))
    }

    /// The add-on that was called so, or the customer's last of that kind that has not ended.
    fn add_on(&self, who: &Who, name: &str) -> Result<AddOnId, Failed> {
        if let Some(id) = self.named.add_ons.get(name) {
            return Ok(*id);
        }
        let wallet = &self.wallets[self.index_of(&who.customer)?].wallet;
        let pool = wallet.pool_of(&who.customer);
        let own = wallet.subscriptions.values().filter(|subscription| Some(subscription.pool) == pool);
        let all = own.flat_map(|subscription| &subscription.add_ons);
        let mut kind = all.filter(|add_on| add_on.terms.id.as_str() == name && add_on.ended_at.is_none());
        let open = kind.clone().rfind(|add_on| !add_on.ends);
        Ok(open.or_else(|| kind.next_back()).map_or(AddOnId(nowhere()), |add_on| add_on.id))
    }

    fn member_put(&self, put: &act::MemberPut) -> Result<MemberPut, Failed> {
        let limits = draft::limits(&put.limits)?;
        let caps = limits.as_deref().map(|limits| self.catalog().member_limits(limits).map_err(invalid)).transpose()?;
        Ok(MemberPut {
            id: Name::from(put.member.as_str()),
            role: put.role.as_deref().map_or(Patch::Keep, |role| Patch::Set(Name::from(role))),
            seat: match put.seat {
                None => Patch::Keep,
                Some(None) => Patch::Clear,
                Some(Some(seat)) => Patch::Set(seat),
            },
            limits: limits.map_or(Patch::Keep, |limits| Patch::Set(Name::from(limits))),
            caps: caps.map_or(Patch::Keep, Patch::Set),
        })
    }

    fn grant_new(&self, who: &Who, grant: &act::Grant) -> Result<GrantNew, Failed> {
        Ok(GrantNew {
            customer: Name::from(who.customer.as_str()),
            kind: GrantKind::Manual,
            bucket: Name::from(grant.bucket.as_str()),
            amount: credits(&grant.amount)?,
            effective_at: grant.starts_at,
            expires_at: grant.expires_at,
            priority: grant.priority,
            only_tools: grant.only_tools.as_deref().map(names),
            paid: grant.paid.as_ref().map(money).transpose()?,
            reason: grant.reason.as_deref().map(Name::from),
            spending: Arc::clone(self.catalog().spending()),
        })
    }
}

fn customer_put(who: &Who) -> CustomerPut {
    CustomerPut {
        id: Name::from(who.customer.as_str()),
        parent: None,
        name: Patch::Keep,
        email: Patch::Keep,
        zone: Patch::Keep,
        tools: Patch::Keep,
        overrides: Patch::Keep,
        contracts: Patch::Keep,
        metadata: Patch::Keep,
    }
}

/// Terms that the catalog does not understand.
fn invalid(wrong: Vec<scrip_catalog::Diagnostic>) -> Failed {
    let said = wrong.iter().map(|diagnostic| Item::new("because", diagnostic)).collect();
    Failed::Refused(Answer::refused(422, "invalid_input", said))
}

pub(super) fn credits(text: &str) -> Result<Credits, String> {
    text.parse().map_err(|_| format!("{text:?} is not an amount"))
}

fn money(money: &act::Money) -> Result<Money, String> {
    let currency = Currency::parse(&money.currency).ok_or_else(|| format!("{:?} is no currency", money.currency))?;
    Money::parse(&money.amount, currency).map_err(|_| format!("{:?} is no amount of money", money.amount))
}

fn interval_of(word: &str) -> Result<Interval, String> {
    let found = Interval::ALL.into_iter().find(|interval| interval.key() == word);
    found.ok_or_else(|| format!("{word:?} is not one of {}", act::INTERVALS.join(", ")))
}

fn outcome(word: &str) -> Result<Outcome, String> {
    Ok(match word {
        "succeeded" => Outcome::Succeeded,
        "failed" => Outcome::Failed,
        "moderated" => Outcome::Moderated,
        "canceled" => Outcome::Canceled,
        "partial" => Outcome::Partial,
        "timed_out" => Outcome::TimedOut,
        "unknown" => Outcome::Unknown,
        _ => return Err(format!("{word:?} is no outcome")),
    })
}

fn share(amount: Option<&str>, fraction: Option<&str>) -> Result<RefundShare, String> {
    Ok(match (amount, fraction) {
        (Some(amount), _) => RefundShare::Amount(credits(amount)?),
        (None, Some(fraction)) => {
            let millionths = credits(fraction)?.micro().unsigned_abs();
            RefundShare::Fraction { numerator: millionths, denominator: 1_000_000 }
        }
        (None, None) => RefundShare::Rest,
    })
}

fn names(list: &[String]) -> Vec<Name> {
    list.iter().map(|text| Name::from(text.as_str())).collect()
}

/// The id of an object that nobody made.
fn nowhere() -> ObjectId {
    ObjectId::new(Timestamp::from_micros(0), WalletId::new(0).expect("zero fits"), u32::MAX)
}

/// FNV-1a over 128 bits: keys and requests need to differ, not to be secret.
fn hash(text: &str) -> u128 {
    text.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash: u128, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    })
}
