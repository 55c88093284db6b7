//! `GET /_local/mailbox`: the mail that the running program sent, for programs and for people.

use std::time::Duration;

use serde_json::{Value, json};

use crate::process::Process;

const EMAIL: &str = "lovelace@example.com";

async fn mails(url: &str) -> Vec<Value> {
    let answer = reqwest::get(format!("{url}/_local/mailbox")).await.expect("an answer");
    assert_eq!(answer.headers()["content-type"], "application/json");
    let answer: Value = answer.json().await.expect("JSON");
    answer["data"].as_array().expect("a list").clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_link_in_a_mail_can_be_followed() {
    let directory = tempfile::tempdir().expect("a directory");
    let process = Process::start(directory.path(), &["--memory"]).await;
    let (url, client) = (process.url.clone(), reqwest::Client::new());
    let registration = json!({"email": EMAIL, "password": "correct horse battery", "name": "<b>Ada</b>"});
    let answer = client.post(format!("{url}/api/auth/register")).json(&registration).send().await.expect("an answer");
    assert!(answer.status().is_success());
    let mut found = Vec::new();
    for _ in 0..200 {
        found = mails(&url).await;
        if !found.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!((found.len(), &found[0]["to"]), (1, &json!([EMAIL])));
    let text = found[0]["text"].as_str().expect("a text");
    let (_, token) = text.split_once("/verify-email#token=").expect("a link");
    let token = json!({"token": token.lines().next()});
    let verify = client.post(format!("{url}/api/auth/verify-email")).json(&token).send().await.expect("an answer");
    assert_eq!(verify.status().as_u16(), 204);

    let page = client.get(format!("{url}/_local/mailbox")).header("accept", "text/html").send().await.expect("a page");
    let policy = page.headers()["content-security-policy"].to_str().expect("text").to_owned();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let page = page.text().await.expect("text");
    assert!(
        page.contains("Confirm your e-mail address") && page.contains("<a href=\"http://localhost:3000/verify-email#")
    );
    assert!(!page.contains("<script") && !page.contains("<b>Ada"), "{page}");
    let elsewhere = client.get(format!("{url}/_local/mailbox")).header("host", "evil.example").send().await;
    assert_eq!(elsewhere.expect("an answer").status().as_u16(), 403, "a page from elsewhere reads no mail");
    assert!(process.interrupt().await.success());
}
