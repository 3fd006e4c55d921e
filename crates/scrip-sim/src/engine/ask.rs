//! A table's act as a command of the ledger.

use std::sync::Arc;

use scrip_ledger::command::{
    Asked, CaptureNew, CustomerPut, Extension, GrantNew, HoldNew, LineNew, MemberPut, Patch, Promise, RefundNew,
    RefundShare, TransferNew,
};
use scrip_ledger::grant::GrantKind;
use scrip_ledger::id::{Fingerprint, ObjectId, RequestKey, WalletId};
use scrip_ledger::policy::{
    BucketTerms, JobPolicy, LateCapture, Outcome, OutcomeCharge, OutcomePolicy, OverCapture, ReleasedAfterExpiry,
    ShortBalance, Spending, Stage,
};
use scrip_ledger::{Act as Asks, Command, Credits, Currency, Money, Name, Span, Timestamp};

use super::Engine;
use crate::script::{self, Act, AfterExpiry, Capture, Job, Over, Policy, Settings, Share};

impl Engine {
    pub(super) fn command(&self, settings: &Settings, act: &Act, key: Option<&str>) -> Command {
        let request = key.map(|key| (RequestKey(hash(key)), Fingerprint(hash(&act.to_string()))));
        Command { request, actor: Name::from("table"), act: self.asks(settings, act) }
    }

    fn asks(&self, settings: &Settings, act: &Act) -> Asks {
        match act {
            Act::Customer { id, parent, tools } => Asks::PutCustomer(Box::new(CustomerPut {
                id: name(id),
                parent: parent.as_deref().map(name),
                name: Patch::Keep,
                email: Patch::Keep,
                zone: Patch::Keep,
                tools: match tools {
                    None => Patch::Keep,
                    Some(None) => Patch::Clear,
                    Some(Some(tools)) => Patch::Set(names(tools)),
                },
                overrides: Patch::Keep,
                contracts: Patch::Keep,
                metadata: Patch::Keep,
            })),
            Act::Member { customer, id } => {
                let put = MemberPut {
                    id: name(id),
                    role: Patch::Keep,
                    seat: Patch::Keep,
                    limits: Patch::Keep,
                    caps: Patch::Keep,
                };
                Asks::PutMember { customer: name(customer), put: Box::new(put) }
            }
            Act::RemoveMember { customer, id } => Asks::RemoveMember { customer: name(customer), member: name(id) },
            Act::Grant(grant) => Asks::Grant(Box::new(grant_new(settings, grant))),
            Act::Void { grant } => {
                let grant = self.named.get(grant).copied().unwrap_or(scrip_ledger::id::GrantId(nowhere()));
                Asks::VoidGrant { grant, reason: None }
            }
            Act::Transfer { from, to, amount, bucket } => Asks::Transfer(Box::new(TransferNew {
                from: name(from),
                to: name(to),
                amount: Credits::from_micro(*amount),
                bucket: name(bucket),
                reason: None,
                spending: Arc::new(spending(settings)),
            })),
            Act::Hold(job) => Asks::Hold(Box::new(hold_new(settings, job))),
            Act::Charge(job) => Asks::Charge { job: Box::new(hold_new(settings, job)), cost: None },
            Act::Extend { hold, ttl_us, amount, line } => Asks::Extend {
                hold: self.hold_id(hold),
                by: Extension {
                    ttl: ttl_us.map(Span::from_micros),
                    amount: amount.map(Credits::from_micro),
                    line: line.map(index),
                    spending: Arc::new(spending(settings)),
                },
            },
            Act::Capture(capture) => {
                let hold = self.hold_id(&capture.hold);
                Asks::Capture { hold, capture: Box::new(capture_new(settings, capture)) }
            }
            Act::Release { hold } => Asks::Release { hold: self.hold_id(hold), reason: None },
            Act::Refund { charge, share, to, .. } => Asks::Refund {
                charge: self.charges.get(charge).copied().unwrap_or(scrip_ledger::id::ChargeId(nowhere())),
                refund: Box::new(RefundNew {
                    share: match share {
                        script::RefundShare::All => RefundShare::Rest,
                        script::RefundShare::Amount(amount) => RefundShare::Amount(Credits::from_micro(*amount)),
                        script::RefundShare::Fraction(numerator, denominator) => {
                            RefundShare::Fraction { numerator: *numerator, denominator: *denominator }
                        }
                    },
                    reason: None,
                    to_bucket: to.as_deref().map(name),
                    spending: Arc::new(spending(settings)),
                }),
            },
            Act::Touch { .. } => Asks::Touch,
        }
    }

    fn hold_id(&self, hold: &str) -> scrip_ledger::id::HoldId {
        self.holds.get(hold).copied().unwrap_or(scrip_ledger::id::HoldId(nowhere()))
    }
}

fn name(text: &str) -> Name {
    Name::from(text)
}

fn names(list: &[String]) -> Vec<Name> {
    list.iter().map(|text| name(text)).collect()
}

/// The id of an object that no table made.
fn nowhere() -> ObjectId {
    ObjectId::new(Timestamp::from_micros(0), WalletId::new(0).expect("zero fits"), u32::MAX)
}

/// Lines count from 1 in a table.
fn index(line: u16) -> u16 {
    line.checked_sub(1).unwrap_or(u16::MAX)
}

