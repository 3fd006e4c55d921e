//! What can go wrong with storage. A "no" of the ledger is not an error: it is a `Refusal` in an answer.

use std::fmt;

use scrip_ledger::Timestamp;

/// The store could not do what was asked. Except for [`StoreError::Busy`], ask again with the same key:
/// what was committed is answered the same, and what was not is done then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// Too much is waiting; nothing was done. Try again in a moment (503 with `Retry-After`).
    Busy,
    /// The disk refuses (full, I/O error); nothing that was answered is lost, and this was not answered.
    Unavailable { reason: String },
    /// What is on disk cannot be read or contradicts itself: where, and what to do.
    Corrupt { reason: String },
    /// Another process has the data folder open.
    Locked { reason: String },
    /// Written by a release that this one does not know.
    Format { reason: String },
    /// The store was closed.
    Closed,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Busy => f.write_str("too much is waiting to be written; try again in a moment"),
            StoreError::Unavailable { reason } => write!(f, "the data folder cannot be written or read: {reason}"),
            StoreError::Corrupt { reason } => write!(f, "the data folder is damaged: {reason}"),
            StoreError::Locked { reason } | StoreError::Format { reason } => f.write_str(reason),
            StoreError::Closed => f.write_str("the store is closed"),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match error.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase) => StoreError::Corrupt { reason: error.to_string() },
            _ => StoreError::Unavailable { reason: error.to_string() },
        }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> StoreError {
        StoreError::Unavailable { reason: error.to_string() }
    }
}

/// Why a wallet or a list could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// This studio has no such customer or wallet.
    NotFound,
    /// The cursor was not made by this list.
    Cursor,
    Store(StoreError),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::NotFound => f.write_str("this studio has no such customer"),
            ReadError::Cursor => f.write_str("the cursor is not one that this list gave"),
            ReadError::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReadError {}

impl<E: Into<StoreError>> From<E> for ReadError {
    fn from(error: E) -> ReadError {
        ReadError::Store(error.into())
    }
}

/// Why a setting was not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingError {
    /// The idempotency key was used before with another body.
    KeyReused,
    /// This studio, or this key of the studio, is not there.
    NotFound,
    /// A studio or key of this id is there already.
    AlreadyExists,
    /// A catalog may not take effect before the studio's now.
    EffectiveInPast {
        now: Timestamp,
    },
    Store(StoreError),
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SettingError::KeyReused => f.write_str("this idempotency key was used before with another body"),
            SettingError::NotFound => f.write_str("there is no such studio or key"),
            SettingError::AlreadyExists => f.write_str("this id is taken"),
            SettingError::EffectiveInPast { .. } => f.write_str("a catalog cannot take effect in the past"),
            SettingError::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SettingError {}

impl<E: Into<StoreError>> From<E> for SettingError {
    fn from(error: E) -> SettingError {
        SettingError::Store(error.into())
    }
}

/// Why a studio's clock was not moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClockError {
    /// Only a studio in test mode has a clock of its own.
    NotTest,
    /// Time moves forward only.
    Backwards {
        now: Timestamp,
    },
    /// There is no such studio.
    NotFound,
    Store(StoreError),
}

impl fmt::Display for ClockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClockError::NotTest => f.write_str("only a studio in test mode has a clock that can be set"),
            ClockError::Backwards { .. } => f.write_str("the studio's time moves forward only"),
            ClockError::NotFound => f.write_str("there is no such studio"),
            ClockError::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ClockError {}

impl<E: Into<StoreError>> From<E> for ClockError {
    fn from(error: E) -> ClockError {
        ClockError::Store(error.into())
    }
}
