//! Idempotency: the key in its scope, and the fingerprint of what was asked (API section 1).

use scrip_api::Code;
use scrip_ledger::id::{Fingerprint, RequestKey, StudioId};
use sha2::{Digest, Sha256};

use crate::canonical;
use crate::problem::Problem;

/// The header's value: 1 to 255 visible characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

pub(crate) const HEADER: &str = "idempotency-key";

impl IdempotencyKey {
    /// Refusal: `idempotency_key_required`.
    pub(crate) fn parse(bytes: &[u8]) -> Result<IdempotencyKey, Problem> {
        let visible = bytes.iter().all(|byte| (0x21..=0x7e).contains(byte));
        match std::str::from_utf8(bytes) {
            Ok(text) if visible && (1..=255).contains(&text.len()) => Ok(IdempotencyKey(text.to_owned())),
            _ => Err(Problem::new(
                Code::IdempotencyKeyRequired,
                "an idempotency key has 1 to 255 visible characters (ASCII, no spaces)",
            )),
        }
    }

    /// The key in its scope. `whose` is the customer, or the wallet's object where the request names none.
    pub fn scoped(&self, studio: Option<StudioId>, whose: &str, route: &str) -> RequestKey {
        let studio = studio.map_or([0xff; 4], |studio| studio.0.to_be_bytes());
        RequestKey(hash(&[&studio, whose.as_bytes(), route.as_bytes(), self.0.as_bytes()]))
    }
}

/// The fingerprint of a path and a body. A body that is no JSON (a catalog) counts as it is.
pub fn fingerprint(path: &str, body: &[u8]) -> Fingerprint {
    let mut form = Vec::with_capacity(body.len());
    if !canonical::write(body, &mut form) {
        form.clear();
        form.extend_from_slice(body);
    }
    Fingerprint(hash(&[path.as_bytes(), &form]))
}

/// Each part with its length, so that no two lists of parts have the same bytes.
fn hash(parts: &[&[u8]]) -> u128 {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update((part.len() as u64).to_be_bytes());
        sha.update(part);
    }
    let digest: [u8; 32] = sha.finalize().into();
    let mut first = [0; 16];
    first.copy_from_slice(&digest[..16]);
    u128::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_1_to_255_visible_characters() {
        for good in ["a", "job-42", &"k".repeat(255)] {
            assert!(IdempotencyKey::parse(good.as_bytes()).is_ok(), "{good}");
        }
        for bad in ["", " ", "a b", "a\tb", "ümlaut", &"k".repeat(256)] {
            assert_eq!(IdempotencyKey::parse(bad.as_bytes()).unwrap_err().code(), Code::IdempotencyKeyRequired);
        }
    }

    #[test]
    fn a_key_is_another_in_another_scope() {
        let key = IdempotencyKey::parse(b"job").unwrap();
        let studio = Some(StudioId(1));
        let base = key.scoped(studio, "anna", "POST /v1/holds");
        for other in [
            key.scoped(Some(StudioId(2)), "anna", "POST /v1/holds"),
            key.scoped(studio, "berta", "POST /v1/holds"),
            key.scoped(studio, "anna", "POST /v1/charges"),
            IdempotencyKey::parse(b"job2").unwrap().scoped(studio, "anna", "POST /v1/holds"),
            key.scoped(studio, "ann", "aPOST /v1/holds"),
        ] {
            assert_ne!(base, other);
        }
        assert_eq!(base, key.scoped(studio, "anna", "POST /v1/holds"));
    }

    #[test]
    fn the_fingerprint_is_of_the_path_and_of_what_the_body_means() {
        let one = fingerprint("/v1/holds", br#"{"a": 1, "b": "x"}"#);
        assert_eq!(one, fingerprint("/v1/holds", br#"{"b":"x","a":1}"#));
        assert_ne!(one, fingerprint("/v1/holds", br#"{"b":"x","a":2}"#));
        assert_ne!(one, fingerprint("/v1/charges", br#"{"b":"x","a":1}"#));
    }
}
