//! What somebody does in a scenario, as data: `ada holds text-to-sound-effect as H1`.

use scrip_ledger::{Span, Timestamp};

use super::draft::Setting;
use super::words::Words;

/// An act, who does it, and what it is called afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub who: Who,
    pub act: Act,
    /// Only what would happen is asked.
    pub preview: bool,
    /// What is made is called so; `it` is what was made last.
    pub name: Option<String>,
    /// The idempotency key.
    pub key: Option<String>,
}

/// A customer, or a member of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    pub customer: String,
    pub member: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Nothing but time.
    Pass,
    Join(Join),
    /// Tools are enabled for the customer: these, or all.
    Enable(Option<Vec<String>>),
    /// A plan of the customer's own: its id, and what is otherwise in its table.
    Contract {
        plan: String,
        terms: Vec<Setting>,
    },
    PutMember(MemberPut),
    RemoveMember {
        member: String,
    },
    Grant(Grant),
    Void {
        grant: String,
    },
    Transfer {
        amount: String,
        bucket: String,
        to: String,
    },
    Quote(Job),
    Hold {
        job: Job,
        ttl: Option<Span>,
    },
    Charge(Job),
    Capture(Capture),
    Release {
        hold: String,
    },
    Extend {
        hold: String,
        ttl: Option<Span>,
        amount: Option<String>,
        line: Option<u16>,
    },
    Refund {
        charge: String,
        amount: Option<String>,
        fraction: Option<String>,
        to: Option<String>,
    },
    Subscribe {
        plan: String,
        interval: String,
        seats: Option<u32>,
        starts_at: Option<Timestamp>,
    },
    Change(Change),
    Cancel {
        subscription: Option<String>,
        now: bool,
    },
    PastDue {
        subscription: Option<String>,
    },
    Recover {
        subscription: Option<String>,
    },
    BuyAddOn {
        add_on: String,
        units: u32,
        subscription: Option<String>,
    },
    EndAddOn {
        add_on: String,
    },
    Purchase {
        pack: String,
        paid: Option<Money>,
    },
    /// The money for a pack went back.
    Reverse {
        purchase: String,
        amount: Option<Money>,
    },
    Claim {
        promotion: String,
        code: Option<String>,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Join {
    pub parent: Option<String>,
    pub zone: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberPut {
    pub member: String,
    pub role: Option<String>,
    /// A seat, or none any more.
    pub seat: Option<Option<u32>>,
    pub limits: Vec<MemberLimit>,
}

/// `at most 50 credits a month`, `at most 2 jobs at once`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberLimit {
    pub at_most: String,
    /// `credits`, `jobs` or `jobs at once`.
    pub what: String,
    pub per: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    pub amount: String,
    pub currency: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    pub amount: String,
    pub bucket: String,
    pub starts_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub only_tools: Option<Vec<String>>,
    pub priority: i32,
    pub paid: Option<Money>,
    pub reason: Option<String>,
}

/// What is to be priced, held or charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    Lines { lines: Vec<Line>, envelope: bool, says: Says },
    Amount(String),
    Quote(String),
}

/// What the request says beside the job itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Says {
    pub channel: Option<String>,
    pub mode: Option<String>,
    /// It changes something that was made and paid before.
    pub revision: bool,
    /// What was paid for before, by input.
    pub previous: Vec<(String, String)>,
}

/// `text-to-video/kling seconds=240 times 3 called clips`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pub tool: String,
    pub model: Option<String>,
    pub inputs: Vec<(String, String)>,
    pub quantity: Option<u32>,
    pub label: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    pub hold: String,
    pub measured: Vec<(String, String)>,
    pub amount: Option<String>,
    pub outcome: Option<String>,
    pub stage: Option<String>,
    pub delivered: Option<(u32, u32)>,
    /// Counted from 1.
    pub line: Option<u16>,
    pub last: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub subscription: Option<String>,
    pub plan: Option<String>,
    pub interval: Option<String>,
    pub seats: Option<u32>,
    pub ends: Option<bool>,
}

