//! Holds: credits set aside for one job before it runs.

use std::borrow::Cow;
use std::sync::Arc;

use minicbor::{Decode, Encode};

use crate::allocation::Wanted;
use crate::amount::Credits;
use crate::command::{Extension, HoldNew, LineNew};
use crate::counting::Counting;
use crate::customer::PoolId;
use crate::entry::{EntryKind, Place};
use crate::grant::Payer;
use crate::id::{GrantId, HoldId, Name};
use crate::limits::Runs;
use crate::overage::Asking;
use crate::plan::TermsWithoutPlan;
use crate::policy::{JobPolicy, ShortBalance};
use crate::refusal::{Missing, Refusal};
use crate::reply::Reply;
use crate::seat::Spender;
use crate::time::Timestamp;
use crate::wallet::{Recorder, Wallet};
use crate::{facts, limits, overage};

/// Credits set aside for one job: what was promised, and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Hold {
    #[n(0)]
    pub id: HoldId,
    #[cbor(n(1), with = "crate::shared")]
    pub terms: Arc<HoldTerms>,
    #[n(2)]
    pub state: HoldState,
}

/// What never changes about a hold: the job, its price, and the policies pinned with it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct HoldTerms {
    #[n(0)]
    pub customer: Name,
    #[n(1)]
    pub pool: PoolId,
    #[n(2)]
    pub member: Option<Name>,
    #[n(3)]
    pub currency: Name,
    #[n(4)]
    pub lines: Vec<LineTerms>,
    /// Lines lend to each other what they do not need.
    #[n(5)]
    pub envelope: bool,
    /// The quote that it redeems.
    #[n(6)]
    pub quote: Option<Name>,
    /// 0 where no catalog priced it.
    #[n(7)]
    pub catalog_version: u32,
    #[n(8)]
    pub created_at: Timestamp,
    #[n(9)]
    pub reference: Option<Name>,
    #[n(10)]
    pub metadata: Vec<(Name, Name)>,
    /// Limits and free allowances that it counts towards; `None` is nothing.
    #[n(11)]
    pub counts: Option<Vec<Counting>>,
    /// What it was priced with beside its inputs, as JSON; `None` where the price does not depend on more.
    #[n(12)]
    pub priced_with: Option<Name>,
}

/// One part of a job: what it is and what it was promised for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct LineTerms {
    #[n(0)]
    pub label: Option<Name>,
    #[n(1)]
    pub tool: Option<Name>,
    #[n(2)]
    pub model: Option<Name>,
    #[n(3)]
    pub quantity: u32,
    #[n(4)]
    pub inputs: Name,
    /// Measured inputs that were left open; empty where the price is exact.
    #[n(5)]
    pub open_inputs: Vec<Name>,
    #[n(6)]
    pub amount: Credits,
    #[cbor(n(7), with = "crate::shared")]
    pub policy: Arc<JobPolicy>,
}

/// How far a hold has come.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct HoldState {
    #[n(0)]
    pub status: HoldStatus,
    #[n(1)]
    pub expires_at: Timestamp,
    /// Its outcome was reported as unknown: it waits for a verdict.
    #[n(2)]
    pub stuck: bool,
    #[n(3)]
    pub lines: Vec<LineState>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum HoldStatus {
    #[n(0)]
    Open,
    /// Ended with a charge, or with success.
    #[n(1)]
    Captured,
    /// Ended without a charge.
    #[n(2)]
    Released,
    /// Ran out of time.
    #[n(3)]
    Expired,
}

impl HoldStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            HoldStatus::Open => "open",
            HoldStatus::Captured => "captured",
            HoldStatus::Released => "released",
            HoldStatus::Expired => "expired",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct LineState {
    /// Captured for good, or released with its hold. The lines of a hold that ran out have not ended: they may
    /// be captured late.
    #[n(0)]
    pub ended: bool,
    /// In the order in which the grants are spent.
    #[n(1)]
    pub draws: Vec<Draw>,
}

/// What a hold takes from one grant: `held = captured + released + remaining`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Draw {
    #[n(0)]
    pub grant: GrantId,
    /// All that was ever held of this grant.
    #[n(1)]
    pub held: Credits,
    #[n(2)]
    pub captured: Credits,
    #[n(3)]
    pub released: Credits,
    /// The bucket of the grant.
    #[n(4)]
    pub bucket: Name,
}

