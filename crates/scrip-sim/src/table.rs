//! Reads the table language: one act per line, its outcome on the right.
//!
//! ```text
//! buckets subscription, top_up
//! customer W1                                            ok
//! grant W1 G1 10 bucket subscription expires +30d        ok   available 10 held 0
//! hold W1 H1 8 tool text-to-sound-effect ttl 15m         ok   available  2 held 8
//! at +10m
//! capture H1 amount 3                                    ok   charged 3 released 5
//! release H1                                             hold_captured
//! expect bucket subscription available 7
//! entries grant G1 10, hold G1 8, capture G1 3, release G1 5
//! ```
//!
//! Columns don't matter: the outcome is the first word that is one. Every instant counts from the start of
//! the table. docs/semantics shows each kind of line at work.

use std::fmt;

use crate::figures;
use crate::script::{
    Act, AfterExpiry, Asked, Bucket, CREDITS, Capture, Grant, Job, Line, OUTCOMES, Over, Policy, QUEUED, RefundShare,
    Settings, Share, Step, TTL_USUAL_US,
};

/// A line of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub number: usize,
    pub text: String,
    pub says: Says,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// What is done, and for an act what is answered.
    Does(Step, Option<Told>),
    /// The request of that key once more.
    Retry(String, Told),
    Expect(Expected, Pairs),
    /// What was written since the last such line: kind, grant, amount.
    Entries(Vec<(String, String, String)>),
    /// Names the youngest grant, which no line named.
    Newest(String),
}

pub type Pairs = Vec<(String, String)>;

/// The answer that a line expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub replayed: bool,
    pub outcome: String,
    pub pairs: Pairs,
}

/// What an `expect` line looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// All pools of a customer's wallet; of the first one where none is named.
    Wallet(Option<String>),
    Bucket(String, Option<String>),
    Grant(String),
    Hold(String),
    /// A line of a hold, counted from 1.
    Line(String, usize),
    Charge(String),
    /// What a customer can spend on a tool.
    Spendable {
        customer: String,
        tool: Option<String>,
        currency: String,
    },
    /// When something next happens by itself.
    Due,
}

/// A line that says nothing that can be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub line: usize,
    pub what: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

/// Every outcome but `ok`: the codes of the HTTP contract that a ledger answers.
pub const CODES: [&str; 20] = [
    "idempotency_key_reused",
    "not_found",
    "not_entitled",
    "quote_used",
    "quote_expired",
    "hold_captured",
    "hold_released",
    "hold_expired",
    "line_ended",
    "grant_voided",
    "parent_fixed",
    "too_many_customers",
    "exceeds_hold",
    "debt_limit",
    "unknown_bucket",
    "invalid_input",
    "invalid_amount",
    "refund_exceeds_charge",
    "bucket_full",
    "insufficient_credits",
];

fn is_outcome(word: &str) -> bool {
    word == "ok" || word == "replayed" || CODES.contains(&word)
}

/// Reads a whole table.
pub fn read(text: &str) -> Result<Vec<Row>, Unreadable> {
    let mut settings = Settings::default();
    let mut rows = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let words = line.split_whitespace().map(|word| word.trim_end_matches(',')).collect();
        let mut words = Words { words, next: 0, line: number };
        let says = match line.strip_prefix("entries ") {
            Some(rest) => entries(rest.trim()),
            None => row(&mut words, &mut settings).and_then(|says| words.end().map(|()| says)),
        };
        let says = says.map_err(|what| Unreadable { line: number, what })?;
        rows.push(Row { number, text: line.to_owned(), says });
    }
    Ok(rows)
}

type Read<T> = Result<T, String>;

fn entries(list: &str) -> Read<Says> {
    let entry = |part: &str| match part.split_whitespace().collect::<Vec<_>>()[..] {
        [kind, grant, amount] => Ok((kind.to_owned(), grant.to_owned(), amount.to_owned())),
        _ => Err(format!("`{part}` is not `kind grant amount`")),
    };
    if list == "none" {
        Ok(Says::Entries(Vec::new()))
    } else {
        list.split(',').map(entry).collect::<Read<_>>().map(Says::Entries)
    }
}

struct Words<'a> {
    words: Vec<&'a str>,
    next: usize,
    line: usize,
}

