//! Copying the data folder while it is in use.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::Backup;

use crate::error::StoreError;
use crate::{journal, views};

/// Copies both files to another folder, each as of one instant. The views are copied first, so that they are
/// never ahead of the journal; what they lack is folded in when the copy is opened.
///
/// Error: `Unavailable` if there is a store at `to` already, or the disk refuses.
pub fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    std::fs::create_dir_all(to)?;
    if journal::path(to).exists() || views::path(to).exists() {
        let reason = format!("{} holds a store already: name an empty folder", to.display());
        return Err(StoreError::Unavailable { reason });
    }
    copy_file(&views::open_read(from)?, &views::path(to))?;
    copy_file(&journal::open_read(from)?, &journal::path(to))
}

fn copy_file(from: &Connection, to: &Path) -> Result<(), StoreError> {
    let mut copy = Connection::open(to)?;
    {
        // All pages in one step: a reader does not hinder the writers, and the copy is of one instant.
        let backup = Backup::new(from, &mut copy)?;
        backup.step(-1)?;
    }
    copy.close().map_err(|(_, error)| StoreError::from(error))?;
    std::fs::File::open(to)?.sync_all()?;
    Ok(())
}