/// FNV-1a over 128 bits: keys, quotes and requests need to differ, not to be secret.
fn hash(text: &str) -> u128 {
    text.bytes().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash: u128, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    })
}

pub(super) fn spending(settings: &Settings) -> Spending {
    let terms = |bucket: &script::Bucket| BucketTerms {
        only_tools: bucket.only.as_deref().map(names),
        at_most: bucket.at_most.map(Credits::from_micro),
        transferable: !bucket.stays,
        ..BucketTerms::plain(&bucket.name, &bucket.currency)
    };
    Spending::in_order(settings.buckets.iter().map(terms).collect())
}

fn grant_new(settings: &Settings, grant: &script::Grant) -> GrantNew {
    let usd = Currency::parse("usd").expect("a currency");
    GrantNew {
        customer: name(&grant.customer),
        kind: GrantKind::Manual,
        bucket: name(&grant.bucket),
        amount: Credits::from_micro(grant.amount),
        effective_at: grant.starts_us.map(Timestamp::from_micros),
        expires_at: grant.expires_us.map(Timestamp::from_micros),
        priority: grant.priority,
        only_tools: grant.only.as_deref().map(names),
        paid: grant.paid_cents.map(|minor| Money { minor, currency: usd }),
        reason: None,
        spending: Arc::new(spending(settings)),
    }
}

fn hold_new(settings: &Settings, job: &Job) -> HoldNew {
    let line = |line: &script::Line| LineNew {
        label: None,
        tool: line.tool.as_deref().map(name),
        model: None,
        quantity: 1,
        inputs: name("{}"),
        open_inputs: line.open.as_deref().map(name).into_iter().collect(),
        amount: Credits::from_micro(line.amount),
        policy: Arc::new(policy(settings.decimals, settings.policy_of(line.tool.as_deref()))),
    };
    let promise = |(quote, until): &(String, i64)| Promise {
        quote: name(quote),
        mark: hash(quote),
        expires_at: Timestamp::from_micros(*until),
    };
    HoldNew {
        customer: name(&job.customer),
        member: job.member.as_deref().map(name),
        currency: name(&job.currency),
        lines: job.lines.iter().map(line).collect(),
        envelope: job.envelope,
        promise: job.quote.as_ref().map(promise),
        facts: None,
        catalog_version: 1,
        ttl: Span::from_micros(job.ttl_us),
        reference: None,
        metadata: Vec::new(),
        spending: Arc::new(spending(settings)),
    }
}

fn capture_new(settings: &Settings, capture: &Capture) -> CaptureNew {
    CaptureNew {
        outcome: outcome(&capture.outcome),
        line: capture.line.map(index),
        asked: match capture.asked {
            script::Asked::Held => Asked::Held,
            script::Asked::Amount(amount) => Asked::Amount(Credits::from_micro(amount)),
            script::Asked::Measured(amount) => {
                Asked::Measured { amount: Credits::from_micro(amount), inputs: name("{}") }
            }
        },
        delivered: capture.delivered,
        is_final: capture.last,
        cost: None,
        stage: capture.queued.then_some(Stage::Queued),
        free_units: None,
        spending: Arc::new(spending(settings)),
    }
}

fn outcome(word: &str) -> Outcome {
    match word {
        "failed" => Outcome::Failed,
        "moderated" => Outcome::Moderated,
        "canceled" => Outcome::Canceled,
        "partial" => Outcome::Partial,
        "timed_out" => Outcome::TimedOut,
        "unknown" => Outcome::Unknown,
        _ => Outcome::Succeeded,
    }
}

fn policy(decimals: u8, policy: &Policy) -> JobPolicy {
    let share = |share: Share| match share {
        Share::Nothing => OutcomeCharge::Nothing,
        Share::Full => OutcomeCharge::Full,
        Share::Delivered => OutcomeCharge::Delivered,
        Share::Of(millionths) => OutcomeCharge::Share(millionths),
    };
    let [failed_queued, moderated_queued, canceled_queued, timed_out_queued] = policy.queued.map(|of| of.map(share));
    let [failed, moderated, canceled, timed_out, partial] = policy.outcomes.map(share);
    JobPolicy {
        decimals,
        over_capture: match policy.over_capture {
            Over::Cap => OverCapture::Cap,
            Over::Reject => OverCapture::Reject,
            Over::ChargeAvailable => OverCapture::ChargeAvailable,
            Over::AllowDebt(limit) => OverCapture::AllowDebt { limit: limit.map(Credits::from_micro) },
        },
        late_capture: if policy.late_capture { LateCapture::ChargeAvailable } else { LateCapture::Refuse },
        released_after_expiry: match policy.after_expiry {
            AfterExpiry::Expire => ReleasedAfterExpiry::Expire,
            AfterExpiry::Grace(span) => ReleasedAfterExpiry::Grace(Span::from_micros(span)),
            AfterExpiry::Restore => ReleasedAfterExpiry::Restore,
        },
        outcomes: OutcomePolicy {
            failed,
            moderated,
            canceled,
            timed_out,
            partial,
            failed_queued,
            moderated_queued,
            canceled_queued,
            timed_out_queued,
        },
        unknown_ttl: Span::from_micros(policy.unknown_ttl_us),
        earns: Vec::new(),
        short_balance: ShortBalance::Refuse,
    }
}
