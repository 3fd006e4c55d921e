//! Reversals: the money that was paid for a pack went back, as a refund or a chargeback (MISSION A43).
//!
//! What is left of the pack is taken back at once. What is not there any more, because it was spent, is held for a
//! job or was passed on, is owed where the catalog says so: a debt that blocks jobs until something pays it. What
//! comes back later from those jobs is the customer's again, and pays the debt first. What expired unused is gone
//! already and owed by nobody.

use minicbor::{Decode, Encode};

use crate::amount::{Credits, Money};
use crate::command::ReversalNew;
use crate::entry::{EntryKind, Place};
use crate::grant::{Grant, GrantKind, GrantTerms};
use crate::id::{GrantId, Name};
use crate::note::Note;
use crate::refusal::{Missing, Refusal};
use crate::reply::Reply;
use crate::tally::{Counted, Tally, TallyKey};
use crate::time::Timestamp;
use crate::wallet::{Recorder, Wallet};

/// What becomes of a pack whose payment went back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Chargeback {
    /// What is left is taken back; what is not there any more becomes debt.
    #[default]
    #[n(0)]
    ClawBackAndOwe,
    /// What is left is taken back, and what comes back later.
    #[n(1)]
    ClawBack,
    /// The customer keeps it.
    #[n(2)]
    Nothing,
}

/// What the reversal of a payment did.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Reversed {
    /// The pack.
    #[n(0)]
    pub pack: Name,
    /// What it brought, as it is now.
    #[n(1)]
    pub grants: Vec<Grant>,
    /// What went back now; `None` where nothing was paid.
    #[n(2)]
    pub amount: Option<Money>,
    /// Credits that were there and are gone.
    #[n(3)]
    pub taken_back: Credits,
    /// Credits that were not there, and are owed.
    #[n(4)]
    pub owed: Credits,
    #[n(5)]
    pub reason: Option<Name>,
    #[n(6)]
    pub at: Timestamp,
}

/// How much of a payment had gone back before, and has after this.
#[derive(Clone, Copy, Debug)]
struct Share {
    before: u64,
    after: u64,
    /// All that was paid, in minor units; 1 where nothing was.
    of: u64,
}

/// The money that was paid for a pack went back: all that had not yet, or so much of it.
///
/// Refusals: `not_found` (a purchase); `grant_voided` (all of it went back before); `invalid_input` (another
/// currency); `invalid_amount` (nothing, more than is left of what was paid, or more than a wallet can count).
pub(crate) fn reverse(rec: &mut Recorder<'_>, purchase: GrantId, new: &ReversalNew) -> Result<Reply, Refusal> {
    let pack = rec.wallet.grant(purchase).filter(|grant| grant.terms.kind == GrantKind::Pack);
    let terms = pack.ok_or(Refusal::NotFound { what: Missing::Purchase })?.terms.clone();
    let share = share(rec.wallet.reversed(purchase, &terms).count, terms.paid, new.amount)?;
    let rule = rec.book.at(rec.at).map(|terms| terms.rules.chargeback).unwrap_or_default();
    let lots = rec.wallet.lots_of(purchase);
    let asked = lots.iter().map(|lot| rec.asked_of(*lot, share)).try_fold(Credits::ZERO, Credits::checked_add);
    rec.wallet.room_for(asked.unwrap_or(Credits::MAX))?;
    // From here on this must succeed.
    rec.reason = new.reason.clone();
    let (mut taken_back, mut owed) = (Credits::ZERO, Credits::ZERO);
    for lot in &lots {
        let (taken, missing) = rec.claw_back(*lot, share, rule);
        taken_back = taken_back.checked_add(taken).expect("parts of what was asked");
        owed = owed.checked_add(missing).expect("parts of what was asked");
    }
    let paid = terms.paid.filter(|paid| paid.minor > 0);
    let amount = new.amount.or_else(|| paid.map(|paid| Money { minor: share.rest(), ..paid }));
    rec.note(Note::PaymentReversed { purchase, taken_back, owed });
    rec.settle_debt();
    Ok(Reply::Reversed(Box::new(Reversed {
        pack: terms.offer.as_ref().map_or_else(|| terms.bucket.clone(), |offer| offer.id.clone()),
        grants: rec.grants_made(&lots),
        amount,
        taken_back,
        owed,
        reason: new.reason.clone(),
        at: rec.at,
    })))
}

fn share(before: u64, paid: Option<Money>, amount: Option<Money>) -> Result<Share, Refusal> {
    let paid = paid.filter(|paid| paid.minor > 0);
    let of = paid.map_or(1, |paid| paid.minor.unsigned_abs());
    if before >= of {
        return Err(Refusal::GrantVoided);
    }
    let Some(amount) = amount else { return Ok(Share { before, after: of, of }) };
    if paid.is_none_or(|paid| paid.currency != amount.currency) {
        return Err(Refusal::invalid("amount", "must be in the currency that was paid"));
    }
    match u64::try_from(amount.minor).ok().filter(|minor| *minor > 0 && *minor <= of - before) {
        Some(minor) => Ok(Share { before, after: before + minor, of }),
        None => Err(Refusal::invalid_amount("must be greater than zero, and no more than is left of what was paid")),
    }
}

impl Share {
    fn rest(self) -> i64 {
        i64::try_from(self.after - self.before).unwrap_or(i64::MAX)
    }

    /// How much of what was granted went back by then, half up.
    fn part(self, minor: u64, of: Credits, decimals: u8) -> Credits {
        if minor == self.of { of } else { of.share(minor, self.of, decimals).unwrap_or(of) }
    }
}

