//! Draws a problem of a catalog file under the characters it is about.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use scrip_catalog::{Diagnostic, Severity};

/// Of an offending text with more lines, the first is shown.
const LINES_MAX: usize = 6;

/// The renderer for where we write: colors only on a terminal whose user did not refuse them.
pub fn renderer(terminal: bool) -> Renderer {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if terminal && !refused { Renderer::styled() } else { Renderer::plain() }
}

/// One problem: message, place, the line with the offending text underlined, and what to do.
pub fn draw(renderer: &Renderer, file: &str, text: &str, diagnostic: &Diagnostic) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let span = on_boundaries(text, &diagnostic.span);
    let lines = lines_around(text, &span);
    let start_line = text[..lines.start].matches('\n').count() + 1;
    let within = span.start - lines.start..span.end - lines.start;
    let label = (!diagnostic.path.is_empty()).then_some(diagnostic.path.as_str());
    let snippet = Snippet::source(&text[lines])
        .line_start(start_line)
        .path(file)
        .annotation(AnnotationKind::Primary.span(within).label(label));
    let mut group = level.primary_title(diagnostic.message.as_str()).element(snippet);
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}

/// The span as far as it lies in the text, on whole characters.
fn on_boundaries(text: &str, span: &Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(span.start);
    let end = text.ceil_char_boundary(span.end.max(start));
    let offending = &text[start..end];
    match offending.find('\n') {
        Some(first_line) if offending.matches('\n').count() >= LINES_MAX => start..start + first_line,
        _ => start..end,
    }
}

/// The whole lines that a span touches.
fn lines_around(text: &str, span: &Range<usize>) -> Range<usize> {
    let start = text[..span.start].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[span.end..].find('\n').map_or(text.len(), |newline| span.end + newline);
    start..end
}
