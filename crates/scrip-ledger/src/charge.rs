//! Charges: what was taken for a job.

use minicbor::{Decode, Encode};

use crate::amount::{Credits, Money};
use crate::capture;
use crate::command::{Asked, CaptureNew, HoldNew};
use crate::id::{ChargeId, GrantId, HoldId, Name};
use crate::limits::Runs;
use crate::policy::Outcome;
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::time::Timestamp;
use crate::wallet::Recorder;
use crate::{hold, policy::Spending};
use std::sync::Arc;

/// What was taken for a job, or for one part of it, and from which grants.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Charge {
    #[n(0)]
    pub id: ChargeId,
    #[n(1)]
    pub hold: HoldId,
    #[n(2)]
    pub customer: Name,
    #[n(3)]
    pub member: Option<Name>,
    #[n(4)]
    pub reference: Option<Name>,
    #[n(5)]
    pub catalog_version: u32,
    #[n(6)]
    pub created_at: Timestamp,
    #[n(7)]
    pub outcome: Outcome,
    #[n(8)]
    pub credits: Credits,
    #[n(9)]
    pub lines: Vec<ChargeLine>,
    #[n(10)]
    pub draws: Vec<ChargeDraw>,
    /// What the provider charged.
    #[n(11)]
    pub cost: Option<Money>,
    #[n(12)]
    pub shortfall: Credits,
    #[n(13)]
    pub currency: Name,
}

/// What one line of the hold was charged.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ChargeLine {
    /// Its place in the hold.
    #[n(0)]
    pub line: u16,
    #[n(1)]
    pub tool: Option<Name>,
    #[n(2)]
    pub model: Option<Name>,
    #[n(3)]
    pub credits: Credits,
    /// Measured inputs that it was priced with, as canonical JSON.
    #[n(4)]
    pub measured: Option<Name>,
}

/// What was taken from one grant, and what of that has been given back.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ChargeDraw {
    #[n(0)]
    pub grant: GrantId,
    #[n(1)]
    pub bucket: Name,
    #[n(2)]
    pub amount: Credits,
    #[n(3)]
    pub refunded: Credits,
    /// What of it each line took, in order of taking; `None` is all for the first line of the charge.
    #[n(4)]
    pub parts: Option<Vec<DrawPart>>,
}

/// What one line took from a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct DrawPart {
    /// Its place in the hold.
    #[n(0)]
    pub line: u16,
    #[n(1)]
    pub amount: Credits,
}

impl Charge {
    pub fn refunded(&self) -> Credits {
        self.draws.iter().map(|draw| draw.refunded).sum()
    }

    /// What can still be refunded.
    pub fn refundable(&self) -> Credits {
        self.credits.saturating_sub(self.refunded())
    }

    /// What of a draw each line took, in order of taking.
    pub(crate) fn parts_of(&self, draw: &ChargeDraw) -> Vec<DrawPart> {
        let first = self.lines.first().map_or(0, |line| line.line);
        draw.parts.clone().unwrap_or_else(|| vec![DrawPart { line: first, amount: draw.amount }])
    }

    /// The charge as it was made.
    pub(crate) fn before_refunds(&self) -> Charge {
        let mut charge = self.clone();
        charge.draws.iter_mut().for_each(|draw| draw.refunded = Credits::ZERO);
        charge
    }

    /// Sets what each draw has given back by now.
    pub fn set_refunded(&mut self, refunded: &[Credits]) {
        for (draw, refunded) in self.draws.iter_mut().zip(refunded) {
            draw.refunded = *refunded;
        }
    }
}

/// Holds and captures in one step: for jobs whose price is known and that are done at once.
///
/// Refusals: those of a hold; before its `invalid_amount` comes `invalid_input` where the price is a ceiling
/// (it must be measured).
pub(crate) fn charge(rec: &mut Recorder<'_>, job: &HoldNew, cost: Option<Money>) -> Result<Reply, Refusal> {
    let pool = hold::admit(rec, job)?;
    if let Some(input) = job.lines.iter().flat_map(|line| &line.open_inputs).next() {
        return Err(Refusal::invalid(input, "must be given: a charge is final, and this price depends on it"));
    }
    let spending: Arc<Spending> = job.spending.clone();
    let hold = hold::open(rec, job, pool, Runs::AtOnce)?;
    let whole = CaptureNew {
        outcome: Outcome::Succeeded,
        line: None,
        asked: Asked::Held,
        delivered: None,
        is_final: true,
        cost,
        stage: None,
        free_units: None,
        spending,
    };
    match capture::capture(rec, hold, &whole)? {
        Reply::Captured(captured) => {
            Ok(Reply::Charge(Box::new(captured.charge.expect("a known outcome makes a charge"))))
        }
        other => Ok(other),
    }
}
