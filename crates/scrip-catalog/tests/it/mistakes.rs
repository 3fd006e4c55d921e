//! Mistakes in catalog files: each is told at its line and column, under its own text, with what to do about it.
//!
//! A line of the expected text is `line:column \`offending text\` path: message (help)`.

mod plans;
mod pricing;
mod reading;
mod rules;
mod writing;

use expect_test::Expect;
use scrip_catalog::{Catalog, Checked, Diagnostic};

/// All problems of some files, one after the other.
fn told(files: &[&str], read: fn(&str) -> Result<Checked, Vec<Diagnostic>>) -> String {
    let mut text = String::new();
    for file in files {
        let problems = match read(file) {
            Ok(checked) => checked.warnings,
            Err(problems) => problems,
        };
        assert!(!problems.is_empty(), "nothing is wrong with:\n{file}");
        for problem in problems {
            let under = file.get(problem.span.clone()).expect("a span of the file");
            let under = under.replace('\n', "\\n");
            let help = problem.help.map_or(String::new(), |help| format!("\n      help: {help}"));
            let (line, column, severity) = (problem.line, problem.column, problem.severity.as_str());
            text.push_str(&format!(
                "{line}:{column} `{under}`\n      {severity}: {}: {}{help}\n",
                problem.path, problem.message
            ));
        }
        text.push_str("--\n");
    }
    text
}

fn toml(files: &[&str], expected: &Expect) {
    expected.assert_eq(&told(files, Catalog::from_toml));
}
