//! Reads a catalog file from disk or standard input.

use std::io::Read;
use std::path::{Path, PathBuf};

use scrip_catalog::{Catalog, Checked, Diagnostic, Severity};

use crate::exit_code::Failure;

/// A catalog file as it was found: its text, and the catalog or what is wrong with it.
pub struct CatalogFile {
    pub path: PathBuf,
    pub text: String,
    pub outcome: Result<Checked, Vec<Diagnostic>>,
}

impl CatalogFile {
    /// Reads and checks. Only a file that cannot be read is a failure; everything else is a diagnostic.
    pub fn read(path: &Path) -> Result<CatalogFile, Failure> {
        let bytes = read_bytes(path)?;
        let (text, outcome) = match String::from_utf8(bytes) {
            Ok(text) => {
                let outcome = if is_json(path, &text) { Catalog::from_json(&text) } else { Catalog::from_toml(&text) };
                (text, outcome)
            }
            Err(error) => not_utf8(&error),
        };
        Ok(CatalogFile { path: path.to_path_buf(), text, outcome })
    }

    pub fn name(&self) -> String {
        if is_standard_input(&self.path) { "<stdin>".to_owned() } else { self.path.display().to_string() }
    }

    /// Errors and warnings, in the order of the file.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match &self.outcome {
            Ok(checked) => &checked.warnings,
            Err(diagnostics) => diagnostics,
        }
    }

    pub fn count(&self, severity: Severity) -> usize {
        self.diagnostics().iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }
}

pub fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The bytes of a file, or of standard input for `-`.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if is_standard_input(path) {
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| ())
    } else {
        std::fs::read(path).map(|found| bytes = found)
    };
    match read {
        Ok(()) => Ok(bytes),
        Err(error) => Err(Failure::input_output(format!("cannot read {}: {error}", path.display()))),
    }
}

fn is_json(path: &Path, text: &str) -> bool {
    let named = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    named || is_standard_input(path) && text.trim_start().starts_with('{')
}

/// A file that is not text is reported like any other mistake in it, at its first bad byte.
fn not_utf8(error: &std::string::FromUtf8Error) -> (String, Result<Checked, Vec<Diagnostic>>) {
    let good = error.utf8_error().valid_up_to();
    let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
    let before = &text[..good];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let diagnostic = Diagnostic {
        severity: Severity::Error,
        line: before.matches('\n').count() as u32 + 1,
        column: before[line_start..].chars().count() as u32 + 1,
        span: good..good + char::REPLACEMENT_CHARACTER.len_utf8(),
        path: String::new(),
        message: "not UTF-8 text".to_owned(),
        help: Some("save the file with the encoding UTF-8".to_owned()),
    };
    (text, Err(vec![diagnostic]))
}
