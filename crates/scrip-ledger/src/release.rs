//! Releases: giving back what a hold did not use.

use crate::amount::Credits;
use crate::entry::{EntryKind, Place};
use crate::grant::{GrantKind, GrantTerms};
use crate::hold::{HoldState, HoldStatus, HoldTerms};
use crate::id::{GrantId, HoldId, Name};
use crate::policy::ReleasedAfterExpiry;
use crate::refusal::{Missing, Refusal};
use crate::reply::Reply;
use crate::wallet::Recorder;

/// Gives back all that a hold has left and ends it.
///
/// Refusals: `not_found` (hold); `hold_captured`, `hold_released`, `hold_expired`.
pub(crate) fn release(rec: &mut Recorder<'_>, id: HoldId, reason: Option<Name>) -> Result<Reply, Refusal> {
    let hold = rec.wallet.hold(id).ok_or(Refusal::NotFound { what: Missing::Hold })?;
    if let Some(ended) = hold.ended() {
        return Err(ended);
    }
    // From here on this must succeed.
    rec.reason = reason;
    end(rec, id, EntryKind::Release);
    rec.settle_debt();
    Ok(Reply::Hold(Box::new(rec.wallet.hold(id).expect("found above").clone())))
}

/// Ends an open hold: by its owner, or because its time ran out.
pub(crate) fn end(rec: &mut Recorder<'_>, id: HoldId, kind: EntryKind) {
    let hold = rec.wallet.hold(id).expect("the caller found it");
    let terms = hold.terms.clone();
    let mut state = hold.state.clone();
    let lines: Vec<usize> = (0..state.lines.len()).collect();
    rec.context.hold = Some(id);
    give_back_lines(rec, &terms, &mut state, &lines, kind);
    for line in lines.iter().filter(|line| !state.lines[**line].ended && state.lines[**line].captured().is_zero()) {
        rec.free_again(&terms, *line);
    }
    state.stuck = false;
    if kind == EntryKind::HoldExpire {
        // Its lines have not ended: each may still be captured late, once.
        state.status = HoldStatus::Expired;
    } else {
        state.lines.iter_mut().for_each(|line| line.ended = true);
        let captured = state.captured().is_positive();
        state.status = if captured { HoldStatus::Captured } else { HoldStatus::Released };
    }
    rec.change_hold(id, state);
}

/// Gives back what these lines have left, to the draw spent last first. Answers how much.
pub(crate) fn give_back_lines(
    rec: &mut Recorder<'_>,
    terms: &HoldTerms,
    state: &mut HoldState,
    lines: &[usize],
    kind: EntryKind,
) -> Credits {
    let mut released = Credits::ZERO;
    for line in lines.iter().rev() {
        let after_expiry = terms.lines[*line].policy.released_after_expiry;
        for draw in state.lines[*line].draws.iter_mut().rev() {
            let rest = draw.remaining();
            rec.give_back(kind, draw.grant, Place::Held, rest, after_expiry);
            draw.release(rest);
            released = released.checked_add(rest).expect("released credits were issued");
        }
    }
    released
}

impl Recorder<'_> {
    /// Gives credits back to the grant they came from; what happens in one that has ended meanwhile is the
    /// catalog's policy (MISSION A09).
    pub(crate) fn give_back(
        &mut self,
        kind: EntryKind,
        id: GrantId,
        from: Place,
        amount: Credits,
        after_expiry: ReleasedAfterExpiry,
    ) {
        if amount.is_zero() {
            return;
        }
        self.shift(kind, id, from, Place::Available, amount);
        let grant = self.wallet.grant(id).expect("a grant that was drawn on is loaded");
        if grant.terms.kind == GrantKind::Overage {
            return self.overage_returned(id, from, amount);
        }
        if grant.voided {
            self.shift(EntryKind::Void, id, Place::Available, Place::Voided, amount);
            return self.waive(id, amount);
        }
        if !grant.has_ended(self.at) {
            return self.came_back(id, amount);
        }
        let expires_at = match after_expiry {
            ReleasedAfterExpiry::Restore => None,
            ReleasedAfterExpiry::Grace(grace) if !grace.is_zero() => Some(self.at.after(grace)),
            ReleasedAfterExpiry::Grace(_) | ReleasedAfterExpiry::Expire => {
                self.shift(EntryKind::Lapse, id, Place::Available, Place::Expired, amount);
                return self.waive(id, amount);
            }
        };
        let terms = grant.terms.clone();
        self.shift(EntryKind::Restore, id, Place::Available, Place::Moved, amount);
        let restored = GrantTerms {
            kind: GrantKind::Restored,
            amount,
            created_at: self.at,
            effective_at: None,
            expires_at,
            paid: None,
            source: None,
            ..(*terms).clone()
        };
        let restored = self.issue(restored, EntryKind::Restore, Some(id));
        self.follow_plan(restored);
    }
}
