//! Words that must not stand in some places: floats and clocks in the core, leftovers, product names.

use std::path::Path;

use super::{Complaint, Source};

struct Rule {
    words: &'static [&'static str],
    applies: fn(&Source) -> bool,
    why: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        words: &["f32", "f64", "HashMap", "HashSet", "async", "await", "Instant", "SystemTime", "fs", "thread_rng"],
        applies: |source| in_core(source),
        why: "the core is pure and exact: no floats, clocks, I/O, async or unordered maps",
    },
    Rule {
        words: &["SystemTime", "Timestamp::now", "Zoned::now"],
        applies: |source| source.is_below("crates") && !source.is_test() && !reads_the_clock(source),
        why: "only scrip-store/src/clock.rs reads the clock; take the time as a value",
    },
    Rule {
        words: &["Instant::now"],
        applies: |source| {
            source.is_below("crates") && !source.is_test() && !reads_the_clock(source) && !source.is_below(WAITS)
        },
        why: "only the store's threads wait; measure with scrip_store::clock::Stopwatch",
    },
    Rule {
        words: &["todo!", "unimplemented!", "dbg!", "#[ignore"],
        applies: |source| source.is_below("crates"),
        why: "no leftovers and no tests that do not run",
    },
];

/// Threads that wait for each other, so long and no longer.
const WAITS: &str = "crates/scrip-store/src/embedded";

fn in_core(source: &Source) -> bool {
    let core = source.is_below("crates/scrip-ledger/src") || source.is_below("crates/scrip-catalog/src");
    core && !source.is_test()
}

/// The clock itself, and what measures or is not shipped.
fn reads_the_clock(source: &Source) -> bool {
    source.path.ends_with("clock.rs") || source.is_below("crates/scrip-sim")
}

const PRODUCTS: &[&str] =
    &["studiotwin", "neural frames", "neural-frames", "flow studio", "flow-studio", "ai studios", "ai-studios", "wzrd"];

/// Where only the command line may look: arguments and environment.
const ENVIRONMENT: &[&str] = &["std::env::var", "env::args", "std::env::args", "env::var_os", "env::vars"];

/// Places of somebody's own machine.
const PLACES: &[&str] = &["/root/", "/work/", "/home/"];

pub fn complaints(source: &Source, root: &Path) -> Vec<Complaint> {
    let mut all = Vec::new();
    if source.has_extension("rs") && !source.is_below("xtask") {
        for (index, line) in source.text.lines().enumerate() {
            all.extend(in_line(source, index + 1, line));
        }
    }
    if source.has_extension("md") {
        for (index, line) in source.text.lines().enumerate() {
            all.extend(broken_links(source, root, index + 1, line));
        }
    }
    if !source.is_below("xtask") {
        for (index, line) in source.text.lines().enumerate() {
            if PLACES.iter().any(|place| line.contains(place)) {
                all.push(source.complaint(index + 1, "names a place of one machine"));
            }
        }
    }
    all
}

fn in_line(source: &Source, number: usize, line: &str) -> Vec<Complaint> {
    let mut all = Vec::new();
    let demo =
        source.path.components().any(|part| part.as_os_str().to_str().is_some_and(|part| part.starts_with("demo")));
    let lower = line.to_lowercase();
    let ships = source.is_below("crates") && !source.is_below("crates/scrip-sim");
    if ships && !source.is_test() && !demo {
        for product in PRODUCTS.iter().filter(|product| lower.contains(*product)) {
            all.push(source.complaint(number, format!("`{product}` is one product: no source file names a product")));
        }
    }
    let code = line.split("//").next().unwrap_or_default();
    for rule in RULES.iter().filter(|rule| (rule.applies)(source)) {
        for word in rule.words.iter().filter(|word| has_word(code, word)) {
            all.push(source.complaint(number, format!("`{word}`: {}", rule.why)));
        }
    }
    let command_line = source.is_below("crates/scrip/") || source.is_below("crates/scrip-sim") || source.is_test();
    if !command_line && ENVIRONMENT.iter().any(|call| code.contains(call)) {
        all.push(source.complaint(number, "only the command line reads arguments and environment"));
    }
    all
}

fn has_word(code: &str, word: &str) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(start, _)| {
        let before = code[..start].chars().next_back().is_some_and(part_of_name);
        let after = code[start + word.len()..].chars().next().is_some_and(part_of_name);
        !before && !after
    })
}

fn broken_links(source: &Source, root: &Path, number: usize, line: &str) -> Vec<Complaint> {
    let targets = line.match_indices("](").filter_map(|(start, _)| line[start + 2..].split(')').next());
    targets
        .filter(|target| !target.contains("://") && !target.starts_with('#') && !target.starts_with("mailto:"))
        .filter_map(|target| target.split('#').next().filter(|path| !path.is_empty()))
        .filter(|target| {
            let folder = source.path.parent().unwrap_or(Path::new(""));
            !root.join(folder).join(target).exists()
        })
        .map(|target| source.complaint(number, format!("links to `{target}`, which is not there")))
        .collect()
}
