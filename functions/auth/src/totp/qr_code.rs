//! What an authenticator scans.

use qrcode::QrCode;
use qrcode::render::svg;
use shared::problem::Problem;

use super::code::{DIGITS, STEP_SECONDS};

/// Whose codes these are, as authenticators show it.
const ISSUER: &str = "Groundwork";
/// The least width and height of the picture.
const PIXELS_MINIMUM: u32 = 240;

/// The address that authenticators read (Key Uri Format of Google Authenticator).
pub(crate) fn otpauth_uri(email: &str, secret: &str) -> String {
    format!(
        "otpauth://totp/{ISSUER}:{}?secret={secret}&issuer={ISSUER}&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}",
        percent_encoded(email)
    )
}

/// The same as a picture.
pub(crate) fn svg(uri: &str) -> Result<String, Problem> {
    let code = QrCode::new(uri).map_err(Problem::internal)?;
    Ok(code.render::<svg::Color<'_>>().min_dimensions(PIXELS_MINIMUM, PIXELS_MINIMUM).build())
}

/// All but unreserved characters (RFC 3986, 2.3) by their bytes.
fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |encoded, byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => format!("{encoded}{}", char::from(byte)),
        _ => format!("{encoded}%{byte:02X}"),
    })
}

#[cfg(test)]
mod tests {
    use super::{otpauth_uri, svg};

    #[test]
    fn the_address_names_issuer_account_and_secret() {
        let uri = otpauth_uri("ada+2fa@example.com", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(
            uri,
            "otpauth://totp/Groundwork:ada%2B2fa%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Groundwork\
             &algorithm=SHA1&digits=6&period=30"
        );
        let picture = svg(&uri).unwrap();
        assert!(picture.contains("<svg") && picture.ends_with("</svg>"), "{picture}");
    }
}