impl<'a> Words<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.next).copied()
    }

    fn word(&mut self, what: &str) -> Read<&'a str> {
        let word = self.peek().ok_or_else(|| format!("{what} is missing"))?;
        self.next += 1;
        Ok(word)
    }

    fn name(&mut self, what: &str) -> Read<String> {
        self.word(what).map(str::to_owned)
    }

    /// Takes the next word if it is this one.
    fn takes(&mut self, word: &str) -> bool {
        let found = self.peek() == Some(word);
        self.next += usize::from(found);
        found
    }

    fn amount(&mut self) -> Read<i64> {
        let word = self.word("an amount")?;
        figures::read_amount(word).ok_or_else(|| format!("`{word}` is not an amount"))
    }

    fn instant(&mut self) -> Read<i64> {
        let word = self.word("an instant")?;
        figures::read_instant(word).ok_or_else(|| format!("`{word}` is not an instant such as +31d"))
    }

    fn span(&mut self) -> Read<u64> {
        let word = self.word("a span")?;
        figures::read_span(word).ok_or_else(|| format!("`{word}` is not a span such as 15m"))
    }

    fn number<T: std::str::FromStr>(&mut self) -> Read<T> {
        let word = self.word("a number")?;
        word.parse().map_err(|_| format!("`{word}` is not a number"))
    }

    fn list(&mut self) -> Read<Vec<String>> {
        Ok(self.word("a list")?.split(',').map(str::to_owned).collect())
    }

    fn end(&self) -> Read<()> {
        self.peek().map_or(Ok(()), |word| Err(format!("`{word}` is not understood here")))
    }
}

fn row(words: &mut Words<'_>, settings: &mut Settings) -> Read<Says> {
    let first = words.word("an act")?;
    match first {
        "decimals" => settings.decimals = words.number()?,
        "buckets" => {
            settings.buckets = words.words[words.next..].iter().map(|name| Bucket::named(name)).collect();
            words.next = words.words.len();
        }
        "bucket" => bucket(words, settings)?,
        "policy" => policy(words, settings)?,
        "at" => return Ok(Says::Does(Step::At(words.instant()?), None)),
        "retry" => {
            let key = words.name("a key")?;
            return Ok(Says::Retry(key, told(words)?));
        }
        "expect" => return expect(words),
        "newest" => {
            words.takes("grant");
            return Ok(Says::Newest(words.name("a grant's name")?));
        }
        act => {
            let act = self::act(act, words)?;
            let key = if words.takes("key") { Some(words.name("a key")?) } else { None };
            return Ok(Says::Does(Step::Act { act, key }, Some(told(words)?)));
        }
    }
    Ok(Says::Does(Step::Settings(settings.clone()), None))
}

fn bucket(words: &mut Words<'_>, settings: &mut Settings) -> Read<()> {
    let name = words.name("a bucket")?;
    let found = settings.buckets.iter_mut().find(|bucket| bucket.name == name);
    let bucket = found.ok_or_else(|| format!("bucket {name} is not in the `buckets` line"))?;
    while let Some(word) = words.peek() {
        words.next += 1;
        match word {
            "only" => bucket.only = Some(words.list()?),
            "currency" => bucket.currency = words.name("a currency")?,
            "at_most" => bucket.at_most = Some(words.amount()?),
            "stays" => bucket.stays = true,
            other => return Err(format!("`{other}` says nothing about a bucket")),
        }
    }
    Ok(())
}

const POLICIES: [&str; 13] = [
    "over_capture",
    "late_capture",
    "released_after_expiry",
    "unknown_ttl",
    OUTCOMES[0],
    OUTCOMES[1],
    OUTCOMES[2],
    OUTCOMES[3],
    OUTCOMES[4],
    QUEUED[0],
    QUEUED[1],
    QUEUED[2],
    QUEUED[3],
];

fn policy(words: &mut Words<'_>, settings: &mut Settings) -> Read<()> {
    let tool = match words.peek() {
        Some(word) if !POLICIES.contains(&word) => Some(words.name("a tool")?),
        _ => None,
    };
    let mut policy = settings.policy_of(tool.as_deref()).clone();
    while words.peek().is_some() {
        policy_setting(words, &mut policy)?;
    }
    match tool {
        Some(tool) => drop(settings.tools.insert(tool, policy)),
        None => settings.policy = policy,
    }
    Ok(())
}

