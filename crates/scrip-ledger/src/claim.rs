//! Claims: a customer gets the credits of a promotion.

use crate::amount::Credits;
use crate::book::Terms;
use crate::command::ClaimNew;
use crate::customer::PoolId;
use crate::grant::{GrantKind, GrantTerms, Offered};
use crate::id::Name;
use crate::period::Period;
use crate::plan::Interval;
use crate::promotion::{Promotion, PromotionKind};
use crate::refusal::{Offer, Refusal};
use crate::reply::{Granted, Reply};
use crate::tally::{Counted, Tally, TallyKey};
use crate::time::Timestamp;
use crate::wallet::{Recorder, Wallet};

/// Grants what a promotion brings, as often as it may be claimed and up to what it may bring.
///
/// Refusals: `not_found` (customer); `unknown_promotion`; `not_entitled` (it is over, or not for the customer's
/// plans); `invalid_input` (`code`); `count_limit` (claimed as often, or brought as much, as it may);
/// `unknown_bucket`; `bucket_full` (nothing of it fits); `invalid_amount` (more than a wallet can count).
/// MISSION section 8, grants.
pub(crate) fn claim(rec: &mut Recorder<'_>, new: &ClaimNew) -> Result<Reply, Refusal> {
    let pool = rec.wallet.known_pool(&new.customer)?;
    let terms = rec.book.at(rec.at).cloned();
    let found = terms.as_ref().and_then(|terms| Some((terms, terms.promotion(&new.promotion)?)));
    let Some((terms, promotion)) = found else {
        let known = terms.iter().flat_map(|terms| &terms.promotions).filter(|promotion| !promotion.retired);
        let known = known.map(|promotion| promotion.id.clone()).collect();
        let (what, id) = (Offer::Promotion, new.promotion.clone());
        return Err(Refusal::Unknown { what, id, known, next_reset_at: None });
    };
    may_claim(rec.wallet, pool, promotion)?;
    check_code(promotion, new.code.as_deref())?;
    let claims = Claims::of(rec, pool, promotion);
    let brought = claims.bring(rec, terms, promotion)?;
    let sum: Credits = brought.iter().map(|terms| terms.amount).sum();
    rec.wallet.room_for(sum)?;
    // From here on this must succeed.
    let made: Vec<_> = brought.into_iter().map(|terms| rec.give(terms)).collect();
    let before = claims.tally;
    let amount = before.amount.checked_add(sum).unwrap_or(Credits::MAX);
    if let Some(earned) = &claims.earned {
        rec.count(&earned.key, earned.period.start, 0, sum);
    }
    rec.tally(claims.key, Tally { count: before.count.saturating_add(1), amount, ..before });
    rec.settle_debt();
    let grants = rec.grants_made(&made);
    Ok(Reply::Granted(Box::new(Granted { what: promotion.id.clone(), grants, paid: None })))
}

fn may_claim(wallet: &Wallet, pool: PoolId, promotion: &Promotion) -> Result<(), Refusal> {
    let refuse = |reason: &str| Err(Refusal::NotAllowed { what: promotion.id.clone(), reason: Name::from(reason) });
    if promotion.retired {
        return refuse("is over");
    }
    match &promotion.plans {
        Some(plans) if !wallet.plans_of(pool).any(|subscription| plans.contains(&subscription.plan.id)) => {
            refuse("is not for customers of this plan")
        }
        _ => Ok(()),
    }
}

fn check_code(promotion: &Promotion, code: Option<&str>) -> Result<(), Refusal> {
    match (promotion.kind, code) {
        (PromotionKind::Code, Some(code)) if promotion.codes.iter().any(|known| known == code) => Ok(()),
        (PromotionKind::Code, Some(_)) => Err(Refusal::invalid("code", "is not a code of this promotion")),
        (PromotionKind::Code, None) => Err(Refusal::invalid("code", "must be given for this promotion")),
        (_, Some(_)) => Err(Refusal::invalid("code", "this promotion takes none: leave it out")),
        (_, None) => Ok(()),
    }
}

