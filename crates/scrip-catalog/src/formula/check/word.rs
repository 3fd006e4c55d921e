//! Words: which ones a part can be, and comparisons that could never hold.

use crate::formula::FormulaErrorKind;
use crate::formula::check::{Checker, closest, listed};
use crate::formula::scope::{Meaning, Scope, VariableKind};
use crate::formula::tree::{Word, WordKind};

/// The words that a part can be; `None` if any.
pub(super) fn possible(word: &Word) -> Option<Vec<String>> {
    match &word.kind {
        WordKind::Constant(word) => Some(vec![word.to_string()]),
        WordKind::Input(variable) => match &variable.kind {
            VariableKind::Word(allowed) => allowed.clone(),
            VariableKind::Number(_) | VariableKind::Truth => None,
        },
        WordKind::Let(defined) => defined.words.clone(),
        WordKind::Choice(choice) => {
            let values = choice.arms.iter().map(|(_, value)| value).chain([&choice.otherwise]);
            let mut words = Vec::new();
            for value in values {
                words.append(&mut possible(value)?);
            }
            words.sort();
            words.dedup();
            Some(words)
        }
    }
}

/// Some input may be this word: it was probably meant as one.
pub(super) fn is_allowed_somewhere(scope: &Scope, word: &str) -> bool {
    scope.names().any(|name| match scope.meaning(name) {
        Some(Meaning::Input(variable)) => {
            matches!(&variable.kind, VariableKind::Word(Some(allowed)) if allowed.iter().any(|one| one == word))
        }
        _ => false,
    })
}

impl Checker<'_> {
    /// Both sides have a word in common; else the comparison says the same for every input.
    pub(super) fn can_be_word(&mut self, subject: &Word, item: &Word) -> Option<()> {
        let (Some(left), Some(right)) = (possible(subject), possible(item)) else { return Some(()) };
        if left.iter().any(|word| right.contains(word)) {
            return Some(());
        }
        // The place of the problem is the side that is written out.
        let (named, written, allowed) = match (&subject.kind, &item.kind) {
            (WordKind::Constant(_), kind) if !matches!(kind, WordKind::Constant(_)) => (item, subject, &right),
            _ => (subject, item, &left),
        };
        let message = format!("`{}` is never {}", self.text(named.at), self.text(written.at));
        let meant = match &written.kind {
            WordKind::Constant(word) => closest(word, allowed.iter().map(String::as_str)),
            _ => None,
        };
        let help = match meant {
            Some(meant) => format!("did you mean '{meant}'?"),
            None => format!("it is one of {}", listed(allowed.iter().map(|word| format!("'{word}'")))),
        };
        self.refuse(FormulaErrorKind::NeverMatches, written.at, message, Some(help))
    }
}
