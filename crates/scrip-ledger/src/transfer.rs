//! Transfers: moving credits from one pool of a wallet to another.

use crate::amount::Credits;
use crate::command::TransferNew;
use crate::customer::PoolId;
use crate::entry::{EntryKind, Place};
use crate::grant::{Grant, GrantKind, GrantTerms, Payer};
use crate::id::Name;
use crate::policy::BucketTerms;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::seat::Spender;
use crate::wallet::Recorder;

/// Moves credits of one bucket to another pool, in order of spending; they keep their expiry, priority and
/// limits. Answers the last grant that it made.
///
/// Refusals: `not_found` (customer); `unknown_bucket`; `not_entitled` (the bucket's credits stay where they are);
/// `invalid_input` (from and to are the same); `invalid_amount` (not greater than zero); `bucket_full`;
/// `insufficient_credits`, also while anything is owed.
pub(crate) fn transfer(rec: &mut Recorder<'_>, new: &TransferNew) -> Result<Reply, Refusal> {
    let (from, to) = (rec.wallet.known_pool(&new.from)?, rec.wallet.known_pool(&new.to)?);
    let bucket = new.spending.known_bucket(&new.bucket)?;
    if !bucket.transferable {
        let reason = Name::from("credits of this bucket can't be moved to another customer");
        return Err(Refusal::NotAllowed { what: bucket.id.clone(), reason });
    }
    if from == to {
        return Err(Refusal::invalid("to", "must be another customer than `from`"));
    }
    if !new.amount.is_positive() {
        return Err(Refusal::invalid_amount("must be greater than zero"));
    }
    rec.wallet.fits_bucket(to, bucket, new.amount)?;
    let mut sources = sources(rec, new, from, bucket);
    if rec.wallet.debt_in(&bucket.currency).is_positive() {
        sources.clear();
    }
    let available: Credits = sources.iter().map(|source| source.balance.available).sum();
    if available < new.amount {
        return Err(Refusal::InsufficientCredits { required: new.amount, available, held: Credits::ZERO });
    }
    // From here on this must succeed.
    rec.reason = new.reason.clone();
    let mut rest = new.amount;
    let mut last = None;
    for source in sources {
        let amount = rest.min(source.balance.available);
        if amount.is_zero() {
            break;
        }
        rec.shift(EntryKind::Transfer, source.id, Place::Available, Place::Moved, amount);
        let moved = GrantTerms {
            kind: GrantKind::Transfer,
            pool: to,
            amount,
            created_at: rec.at,
            effective_at: None,
            paid: None,
            source: None,
            seat: None,
            ..(*source.terms).clone()
        };
        let issued = rec.issue(moved, EntryKind::Transfer, Some(source.id));
        rec.follow_plan(issued);
        last = Some(issued);
        rest = rest.saturating_sub(amount);
    }
    let grant = last.and_then(|id| rec.wallet.grant(id)).expect("an amount greater than zero moves");
    Ok(Reply::Grant(Box::new(grant.clone())))
}

/// What can be moved, in order of spending. For which tools it may pay makes no difference: it stays so.
fn sources(rec: &Recorder<'_>, new: &TransferNew, from: PoolId, bucket: &BucketTerms) -> Vec<Grant> {
    let pools = [from];
    let payer = Payer {
        pools: &pools,
        by: Spender::Anybody(rec.wallet),
        tool: None,
        currency: &bucket.currency,
        spending: &new.spending,
    };
    let movable = |grant: &&Grant| {
        grant.balance.available.is_positive()
            && !grant.is_debt()
            && !grant.has_ended(rec.at)
            && grant.terms.pool == from
            && payer.by.may_spend_seat(grant, &pools)
            && grant.terms.bucket == new.bucket
            && grant.terms.currency == bucket.currency
    };
    let mut sources: Vec<Grant> = rec.wallet.grants.iter().filter(movable).cloned().collect();
    sources.sort_by(|a, b| a.spending_order(b, &payer));
    sources
}
