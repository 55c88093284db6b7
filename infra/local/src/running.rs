//! How subcommands find the running platform: a file beside the data says where it listens and what its operator token is.
//!
//! The file outlives a platform that is killed, and then somebody else may listen where it did. So whoever listens there has to prove that
//! they know the token before it is sent to them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use shared::clock::Clock;
use shared::encoding::hexadecimal;
use shared::id::Ids;
use shared::problem::Problem;
use shared_lambda::{SystemClock, SystemEntropy};

use crate::cli::CliError;

/// The file of the platform that has its data in the directory.
pub(crate) const FILE: &str = "running.json";
/// The file of a platform that keeps its data in memory: one of each can run.
const MEMORY_FILE: &str = "running-memory.json";
/// How long a platform may take to prove what it is; while it starts, it listens but does not answer yet.
const PROOF_PATIENCE: Duration = Duration::from_secs(10);

/// What the running platform says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Running {
    /// Where it listens.
    pub(crate) url: String,
    /// What admits to its operator endpoints.
    pub(crate) operator_token: String,
}

/// A platform's file, which is removed when this goes.
pub(crate) struct Announcement {
    path: PathBuf,
    running: Running,
}

impl Running {
    /// Leaves the file for subcommands, readable by its owner only.
    pub(crate) fn announce(&self, data_directory: &Path, in_memory: bool) -> std::io::Result<Announcement> {
        let path = data_directory.join(if in_memory { MEMORY_FILE } else { FILE });
        let text = serde_json::to_string_pretty(self).map_err(std::io::Error::other)?;
        // Put in place in one go: nobody reads half of it, and an earlier file's mode is not kept.
        let draft = path.with_extension(format!("json.{}", std::process::id()));
        drop(fs::remove_file(&draft));
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        std::io::Write::write_all(&mut options.open(&draft)?, text.as_bytes())?;
        fs::rename(&draft, &path)?;
        Ok(Announcement { path, running: self.clone() })
    }

    /// The platform that has its data in this directory, if it runs; else one in memory that was started with this directory.
    pub(crate) async fn find(data_directory: &Path) -> Result<Option<Self>, CliError> {
        for file in [FILE, MEMORY_FILE] {
            if let Some(running) = Self::read(&data_directory.join(file))
                && running.is_there().await?
            {
                return Ok(Some(running));
            }
        }
        Ok(None)
    }

    fn read(path: &Path) -> Option<Self> {
        serde_json::from_str(&fs::read_to_string(path).ok()?).ok()
    }

    /// Whether the platform that left the file is the one that listens now.
    async fn is_there(&self) -> Result<bool, CliError> {
        let challenge = hexadecimal(Ids::new(Clock::new(SystemClock), SystemEntropy).secret::<16>());
        let url = format!("{}/_local/instance?challenge={challenge}", self.url);
        let answered = async { client()?.get(url).timeout(PROOF_PATIENCE).send().await?.json::<Instance>().await };
        match answered.await {
            Ok(answer) => Ok(answer.is_proof(&self.operator_token, &challenge)),
            // Something is slow, and it may well be the platform: going on without it would be wrong.
            Err(error) if error.is_timeout() && !error.is_connect() => {
                Err(CliError::Refused(format!("the running platform does not answer: {error}")))
            }
            Err(_) => Ok(false),
        }
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        // Another platform may have put its own file there. Should ours stay, a subcommand finds nobody and goes on without.
        if Running::read(&self.path).as_ref() == Some(&self.running) {
            drop(fs::remove_file(&self.path));
        }
    }
}

/// What a platform answers to whoever wants to know whether it is the one they look for.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Instance {
    proof: String,
}

impl Instance {
    /// The proof that this platform knows its operator token, which the proof does not tell.
    pub(crate) fn prove(operator_token: &str, challenge: &str) -> Result<Self, Problem> {
        let code = code(operator_token, challenge).map_err(Problem::internal)?;
        Ok(Self { proof: hexadecimal(code.finalize().into_bytes()) })
    }

    fn is_proof(&self, operator_token: &str, challenge: &str) -> bool {
        Self::prove(operator_token, challenge).is_ok_and(|expected| expected.proof == self.proof)
    }
}

fn code(operator_token: &str, challenge: &str) -> Result<Hmac<Sha256>, sha2::digest::InvalidLength> {
    let mut code = Hmac::<Sha256>::new_from_slice(operator_token.as_bytes())?;
    code.update(challenge.as_bytes());
    Ok(code)
}

/// A client that talks to this machine and nobody else: what it sends goes to no proxy, and nobody sends it elsewhere.
pub(crate) fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()
}
