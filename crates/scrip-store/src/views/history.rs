//! What happened in a wallet, packed: one row for each wallet and each writing of the views.
//!
//! Rows of their own for entries and answers would each dirty a page of their wallet's, and an index entry for each
//! hold and charge another: of every writing of the views, that was most of the cost.

use std::ops::ControlFlow;

use minicbor::{Decoder, Encode, Encoder};
use rusqlite::Connection;
use scrip_ledger::entry::Entry;
use scrip_ledger::id::{ChargeId, HoldId, ObjectId, RequestKey, WalletId};
use scrip_ledger::reply::Remembered;
use scrip_ledger::time::Timestamp;

use crate::bytes::Appender;
use crate::error::StoreError;
use crate::views::columns::damaged;
use crate::views::load::blob;

/// What was made in a wallet between two writings of the views.
#[derive(Default)]
pub(crate) struct Happened<'f, 'a> {
    pub(crate) holds: &'f [HoldId],
    pub(crate) charges: &'f [ChargeId],
    pub(crate) entries: &'f [(WalletId, &'a Entry)],
}

impl Happened<'_, '_> {
    pub(crate) fn is_nothing(&self) -> bool {
        self.holds.is_empty() && self.charges.is_empty() && self.entries.is_empty()
    }

    /// As the column `body` of `history` has it.
    pub(crate) fn pack(&self, buffer: &mut Vec<u8>) {
        buffer.clear();
        let mut encoder = Encoder::new(Appender(buffer));
        array(&mut encoder, self.holds);
        array(&mut encoder, self.charges);
        let start = encoder.array(self.entries.len() as u64);
        start.expect("writing to memory does not fail");
        for (_, entry) in self.entries {
            encoder.encode(*entry).expect("writing to memory does not fail");
        }
    }
}

fn array<T: Encode<()>>(encoder: &mut Encoder<Appender<'_>>, items: &[T]) {
    encoder.encode(items).expect("writing to memory does not fail");
}

/// What was answered under one key.
pub(crate) struct Answered<'a> {
    pub(crate) wallet: WalletId,
    pub(crate) key: RequestKey,
    pub(crate) at: Timestamp,
    pub(crate) answer: &'a Remembered,
}

/// As the column `body` of `answers` has it: key, time and answer, one after the other.
pub(crate) fn pack_answers(answers: &[Answered<'_>], buffer: &mut Vec<u8>) {
    buffer.clear();
    let mut encoder = Encoder::new(Appender(buffer));
    for answered in answers {
        let encoded = (encoder.encode(answered.key))
            .and_then(|encoder| encoder.encode(answered.at))
            .and_then(|encoder| encoder.encode(answered.answer));
        encoded.expect("writing to memory does not fail");
    }
}

/// Answers as they were packed. Error: `Corrupt`.
pub(crate) fn unpack_answers(body: &[u8]) -> Result<Vec<(RequestKey, Timestamp, Remembered)>, StoreError> {
    let mut decoder = Decoder::new(body);
    let mut answers = Vec::new();
    while decoder.position() < body.len() {
        let answer = (|| Ok((decoder.decode()?, decoder.decode()?, decoder.decode()?)))();
        answers.push(answer.map_err(|error: minicbor::decode::Error| damaged("answers", error))?);
    }
    Ok(answers)
}

/// What a key is found by: two keys of a wallet that share it are told apart by their answers.
pub(crate) fn print(key: RequestKey) -> u64 {
    (key.0 ^ (key.0 >> 64)) as u64
}

/// Objects whose ids a history has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    Holds,
    Charges,
}

/// Ids of what was made in a wallet after `after`, the first `count` or a few more, by age; empty at the end.
pub(crate) fn made(
    db: &Connection,
    wallet: WalletId,
    what: Made,
    after: Option<ObjectId>,
    count: usize,
) -> Result<Vec<ObjectId>, StoreError> {
    // Ids of before 1970 all say 1970.
    let since = after.map(|after| after.created_ms().saturating_mul(1_000)).filter(|since| *since > 0);
    let since = since.unwrap_or(i64::MIN);
    let mut ids = Vec::new();
    rows(db, wallet, since, |body| {
        let mut decoder = Decoder::new(body);
        let holds: Vec<HoldId> = decoder.decode()?;
        let found: Vec<ObjectId> = match what {
            Made::Holds => holds.into_iter().map(|id| id.0).collect(),
            Made::Charges => decoder.decode::<Vec<ChargeId>>()?.into_iter().map(|id| id.0).collect(),
        };
        ids.extend(found.into_iter().filter(|id| after.is_none_or(|after| after < *id)));
        Ok(if ids.len() < count { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    ids.sort_unstable();
    Ok(ids)
}

/// Gives a wallet's entries to `see`, in order, until it breaks. None of those left out is from `since` on.
pub(crate) fn entries(
    db: &Connection,
    wallet: WalletId,
    since: Timestamp,
    mut see: impl FnMut(Entry) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    rows(db, wallet, since.micros(), |body| {
        for entry in unpack_entries(body)? {
            if see(entry).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    })
}

fn unpack_entries(body: &[u8]) -> Result<Vec<Entry>, minicbor::decode::Error> {
    let mut decoder = Decoder::new(body);
    decoder.skip()?;
    decoder.skip()?;
    decoder.decode()
}

/// What one row of history tells, to be compared: the same whatever writings of the views it came from.
pub(crate) struct Told {
    pub(crate) holds: Vec<HoldId>,
    pub(crate) charges: Vec<ChargeId>,
    pub(crate) entries: Vec<Entry>,
}

/// A row of history. Error: `Corrupt`.
pub(crate) fn unpack(body: &[u8]) -> Result<Told, StoreError> {
    let mut decoder = Decoder::new(body);
    let told = (|| Ok(Told { holds: decoder.decode()?, charges: decoder.decode()?, entries: decoder.decode()? }))();
    told.map_err(|error: minicbor::decode::Error| damaged("history", error))
}

/// The rows of a wallet whose last record is at `since` or later.
fn rows(
    db: &Connection,
    wallet: WalletId,
    since: i64,
    mut see: impl FnMut(&[u8]) -> Result<ControlFlow<()>, minicbor::decode::Error>,
) -> Result<(), StoreError> {
    let mut statement =
        db.prepare_cached("SELECT body FROM history WHERE wallet = ?1 AND until >= ?2 ORDER BY until, id")?;
    let mut rows = statement.query((wallet.number() as i64, since))?;
    while let Some(row) = rows.next()? {
        if see(blob(row, 0)?).map_err(|error| damaged("history", error))?.is_break() {
            break;
        }
    }
    Ok(())
}
