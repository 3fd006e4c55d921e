//! Transfers: moving credits from one customer to another, within a wallet or between two.

use crate::amount::Credits;
use crate::book::Book;
use crate::change::Record;
use crate::command::{Command, TransferNew};
use crate::customer::PoolId;
use crate::entry::{EntryKind, Place};
use crate::grant::{Grant, GrantKind, GrantTerms, Offered, Payer};
use crate::id::Name;
use crate::policy::BucketTerms;
use crate::refusal::Refusal;
use crate::reply::{Answer, Granted, Reply};
use crate::seat::Spender;
use crate::time::Timestamp;
use crate::wallet::{Recorder, Wallet};
use crate::{alert, apply, due};

/// Moves credits of one bucket to another pool of the wallet, in order of spending; they keep their expiry,
/// priority and limits. Answers the grants that it made.
///
/// Refusals: `not_found` (customer); `unknown_bucket`; `not_entitled` (the bucket's credits stay where they are);
/// `invalid_input` (from and to are the same); `invalid_amount` (not greater than zero); `bucket_full`;
/// `insufficient_credits`, also while anything is owed.
pub(crate) fn transfer(rec: &mut Recorder<'_>, new: &TransferNew) -> Result<Reply, Refusal> {
    let (from, to) = (rec.wallet.known_pool(&new.from)?, rec.wallet.known_pool(&new.to)?);
    let bucket = movable(new)?;
    rec.wallet.fits_bucket(to, bucket, new.amount)?;
    let sources = sources(rec, new, from, bucket)?;
    // From here on this must succeed.
    rec.reason = new.reason.clone();
    let mut made = Vec::with_capacity(sources.len());
    for (part, (source, amount)) in sources.into_iter().enumerate() {
        rec.shift(EntryKind::Transfer, source.id, Place::Available, Place::Moved, amount);
        let issued = rec.issue(moved(&source, (new, part), to, amount, rec.at), EntryKind::Transfer, Some(source.id));
        rec.follow_plan(issued);
        made.push(issued);
    }
    let grants = rec.grants_made(&made);
    Ok(Reply::Granted(Box::new(Granted { what: new.to.clone(), grants, paid: None })))
}

/// What a transfer between two wallets did to each; both records are made durable together.
#[derive(Debug)]
pub struct Between {
    pub answer: Answer,
    pub from: Option<Record>,
    pub to: Option<Record>,
}

/// Moves credits to a customer of another wallet: the one act that is about two. The first wallet remembers the
/// answer. What is due happens first in both, and both come to the same instant.
///
/// Refusals: those of a transfer within a wallet.
pub fn transfer_between(
    from: &mut Wallet,
    to: &mut Wallet,
    book: &Book,
    at: Timestamp,
    command: &Command,
    new: &TransferNew,
) -> Between {
    let at = at.max(from.head.last_at).max(to.head.last_at);
    let mut sender = Recorder::new(from, book, at, command.actor.clone());
    let mut receiver = Recorder::new(to, book, at, command.actor.clone());
    due::settle(&mut sender);
    due::settle(&mut receiver);
    let answer = apply::once(&mut sender, command, |sender| send(sender, &mut receiver, new));
    alert::tell(&mut receiver, 0);
    Between { answer, from: sender.finish(), to: receiver.finish() }
}

fn send(sender: &mut Recorder<'_>, receiver: &mut Recorder<'_>, new: &TransferNew) -> Result<Reply, Refusal> {
    let (from, to) = (sender.wallet.known_pool(&new.from)?, receiver.wallet.known_pool(&new.to)?);
    let bucket = movable(new)?;
    receiver.wallet.fits_bucket(to, bucket, new.amount)?;
    receiver.wallet.room_for(new.amount)?;
    let sources = sources(sender, new, from, bucket)?;
    // From here on this must succeed.
    sender.reason = new.reason.clone();
    receiver.reason = new.reason.clone();
    let mut made = Vec::with_capacity(sources.len());
    for (part, (source, amount)) in sources.into_iter().enumerate() {
        sender.shift(EntryKind::Send, source.id, Place::Available, Place::Moved, amount);
        let issued = receiver.issue(moved(&source, (new, part), to, amount, receiver.at), EntryKind::Receive, None);
        receiver.follow_plan(issued);
        made.push(issued);
    }
    receiver.settle_debt();
    let grants = receiver.grants_made(&made);
    Ok(Reply::Granted(Box::new(Granted { what: new.to.clone(), grants, paid: None })))
}

/// The bucket, if its credits can be moved so, the balance left aside.
fn movable(new: &TransferNew) -> Result<&BucketTerms, Refusal> {
    let bucket = new.spending.known_bucket(&new.bucket)?;
    if !bucket.transferable {
        let reason = Name::from("credits of this bucket can't be moved to another customer");
        return Err(Refusal::NotAllowed { what: bucket.id.clone(), reason });
    }
    if new.from == new.to {
        return Err(Refusal::invalid("to", "must be another customer than `from`"));
    }
    if !new.amount.is_positive() {
        return Err(Refusal::invalid_amount("must be greater than zero"));
    }
    Ok(bucket)
}

/// The grant that a part of another one becomes; it says who sent it, and why.
fn moved(
    source: &Grant,
    (new, part): (&TransferNew, usize),
    pool: PoolId,
    amount: Credits,
    at: Timestamp,
) -> GrantTerms {
    let part = u16::try_from(part).unwrap_or(u16::MAX);
    GrantTerms {
        kind: GrantKind::Transfer,
        pool,
        amount,
        created_at: at,
        effective_at: None,
        paid: None,
        source: None,
        offer: Some(Offered { id: new.from.clone(), part }),
        reason: new.reason.clone(),
        seat: None,
        earned_with: None,
        owed_for: None,
        ..(*source.terms).clone()
    }
}

/// What is moved: of each grant so much, in order of spending. For which tools it may pay makes no difference: it
/// stays so.
fn sources(
    rec: &Recorder<'_>,
    new: &TransferNew,
    from: PoolId,
    bucket: &BucketTerms,
) -> Result<Vec<(Grant, Credits)>, Refusal> {
    let mut sources = candidates(rec, new, from, bucket);
    if rec.wallet.debt_in(&bucket.currency).is_positive() {
        sources.clear();
    }
    let available: Credits = sources.iter().map(|source| source.balance.available).sum();
    if available < new.amount {
        return Err(Refusal::InsufficientCredits { required: new.amount, available, held: Credits::ZERO });
    }
    let mut rest = new.amount;
    let part = |source: Grant| {
        let amount = rest.min(source.balance.available);
        rest = rest.saturating_sub(amount);
        (source, amount)
    };
    Ok(sources.into_iter().map(part).filter(|(_, amount)| amount.is_positive()).collect())
}

fn candidates(rec: &Recorder<'_>, new: &TransferNew, from: PoolId, bucket: &BucketTerms) -> Vec<Grant> {
    let pools = [from];
    let payer = Payer {
        pools: &pools,
        by: Spender::Anybody(rec.wallet),
        tool: None,
        currency: &bucket.currency,
        spending: &new.spending,
    };
    let movable = |grant: &&Grant| {
        grant.balance.available.is_positive() && grant.terms.bucket == new.bucket && grant.is_at_hand(&payer, rec.at)
    };
    let mut sources: Vec<Grant> = rec.wallet.grants.iter().filter(movable).cloned().collect();
    sources.sort_by(|a, b| a.spending_order(b, &payer));
    sources
}