/// The grant that came on top of a pack, if one did: the wallet made it next.
pub fn bonus_of(purchase: GrantId) -> GrantId {
    GrantId(purchase.0.following())
}

impl Wallet {
    /// What a purchase brought: the pack, and what came on top of it.
    fn lots_of(&self, purchase: GrantId) -> Vec<GrantId> {
        let pack = self.grant(purchase);
        let came_with = |grant: &&Grant| {
            let same = |pack: &Grant| {
                grant.terms.created_at == pack.terms.created_at
                    && grant.terms.offer.as_ref().map(|offer| &offer.id)
                        == pack.terms.offer.as_ref().map(|offer| &offer.id)
            };
            grant.terms.kind == GrantKind::Bonus && pack.is_some_and(same)
        };
        let bonus = self.grant(bonus_of(purchase)).filter(came_with).map(|grant| grant.id);
        [purchase].into_iter().chain(bonus).collect()
    }

    /// How much of its payment went back, in minor units, and what is owed or was paid back for that.
    fn reversed(&self, lot: GrantId, terms: &GrantTerms) -> Tally {
        self.counted(&reversed_key(lot, terms), Timestamp::MIN)
    }
}

fn reversed_key(lot: GrantId, terms: &GrantTerms) -> TallyKey {
    TallyKey { pool: terms.pool, member: None, what: Counted::Reversed(lot) }
}

impl Recorder<'_> {
    fn decimals_of(&self, terms: &GrantTerms) -> u8 {
        self.bucket_terms(&terms.bucket).map_or(crate::amount::CREDIT_DECIMALS_MAX, |bucket| bucket.decimals)
    }

    /// What a reversal asks back of one grant.
    fn asked_of(&self, lot: GrantId, share: Share) -> Credits {
        let terms = &self.wallet.grant(lot).expect("listed by the caller").terms;
        let part = |minor| share.part(minor, terms.amount, self.decimals_of(terms));
        part(share.after).saturating_sub(part(share.before))
    }

    /// Takes back what is left of one grant, as far as the share goes, and makes a debt of what is not there. Answers
    /// both.
    fn claw_back(&mut self, lot: GrantId, share: Share, rule: Chargeback) -> (Credits, Credits) {
        let asked = self.asked_of(lot, share);
        let grant = self.wallet.grant(lot).expect("listed by the caller");
        let (terms, balance) = (grant.terms.clone(), grant.balance);
        let before = self.wallet.reversed(lot, &terms).amount;
        let (mut taken, mut owed) = (Credits::ZERO, Credits::ZERO);
        if rule != Chargeback::Nothing {
            let available = asked.min(balance.available);
            let frozen = asked.saturating_sub(available).min(balance.frozen);
            self.shift(EntryKind::ClawBack, lot, Place::Available, Place::Voided, available);
            self.shift(EntryKind::ClawBack, lot, Place::Frozen, Place::Voided, frozen);
            taken = available.checked_add(frozen).expect("parts of one grant");
        }
        let had: Credits = [balance.held, balance.spent, balance.moved].into_iter().sum();
        if rule == Chargeback::ClawBackAndOwe {
            let unused = terms.amount.saturating_sub(had);
            let in_all = share.part(share.after, terms.amount, self.decimals_of(&terms));
            let missing = in_all.saturating_sub(unused).saturating_sub(before).max(Credits::ZERO);
            owed = missing.min(asked.saturating_sub(taken));
            self.owe_for(lot, &terms, owed);
        }
        let owed_in_all = before.checked_add(owed).expect("within the grant");
        let tally = Tally { since: Timestamp::MIN, count: share.after, amount: owed_in_all, until: None };
        self.tally(reversed_key(lot, &terms), tally);
        let keeps = rule == Chargeback::Nothing || rule == Chargeback::ClawBackAndOwe && had.is_positive();
        if share.after == share.of && !keeps {
            self.void(lot);
        }
        (taken, owed)
    }

    fn owe_for(&mut self, lot: GrantId, terms: &GrantTerms, amount: Credits) {
        if !amount.is_positive() {
            return;
        }
        let names = (terms.bucket.clone(), terms.currency.clone());
        let debt = GrantTerms {
            reason: self.reason.clone(),
            offer: terms.offer.clone(),
            owed_for: Some(lot),
            ..GrantTerms::new(GrantKind::Debt, names, terms.pool, amount, self.at)
        };
        self.issue_debt(EntryKind::Owe, debt);
    }

    /// So much came back to a grant and is of no use any more: what is owed for it is owed no longer.
    pub(crate) fn waive(&mut self, lot: GrantId, amount: Credits) {
        let is_owed = |grant: &&Grant| grant.terms.owed_for == Some(lot) && grant.owed().is_positive();
        let debts: Vec<(GrantId, Credits)> =
            self.wallet.grants.iter().filter(is_owed).map(|debt| (debt.id, debt.owed())).collect();
        let mut rest = amount;
        for (debt, owed) in debts {
            let waived = owed.min(rest);
            self.shift(EntryKind::Waive, debt, Place::Spent, Place::Voided, waived);
            rest = rest.saturating_sub(waived);
        }
        let waived = amount.saturating_sub(rest);
        if waived.is_positive() {
            let terms = self.wallet.grant(lot).expect("it came back to it").terms.clone();
            let before = self.wallet.reversed(lot, &terms);
            let tally = Tally { amount: before.amount.saturating_sub(waived), ..before };
            self.tally(reversed_key(lot, &terms), tally);
        }
    }
}
