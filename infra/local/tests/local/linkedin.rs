//! `/_local/linkedin`: signing in with LinkedIn on the running program, as a browser does.

use reqwest::redirect::Policy;
use serde_json::{Value, json};

use crate::process::Process;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_agrees_on_the_page_is_signed_in() {
    let directory = tempfile::tempdir().expect("a directory");
    let process = Process::start(directory.path(), &["--memory"]).await;
    let (url, client) =
        (process.url.clone(), reqwest::Client::builder().redirect(Policy::none()).build().expect("a client"));
    let post = async |path: &str, body: Value| {
        let answer = client.post(format!("{url}{path}")).json(&body).send().await.expect("an answer");
        (answer.status().as_u16(), answer.json::<Value>().await.expect("JSON"))
    };
    let (status, begun) = post("/api/auth/linkedin/start", json!({})).await;
    let address = begun["authorizationUrl"].as_str().expect("an address");
    assert!(status == 200 && address.starts_with(&format!("{url}/_local/linkedin/oauth/v2/authorization?")), "{begun}");
    let page = client.get(address).header("accept", "text/html").send().await.expect("a page");
    assert!(page.headers()["content-security-policy"].to_str().expect("text").starts_with("default-src 'none'"));
    let page = page.text().await.expect("text");
    let (_, request) = page.split_once("name=\"request\" value=\"").expect("the page knows what it is asked");
    let request = request.split('"').next().expect("the value ends").replace("&amp;", "&");

    let form = [("request", request.as_str()), ("name", "Ada"), ("email", "ada@example.com"), ("verified", "yes")];
    let body = serde_urlencoded::to_string(form).expect("a form");
    let agree = || {
        let request = client.post(format!("{url}/_local/linkedin/agree")).body(body.clone());
        request.header("content-type", "application/x-www-form-urlencoded")
    };
    let elsewhere = agree().header("host", "evil.example").send().await.expect("an answer");
    assert_eq!(elsewhere.status().as_u16(), 403, "a page from elsewhere signs nobody in");
    let agreed = agree().send().await.expect("an answer");
    let back = agreed.headers()["location"].to_str().expect("text").to_owned();
    let (page, query) = back.split_once('?').expect("something comes back");
    assert_eq!((agreed.status().as_u16(), page), (303, "http://localhost:3000/sign-in/linkedin"));
    let mut returned = json!({"verifier": begun["verifier"]});
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        returned[name] = json!(value);
    }
    let (status, signed_in) = post("/api/auth/linkedin/callback", returned).await;
    assert_eq!((status, &signed_in["user"]["email"]), (201, &json!("ada@example.com")), "{signed_in}");
    assert!(process.interrupt().await.success());
}
