//! What proves that somebody got a mail: tokens derived from a secret of the platform, which are stored nowhere.
//!
//! A token is an HMAC-SHA256 over what it is for and the ids of what it opens. Whoever sends the mail derives it, and whoever gets it
//! back derives it again and compares; neither an event nor a row ever holds one.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use ulid::Ulid;

use crate::clock::Timestamp;
use crate::id::LinkId;
use crate::model::link::LinkPurpose;
use crate::model::link_secret::LinkSecret;
use crate::problem::Problem;
use crate::services::Services;

/// How long an instance uses the secret it knows before it looks for another.
const FRESH: Duration = Duration::from_secs(5 * 60);

/// What keeps these codes apart from every other that may one day be derived from the same secret.
const DOMAIN: &str = "groundwork link token";

/// A secret and when it was read.
type Cached = Option<(Timestamp, Arc<LinkSecret>)>;

/// Derives and verifies the tokens of mailed links; cheap to clone.
#[derive(Clone, Debug)]
pub struct LinkSecrets {
    services: Services,
    cached: Arc<Mutex<Cached>>,
}

impl LinkSecrets {
    /// The secret in these services' table.
    pub fn new(services: Services) -> Self {
        Self { services, cached: Arc::default() }
    }

    /// The token that opens `subject` for `purpose`: 43 characters of base64url. `subject` names ids only, in a form that only one set of
    /// ids has: a link's id, or `<organization id>/<invitation id>`.
    ///
    /// # Errors
    /// When the secret cannot be read.
    pub async fn token(&self, purpose: LinkPurpose, subject: &str) -> Result<String, Problem> {
        let code = code(&*self.secret().await?, purpose, subject)?.finalize().into_bytes();
        Ok(URL_SAFE_NO_PAD.encode(code))
    }

    /// Whether `token` is the one that opens `subject` for `purpose`. How long it takes does not tell how much of it was right. A token has
    /// one text: paddings, other alphabets and a second spelling of the last character are refused.
    ///
    /// # Errors
    /// When the secret cannot be read.
    pub async fn verify(&self, purpose: LinkPurpose, subject: &str, token: &str) -> Result<bool, Problem> {
        // Refused before any read: what has not the form of a token costs nothing.
        let Ok(presented) = URL_SAFE_NO_PAD.decode(token) else { return Ok(false) };
        if presented.len() != 32 {
            return Ok(false);
        }
        Ok(code(&*self.secret().await?, purpose, subject)?.verify_slice(&presented).is_ok())
    }

    /// The whole text that the link of this id carries.
    ///
    /// # Errors
    /// When the secret cannot be read.
    pub async fn link_token(&self, purpose: LinkPurpose, link: LinkId) -> Result<LinkToken, Problem> {
        let code = self.token(purpose, &link.to_string()).await?;
        Ok(LinkToken { link_id: link, code })
    }

    /// Whether a link's token is genuine. Whether the link is still there, its row knows.
    ///
    /// # Errors
    /// When the secret cannot be read.
    pub async fn is_genuine(&self, purpose: LinkPurpose, token: &LinkToken) -> Result<bool, Problem> {
        self.verify(purpose, &token.link_id.to_string(), &token.code).await
    }

    async fn secret(&self) -> Result<Arc<LinkSecret>, Problem> {
        let now = self.services.clock.now();
        {
            let cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, secret)) = cached.as_ref().filter(|(read_at, _)| now.since(*read_at) < FRESH) {
                return Ok(secret.clone());
            }
        }
        let make = || LinkSecret { bytes: self.services.ids.secret::<32>().to_vec(), created_at: now };
        let secret = Arc::new(self.services.store.get_or_create(&LinkSecret::current_key(), make).await?);
        *self.cached.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, secret.clone()));
        Ok(secret)
    }
}

/// The code of a subject. Its parts are kept apart by a character that none of them holds.
fn code(secret: &LinkSecret, purpose: LinkPurpose, subject: &str) -> Result<Hmac<Sha256>, Problem> {
    let mut code = Hmac::<Sha256>::new_from_slice(&secret.bytes).map_err(Problem::internal)?;
    code.update(format!("{DOMAIN}\n{}\n{subject}", purpose.name()).as_bytes());
    Ok(code)
}

/// The text that a mailed link carries and that comes back: `<the link id's ULID>.<code>`. Its `Debug` form tells only the id.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken {
    /// The link.
    pub link_id: LinkId,
    code: String,
}

impl fmt::Debug for LinkToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LinkToken").field("link_id", &self.link_id).finish_non_exhaustive()
    }
}

impl LinkToken {
    /// Reads a token; `None` if it cannot be one of ours. Whether it is one, [`LinkSecrets::is_genuine`] says.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, code) = text.split_once('.')?;
        let ulid = Ulid::from_string(id).ok()?;
        let is_canonical = ulid.to_string() == id && code.len() == 43;
        is_canonical.then(|| Self { link_id: LinkId::from(ulid), code: code.to_owned() })
    }

    /// The token as the person gets it: unlike its `Debug` form this is a secret.
    pub fn text(&self) -> String {
        format!("{}.{}", self.link_id.ulid(), self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(byte: u8) -> LinkSecret {
        LinkSecret { bytes: vec![byte; 32], created_at: Timestamp::from_seconds(1_800_000_000) }
    }

    fn text(secret: &LinkSecret, purpose: LinkPurpose, subject: &str) -> String {
        URL_SAFE_NO_PAD.encode(code(secret, purpose, subject).unwrap().finalize().into_bytes())
    }

    #[test]
    fn a_code_follows_from_secret_purpose_and_subject() {
        let known = text(&secret(1), LinkPurpose::VerifyEmail, "lnk_a");
        assert_eq!(known, text(&secret(1), LinkPurpose::VerifyEmail, "lnk_a"));
        let others = [
            text(&secret(2), LinkPurpose::VerifyEmail, "lnk_a"),
            text(&secret(1), LinkPurpose::ResetPassword, "lnk_a"),
            text(&secret(1), LinkPurpose::VerifyEmail, "lnk_b"),
        ];
        assert!(others.iter().all(|other| *other != known));
    }

    #[test]
    fn a_token_comes_back_from_its_text_and_from_no_other() {
        let ulid = "01KAGR3V0R0000000000000000";
        let code = text(&secret(1), LinkPurpose::VerifyEmail, "lnk_a");
        let token = LinkToken::parse(&format!("{ulid}.{code}")).unwrap();
        assert_eq!(token.text(), format!("{ulid}.{code}"));
        assert!(!format!("{token:?}").contains(&code), "the code is not shown");
        let others = [
            String::new(),
            ".".to_owned(),
            ulid.to_owned(),
            format!("{ulid}."),
            format!("{ulid}.{code}="),
            format!(" {ulid}.{code}"),
            format!("lnk_{ulid}.{code}"),
            format!("{}.{code}", ulid.to_lowercase()),
            format!("O{}.{code}", ulid.strip_prefix('0').unwrap()),
        ];
        for other in others {
            assert_eq!(LinkToken::parse(&other), None, "{other}");
        }
    }
}
