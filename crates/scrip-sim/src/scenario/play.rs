//! Plays a scenario in a world and compares what happens with what the text says.

use super::read::{Says, Scenario, Step, read};
use super::{Answer, Item, World};
use scrip_ledger::Timestamp;

/// Where a world and a text disagree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Counted from 1.
    pub line: usize,
    pub said: String,
    pub expected: Vec<String>,
    pub found: Vec<String>,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.said.trim())?;
        write!(f, "\n    expected  {}\n    found     {}", listed(&self.expected), listed(&self.found))
    }
}

/// What each step found, for a text that is to be written anew.
struct Found {
    /// Answers that differ from the text, by step.
    written: Vec<Option<Vec<String>>>,
    differences: Vec<Difference>,
}

/// Plays a text. `file` reads a file of the project, such as a catalog.
pub fn play(text: &str, file: impl Fn(&str) -> String, world: &mut dyn World) -> Vec<Difference> {
    match read(text) {
        Err(wrong) => wrong.iter().map(|wrong| unreadable(wrong.line, wrong.reason.clone())).collect(),
        Ok(scenario) => run(&scenario, file, world).differences,
    }
}

/// The text with its answers as this world gives them: the author reviews what has changed.
pub fn updated(text: &str, file: impl Fn(&str) -> String, world: &mut dyn World) -> Result<String, Vec<Difference>> {
    let scenario = read(text)
        .map_err(|wrong| wrong.iter().map(|wrong| unreadable(wrong.line, wrong.reason.clone())).collect::<Vec<_>>())?;
    let found = run(&scenario, file, world);
    // What could not be asked at all is no answer.
    let broken: Vec<Difference> = found.differences.into_iter().filter(|d| d.found.is_empty()).collect();
    if !broken.is_empty() {
        return Err(broken);
    }
    let rows: Vec<&str> = text.lines().collect();
    let mut lines: Vec<String> = Vec::new();
    let mut next = 0;
    for (step, answer) in scenario.steps.iter().zip(&found.written) {
        if let Some(answer) = answer {
            lines.extend(rows[next..step.rows.start].iter().map(|row| (*row).to_owned()));
            lines.extend(wrapped(step, answer));
            next = step.rows.end;
        }
    }
    lines.extend(rows[next..].iter().map(|row| (*row).to_owned()));
    Ok(lines.join("\n") + "\n")
}

/// What a world said at one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Counted from 1.
    pub line: usize,
    pub said: String,
    /// `Err` where it could not even be asked.
    pub answer: Result<Vec<String>, String>,
}

/// Plays a text and answers what the world said at each step, whatever the text expects.
pub fn told(text: &str, file: impl Fn(&str) -> String, world: &mut dyn World) -> Vec<Told> {
    let scenario = read(text).unwrap_or_else(|wrong| panic!("{}", wrong[0]));
    let mut draft = scenario.catalog.clone();
    let catalog = file(&draft.path());
    let mut now = Timestamp::MIN;
    let mut told = Vec::new();
    for (index, step) in scenario.steps.iter().enumerate() {
        let answer = begin(world, step, index, &mut now, || draft.json(&catalog))
            .and_then(|()| take(world, step, &mut draft, &catalog))
            .map(|said| texts(&said.answer.items));
        let is_broken = index == 0 && answer.is_err();
        told.push(Told { line: step.rows.start + 1, said: step.head.trim().to_owned(), answer });
        if is_broken {
            // Without its catalog nothing that follows makes sense.
            break;
        }
    }
    told
}

fn unreadable(line: usize, reason: String) -> Difference {
    Difference { line, said: "can't be read".to_owned(), expected: vec![reason], found: Vec::new() }
}

fn run(scenario: &Scenario, file: impl Fn(&str) -> String, world: &mut dyn World) -> Found {
    let mut found = Found { written: Vec::new(), differences: Vec::new() };
    let mut draft = scenario.catalog.clone();
    let text = file(&draft.path());
    let mut now = Timestamp::MIN;
    for (index, step) in scenario.steps.iter().enumerate() {
        let mut written = None;
        let answered = begin(world, step, index, &mut now, || draft.json(&text))
            .and_then(|()| take(world, step, &mut draft, &text));
        match answered {
            Ok(answer) => written = compare(step, &answer, &mut found.differences),
            Err(reason) => {
                let expected = vec![reason];
                let (line, said) = (step.rows.start + 1, step.head.clone());
                found.differences.push(Difference { line, said, expected, found: Vec::new() });
            }
        }
        found.written.push(written);
        if index == 0 && found.differences.iter().any(|difference| difference.found.is_empty()) {
            // Without its catalog nothing that follows makes sense.
            break;
        }
    }
    found
}

