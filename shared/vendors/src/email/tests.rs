//! What each vendor is asked, in its own form, and what its answers mean.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::http::{Request, Response};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::config::Variables;
use testkit::TestClock;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::{Email, EmailConfig, EmailError, Mailer, Receipt};
use crate::http::Http;

/// A vendor that says what it is told to, and remembers what it was asked.
#[derive(Clone, Debug, Default)]
struct Vendor {
    answers: Arc<Mutex<Vec<(u16, Value)>>>,
    asked: Arc<Mutex<Vec<Request<Vec<u8>>>>>,
}

impl Vendor {
    fn answering(answers: impl IntoIterator<Item = (u16, Value)>) -> Self {
        let vendor = Self::default();
        vendor.answers.lock().unwrap().extend(answers);
        vendor
    }

    fn asked(&self) -> Vec<Request<Vec<u8>>> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    fn mailer(&self, provider: &str) -> Mailer {
        let http = Http::new(SharedHttpConnector::new(self.clone()), Clock::new(TestClock::start()));
        Mailer::new(EmailConfig::read(&variables(provider)).unwrap(), http)
    }
}

impl HttpConnector for Vendor {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = request.try_into_http1x().unwrap().map(|body| body.bytes().unwrap().to_vec());
        self.asked.lock().unwrap().push(request);
        let (status, body) = self.answers.lock().unwrap().remove(0);
        let response = Response::builder().status(status).header("x-amzn-errortype", text(&body, "name"));
        let response = response.body(body.to_string().into()).unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::try_from(response).unwrap()))
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

fn variables(provider: &str) -> Variables {
    let pairs = [
        ("EMAIL_FROM", "Groundwork <mail@groundwork.example>"),
        ("EMAIL_PROVIDER", provider),
        ("RESEND_API_KEY", "re_test"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI"),
        ("AWS_SESSION_TOKEN", "a session's token"),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect()
}

fn email() -> Email {
    Email::new("ada@example.com", "Hello, Ada", "Dear Ada\n".to_owned(), "<p>Dear Ada</p>".to_owned()).unwrap()
}

const UNSUBSCRIBE: &str = "https://crm.example.com/api/crm/unsubscribe?token=01KAGR3V0R0000000000000000.01KAGR3V0R0000000000000001.\
    00112233445566778899aabbccddeeff.0123456789abcdefghijABCDEFGHIJ_-0123456789a";

/// A mail that is answered elsewhere, and from which one unsubscribes.
fn campaign() -> Email {
    let email = email().with_sender_name("Engines, Ltd via Groundwork").unwrap();
    email.with_reply_to("grace@example.com").unwrap().with_unsubscribe_url(UNSUBSCRIBE).unwrap()
}

fn header<'a>(request: &'a Request<Vec<u8>>, name: &str) -> &'a str {
    request.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test(start_paused = true)]
