//! Refunds: giving back what was captured, to the grants it came from.

use minicbor::{Decode, Encode};

use crate::amount::Credits;
use crate::charge::{Charge, ChargeDraw};
use crate::command::{RefundNew, RefundShare};
use crate::earn;
use crate::entry::{EntryKind, Place};
use crate::grant::{Grant, GrantKind, GrantTerms};
use crate::id::{ChargeId, GrantId, Name, RefundId};
use crate::policy::{JobPolicy, ReleasedAfterExpiry};
use crate::refusal::{Missing, Refusal};
use crate::reply::Reply;
use crate::time::Timestamp;
use crate::wallet::Recorder;

/// What was given back of a charge.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Refund {
    #[n(0)]
    pub id: RefundId,
    #[n(1)]
    pub charge: ChargeId,
    #[n(2)]
    pub credits: Credits,
    /// Where they went: the grants that they came from, or one in another bucket.
    #[n(3)]
    pub draws: Vec<RefundDraw>,
    #[n(4)]
    pub reason: Option<Name>,
    #[n(5)]
    pub created_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RefundDraw {
    #[n(0)]
    pub grant: GrantId,
    #[n(1)]
    pub bucket: Name,
    #[n(2)]
    pub amount: Credits,
}

/// Gives back a charge or a part of it: what was spent last first, never more in all than was charged.
///
/// Refusals: `not_found` (charge); `unknown_bucket`; `invalid_input` (a bucket of another currency);
/// `invalid_amount` (a share that comes to nothing); `refund_exceeds_charge`; `invalid_amount` (more than a
/// wallet can count). MISSION A09, section 10 (support 4).
pub(crate) fn refund(rec: &mut Recorder<'_>, id: ChargeId, new: &RefundNew) -> Result<Reply, Refusal> {
    let charge = rec.wallet.charge(id).ok_or(Refusal::NotFound { what: Missing::Charge })?.clone();
    if let Some(to_bucket) = &new.to_bucket {
        let bucket = new.spending.known_bucket(to_bucket)?;
        if bucket.currency != charge.currency {
            return Err(Refusal::invalid("to_bucket", "counts in another currency than the charge"));
        }
    }
    let amount = asked(&charge, new.share, decimals_of(rec, &charge))?;
    rec.wallet.room_for(amount)?;
    // From here on this must succeed.
    let refund = RefundId(rec.next_id());
    rec.context.hold = Some(charge.hold);
    rec.context.charge = Some(id);
    rec.context.refund = Some(refund);
    rec.reason = new.reason.clone();
    let parts = last_spent_first(&charge, amount);
    let mut refunded: Vec<Credits> = charge.draws.iter().map(|draw| draw.refunded).collect();
    for (index, part) in &parts {
        refunded[*index] = refunded[*index].checked_add(*part).expect("within the charge");
    }
    let draws = match &new.to_bucket {
        Some(bucket) => rec.return_elsewhere(&charge, &parts, bucket),
        None => rec.return_to_sources(&charge, &parts),
    };
    let refund =
        Refund { id: refund, charge: id, credits: amount, draws, reason: new.reason.clone(), created_at: rec.at };
    rec.count_refund(&charge, amount);
    if amount == charge.refundable() {
        earn::unearn(rec, &charge);
    }
    rec.refund(refund.clone(), refunded);
    rec.settle_debt();
    Ok(Reply::Refund(Box::new(refund)))
}

/// The policies pinned with a line of the job.
fn policy_of<'r>(rec: &'r Recorder<'_>, charge: &Charge, line: u16) -> &'r JobPolicy {
    let hold = rec.wallet.hold(charge.hold).expect("a charge is loaded with its hold");
    &hold.terms.lines[usize::from(line)].policy
}

/// What is charged counts in one currency, so all lines have the same decimals.
fn decimals_of(rec: &Recorder<'_>, charge: &Charge) -> u8 {
    policy_of(rec, charge, charge.lines.first().map_or(0, |line| line.line)).decimals
}

/// What comes back of one draw, each part as the policy of the line that took it says; what was taken last first.
/// Neighbours that fare alike are one.
fn by_policy(
    rec: &Recorder<'_>,
    charge: &Charge,
    draw: &ChargeDraw,
    amount: Credits,
) -> Vec<(ReleasedAfterExpiry, Credits)> {
    let mut gone = draw.refunded;
    let mut rest = amount;
    let mut parts: Vec<(ReleasedAfterExpiry, Credits)> = Vec::new();
    for part in charge.parts_of(draw).iter().rev() {
        let before = gone.min(part.amount);
        gone = gone.saturating_sub(before);
        let back = rest.min(part.amount.saturating_sub(before));
        rest = rest.saturating_sub(back);
        if !back.is_positive() {
            continue;
        }
        let after_expiry = policy_of(rec, charge, part.line).released_after_expiry;
        match parts.last_mut().filter(|last| last.0 == after_expiry) {
            Some(last) => last.1 = last.1.checked_add(back).expect("within the charge"),
            None => parts.push((after_expiry, back)),
        }
    }
    parts
}

