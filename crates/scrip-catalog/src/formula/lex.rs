//! The text of a formula as numbers, names, words and signs, each with its place.

use crate::formula::{FormulaError, FormulaErrorKind, SourceSpan};
use crate::rational::Rational;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Token<'s> {
    pub at: SourceSpan,
    pub kind: TokenKind<'s>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum TokenKind<'s> {
    Number(Rational),
    /// A name, a function or a reserved word.
    Name(&'s str),
    Word(&'s str),
    Sign(&'static str),
    End,
}

impl TokenKind<'_> {
    /// How messages call it.
    pub fn describe(&self) -> String {
        match self {
            TokenKind::Number(number) => format!("`{number}`"),
            TokenKind::Name(name) => format!("`{name}`"),
            TokenKind::Word(word) => format!("'{word}'"),
            TokenKind::Sign(sign) => format!("`{sign}`"),
            TokenKind::End => "the end".to_owned(),
        }
    }
}

/// Longest first, so that `<=` is not read as `<`.
const SIGNS: [&str; 20] =
    ["==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "(", ")", "[", "]", ",", "?", ":", "=>", "="];

/// What people write in other languages, and what is written here.
const FOREIGN: [(&str, &str); 14] = [
    ("&&", "write `and`"),
    ("||", "write `or`"),
    ("**", "there are no powers; multiply: `x * x`"),
    ("^", "there are no powers; multiply: `x * x`"),
    ("!", "write `not`"),
    ("&", "write `and`"),
    ("|", "write `or`"),
    ("×", "write `*`"),
    ("·", "write `*`"),
    ("÷", "write `/`"),
    ("−", "write `-`, the plain minus sign"),
    ("≤", "write `<=`"),
    ("≥", "write `>=`"),
    ("≠", "write `!=`"),
];

/// All tokens and an end, or every piece of text that is none.
pub(super) fn tokens(source: &str) -> Result<Vec<Token<'_>>, Vec<FormulaError>> {
    let mut lexer = Lexer { source, position: 0, tokens: Vec::new(), errors: Vec::new() };
    while lexer.position < source.len() {
        lexer.next();
    }
    let end = SourceSpan::new(source.len(), source.len());
    lexer.tokens.push(Token { at: end, kind: TokenKind::End });
    if lexer.errors.is_empty() { Ok(lexer.tokens) } else { Err(lexer.errors) }
}

struct Lexer<'s> {
    source: &'s str,
    position: usize,
    tokens: Vec<Token<'s>>,
    errors: Vec<FormulaError>,
}

impl<'s> Lexer<'s> {
    fn next(&mut self) {
        let rest = &self.source[self.position..];
        let Some(first) = rest.chars().next() else { return };
        if first.is_whitespace() {
            self.position += first.len_utf8();
        } else if first.is_ascii_digit() || first == '.' {
            self.number(rest);
        } else if first.is_ascii_alphabetic() || first == '_' {
            let length = length_while(rest, |b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.');
            let name = rest[..length].trim_end_matches('.');
            self.push(name.len(), TokenKind::Name(name));
        } else if first == '\'' || first == '"' {
            self.word(rest, first);
        } else {
            self.sign(rest, first);
        }
    }

    fn number(&mut self, rest: &'s str) {
        let length = length_while(rest, |b| b.is_ascii_alphanumeric() || b == b'.' || b == b'_');
        let text = &rest[..length];
        match text.parse::<Rational>() {
            Ok(number) => self.push(length, TokenKind::Number(number)),
            Err(crate::rational::NumberError::Overflow) => {
                let help = "at most 38 digits can be held; round it";
                self.refuse(
                    length,
                    FormulaErrorKind::Overflow,
                    format!("the number `{text}` is too large or too fine"),
                    help,
                );
            }
            Err(_) => {
                let help = "write plain digits with an optional point, such as 12.5";
                self.refuse(length, FormulaErrorKind::Syntax, format!("`{text}` is not a number"), help);
            }
        }
    }

    fn word(&mut self, rest: &'s str, quote: char) {
        match rest[1..].find(quote) {
            Some(length) => self.push(length + 2, TokenKind::Word(&rest[1..=length])),
            None => {
                let message = "the word is not closed".to_owned();
                self.refuse(rest.len(), FormulaErrorKind::Syntax, message, &format!("end it with {quote}"));
            }
        }
    }

    fn sign(&mut self, rest: &'s str, first: char) {
        // `=` and `=>` are read as signs, so that the parser can say what to write instead.
        let known = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
        let foreign = FOREIGN.into_iter().find(|(sign, _)| rest.starts_with(sign));
        match (known, foreign) {
            (Some(sign), None) => self.push(sign.len(), TokenKind::Sign(sign)),
            (Some(sign), Some((other, _))) if other.len() <= sign.len() => self.push(sign.len(), TokenKind::Sign(sign)),
            (_, Some((other, help))) => {
                self.refuse(other.len(), FormulaErrorKind::Syntax, format!("`{other}` is not used in formulas"), help);
            }
            (None, None) => {
                let message = format!("`{first}` is not used in formulas");
                let help = "formulas are made of numbers, names, 'words', + - * / % and comparisons";
                self.refuse(first.len_utf8(), FormulaErrorKind::Syntax, message, help);
            }
        }
    }

    fn push(&mut self, length: usize, kind: TokenKind<'s>) {
        let at = self.take(length);
        self.tokens.push(Token { at, kind });
    }

    fn refuse(&mut self, length: usize, kind: FormulaErrorKind, message: String, help: &str) {
        let span = self.take(length);
        self.errors.push(FormulaError { kind, span, message, help: Some(help.to_owned()) });
    }

    fn take(&mut self, length: usize) -> SourceSpan {
        let start = self.position;
        self.position += length;
        SourceSpan::new(start, self.position)
    }
}

fn length_while(text: &str, belongs: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|b| belongs(*b)).count()
}
