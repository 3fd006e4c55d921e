//! Earning: a job that is done brings credits of its own, two free covers with each song for example.

use crate::amount::Credits;
use crate::charge::Charge;
use crate::command::CaptureNew;
use crate::grant::{Grant, GrantKind, GrantTerms};
use crate::hold::{HoldTerms, LineTerms};
use crate::id::ChargeId;
use crate::plan::GrantRule;
use crate::policy::{BucketTerms, Outcome};
use crate::renewal::times;
use crate::wallet::Recorder;

/// Grants what a line brings that has ended: all of it where the job succeeded, the delivered share where a part
/// came, else nothing; as far as its bucket and the wallet can take it (MISSION section 8, free units earned).
pub(crate) fn earn(rec: &mut Recorder<'_>, terms: &HoldTerms, line: usize, new: &CaptureNew, charge: ChargeId) {
    let line = &terms.lines[line];
    for rule in &line.policy.earns {
        let Some(bucket) = rec.bucket_terms(&rule.bucket) else { continue };
        let room = rec.wallet.bucket_room(terms.pool, bucket).min(rec.wallet.room());
        let amount = brought(rule, line, new, bucket).min(room);
        if !amount.is_positive() {
            continue;
        }
        let earned = GrantTerms {
            expires_at: rec.expiry_beside_plans(terms.pool, rule.expires, bucket),
            only_tools: rule.only_tools.clone(),
            earned_with: Some(charge),
            ..GrantTerms::new(GrantKind::Earned, bucket.names(), terms.pool, amount, rec.at)
        };
        rec.context.charge = Some(charge);
        rec.give(earned);
        rec.context.charge = None;
    }
}

fn brought(rule: &GrantRule, line: &LineTerms, new: &CaptureNew, bucket: &BucketTerms) -> Credits {
    let whole = times(rule.credits, line.quantity);
    match (new.outcome, new.delivered) {
        (Outcome::Succeeded, None) => whole,
        (Outcome::Succeeded | Outcome::Partial, Some((delivered, of))) => {
            whole.share(u64::from(delivered), u64::from(of), bucket.decimals).unwrap_or(Credits::ZERO)
        }
        _ => Credits::ZERO,
    }
}

/// A job was refunded whole: what is left of what it brought is taken back.
pub(crate) fn unearn(rec: &mut Recorder<'_>, charge: &Charge) {
    let came_with = |grant: &&Grant| grant.terms.earned_with == Some(charge.id) && !grant.is_settled();
    let earned: Vec<_> = rec.wallet.grants.iter().filter(came_with).map(|grant| grant.id).collect();
    earned.into_iter().for_each(|id| rec.void(id));
}