fn policy_setting(words: &mut Words<'_>, policy: &mut Policy) -> Read<()> {
    match words.word("a policy")? {
        "over_capture" => {
            policy.over_capture = match words.word("a policy")? {
                "cap" => Over::Cap,
                "reject" => Over::Reject,
                "charge_available" => Over::ChargeAvailable,
                "allow_debt" if words.takes("limit") => Over::AllowDebt(Some(words.amount()?)),
                "allow_debt" => Over::AllowDebt(None),
                other => return Err(format!("over_capture can't be `{other}`")),
            }
        }
        "late_capture" => {
            policy.late_capture = match words.word("a policy")? {
                "refuse" => false,
                "charge_available" => true,
                other => return Err(format!("late_capture can't be `{other}`")),
            }
        }
        "released_after_expiry" => {
            policy.after_expiry = match words.word("a policy")? {
                "expire" => AfterExpiry::Expire,
                "grace" => AfterExpiry::Grace(words.span()?),
                "restore" => AfterExpiry::Restore,
                other => return Err(format!("released_after_expiry can't be `{other}`")),
            }
        }
        "unknown_ttl" => policy.unknown_ttl_us = words.span()?,
        outcome if QUEUED.contains(&outcome) => {
            let index = QUEUED.iter().position(|known| *known == outcome).expect("just found");
            policy.queued[index] = Some(share(words)?);
        }
        outcome => {
            let index = OUTCOMES.iter().position(|known| *known == outcome);
            policy.outcomes[index.ok_or_else(|| format!("`{outcome}` is no policy"))?] = share(words)?;
        }
    }
    Ok(())
}

fn share(words: &mut Words<'_>) -> Read<Share> {
    Ok(match words.word("a share")? {
        "nothing" => Share::Nothing,
        "full" => Share::Full,
        "delivered" => Share::Delivered,
        "share" => Share::Of(u32::try_from(words.amount()?).map_err(|_| "a share is 0 or more".to_owned())?),
        other => return Err(format!("`{other}` is no share of a price")),
    })
}

fn told(words: &mut Words<'_>) -> Read<Told> {
    let replayed = words.takes("replayed");
    let outcome = words.name("the outcome")?;
    if outcome != "ok" && !CODES.contains(&outcome.as_str()) {
        return Err(format!("`{outcome}` is not an outcome"));
    }
    Ok(Told { replayed, outcome, pairs: pairs(words)? })
}

fn pairs(words: &mut Words<'_>) -> Read<Pairs> {
    let mut pairs = Vec::new();
    while let Some(key) = words.peek() {
        words.next += 1;
        let key = if key == "draw" { format!("draw {}", words.word("a grant")?) } else { key.to_owned() };
        pairs.push((key, words.name("a value")?));
    }
    Ok(pairs)
}

fn expect(words: &mut Words<'_>) -> Read<Says> {
    let looked_at = match words.word("what is expected")? {
        "wallet" => {
            let figures = ["posted", "held", "available", "debt", "frozen", "currency"];
            let customer = words.peek().filter(|word| !figures.contains(word)).map(str::to_owned);
            words.next += usize::from(customer.is_some());
            Expected::Wallet(customer)
        }
        "bucket" => {
            let name = words.name("a bucket")?;
            let customer = if words.takes("of") { Some(words.name("a customer")?) } else { None };
            Expected::Bucket(name, customer)
        }
        "grant" => Expected::Grant(words.name("a grant")?),
        "hold" => {
            let name = words.name("a hold")?;
            if words.takes("line") { Expected::Line(name, words.number()?) } else { Expected::Hold(name) }
        }
        "charge" => Expected::Charge(words.name("a charge")?),
        "spendable" => {
            let customer = words.name("a customer")?;
            let tool = if words.takes("tool") { Some(words.name("a tool")?) } else { None };
            let currency = if words.takes("currency") { words.name("a currency")? } else { CREDITS.to_owned() };
            let value = words.name("an amount")?;
            let looked_at = Expected::Spendable { customer, tool, currency };
            return Ok(Says::Expect(looked_at, vec![("spendable".to_owned(), value)]));
        }
        "due" => {
            let value = words.name("an instant or `never`")?;
            return Ok(Says::Expect(Expected::Due, vec![("due".to_owned(), value)]));
        }
        other => return Err(format!("nothing is known about `{other}`")),
    };
    Ok(Says::Expect(looked_at, pairs(words)?))
}

