//! Passwords that are known from breaches.

use crate::support::{Auth, text};
use embedded::Breaches;
use serde_json::json;
use testkit::TestResponse;

async fn register(auth: &Auth, name: &str, password: &str) -> TestResponse {
    let body = json!({"email": format!("{name}@example.com"), "password": password, "name": name});
    auth.app.post("/api/auth/register").json(&body).send().await
}

#[tokio::test(start_paused = true)]
async fn a_password_of_a_breach_is_not_taken() {
    let breaches = Breaches::of(&["breached kumquat marmalade"]);
    let Some(auth) = Auth::with_breaches(&breaches) else { return };
    let problem = register(&auth, "ada", "breached kumquat marmalade").await.expect_problem(422, "invalid");
    assert_eq!(problem["errors"][0]["path"], "password");
    assert!(text(&problem["errors"][0], "message").contains("breach"));
    let ada = register(&auth, "ada", "unbreached kumquat marmalade").await.expect(201);
    let body = json!({"newPassword": "breached kumquat marmalade"});
    let change = auth.app.post("/api/auth/password/change").bearer(text(&ada, "accessToken")).json(&body);
    let problem = change.send().await.expect_problem(422, "invalid");
    assert_eq!(problem["errors"][0]["path"], "newPassword");
    // Signing in asks nobody.
    let asked = breaches.asked();
    let body = json!({"email": "ada@example.com", "password": "unbreached kumquat marmalade"});
    auth.app.post("/api/auth/login").json(&body).send().await.expect(200);
    assert_eq!(breaches.asked(), asked);
    // Five characters of a hash are all that anybody else learns.
    assert!(
        asked.iter().all(|path| path.strip_prefix("/base/range/").is_some_and(|prefix| prefix.len() == 5)),
        "{asked:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn where_nobody_answers_a_password_is_taken() {
    let breaches = Breaches::of(&["breached kumquat marmalade"]);
    let Some(auth) = Auth::with_breaches(&breaches) else { return };
    for (number, answer) in [500, 404, 302].into_iter().enumerate() {
        breaches.answer_with(answer);
        register(&auth, &format!("ada{number}"), "breached kumquat marmalade").await.expect(201);
    }
    breaches.fall_silent();
    register(&auth, "eve", "breached kumquat marmalade").await.expect(201);
}