/// What the plural of a verb looks like in the list of verbs that a mistake is answered with.
const VERBS: &str = "joins, may use, has contract, adds, ends, removes, is granted, voids, transfers, quotes, holds, \
                     runs, captures, releases, extends, refunds, starts, changes, resumes, cancels, falls, recovers, \
                     buys, reverses, claims";

/// Reads `ada runs motion-edit/kimodo as C1 key K1`.
pub fn read(text: &str) -> Result<Asked, String> {
    let mut words = Words::of(text);
    if words.eat("time passes") {
        words.end()?;
        return Ok(Asked { who: Who::default(), act: Act::Pass, preview: false, name: None, key: None });
    }
    let preview = words.eat("preview:");
    let first = words.need("somebody")?;
    let who = if words.eat("of") {
        Who { customer: words.need("a customer")?, member: Some(first) }
    } else {
        Who { customer: first, member: None }
    };
    let act = verb(&mut words)?;
    let mut asked = Asked { who, act, preview, name: None, key: None };
    loop {
        if words.eat("as") {
            asked.name = Some(words.need("a name")?);
        } else if words.eat("key") {
            asked.key = Some(words.need("a key")?);
        } else {
            words.end()?;
            return Ok(asked);
        }
    }
}

fn verb(words: &mut Words) -> Result<Act, String> {
    let verb = words.need("a verb")?;
    Ok(match verb.as_str() {
        "joins" => join(words)?,
        "may" => {
            words.eat("use");
            let all = words.eat("all tools");
            Act::Enable(if all { None } else { Some(words.list("a tool")?) })
        }
        "has" => {
            words.eat("contract");
            Act::Contract { plan: words.need("a plan")?, terms: Vec::new() }
        }
        "adds" => add(words)?,
        "ends" => Act::EndAddOn { add_on: words.need("an add-on")? },
        "removes" => {
            words.eat("member");
            Act::RemoveMember { member: words.need("a member")? }
        }
        "is" => grant(words)?,
        "voids" => Act::Void { grant: words.need("a grant")? },
        "transfers" => {
            let (amount, bucket) = (words.need("an amount")?, words.need("a bucket")?);
            words.eat("to");
            Act::Transfer { amount, bucket, to: words.need("a customer")? }
        }
        "quotes" => Act::Quote(job(words)?),
        "runs" => Act::Charge(job(words)?),
        "holds" => {
            let job = job(words)?;
            let ttl = if words.eat("for") { Some(words.span()?) } else { None };
            Act::Hold { job, ttl }
        }
        "captures" => Act::Capture(capture(words)?),
        "releases" => Act::Release { hold: words.need("a hold")? },
        "extends" => extend(words)?,
        "refunds" => refund(words)?,
        "starts" => {
            let (plan, interval) = (words.need("a plan")?, words.need("an interval")?);
            let seats = seats(words)?;
            let starts_at = if words.eat("from") { Some(words.instant()?) } else { None };
            Act::Subscribe { plan, interval, seats, starts_at }
        }
        "changes" => change(words)?,
        "resumes" => Act::Change(Change { subscription: meant(words)?, ends: Some(false), ..Change::default() }),
        "cancels" => {
            let now = words.eat("now");
            words.eat("at period end");
            Act::Cancel { subscription: meant(words)?, now }
        }
        "falls" => {
            words.eat("past due");
            Act::PastDue { subscription: meant(words)? }
        }
        "recovers" => Act::Recover { subscription: meant(words)? },
        "buys" => {
            let pack = words.need("a pack")?;
            let paid = if words.eat("for") { Some(money(words)?) } else { None };
            Act::Purchase { pack, paid }
        }
        "reverses" => {
            let purchase = words.need("a purchase")?;
            let amount = if words.eat("by") { Some(money(words)?) } else { None };
            Act::Reverse { purchase, amount }
        }
        "claims" => {
            let promotion = words.need("a promotion")?;
            let code = if words.eat("with code") { Some(words.need("a code")?) } else { None };
            Act::Claim { promotion, code }
        }
        _ => return Err(format!("{verb:?} is no verb of scenarios; there are: {VERBS}")),
    })
}

