//! Signature Version 4 in the query, as S3 checks it.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::Refusal;

const MISMATCH: Refusal = (StatusCode::FORBIDDEN, "SignatureDoesNotMatch");
const INCOMPLETE: Refusal = (StatusCode::FORBIDDEN, "AccessDenied");
const EXPIRED: Refusal = (StatusCode::FORBIDDEN, "AccessDenied");
const MALFORMED: Refusal = (StatusCode::BAD_REQUEST, "AuthorizationQueryParametersError");

/// What a signed link says.
pub(super) struct Link {
    pub(super) access_key: String,
    /// The header that the answer is to have.
    pub(super) response_disposition: Option<String>,
}

impl Link {
    /// The link that a request follows, if it is signed with this secret for just this request, and neither too new nor too old.
    pub(super) fn read(
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        secret: &str,
        now_ms: i64,
    ) -> Result<Self, Refusal> {
        let query = uri.query().unwrap_or_default();
        // As they stand: they were encoded when they were signed.
        let parameters = query.split('&').filter_map(|part| part.split_once('=')).collect::<BTreeMap<_, _>>();
        let decoded: BTreeMap<String, String> = serde_urlencoded::from_str(query).map_err(|_| MALFORMED)?;
        let parameter = |name: &str| decoded.get(name).map(String::as_str).ok_or(INCOMPLETE);
        let (date, signed) = (parameter("X-Amz-Date")?, parameter("X-Amz-SignedHeaders")?);
        let (access_key, scope) = parameter("X-Amz-Credential")?.split_once('/').ok_or(MALFORMED)?;
        let canonical = [
            method.as_str().to_owned(),
            uri.path().to_owned(),
            canonical_query(&parameters),
            canonical_headers(signed, uri, headers)?,
            signed.to_owned(),
            "UNSIGNED-PAYLOAD".to_owned(),
        ];
        let digest = hexadecimal(&Sha256::digest(canonical.join("\n").as_bytes()));
        let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{digest}");
        let key = scope.split('/').try_fold(format!("AWS4{secret}").into_bytes(), |key, part| hmac(&key, part));
        let signature = key.and_then(|key| hmac(&key, &to_sign)).map(|bytes| hexadecimal(&bytes));
        if signature.as_deref() != Some(parameter("X-Amz-Signature")?) {
            return Err(MISMATCH);
        }
        let good_for_seconds = parameter("X-Amz-Expires")?.parse::<i64>().map_err(|_| MALFORMED)?;
        let from_seconds = seconds_of(date).ok_or(MALFORMED)?;
        let age_seconds = now_ms.div_euclid(1000).saturating_sub(from_seconds);
        if !(1..=604_800).contains(&good_for_seconds) || age_seconds > good_for_seconds || age_seconds < -900 {
            return Err(EXPIRED);
        }
        let response_disposition = decoded.get("response-content-disposition").cloned();
        Ok(Self { access_key: access_key.to_owned(), response_disposition })
    }
}

fn canonical_query(parameters: &BTreeMap<&str, &str>) -> String {
    let signed = parameters.iter().filter(|(name, _)| **name != "X-Amz-Signature");
    signed.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// The headers that were signed, each on a line. One that the request lacks was signed for another request.
fn canonical_headers(signed: &str, uri: &Uri, headers: &HeaderMap) -> Result<String, Refusal> {
    let mut lines = String::new();
    for name in signed.split(';') {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        // A request of HTTP/2, or one that never saw a socket, has its host in its address.
        let host = uri.authority().map(|authority| authority.as_str()).filter(|_| name == header::HOST.as_str());
        let value = value.or(host).ok_or(MISMATCH)?;
        lines.push_str(&format!("{name}:{}\n", value.trim()));
    }
    Ok(lines)
}

fn hmac(key: &[u8], text: &str) -> Option<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(text.as_bytes());
    Some(mac.finalize().into_bytes().to_vec())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The seconds since 1970 of a time such as `20261122T041543Z`.
fn seconds_of(date: &str) -> Option<i64> {
    let digits = |range: std::ops::Range<usize>| date.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (digits(0..4)?, digits(4..6)?, digits(6..8)?);
    let (hours, minutes, seconds) = (digits(9..11)?, digits(11..13)?, digits(13..15)?);
    // Days since 1970 of the civil calendar, with years that begin in March, so that the leap day is their last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days =
        year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (month * 153 + 2) / 5 + day;
    Some(((days - 719_469) * 24 + hours) * 3600 + minutes * 60 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read() {
        let times = ["19700101T000000Z", "20130524T000000Z", "20240229T235959Z", "20261122T041543Z", "2013"];
        let expected = [Some(0), Some(1_369_353_600), Some(1_709_251_199), Some(1_795_320_943), None];
        assert_eq!(times.map(seconds_of), expected);
    }

    /// The example of "Authenticating Requests: Using Query Parameters" in S3's API reference.
    #[test]
    fn the_link_of_the_documentation_is_let_in_for_its_day() {
        let uri = "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&\
            X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&\
            X-Amz-Expires=86400&X-Amz-SignedHeaders=host&\
            X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
        let (uri, secret): (Uri, _) = (uri.parse().unwrap(), "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        let read = |method, headers: &HeaderMap, seconds: i64| {
            let link = Link::read(&method, &uri, headers, secret, (1_369_353_600 + seconds) * 1000);
            link.map(|link| link.access_key)
        };
        let none = HeaderMap::new();
        assert_eq!(read(Method::GET, &none, 86_400), Ok("AKIAIOSFODNN7EXAMPLE".to_owned()));
        assert_eq!(read(Method::GET, &none, 86_401), Err(EXPIRED));
        assert_eq!(read(Method::PUT, &none, 0), Err(MISMATCH));
        let elsewhere = HeaderMap::from_iter([(header::HOST, "example.com".parse().unwrap())]);
        assert_eq!(read(Method::GET, &elsewhere, 0), Err(MISMATCH));
    }
}
