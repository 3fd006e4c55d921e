//! What a demo remembers in its folder, so that a second start goes on with the same data and keys.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::exit_code::Failure;
use crate::root_key::write_private;

const FILE: &str = "demo.json";

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Kept {
    /// By the studio's id.
    pub studios: BTreeMap<String, KeptStudio>,
    #[serde(skip)]
    path: PathBuf,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeptStudio {
    pub secret_key: String,
    /// The instant at which its history ends; the same when an interrupted one is played again.
    pub ends_at: String,
    /// Was its history played to the end?
    pub played: bool,
}

impl Kept {
    pub fn read(folder: &Path) -> Result<Kept, Failure> {
        let path = folder.join(FILE);
        let kept = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| Failure::input_output(format!("{} is not ours: {error}", path.display())))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Kept::default(),
            Err(error) => return Err(Failure::input_output(format!("cannot read {}: {error}", path.display()))),
        };
        Ok(Kept { path, ..kept })
    }

    pub fn write(&self) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| Failure::input_output(format!("cannot write {}: {error}", self.path.display())))?;
        write_private(&self.path, &text)
            .map_err(|error| Failure::input_output(format!("cannot write {}: {error}", self.path.display())))
    }
}
