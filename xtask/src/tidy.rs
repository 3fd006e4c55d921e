//! The rules of the house, as far as a machine can check them. `cargo test` runs them too.

mod imports;
mod names;
mod words;

use std::fmt;
use std::path::{Path, PathBuf};

/// What a rule has to say about a place.
pub struct Complaint {
    pub file: PathBuf,
    pub line: usize,
    pub what: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.what)
    }
}

/// A file of the project, with its path from the root.
pub struct Source {
    pub path: PathBuf,
    pub text: String,
}

impl Source {
    fn complaint(&self, line: usize, what: impl Into<String>) -> Complaint {
        Complaint { file: self.path.clone(), line, what: what.into() }
    }

    fn is_below(&self, folder: &str) -> bool {
        self.path.starts_with(folder)
    }

    fn has_extension(&self, extension: &str) -> bool {
        self.path.extension().is_some_and(|found| found == extension)
    }

    /// Tests, examples and measurements: they may do what the product may not.
    fn is_test(&self) -> bool {
        let in_test_folder = self
            .path
            .components()
            .any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "benches" | "examples" | "fuzz_targets")));
        in_test_folder || self.path.file_name().is_some_and(|name| name == "tests.rs")
    }
}

/// All complaints of all rules.
pub fn complaints(root: &Path) -> Vec<Complaint> {
    let sources = sources(root);
    let mut all = imports::complaints(root);
    for source in &sources {
        all.extend(names::complaints(source));
        all.extend(words::complaints(source, root));
    }
    all
}

fn sources(root: &Path) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name();
            if path.is_dir() {
                let hidden = name.to_str().is_some_and(|name| name.starts_with('.') && name != ".ci");
                if !hidden && name != "target" && name != "node_modules" && name != "corpus" && name != "samples" {
                    folders.push(path);
                }
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                let path = path.strip_prefix(root).expect("found below the root").to_path_buf();
                found.push(Source { path, text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_keeps_the_rules_of_the_house() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let said: Vec<String> = complaints(root).iter().map(Complaint::to_string).collect();
        assert!(said.is_empty(), "{}", said.join("\n"));
    }

    fn said_of(path: &str, text: &str) -> Vec<String> {
        let source = Source { path: PathBuf::from(path), text: text.to_owned() };
        let mut said = names::complaints(&source);
        said.extend(words::complaints(&source, Path::new("/nowhere")));
        said.into_iter().map(|complaint| complaint.what).collect()
    }

    #[test]
    fn each_rule_finds_what_it_forbids() {
        for (path, text, rule) in [
            ("crates/scrip-ledger/src/utils.rs", "", "says nothing"),
            ("crates/scrip-store/src/embedded/mod.rs", "", "says nothing"),
            ("crates/scrip-ledger/src/hold.rs", "fn f() { let x: f64 = 1.0; }", "`f64`"),
            ("crates/scrip-ledger/src/hold.rs", "use std::collections::HashMap;", "`HashMap`"),
            ("crates/scrip-catalog/src/price.rs", "async fn f() {}", "`async`"),
            ("crates/scrip-server/src/lib.rs", "let now = SystemTime::now();", "`SystemTime`"),
            ("crates/scrip-server/src/lib.rs", "std::env::var(\"X\")", "environment"),
            ("crates/scrip-server/src/lib.rs", "todo!()", "`todo!`"),
            ("crates/scrip-store/src/lib.rs", "// for wzrd studio", "product"),
            ("crates/scrip/src/lib.rs", &"\n".repeat(900), "lines"),
            ("docs/page.md", "see [there](nowhere.md)", "nowhere.md"),
        ] {
            let said = said_of(path, text);
            assert!(said.iter().any(|what| what.contains(rule)), "{path}: {rule:?} not in {said:?}");
        }
        assert_eq!(said_of("crates/scrip-ledger/src/hold.rs", "//! Holds.\n// no f64 here\n"), Vec::<String>::new());
    }
}
