//! Names that say nothing, and files that say too much.

use super::{Complaint, Source};

const SAYS_NOTHING: &[&str] =
    &["utils", "util", "common", "helpers", "helper", "manager", "service", "misc", "mod", "types", "imp"];

const LINES_MAX: usize = 800;

/// Files that are longer for a reason. The list only shrinks.
const LONGER: &[(&str, &str)] = &[];

pub fn complaints(source: &Source) -> Vec<Complaint> {
    let mut all = Vec::new();
    let code = source.has_extension("rs") || source.has_extension("ts") || source.has_extension("py");
    if !code {
        return all;
    }
    let stem = source.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if SAYS_NOTHING.contains(&stem) {
        all.push(source.complaint(1, format!("the name `{stem}` says nothing: name the file for what it does")));
    }
    let lines = source.text.lines().count();
    let excused = LONGER.iter().any(|(path, _)| source.path.as_os_str() == *path);
    if lines > LINES_MAX && !excused {
        all.push(source.complaint(lines, format!("{lines} lines, more than {LINES_MAX}: split it by what it does")));
    }
    all
}
