//! Deciding: one command on one wallet, synchronous and total.

use crate::book::Book;
use crate::change::Record;
use crate::command::{Act, Command};
use crate::id::Name;
use crate::refusal::Refusal;
use crate::reply::{Answer, Remembered, Reply, Told};
use crate::time::Timestamp;
use crate::wallet::{Recorder, Wallet};
use crate::{
    add_on, alert, cancel, capture, charge, claim, customer, due, grant, hold, past_due, plan_change, purchase, refund,
    release, reversal, subscribe, transfer,
};

/// Applies one command to the wallet that it names, and answers what changed, for the journal.
///
/// The order is always the same: what is due by `at` happens; a request that was answered before is
/// answered the same again; the act is decided; its answer is remembered. A refusal changes nothing but
/// what is remembered, and that a limit was reached is told once in its period. `at` is never before the
/// wallet's last record: an earlier clock reads as that.
///
/// What the command names is loaded: see [`Wallet`].
pub fn apply(wallet: &mut Wallet, book: &Book, at: Timestamp, command: &Command) -> (Answer, Option<Record>) {
    let at = at.max(wallet.head.last_at);
    let mut rec = Recorder::new(wallet, book, at, command.actor.clone());
    due::settle(&mut rec);
    let answer = once(&mut rec, command, |rec| decide(rec, &command.act));
    (answer, rec.finish())
}

/// Decides a request that was not answered before, and remembers its answer; one that was is answered the same.
pub(crate) fn once(
    rec: &mut Recorder<'_>,
    command: &Command,
    decide: impl FnOnce(&mut Recorder<'_>) -> Result<Reply, Refusal>,
) -> Answer {
    if let Some((key, fingerprint)) = command.request
        && let Some(remembered) = rec.wallet.requests.get(&key).cloned()
    {
        let outcome = if remembered.fingerprint == fingerprint {
            remembered.told.again(rec.wallet)
        } else {
            Err(Refusal::KeyReused)
        };
        let replayed = remembered.fingerprint == fingerprint;
        return Answer { outcome, replayed };
    }
    let first = rec.change_count();
    let outcome = decide(rec);
    alert::tell(rec, first);
    if let Some((key, fingerprint)) = command.request
        && outcome.as_ref().err().is_none_or(Refusal::is_remembered)
    {
        rec.remember(key, Remembered { fingerprint, told: Told::of(&outcome) });
    }
    Answer { outcome, replayed: false }
}

fn decide(rec: &mut Recorder<'_>, act: &Act) -> Result<Reply, Refusal> {
    match act {
        Act::PutCustomer(put) => customer::put(rec, put),
        Act::PutMember { customer, put } => customer::put_member(rec, customer, put),
        Act::RemoveMember { customer, member } => customer::remove_member(rec, customer, member),
        Act::Grant(new) => grant::issue(rec, new),
        Act::VoidGrant { grant, reason } => grant::void(rec, *grant, reason.clone()),
        Act::Transfer(new) => transfer::transfer(rec, new),
        Act::Hold(new) => hold::place(rec, new),
        Act::Extend { hold, by } => hold::extend(rec, *hold, by),
        Act::Capture { hold, capture } => capture::capture(rec, *hold, capture),
        Act::Release { hold, reason } => release::release(rec, *hold, reason.clone()),
        Act::Charge { job, cost } => charge::charge(rec, job, *cost),
        Act::Refund { charge, refund } => refund::refund(rec, *charge, refund),
        Act::Subscribe(new) => subscribe::subscribe(rec, new),
        Act::ChangeSubscription { subscription, change } => plan_change::change(rec, *subscription, change),
        Act::CancelSubscription { subscription, at, reason } => cancel::cancel(rec, *subscription, *at, reason.clone()),
        Act::PastDue { subscription } => past_due::past_due(rec, *subscription),
        Act::Recover { subscription } => past_due::recover(rec, *subscription),
        Act::BuyAddOn(new) => add_on::buy(rec, new),
        Act::EndAddOn { add_on } => add_on::end(rec, *add_on),
        Act::Purchase(new) => purchase::purchase(rec, new),
        Act::ReversePurchase { purchase, reversal } => reversal::reverse(rec, *purchase, reversal),
        Act::Claim(new) => claim::claim(rec, new),
        Act::Touch => Ok(Reply::Touched),
    }
}

/// Acts that fell due and that one [`touch`] does at most.
const TOUCHED_MAX: usize = 1_024;

/// Does what is due by `at` and nothing else: a sweeper's, or a reader's, command. Much that is due at once (a
/// server that slept for years) is done in parts: while [`Wallet::next_due`] is not later than `at`, touch again.
pub fn touch(wallet: &mut Wallet, book: &Book, at: Timestamp) -> Option<Record> {
    let at = at.max(wallet.head.last_at);
    let mut rec = Recorder::new(wallet, book, at, Name::from("system"));
    due::settle_some(&mut rec, TOUCHED_MAX);
    rec.finish()
}
