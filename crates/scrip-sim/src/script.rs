//! What a table says, as data: settings of a catalog, acts, and when they happen.
//!
//! Names are the table's own (`W1`, `G1`, `H1`); nothing here knows how a ledger keeps them. Each act
//! prints as the line that says it, so that a failing run can be handed over as a script.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use crate::figures;

/// What a catalog decides, as far as acts depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// In the order in which they are spent.
    pub buckets: Vec<Bucket>,
    /// Decimals that a credit is charged in.
    pub decimals: u8,
    pub policy: Policy,
    /// Where a tool has policies of its own.
    pub tools: BTreeMap<String, Policy>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub name: String,
    pub currency: String,
    pub only: Option<Vec<String>>,
    /// The most that a customer may have in it.
    pub at_most: Option<i64>,
    /// Its credits can't be moved to another customer.
    pub stays: bool,
}

pub const CREDITS: &str = "credits";

impl Bucket {
    pub fn named(name: &str) -> Bucket {
        Bucket { name: name.to_owned(), currency: CREDITS.to_owned(), only: None, at_most: None, stays: false }
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            buckets: vec![Bucket::named(CREDITS)],
            decimals: 6,
            policy: Policy::default(),
            tools: BTreeMap::new(),
        }
    }
}

impl Settings {
    pub fn policy_of(&self, tool: Option<&str>) -> &Policy {
        tool.and_then(|tool| self.tools.get(tool)).unwrap_or(&self.policy)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    pub over_capture: Over,
    /// Is a capture after the hold's end allowed?
    pub late_capture: bool,
    pub after_expiry: AfterExpiry,
    /// In the order of [`OUTCOMES`].
    pub outcomes: [Share; 5],
    /// Of jobs that were still queued, in the order of [`QUEUED`]; `None` is as any other.
    pub queued: [Option<Share>; 4],
    pub unknown_ttl_us: u64,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            over_capture: Over::Cap,
            late_capture: false,
            after_expiry: AfterExpiry::Expire,
            outcomes: [Share::Nothing, Share::Nothing, Share::Nothing, Share::Nothing, Share::Delivered],
            queued: [None; 4],
            unknown_ttl_us: 24 * 3_600_000_000,
        }
    }
}

/// Outcomes that a policy decides about.
pub const OUTCOMES: [&str; 5] = ["failed", "moderated", "canceled", "timed_out", "partial"];