fn asked(charge: &Charge, share: RefundShare, decimals: u8) -> Result<Credits, Refusal> {
    let refundable = charge.refundable();
    let amount = match share {
        RefundShare::Rest => refundable,
        RefundShare::Amount(amount) => amount,
        RefundShare::Fraction { numerator, denominator } => charge
            .credits
            .share(numerator, denominator, decimals)
            .ok_or_else(|| Refusal::invalid_amount("is not a share of the charge"))?,
    };
    if !amount.is_positive() && !matches!(share, RefundShare::Rest) {
        return Err(Refusal::invalid_amount("comes to nothing: refund a larger share"));
    }
    if amount > refundable || amount.is_zero() {
        return Err(Refusal::RefundExceedsCharge { asked: amount, refundable });
    }
    Ok(amount)
}

/// How much of each draw is given back, by its place in the charge.
fn last_spent_first(charge: &Charge, amount: Credits) -> Vec<(usize, Credits)> {
    let mut rest = amount;
    let mut parts = Vec::new();
    for (index, draw) in charge.draws.iter().enumerate().rev() {
        let part = rest.min(draw.amount.saturating_sub(draw.refunded));
        if part.is_positive() {
            parts.push((index, part));
            rest = rest.saturating_sub(part);
        }
    }
    parts
}

impl Recorder<'_> {
    /// Credits come back to the grants that they were taken from. Of a debt, what is still owed is forgiven
    /// first; what was paid back already comes back as a grant of its own in the debt's bucket.
    fn return_to_sources(&mut self, charge: &Charge, parts: &[(usize, Credits)]) -> Vec<RefundDraw> {
        let mut draws = Vec::with_capacity(parts.len());
        for (index, part) in parts {
            let draw = &charge.draws[*index];
            if self.wallet.grant(draw.grant).is_some_and(Grant::is_debt) {
                let paid = self.forgive(draw.grant, *part);
                self.shift(EntryKind::Refund, draw.grant, Place::Spent, Place::Moved, paid);
                if paid.is_positive() {
                    self.goodwill(draw.grant, &draw.bucket, paid);
                }
            } else {
                for (after_expiry, back) in by_policy(self, charge, draw, *part) {
                    self.give_back(EntryKind::Refund, draw.grant, Place::Spent, back, after_expiry);
                }
            }
            draws.push(RefundDraw { grant: draw.grant, bucket: draw.bucket.clone(), amount: *part });
        }
        draws
    }

    /// Credits come back as one grant in another bucket, to whoever paid what was spent last. What is still
    /// owed is forgiven and never given out.
    fn return_elsewhere(&mut self, charge: &Charge, parts: &[(usize, Credits)], bucket: &Name) -> Vec<RefundDraw> {
        let mut draws = Vec::with_capacity(1);
        let mut source = None;
        let mut sum = Credits::ZERO;
        for (index, part) in parts {
            let draw = &charge.draws[*index];
            let paid = self.forgive(draw.grant, *part);
            let forgiven = part.saturating_sub(paid);
            if forgiven.is_positive() {
                draws.push(RefundDraw { grant: draw.grant, bucket: draw.bucket.clone(), amount: forgiven });
            }
            if paid.is_positive() {
                self.shift(EntryKind::Refund, draw.grant, Place::Spent, Place::Moved, paid);
                source.get_or_insert(draw.grant);
                sum = sum.checked_add(paid).expect("within the charge");
            }
        }
        if let Some(source) = source {
            let grant = self.goodwill(source, bucket, sum);
            draws.push(RefundDraw { grant, bucket: bucket.clone(), amount: sum });
        }
        draws
    }

    /// Of what a debt paid for, forgives what is still owed. Answers the rest, which was really paid.
    fn forgive(&mut self, id: GrantId, amount: Credits) -> Credits {
        let owed = self.wallet.grant(id).expect("a grant that was drawn on is loaded").owed();
        let forgiven = amount.min(owed);
        self.shift(EntryKind::Forgive, id, Place::Spent, Place::Voided, forgiven);
        amount.saturating_sub(forgiven)
    }

    /// Credits given back as a grant of their own, which does not end.
    fn goodwill(&mut self, source: GrantId, bucket: &Name, amount: Credits) -> GrantId {
        let source_terms = self.wallet.grant(source).expect("a grant that was drawn on is loaded").terms.clone();
        let names = (bucket.clone(), source_terms.currency.clone());
        let terms = GrantTerms {
            reason: self.reason.clone(),
            ..GrantTerms::new(GrantKind::Goodwill, names, source_terms.pool, amount, self.at)
        };
        let goodwill = self.issue(terms, EntryKind::Refund, Some(source));
        self.follow_plan(goodwill);
        goodwill
    }
}