impl Draw {
    pub fn remaining(&self) -> Credits {
        self.held.saturating_sub(self.captured).saturating_sub(self.released)
    }

    pub(crate) fn capture(&mut self, amount: Credits) {
        self.captured = self.captured.checked_add(amount).expect("no more is captured than was held");
    }

    pub(crate) fn release(&mut self, amount: Credits) {
        self.released = self.released.checked_add(amount).expect("no more is released than was held");
    }
}

impl LineState {
    pub fn held(&self) -> Credits {
        self.draws.iter().map(|draw| draw.held).sum()
    }

    pub fn captured(&self) -> Credits {
        self.draws.iter().map(|draw| draw.captured).sum()
    }

    pub fn released(&self) -> Credits {
        self.draws.iter().map(|draw| draw.released).sum()
    }

    pub fn remaining(&self) -> Credits {
        self.draws.iter().map(Draw::remaining).sum()
    }
}

impl HoldState {
    /// All that was ever held: captured, released and remaining.
    pub fn amount(&self) -> Credits {
        self.lines.iter().map(LineState::held).sum()
    }

    pub fn captured(&self) -> Credits {
        self.lines.iter().map(LineState::captured).sum()
    }

    pub fn released(&self) -> Credits {
        self.lines.iter().map(LineState::released).sum()
    }

    pub fn remaining(&self) -> Credits {
        self.lines.iter().map(LineState::remaining).sum()
    }

    pub fn is_open(&self) -> bool {
        self.status == HoldStatus::Open
    }

    /// Can so many more credits be counted in this hold? What it ever held counts, what was captured, given
    /// back and set aside again included.
    pub(crate) fn room_for(&self, amount: Credits) -> Result<(), Refusal> {
        match self.amount().checked_add(amount) {
            Some(_) => Ok(()),
            None => Err(Refusal::invalid_amount("is more than one hold can count")),
        }
    }
}

impl Hold {
    /// Why nothing can be done with a hold that has ended; `None` while it is open.
    pub(crate) fn ended(&self) -> Option<Refusal> {
        match self.state.status {
            HoldStatus::Open => None,
            HoldStatus::Captured => Some(Refusal::HoldCaptured),
            HoldStatus::Released => Some(Refusal::HoldReleased),
            HoldStatus::Expired => Some(Refusal::HoldExpired),
        }
    }
}

/// Sets credits aside for a job, all of it or nothing.
///
/// Refusals: `not_found` (customer, member); `not_entitled`; `quote_used`; `quote_expired`;
/// `invalid_input` (a job of no lines, or of more than 65,535); `reprice`; `too_many_jobs`, `count_limit`,
/// `spend_limit`, `member_limit`; `invalid_amount` (a price below zero, or a sum that can't be counted);
/// `insufficient_credits`, which names what the whole job needs.
pub(crate) fn place(rec: &mut Recorder<'_>, new: &HoldNew) -> Result<Reply, Refusal> {
    let pool = admit(rec, new)?;
    let id = open(rec, new, pool, Runs::InFlight)?;
    Ok(Reply::Hold(Box::new(rec.wallet.hold(id).expect("just placed").clone())))
}

/// May this job be held at all, its price left aside? Answers the pool that pays.
pub(crate) fn admit(rec: &Recorder<'_>, new: &HoldNew) -> Result<PoolId, Refusal> {
    let (wallet, at) = (&*rec.wallet, rec.at);
    let pool = wallet.known_pool(&new.customer)?;
    if let Some(member) = &new.member
        && wallet.member(pool, member).is_none()
    {
        return Err(Refusal::NotFound { what: Missing::Member });
    }
    rec.entitled(pool, new)?;
    if let Some(promise) = &new.promise {
        if wallet.is_quote_used(promise.mark, at) {
            return Err(Refusal::QuoteUsed);
        }
        if promise.expires_at <= at {
            return Err(Refusal::QuoteExpired);
        }
    }
    if new.lines.is_empty() || new.lines.len() > usize::from(u16::MAX) {
        return Err(Refusal::invalid("lines", "must be at least one and at most 65535"));
    }
    Ok(pool)
}

