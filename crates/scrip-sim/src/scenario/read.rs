//! Reads a scenario: its statements, its catalog, its steps.

use std::ops::Range;

use scrip_ledger::Timestamp;

use super::act::{self, Act, Asked, Who};
use super::draft::{Draft, Setting};
use super::look::{self, Look};
use super::when;

#[derive(Clone, Debug)]
pub struct Scenario {
    /// Statements of the mission that it shows: `S0-36`, `A35`.
    pub shows: Vec<String>,
    /// Does it say that it can't be played over HTTP, and why?
    pub core_only: Option<String>,
    /// Does it say that the core alone can't show it, and why?
    pub http_only: Option<String>,
    /// Does it say that it does not hold yet, and why?
    pub not_yet: Option<String>,
    pub catalog: Draft,
    pub steps: Vec<Step>,
}

/// One line, with those that continue it.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its lines of the text, from 0.
    pub rows: Range<usize>,
    /// The instant that the line begins with; without one, it is still the same.
    pub at: Option<Timestamp>,
    pub says: Says,
    /// All before the answer.
    pub head: String,
    /// What the text says is answered.
    pub answer: Option<Vec<String>>,
}

#[derive(Clone, Debug)]
pub enum Says {
    Act(Box<Asked>),
    Look(Look),
    /// The studio publishes the catalog with these settings beside those before.
    Publish {
        settings: Vec<Setting>,
        from: Option<Timestamp>,
    },
}

/// A line that can't be read; lines count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub line: usize,
    pub reason: String,
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

/// Reads a whole text. Every line that can't be read is reported.
pub fn read(text: &str) -> Result<Scenario, Vec<Unreadable>> {
    let mut reader = Reader {
        scenario: Scenario {
            shows: Vec::new(),
            core_only: None,
            http_only: None,
            not_yet: None,
            catalog: Draft::default(),
            steps: Vec::new(),
        },
        who: Who::default(),
    };
    let mut wrong = Vec::new();
    for (rows, line) in joined(text) {
        let number = rows.start + 1;
        if let Err(reason) = reader.line(rows, &line) {
            wrong.push(Unreadable { line: number, reason });
        }
    }
    if reader.scenario.catalog.file.is_empty() {
        wrong.push(Unreadable { line: 1, reason: "there is no line `catalog FILE`".to_owned() });
    }
    if wrong.is_empty() { Ok(reader.scenario) } else { Err(wrong) }
}

/// Lines that say something; one that ends with a comma, or whose next begins with `->` or `+`, goes on there.
fn joined(text: &str) -> Vec<(Range<usize>, String)> {
    let mut lines: Vec<(Range<usize>, String)> = Vec::new();
    let mut open = false;
    for (row, line) in text.lines().enumerate() {
        let line = line.split_once(" #").map_or(line, |(before, _)| before).trim_end();
        if line.is_empty() || line.trim_start().starts_with('#') {
            open = false;
            continue;
        }
        let goes_on = open || ["-> ", "+ "].iter().any(|sign| line.trim_start().starts_with(sign));
        match lines.last_mut() {
            Some((rows, whole)) if goes_on => {
                rows.end = row + 1;
                whole.push(' ');
                whole.push_str(line.trim_start());
            }
            _ => lines.push((row..row + 1, line.to_owned())),
        }
        open = line.ends_with(',');
    }
    lines
}

const MISPLACED: &str = "settings follow `catalog`, `the studio publishes` or `ada has contract enterprise`";

struct Reader {
    scenario: Scenario,
    /// Whom a look is about that names nobody: the last who did something.
    who: Who,
}

impl Reader {
    fn line(&mut self, rows: Range<usize>, line: &str) -> Result<(), String> {
        let said = line.trim();
        if let Some(shows) = said.strip_prefix("shows ") {
            self.scenario.shows.extend(shows.split(',').map(|number| number.trim().to_owned()));
            return Ok(());
        }
        if let Some(reason) = said.strip_prefix("core only: ") {
            self.scenario.core_only = Some(reason.to_owned());
            return Ok(());
        }
        if let Some(reason) = said.strip_prefix("http only: ") {
            self.scenario.http_only = Some(reason.to_owned());
            return Ok(());
        }
        if let Some(reason) = said.strip_prefix("not yet: ") {
            self.scenario.not_yet = Some(reason.to_owned());
            return Ok(());
        }
        if let Some(file) = said.strip_prefix("catalog ") {
            self.scenario.catalog.file = file.trim().to_owned();
            return Ok(());
        }
        if let Some(setting) = said.strip_prefix("with ") {
            return self.setting(Setting::read(setting)?);
        }
        if let Some(path) = said.strip_prefix("without ") {
            return self.setting(Setting { path: path.trim().to_owned(), value: None });
        }
        self.step(rows, line)
    }

    /// A setting belongs to the catalog that was named last.
    fn setting(&mut self, setting: Setting) -> Result<(), String> {
        match self.scenario.steps.last_mut().map(|step| &mut step.says) {
            None => self.scenario.catalog.settings.push(setting),
            Some(Says::Publish { settings, .. }) => settings.push(setting),
            Some(Says::Act(asked)) => match &mut asked.act {
                Act::Contract { terms, .. } => terms.push(setting),
                _ => return Err(MISPLACED.to_owned()),
            },
            Some(Says::Look(_)) => return Err(MISPLACED.to_owned()),
        }
        Ok(())
    }

