//! How every command ends.

use std::fmt;
use std::io;
use std::process::ExitCode as Process;

/// The number a command ends with. Scripts may rely on it; `docs/cli.md` shows the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// Done, and nothing is wrong.
    Fine = 0,
    /// The command ran, and found what it looks for: a wrong catalog, a refused price, a ledger that does not add
    /// up, a row that was not imported.
    Problems = 1,
    /// The command was not understood: an unknown option, a missing argument, a root key that is too short.
    Usage = 2,
    /// A file, a folder or a server could not be read, written or reached.
    InputOutput = 3,
    /// The address or the data folder is used by another process.
    InUse = 4,
    /// The server does not accept the key.
    NotAllowed = 5,
}

impl From<ExitCode> for Process {
    fn from(code: ExitCode) -> Process {
        Process::from(code as u8)
    }
}

/// A command that could not do its work: what to print, and how to end.
#[derive(Debug)]
pub struct Failure {
    pub code: ExitCode,
    pub message: String,
}

impl Failure {
    pub fn new(code: ExitCode, message: impl fmt::Display) -> Failure {
        Failure { code, message: message.to_string() }
    }

    pub fn usage(message: impl fmt::Display) -> Failure {
        Failure::new(ExitCode::Usage, message)
    }

    pub fn input_output(message: impl fmt::Display) -> Failure {
        Failure::new(ExitCode::InputOutput, message)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// What was to be printed could not be. A reader that has seen enough (`scrip check … | head`) is not a failure.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure { code: ExitCode::Fine, message: String::new() },
            _ => Failure::input_output(format!("cannot write the output: {error}")),
        }
    }
}

pub type Ended = Result<ExitCode, Failure>;
