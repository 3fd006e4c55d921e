//! The permanent record: one movement of credits between two places of a grant.
//!
//! Entries are numbered without gaps in each wallet, and each carries the hash of the one before, so an
//! export can be proven whole. Nothing edits an entry; a mistake is undone by a counter-entry.

use core::fmt;

use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::amount::Credits;
use crate::id::{ChargeId, EntryId, GrantId, HoldId, Name, ObjectId, RefundId, WalletId};
use crate::time::Timestamp;

/// Where credits of a grant can be. All that was issued is always in one of the other places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Place {
    /// Outside: where credits come from when a grant is made.
    #[n(0)]
    Issued,
    /// Free to be spent.
    #[n(1)]
    Available,
    /// Set aside for a job.
    #[n(2)]
    Held,
    /// Taken for a job.
    #[n(3)]
    Spent,
    /// Unused at its end.
    #[n(4)]
    Expired,
    /// Taken back by the studio.
    #[n(5)]
    Voided,
    /// Kept, but not spendable: not effective yet, or locked.
    #[n(6)]
    Frozen,
    /// Gone on into another grant.
    #[n(7)]
    Moved,
}

impl Place {
    pub const fn as_str(self) -> &'static str {
        match self {
            Place::Issued => "issued",
            Place::Available => "available",
            Place::Held => "held",
            Place::Spent => "spent",
            Place::Expired => "expired",
            Place::Voided => "voided",
            Place::Frozen => "frozen",
            Place::Moved => "moved",
        }
    }
}

/// Why credits moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum EntryKind {
    #[n(0)]
    Grant,
    /// A grant with a later start became spendable.
    #[n(1)]
    Activate,
    #[n(2)]
    Hold,
    #[n(3)]
    Capture,
    #[n(4)]
    Release,
    /// A hold ran out of time.
    #[n(5)]
    HoldExpire,
    /// Came back to a grant that had ended, and ended with it (MISSION A09).
    #[n(6)]
    Lapse,
    #[n(7)]
    Refund,
    #[n(8)]
    Expire,
    #[n(9)]
    Void,
    #[n(10)]
    Transfer,
    /// Came back to a grant that had ended, and went on into a new one.
    #[n(11)]
    Restore,
    #[n(12)]
    Debt,
    #[n(13)]
    Repay,
    #[n(14)]
    Forgive,
    /// What was left of a cycle went on into the next.
    #[n(15)]
    Rollover,
    /// Kept, and not spendable without a plan.
    #[n(16)]
    Freeze,
    #[n(17)]
    Thaw,
    /// What is above the most that a plan or bucket allows ended.
    #[n(18)]
    Trim,
    /// Left for another wallet.
    #[n(19)]
    Send,
    /// Came from another wallet.
    #[n(20)]
    Receive,
    /// The payment for it went back (MISSION A43).
    #[n(21)]
    ClawBack,
    /// The payment for it went back, and it was not there any more.
    #[n(22)]
    Owe,
    /// What was owed for it came back, too late to be used.
    #[n(23)]
    Waive,
}

impl EntryKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            EntryKind::Grant => "grant",
            EntryKind::Activate => "activate",
            EntryKind::Hold => "hold",
            EntryKind::Capture => "capture",
            EntryKind::Release => "release",
            EntryKind::HoldExpire => "hold_expire",
            EntryKind::Lapse => "lapse",
            EntryKind::Refund => "refund",
            EntryKind::Expire => "expire",
            EntryKind::Void => "void",
            EntryKind::Transfer => "transfer",
            EntryKind::Restore => "restore",
            EntryKind::Debt => "debt",
            EntryKind::Repay => "repay",
            EntryKind::Forgive => "forgive",
            EntryKind::Rollover => "rollover",
            EntryKind::Freeze => "freeze",
            EntryKind::Thaw => "thaw",
            EntryKind::Trim => "trim",
            EntryKind::Send => "send",
            EntryKind::Receive => "receive",
            EntryKind::ClawBack => "claw_back",
            EntryKind::Owe => "owe",
            EntryKind::Waive => "waive",
        }
    }
}

/// A SHA-256 over the hash before and the entry itself.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct ChainHash(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

impl ChainHash {
    /// Before the first entry of a wallet.
    pub const START: ChainHash = ChainHash([0; 32]);
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// What moved, from where to where, when, for what and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Movement {
    /// 1 for a wallet's first entry, then without gaps.
    #[n(0)]
    pub sequence: u64,
    #[n(1)]
    pub at: Timestamp,
    #[n(2)]
    pub kind: EntryKind,
    #[n(3)]
    pub grant: GrantId,
    #[n(4)]
    pub from: Place,
    #[n(5)]
    pub to: Place,
    #[n(6)]
    pub amount: Credits,
    /// The other grant of a transfer, a repayment or a restored lot.
    #[n(7)]
    pub other_grant: Option<GrantId>,
    #[n(8)]
    pub hold: Option<HoldId>,
    #[n(9)]
    pub charge: Option<ChargeId>,
    #[n(10)]
    pub refund: Option<RefundId>,
    /// Who asked: an API key, a member of staff, or `system` for what falls due.
    #[n(11)]
    pub actor: Name,
    #[n(12)]
    pub reason: Option<Name>,
}

/// A movement with its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Entry {
    #[n(0)]
    pub movement: Movement,
    #[n(1)]
    pub hash: ChainHash,
}

impl Movement {
    /// The hash of this movement after `before`: SHA-256 over the hash before and the movement's CBOR.
    pub fn hash_after(&self, before: ChainHash) -> ChainHash {
        let mut bytes = Vec::with_capacity(192);
        bytes.extend_from_slice(&before.0);
        minicbor::encode(self, &mut bytes).expect("writing to memory does not fail");
        ChainHash(Sha256::digest(&bytes).into())
    }
}

impl Entry {
    pub fn id(&self, wallet: WalletId) -> EntryId {
        EntryId(ObjectId::new(self.movement.at, wallet, self.movement.sequence as u32))
    }
}
