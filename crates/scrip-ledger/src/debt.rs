//! Debts: credits spent that the wallet did not have, and paying them back.

use crate::amount::Credits;
use crate::entry::{EntryKind, Place};
use crate::grant::{Grant, GrantKind, GrantTerms};
use crate::hold::HoldTerms;
use crate::id::{GrantId, Name};
use crate::policy::Spending;
use crate::wallet::Recorder;

/// Spends credits that are not there: a grant of its own kind, which later grants pay back.
pub(crate) fn owe(rec: &mut Recorder<'_>, job: &HoldTerms, amount: Credits, spending: &Spending) -> GrantId {
    let bucket = spending.buckets.iter().rev().find(|terms| terms.currency == job.currency);
    let bucket = bucket.map_or_else(|| Name::from("debt"), |terms| terms.id.clone());
    let names = (bucket, job.currency.clone());
    rec.issue_debt(EntryKind::Debt, GrantTerms::new(GrantKind::Debt, names, job.pool, amount, rec.at))
}

impl Recorder<'_> {
    /// Neither the grant nor its bucket is for some tools only.
    fn may_pay_for_all(&self, grant: &Grant) -> bool {
        let by_bucket = self.bucket_terms(&grant.terms.bucket).is_none_or(|bucket| bucket.only_tools.is_none());
        by_bucket && grant.terms.only_tools.is_none()
    }

    /// Pays debts from what is available, oldest debt first, oldest grant first. Credits that may pay for
    /// some tools only are left alone.
    pub(crate) fn settle_debt(&mut self) {
        let owed: Vec<GrantId> =
            (self.wallet.grants.iter()).filter(|grant| grant.owed().is_positive()).map(|grant| grant.id).collect();
        for debt in owed {
            self.repay(debt);
        }
    }

    fn repay(&mut self, debt: GrantId) {
        let payers: Vec<GrantId> = {
            let terms = &self.wallet.grant(debt).expect("listed above").terms;
            (self.wallet.grants.iter())
                .filter(|grant| !grant.is_debt() && !grant.has_ended(self.at))
                .filter(|grant| grant.terms.currency == terms.currency)
                .filter(|grant| grant.balance.available.is_positive() && self.may_pay_for_all(grant))
                .map(|grant| grant.id)
                .collect()
        };
        for payer in payers {
            let owed = self.wallet.grant(debt).expect("listed above").owed();
            let available = self.wallet.grant(payer).expect("listed above").balance.available;
            self.shift_with(EntryKind::Repay, payer, Place::Available, Place::Moved, owed.min(available), Some(debt));
        }
    }
}