fn join(words: &mut Words) -> Result<Act, String> {
    let mut join = Join::default();
    loop {
        if words.eat("as group of") {
            join.parent = Some(words.need("a customer")?);
        } else if words.eat("in zone") {
            join.zone = Some(words.need("a time zone")?);
        } else {
            return Ok(Act::Join(join));
        }
    }
}

/// A member, or units of an add-on.
fn add(words: &mut Words) -> Result<Act, String> {
    if !words.eat("member") {
        let units = words.number("a number of units")?;
        let add_on = words.need("an add-on")?;
        return Ok(Act::BuyAddOn { add_on, units, subscription: meant(words)? });
    }
    let mut put = MemberPut { member: words.need("a member")?, ..MemberPut::default() };
    loop {
        if words.eat("in seat") {
            put.seat = Some(Some(words.number("a seat")?));
        } else if words.eat("without seat") {
            put.seat = Some(None);
        } else if words.eat("with role") {
            put.role = Some(words.need("a role")?);
        } else if words.eat("at most") {
            let at_most = words.need("a number")?;
            let mut what = words.need("credits or jobs")?;
            if words.eat("at once") {
                what.push_str(" at once");
            }
            let per = if words.eat("a") { Some(words.need("a period")?) } else { None };
            put.limits.push(MemberLimit { at_most, what, per });
        } else {
            return Ok(Act::PutMember(put));
        }
    }
}

fn grant(words: &mut Words) -> Result<Act, String> {
    words.eat("granted");
    let mut grant = Grant { amount: words.need("an amount")?, bucket: words.need("a bucket")?, ..Grant::default() };
    loop {
        if words.eat("until") {
            grant.expires_at = Some(words.instant()?);
        } else if words.eat("from") {
            grant.starts_at = Some(words.instant()?);
        } else if words.eat("for tools") {
            grant.only_tools = Some(words.list("a tool")?);
        } else if words.eat("priority") {
            grant.priority = words.number("a priority")?;
        } else if words.eat("paid") {
            grant.paid = Some(money(words)?);
        } else if words.eat("because") {
            grant.reason = Some(words.need("a reason")?);
        } else {
            return Ok(Act::Grant(grant));
        }
    }
}

/// Words that follow the lines of a job.
const AFTER_JOB: [&str; 6] = ["as", "key", "for", "envelope", "by", "in"];

fn job(words: &mut Words) -> Result<Job, String> {
    if words.eat("quote") {
        return Ok(Job::Quote(words.need("a quote")?));
    }
    if words.peek_second() == Some("credits") {
        let amount = words.need("an amount")?;
        words.take();
        return Ok(Job::Amount(amount));
    }
    let mut lines = vec![line(words)?];
    while words.eat("+") {
        lines.push(line(words)?);
    }
    let (mut envelope, mut says) = (false, Says::default());
    loop {
        if words.eat("in an envelope") {
            envelope = true;
        } else if words.eat("by channel") {
            says.channel = Some(words.need("a channel")?);
        } else if words.eat("in mode") {
            says.mode = Some(words.need("a mode")?);
        } else if words.eat("as a revision") {
            says.revision = true;
        } else if words.eat("beyond") {
            while words.peek().is_some_and(|word| word.contains('=')) {
                says.previous.push(input(words)?);
            }
        } else {
            return Ok(Job::Lines { lines, envelope, says });
        }
    }
}

fn line(words: &mut Words) -> Result<Line, String> {
    let asked = words.need("a tool")?;
    let (tool, model) = match asked.split_once('/') {
        Some((tool, model)) => (tool.to_owned(), Some(model.to_owned())),
        None => (asked, None),
    };
    let mut line = Line { tool, model, ..Line::default() };
    loop {
        if words.eat("times") {
            line.quantity = Some(words.number("a number")?);
        } else if words.eat("called") {
            line.label = Some(words.need("a label")?);
        } else if words.peek().is_some_and(|word| word.contains('=') && !AFTER_JOB.contains(&word)) {
            line.inputs.push(input(words)?);
        } else {
            return Ok(line);
        }
    }
}

