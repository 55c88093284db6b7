//! How subcommands find the running platform: a file beside the data says where it listens and what its operator token is.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The file's name in the data directory.
pub(crate) const FILE: &str = "running.json";

/// What the running platform says about itself. The file is readable by its owner only.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Running {
    /// Where it listens.
    pub(crate) url: String,
    /// What admits to its operator endpoints.
    pub(crate) operator_token: String,
}

impl Running {
    fn path(data_directory: &Path) -> PathBuf {
        data_directory.join(FILE)
    }

    /// Leaves the file for subcommands.
    pub(crate) fn announce(&self, data_directory: &Path) -> std::io::Result<()> {
        let path = Self::path(data_directory);
        let text = serde_json::to_string_pretty(self).map_err(std::io::Error::other)?;
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        std::io::Write::write_all(&mut options.open(path)?, text.as_bytes())
    }

    /// What the platform that uses this directory said, if one does or was killed.
    pub(crate) fn find(data_directory: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(Self::path(data_directory)).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Removes the file at an orderly end.
    pub(crate) fn withdraw(data_directory: &Path) {
        // Should it stay, a subcommand finds nobody listening and goes on without.
        drop(std::fs::remove_file(Self::path(data_directory)));
    }
}
