//! Runs the snippets of a page, all in one shell and in order, and compares what the page says they print.
//!
//! A fence of `sh` is run; it must succeed, unless it says `sh ends=1`. A fence of `text` or `json` that follows with
//! nothing between is what it prints, where `…` stands for anything: within a line, or for whole lines.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::program::root;

/// The address that pages show; the shell gets a free one instead.
const SHOWN_ADDRESS: &str = "127.0.0.1:7878";
const MARK: &str = "@@@@";

struct Snippet {
    line: usize,
    shell: String,
    ends: i32,
    prints: Option<String>,
}

struct Fence {
    line: usize,
    info: String,
    text: String,
    /// Is there nothing between it and the fence before?
    follows: bool,
}

fn fences(page: &str) -> Vec<Fence> {
    let mut fences: Vec<Fence> = Vec::new();
    let mut open: Option<Fence> = None;
    let mut prose_between = true;
    for (index, line) in page.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some("")) => {
                fences.extend(open.take());
                prose_between = false;
            }
            (Some(fence), _) => {
                fence.text.push_str(line);
                fence.text.push('\n');
            }
            (None, Some(info)) => {
                let info = info.to_owned();
                open = Some(Fence { line: index + 1, info, text: String::new(), follows: !prose_between });
            }
            (None, None) => prose_between |= !line.trim().is_empty(),
        }
    }
    fences
}

fn snippets(page: &str) -> Vec<Snippet> {
    let mut snippets: Vec<Snippet> = Vec::new();
    let mut last_was_shell = false;
    for fence in fences(page) {
        let mut words = fence.info.split_whitespace();
        let language = words.next().unwrap_or_default();
        if language == "sh" {
            let ends =
                words.find_map(|word| word.strip_prefix("ends=")).map_or(0, |code| code.parse().expect("a code"));
            snippets.push(Snippet { line: fence.line, shell: fence.text, ends, prints: None });
        } else if matches!(language, "text" | "json") && fence.follows && last_was_shell {
            snippets.last_mut().expect("a snippet before").prints = Some(fence.text);
        }
        last_was_shell = language == "sh";
    }
    snippets
}

fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").to_string()
}

/// One script with marks between the snippets, run in an empty folder that sees the project's catalogs.
fn run_all(snippets: &[Snippet], address: &str, folder: &Path) -> String {
    let mut script = String::from("exec 2>&1\ntrap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\n");
    for (index, snippet) in snippets.iter().enumerate() {
        writeln!(script, "echo '{MARK} {index}'\n{}\necho \"{MARK} ended $?\"", snippet.shell).expect("a text");
    }
    let script = script.replace(SHOWN_ADDRESS, address);
    std::os::unix::fs::symlink(root().join("catalogs"), folder.join("catalogs")).expect("a link");
    let bin = Path::new(env!("CARGO_BIN_EXE_scrip")).parent().expect("a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("timeout")
        .args(["120", "bash", "-c", &script])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .expect("bash runs");
    String::from_utf8(output.stdout).expect("UTF-8").replace(address, SHOWN_ADDRESS)
}

/// Runs the page and says everything that is not as it says.
pub fn check(page: &str) {
    let text = std::fs::read_to_string(root().join(page)).expect("the page is there");
    let snippets = snippets(&text);
    assert!(!snippets.is_empty(), "{page} has no snippets");
    let folder = tempfile::tempdir().expect("a folder");
    let output = run_all(&snippets, &free_address(), folder.path());
    let mut wrong = String::new();
    for (index, snippet) in snippets.iter().enumerate() {
        let begin = format!("{MARK} {index}\n");
        let printed = output.split_once(&begin).map(|(_, rest)| rest).unwrap_or_default();
        let (printed, rest) = printed.split_once(&format!("{MARK} ended ")).unwrap_or((printed, "never"));
        let ended = rest.lines().next().unwrap_or_default();
        if ended != snippet.ends.to_string() {
            writeln!(wrong, "{page}:{}: ended with {ended}:\n{printed}", snippet.line).expect("a text");
        } else if let Some(expected) = &snippet.prints
            && !matches(&lines(expected), &lines(printed))
        {
            writeln!(wrong, "{page}:{}: expected\n{expected}\nbut it printed\n{printed}", snippet.line)
                .expect("a text");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn lines(text: &str) -> Vec<&str> {
    text.trim_end().lines().map(str::trim_end).collect()
}

/// Lines against a pattern in which a line `…` is any number of lines.
fn matches(pattern: &[&str], lines: &[&str]) -> bool {
    match (pattern.split_first(), lines.split_first()) {
        (None, None) => true,
        (Some((&"…", rest)), _) if matches(rest, lines) => true,
        (Some((&"…", _)), Some((_, rest))) => matches(pattern, rest),
        (Some((wanted, patterns)), Some((line, rest))) => line_matches(wanted, line) && matches(patterns, rest),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

/// A line against a pattern in which `…` is any text.
fn line_matches(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split('…');
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut last = "";
    let mut several = false;
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { return false };
        (rest, last, several) = (after, part, true);
    }
    if several { last.is_empty() || line.ends_with(last) } else { rest.is_empty() }
}

#[test]
fn patterns_match_what_they_say_and_nothing_else() {
    for (pattern, line, expected) in [
        ("a b", "a b", true),
        ("a b", "a bc", false),
        ("a … c", "a b c", true),
        ("a … c", "a b cd", false),
        ("…", "anything", true),
        ("hold_…", "hold_12", true),
        ("hold_…", "grant_12", false),
    ] {
        assert_eq!(line_matches(pattern, line), expected, "{pattern} / {line}");
    }
    assert!(matches(&["a", "…", "d"], &["a", "b", "c", "d"]));
    assert!(matches(&["a", "…"], &["a"]));
    assert!(!matches(&["a", "…", "d"], &["a", "b"]));
    assert!(!matches(&["a"], &["a", "b"]));
}

#[test]
fn a_page_is_cut_into_snippets_and_what_they_print() {
    let page = "Text.\n\n```sh\necho hi\n```\n\n```text\nhi\n```\n\n```sh ends=1\nfalse\n```\nMore.\n```text\nnot checked\n```\n";
    let found = snippets(page);
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].line, found[0].ends, found[0].prints.as_deref()), (3, 0, Some("hi\n")));
    assert_eq!((found[1].line, found[1].ends, found[1].prints.as_deref()), (11, 1, None));
}

#[test]
fn every_snippet_of_the_readme_works() {
    check("README.md");
}

#[test]
fn every_snippet_of_the_command_line_page_works() {
    check("docs/cli.md");
}

#[test]
fn every_snippet_of_the_operations_page_works() {
    check("docs/operations.md");
}
