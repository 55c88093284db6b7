//! Passwords that are known from breaches: the range API of Have I Been Pwned, by which the service learns five characters of a hash and
//! nothing more.

use std::time::Duration;

use ::http::{Request, StatusCode};
use sha1::{Digest, Sha1};
use shared::config::{ConfigError, Reader, Variables};

use crate::base_url::BaseUrl;
use crate::http::Http;

/// How long the service has to answer. It does in some ten milliseconds from its cache; the person waits.
const TIMEOUT: Duration = Duration::from_secs(2);

/// How many characters of the hash are sent (https://haveibeenpwned.com/API/v3#SearchingPwnedPasswordsByRange).
const PREFIX_LENGTH: usize = 5;

/// Looks passwords up; cheap to clone.
#[derive(Clone, Debug)]
pub struct BreachedPasswords {
    http: Http,
    base_url: BaseUrl,
}

impl BreachedPasswords {
    /// What looks passwords up, if `HIBP_BASE_URL` says where; the service's own address is `https://api.pwnedpasswords.com`.
    ///
    /// # Errors
    /// When the address is none.
    pub fn read(variables: &Variables, http: Http) -> Result<Option<Self>, ConfigError> {
        let mut reader = Reader::new(variables);
        let base_url = reader.optional_parsed("HIBP_BASE_URL");
        reader.finish(base_url.map(|base_url| Self { http, base_url }))
    }

    /// Whether the service knows this password from a breach.
    ///
    /// # Errors
    /// When it does not say; the reason names no part of the password.
    pub async fn is_known(&self, password: &str) -> Result<bool, String> {
        let digest = Sha1::digest(password.as_bytes());
        let digest = digest.iter().fold(String::with_capacity(40), |text, byte| format!("{text}{byte:02X}"));
        let (prefix, suffix) = digest.split_at_checked(PREFIX_LENGTH).ok_or("a digest is too short")?;
        // With padding, the size of the answer does not tell which prefix was asked for.
        let request = Request::get(format!("{}/range/{prefix}", self.base_url))
            .header("add-padding", "true")
            .header("user-agent", "groundwork")
            .body(Vec::new())
            .map_err(|error| error.to_string())?;
        let answer = self.http.send(request, TIMEOUT).await.map_err(|error| error.to_string())?;
        if answer.status() != StatusCode::OK {
            return Err(format!("the service answered with {}", answer.status().as_u16()));
        }
        let text = std::str::from_utf8(answer.body()).map_err(|_| "the service's answer is no text".to_owned())?;
        Ok(text.lines().any(|line| is_hit(line, suffix)))
    }
}

/// Whether a row of the answer, `<35 hexadecimal digits>:<count>`, is of this hash. Rows of padding have a count of 0.
fn is_hit(row: &str, suffix: &str) -> bool {
    row.trim().split_once(':').is_some_and(|(found, count)| {
        found.eq_ignore_ascii_case(suffix) && count.trim().parse::<u64>().is_ok_and(|count| count > 0)
    })
}

#[cfg(test)]
mod tests {
    use super::is_hit;

    #[test]
    fn only_the_exact_suffix_with_a_count_is_a_hit() {
        let suffix = "1E4C9B93F3F0682250B6CF8331B7EE68FD8";
        for row in [format!("{suffix}:3861493"), format!("{}:1\r", suffix.to_lowercase())] {
            assert!(is_hit(&row, suffix), "{row}");
        }
        let short = suffix.strip_suffix('8').unwrap();
        let others = [
            format!("{suffix}:0"),
            format!("{short}:7"),
            format!("{suffix}0:7"),
            suffix.to_owned(),
            format!("{suffix}:"),
            String::new(),
        ];
        for row in others {
            assert!(!is_hit(&row, suffix), "{row}");
        }
    }
}