fn act(name: &str, words: &mut Words<'_>) -> Read<Act> {
    Ok(match name {
        "customer" => customer(words)?,
        "member" => Act::Member { customer: words.name("a customer")?, id: words.name("a member")? },
        "remove-member" => Act::RemoveMember { customer: words.name("a customer")?, id: words.name("a member")? },
        "grant" => Act::Grant(grant(words)?),
        "void" => Act::Void { grant: words.name("a grant")? },
        "transfer" => {
            let (from, to) = (words.name("a customer")?, words.name("a customer")?);
            let amount = words.amount()?;
            let bucket = if words.takes("bucket") { words.name("a bucket")? } else { CREDITS.to_owned() };
            Act::Transfer { from, to, amount, bucket }
        }
        "hold" => Act::Hold(job(words)?),
        "charge" => Act::Charge(job(words)?),
        "extend" => extend(words)?,
        "capture" => Act::Capture(capture(words)?),
        "release" => Act::Release { hold: words.name("a hold")? },
        "refund" => refund(words)?,
        "touch" => Act::Touch { customer: words.name("a customer")? },
        other => return Err(format!("`{other}` is not an act")),
    })
}

fn customer(words: &mut Words<'_>) -> Read<Act> {
    let id = words.name("a customer")?;
    let parent = if words.takes("parent") { Some(words.name("a customer")?) } else { None };
    let tools = match (words.takes("tools"), words.peek()) {
        (false, _) => None,
        (true, Some("any")) => {
            words.next += 1;
            Some(None)
        }
        (true, _) => Some(Some(words.list()?)),
    };
    Ok(Act::Customer { id, parent, tools })
}

/// Does the act go on, or does its key or outcome follow?
fn goes_on<'a>(words: &Words<'a>) -> Option<&'a str> {
    words.peek().filter(|word| *word != "key" && !is_outcome(word))
}

fn grant(words: &mut Words<'_>) -> Read<Grant> {
    let mut grant = Grant {
        customer: words.name("a customer")?,
        name: words.name("the grant's name")?,
        amount: words.amount()?,
        bucket: CREDITS.to_owned(),
        starts_us: None,
        expires_us: None,
        priority: 0,
        only: None,
        paid_cents: None,
    };
    while let Some(word) = goes_on(words) {
        words.next += 1;
        match word {
            "bucket" => grant.bucket = words.name("a bucket")?,
            "starts" => grant.starts_us = Some(words.instant()?),
            "expires" => grant.expires_us = Some(words.instant()?),
            "priority" => grant.priority = words.number()?,
            "only" => grant.only = Some(words.list()?),
            "paid" => grant.paid_cents = Some(words.amount()? / 10_000),
            other => return Err(format!("`{other}` says nothing about a grant")),
        }
    }
    Ok(grant)
}

fn job(words: &mut Words<'_>) -> Read<Job> {
    let mut job = Job {
        customer: words.name("a customer")?,
        name: words.name("the job's name")?,
        lines: Vec::new(),
        envelope: false,
        ttl_us: TTL_USUAL_US,
        member: None,
        quote: None,
        currency: CREDITS.to_owned(),
    };
    if words.takes("lines") {
        let starts_line = |word: &str| word.starts_with(|c: char| c.is_ascii_digit() || c == '-');
        while let Some(word) = words.peek().filter(|word| starts_line(word)) {
            words.next += 1;
            job.lines.push(line(word)?);
        }
    } else {
        job.lines.push(Line { amount: words.amount()?, tool: None, open: None });
    }
    while let Some(word) = goes_on(words) {
        words.next += 1;
        match word {
            "tool" => job.lines[0].tool = Some(words.name("a tool")?),
            "open" => job.lines[0].open = Some(words.name("an input")?),
            "envelope" => job.envelope = true,
            "ttl" => job.ttl_us = words.span()?,
            "member" => job.member = Some(words.name("a member")?),
            "quote" => job.quote = Some((words.name("a quote")?, i64::MAX)),
            "until" => match &mut job.quote {
                Some((_, until)) => *until = words.instant()?,
                None => return Err("`until` belongs to a quote".to_owned()),
            },
            "currency" => job.currency = words.name("a currency")?,
            other => return Err(format!("`{other}` says nothing about a job")),
        }
    }
    Ok(job)
}

