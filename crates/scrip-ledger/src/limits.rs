//! Limits that are not about the balance: jobs in flight, jobs, credits and purchases per period.
//!
//! They come from the live plans of the spender's pool and of those it belongs to, or from what the catalog says
//! of customers without one, and from the member's own caps. A plan's limit is about the pool that has the plan
//! and all that belong to it, or about each member. Of several plans one that lets the job pass is enough; all of
//! the member's caps must. Where nobody has a limit nothing is looked at and nothing is written.
//!
//! A limit that refuses is told once in its period (once a day where it has none): a client that tries again
//! and again writes nothing more.

use crate::amount::Credits;
use crate::book::Terms;
use crate::command::LineNew;
use crate::counting::Counting;
use crate::customer::PoolId;
use crate::hold::{Hold, HoldTerms};
use crate::id::Name;
use crate::note::Note;
use crate::period::Period;
use crate::plan::{Interval, Limit, LimitKind};
use crate::policy::CREDITS;
use crate::refusal::Refusal;
use crate::tally::{Counted, Tally, TallyKey};
use crate::time::Timestamp;
use crate::wallet::{Recorder, Wallet};

/// A job that is to be let in.
pub(crate) struct Job<'a> {
    pub(crate) pool: PoolId,
    pub(crate) member: Option<&'a Name>,
    pub(crate) currency: &'a Name,
    pub(crate) lines: &'a [LineNew],
    pub(crate) runs: Runs,
}

/// Does a job stay open? One that is done at once is never in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runs {
    InFlight,
    AtOnce,
}

/// May this job be held, as far as limits are concerned? Answers what it will count in.
///
/// Refusals: `too_many_jobs`, `count_limit`, `spend_limit`, `member_limit`.
pub(crate) fn admit(rec: &mut Recorder<'_>, job: &Job<'_>) -> Result<Option<Vec<Counting>>, Refusal> {
    if !rec.has_limits(job.pool, job.member) {
        return Ok(None);
    }
    let parts: Vec<Part<'_>> = job.lines.iter().map(Part::of).collect();
    let asking = Asking {
        pool: job.pool,
        member: job.member,
        what: What::Job(&parts, job.runs),
        currency: job.currency,
        at: rec.at,
    };
    let counts = rec.within_limits(&asking)?;
    Ok((!counts.is_empty()).then_some(counts))
}

/// May a hold grow by so much? It counts in the period in which it was placed.
///
/// Refusals: `spend_limit`, `member_limit`.
pub(crate) fn admit_more(
    rec: &mut Recorder<'_>,
    terms: &HoldTerms,
    line: usize,
    amount: Credits,
) -> Result<(), Refusal> {
    if terms.counts.is_none() || !rec.has_limits(terms.pool, terms.member.as_ref()) {
        return Ok(());
    }
    let part = Part { tool: terms.lines[line].tool.as_ref(), amount, quantity: 0 };
    let what = What::More(part);
    let (member, currency) = (terms.member.as_ref(), &terms.currency);
    let asking = Asking { pool: terms.pool, member, what, currency, at: terms.created_at };
    rec.within_limits(&asking).map(drop)
}

/// May a pack be bought? Answers what the purchase will count in.
///
/// Refusals: `count_limit`.
pub(crate) fn admit_purchase(rec: &mut Recorder<'_>, pool: PoolId) -> Result<Vec<Counting>, Refusal> {
    if !rec.has_limits(pool, None) {
        return Ok(Vec::new());
    }
    rec.within_limits(&Asking::purchase(pool, rec.at))
}

/// Do its plans let a customer buy one pack more?
pub(crate) fn lets_buy(wallet: &Wallet, pool: PoolId, terms: &Terms, at: Timestamp) -> bool {
    let asking = Asking::purchase(pool, at);
    let limits = limits_of(wallet, pool, Some(terms)).collect();
    Check { wallet, zone: &terms.zone, asking: &asking, limits }.all().is_ok()
}

impl Wallet {
    /// What limits of plans and caps of the member leave to spend on these tools in their periods; `None` where
    /// nothing limits it (API section 1: `available` is what this job may spend).
    pub fn spend_left(&self, spender: &Spends<'_>, terms: Option<&Terms>, at: Timestamp) -> Option<Credits> {
        let Spends { pool, member, tools, currency } = *spender;
        let parts: Vec<Part<'_>> =
            tools.iter().map(|tool| Part { tool: *tool, amount: Credits::ZERO, quantity: 1 }).collect();
        let asking = Asking { pool, member, what: What::Job(&parts, Runs::AtOnce), currency, at };
        let limits = limits_of(self, pool, terms).collect();
        let zone = terms.map_or("UTC", |terms| terms.zone.as_str());
        Check { wallet: self, zone, asking: &asking, limits }.spend_left(&parts)
    }
}

