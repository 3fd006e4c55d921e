//! The key that makes studios: given in the environment, or made once, shown once, and kept as a hash.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::exit_code::Failure;

pub const VARIABLE: &str = "SCRIP_ROOT_KEY";
const LENGTH_MIN: usize = 32;
const FILE: &str = "root-key.sha256";

/// A root key as the server needs it, and where it came from.
pub struct RootKey {
    /// SHA-256 of the key.
    pub hash: [u8; 32],
    pub origin: Origin,
}

pub enum Origin {
    Environment,
    /// Made when the folder was; only its hash is known.
    Kept,
    /// Made now: to be shown, once.
    Made(String),
}

/// The root key of a data folder, which must be there and open by us.
///
/// Failures: a key in the environment that is too short (usage); a hash that can't be read or written.
pub fn find(folder: &Path) -> Result<RootKey, Failure> {
    if let Ok(key) = std::env::var(VARIABLE) {
        if key.chars().count() < LENGTH_MIN {
            return Err(Failure::usage(format!("{VARIABLE} must have {LENGTH_MIN} characters or more")));
        }
        return Ok(RootKey { hash: Sha256::digest(key.as_bytes()).into(), origin: Origin::Environment });
    }
    let path = folder.join(FILE);
    match fs::read_to_string(&path) {
        Ok(text) => {
            let hash = from_hex(text.trim()).ok_or_else(|| {
                let path = path.display();
                Failure::input_output(format!("{path} is not a SHA-256 hash; delete it to have a new root key made"))
            })?;
            Ok(RootKey { hash, origin: Origin::Kept })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(&path),
        Err(error) => Err(Failure::input_output(format!("cannot read {}: {error}", path.display()))),
    }
}

fn make(path: &Path) -> Result<RootKey, Failure> {
    let made = for_this_run()?;
    write_private(path, &format!("{}\n", to_hex(&made.hash)))
        .map_err(|error| Failure::input_output(format!("cannot write {}: {error}", path.display())))?;
    Ok(made)
}

/// A new root key that is kept nowhere.
pub fn for_this_run() -> Result<RootKey, Failure> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| Failure::input_output(format!("no randomness: {error}")))?;
    let key = format!("root_{}", to_hex(&secret));
    Ok(RootKey { hash: Sha256::digest(key.as_bytes()).into(), origin: Origin::Made(key) })
}

/// Copies the kept hash, where there is one, to a copy of the folder.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    match fs::read_to_string(from.join(FILE)) {
        Ok(text) => write_private(&to.join(FILE), &text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Writes a file that only its owner may read.
pub fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}