fn input(words: &mut Words) -> Result<(String, String), String> {
    let word = words.need("an input")?;
    match word.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err(format!("{word:?} is not an input, such as seconds=5")),
    }
}

fn capture(words: &mut Words) -> Result<Capture, String> {
    let mut capture = Capture {
        hold: words.need("a hold")?,
        measured: Vec::new(),
        amount: None,
        outcome: None,
        stage: None,
        delivered: None,
        line: None,
        last: true,
    };
    loop {
        if words.eat("line") {
            capture.line = Some(words.number("a line")?);
        } else if words.eat("with") {
            while words.peek().is_some_and(|word| word.contains('=')) {
                capture.measured.push(input(words)?);
            }
        } else if words.eat("taking") {
            capture.amount = Some(words.need("an amount")?);
        } else if words.eat("that") {
            capture.outcome = Some(words.need("an outcome")?);
            capture.stage = if words.eat("while") { Some(words.need("a stage")?) } else { None };
        } else if words.eat("delivered") {
            let part = words.number("a number")?;
            words.eat("of");
            capture.delivered = Some((part, words.number("a number")?));
        } else if words.eat("and goes on") {
            capture.last = false;
        } else {
            return Ok(capture);
        }
    }
}

fn extend(words: &mut Words) -> Result<Act, String> {
    let hold = words.need("a hold")?;
    let (mut ttl, mut amount, mut line) = (None, None, None);
    loop {
        if words.eat("line") {
            line = Some(words.number("a line")?);
        } else if !words.eat("by") {
            return Ok(Act::Extend { hold, ttl, amount, line });
        } else if words.peek_second() == Some("credits") {
            amount = words.take();
            words.take();
        } else {
            ttl = Some(words.span()?);
        }
    }
}

fn refund(words: &mut Words) -> Result<Act, String> {
    let charge = words.need("a charge")?;
    let (mut amount, mut fraction, mut to) = (None, None, None);
    loop {
        if words.eat("to") {
            to = Some(words.need("a bucket")?);
        } else if words.eat("fraction") {
            fraction = Some(words.need("a fraction")?);
        } else if words.eat("by") {
            amount = Some(words.need("an amount")?);
            words.eat("credits");
        } else {
            return Ok(Act::Refund { charge, amount, fraction, to });
        }
    }
}

fn change(words: &mut Words) -> Result<Act, String> {
    let mut change = Change::default();
    loop {
        if words.eat("to") {
            if words.peek_second().is_some_and(|word| word.starts_with("seat")) {
                change.seats = seats(words)?;
                continue;
            }
            match words.need("a plan or an interval")? {
                word if INTERVALS.contains(&word.as_str()) => change.interval = Some(word),
                plan => change.plan = Some(plan),
            }
            if words.peek().is_some_and(|word| INTERVALS.contains(&word)) {
                change.interval = words.take();
            }
            if let Some(seats) = seats(words)? {
                change.seats = Some(seats);
            }
        } else if let Some(subscription) = meant(words)? {
            change.subscription = Some(subscription);
        } else {
            return Ok(Act::Change(change));
        }
    }
}

/// How a plan is billed.
pub const INTERVALS: [&str; 5] = ["daily", "weekly", "every_30_days", "monthly", "annual"];

/// `with 5 seats`, `5 seats`
fn seats(words: &mut Words) -> Result<Option<u32>, String> {
    words.eat("with");
    if words.peek_second().is_none_or(|word| !word.starts_with("seat")) {
        return Ok(None);
    }
    let seats = words.number("a number of seats")?;
    words.take();
    Ok(Some(seats))
}

/// Which of several subscriptions is meant: `on S1`.
fn meant(words: &mut Words) -> Result<Option<String>, String> {
    if words.eat("on") { words.need("a subscription").map(Some) } else { Ok(None) }
}

fn money(words: &mut Words) -> Result<Money, String> {
    Ok(Money { amount: words.need("an amount of money")?, currency: words.need("a currency")? })
}