    fn step(&mut self, rows: Range<usize>, line: &str) -> Result<(), String> {
        let (at, said) = instant(line.trim_start())?;
        let cut = line.len() - said.len();
        let (says, mark) = match said.split_once(": ").or(said.strip_suffix(':').map(|said| (said, ""))) {
            Some((asked, _)) if !said.starts_with("preview") => match look::read(asked, &self.who)? {
                Some(look) => (Says::Look(look), Some(cut + asked.len() + 1)),
                None => self.act(said, cut)?,
            },
            _ => self.act(said, cut)?,
        };
        let (head, answer) = match mark {
            Some(mark) => (line[..mark].to_owned(), Some(items(&line[mark..]))),
            None => (line.to_owned(), None),
        };
        if at.is_none() && self.scenario.steps.is_empty() {
            return Err("the first step begins with an instant, such as 2026-01-31 10:00".to_owned());
        }
        self.scenario.steps.push(Step { rows, at, says, head, answer });
        Ok(())
    }

    fn act(&mut self, said: &str, cut: usize) -> Result<(Says, Option<usize>), String> {
        let (asked, mark) = match said.find("->") {
            Some(arrow) => (said[..arrow].trim(), Some(cut + arrow + 2)),
            None => (said.trim(), None),
        };
        if let Some(rest) = asked.strip_prefix("the studio publishes") {
            let from = match rest.trim().strip_prefix("from ") {
                Some(when) => instant(when)?.0,
                None => None,
            };
            return Ok((Says::Publish { settings: Vec::new(), from }, mark));
        }
        let asked = act::read(asked)?;
        if !asked.who.customer.is_empty() {
            self.who = asked.who.clone();
        }
        Ok((Says::Act(Box::new(asked)), mark))
    }
}

/// The instant that a line may begin with, and the rest of the line.
fn instant(line: &str) -> Result<(Option<Timestamp>, &str), String> {
    if !line.starts_with(|first: char| first.is_ascii_digit()) {
        return Ok((None, line));
    }
    let mut words = line.splitn(3, ' ');
    let (date, time) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let at = when::read(date, time).ok_or_else(|| format!("{date} {time} is not an instant"))?;
    Ok((Some(at), words.next().unwrap_or_default().trim_start()))
}

/// Things that are said, with commas between them; a comma in parentheses is part of a formula.
fn items(text: &str) -> Vec<String> {
    let tidy = |item: &str| item.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut depth = 0_i32;
    let ends = |letter: char| {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        letter == ',' && depth == 0
    };
    text.split(ends).map(|item| tidy(item.trim_end_matches(','))).filter(|item| !item.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# A title.
shows S0-36, A35
catalog some
with policies.upgrade = \"new_cycle\"

2026-01-31 10:00  ada starts creator monthly
                  balance: subscription 100,
                           top_up 0
2026-02-10 09:00  ada runs a-tool/and/model images=3 -> charged 30
                  bo of acme holds tool as H1 -> refused 402 insufficient_credits
";

    #[test]
    fn a_text_is_read_step_by_step() {
        let scenario = read(TEXT).unwrap();
        assert_eq!(scenario.shows, ["S0-36", "A35"]);
        assert_eq!(scenario.catalog.settings.len(), 1);
        assert_eq!(scenario.steps.len(), 4);
        assert_eq!(scenario.steps[1].rows, 6..8);
        assert_eq!(scenario.steps[1].answer.as_deref().unwrap(), ["subscription 100", "top_up 0"]);
        assert_eq!(scenario.steps[2].answer.as_deref().unwrap(), ["charged 30"]);
        assert_eq!(scenario.steps[2].head, "2026-02-10 09:00  ada runs a-tool/and/model images=3 ->");
        let Says::Act(asked) = &scenario.steps[3].says else { panic!("an act") };
        assert_eq!(asked.who, Who { customer: "acme".to_owned(), member: Some("bo".to_owned()) });
    }

    #[test]
    fn a_comma_in_parentheses_is_part_of_what_is_said() {
        assert_eq!(items(" formula max(a, 5), credits 3"), ["formula max(a, 5)", "credits 3"]);
    }

    #[test]
    fn what_can_not_be_read_is_reported_with_its_line() {
        let told = |text: &str| read(text).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            told("catalog x\nada sings\n"),
            ["line 2: \"sings\" is no verb of scenarios; there are: joins, may use, \
            has contract, adds, ends, removes, is granted, voids, transfers, quotes, holds, runs, captures, releases, \
            extends, refunds, starts, changes, resumes, cancels, falls, recovers, buys, reverses, claims"]
        );
        assert_eq!(told("ada joins\n").len(), 2);
        assert_eq!(told("catalog x\n2026-02-30 10:00 ada joins\n"), ["line 2: 2026-02-30 10:00 is not an instant"]);
        assert_eq!(
            told("catalog x\n2026-02-03 10:00 ada joins quickly\n"),
            ["line 2: \"quickly\" is not understood here"]
        );
    }
}