fn line(word: &str) -> Read<Line> {
    let (priced, open) = word.split_once('?').map_or((word, None), |(priced, open)| (priced, Some(open)));
    let (amount, tool) = priced.split_once('/').map_or((priced, None), |(amount, tool)| (amount, Some(tool)));
    let amount = figures::read_amount(amount).ok_or_else(|| format!("`{word}` is not a line such as 10/kling"))?;
    Ok(Line { amount, tool: tool.map(str::to_owned), open: open.map(str::to_owned) })
}

fn extend(words: &mut Words<'_>) -> Read<Act> {
    let hold = words.name("a hold")?;
    let (mut ttl_us, mut amount, mut line) = (None, None, None);
    while let Some(word) = goes_on(words) {
        words.next += 1;
        match word {
            "ttl" => ttl_us = Some(words.span()?),
            "amount" => amount = Some(words.amount()?),
            "line" => line = Some(words.number()?),
            other => return Err(format!("`{other}` does not extend a hold")),
        }
    }
    Ok(Act::Extend { hold, ttl_us, amount, line })
}

fn capture(words: &mut Words<'_>) -> Read<Capture> {
    let mut capture = Capture {
        hold: words.name("a hold")?,
        name: format!("c{}", words.line),
        line: None,
        asked: Asked::Held,
        outcome: "succeeded".to_owned(),
        queued: false,
        delivered: None,
        last: true,
    };
    while let Some(word) = goes_on(words) {
        words.next += 1;
        match word {
            "line" => capture.line = Some(words.number()?),
            "amount" => capture.asked = Asked::Amount(words.amount()?),
            "measured" => capture.asked = Asked::Measured(words.amount()?),
            "outcome" => capture.outcome = words.name("an outcome")?,
            "delivered" => {
                let part = words.number()?;
                words.takes("of");
                capture.delivered = Some((part, words.number()?));
            }
            "queued" => capture.queued = true,
            "not" if words.takes("final") => capture.last = false,
            "as" => capture.name = words.name("the charge's name")?,
            other => return Err(format!("`{other}` says nothing about a capture")),
        }
    }
    let known = ["succeeded", "unknown"].contains(&capture.outcome.as_str()) || OUTCOMES.contains(&&*capture.outcome);
    if known { Ok(capture) } else { Err(format!("no job ends `{}`", capture.outcome)) }
}

fn refund(words: &mut Words<'_>) -> Read<Act> {
    let charge = words.name("a charge")?;
    let mut name = format!("r{}", words.line);
    let (mut share, mut to) = (RefundShare::All, None);
    while let Some(word) = goes_on(words) {
        words.next += 1;
        match word {
            "all" => share = RefundShare::All,
            "amount" => share = RefundShare::Amount(words.amount()?),
            "fraction" => {
                let word = words.word("a fraction")?;
                let parts = word.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
                let (part, of) = parts.ok_or_else(|| format!("`{word}` is not a fraction such as 1/3"))?;
                share = RefundShare::Fraction(part, of);
            }
            "to" => to = Some(words.name("a bucket")?),
            "as" => name = words.name("the refund's name")?,
            other => return Err(format!("`{other}` says nothing about a refund")),
        }
    }
    Ok(Act::Refund { charge, name, share, to })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_not_understood_says_why() {
        for (text, why) in [
            ("hold W1 H1 ten   ok", "`ten` is not an amount"),
            ("hold W1 H1 10   fine", "`fine` says nothing about a job"),
            ("hold W1 H1 10", "the outcome is missing"),
            ("hold W1 H1 10 ttl 5   ok", "`5` is not a span"),
            ("jump W1   ok", "`jump` is not an act"),
            ("capture H1 outcome great   ok", "no job ends `great`"),
            ("policy over_capture perhaps", "over_capture can't be `perhaps`"),
            ("at noon", "`noon` is not an instant"),
            ("expect weather W1 1", "nothing is known about `weather`"),
            ("entries grant G1", "is not `kind grant amount`"),
            ("touch W1   ok available", "a value is missing"),
            ("at +1d +2d", "`+2d` is not understood here"),
        ] {
            let unreadable = read(text).expect_err(text);
            assert!(unreadable.to_string().contains(why), "{text}: {unreadable}");
        }
    }
}
