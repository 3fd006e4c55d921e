//! What is done to a data folder that no server has open.

use std::collections::VecDeque;
use std::path::Path;

use rusqlite::Connection;

use crate::embedded::folder;
use crate::error::StoreError;
pub use crate::journal::Batch;
use crate::journal::{self, Follower, Tip};
pub use crate::views::rebuild::Rebuilt;

/// Throws the views away and makes them anew from the journal.
///
/// The new ones are made beside the old and take their place when they are whole. Errors: `Locked`, `Format`,
/// `Corrupt` (with the batch at which the journal is damaged), `Unavailable`.
pub fn rebuild(dir: &Path) -> Result<Rebuilt, StoreError> {
    let _lock = folder::take(dir)?;
    let journal = journal::open_read(dir)?;
    crate::views::rebuild::rebuild(dir, &journal)
}

/// The whole journal, batch by batch, checked as it is read: what exports and imports are made of. The folder
/// may be in use.
pub fn batches(dir: &Path) -> Result<Batches, StoreError> {
    let journal = journal::open_read(dir)?;
    Ok(Batches { journal, follower: Follower::from(Tip::START), read: VecDeque::new(), is_over: false })
}

/// Reads the journal. The first error is the last item.
pub struct Batches {
    journal: Connection,
    follower: Follower,
    read: VecDeque<Batch>,
    is_over: bool,
}

impl Iterator for Batches {
    type Item = Result<Batch, StoreError>;

    fn next(&mut self) -> Option<Result<Batch, StoreError>> {
        if self.read.is_empty() && !self.is_over {
            match self.follower.next(&self.journal, 256) {
                Ok(batches) => self.read = batches.into(),
                Err(error) => {
                    self.is_over = true;
                    return Some(Err(error));
                }
            }
            self.is_over = self.read.is_empty();
        }
        self.read.pop_front().map(Ok)
    }
}