/// Outcomes that may cost otherwise while a job is queued: the first of [`OUTCOMES`], in their order.
pub const QUEUED: [&str; 4] = ["failed_queued", "moderated_queued", "canceled_queued", "timed_out_queued"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    Cap,
    Reject,
    ChargeAvailable,
    AllowDebt(Option<i64>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterExpiry {
    Expire,
    Grace(u64),
    Restore,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    Nothing,
    Full,
    Delivered,
    /// Millionths of the price.
    Of(u32),
}

/// One act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    Customer {
        id: String,
        parent: Option<String>,
        /// Tools enabled: left as they are, all, or these.
        tools: Option<Option<Vec<String>>>,
    },
    Member {
        customer: String,
        id: String,
    },
    RemoveMember {
        customer: String,
        id: String,
    },
    Grant(Grant),
    Void {
        grant: String,
    },
    Transfer {
        from: String,
        to: String,
        amount: i64,
        bucket: String,
    },
    Hold(Job),
    Extend {
        hold: String,
        ttl_us: Option<u64>,
        amount: Option<i64>,
        line: Option<u16>,
    },
    Capture(Capture),
    Release {
        hold: String,
    },
    /// Hold and capture at once; its hold is called `NAME.hold`.
    Charge(Job),
    Refund {
        charge: String,
        name: String,
        share: RefundShare,
        to: Option<String>,
    },
    Touch {
        customer: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub customer: String,
    pub name: String,
    pub amount: i64,
    pub bucket: String,
    pub starts_us: Option<i64>,
    pub expires_us: Option<i64>,
    pub priority: i32,
    pub only: Option<Vec<String>>,
    pub paid_cents: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub customer: String,
    pub name: String,
    pub lines: Vec<Line>,
    pub envelope: bool,
    pub ttl_us: u64,
    pub member: Option<String>,
    /// The quote that it redeems, and until when that is good.
    pub quote: Option<(String, i64)>,
    pub currency: String,
}

/// `10/kling?seconds`: 10 credits for the tool, a ceiling until the seconds are measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub amount: i64,
    pub tool: Option<String>,
    pub open: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    pub hold: String,
    /// The charge that it makes.
    pub name: String,
    /// Counted from 1.
    pub line: Option<u16>,
    pub asked: Asked,
    pub outcome: String,
    /// It had not been sent to whoever does the work.
    pub queued: bool,
    pub delivered: Option<(u32, u32)>,
    pub last: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Held,
    Amount(i64),
    Measured(i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundShare {
    All,
    Amount(i64),
    Fraction(u64, u64),
}

/// What a table does, line by line, leaving its expectations aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// From now on the catalog says this.
    Settings(Settings),
    /// The clock shows this.
    At(i64),
    Act {
        act: Act,
        key: Option<String>,
    },
}

/// How long a hold lives where a table does not say.
pub const TTL_USUAL_US: u64 = 15 * 60_000_000;

fn figure(micro: i64) -> String {
    figures::amount(i128::from(micro))
}

impl Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.over_capture {
            Over::Cap => f.write_str("over_capture cap")?,
            Over::Reject => f.write_str("over_capture reject")?,
            Over::ChargeAvailable => f.write_str("over_capture charge_available")?,
            Over::AllowDebt(None) => f.write_str("over_capture allow_debt")?,
            Over::AllowDebt(Some(limit)) => write!(f, "over_capture allow_debt limit {}", figure(limit))?,
        }
        write!(f, " late_capture {}", if self.late_capture { "charge_available" } else { "refuse" })?;
        match self.after_expiry {
            AfterExpiry::Expire => f.write_str(" released_after_expiry expire")?,
            AfterExpiry::Grace(span) => write!(f, " released_after_expiry grace {}", figures::span(span))?,
            AfterExpiry::Restore => f.write_str(" released_after_expiry restore")?,
        }
        let queued = QUEUED.iter().zip(self.queued).filter_map(|(outcome, share)| Some((outcome, share?)));
        for (outcome, share) in OUTCOMES.iter().zip(self.outcomes).chain(queued) {
            match share {
                Share::Nothing => write!(f, " {outcome} nothing")?,
                Share::Full => write!(f, " {outcome} full")?,
                Share::Delivered => write!(f, " {outcome} delivered")?,
                Share::Of(millionths) => write!(f, " {outcome} share {}", figure(i64::from(millionths)))?,
            }
        }
        write!(f, " unknown_ttl {}", figures::span(self.unknown_ttl_us))
    }
}

impl Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.buckets.iter().map(|bucket| bucket.name.as_str()).collect();
        write!(f, "buckets {}", names.join(", "))?;
        for bucket in &self.buckets {
            write!(f, "\nbucket {} currency {}", bucket.name, bucket.currency)?;
            if let Some(only) = &bucket.only {
                write!(f, " only {}", only.join(","))?;
            }
            bucket.at_most.iter().try_for_each(|most| write!(f, " at_most {}", figure(*most)))?;
            if bucket.stays {
                f.write_str(" stays")?;
            }
        }
        write!(f, "\ndecimals {}\npolicy {}", self.decimals, self.policy)?;
        self.tools.iter().try_for_each(|(tool, policy)| write!(f, "\npolicy {tool} {policy}"))
    }
}

impl Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Settings(settings) => settings.fmt(f),
            Step::At(at) => write!(f, "at {}", figures::instant(*at)),
            Step::Act { act, key: None } => act.fmt(f),
            Step::Act { act, key: Some(key) } => write!(f, "{act} key {key}"),
        }
    }
}