/// Time first; with the first step, the catalog.
fn begin(
    world: &mut dyn World,
    step: &Step,
    index: usize,
    now: &mut Timestamp,
    catalog: impl Fn() -> Result<String, String>,
) -> Result<(), String> {
    let at = step.at.unwrap_or(*now);
    if at < *now {
        return Err("time in a scenario never runs backwards".to_owned());
    }
    if *now != at || !matches!(step.says, Says::Look(_)) {
        *now = at;
        world.step(at)?;
    }
    if index == 0 {
        let answer = world.publish(&catalog()?, None)?;
        if answer.refused {
            return Err(format!("the catalog is refused: {}", listed(&texts(&answer.items))));
        }
    }
    Ok(())
}

/// What was answered, and whether all of it counts.
struct Said {
    answer: Answer,
    whole: bool,
}

fn take(world: &mut dyn World, step: &Step, draft: &mut super::draft::Draft, text: &str) -> Result<Said, String> {
    match &step.says {
        Says::Act(asked) => world.act(asked).map(|answer| Said { answer, whole: false }),
        Says::Look(look) => {
            let items = world.look(look)?;
            Ok(Said { answer: Answer::of(items), whole: look.what.is_whole() })
        }
        Says::Publish { settings, from } => {
            draft.settings.extend(settings.iter().cloned());
            world.publish(&draft.json(text)?, *from).map(|answer| Said { answer, whole: false })
        }
    }
}

/// Notes a difference, and answers what should be written instead.
fn compare(step: &Step, said: &Said, differences: &mut Vec<Difference>) -> Option<Vec<String>> {
    let found = texts(&said.answer.items);
    let expected = match &step.answer {
        Some(expected) => expected.clone(),
        // Nothing is said: it went well.
        None if !said.answer.refused => return None,
        None => Vec::new(),
    };
    let asks = expected.iter().any(|item| item == "?");
    let (fits, written) = if asks {
        (false, found.clone())
    } else if said.whole {
        (expected == found || expected == ["none"] && found.is_empty(), found.clone())
    } else {
        let refusal = expected.first().is_some_and(|item| item.starts_with("refused"));
        let holds = |item: &String| match item.strip_prefix("no ") {
            Some(absent) => !found.iter().any(|found| is_about(found, absent)),
            None => found.contains(item),
        };
        let fits = refusal == said.answer.refused && expected.iter().all(holds);
        (fits, kept(&expected, &said.answer))
    };
    if fits {
        return None;
    }
    let (line, head) = (step.rows.start + 1, step.head.clone());
    let shown = if found.is_empty() { vec!["none".to_owned()] } else { found };
    differences.push(Difference { line, said: head, expected, found: shown });
    Some(if written.is_empty() { vec!["none".to_owned()] } else { written })
}

/// What an answer says of the same things as the text.
fn kept(expected: &[String], answer: &Answer) -> Vec<String> {
    let was_refused = expected.first().is_some_and(|item| item.starts_with("refused"));
    if was_refused != answer.refused {
        return texts(&answer.items);
    }
    let about = |text: &str, item: &Item| is_about(text, &item.key);
    let mut kept: Vec<String> = Vec::new();
    for text in expected {
        // What should not be there has no place in the text when it is; what is not there may go on saying so.
        if let Some(absent) = text.strip_prefix("no ") {
            let there = answer.items.iter().find(|item| is_about(&item.text, absent));
            kept.push(there.map_or_else(|| text.clone(), |item| item.text.clone()));
            continue;
        }
        // The longest key is the one that is meant: `next reset` and not `next`.
        let longest = answer.items.iter().filter(|item| about(text, item)).map(|item| item.key.len()).max();
        for item in answer.items.iter().filter(|item| about(text, item) && Some(item.key.len()) == longest) {
            if !kept.contains(&item.text) {
                kept.push(item.text.clone());
            }
        }
    }
    kept
}

/// Does it say something of that: `option top_up pack_50 for 5.00 usd` of `option top_up`?
fn is_about(text: &str, what: &str) -> bool {
    text.strip_prefix(what).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

fn texts(items: &[Item]) -> Vec<String> {
    items.iter().map(|item| item.text.clone()).collect()
}

fn listed(items: &[String]) -> String {
    if items.is_empty() { "nothing".to_owned() } else { items.join(", ") }
}

const WIDTH: usize = 116;

/// The head of a step with its answer, over several lines where it is long.
fn wrapped(step: &Step, answer: &[String]) -> Vec<String> {
    let arrow = matches!(step.says, Says::Look(_)) || step.head.ends_with("->");
    let head = if arrow { step.head.clone() } else { format!("{} ->", step.head.trim_end()) };
    let indent = if head.len() < 56 { head.len() + 1 } else { 20 };
    let mut lines = Vec::new();
    let mut line = head;
    for (index, item) in answer.iter().enumerate() {
        let comma = if index + 1 < answer.len() { "," } else { "" };
        if index > 0 && WIDTH < line.len() + item.len() + 2 {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent - 1)));
        }
        line = format!("{line} {item}{comma}");
    }
    lines.push(line);
    lines
}
