//! Requests that no endpoint takes, and what the host adds to all of them.

use std::collections::BTreeMap;

use serde_json::json;

use crate::support::{Auth, text};

#[tokio::test(start_paused = true)]
async fn a_host_says_whether_its_table_answers() {
    let auth = Auth::new();
    let health = auth.app.get("/api/health").send().await.expect(200);
    let services = json!({"table": "ok"});
    assert_eq!((&health["status"], &health["services"]), (&json!("ok"), &services));
    let failing = Auth::without_table();
    let health = failing.app.get("/api/health").send().await.expect(503);
    assert_eq!(health["services"], json!({"table": "failing"}));
}

#[tokio::test(start_paused = true)]
async fn what_nobody_takes_is_a_problem_and_the_next_request_is_served() {
    let auth = Auth::new();
    let cases = [
        ("GET", "/api/auth/nothing", 404, "not_found"),
        ("GET", "/api/auth/nothing?a=|b{c}%22^%zz", 404, "not_found"),
        ("GET", "/%ff%fe", 404, "not_found"),
        ("GET", "//", 404, "not_found"),
        ("DELETE", "/api/auth/login", 405, "method_not_allowed"),
        ("PURGE", "/api/auth/login", 405, "method_not_allowed"),
        ("POST", "/.well-known/jwks.json", 405, "method_not_allowed"),
    ];
    for (method, path, status, code) in cases {
        let response = auth.app.request(method, path).send().await;
        assert!(response.header("x-request-id").is_some_and(|id| id.starts_with("req_")), "{method} {path}");
        assert_eq!(response.status, status, "{method} {path}: {}", response.text);
        response.expect_problem(status, code);
        auth.app.get("/api/health").send().await.expect(200);
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_too_large_is_not_read_to_its_end() {
    let auth = Auth::new();
    let body = json!({"email": "a".repeat(1024 * 1024), "password": "x"});
    auth.app.post("/api/auth/login").json(&body).send().await.expect_problem(413, "too_large");
    auth.app.get("/api/health").send().await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn a_header_beyond_ascii_is_a_wrong_header() {
    let auth = Auth::new();
    auth.app.get("/api/auth/me").bearer("ü").send().await.expect_problem(401, "token_invalid");
}

#[tokio::test(start_paused = true)]
async fn every_answer_is_dressed_alike() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    let dressed = [
        ("api-version", "1"),
        ("cache-control", "no-store"),
        ("content-security-policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
        ("referrer-policy", "no-referrer"),
        ("strict-transport-security", "max-age=63072000; includeSubDomains"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ];
    let mut ids = BTreeMap::new();
    for (path, status) in [("/api/auth/me", 200), ("/api/auth/me/", 200), ("/api/health", 200), ("/nothing", 404)] {
        let answer = auth.app.get(path).bearer(text(&registered, "accessToken")).send().await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        for (name, value) in dressed {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
        ids.insert(answer.header("x-request-id").unwrap().to_owned(), path);
    }
    assert_eq!(ids.len(), 4, "{ids:?}");
    let named = auth.app.get("/api/health").header("x-request-id", ids.first_key_value().unwrap().0).send().await;
    assert_eq!(named.header("x-request-id"), Some(ids.first_key_value().unwrap().0.as_str()));
}
