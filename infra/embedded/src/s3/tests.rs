//! What of the bucket needs no signature; links are tested where they are made, and through the functions.

use axum::http::{HeaderMap, Method, StatusCode};
use bytes::Bytes;

use super::objects::{Object, Objects};
use super::*;

#[test]
fn nothing_is_let_in_without_a_signature() {
    let bucket = S3::new("files", Policies::new(), || 0);
    for (method, address) in [
        (Method::GET, "http://s3.local/files/org_1/fil_1"),
        (Method::PUT, "http://s3.local/files/org_1/fil_1?X-Amz-Signature=00"),
        (Method::DELETE, "http://s3.local/files/org_1/fil_1?X-Amz-Credential=users&X-Amz-Date=x"),
    ] {
        let answer = bucket.answer(&method, &address.parse().unwrap(), &HeaderMap::new(), Bytes::new());
        assert!(answer.status().is_client_error(), "{method} {address}");
    }
    let elsewhere = "http://s3.local/other/org_1".parse().unwrap();
    let answer = bucket.answer(&Method::GET, &elsewhere, &HeaderMap::new(), Bytes::new());
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert!(bucket.keys().is_empty());
}

#[test]
fn objects_are_kept_in_a_folder_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Objects::Folder(folder.path().to_owned());
    let object = Object { content_type: "text/plain".to_owned(), bytes: Bytes::from_static(b"a\nb") };
    open().put("org_1/fil_1", object.clone()).unwrap();
    let again = open().get("org_1/fil_1").unwrap();
    assert_eq!((again.content_type, again.bytes), (object.content_type.clone(), object.bytes.clone()));
    assert_eq!(open().keys(), ["org_1/fil_1"]);
    for outside in ["../x", "org_1/../../x", "/etc/x", "org_1//x", ""] {
        assert!(open().put(outside, object.clone()).is_err() && open().get(outside).is_none(), "{outside}");
    }
    open().remove("org_1/fil_1").unwrap();
    open().remove("org_1/fil_1").unwrap();
    assert_eq!(open().keys(), [""; 0]);
}
