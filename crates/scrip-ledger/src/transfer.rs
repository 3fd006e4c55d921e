//! Transfers: moving credits from one pool of a wallet to another.

use crate::amount::Credits;
use crate::command::TransferNew;
use crate::entry::{EntryKind, Place};
use crate::grant::{GrantKind, GrantTerms, Payer};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::wallet::Recorder;

/// Moves credits of one bucket to another pool; they keep their expiry and limits.
///
/// Refusals: `not_found` (customer); `unknown_bucket`; `invalid_amount` (not greater than zero);
/// `insufficient_credits`.
pub(crate) fn transfer(rec: &mut Recorder<'_>, new: &TransferNew) -> Result<Reply, Refusal> {
    let (from, to) = (rec.wallet.known_pool(&new.from)?, rec.wallet.known_pool(&new.to)?);
    let bucket = new.spending.bucket(&new.bucket).ok_or_else(|| Refusal::UnknownBucket {
        bucket: new.bucket.clone(),
        known: new.spending.buckets.iter().map(|terms| terms.id.clone()).collect(),
    })?;
    if !new.amount.is_positive() {
        return Err(Refusal::invalid_amount("must be greater than zero"));
    }
    let payer = Payer { pools: &[from], tool: None, currency: &bucket.currency, spending: &new.spending };
    let sources: Vec<_> = (rec.wallet.spendable(&payer, rec.at).into_iter())
        .map(|index| &rec.wallet.grants[index])
        .filter(|grant| grant.terms.bucket == new.bucket)
        .map(|grant| (grant.id, grant.terms.clone(), grant.balance.available))
        .collect();
    let available: Credits = sources.iter().map(|source| source.2).sum();
    if available < new.amount {
        return Err(Refusal::InsufficientCredits { required: new.amount, available, held: Credits::ZERO });
    }
    // From here on this must succeed.
    rec.reason = new.reason.clone();
    let mut rest = new.amount;
    let mut last = None;
    for (id, terms, available) in sources {
        let amount = rest.min(available);
        if amount.is_zero() {
            break;
        }
        rec.shift(EntryKind::Transfer, id, Place::Available, Place::Moved, amount);
        let moved = GrantTerms {
            kind: GrantKind::Transfer,
            pool: to,
            amount,
            created_at: rec.at,
            paid: None,
            ..(*terms).clone()
        };
        last = Some(rec.issue(moved, EntryKind::Transfer, Some(id)));
        rest = rest.saturating_sub(amount);
    }
    let grant = last.and_then(|id| rec.wallet.grant(id)).expect("an amount greater than zero moves");
    Ok(Reply::Grant(Box::new(grant.clone())))
}