/// Who would spend, and on what.
pub struct Spends<'a> {
    pub pool: PoolId,
    pub member: Option<&'a Name>,
    /// The tools of the job's lines.
    pub tools: &'a [Option<&'a Name>],
    pub currency: &'a str,
}

/// One line of a job, or what it grows by.
#[derive(Clone, Copy)]
struct Part<'a> {
    tool: Option<&'a Name>,
    amount: Credits,
    quantity: u32,
}

impl<'a> Part<'a> {
    fn of(line: &'a LineNew) -> Part<'a> {
        Part { tool: line.tool.as_ref(), amount: line.amount, quantity: line.quantity }
    }
}

#[derive(Clone, Copy)]
enum What<'a> {
    Job(&'a [Part<'a>], Runs),
    More(Part<'a>),
    Purchase,
}

/// What somebody wants that a limit may refuse.
struct Asking<'a> {
    pool: PoolId,
    member: Option<&'a Name>,
    what: What<'a>,
    /// What a job is priced in.
    currency: &'a str,
    /// In whose period it counts.
    at: Timestamp,
}

impl Asking<'_> {
    fn purchase(pool: PoolId, at: Timestamp) -> Self {
        Asking { pool, member: None, what: What::Purchase, currency: "", at }
    }
}

/// Whom a limit is about.
#[derive(Clone, Copy)]
struct About<'a> {
    pool: PoolId,
    member: Option<&'a Name>,
}

/// A limit that refuses.
struct Breach {
    kind: LimitKind,
    about: (PoolId, Option<Name>),
    at_most: Credits,
    left: Credits,
    resets_at: Option<Timestamp>,
    label: Name,
    /// The period in which it is told once.
    told_since: Timestamp,
}

impl Breach {
    fn refusal(&self) -> Refusal {
        let (at_most, left, resets_at) = (self.at_most, self.left, self.resets_at);
        let count = |what: &str| Refusal::CountLimit { what: Name::from(what), at_most: whole(at_most), resets_at };
        match (self.kind, &self.about.1) {
            (LimitKind::JobsInFlight, _) => Refusal::TooManyJobs { at_most: whole(at_most) },
            (LimitKind::Jobs, _) => count("jobs"),
            (LimitKind::Purchases, _) => count("purchases"),
            (LimitKind::Spend, None) => Refusal::SpendLimit { at_most, left, resets_at },
            (LimitKind::Spend, Some(_)) => Refusal::MemberLimit { at_most, left, resets_at },
        }
    }
}

fn whole(credits: Credits) -> u64 {
    u64::try_from(credits.micro() / 1_000_000).unwrap_or(0)
}

/// Limits of the same currency, tools and period count the same.
fn label(limit: &Limit) -> Name {
    let mut label = limit.per.map_or("ever", Interval::as_str).to_owned();
    if let Some(currency) = &limit.currency {
        label.push('@');
        label.push_str(currency);
    }
    for (index, tool) in limit.tools.iter().flatten().enumerate() {
        label.push(if index == 0 { ':' } else { ',' });
        label.push_str(tool);
    }
    Name::from(label)
}

impl Limit {
    /// Is a spend limit about spending in this currency?
    fn counts_in(&self, currency: &str) -> bool {
        self.currency.as_ref().map_or(CREDITS, Name::as_str) == currency
    }
}

fn is_about(limit: &Limit, tool: Option<&Name>) -> bool {
    limit.tools.as_ref().is_none_or(|tools| tool.is_some_and(|tool| tools.contains(tool)))
}

/// The limits of each live plan and whom they are about; without a plan, those of customers that have none, and
/// about the customer as a whole.
fn limits_of<'a>(
    wallet: &'a Wallet,
    pool: PoolId,
    terms: Option<&'a Terms>,
) -> impl Iterator<Item = (PoolId, &'a [Limit])> {
    let has_any = |terms: &&Terms| !terms.without_plan.limits.is_empty();
    let without = terms.filter(has_any).filter(|_| !wallet.has_plan(pool)).map(|terms| {
        let whole = wallet.pools_from(pool).last().unwrap_or(pool);
        (whole, &*terms.without_plan.limits)
    });
    let plans = wallet.plans_of(pool).map(|subscription| (subscription.pool, &*subscription.plan.limits));
    plans.chain(without)
}

