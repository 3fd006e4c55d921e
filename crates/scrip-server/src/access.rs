//! Who asks: secret keys of a studio, tokens of one customer, and the root key (API section 1).

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use minicbor::{Decode, Encode};
use scrip_api::Code;
use scrip_api::studio::{Mode, Scope};
use scrip_ledger::id::StudioId;
use scrip_ledger::{Name, Timestamp};
use scrip_store::{ApiKey, Store};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

use crate::problem::Problem;

/// Who asks, once the request's key has been checked.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Makes studios and their first keys.
    Root,
    /// A product's own server.
    Key(KeyCaller),
    /// One customer's browser.
    Customer(CustomerCaller),
}

#[derive(Clone, Debug)]
pub struct KeyCaller {
    pub studio: StudioId,
    /// `key_…`, as entries record who acted.
    pub id: Name,
    pub scopes: Scopes,
}

#[derive(Clone, Debug)]
pub struct CustomerCaller {
    pub studio: StudioId,
    pub customer: Name,
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u16);

impl Scopes {
    pub fn of(names: &[Name]) -> Scopes {
        let bit = |name: &Name| Scope::ALL.iter().position(|scope| scope.as_str() == name.as_str());
        Scopes(names.iter().filter_map(bit).fold(0, |bits, index| bits | 1 << index))
    }

    /// `admin` has every scope.
    pub fn has(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u16 | 1 << Scope::Admin as u16) != 0
    }
}

impl Caller {
    /// A secret key, whatever its scopes. Refusal: `forbidden_scope` (a customer's token, the root key).
    pub fn key(&self) -> Result<&KeyCaller, Problem> {
        match self {
            Caller::Key(key) => Ok(key),
            Caller::Root | Caller::Customer(_) => {
                Err(Problem::new(Code::ForbiddenScope, "this needs a secret key of a studio"))
            }
        }
    }

    /// The studio of a key that has this scope.
    ///
    /// Refusals: `forbidden_scope` (another scope, a customer's token, the root key).
    pub fn with(&self, scope: Scope) -> Result<&KeyCaller, Problem> {
        self.with_any(&[scope])
    }

    /// The studio of a key that has one of these scopes; the first is named in a refusal.
    pub fn with_any(&self, scopes: &[Scope]) -> Result<&KeyCaller, Problem> {
        let missing = || Problem::forbidden(scopes.first().map_or("admin", |scope| scope.as_str()));
        match self {
            Caller::Key(key) if scopes.iter().any(|scope| key.scopes.has(*scope)) => Ok(key),
            Caller::Key(_) | Caller::Root | Caller::Customer(_) => Err(missing()),
        }
    }

    /// The studio, for whoever reads one customer: a key that may, or that customer's own token.
    ///
    /// Refusals: `forbidden_scope`; `not_found` (the token of another customer).
    pub fn reads_customer(&self, customer: &str) -> Result<StudioId, Problem> {
        match self {
            Caller::Customer(own) if own.customer.as_str() == customer => Ok(own.studio),
            Caller::Customer(_) => Err(Problem::not_found("customer")),
            _ => self.with_any(&[Scope::Read, Scope::Customers]).map(|key| key.studio),
        }
    }

    pub fn root(&self) -> Result<(), Problem> {
        match self {
            Caller::Root => Ok(()),
            _ => Err(Problem::new(Code::ForbiddenScope, "only the root key may do this")),
        }
    }
}

/// What keys and tokens are checked against.
pub(crate) struct Access {
    root_key: [u8; 32],
    tokens: Seal,
}

impl Access {
    pub(crate) fn new(root_key: [u8; 32], token_secret: &[u8; 32]) -> Access {
        Access { root_key, tokens: Seal::new(token_secret) }
    }

    /// Who asks. Refusal: `unauthorized` (no key, or one that is unknown, expired or revoked).
    pub(crate) fn caller(&self, store: &Store, headers: &HeaderMap) -> Result<Caller, Problem> {
        let unauthorized = || {
            Problem::new(
                Code::Unauthorized,
                "send a key that is valid: `Authorization: Bearer sk_live_…` or `sk_test_…`",
            )
        };
        let value = headers.get(header::AUTHORIZATION).ok_or_else(unauthorized)?.as_bytes();
        let secret = bearer(value).ok_or_else(unauthorized)?;
        if let Some(token) = secret.strip_prefix(TOKEN_PREFIX.as_bytes()) {
            return self.customer(store, token).map(Caller::Customer).ok_or_else(unauthorized);
        }
        let hash = sha256(secret);
        if bool::from(hash.ct_eq(&self.root_key)) {
            return Ok(Caller::Root);
        }
        let key = store.key_by_hash(&hash).ok_or_else(unauthorized)?;
        if !key.is_valid(store.now(key.studio)) {
            return Err(unauthorized());
        }
        Ok(Caller::Key(KeyCaller { studio: key.studio, id: key.id.clone(), scopes: Scopes::of(&key.scopes) }))
    }

