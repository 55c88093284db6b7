//! Unipile's webhooks, of both versions: the first has no signature but a header whose value we chose when the webhook was made, the
//! second signs as Stripe does, under another scheme.

use shared::clock::Timestamp;

use crate::signature::{same, sign_timed, verify_timed};
use crate::{SignatureError, WebhookSecrets};

/// The header by which a webhook of version 1 shows whose it is: to be set among `headers` when the webhook is created.
pub const SECRET_HEADER: &str = "x-webhook-secret";
/// The header of a signature of version 2.
pub const SIGNATURE_HEADER: &str = "unipile-signature";
/// The scheme of a signature of version 2.
const SCHEME: &str = "v0";

/// Verifies the secret header of a webhook of version 1.
///
/// # Errors
/// When the value is none of these secrets.
pub fn verify_secret(secrets: &WebhookSecrets, header: &str) -> Result<(), SignatureError> {
    let found = secrets.iter().fold(false, |found, secret| found | same(secret, header));
    found.then_some(()).ok_or(SignatureError::Mismatch)
}

/// Verifies the signature of a webhook of version 2 over its body as it came.
///
/// # Errors
/// When the header is malformed, of another time, or by none of these secrets.
pub fn verify(secrets: &WebhookSecrets, header: &str, body: &[u8], now: Timestamp) -> Result<(), SignatureError> {
    verify_timed(secrets, SCHEME, header, body, now)
}

/// The signature of a webhook of version 2, for those who stand in for Unipile; none without a secret.
pub fn sign(secret: &str, body: &[u8], now: Timestamp) -> Option<String> {
    sign_timed(secret, SCHEME, body, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_2_signs_time_and_body() {
        let (secrets, now) = (WebhookSecrets::from_iter(["sec_1"]), Timestamp::from_seconds(1_700_000_000));
        let body = br#"{"id":"evt_1","type":"message.new"}"#;
        let header = "t=1700000000,v0=51e75f5ac126aca03d14b1103a32347c1a3a943ba30b681cd548797c9e69ec5f";
        assert_eq!(verify(&secrets, header, body, now), Ok(()));
        assert_eq!(sign("sec_1", body, now).as_deref(), Some(header));
        assert_eq!(verify(&secrets, &header.replace("v0", "v1"), body, now), Err(SignatureError::Malformed));
        assert_eq!(verify(&WebhookSecrets::from_iter(["sec_2"]), header, body, now), Err(SignatureError::Mismatch));
        let later = Timestamp::from_seconds(1_700_000_301);
        assert_eq!(verify(&secrets, header, body, later), Err(SignatureError::OutOfTime));
    }

    #[test]
    fn version_1_shows_the_secret_that_we_chose() {
        let secrets = ["old secret", "new secret", ""].into_iter().collect();
        assert_eq!(verify_secret(&secrets, "new secret"), Ok(()));
        for header in ["", "new secre", "new secret ", "NEW SECRET"] {
            assert_eq!(verify_secret(&secrets, header), Err(SignatureError::Mismatch), "{header}");
        }
    }
}
