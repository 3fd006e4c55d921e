//! The registry of ids: what each names, what it looks like, and what can be read from it.
//!
//! Names that a product chooses (studios, customers, buckets, tools) are [`Name`]s. Everything that the
//! ledger makes has an id of 128 bits: when it was made, in which wallet, and a counter of that wallet.
//! So an object is found without a look-up table, and making one needs no randomness.

use core::fmt;
use core::str::FromStr;
use std::sync::Arc;

use minicbor::{Decode, Encode};

use crate::time::Timestamp;

/// A name that a product or its catalog gave: a customer, member, bucket, tool or model.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

impl Name {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Name {
        Name(Arc::from(text))
    }
}

impl From<String> for Name {
    fn from(text: String) -> Name {
        Name(Arc::from(text))
    }
}

impl std::ops::Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

impl<C> Encode<C> for Name {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.str(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Name {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Name, minicbor::decode::Error> {
        d.str().map(Name::from)
    }
}

/// A studio's number: one product with its own keys, catalog and customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct StudioId(#[n(0)] pub u32);

/// A wallet's number, at most 48 bits: the unit of order, and the part of an id that finds an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct WalletId(#[n(0)] u64);

impl WalletId {
    pub const MAX: u64 = (1 << 48) - 1;

    /// `None` above 48 bits.
    pub const fn new(number: u64) -> Option<WalletId> {
        if number <= WalletId::MAX { Some(WalletId(number)) } else { None }
    }

    pub const fn number(self) -> u64 {
        self.0
    }
}

/// 48 bits of milliseconds, 48 of wallet, 32 of counter: so ids sort by time.
///
/// Aligned to 8 bytes and not to the 16 of its number: every record is full of ids that may be absent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(C, packed(8))]
pub struct ObjectId(u128);

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

/// Crockford's base 32, lower case: no letters that look like digits.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const TEXT_LEN: usize = 26;
/// What each letter of the alphabet counts; 32 is no letter of it.
const DIGITS: [u8; 128] = {
    let mut digits = [32; 128];
    let mut digit = 0;
    while digit < 32 {
        digits[ALPHABET[digit as usize] as usize] = digit;
        digit += 1;
    }
    digits
};

impl ObjectId {
    pub const fn new(at: Timestamp, wallet: WalletId, counter: u32) -> ObjectId {
        let millis = if at.millis() < 0 { 0 } else { at.millis() as u128 & ((1 << 48) - 1) };
        ObjectId::from_bits(millis << 80 | (wallet.0 as u128) << 32 | counter as u128)
    }

    pub const fn from_bits(bits: u128) -> ObjectId {
        ObjectId(bits)
    }

    pub const fn bits(self) -> u128 {
        self.0
    }

    pub const fn wallet(self) -> WalletId {
        WalletId((self.bits() >> 32) as u64 & WalletId::MAX)
    }

    /// The id that its wallet made next, if it made one in the same millisecond.
    pub const fn following(self) -> ObjectId {
        let counter = (self.bits() as u32).wrapping_add(1);
        ObjectId(self.bits() & !(u32::MAX as u128) | counter as u128)
    }

    pub const fn created_ms(self) -> i64 {
        (self.bits() >> 80) as i64
    }

    fn text(self) -> [u8; TEXT_LEN] {
        let mut text = [0u8; TEXT_LEN];
        let (mut high, mut low) = ((self.0 >> 64) as u64, self.0 as u64);
        for slot in text.iter_mut().rev() {
            *slot = ALPHABET[low as usize & 31];
            low = low >> 5 | high << 59;
            high >>= 5;
        }
        text
    }

    fn write(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(core::str::from_utf8(&self.text()).map_err(|_| fmt::Error)?)
    }

    fn parse(text: &str) -> Option<ObjectId> {
        if text.len() != TEXT_LEN {
            return None;
        }
        let bits = text.bytes().try_fold(0u128, |bits, byte| {
            let digit = *DIGITS.get(usize::from(byte)).filter(|digit| **digit < 32)?;
            if bits >> 123 != 0 { None } else { Some(bits << 5 | u128::from(digit)) }
        })?;
        Some(ObjectId::from_bits(bits))
    }
}

impl<C> Encode<C> for ObjectId {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.bits().to_be_bytes())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for ObjectId {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<ObjectId, minicbor::decode::Error> {
        let bytes = <[u8; 16]>::try_from(d.bytes()?)
            .map_err(|_| minicbor::decode::Error::message("an id has sixteen bytes"))?;
        Ok(ObjectId::from_bits(u128::from_be_bytes(bytes)))
    }
}

/// The text is not an id of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnId;

macro_rules! object_ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        #[cbor(transparent)]
        pub struct $name(#[n(0)] pub ObjectId);

        impl $name {
            pub const PREFIX: &str = $prefix;

            /// Its characters after the prefix.
            pub fn text(self) -> [u8; TEXT_LEN] {
                self.0.text()
            }

            pub const fn wallet(self) -> WalletId {
                self.0.wallet()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($prefix)?;
                self.0.write(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<$name, NotAnId> {
                text.strip_prefix($prefix).and_then(ObjectId::parse).map($name).ok_or(NotAnId)
            }
        }
    )*};
}

object_ids! {
    /// Credits set aside for one job.
    HoldId = "hold_";
    /// What was taken for a job.
    ChargeId = "ch_";
    /// What was given back after a capture.
    RefundId = "re_";
    /// One lot of credits with its source, expiry and price paid.
    GrantId = "gr_";
    /// The permanent record of one movement.
    EntryId = "en_";
    /// A customer's running plan.
    SubscriptionId = "sub_";
    /// Units bought on top of a plan.
    AddOnId = "add_";
}

/// An idempotency key in its scope (customer, method, route template), hashed by whoever received it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(C, packed(8))]
pub struct RequestKey(pub u128);

/// The hash of what was asked: same key and other fingerprint is a key reused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C, packed(8))]
pub struct Fingerprint(pub u128);

/// A hash that tells one quote from another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(C, packed(8))]
pub struct QuoteMark(pub u128);

macro_rules! hashes {
    ($($name:ident)*) => {$(
        impl<C> Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                c: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                ObjectId(self.0).encode(e, c)
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut minicbor::Decoder<'b>, c: &mut C) -> Result<$name, minicbor::decode::Error> {
                ObjectId::decode(d, c).map(|id| $name(id.0))
            }
        }
    )*};
}

hashes! { RequestKey Fingerprint QuoteMark }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_when_and_where_it_was_made() {
        let wallet = WalletId::new(77).unwrap();
        let id = HoldId(ObjectId::new(Timestamp::from_micros(1_700_000_000_123_456), wallet, 5));
        assert_eq!(id.wallet(), wallet);
        assert_eq!(id.0.created_ms(), 1_700_000_000_123);
        assert_eq!(id.to_string().parse(), Ok(id));
        let later = HoldId(ObjectId::new(Timestamp::from_micros(1_700_000_001_000_000), WalletId::new(1).unwrap(), 1));
        assert!(later.to_string() > id.to_string());
    }

    #[test]
    fn what_is_not_an_id_of_the_kind_is_refused() {
        let id = HoldId(ObjectId::from_bits(u128::MAX));
        assert_eq!(id.to_string().parse(), Ok(id));
        let text = id.to_string();
        for wrong in [
            "",
            "hold_",
            "ch_00000000000000000000000001",
            &text[..30],
            &format!("{text}0"),
            "hold_zzzzzzzzzzzzzzzzzzzzzzzzzz",
        ] {
            assert_eq!(wrong.parse::<HoldId>(), Err(NotAnId), "{wrong}");
        }
    }
}
