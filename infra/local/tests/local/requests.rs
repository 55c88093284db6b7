//! `GET /_local/requests`: what the functions of the running program did, for programs and for people.

use std::time::Duration;

use serde_json::{Value, json};

use crate::process::{Founder, Process, operate};

const EMAIL: &str = "lovelace@example.com";
const PASSWORD: &str = "correct horse battery";

async fn entries(url: &str, correlation: &str) -> Vec<Value> {
    let answer = reqwest::get(format!("{url}/_local/requests?correlation={correlation}")).await.expect("an answer");
    assert_eq!(answer.headers()["content-type"], "application/json");
    let answer: Value = answer.json().await.expect("JSON");
    answer["data"].as_array().expect("a list").clone()
}

async fn page(url: &str, query: &str) -> String {
    let client = reqwest::Client::new();
    let request = client.get(format!("{url}/_local/requests{query}")).header("accept", "text/html,*/*;q=0.8");
    let answer = request.send().await.expect("an answer");
    let policy = answer.headers()["content-security-policy"].to_str().expect("text").to_owned();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    answer.text().await.expect("text")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_is_followed_through_the_running_program() {
    let directory = tempfile::tempdir().expect("a directory");
    let process = Process::start(directory.path(), &["--memory"]).await;
    let (url, client) = (process.url.clone(), reqwest::Client::new());
    let registration = json!({"email": EMAIL, "password": PASSWORD, "name": "Ada Lovelace"});
    let answer = client.post(format!("{url}/api/auth/register")).json(&registration).send().await.expect("an answer");
    let sign_up = answer.headers()["x-request-id"].to_str().expect("text").to_owned();
    let account: Value = answer.json().await.expect("JSON");
    let founder = Founder::enter(&url, "login", &json!({"email": EMAIL, "password": PASSWORD})).await;
    assert!(operate(directory.path(), &["plan", "set", &founder.organization, "pro"]));
    let lead = "Name,Email,Status,Last Contacted\nGrace Hopper,grace@cobol.example,contacted,2020-01-01\n";
    founder.import(&url, lead.to_owned()).await.expect("the lead is imported");
    let analyze =
        client.post(format!("{url}/api/agentic/analyze")).bearer_auth(account["accessToken"].as_str().unwrap());
    let answer = analyze.json(&json!({})).send().await.expect("an answer");
    assert!(answer.status().is_success());
    let analysis = answer.headers()["x-request-id"].to_str().expect("text").to_owned();

    let mut followed = Vec::new();
    for _ in 0..200 {
        followed = entries(&url, &analysis).await;
        let at = |function: &str| followed.iter().position(|entry| entry["function"] == function);
        let last = followed.last().is_some_and(|entry| entry["function"] == "projector");
        if last && at("task-runner").is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let functions = followed.iter().map(|entry| entry["function"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(functions[0], "agents", "{functions:?}");
    assert!(functions.contains(&"task-runner") && functions.last() == Some(&"projector"), "{functions:?}");
    assert_eq!(followed[0]["source"], "POST /api/agentic/analyze");
    let sent = followed.iter().find(|entry| entry["sent"][0].is_object()).expect("a doorbell was rung");
    assert_eq!(
        (&sent["function"], &sent["sent"][0]["source"]),
        (&json!("projector"), &json!("groundwork-local-tasks"))
    );
    let of_sign_up = entries(&url, &sign_up).await;
    let functions = of_sign_up.iter().map(|entry| entry["function"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(functions, ["auth", "projector", "mailer"]);

    let everything = reqwest::get(format!("{url}/_local/requests")).await.unwrap().text().await.unwrap();
    let (all, one) = (page(&url, "").await, page(&url, &format!("?correlation={analysis}")).await);
    for page in [&all, &one] {
        assert!(page.starts_with("<!doctype html>") && page.contains("POST /api/agentic/analyze"), "{page}");
        assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("src="), "{page}");
    }
    assert!(all.contains("POST /api/auth/register") && !one.contains("POST /api/auth/register"));
    let tokens = ["accessToken", "refreshToken"].map(|name| account[name].as_str().unwrap());
    for secret in tokens.into_iter().chain([EMAIL, PASSWORD, "Lovelace", "Hopper", "grace@cobol.example"]) {
        for shown in [&everything, &all, &one] {
            assert!(!shown.contains(secret), "{secret} is shown");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_from_elsewhere_cannot_read_the_journal() {
    let directory = tempfile::tempdir().expect("a directory");
    let process = Process::start(directory.path(), &["--memory"]).await;
    let client = reqwest::Client::new();
    let ask = |host: &str| client.get(format!("{}/_local/requests", process.url)).header("host", host).send();
    for (host, status) in
        [("localhost:8787", 200), ("127.0.0.1", 200), ("evil.example", 403), ("127.0.0.1.evil.example:80", 403)]
    {
        assert_eq!(ask(host).await.expect("an answer").status().as_u16(), status, "{host}");
    }
    let answer = client.get(format!("{}/_local/requests?other=1", process.url)).send().await.expect("an answer");
    assert_eq!(answer.status().as_u16(), 400);
    assert!(!groundwork::openapi().to_json().expect("JSON").contains("_local"));
}