/// How often a customer has claimed a promotion in its period, and what it brought.
struct Claims {
    key: TallyKey,
    period: Period,
    /// Its amount is what it ever brought.
    tally: Tally,
    /// Where what it may bring is limited in a period of its own.
    earned: Option<Earned>,
}

/// What a promotion brought in the period at work.
struct Earned {
    key: TallyKey,
    period: Period,
    amount: Credits,
}

impl Claims {
    fn of(rec: &Recorder<'_>, pool: PoolId, promotion: &Promotion) -> Claims {
        let daily = (promotion.kind == PromotionKind::DailyLogin).then_some(Interval::Day);
        let period = Period::of(promotion.per.or(daily), &rec.zone(), rec.at);
        let key = TallyKey { pool, member: None, what: Counted::Claims(promotion.id.clone()) };
        let never = Tally { since: period.start, ..Tally::default() };
        let ever = rec.wallet.tallies.get(&key).copied().unwrap_or(never);
        let count = rec.wallet.counted(&key, period.start).count;
        let tally = Tally { since: ever.since.max(period.start), count, ..ever };
        let earned = promotion.earns_per.map(|per| {
            let period = Period::of(Some(per), &rec.zone(), rec.at);
            let key = TallyKey { pool, member: None, what: Counted::Earned(promotion.id.clone()) };
            let amount = rec.wallet.counted(&key, period.start).amount;
            Earned { key, period, amount }
        });
        Claims { key, period, tally, earned }
    }

    /// What it may still bring, and when that begins anew.
    fn left(&self, promotion: &Promotion) -> (Credits, Option<Timestamp>) {
        let (brought, resets_at) = match &self.earned {
            Some(earned) => (earned.amount, earned.period.end),
            None => (self.tally.amount, None),
        };
        (promotion.earns_at_most.map_or(Credits::MAX, |most| most.saturating_sub(brought)), resets_at)
    }

    /// What is granted: cut to what the promotion may still bring, and to what fits its buckets.
    fn bring(&self, rec: &Recorder<'_>, terms: &Terms, promotion: &Promotion) -> Result<Vec<GrantTerms>, Refusal> {
        let (what, at_most) = (Name::from("claims"), u64::from(promotion.claims_at_most));
        if self.tally.count >= at_most {
            return Err(Refusal::CountLimit { what, at_most, resets_at: self.period.end });
        }
        let (mut left, resets_at) = self.left(promotion);
        if !left.is_positive() {
            return Err(Refusal::CountLimit { what, at_most, resets_at });
        }
        let mut brought: Vec<GrantTerms> = Vec::new();
        let mut full = None;
        for rule in &promotion.grants {
            let bucket = terms.spending.known_bucket(&rule.bucket)?;
            let before = brought.iter().filter(|other| other.bucket == rule.bucket).map(|other| other.amount).sum();
            let room = rec.wallet.bucket_room(self.key.pool, bucket).saturating_sub(before);
            let amount = rule.credits.min(left).min(room);
            if !amount.is_positive() {
                full = full.or(bucket.at_most.map(|at_most| (bucket.id.clone(), at_most)));
                continue;
            }
            left = left.saturating_sub(amount);
            let expires_at = rec.expiry_beside_plans(self.key.pool, rule.expires, bucket);
            let part = u16::try_from(brought.len()).unwrap_or(u16::MAX);
            let offer = Some(Offered { id: promotion.id.clone(), part });
            brought.push(GrantTerms {
                expires_at,
                only_tools: rule.only_tools.clone(),
                reason: rec.reason.clone(),
                offer,
                ..GrantTerms::new(GrantKind::Promotion, bucket.names(), self.key.pool, amount, rec.at)
            });
        }
        match full {
            Some((bucket, at_most)) if brought.is_empty() => Err(Refusal::BucketFull { bucket, at_most }),
            _ => Ok(brought),
        }
    }
}
