//! LinkedIn's webhooks: the challenge by which it finds out whose an endpoint is, and the signature of its notifications.
//!
//! Both are codes under the same key, the application's client secret. Whoever could have any text answered as a challenge could have a
//! notification signed, so that only a UUID is answered.

use crate::signature::{is_signed, signed};
use crate::{SignatureError, WebhookSecrets};

/// What stands before the body in what is signed; part of the signed text, not of the header.
const PREFIX: &str = "hmacsha256=";
/// The lengths of a UUID's groups.
const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];

/// The answer to a challenge under the first of these client secrets; none where the challenge is no UUID.
pub fn challenge_response(client_secrets: &WebhookSecrets, challenge: &str) -> Option<String> {
    let mut groups = challenge.split('-');
    let well_formed = GROUPS.iter().all(|length| {
        groups.next().is_some_and(|group| group.len() == *length && group.bytes().all(|byte| byte.is_ascii_hexdigit()))
    });
    if !well_formed || groups.next().is_some() {
        return None;
    }
    signed(client_secrets.iter().next()?, &[challenge.as_bytes()])
}

/// Verifies the header `X-LI-Signature` of a notification over its body as it came.
///
/// # Errors
/// When the signature is not by one of these client secrets.
pub fn verify(client_secrets: &WebhookSecrets, header: &str, body: &[u8]) -> Result<(), SignatureError> {
    let code = header.strip_prefix(PREFIX).unwrap_or(header);
    let parts = [PREFIX.as_bytes(), body];
    let found = client_secrets.iter().fold(false, |found, secret| found | is_signed(secret, &parts, code));
    found.then_some(()).ok_or(SignatureError::Mismatch)
}

/// The signature of a notification, for those who stand in for LinkedIn; none without a secret.
pub fn sign(client_secret: &str, body: &[u8]) -> Option<String> {
    signed(client_secret, &[PREFIX.as_bytes(), body])
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] =
        br#"{"type":"ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS","notifications":[{"notificationId":1}]}"#;

    #[test]
    fn a_challenge_is_answered_by_its_code_and_nothing_else_is() {
        let secrets = WebhookSecrets::from_iter(["li_client_secret", "li_old_secret"]);
        let challenge = "890e4665-4dfe-4ab1-b689-ed553bceeed0";
        let expected = "3ceda89cb18cf5471b844e08c4b771bcab6f5bec8ab1b0837ca04ab05c909d8c";
        assert_eq!(challenge_response(&secrets, challenge).as_deref(), Some(expected));
        let forged = format!("hmacsha256={}", String::from_utf8_lossy(BODY));
        let others = [
            forged.as_str(),
            "",
            "890e4665-4dfe-4ab1-b689-ed553bceeed",
            "890e4665-4dfe-4ab1-b689-ed553bceeed0-",
            "890e46654dfe4ab1b689ed553bceeed0",
            "890g4665-4dfe-4ab1-b689-ed553bceeed0",
            " 890e4665-4dfe-4ab1-b689-ed553bceeed0",
        ];
        for other in others {
            assert_eq!(challenge_response(&secrets, other), None, "{other}");
        }
        assert_eq!(challenge_response(&WebhookSecrets::default(), challenge), None, "no secret, no answer");
    }

    #[test]
    fn a_notification_is_signed_with_its_prefix() {
        let secrets = WebhookSecrets::from_iter(["li_new_secret", "li_client_secret"]);
        let code = "d484386ea549cb1069c394db5dcedd7c99563d3d5a90f3663b289d3922312700";
        assert_eq!(verify(&secrets, code, BODY), Ok(()));
        assert_eq!(verify(&secrets, &format!("hmacsha256={code}"), BODY), Ok(()));
        let bare = signed("li_client_secret", &[BODY]).unwrap();
        assert!(bare.starts_with("b30b328b"), "the vector's bare variant: {bare}");
        let (other, none) = (WebhookSecrets::from_iter(["li_new_secret"]), WebhookSecrets::default());
        for (secrets, header) in [(&secrets, bare.as_str()), (&other, code), (&secrets, ""), (&none, code)] {
            assert_eq!(verify(secrets, header, BODY), Err(SignatureError::Mismatch), "{header}");
        }
        assert_eq!(verify(&secrets, code, b"{}"), Err(SignatureError::Mismatch));
    }
}