impl Recorder<'_> {
    fn has_limits(&self, pool: PoolId, member: Option<&Name>) -> bool {
        let caps = |member: &Name| self.wallet.member(pool, member).is_some_and(|member| !member.caps.is_empty());
        let terms = self.book.at(self.at).map(|terms| &**terms);
        limits_of(self.wallet, pool, terms).any(|(_, limits)| !limits.is_empty()) || member.is_some_and(caps)
    }

    fn within_limits(&mut self, asking: &Asking<'_>) -> Result<Vec<Counting>, Refusal> {
        let zone = self.zone();
        let terms = self.book.at(self.at).map(|terms| &**terms);
        let limits = limits_of(self.wallet, asking.pool, terms).collect();
        let check = Check { wallet: self.wallet, zone: &zone, asking, limits };
        match check.all() {
            Ok(()) => Ok(check.countings()),
            Err(breach) => {
                self.tell_once(&breach);
                Err(breach.refusal())
            }
        }
    }

    fn tell_once(&mut self, breach: &Breach) {
        let (pool, member) = breach.about.clone();
        let what = Counted::Told(Name::from(format!("{}:{}", breach.kind.as_str(), breach.label)));
        let key = TallyKey { pool, member: member.clone(), what };
        if self.wallet.counted(&key, breach.told_since).count > 0 {
            return;
        }
        self.tally(key, Tally::once(breach.told_since));
        self.note(Note::LimitReached { pool, member, kind: breach.kind, at_most: breach.at_most });
    }
}

/// All limits that are about what somebody asks for.
struct Check<'a> {
    wallet: &'a Wallet,
    zone: &'a str,
    asking: &'a Asking<'a>,
    limits: Vec<(PoolId, &'a [Limit])>,
}

impl<'a> Check<'a> {
    /// One of the plans lets it pass, and so do all of the member's caps. Of several plans that refuse, the one
    /// that allows the most says why.
    fn all(&self) -> Result<(), Breach> {
        let mut refused: Option<Breach> = None;
        for (pool, limits) in &self.limits {
            match limits.iter().try_for_each(|limit| self.limit(limit, self.about(limit, *pool))) {
                Ok(()) => {
                    refused = None;
                    break;
                }
                Err(breach) if refused.as_ref().is_some_and(|other| other.at_most >= breach.at_most) => {}
                Err(breach) => refused = Some(breach),
            }
        }
        if let Some(breach) = refused {
            return Err(breach);
        }
        let about = About { pool: self.asking.pool, member: self.asking.member };
        self.caps().iter().try_for_each(|limit| self.limit(limit, Some(about)))
    }

    /// The least that the limits of one plan leave, of the plan that leaves most; and of the member's caps.
    fn spend_left(&self, parts: &[Part<'_>]) -> Option<Credits> {
        let left = |limit: &Limit, about: Option<About<'_>>| {
            let all = parts.iter().all(|part| is_about(limit, part.tool));
            if limit.kind != LimitKind::Spend || !limit.counts_in(self.asking.currency) || !all {
                return None;
            }
            let period = Period::of(limit.per, self.zone, self.asking.at);
            Some(limit.at_most.saturating_sub(self.used(limit, about?, period)))
        };
        let of_plan = |(pool, limits): &(PoolId, &[Limit])| {
            limits.iter().filter_map(|limit| left(limit, self.about(limit, *pool))).min().unwrap_or(Credits::MAX)
        };
        let of_plans = self.limits.iter().map(of_plan).max();
        let own = About { pool: self.asking.pool, member: self.asking.member };
        let of_member = self.caps().iter().filter_map(|limit| left(limit, Some(own))).min();
        of_plans.into_iter().chain(of_member).min().filter(|left| *left < Credits::MAX)
    }

