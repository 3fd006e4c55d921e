//! How values of the ledger stand in columns.

use rusqlite::Row;
use scrip_ledger::Credits;
use scrip_ledger::entry::{ChainHash, Entry, EntryKind, Movement, Place};
use scrip_ledger::id::{ChargeId, GrantId, HoldId, Name, ObjectId, RefundId};
use scrip_ledger::time::Timestamp;

use crate::bytes;
use crate::error::StoreError;

/// Every kind of entry, to find one by its text.
const KINDS: [EntryKind; 19] = [
    EntryKind::Grant,
    EntryKind::Activate,
    EntryKind::Hold,
    EntryKind::Capture,
    EntryKind::Release,
    EntryKind::HoldExpire,
    EntryKind::Lapse,
    EntryKind::Refund,
    EntryKind::Expire,
    EntryKind::Void,
    EntryKind::Transfer,
    EntryKind::Restore,
    EntryKind::Debt,
    EntryKind::Repay,
    EntryKind::Forgive,
    EntryKind::Rollover,
    EntryKind::Freeze,
    EntryKind::Thaw,
    EntryKind::Trim,
];

const PLACES: [Place; 8] = [
    Place::Issued,
    Place::Available,
    Place::Held,
    Place::Spent,
    Place::Expired,
    Place::Voided,
    Place::Frozen,
    Place::Moved,
];

pub(crate) fn kind(text: &str) -> Result<EntryKind, StoreError> {
    KINDS.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| damaged("kind of entry", text))
}

pub(crate) fn place(text: &str) -> Result<Place, StoreError> {
    PLACES.into_iter().find(|place| place.as_str() == text).ok_or_else(|| damaged("place", text))
}

fn damaged(what: &str, text: &str) -> StoreError {
    StoreError::Corrupt { reason: format!("the views name an unknown {what} {text:?}: run `scrip rebuild`") }
}

/// An object that the views hold as CBOR.
pub(crate) fn decode<'b, T: minicbor::Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, StoreError> {
    minicbor::decode(bytes).map_err(|error| StoreError::Corrupt {
        reason: format!("the views hold an object that cannot be decoded ({error}): run `scrip rebuild`"),
    })
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

/// An entry from the columns that start at `first`: sequence, at, kind, from_place, to_place, amount, grant,
/// other_grant, hold, charge, refund, actor, reason, hash.
pub(crate) fn entry(row: &Row<'_>, first: usize) -> Result<Entry, StoreError> {
    let id = |index: usize| row.get::<_, Option<[u8; 16]>>(first + index).map(|bytes| bytes.map(id_from));
    let text = |index: usize| row.get_ref(first + index)?.as_str().map_err(rusqlite::Error::from);
    let movement = Movement {
        sequence: row.get::<_, i64>(first)?.unsigned_abs(),
        at: Timestamp::from_micros(row.get(first + 1)?),
        kind: kind(text(2)?)?,
        from: place(text(3)?)?,
        to: place(text(4)?)?,
        amount: Credits::from_micro(row.get(first + 5)?),
        grant: GrantId(id_from(row.get(first + 6)?)),
        other_grant: id(7)?.map(GrantId),
        hold: id(8)?.map(HoldId),
        charge: id(9)?.map(ChargeId),
        refund: id(10)?.map(RefundId),
        actor: Name::from(text(11)?),
        reason: row.get::<_, Option<String>>(first + 12)?.map(Name::from),
    };
    Ok(Entry { movement, hash: ChainHash(row.get(first + 13)?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_and_place_that_the_ledger_can_write_is_found_by_its_text() {
        for number in 0u8..=255 {
            let mut encoder = minicbor::Encoder::new(Vec::new());
            encoder.u8(number).unwrap();
            let bytes = encoder.into_writer();
            let decoded: Result<EntryKind, _> = minicbor::decode(&bytes);
            let expected = usize::from(number) < KINDS.len();
            assert_eq!(decoded.is_ok(), expected, "kind {number}");
            if let Ok(found) = decoded {
                assert_eq!(kind(found.as_str()), Ok(found));
            }
            let decoded: Result<Place, _> = minicbor::decode(&bytes);
            assert_eq!(decoded.is_ok(), usize::from(number) < PLACES.len(), "place {number}");
            if let Ok(found) = decoded {
                assert_eq!(place(found.as_str()), Ok(found));
            }
        }
    }
}
