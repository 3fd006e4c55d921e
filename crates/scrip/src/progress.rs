//! How far long work has come, in one line on a terminal; nothing elsewhere.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

pub struct Progress {
    what: &'static str,
    total: u64,
    done: AtomicU64,
    terminal: bool,
}

impl Progress {
    pub fn new(what: &'static str, total: u64) -> Progress {
        Progress { what, total, done: AtomicU64::new(0), terminal: io::stderr().is_terminal() }
    }

    /// For work whose size is not known before.
    pub fn counting(what: &'static str) -> Progress {
        Progress::new(what, 0)
    }

    /// One more is done.
    pub fn advance(&self) {
        self.set(self.done.fetch_add(1, Ordering::Relaxed) + 1);
    }

    /// So many are done; drawn at each hundredth of the way.
    pub fn set(&self, done: u64) {
        let step = (self.total / 100).max(1);
        if !self.terminal || !done.is_multiple_of(step) && done != self.total {
            return;
        }
        let mut err = io::stderr().lock();
        let drawn = match self.total {
            0 => write!(err, "\r{done} {}", self.what),
            total => write!(err, "\r{done} of {total} {}", self.what),
        };
        let _ = drawn.and_then(|()| err.flush());
    }

    /// Takes the line away.
    pub fn finish(&self) {
        if self.terminal {
            take_line_away();
        }
    }
}

fn take_line_away() {
    let mut err = io::stderr().lock();
    let _ = write!(err, "\r\x1b[2K").and_then(|()| err.flush());
}

/// Does work that does not say how far it is, and shows for how many seconds it has been going on.
pub fn while_waiting<T>(what: &str, work: impl FnOnce() -> T) -> T {
    if !io::stderr().is_terminal() {
        return work();
    }
    thread::scope(|scope| {
        // Dropped when the work ends, also by a panic.
        let (_working, ended) = mpsc::channel::<()>();
        scope.spawn(move || {
            let mut second = 0;
            while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(Duration::from_secs(1)) {
                second += 1;
                let mut err = io::stderr().lock();
                let _ = write!(err, "\r{what} … {second} s").and_then(|()| err.flush());
            }
            take_line_away();
        });
        work()
    })
}
