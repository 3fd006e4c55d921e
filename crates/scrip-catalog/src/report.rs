//! Collects what is wrong with a file while it is read, so that everything is said at once.

use std::cell::RefCell;
use std::ops::Range;

use crate::diagnostic::{Diagnostic, Severity};

/// More problems than this are not listed one by one.
const DIAGNOSTICS_MAX: usize = 200;

pub(crate) struct Report<'t> {
    pub source: &'t str,
    line_starts: Vec<usize>,
    found: RefCell<Vec<Diagnostic>>,
}

impl<'t> Report<'t> {
    pub fn new(source: &'t str) -> Report<'t> {
        let line_starts =
            std::iter::once(0).chain(source.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1));
        Report { source, line_starts: line_starts.collect(), found: RefCell::default() }
    }

    pub fn error(&self, span: Range<usize>, path: &str, message: String) {
        self.push(Severity::Error, span, path, message, None);
    }

    pub fn error_help(&self, span: Range<usize>, path: &str, message: String, help: String) {
        self.push(Severity::Error, span, path, message, Some(help));
    }

    pub fn warning(&self, span: Range<usize>, path: &str, message: String, help: String) {
        self.push(Severity::Warning, span, path, message, Some(help));
    }

    fn push(&self, severity: Severity, span: Range<usize>, path: &str, message: String, help: Option<String>) {
        let (line, column) = self.place(span.start);
        let diagnostic = Diagnostic { severity, line, column, span, path: path.to_owned(), message, help };
        let mut found = self.found.borrow_mut();
        if found.len() < DIAGNOSTICS_MAX || severity == Severity::Error && !has_error(&found) {
            found.push(diagnostic);
        }
    }

    /// Line and column of a byte, both from 1, columns in characters.
    fn place(&self, byte: usize) -> (u32, u32) {
        let byte = byte.min(self.source.len());
        let line = self.line_starts.partition_point(|start| *start <= byte).max(1) - 1;
        let before = self.source.get(self.line_starts[line]..byte).map_or(0, |text| text.chars().count());
        (line as u32 + 1, before as u32 + 1)
    }

    pub fn line(&self, byte: usize) -> u32 {
        self.place(byte).0
    }

    pub fn error_count(&self) -> usize {
        self.found.borrow().iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count()
    }

    pub fn has_errors(&self) -> bool {
        has_error(&self.found.borrow())
    }

    /// Is something wrong with that part of the file?
    pub fn has_error_in(&self, path: &str) -> bool {
        let within =
            |at: &str| at.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
        let is_error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
        self.found.borrow().iter().any(|diagnostic| is_error(diagnostic) && within(&diagnostic.path))
    }

    /// Was a key told there that probably stands for this one?
    pub fn was_meant(&self, path: &str, key: &str) -> bool {
        let below = |at: &str| at.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
        let names = |help: &str| help.contains(&format!("`{key}`")) || help.contains(&format!("{key} = "));
        self.found.borrow().iter().any(|told| below(&told.path) && told.help.as_deref().is_some_and(names))
    }

    /// Everything found, in the order of the file.
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.severity));
        found.dedup();
        found
    }
}

fn has_error(found: &[Diagnostic]) -> bool {
    found.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// The name that was probably meant.
pub(crate) fn closest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    names
        .map(|name| (strsim::damerau_levenshtein(&wrong, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= (name.chars().count().max(wrong.chars().count()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}