async fn resend_is_asked_in_its_form() {
    let vendor = Vendor::answering([(200, json!({"id": "49a3999c"}))]);
    let receipt = vendor.mailer("resend").send(&email(), "mal_1-verify-email").await.unwrap();
    assert_eq!(receipt, Receipt { id: Some("49a3999c".to_owned()) });
    let request = vendor.asked().remove(0);
    assert_eq!(
        (request.method().as_str(), request.uri().to_string().as_str()),
        ("POST", "https://api.resend.com/emails")
    );
    let names = ["authorization", "content-type", "idempotency-key"];
    assert_eq!(names.map(|name| header(&request, name)), ["Bearer re_test", "application/json", "mal_1-verify-email"]);
    let expected = json!({"from": "Groundwork <mail@groundwork.example>", "to": ["ada@example.com"], "subject": "Hello, Ada",
        "text": "Dear Ada\n", "html": "<p>Dear Ada</p>"});
    assert_eq!(serde_json::from_slice::<Value>(request.body()).unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn ses_is_asked_in_its_form_and_signed() {
    let vendor = Vendor::answering([(200, json!({"MessageId": "0102"}))]);
    let receipt = vendor.mailer("ses").send(&email(), "mal_1").await.unwrap();
    assert_eq!(receipt, Receipt { id: Some("0102".to_owned()) });
    let request = vendor.asked().remove(0);
    assert_eq!(request.uri().to_string(), "https://email.eu-west-1.amazonaws.com/v2/email/outbound-emails");
    let signature = header(&request, "authorization");
    assert!(signature.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{signature}");
    assert!(signature.contains("/eu-west-1/ses/aws4_request") && !header(&request, "x-amz-date").is_empty());
    assert_eq!(header(&request, "x-amz-security-token"), "a session's token");
    let part = |data: &str| json!({"Data": data, "Charset": "UTF-8"});
    let expected = json!({
        "FromEmailAddress": "Groundwork <mail@groundwork.example>",
        "Destination": {"ToAddresses": ["ada@example.com"]},
        "Content": {"Simple": {
            "Subject": part("Hello, Ada"),
            "Body": {"Text": part("Dear Ada\n"), "Html": part("<p>Dear Ada</p>")},
        }},
    });
    assert_eq!(serde_json::from_slice::<Value>(request.body()).unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_campaigns_headers_reach_both_vendors() {
    let vendor = Vendor::answering([(200, json!({"id": "1"})), (200, json!({"MessageId": "1"}))]);
    for provider in ["resend", "ses"] {
        vendor.mailer(provider).send(&campaign(), "mal_1").await.unwrap();
    }
    let bodies = vendor.asked().into_iter().map(|request| serde_json::from_slice::<Value>(request.body()).unwrap());
    let [resend, ses] = &bodies.collect::<Vec<_>>()[..] else { panic!("each is asked once") };
    let link = format!("<{UNSUBSCRIBE}>");
    let from = "\"Engines, Ltd via Groundwork\" <mail@groundwork.example>";
    assert_eq!((&resend["from"], &ses["FromEmailAddress"]), (&json!(from), &json!(from)));
    assert_eq!(resend["reply_to"], "grace@example.com");
    let one_click = "List-Unsubscribe=One-Click";
    assert_eq!(resend["headers"], json!({"List-Unsubscribe": link, "List-Unsubscribe-Post": one_click}));
    assert_eq!(ses["ReplyToAddresses"], json!(["grace@example.com"]));
    let named = |name: &str, value: &str| json!({"Name": name, "Value": value});
    let expected = json!([named("List-Unsubscribe", &link), named("List-Unsubscribe-Post", one_click)]);
    assert_eq!(ses["Content"]["Simple"]["Headers"], expected);
    // SES takes values of at most 870 characters.
    assert!(link.len() < 870);
}

#[tokio::test(start_paused = true)]
async fn answers_mean_what_can_be_done_about_them() {
    let name = |name: &str| json!({"name": name, "message": "ada@example.com is odd"});
    let permanent = |code: &str| Err(EmailError::permanent(code));
    let transient = |code: &str| Err(EmailError::transient(code));
    let uncertain = |code: &str| Err(EmailError::uncertain(code));
    // Provider, status, name, how often it is asked, what it means.
    let cases = [
        ("resend", 422, name("validation_error"), 1, permanent("validation_error")),
        ("resend", 409, name("invalid_idempotent_request"), 1, Ok(Receipt { id: None })),
        ("resend", 409, name("concurrent_idempotent_requests"), 3, transient("concurrent_idempotent_requests")),
        ("resend", 401, name("missing_api_key"), 3, transient("missing_api_key")),
        ("resend", 500, name("it says ada@example.com"), 3, uncertain("status_500")),
        ("ses", 400, name("MessageRejected"), 1, permanent("MessageRejected")),
        ("ses", 400, name("SendingPausedException"), 3, transient("SendingPausedException")),
        ("ses", 403, name(""), 3, transient("status_403")),
        ("ses", 500, name("InternalFailure:http://internal.example"), 1, uncertain("InternalFailure")),
    ];
    for (provider, status, body, times, expected) in cases {
        let vendor = Vendor::answering(std::iter::repeat_n((status, body), 5));
        assert_eq!(vendor.mailer(provider).send(&email(), "mal_1").await, expected, "{provider} {status}");
        assert_eq!(vendor.asked().len(), times, "{provider} {status}");
    }
}

#[test]
fn a_configuration_is_checked_whole() {
    let faults = |provider: &str| {
        let pairs = [("EMAIL_PROVIDER".to_owned(), provider.to_owned())];
        EmailConfig::read(&pairs.into_iter().collect()).unwrap_err().to_string()
    };
    for (provider, missing) in [
        ("ses", &["EMAIL_FROM is missing", "AWS_REGION is missing", "AWS_ACCESS_KEY_ID is missing"][..]),
        ("resend", &["EMAIL_FROM is missing", "RESEND_API_KEY is missing"]),
        ("smtp", &["EMAIL_FROM is missing", "SMTP_URL is missing"]),
        ("pigeon", &["EMAIL_PROVIDER is malformed"]),
    ] {
        for fault in missing {
            assert!(faults(provider).contains(fault), "{provider}: {fault}");
        }
    }
    for url in ["smtp://mail.example.com", "http://127.0.0.1", "smtp://127.0.0.1.example.com", "mail.example.com"] {
        let pairs = [("EMAIL_FROM", "mail@groundwork.example"), ("EMAIL_PROVIDER", "smtp"), ("SMTP_URL", url)];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let fault = EmailConfig::read(&pairs.into_iter().collect()).unwrap_err().to_string();
        assert!(fault.contains("SMTP_URL is malformed") && !fault.contains("example.com"), "{url}: {fault}");
    }
}

/// A mail server on loopback that answers each command as it is told to, breaks off where that is nothing, and keeps what it got.
async fn serve_smtp(answers: &'static [(&'static str, &'static str)]) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.into_split();
        let (mut lines, mut got, mut in_data) = (BufReader::new(read).lines(), String::new(), false);
        write.write_all(b"220 here\r\n").await.unwrap();
        while let Ok(Some(line)) = lines.next_line().await {
            got.push_str(&line);
            got.push('\n');
            let command = if in_data && line == "." { "." } else { line.split([' ', ':']).next().unwrap_or_default() };
            if in_data && command != "." {
                continue;
            }
            in_data = command == "DATA";
            let told = answers.iter().find(|(name, _)| *name == command).map(|(_, answer)| *answer);
            let answer = told.unwrap_or(if in_data { "354 go on" } else { "250 good" });
            if answer.is_empty() {
                break;
            }
            if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
                break;
            }
        }
        got
    });
    (url, server)
}

fn smtp(url: &str) -> Mailer {
    let pairs = [("EMAIL_FROM", "Groundwork <mail@groundwork.example>"), ("EMAIL_PROVIDER", "smtp"), ("SMTP_URL", url)];
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let http = Http::new(SharedHttpConnector::new(Vendor::default()), Clock::new(testkit::SystemClock));
    Mailer::new(EmailConfig::read(&pairs.into_iter().collect()).unwrap(), http)
}

#[tokio::test]
async fn a_mail_server_gets_both_forms_of_the_mail() {
    let (url, server) = serve_smtp(&[]).await;
    let mailer = smtp(&url);
    let receipt = mailer.send(&email(), "mal_1-verify-email").await.unwrap();
    assert_eq!(receipt.id.as_deref(), Some("<mal_1-verify-email@groundwork.example>"));
    drop(mailer);
    let got = tokio::time::timeout(Duration::from_secs(5), server).await.unwrap().unwrap();
    for line in [
        "MAIL FROM:<mail@groundwork.example>",
        "RCPT TO:<ada@example.com>",
        "Subject: Hello, Ada",
        "Message-ID: <mal_1-verify-email@groundwork.example>",
        "Dear Ada",
        "<p>Dear Ada</p>",
    ] {
        assert!(got.lines().any(|got| got.starts_with(line)), "{line} in {got}");
    }
}

#[tokio::test]
async fn a_mail_server_gets_a_campaigns_headers_whole() {
    let (url, server) = serve_smtp(&[]).await;
    let mailer = smtp(&url);
    mailer.send(&campaign(), "mal_1-campaign-led-1").await.unwrap();
    drop(mailer);
    let got = tokio::time::timeout(Duration::from_secs(5), server).await.unwrap().unwrap();
    for line in [
        // lettre encodes what has a comma in it.
        "From: =?utf-8?b?RW5naW5lcywgTHRkIHZpYSBHcm91bmR3b3Jr?= <mail@groundwork.example>",
        "Reply-To: grace@example.com",
        &format!("List-Unsubscribe: <{UNSUBSCRIBE}>"),
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    ] {
        assert!(got.lines().any(|got| got == line), "{line} in {got}");
    }
}

#[tokio::test]
async fn a_mail_server_may_refuse_or_break_off() {
    for (answers, expected) in [
        (&[("RCPT", "550 no such mailbox")][..], EmailError::permanent("smtp_550")),
        (&[("RCPT", "451 later")], EmailError::transient("smtp_451")),
        (&[(".", "452 no room")], EmailError::transient("smtp_452")),
        (&[(".", "")], EmailError::uncertain("smtp_broke_off")),
    ] {
        let (url, _server) = serve_smtp(answers).await;
        assert_eq!(smtp(&url).send(&email(), "mal_1").await, Err(expected), "{answers:?}");
    }
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = smtp(&format!("smtp://{free}")).send(&email(), "mal_1").await.unwrap_err();
    assert!(!matches!(error, EmailError::Permanent { .. }), "{error:?}");
}
