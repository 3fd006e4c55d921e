//! The journal: one row per committed batch, chained by hashes. It is the truth; all else can be rebuilt.
//!
//! `batches.records` is a CBOR sequence of [`Record`]s. `checksum` is SHA-256 over the checksum before, the
//! position, the time, the format and the records, so a row that was changed, lost or put elsewhere shows.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use minicbor::Decoder;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use scrip_ledger::{Record, Timestamp};
use sha2::{Digest, Sha256};

use crate::error::StoreError;

pub(crate) const FILE_NAME: &str = "journal.sqlite";
/// "Scrj" and "Scrv": what SQLite's header says of whose file it is.
pub(crate) const JOURNAL_APPLICATION_ID: i32 = 0x5363_726a;
/// Written to the file's header; a larger number is a newer release's.
pub(crate) const JOURNAL_FORMAT: i32 = 1;

const SCHEMA: &str = include_str!("journal.sql");

/// Where the journal stands: the last batch and its checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tip {
    pub(crate) position: u64,
    pub(crate) checksum: [u8; 32],
}

impl Tip {
    pub(crate) const START: Tip = Tip { position: 0, checksum: [0; 32] };

    /// Where the journal stands after one more batch.
    pub(crate) fn after(&self, at: Timestamp, records: &[u8]) -> Tip {
        let position = self.position + 1;
        let mut hasher = Sha256::new();
        hasher.update(self.checksum);
        hasher.update(position.to_be_bytes());
        hasher.update(at.micros().to_be_bytes());
        hasher.update(JOURNAL_FORMAT.to_be_bytes());
        hasher.update(records);
        Tip { position, checksum: hasher.finalize().into() }
    }
}

/// One committed batch, read back.
#[derive(Clone, Debug)]
pub struct Batch {
    /// 1 for the first, then without gaps.
    pub position: u64,
    /// When it was written, by the machine's clock.
    pub at: Timestamp,
    pub records: Vec<Record>,
    pub(crate) checksum: [u8; 32],
}

pub(crate) fn path(dir: &Path) -> PathBuf {
    dir.join(FILE_NAME)
}

/// Opens the journal for writing; makes it when it is absent.
pub(crate) fn open(dir: &Path, pages_max: Option<&AtomicU32>) -> Result<Connection, StoreError> {
    let db = Connection::open(path(dir))?;
    prepare(&db)?;
    db.pragma_update(None, "synchronous", "FULL")?;
    if let Some(pages) = pages_max {
        db.pragma_update(None, "max_page_count", pages.load(Ordering::SeqCst))?;
    }
    let format: i32 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if format == 0 {
        db.execute_batch(&format!("BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {JOURNAL_FORMAT}; COMMIT;"))?;
        db.pragma_update(None, "application_id", JOURNAL_APPLICATION_ID)?;
    }
    check_format(&db)?;
    add_columns(&db)?;
    Ok(db)
}

/// Adds what a file of an earlier release lacks.
fn add_columns(db: &Connection) -> Result<(), StoreError> {
    for (column, kind) in [("terms", "BLOB"), ("position", "INTEGER")] {
        let is_there = "SELECT EXISTS (SELECT 1 FROM pragma_table_info('catalog_versions') WHERE name = ?1)";
        if !db.query_row(is_there, [column], |row| row.get::<_, bool>(0))? {
            db.execute_batch(&format!("ALTER TABLE catalog_versions ADD COLUMN {column} {kind}"))?;
        }
    }
    Ok(())
}

