//! How values of the ledger stand in columns.

use scrip_ledger::id::ObjectId;

use crate::bytes;
use crate::error::StoreError;

/// The views hold something that this release can't have written.
pub(crate) fn damaged(what: &str, error: minicbor::decode::Error) -> StoreError {
    StoreError::Corrupt {
        reason: format!("the views hold {what} that cannot be decoded ({error}): run `scrip rebuild`"),
    }
}

/// An object that the views hold as CBOR.
pub(crate) fn decode<'b, T: minicbor::Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, StoreError> {
    minicbor::decode(bytes).map_err(|error| damaged("an object", error))
}

/// Encodes into a buffer that is used again and again.
pub(crate) fn encode<'b, T: minicbor::Encode<()>>(value: &T, buffer: &'b mut Vec<u8>) -> &'b [u8] {
    buffer.clear();
    bytes::append(value, buffer);
    buffer
}

pub(crate) fn id_bytes(id: ObjectId) -> [u8; 16] {
    id.bits().to_be_bytes()
}

pub(crate) fn id_from(bytes: [u8; 16]) -> ObjectId {
    ObjectId::from_bits(u128::from_be_bytes(bytes))
}
