//! The data folder: made when absent, and open in one process at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::error::StoreError;

const LOCK_NAME: &str = "scrip.lock";

/// Held while the folder is open; the system lets go of it when the process ends, however it ends.
pub(crate) struct FolderLock {
    _file: File,
}

/// Makes the folder and takes it. Error: `Locked`, if another process has it.
pub(crate) fn take(dir: &Path) -> Result<FolderLock, StoreError> {
    std::fs::create_dir_all(dir)
        .map_err(|error| StoreError::Unavailable { reason: format!("{} cannot be made: {error}", dir.display()) })?;
    let path = dir.join(LOCK_NAME);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(FolderLock { _file: file }),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked {
            reason: format!("{} is open in another process: stop it first, or use its API", dir.display()),
        }),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}
