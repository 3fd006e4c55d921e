//! Rollover: what is left of a grant goes on as a grant of its own.

use crate::amount::Credits;
use crate::entry::{EntryKind, Place};
use crate::grant::{GrantKind, GrantTerms, Source};
use crate::id::{GrantId, Name};
use crate::time::Timestamp;
use crate::wallet::Recorder;

/// Where what is left goes on.
pub(crate) struct Onward {
    pub(crate) source: Source,
    /// `None`: in its own.
    pub(crate) bucket: Option<Name>,
    pub(crate) expires_at: Option<Timestamp>,
}

impl Recorder<'_> {
    /// Moves so much of a grant on; nothing where nothing is.
    pub(crate) fn roll_over(&mut self, from: GrantId, amount: Credits, onward: Onward) {
        if !amount.is_positive() {
            return;
        }
        let terms = self.wallet.grant(from).expect("the caller found it").terms.clone();
        self.shift(EntryKind::Rollover, from, Place::Available, Place::Moved, amount);
        let rolled = GrantTerms {
            kind: GrantKind::Rollover,
            bucket: onward.bucket.unwrap_or_else(|| terms.bucket.clone()),
            amount,
            created_at: self.at,
            expires_at: onward.expires_at,
            paid: None,
            source: Some(onward.source),
            ..(*terms).clone()
        };
        self.issue(rolled, EntryKind::Rollover, Some(from));
    }
}
