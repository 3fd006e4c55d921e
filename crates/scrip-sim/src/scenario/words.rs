//! The words of one line, read from left to right.

use scrip_ledger::{Span, Timestamp};

use super::when;

/// What is left to be read of a line.
pub struct Words {
    words: Vec<String>,
    next: usize,
}

impl Words {
    /// Splits at spaces; what stands between double quotes is one word, and the quotes go.
    pub fn of(line: &str) -> Words {
        let mut words = Vec::new();
        let mut word = String::new();
        let (mut quoted, mut started) = (false, false);
        for letter in line.chars() {
            match letter {
                '"' => {
                    quoted = !quoted;
                    started = true;
                }
                ' ' if !quoted => {
                    if started {
                        words.push(std::mem::take(&mut word));
                    }
                    started = false;
                }
                letter => {
                    word.push(letter);
                    started = true;
                }
            }
        }
        if started {
            words.push(word);
        }
        Words { words, next: 0 }
    }

    pub fn peek(&self) -> Option<&str> {
        self.words.get(self.next).map(String::as_str)
    }

    /// The word after the next.
    pub fn peek_second(&self) -> Option<&str> {
        self.words.get(self.next + 1).map(String::as_str)
    }

    pub fn take(&mut self) -> Option<String> {
        let word = self.words.get(self.next).cloned();
        self.next += usize::from(word.is_some());
        word
    }

    /// The next word, which must be there: `what` says what it should have been.
    pub fn need(&mut self, what: &str) -> Result<String, String> {
        self.take().ok_or_else(|| format!("{what} is missing at the end of the line"))
    }

    /// Reads these words if they come next.
    pub fn eat(&mut self, phrase: &str) -> bool {
        let expected: Vec<&str> = phrase.split(' ').collect();
        let found = self.words[self.next..].iter().map(String::as_str).take(expected.len());
        let eaten = found.eq(expected.iter().copied());
        if eaten {
            self.next += expected.len();
        }
        eaten
    }

    pub fn number<N: std::str::FromStr>(&mut self, what: &str) -> Result<N, String> {
        let word = self.need(what)?;
        word.parse().map_err(|_| format!("{word:?} is not {what}"))
    }

    pub fn instant(&mut self) -> Result<Timestamp, String> {
        let (date, time) = (self.need("a date")?, self.need("a time of day")?);
        when::read(&date, &time).ok_or_else(|| format!("{date:?} {time:?} is not an instant"))
    }

    pub fn span(&mut self) -> Result<Span, String> {
        let word = self.need("a span of time")?;
        when::span(&word).ok_or_else(|| format!("{word:?} is not a span of time, such as 15m or 2d"))
    }

    /// Names with commas between them.
    pub fn list(&mut self, what: &str) -> Result<Vec<String>, String> {
        let mut list = Vec::new();
        loop {
            let word = self.need(what)?;
            let more = word.ends_with(',');
            list.extend(word.split(',').filter(|name| !name.is_empty()).map(str::to_owned));
            if !more {
                return Ok(list);
            }
        }
    }

    /// Nothing must be left.
    pub fn end(&self) -> Result<(), String> {
        match self.peek() {
            None => Ok(()),
            Some(word) => Err(format!("{word:?} is not understood here")),
        }
    }
}
