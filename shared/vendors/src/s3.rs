//! Amazon S3, which keeps the bytes of files: links that let somebody read or write one object for a while, and the few requests of our own.
//!
//! Every request, whoever makes it, is allowed by a link signed beforehand (Signature Version 4 in the query), so that there is one way to
//! sign. The SDK of S3 would take minutes to build for it.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use ::http::{Method, Request, StatusCode, header};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use shared::clock::Timestamp;
use shared::config::{ConfigError, Reader, Variables};

use crate::http::Http;

/// How long S3 may take for an answer to a request of our own.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How often it is asked at most: what is asked here changes nothing twice.
const ATTEMPTS: u32 = 3;
/// The wait before it is asked again; it doubles.
const PAUSE: Duration = Duration::from_millis(100);
/// For how long a link is good that is followed at once.
const AT_ONCE: Duration = Duration::from_secs(60);
/// What stands in a query as it is (RFC 3986, unreserved).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A bucket, and who may do something in it; cheap to clone.
#[derive(Clone)]
pub struct Bucket {
    /// Where its objects are, without a slash at the end.
    url: String,
    region: String,
    credentials: Credentials,
}

/// What a link lets its holder do, for how long, and how.
#[derive(Clone, Debug)]
pub struct Access<'a> {
    /// The request's method.
    pub method: Method,
    /// The headers that the request must have, exactly so; the host's is always among them.
    pub headers: &'a [(&'a str, &'a str)],
    /// What the link asks S3 for besides, such as another header of its answer.
    pub query: &'a [(&'a str, &'a str)],
    /// From when it is good.
    pub from: Timestamp,
    /// For how long, at most seven days. One that was signed with a role's credentials ends with them at the latest.
    pub good_for: Duration,
}

/// The beginning of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// Its first bytes.
    pub bytes: Vec<u8>,
    /// How many it has in all.
    pub size_bytes: u64,
}

/// Why S3 did not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("S3 did not answer as it should: {0}")]
pub struct S3Error(String);

impl fmt::Debug for Bucket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Bucket").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Bucket {
    /// Reads `FILES_BUCKET`, what every AWS SDK reads, and `AWS_ENDPOINT_URL_S3`, below which a bucket is found by its name.
    ///
    /// # Errors
    /// When variables are missing; all of them are named.
    pub fn read(variables: &Variables) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(variables);
        let (bucket, region) = (reader.required("FILES_BUCKET"), reader.required("AWS_REGION"));
        let (key, secret) = (reader.required("AWS_ACCESS_KEY_ID"), reader.required("AWS_SECRET_ACCESS_KEY"));
        let session = reader.optional("AWS_SESSION_TOKEN");
        let url = match reader.optional("AWS_ENDPOINT_URL_S3") {
            Some(endpoint) => format!("{}/{bucket}", endpoint.trim_end_matches('/')),
            None => format!("https://{bucket}.s3.{region}.amazonaws.com"),
        };
        let credentials = Credentials::new(key, secret, session, None, "environment");
        reader.finish(Self { url, region, credentials })
    }

    /// The link to an object. None if it cannot be signed, as for a time before 1970.
    pub fn link(&self, key: &str, access: &Access<'_>) -> Option<String> {
        let parameter = |(name, value): &(&str, &str)| {
            format!("{}={}", utf8_percent_encode(name, ENCODED), utf8_percent_encode(value, ENCODED))
        };
        let query = access.query.iter().map(parameter).collect::<Vec<_>>().join("&");
        let separator = if query.is_empty() { "" } else { "?" };
        let url = format!("{}/{key}{separator}{query}", self.url);
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(access.good_for);
        // S3 takes the path as it was sent.
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let (identity, from_ms) = (self.credentials.clone().into(), access.from.as_milliseconds());
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("s3")
            .time(UNIX_EPOCH.checked_add(Duration::from_millis(u64::try_from(from_ms).ok()?))?)
            .settings(settings)
            .build()
            .ok()?
            .into();
        let (headers, body) = (access.headers.iter().copied(), SignableBody::UnsignedPayload);
        let signable = SignableRequest::new(access.method.as_str(), url.as_str(), headers, body).ok()?;
        let (instructions, _) = sign(signable, &parameters).ok()?.into_parts();
        let mut request = Request::builder().uri(&url).body(()).ok()?;
        instructions.apply_to_request_http1x(&mut request);
        Some(request.uri().to_string())
    }

    /// The first `count` bytes of an object, and how many it has; none where there is no such object, or an empty one.
    ///
    /// # Errors
    /// When S3 does not say.
    pub async fn beginning(&self, http: &Http, key: &str, count: u64) -> Result<Option<Beginning>, S3Error> {
        let range = format!("bytes=0-{}", count.saturating_sub(1));
        let answer = self.ask(http, Method::GET, key, &[(header::RANGE.as_str(), &range)]).await?;
        match answer.status() {
            StatusCode::PARTIAL_CONTENT => {
                let range = answer.headers().get(header::CONTENT_RANGE).and_then(|value| value.to_str().ok());
                let size_bytes = range.and_then(|range| range.rsplit('/').next()?.parse().ok());
                let size_bytes = size_bytes.ok_or_else(|| S3Error("no size came".to_owned()))?;
                Ok(Some(Beginning { bytes: answer.into_body(), size_bytes }))
            }
            StatusCode::NOT_FOUND | StatusCode::RANGE_NOT_SATISFIABLE => Ok(None),
            status => Err(refused(status)),
        }
    }

    /// Removes an object, if it is there.
    ///
    /// # Errors
    /// When S3 does not say that it is gone.
    pub async fn remove(&self, http: &Http, key: &str) -> Result<(), S3Error> {
        let answer = self.ask(http, Method::DELETE, key, &[]).await?;
        if answer.status().is_success() { Ok(()) } else { Err(refused(answer.status())) }
    }

    /// Asks until there is an answer that repeating would not change.
    async fn ask(
        &self,
        http: &Http,
        method: Method,
        key: &str,
        headers: &[(&str, &str)],
    ) -> Result<::http::Response<Vec<u8>>, S3Error> {
        let mut attempt = 1;
        loop {
            let from = http.clock().now();
            let access = Access { method: method.clone(), headers, query: &[], from, good_for: AT_ONCE };
            let link = self.link(key, &access).ok_or_else(|| S3Error("the request cannot be signed".to_owned()))?;
            let request = Request::builder().method(method.clone()).uri(link);
            let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            let request = request.body(Vec::new()).map_err(|error| S3Error(error.to_string()))?;
            let error = match http.send(request, TIMEOUT).await {
                Ok(answer) if !answer.status().is_server_error() => return Ok(answer),
                Ok(answer) => refused(answer.status()),
                Err(error) => S3Error(error.to_string()),
            };
            if attempt >= ATTEMPTS {
                return Err(error);
            }
            http.clock().sleep(PAUSE * 2_u32.saturating_pow(attempt.saturating_sub(1))).await;
            attempt = attempt.saturating_add(1);
        }
    }
}

