//! Files as people upload them.

use bytes::Bytes;
use embedded::S3;
use http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header};
use serde_json::Value;

/// A picture that is as small as one can be.
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

/// Sends bytes to S3 as the answer to a file's announcement says.
pub fn send_file(s3: &S3, announced: &Value, bytes: &[u8]) -> StatusCode {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let upload = &announced["upload"];
    let mut headers = HeaderMap::from_iter([(header::CONTENT_LENGTH, bytes.len().into())]);
    for (name, value) in upload["headers"].as_object().expect("headers") {
        headers.insert(name.parse::<HeaderName>().expect("a name"), text(value).parse().expect("a value"));
    }
    let method: Method = text(&upload["method"]).parse().expect("a method");
    let uri: Uri = text(&upload["url"]).parse().expect("an address");
    s3.answer(&method, &uri, &headers, Bytes::copy_from_slice(bytes)).status()
}
