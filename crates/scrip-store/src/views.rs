//! The views: `views.sqlite`, a fold of the journal that can be thrown away and made again.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use crate::error::StoreError;
use crate::journal::{self, Tip};

pub(crate) mod columns;
pub(crate) mod fold;
pub(crate) mod history;
pub(crate) mod load;
pub(crate) mod rebuild;

pub(crate) const FILE_NAME: &str = "views.sqlite";
const APPLICATION_ID: i32 = 0x5363_7276;
/// A view of another format is simply rebuilt.
const FORMAT: i32 = 3;
const SCHEMA: &str = include_str!("views.sql");

pub(crate) fn path(dir: &Path) -> PathBuf {
    dir.join(FILE_NAME)
}

/// Opens the views for writing, made empty when absent. `None` if they are of another format or cannot be
/// read: then they are to be rebuilt.
pub(crate) fn open(path: &Path) -> Result<Option<Connection>, StoreError> {
    let opened = open_or_make(path);
    match opened {
        Ok(db) => {
            let format: i32 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
            Ok((format == FORMAT).then_some(db))
        }
        Err(StoreError::Corrupt { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn open_or_make(path: &Path) -> Result<Connection, StoreError> {
    let db = Connection::open(path)?;
    journal::prepare(&db)?;
    db.pragma_update(None, "synchronous", "NORMAL")?;
    db.pragma_update(None, "cache_size", -65_536)?;
    // A page that is spilled before the end of its transaction is written twice.
    db.pragma_update(None, "cache_spill", false)?;
    let format: i32 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if format == 0 {
        db.execute_batch(&format!("BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {FORMAT};"))?;
        set_tip(&db, &Tip::START)?;
        db.execute_batch("COMMIT")?;
        db.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    Ok(db)
}

/// Opens the views to read them, beside whoever writes them.
pub(crate) fn open_read(dir: &Path) -> Result<Connection, StoreError> {
    let path = path(dir);
    let db = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|error| StoreError::Unavailable { reason: format!("no views in {}: {error}", dir.display()) })?;
    journal::prepare(&db)?;
    db.pragma_update(None, "query_only", true)?;
    db.pragma_update(None, "cache_size", -16_384)?;
    let format: i32 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if format != FORMAT {
        let reason = format!("{FILE_NAME} has format {format}, this release knows {FORMAT}: run `scrip rebuild`");
        return Err(StoreError::Format { reason });
    }
    Ok(db)
}

/// Up to which batch the journal is folded in.
pub(crate) fn tip(db: &Connection) -> Result<Option<Tip>, StoreError> {
    let found = db
        .prepare_cached("SELECT position, checksum FROM meta WHERE id = 1")?
        .query_row([], |row| Ok(Tip { position: row.get::<_, i64>(0)?.unsigned_abs(), checksum: row.get(1)? }))
        .optional()?;
    Ok(found)
}

pub(crate) fn set_tip(db: &Connection, tip: &Tip) -> Result<(), rusqlite::Error> {
    db.prepare_cached("INSERT OR REPLACE INTO meta (id, position, checksum) VALUES (1, ?1, ?2)")?
        .execute((tip.position as i64, tip.checksum))?;
    Ok(())
}