fn refused(status: StatusCode) -> S3Error {
    S3Error(format!("it answered with {}", status.as_u16()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(endpoint: Option<&str>) -> Bucket {
        let variables = [
            ("FILES_BUCKET", "examplebucket"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ];
        let variables = variables.into_iter().chain(endpoint.map(|url| ("AWS_ENDPOINT_URL_S3", url)));
        Bucket::read(&variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()).unwrap()
    }

    fn access<'a>(headers: &'a [(&'a str, &'a str)], query: &'a [(&'a str, &'a str)]) -> Access<'a> {
        // 2013-05-24T00:00:00Z.
        let (from, good_for) = (Timestamp::from_seconds(1_369_353_600), Duration::from_secs(86_400));
        Access { method: Method::GET, headers, query, from, good_for }
    }

    fn signature(link: &str) -> &str {
        link.split("X-Amz-Signature=").nth(1).unwrap().split('&').next().unwrap()
    }

    /// The example of "Authenticating Requests: Using Query Parameters" in S3's API reference, with the host that it has.
    #[test]
    fn a_link_is_that_of_the_documentation() {
        let documented = Bucket { url: "https://examplebucket.s3.amazonaws.com".to_owned(), ..bucket(None) };
        let link = documented.link("test.txt", &access(&[], &[])).unwrap();
        assert!(link.starts_with("https://examplebucket.s3.amazonaws.com/test.txt?"), "{link}");
        assert_eq!(signature(&link), "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    }

    #[test]
    fn headers_and_what_is_asked_besides_are_signed() {
        let bucket = bucket(Some("http://127.0.0.1:9000/"));
        let plain = bucket.link("org/file", &access(&[], &[])).unwrap();
        assert!(plain.starts_with("http://127.0.0.1:9000/examplebucket/org/file?"), "{plain}");
        let with_header = bucket.link("org/file", &access(&[("if-none-match", "*")], &[])).unwrap();
        assert!(with_header.contains("X-Amz-SignedHeaders=host%3Bif-none-match"), "{with_header}");
        let disposition = "attachment; filename*=UTF-8''a%20b";
        let with_query = bucket.link("org/file", &access(&[], &[("response-content-disposition", disposition)]));
        let with_query = with_query.unwrap();
        assert!(with_query.contains("response-content-disposition=attachment%3B%20filename%2A%3DUTF-8%27%27a%2520b"));
        let signatures = [&plain, &with_header, &with_query].map(|link| signature(link));
        assert!(signatures[0] != signatures[1] && signatures[1] != signatures[2] && signatures[0] != signatures[2]);
    }

    #[test]
    fn all_that_is_missing_is_named() {
        let error = Bucket::read(&Variables::default()).unwrap_err().to_string();
        for name in ["FILES_BUCKET", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            assert!(error.contains(name), "{error}");
        }
    }
}
