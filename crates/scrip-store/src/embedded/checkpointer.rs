//! Folding the write-ahead files into their databases, on a thread of its own.
//!
//! The thread copies the bulk while the writers go on; what was written meanwhile is little, and each writer
//! copies that itself between two batches, so that its file starts anew. Nobody waits for a whole checkpoint.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use crate::error::StoreError;
use crate::journal;

const LOOK_EVERY: Duration = Duration::from_millis(100);
/// A file that did not grow for so many looks is folded in whatever its size.
const QUIET_LOOKS: u32 = 20;

/// So little is left for the writer to copy; if more is, the bulk is copied again, a few times at most.
const REST_PAGES: u64 = 512;
const COPIES_MAX: u32 = 4;

/// A write-ahead file, shared by the one that writes it and the one that folds it in.
pub(crate) struct WalFile {
    path: PathBuf,
    wants_finish: AtomicBool,
    /// Commits, to see whether anything is written at all.
    commits: AtomicU64,
}

impl WalFile {
    pub(crate) fn of(database: &Path) -> WalFile {
        let mut path = database.as_os_str().to_owned();
        path.push("-wal");
        WalFile { path: path.into(), wants_finish: AtomicBool::new(false), commits: AtomicU64::new(0) }
    }

    pub(crate) fn bytes(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |file| file.len())
    }

    /// After each commit of the writer: copies what is left if the bulk was copied.
    pub(crate) fn finish_if_asked(&self, db: &Connection) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        if self.wants_finish.swap(false, Ordering::Relaxed) {
            // A checkpoint that does not succeed is tried again at the next look.
            let _ = db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        }
    }
}

pub(crate) struct Checkpointer {
    files: Vec<File>,
    bytes_max: u64,
    stop: Arc<Stop>,
}

struct File {
    db: Connection,
    wal: Arc<WalFile>,
    /// Commits at the last look.
    commits_seen: u64,
    quiet_looks: u32,
    is_clean: bool,
}

/// Tells the thread to stop.
#[derive(Default)]
pub(crate) struct Stop {
    is_set: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    pub(crate) fn set(&self) {
        *self.is_set.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// Waits; `true` when it is time to stop.
    pub(crate) fn wait(&self, patience: Duration) -> bool {
        let is_set = self.is_set.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(is_set, patience, |is_set| !*is_set);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Checkpointer {
    /// Watches files, each a database and its write-ahead file.
    pub(crate) fn open(
        files: Vec<(PathBuf, Arc<WalFile>)>,
        bytes_max: u64,
        stop: Arc<Stop>,
    ) -> Result<Checkpointer, StoreError> {
        let open = |(path, wal): (PathBuf, Arc<WalFile>)| -> Result<File, StoreError> {
            let db = Connection::open(path)?;
            journal::prepare(&db)?;
            Ok(File { db, wal, commits_seen: 0, quiet_looks: 0, is_clean: false })
        };
        let files = files.into_iter().map(open).collect::<Result<_, _>>()?;
        Ok(Checkpointer { files, bytes_max, stop })
    }

    pub(crate) fn run(mut self) {
        while !self.stop.wait(LOOK_EVERY) {
            for file in &mut self.files {
                file.look(self.bytes_max);
            }
        }
        for file in &self.files {
            file.truncate();
        }
    }
}

impl File {
    fn look(&mut self, bytes_max: u64) {
        let commits = self.wal.commits.load(Ordering::Relaxed);
        let is_quiet = commits == self.commits_seen;
        self.quiet_looks = if is_quiet { self.quiet_looks + 1 } else { 0 };
        self.is_clean &= is_quiet;
        self.commits_seen = commits;
        if self.quiet_looks >= QUIET_LOOKS && !self.is_clean {
            self.is_clean = self.truncate();
        } else if !is_quiet && self.pages_to_copy() * 4_096 >= bytes_max {
            for _ in 0..COPIES_MAX {
                let _ = self.db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
                if self.pages_to_copy() < REST_PAGES {
                    break;
                }
            }
            self.wal.wants_finish.store(true, Ordering::Relaxed);
        }
    }

    /// Pages in the write-ahead file that are not in the database. The file's length says nothing, since it is
    /// written again from its start.
    fn pages_to_copy(&self) -> u64 {
        let pages = self
            .db
            .query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)));
        pages.map_or(0, |(in_file, copied)| (in_file - copied).max(0).unsigned_abs())
    }

    fn truncate(&self) -> bool {
        let busy = self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        busy == Ok(0)
    }
}
