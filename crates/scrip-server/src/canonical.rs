//! The canonical form of a request's body: members sorted, no spaces, strings with one way of escaping. So a
//! retry that was written by another serializer has the same fingerprint.

use std::fmt;

use scrip_api::Text;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Deeper values are taken as they were written.
const DEPTH_MAX: usize = 32;

/// Appends the canonical form of a JSON text; `false` if it is none.
pub(crate) fn write(json: &[u8], out: &mut Vec<u8>) -> bool {
    match std::str::from_utf8(json) {
        Ok(text) => write_value(text.trim_matches([' ', '\n', '\r', '\t']), out, 0).is_ok(),
        Err(_) => false,
    }
}

fn write_value(text: &str, out: &mut Vec<u8>, depth: usize) -> serde_json::Result<()> {
    match text.as_bytes().first() {
        Some(b'{') if depth < DEPTH_MAX => {
            let mut members = serde_json::Deserializer::from_str(text).deserialize_map(Members)?;
            members.sort_by(|a, b| a.0.cmp(&b.0));
            out.push(b'{');
            for (index, (key, value)) in members.iter().enumerate() {
                if index != 0 {
                    out.push(b',');
                }
                serde_json::to_writer(&mut *out, key)?;
                out.push(b':');
                write_value(value.get(), out, depth + 1)?;
            }
            out.push(b'}');
        }
        Some(b'[') if depth < DEPTH_MAX => {
            out.push(b'[');
            let items = serde_json::Deserializer::from_str(text).deserialize_seq(Items)?;
            for (index, value) in items.iter().enumerate() {
                if index != 0 {
                    out.push(b',');
                }
                write_value(value.get(), out, depth + 1)?;
            }
            out.push(b']');
        }
        Some(b'"') if text.contains('\\') => {
            serde_json::to_writer(out, &serde_json::from_str::<Text<'_>>(text)?)?;
        }
        _ => out.extend_from_slice(text.as_bytes()),
    }
    Ok(())
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(Text<'de>, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::with_capacity(8);
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

struct Items;

impl<'de> Visitor<'de> for Items {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::with_capacity(8);
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(items)
    }
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
    fn deep_values_are_taken_as_they_are() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(canonical(&deep), Some(deep));
    }
}
