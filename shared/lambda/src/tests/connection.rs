use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use shared::reach::Reach;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::connection::{AMAZON_ROOTS, AwsConfig, connector};
use crate::outbound_within;

/// As <https://www.amazontrust.com/repository/> gives them.
const FINGERPRINTS: [&str; 5] = [
    "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
    "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
    "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
    "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
    "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
];

#[test]
fn the_roots_are_amazons_and_no_others() {
    let certificates = AMAZON_ROOTS.split("-----BEGIN CERTIFICATE-----").skip(1);
    let fingerprints = certificates.map(|text| {
        let text: String = text.split("-----END").next().unwrap().split_whitespace().collect();
        let digest = Sha256::digest(STANDARD.decode(text).unwrap());
        digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    });
    assert_eq!(fingerprints.collect::<Vec<_>>(), FINGERPRINTS);
}

/// The roots can be read, and what is spoken is TLS.
#[tokio::test]
async fn calls_are_made_over_tls_under_these_roots() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("https://{}", listener.local_addr().unwrap());
    // It hangs up in the middle of the greeting: what matters is that a connection over TLS is begun.
    let greeted = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut greeting = [0_u8; 1];
        stream.read_exact(&mut greeting).await.unwrap();
        greeting[0]
    });
    let variables = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "a secret"),
        ("AWS_ENDPOINT_URL_DYNAMODB", &endpoint),
    ];
    let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let client = AwsConfig::read(&variables).unwrap().dynamodb(connector());
    assert!(client.list_tables().send().await.is_err());
    // The first byte of a TLS handshake record.
    assert_eq!(greeted.await.unwrap(), 0x16);
}

/// A name leads where its server says, which whoever entered it may run: what counts are the addresses.
#[tokio::test]
async fn a_name_that_leads_to_this_machine_is_out_of_reach() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0_u8; 1_024];
        let read = stream.read(&mut request).await.unwrap();
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        String::from_utf8_lossy(&request[..read]).into_owned()
    });
    let call = |reach: Reach, path: &str| {
        let request =
            http::Request::get(format!("{url}{path}")).body(aws_smithy_types::body::SdkBody::empty()).unwrap();
        outbound_within(reach).call(HttpRequest::try_from(request).unwrap())
    };
    let refused = call(Reach::Public, "public").await.expect_err("it is nobody's of the public Internet");
    assert!(format!("{refused:?}").contains("leads nowhere within reach"), "{refused:?}");
    assert_eq!(call(Reach::Anywhere, "anywhere").await.unwrap().status().as_u16(), 204);
    // The first connection that was made at all is the second call's.
    assert!(served.await.unwrap().starts_with("GET /anywhere "));
}