    fn caps(&self) -> &'a [Limit] {
        let member = self.asking.member.and_then(|member| self.wallet.member(self.asking.pool, member));
        member.map_or(&[], |member| &member.caps)
    }

    /// Whom a limit of plans is about; nobody, where it is about each member and the act names none.
    fn about(&self, limit: &Limit, pool: PoolId) -> Option<About<'a>> {
        if !limit.each_member {
            return Some(About { pool, member: None });
        }
        self.asking.member.map(|member| About { pool: self.asking.pool, member: Some(member) })
    }

    fn limit(&self, limit: &Limit, about: Option<About<'_>>) -> Result<(), Breach> {
        let Some(about) = about else { return Ok(()) };
        let more = match (self.asking.what, limit.kind) {
            (What::Job(parts, Runs::InFlight), LimitKind::JobsInFlight) => {
                if !parts.iter().any(|part| is_about(limit, part.tool)) {
                    return Ok(());
                }
                ONE
            }
            (What::Job(parts, _), LimitKind::Jobs) => {
                let about = parts.iter().filter(|part| is_about(limit, part.tool));
                number(about.map(|part| u64::from(part.quantity)).sum())
            }
            (_, LimitKind::Spend) if !limit.counts_in(self.asking.currency) => return Ok(()),
            (What::Job(parts, _), LimitKind::Spend) => spend(limit, parts),
            (What::More(part), LimitKind::Spend) => spend(limit, &[part]),
            (What::Purchase, LimitKind::Purchases) => ONE,
            _ => return Ok(()),
        };
        let period = Period::of(limit.per, self.zone, self.asking.at);
        let used = self.used(limit, about, period);
        if used.checked_add(more).is_some_and(|sum| sum <= limit.at_most) || more.is_zero() {
            return Ok(());
        }
        let in_flight = limit.kind == LimitKind::JobsInFlight;
        let told = if in_flight { Period::of(Some(Interval::Day), self.zone, self.asking.at) } else { period };
        Err(Breach {
            kind: limit.kind,
            about: (about.pool, about.member.cloned()),
            at_most: limit.at_most,
            left: limit.at_most.saturating_sub(used),
            resets_at: period.end.filter(|_| !in_flight),
            label: label(limit),
            told_since: told.start,
        })
    }

    /// How much of the limit is used: credits of a spend limit, whole numbers of the others.
    fn used(&self, limit: &Limit, about: About<'_>, period: Period) -> Credits {
        if limit.kind == LimitKind::JobsInFlight {
            let counts = |hold: &&Hold| self.is_in_flight(hold, limit, about);
            return number(self.wallet.open_holds().filter(counts).count() as u64);
        }
        let tally = self.wallet.counted(&key(limit, about), period.start);
        match limit.kind {
            // A hold that grows after its period is over: nobody counts in that period any more.
            _ if tally.since > period.start => Credits::ZERO,
            LimitKind::Spend => tally.amount,
            _ => number(tally.count),
        }
    }

    fn is_in_flight(&self, hold: &Hold, limit: &Limit, about: About<'_>) -> bool {
        let theirs = match about.member {
            Some(member) => hold.terms.pool == about.pool && hold.terms.member.as_ref() == Some(member),
            None => self.wallet.belongs_to(hold.terms.pool, about.pool),
        };
        theirs && hold.terms.lines.iter().any(|line| is_about(limit, line.tool.as_ref()))
    }

    /// The tallies that count what is asked for, each once.
    fn countings(&self) -> Vec<Counting> {
        let of_plans = self
            .limits
            .iter()
            .flat_map(|(pool, limits)| limits.iter().filter_map(move |limit| Some((limit, self.about(limit, *pool)?))));
        let own = About { pool: self.asking.pool, member: self.asking.member };
        let own = self.caps().iter().map(|limit| (limit, own));
        let mut countings: Vec<Counting> = Vec::new();
        for (limit, about) in of_plans.chain(own) {
            let key = match (self.asking.what, limit.kind) {
                (_, LimitKind::Spend) if !limit.counts_in(self.asking.currency) => continue,
                (What::Job(..), LimitKind::Jobs | LimitKind::Spend) | (What::Purchase, LimitKind::Purchases) => {
                    key(limit, about)
                }
                _ => continue,
            };
            let lines = self.lines(limit);
            if countings.iter().any(|counting| counting.key == key) || lines.as_ref().is_some_and(Vec::is_empty) {
                continue;
            }
            let since = Period::of(limit.per, self.zone, self.asking.at).start;
            countings.push(Counting { key, since, lines, units: Credits::ZERO, jobs: 0, free_for: None });
        }
        countings
    }

    fn lines(&self, limit: &Limit) -> Option<Vec<u16>> {
        let (What::Job(parts, _), Some(_)) = (self.asking.what, &limit.tools) else { return None };
        let about = parts.iter().enumerate().filter(|(_, part)| is_about(limit, part.tool));
        Some(about.filter_map(|(line, _)| u16::try_from(line).ok()).collect())
    }
}

const ONE: Credits = Credits::from_micro(1_000_000);

fn number(count: u64) -> Credits {
    i64::try_from(count).ok().and_then(Credits::from_whole).unwrap_or(Credits::MAX)
}

fn key(limit: &Limit, about: About<'_>) -> TallyKey {
    let what = match limit.kind {
        LimitKind::JobsInFlight | LimitKind::Jobs => Counted::Jobs(label(limit)),
        LimitKind::Spend => Counted::Spend(label(limit)),
        LimitKind::Purchases => Counted::Purchases(label(limit)),
    };
    TallyKey { pool: about.pool, member: about.member.cloned(), what }
}

/// What of a job a spend limit is about; more than can be counted is refused elsewhere.
fn spend(limit: &Limit, parts: &[Part<'_>]) -> Credits {
    let parts = parts.iter().filter(|part| is_about(limit, part.tool) && part.amount.is_positive());
    parts.fold(Credits::ZERO, |sum, part| sum.checked_add(part.amount).unwrap_or(Credits::MAX))
}
