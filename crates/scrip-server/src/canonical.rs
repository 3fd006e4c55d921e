//! The canonical form of a request's body: members sorted, no spaces, strings with one way of escaping. So a
//! retry that was written by another serializer has the same fingerprint.
//!
//! The body has been read as JSON before; this walks over it once more without building anything.

use std::ops::Range;

use scrip_api::Text;

/// Deeper bodies count as they were written.
const DEPTH_MAX: usize = 64;

/// Appends the canonical form of a JSON text; `false` if it is none, or too deep.
pub(crate) fn write(json: &[u8], out: &mut Vec<u8>) -> bool {
    let mut walk = Walk { json, at: 0, out };
    walk.value(0).is_some() && walk.peek().is_none()
}

struct Walk<'a> {
    json: &'a [u8],
    at: usize,
    out: &'a mut Vec<u8>,
}

impl Walk<'_> {
    /// The next byte that is no space.
    fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.json.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    fn take(&mut self, expected: u8) -> Option<()> {
        (self.peek()? == expected).then(|| self.at += 1)
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        match self.peek()? {
            b'{' if depth < DEPTH_MAX => self.object(depth),
            b'[' if depth < DEPTH_MAX => self.list(depth),
            b'"' => self.string().map(|_| ()),
            _ => self.plain(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        self.take(b'{')?;
        self.out.push(b'{');
        let start = self.out.len();
        let mut members: Vec<Member> = Vec::with_capacity(8);
        while self.peek()? != b'}' {
            if !members.is_empty() {
                self.take(b',')?;
                self.out.push(b',');
            }
            self.peek()?;
            let key = self.string()?;
            self.take(b':')?;
            self.out.push(b':');
            self.value(depth + 1)?;
            members.push(Member { whole: key.start..self.out.len(), key });
        }
        self.at += 1;
        self.sort(start, members);
        self.out.push(b'}');
        Some(())
    }

    /// Brings the members written since `start` into the order of their keys.
    fn sort(&mut self, start: usize, mut members: Vec<Member>) {
        let written = &*self.out;
        if members.is_sorted_by(|a, b| written[a.key.clone()] <= written[b.key.clone()]) {
            return;
        }
        members.sort_by(|a, b| written[a.key.clone()].cmp(&written[b.key.clone()]));
        let mut sorted = Vec::with_capacity(written.len() - start);
        for member in members {
            if !sorted.is_empty() {
                sorted.push(b',');
            }
            sorted.extend_from_slice(&written[member.whole]);
        }
        self.out.truncate(start);
        self.out.extend_from_slice(&sorted);
    }

    fn list(&mut self, depth: usize) -> Option<()> {
        self.take(b'[')?;
        self.out.push(b'[');
        let mut first = true;
        while self.peek()? != b']' {
            if !first {
                self.take(b',')?;
                self.out.push(b',');
            }
            first = false;
            self.value(depth + 1)?;
        }
        self.at += 1;
        self.out.push(b']');
        Some(())
    }

    /// Answers where it was written.
    fn string(&mut self) -> Option<Range<usize>> {
        let (from, start) = (self.at, self.out.len());
        let mut escaped = false;
        self.take(b'"')?;
        loop {
            match *self.json.get(self.at)? {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    self.at += 2;
                }
                _ => self.at += 1,
            }
        }
        self.at += 1;
        let text = &self.json[from..self.at];
        if escaped {
            serde_json::to_writer(&mut *self.out, &serde_json::from_slice::<Text<'_>>(text).ok()?).ok()?;
        } else {
            self.out.extend_from_slice(text);
        }
        Some(start..self.out.len())
    }

    /// A number or a word, by its own characters.
    fn plain(&mut self) -> Option<()> {
        let rest = &self.json[self.at..];
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte)).count();
        self.out.extend_from_slice(&rest[..length]);
        self.at += length;
        (length > 0).then_some(())
    }
}

/// Where a member was written, and its key.
struct Member {
    key: Range<usize>,
    whole: Range<usize>,
}

#[cfg(test)]
mod tests {
    fn canonical(json: &str) -> Option<String> {
        let mut out = Vec::new();
        super::write(json.as_bytes(), &mut out).then(|| String::from_utf8(out).unwrap())
    }

    #[test]
    fn spaces_order_and_escapes_make_no_difference() {
        for (json, same) in [
            (r#" { "b" : 1 , "a" : [ 1 , { "z" : null , "y" : true } ] } "#, r#"{"a":[1,{"y":true,"z":null}],"b":1}"#),
            (r#"{"a":"\u0041\/b"}"#, r#"{"a":"A/b"}"#),
            (r#"{"\u0061":1}"#, r#"{"a":1}"#),
            ("[]", "[]"),
            ("{}", "{}"),
            (r#"{"b":{"d":1,"c":2},"a":"x,\"}{"}"#, r#"{"a":"x,\"}{","b":{"c":2,"d":1}}"#),
        ] {
            assert_eq!(canonical(json).as_deref(), Some(same));
        }
    }

    #[test]
    fn numbers_keep_their_digits() {
        assert_ne!(canonical(r#"{"a":1.0}"#), canonical(r#"{"a":1}"#));
        assert_ne!(canonical(r#"{"a":"1"}"#), canonical(r#"{"a":1}"#));
    }

    #[test]
    fn what_is_no_json_or_too_deep_has_no_canonical_form() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for text in [
            "",
            "{",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":}",
            "{a:1}",
            "[1",
            "[1 2]",
            "\"",
            "\"\\",
            "1 2",
            "[studio]\nid = 1",
            &deep,
        ] {
            assert_eq!(canonical(text), None, "{text:.20}");
        }
    }
}