    fn customer(&self, store: &Store, token: &[u8]) -> Option<CustomerCaller> {
        let sealed = URL_SAFE_NO_PAD.decode(token).ok()?;
        let claims: TokenClaims = minicbor::decode(self.tokens.open(&sealed)?).ok()?;
        let studio = StudioId(claims.studio);
        (store.now(studio) < claims.expires_at).then_some(CustomerCaller { studio, customer: claims.customer })
    }

    /// A token that reads this customer until then.
    pub(crate) fn token(&self, studio: StudioId, customer: Name, expires_at: Timestamp) -> String {
        let claims = TokenClaims { studio: studio.0, customer, expires_at };
        format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(self.tokens.seal(&claims)))
    }
}

fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, secret) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| secret.trim_ascii())
}

const TOKEN_PREFIX: &str = "ct_";

#[derive(Encode, Decode)]
struct TokenClaims {
    #[n(0)]
    studio: u32,
    #[n(1)]
    customer: Name,
    #[n(2)]
    expires_at: Timestamp,
}

/// Bytes of the tag that ends what is sealed.
pub(crate) const TAG_LEN: usize = 16;

/// Makes ids that carry what they promise: nobody without the secret makes another.
#[derive(Clone)]
pub(crate) struct Seal(Hmac<Sha256>);

impl Seal {
    pub(crate) fn new(secret: &[u8; 32]) -> Seal {
        Seal(<Hmac<Sha256>>::new_from_slice(secret).expect("a secret of any length will do"))
    }

    /// The value, followed by a tag that only this secret makes.
    pub(crate) fn seal<T: Encode<()>>(&self, value: &T) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        minicbor::encode(value, &mut bytes).expect("writing to memory does not fail");
        let tag = self.tag(&bytes);
        bytes.extend_from_slice(&tag);
        bytes
    }

    /// What was sealed, if this secret sealed it.
    pub(crate) fn open<'a>(&self, sealed: &'a [u8]) -> Option<&'a [u8]> {
        let (bytes, given) = sealed.split_at_checked(sealed.len().checked_sub(TAG_LEN)?)?;
        bool::from(self.tag(bytes).ct_eq(given)).then_some(bytes)
    }

    fn tag(&self, bytes: &[u8]) -> [u8; TAG_LEN] {
        let mut mac = self.0.clone();
        mac.update(bytes);
        let full = mac.finalize().into_bytes();
        let mut tag = [0; TAG_LEN];
        tag.copy_from_slice(&full[..TAG_LEN]);
        tag
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A new secret key: what is shown once, and what is kept.
pub(crate) struct NewKey {
    pub(crate) id: Name,
    pub(crate) secret: String,
    pub(crate) hash: [u8; 32],
}

impl NewKey {
    /// Error: the machine has no randomness.
    pub(crate) fn make(mode: Mode) -> Result<NewKey, Problem> {
        let mode = match mode {
            Mode::Live => "live",
            Mode::Test => "test",
        };
        let secret = format!("sk_{mode}_{}", URL_SAFE_NO_PAD.encode(random::<32>()?));
        let id = random::<12>()?.iter().fold(String::from("key_"), |id, byte| format!("{id}{byte:02x}"));
        let hash = sha256(secret.as_bytes());
        Ok(NewKey { id: Name::from(id), secret, hash })
    }
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], Problem> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(Problem::internal)?;
    Ok(bytes)
}

/// The scopes of a stored key, as the wire names them.
pub(crate) fn scopes_of(key: &ApiKey) -> Vec<Scope> {
    let scopes = Scopes::of(&key.scopes);
    Scope::ALL.into_iter().filter(|scope| scopes.0 & 1 << *scope as u16 != 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_can_be_read_with_the_same_secret_only() {
        let seal = Seal::new(&[7; 32]);
        let sealed = seal.seal(&42u32);
        assert_eq!(seal.open(&sealed).map(|bytes| minicbor::decode::<u32>(bytes).unwrap()), Some(42));
        assert_eq!(Seal::new(&[8; 32]).open(&sealed), None);
        for at in 0..sealed.len() {
            let mut tampered = sealed.clone();
            tampered[at] ^= 1;
            assert_eq!(seal.open(&tampered), None);
        }
        assert_eq!(seal.open(&sealed[..10]), None);
    }

    #[test]
    fn admin_has_every_scope_and_others_have_their_own() {
        let admin = Scopes::of(&[Name::from("admin")]);
        let holds = Scopes::of(&[Name::from("holds"), Name::from("unheard_of")]);
        for scope in Scope::ALL {
            assert!(admin.has(scope));
            assert_eq!(holds.has(scope), scope == Scope::Holds);
        }
    }
}