/// Opens the hold of a job that was admitted and answers its id; a charge goes on to capture it.
pub(crate) fn open(rec: &mut Recorder<'_>, new: &HoldNew, pool: PoolId, runs: Runs) -> Result<HoldId, Refusal> {
    facts::check(rec, pool, new)?;
    let lines = as_far_as_it_goes(rec, pool, new);
    let job = limits::Job { pool, member: new.member.as_ref(), currency: &new.currency, lines: &lines, runs };
    let mut counts = limits::admit(rec, &job)?;
    facts::add_countings(rec, pool, new, &mut counts);
    let wanted: Vec<Wanted> = (lines.iter().enumerate())
        .map(|(line, new)| Wanted { line, tool: new.tool.clone(), amount: new.amount })
        .collect();
    let (member, currency, spending) = (new.member.as_ref(), &new.currency, &*new.spending);
    let draws = overage::allocate_or_go_beyond(rec, &wanted, &Asking { pool, member, currency, spending })?;
    // From here on this must succeed.
    let id = HoldId(rec.next_id());
    let terms = HoldTerms {
        customer: new.customer.clone(),
        pool,
        member: new.member.clone(),
        currency: new.currency.clone(),
        lines: lines.iter().map(line_terms).collect(),
        envelope: new.envelope,
        quote: new.promise.as_ref().map(|promise| promise.quote.clone()),
        catalog_version: new.catalog_version,
        created_at: rec.at,
        reference: new.reference.clone(),
        metadata: new.metadata.clone(),
        counts,
        priced_with: new.facts.as_ref().and_then(|facts| facts.priced_with.clone()),
    };
    let mut state = HoldState {
        status: HoldStatus::Open,
        expires_at: rec.at.after(new.ttl),
        stuck: false,
        lines: vec![LineState::default(); lines.len()],
    };
    if let Some(promise) = &new.promise {
        rec.use_quote(promise.mark, promise.expires_at);
    }
    rec.first_use(pool);
    rec.draw(id, &mut state, &draws);
    rec.count_hold(&terms, &state);
    rec.place_hold(Hold { id, terms: Arc::new(terms), state });
    Ok(id)
}

/// The lines of a job. One that is known only afterwards asks for what there is, where its policy says so and that is
/// enough for the least it can cost (MISSION A04, A21); who may go beyond the balance needs no less.
fn as_far_as_it_goes<'n>(rec: &Recorder<'_>, pool: PoolId, new: &'n HoldNew) -> Cow<'n, [LineNew]> {
    let whole = Cow::Borrowed(&new.lines[..]);
    let [line] = &new.lines[..] else { return whole };
    let ShortBalance::HoldAvailable { at_least } = line.policy.short_balance else { return whole };
    let pools = rec.wallet.pools_of(pool);
    let by = Spender::of(rec.wallet, pool, new.member.as_ref());
    let (tool, currency, spending) = (line.tool.as_deref(), &*new.currency, &*new.spending);
    let available = rec.wallet.available_for(&Payer { pools: &pools, by, tool, currency, spending }, rec.at);
    let is_short = available < line.amount && available.is_positive() && at_least <= available;
    let terms = rec.book.at(rec.at).map(|terms| &**terms);
    let goes_beyond = || rec.wallet.overage_room(pool, currency, terms).is_positive();
    if line.open_inputs.is_empty() || !is_short || goes_beyond() {
        return whole;
    }
    Cow::Owned(vec![LineNew { amount: available, ..line.clone() }])
}

fn line_terms(new: &LineNew) -> LineTerms {
    LineTerms {
        label: new.label.clone(),
        tool: new.tool.clone(),
        model: new.model.clone(),
        quantity: new.quantity,
        inputs: new.inputs.clone(),
        open_inputs: new.open_inputs.clone(),
        amount: new.amount,
        policy: new.policy.clone(),
    }
}