impl Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Act::Customer { id, parent, tools } => {
                write!(f, "customer {id}")?;
                parent.iter().try_for_each(|parent| write!(f, " parent {parent}"))?;
                match tools {
                    None => Ok(()),
                    Some(None) => f.write_str(" tools any"),
                    Some(Some(tools)) => write!(f, " tools {}", tools.join(",")),
                }
            }
            Act::Member { customer, id } => write!(f, "member {customer} {id}"),
            Act::RemoveMember { customer, id } => write!(f, "remove-member {customer} {id}"),
            Act::Grant(grant) => grant.fmt(f),
            Act::Void { grant } => write!(f, "void {grant}"),
            Act::Transfer { from, to, amount, bucket } => {
                write!(f, "transfer {from} {to} {} bucket {bucket}", figure(*amount))
            }
            Act::Hold(job) => write!(f, "hold {job}"),
            Act::Charge(job) => write!(f, "charge {job}"),
            Act::Extend { hold, ttl_us, amount, line } => {
                write!(f, "extend {hold}")?;
                ttl_us.iter().try_for_each(|ttl| write!(f, " ttl {}", figures::span(*ttl)))?;
                amount.iter().try_for_each(|amount| write!(f, " amount {}", figure(*amount)))?;
                line.iter().try_for_each(|line| write!(f, " line {line}"))
            }
            Act::Capture(capture) => capture.fmt(f),
            Act::Release { hold } => write!(f, "release {hold}"),
            Act::Refund { charge, name, share, to } => {
                write!(f, "refund {charge}")?;
                match share {
                    RefundShare::All => f.write_str(" all")?,
                    RefundShare::Amount(amount) => write!(f, " amount {}", figure(*amount))?,
                    RefundShare::Fraction(part, of) => write!(f, " fraction {part}/{of}")?,
                }
                to.iter().try_for_each(|to| write!(f, " to {to}"))?;
                write!(f, " as {name}")
            }
            Act::Touch { customer } => write!(f, "touch {customer}"),
        }
    }
}

impl Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "grant {} {} {} bucket {}", self.customer, self.name, figure(self.amount), self.bucket)?;
        self.starts_us.iter().try_for_each(|at| write!(f, " starts {}", figures::instant(*at)))?;
        self.expires_us.iter().try_for_each(|at| write!(f, " expires {}", figures::instant(*at)))?;
        if self.priority != 0 {
            write!(f, " priority {}", self.priority)?;
        }
        self.only.iter().try_for_each(|only| write!(f, " only {}", only.join(",")))?;
        self.paid_cents.iter().try_for_each(|cents| write!(f, " paid {}", figure(cents * 10_000)))
    }
}

impl Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} lines", self.customer, self.name)?;
        for line in &self.lines {
            write!(f, " {}", figure(line.amount))?;
            line.tool.iter().try_for_each(|tool| write!(f, "/{tool}"))?;
            line.open.iter().try_for_each(|open| write!(f, "?{open}"))?;
        }
        if self.envelope {
            f.write_str(" envelope")?;
        }
        if self.ttl_us != TTL_USUAL_US {
            write!(f, " ttl {}", figures::span(self.ttl_us))?;
        }
        self.member.iter().try_for_each(|member| write!(f, " member {member}"))?;
        if let Some((quote, until)) = &self.quote {
            write!(f, " quote {quote} until {}", figures::instant(*until))?;
        }
        if self.currency != CREDITS {
            write!(f, " currency {}", self.currency)?;
        }
        Ok(())
    }
}

impl Display for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "capture {}", self.hold)?;
        self.line.iter().try_for_each(|line| write!(f, " line {line}"))?;
        match self.asked {
            Asked::Held => {}
            Asked::Amount(amount) => write!(f, " amount {}", figure(amount))?,
            Asked::Measured(amount) => write!(f, " measured {}", figure(amount))?,
        }
        if self.outcome != "succeeded" {
            write!(f, " outcome {}", self.outcome)?;
        }
        if self.queued {
            f.write_str(" queued")?;
        }
        self.delivered.iter().try_for_each(|(part, of)| write!(f, " delivered {part} of {of}"))?;
        if !self.last {
            f.write_str(" not final")?;
        }
        write!(f, " as {}", self.name)
    }
}
