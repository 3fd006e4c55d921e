//! What a command changed: the journal keeps these, and every view is a fold of them.
//!
//! Fields and variants are numbered for ever: a later release adds numbers and never reuses one, so the
//! journal of any past release can be read.

use std::sync::Arc;

use minicbor::{Decode, Encode};

use crate::amount::Credits;
use crate::charge::Charge;
use crate::customer::{Customer, Member, PoolId};
use crate::entry::Entry;
use crate::grant::GrantTerms;
use crate::hold::{HoldState, HoldTerms};
pub use crate::id::QuoteMark;
use crate::id::{ChargeId, GrantId, HoldId, Name, RequestKey, StudioId, WalletId};
use crate::note::Note;
use crate::refund::Refund;
use crate::reply::Remembered;
use crate::subscription::Subscription;
use crate::tally::{Tally, TallyKey};
use crate::time::Timestamp;

/// All that one command changed in one wallet.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Record {
    #[n(0)]
    pub wallet: WalletId,
    #[n(1)]
    pub studio: StudioId,
    /// When it was decided; never before the wallet's last record.
    #[n(2)]
    pub at: Timestamp,
    /// The wallet's counter of ids after it.
    #[n(3)]
    pub counter: u32,
    #[n(4)]
    pub changes: Vec<Change>,
    /// The number of the wallet's last entry, where the record has none of its own: so that what happened can be put
    /// in order wallet by wallet. Earlier releases did not say.
    #[n(5)]
    pub sequence: Option<u64>,
    /// The trace of the request that brought the command (`traceparent`), if it said one: what happened is told with
    /// it.
    #[n(6)]
    pub trace: Option<Name>,
}

/// One change to the state of a wallet.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Change {
    #[n(0)]
    CustomerPut(#[n(0)] Customer),
    #[n(1)]
    MemberPut(#[n(0)] Member),
    #[n(2)]
    MemberRemoved {
        #[n(0)]
        pool: PoolId,
        #[n(1)]
        member: Name,
    },
    /// A grant was made; an entry that issues its credits follows.
    #[n(3)]
    GrantIssued {
        #[n(0)]
        id: GrantId,
        #[cbor(n(1), with = "crate::shared")]
        terms: Arc<GrantTerms>,
    },
    #[n(4)]
    GrantVoided {
        #[n(0)]
        id: GrantId,
    },
    /// Credits moved: the only change that alters a balance.
    #[n(5)]
    Entry(#[n(0)] Entry),
    #[n(6)]
    HoldPlaced {
        #[n(0)]
        id: HoldId,
        #[cbor(n(1), with = "crate::shared")]
        terms: Arc<HoldTerms>,
        #[n(2)]
        state: HoldState,
    },
    #[n(7)]
    HoldChanged {
        #[n(0)]
        id: HoldId,
        #[n(1)]
        state: HoldState,
    },
    #[n(8)]
    Charged(#[cbor(n(0), with = "crate::shared")] Arc<Charge>),
    /// What each draw of a charge has given back by now.
    #[n(9)]
    ChargeRefunded {
        #[n(0)]
        id: ChargeId,
        #[n(1)]
        refunded: Vec<Credits>,
    },
    #[n(10)]
    Refunded(#[cbor(n(0), with = "crate::shared")] Arc<Refund>),
    /// A quote was redeemed; remembered until it would have expired.
    #[n(11)]
    QuoteUsed {
        #[n(0)]
        mark: QuoteMark,
        #[n(1)]
        until: Timestamp,
    },
    /// The answer of an idempotent request.
    #[n(12)]
    Remembered {
        #[n(0)]
        key: RequestKey,
        #[cbor(n(1), with = "crate::shared")]
        answer: Arc<Remembered>,
    },
    /// An outcome was reported as unknown: the hold waits for a verdict.
    #[n(13)]
    HoldStuck {
        #[n(0)]
        id: HoldId,
    },
    /// A subscription was started or changed.
    #[n(14)]
    SubscriptionPut(#[cbor(n(0), with = "crate::shared")] Arc<Subscription>),
    /// A grant ended before its time, with its cycle.
    #[n(15)]
    GrantEnded {
        #[n(0)]
        id: GrantId,
    },
    /// A grant was frozen for want of a plan, or is spendable again.
    #[n(16)]
    GrantLocked {
        #[n(0)]
        id: GrantId,
        #[n(1)]
        locked: bool,
    },
    /// What counts towards a limit, a free allowance or a promotion.
    #[n(17)]
    Tallied {
        #[n(0)]
        key: TallyKey,
        #[n(1)]
        tally: Tally,
    },
    /// Something that nobody's state depends on, and that somebody may want to hear.
    #[n(18)]
    Noted(#[n(0)] Note),
    /// What follows in the record happened at this instant. What falls due does so at its own, however late the
    /// record was made; a record without one happened when it was made.
    #[n(19)]
    Moment(#[n(0)] Timestamp),
    /// What was counted for a time only is forgotten.
    #[n(20)]
    TallyForgotten {
        #[n(0)]
        key: TallyKey,
    },
}