/// Makes a hold live longer or larger. It is never shortened: one that lives longer anyway stays as it is.
///
/// Refusals: `not_found` (hold, line); `hold_captured`, `hold_released`, `hold_expired`; `line_ended`;
/// `invalid_input` (`line`, where a hold of several lines does not say which grows); `invalid_amount` (not
/// greater than zero, or more than a hold can count); `spend_limit`, `member_limit`; `insufficient_credits`.
pub(crate) fn extend(rec: &mut Recorder<'_>, id: HoldId, by: &Extension) -> Result<Reply, Refusal> {
    let hold = rec.wallet.hold(id).ok_or(Refusal::NotFound { what: Missing::Hold })?;
    if by.line.is_some_and(|line| usize::from(line) >= hold.state.lines.len()) {
        return Err(Refusal::NotFound { what: Missing::Line });
    }
    if let Some(ended) = hold.ended() {
        return Err(ended);
    }
    let terms = hold.terms.clone();
    let mut state = hold.state.clone();
    let draws = match by.amount {
        None => Vec::new(),
        Some(amount) => {
            let line = growing_line(hold, by.line)?;
            if !amount.is_positive() {
                return Err(Refusal::invalid_amount("must be greater than zero"));
            }
            state.room_for(amount)?;
            limits::admit_more(rec, &terms, line, amount)?;
            let wanted = [Wanted { line, tool: terms.lines[line].tool.clone(), amount }];
            let (pool, member, currency) = (terms.pool, terms.member.as_ref(), &terms.currency);
            let asking = Asking { pool, member, currency, spending: &by.spending };
            overage::allocate_or_go_beyond(rec, &wanted, &asking)?
        }
    };
    // From here on this must succeed.
    rec.draw(id, &mut state, &draws);
    if let Some(ttl) = by.ttl {
        state.expires_at = state.expires_at.max(rec.at.after(ttl));
    }
    rec.change_hold(id, state);
    Ok(Reply::Hold(Box::new(rec.wallet.hold(id).expect("found above").clone())))
}

fn growing_line(hold: &Hold, line: Option<u16>) -> Result<usize, Refusal> {
    let lines = &hold.state.lines;
    let index = match line {
        Some(line) => usize::from(line),
        None if lines.len() == 1 => 0,
        None if hold.terms.envelope => lines.iter().position(|line| !line.ended).ok_or(Refusal::LineEnded)?,
        None => return Err(Refusal::invalid("line", "this hold has several lines: name the one that grows")),
    };
    if lines[index].ended { Err(Refusal::LineEnded) } else { Ok(index) }
}

impl Wallet {
    /// Is this tool enabled for the customer, and allowed by one of its plans, or to those without (MISSION S2-16)?
    pub fn may_use(&self, pool: PoolId, tool: &Name, without_plan: Option<&TermsWithoutPlan>) -> bool {
        let customer = self.customers.get(usize::from(pool.0));
        let enabled = customer.and_then(|customer| customer.profile.as_ref()?.tools.as_ref());
        if enabled.is_some_and(|enabled| !enabled.contains(tool)) {
            return false;
        }
        let allows = |tools: &Option<Vec<Name>>| tools.as_ref().is_none_or(|tools| tools.contains(tool));
        let mut plans = self.plans_of(pool).map(|subscription| &subscription.plan.tools).peekable();
        match plans.peek() {
            Some(_) => plans.any(allows),
            None => without_plan.is_none_or(|terms| allows(&terms.tools)),
        }
    }
}

impl Recorder<'_> {
    /// Is every tool of the job one that the customer may use?
    fn entitled(&self, pool: PoolId, new: &HoldNew) -> Result<(), Refusal> {
        let without_plan = self.book.at(self.at).map(|terms| &terms.without_plan);
        let mut tools = new.lines.iter().filter_map(|line| line.tool.as_ref());
        let missing = tools.find(|tool| !self.wallet.may_use(pool, tool, without_plan));
        missing.map_or(Ok(()), |tool| Err(Refusal::NotEntitled { tool: tool.clone() }))
    }

    /// Moves what was allocated from available to held, and notes it on the hold's lines.
    pub(crate) fn draw(&mut self, id: HoldId, state: &mut HoldState, draws: &[(usize, GrantId, Credits)]) {
        self.context.hold = Some(id);
        for (line, grant, amount) in draws {
            self.shift(EntryKind::Hold, *grant, Place::Available, Place::Held, *amount);
            self.add_to_draw(&mut state.lines[*line], *grant, *amount);
        }
        self.close_overage(draws);
    }

    /// Adds to the line's draw on that grant, or makes one at the end.
    pub(crate) fn add_to_draw<'l>(&self, line: &'l mut LineState, grant: GrantId, amount: Credits) -> &'l mut Draw {
        let index = line.draws.iter().position(|draw| draw.grant == grant).unwrap_or_else(|| {
            let bucket = self.wallet.grant(grant).expect("a grant that is drawn on is loaded").terms.bucket.clone();
            let none = Credits::ZERO;
            line.draws.push(Draw { grant, held: none, captured: none, released: none, bucket });
            line.draws.len() - 1
        });
        let draw = &mut line.draws[index];
        draw.held = draw.held.checked_add(amount).expect("held credits were issued");
        draw
    }
}