/// Opens the journal to read it, beside whoever writes it. `Unavailable` when there is none.
pub(crate) fn open_read(dir: &Path) -> Result<Connection, StoreError> {
    let db =
        Connection::open_with_flags(path(dir), OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(|error| StoreError::Unavailable { reason: format!("no journal in {}: {error}", dir.display()) })?;
    prepare(&db)?;
    check_format(&db)?;
    Ok(db)
}

/// What every connection to either file has.
pub(crate) fn prepare(db: &Connection) -> Result<(), StoreError> {
    db.busy_timeout(Duration::from_secs(10))?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "wal_autocheckpoint", 0)?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn check_format(db: &Connection) -> Result<(), StoreError> {
    let format: i32 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if format == JOURNAL_FORMAT {
        return Ok(());
    }
    let reason = format!(
        "{FILE_NAME} has format {format}; this release reads format {JOURNAL_FORMAT}: use the release that wrote it or a later one"
    );
    Err(StoreError::Format { reason })
}

/// Where the journal ends.
pub(crate) fn tip(db: &Connection) -> Result<Tip, StoreError> {
    let last = db
        .prepare_cached("SELECT position, checksum FROM batches ORDER BY position DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?)))
        .optional()?;
    Ok(last.map_or(Tip::START, |(position, checksum)| Tip { position: position.unsigned_abs(), checksum }))
}

/// The checksum of a batch; of position 0, that of the start. `None` if there is no such batch.
pub(crate) fn checksum_at(db: &Connection, position: u64) -> Result<Option<[u8; 32]>, StoreError> {
    if position == 0 {
        return Ok(Some(Tip::START.checksum));
    }
    let found = db
        .prepare_cached("SELECT checksum FROM batches WHERE position = ?1")?
        .query_row([position as i64], |row| row.get(0))
        .optional()?;
    Ok(found)
}

/// Appends a batch; the caller commits.
pub(crate) fn append(db: &Connection, tip: &Tip, at: Timestamp, records: &[u8]) -> Result<(), rusqlite::Error> {
    db.prepare_cached("INSERT INTO batches (position, at, format, checksum, records) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![tip.position as i64, at.micros(), JOURNAL_FORMAT, tip.checksum, records])?;
    Ok(())
}

/// Decodes the records of one batch. Never panics, whatever the bytes.
pub(crate) fn decode_records(bytes: &[u8]) -> Result<Vec<Record>, minicbor::decode::Error> {
    let mut decoder = Decoder::new(bytes);
    let mut records = Vec::new();
    while decoder.position() < bytes.len() {
        records.push(decoder.decode()?);
    }
    Ok(records)
}

/// Decodes arbitrary bytes as the records of a batch, and folds what can be decoded; for fuzzing.
#[doc(hidden)]
pub fn fuzz_journal(bytes: &[u8]) {
    let Ok(records) = decode_records(bytes) else { return };
    let mut again = Vec::new();
    for record in &records {
        minicbor::encode(record, &mut again).expect("writing to memory does not fail");
    }
    assert_eq!(decode_records(&again).ok().as_ref(), Some(&records), "what was decoded is encoded as it was");
    let mut fold = crate::views::fold::Fold::default();
    records.iter().for_each(|record| fold.add(record));
}

/// Follows the journal from one batch to the next and checks the chain.
pub(crate) struct Follower {
    pub(crate) tip: Tip,
}

impl Follower {
    /// From the start, or from a batch whose checksum is known.
    pub(crate) fn from(tip: Tip) -> Follower {
        Follower { tip }
    }

    /// The next batches, at most `count` of them and about 64 MiB of records; empty at the end.
    ///
    /// Error: `Corrupt`, with the position, where a batch is missing, changed or cannot be decoded.
    pub(crate) fn next(&mut self, db: &Connection, count: usize) -> Result<Vec<Batch>, StoreError> {
        const BYTES_MAX: usize = 64 << 20;
        let from = self.tip.position;
        let damaged = |position: u64, what: String| StoreError::Corrupt {
            reason: format!(
                "{FILE_NAME}, batch {position}: {what}. Batches up to {} are sound. Stop, keep a copy of the folder, \
                 and restore the last backup",
                position - 1
            ),
        };
        let mut statement = db.prepare_cached(
            "SELECT position, at, format, checksum, records FROM batches WHERE position > ?1 ORDER BY position LIMIT ?2",
        )?;
        let mut rows = statement.query(params![from as i64, count as i64])?;
        let mut batches = Vec::new();
        let mut bytes = 0;
        loop {
            let expected = self.tip.position + 1;
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => break,
                Err(error) => return Err(damaged(expected, format!("the file cannot be read there ({error})"))),
            };
            let (batch, length) = read_row(row, &self.tip).map_err(|what| damaged(expected, what))?;
            self.tip = Tip { position: batch.position, checksum: batch.checksum };
            bytes += length;
            batches.push(batch);
            if bytes > BYTES_MAX {
                break;
            }
        }
        Ok(batches)
    }
}

fn read_row(row: &rusqlite::Row<'_>, before: &Tip) -> Result<(Batch, usize), String> {
    let unreadable = |error: rusqlite::Error| format!("it cannot be read ({error})");
    let position: i64 = row.get(0).map_err(unreadable)?;
    let at = Timestamp::from_micros(row.get(1).map_err(unreadable)?);
    let format: i32 = row.get(2).map_err(unreadable)?;
    let checksum: [u8; 32] = row.get(3).map_err(unreadable)?;
    let bytes = row.get_ref(4).map_err(unreadable)?.as_blob().map_err(|_| "its records are no blob".to_owned())?;
    if position != before.position as i64 + 1 {
        return Err(format!("it is missing; batch {position} follows"));
    }
    if format != JOURNAL_FORMAT {
        return Err(format!("it has format {format}, which this release does not know"));
    }
    if before.after(at, bytes).checksum != checksum {
        return Err("its checksum does not match: it, or the batch before it, was changed".to_owned());
    }
    let records = decode_records(bytes).map_err(|error| format!("its records cannot be decoded ({error})"))?;
    Ok((Batch { position: position.unsigned_abs(), at, records, checksum }, bytes.len()))
}
