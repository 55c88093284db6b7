//! `/api/auth/totp` and `POST /api/auth/login/totp`

use std::time::Duration;

use crate::support::{Auth, PASSWORD, events, text};
use data_encoding::BASE32_NOPAD;
use serde_json::{Value, json};
use shared::event::Fact;
use shared::id::UserId;
use shared::model::totp::Totp;
use testkit::{TestResponse, totp_code_at};

/// The code that an authenticator with this secret shows, so many steps from now.
fn code(auth: &Auth, secret: &str, steps: i64) -> String {
    totp_code_at(&json!(secret), &auth.cloud.services.clock, steps)
}

async fn post(auth: &Auth, tokens: &Value, path: &str, body: Value) -> TestResponse {
    auth.app.post(path).bearer(text(tokens, "accessToken")).json(&body).send().await
}

async fn enroll(auth: &Auth, tokens: &Value) -> String {
    let request = auth.app.post("/api/auth/totp/enroll").bearer(text(tokens, "accessToken"));
    text(&request.send().await.expect(200), "secret").to_owned()
}

/// Turns it on; the secret and the recovery codes. Afterwards the codes of the current step are used up.
async fn turn_on(auth: &Auth, tokens: &Value) -> (String, Vec<String>) {
    let secret = enroll(auth, tokens).await;
    let body = json!({"code": code(auth, &secret, 0)});
    let confirmed = post(auth, tokens, "/api/auth/totp/confirm", body).await.expect(200);
    let codes = confirmed["recoveryCodes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned());
    (secret, codes.collect())
}

async fn status(auth: &Auth, tokens: &Value) -> Value {
    auth.app.get("/api/auth/totp").bearer(text(tokens, "accessToken")).send().await.expect(200)
}

async fn login(auth: &Auth) -> TestResponse {
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    auth.app.post("/api/auth/login").json(&body).send().await
}

async fn challenge(auth: &Auth) -> String {
    text(&login(auth).await.expect_problem(401, "totp_required"), "challenge").to_owned()
}

async fn second(auth: &Auth, body: Value) -> TestResponse {
    auth.app.post("/api/auth/login/totp").json(&body).send().await
}

async fn advance(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn an_authenticator_counts_once_a_code_of_it_was_right() {
    let auth = Auth::new();
    let ada = auth.register("ada").await;
    let off = json!({"enabled": false, "enabledAt": null, "recoveryCodesLeft": 0});
    assert_eq!(status(&auth, &ada).await, off);
    let request = auth.app.post("/api/auth/totp/enroll").bearer(text(&ada, "accessToken"));
    let enrolment = request.send().await.expect(200);
    let secret = text(&enrolment, "secret");
    assert_eq!(BASE32_NOPAD.decode(secret.as_bytes()).unwrap().len(), 20);
    let uri = format!(
        "otpauth://totp/Groundwork:ada%40example.com?secret={secret}&issuer=Groundwork&algorithm=SHA1&digits=6&period=30"
    );
    assert_eq!(text(&enrolment, "otpauthUri"), uri);
    assert!(text(&enrolment, "qrCodeSvg").contains("<svg"));
    assert_eq!(status(&auth, &ada).await, off);
    login(&auth).await.expect(200);
    let confirm = |code: String| post(&auth, &ada, "/api/auth/totp/confirm", json!({"code": code}));
    confirm(code(&auth, secret, 2)).await.expect_problem(403, "code_wrong");
    for wrong in ["", "12345", "1234567", "12345a", "１２３４５６"] {
        confirm(wrong.to_owned()).await.expect_problem(422, "invalid");
    }
    let confirmed = confirm(code(&auth, secret, 0)).await.expect(200);
    let codes = confirmed["recoveryCodes"].as_array().unwrap();
    assert!(codes.len() == 10 && codes.iter().all(|code| code.as_str().unwrap().len() == 29), "{codes:?}");
    let on = json!({"enabled": true, "enabledAt": "2026-11-20T09:00:00.000Z", "recoveryCodesLeft": 10});
    assert_eq!(status(&auth, &ada).await, on);
    confirm(code(&auth, secret, 1)).await.expect_problem(409, "totp_on");
    let again = auth.app.post("/api/auth/totp/enroll").bearer(text(&ada, "accessToken")).send().await;
    again.expect_problem(409, "totp_on");
    let user_id: UserId = text(&ada["user"], "id").parse().unwrap();
    assert_eq!(events(&auth, &ada).await[0].fact, Fact::TotpEnabled { user_id });
    let stored = auth.cloud.services.store.get::<Totp>(&Totp::key_of(user_id)).await.unwrap().unwrap();
    assert!(!stored.sealed_secret.contains(secret));
    let plain = codes[0].as_str().unwrap();
    assert!(!serde_json::to_string(&stored.value).unwrap().contains(plain), "recovery codes are hashed");
}

#[tokio::test(start_paused = true)]
async fn signing_in_takes_both_factors() {
    let auth = Auth::new();
    let ada = auth.register("ada").await;
    let (secret, _) = turn_on(&auth, &ada).await;
    advance(60).await;
    let refused = login(&auth).await;
    assert_eq!(refused.header("cache-control"), Some("no-store"));
    let problem = refused.expect_problem(401, "totp_required");
    assert_eq!((&problem["expiresIn"], &problem["accessToken"]), (&json!("300"), &Value::Null));
    let challenge = text(&problem, "challenge");
    let answer = second(&auth, json!({"challenge": challenge, "code": code(&auth, &secret, 0)})).await;
    assert!(answer.header("ratelimit").is_some());
    let answer = answer.expect(200);
    assert_eq!(answer["user"], ada["user"]);
    auth.me(&answer).await.expect(200);
    // With a wrong password nothing tells of a second factor.
    let body = json!({"email": "ada@example.com", "password": "wrong horse"});
    let wrong = auth.app.post("/api/auth/login").json(&body).send().await.expect_problem(401, "invalid_credentials");
    assert_eq!(wrong["challenge"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn a_code_is_accepted_once_and_from_a_clock_that_is_a_little_off() {
    let auth = Auth::new();
    let ada = auth.register("ada").await;
    let (secret, _) = turn_on(&auth, &ada).await;
    let challenge = challenge(&auth).await;
    let with = |code: String| second(&auth, json!({"challenge": challenge.clone(), "code": code}));
    with(code(&auth, &secret, 0)).await.expect_problem(401, "code_wrong");
    advance(60).await;
    // A device that is 30 seconds slow, then the same code again, then the next one.
    with(code(&auth, &secret, -1)).await.expect(200);
    with(code(&auth, &secret, -1)).await.expect_problem(401, "code_wrong");
    with(code(&auth, &secret, 0)).await.expect(200);
    with(code(&auth, &secret, -1)).await.expect_problem(401, "code_wrong");
    with(code(&auth, &secret, 1)).await.expect(200);
    with(code(&auth, &secret, 2)).await.expect_problem(401, "code_wrong");
}

#[tokio::test(start_paused = true)]
async fn of_two_sign_ins_with_one_code_at_once_one_succeeds() {
    let auth = Auth::new();
    let ada = auth.register("ada").await;
    let (secret, codes) = turn_on(&auth, &ada).await;
    advance(60).await;
    let challenge = challenge(&auth).await;
    for body in [
        json!({"challenge": challenge, "code": code(&auth, &secret, 0)}),
        json!({"challenge": challenge, "recoveryCode": codes[0]}),
    ] {
        let (a, b) = tokio::join!(second(&auth, body.clone()), second(&auth, body));
        let mut statuses = [a.status.as_u16(), b.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_recovery_code_signs_in_once() {
    let auth = Auth::new();
    let ada = auth.register("ada").await;
    let (_, codes) = turn_on(&auth, &ada).await;
    let challenge = challenge(&auth).await;
    let with = |code: &str| second(&auth, json!({"challenge": challenge.clone(), "recoveryCode": code}));
    with("AAAA-AAAA-AAAA-AAAA").await.expect_problem(401, "code_wrong");
    let typed = codes[3].to_lowercase().replace('-', " ");
    let answer = with(&typed).await.expect(200);
    with(&codes[3]).await.expect_problem(401, "code_wrong");
    with(&codes[4]).await.expect(200);
    assert_eq!(status(&auth, &answer).await["recoveryCodesLeft"], 8);
    let user_id = text(&ada["user"], "id").parse().unwrap();
    let facts = events(&auth, &ada).await.into_iter().map(|event| event.fact).collect::<Vec<_>>();
    for left in [8, 9] {
        assert!(facts.contains(&Fact::RecoveryCodeUsed { user_id, left }), "{facts:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_challenge_is_good_for_five_minutes_and_one_password() {
    let auth = Auth::new();
    let ada = auth.register("ada").await;
    let (secret, _) = turn_on(&auth, &ada).await;
    let old = challenge(&auth).await;
    advance(300).await;
    let late = second(&auth, json!({"challenge": old, "code": code(&auth, &secret, 0)})).await;
    late.expect_problem(401, "challenge_invalid");
    let mine = challenge(&auth).await;
    let (head, tail) = mine.rsplit_once('.').unwrap();
    for forged in [
        format!("{head}.{}", tail.chars().rev().collect::<String>()),
        head.to_owned(),
        "x".to_owned(),
        text(&ada, "accessToken").chars().take(400).collect(),
        text(&ada, "refreshToken").to_owned(),
    ] {
        let answer = second(&auth, json!({"challenge": forged, "code": code(&auth, &secret, 0)})).await;
        answer.expect_problem(401, "challenge_invalid");
    }
    // A challenge is no token.
    let answer = auth.app.get("/api/auth/me").bearer(&mine).send().await;
    answer.expect_problem(401, "token_invalid");
    let body = json!({"currentPassword": PASSWORD, "newPassword": "kumquat marmalade seven"});
    assert_eq!(post(&auth, &ada, "/api/auth/password/change", body).await.status, 204);
    let answer = second(&auth, json!({"challenge": mine, "code": code(&auth, &secret, 0)})).await;
    answer.expect_problem(401, "challenge_invalid");
    for body in [json!({"challenge": mine}), json!({"challenge": mine, "code": "123456", "recoveryCode": "x"})] {
        second(&auth, body).await.expect_problem(422, "invalid");
    }
}

#[tokio::test(start_paused = true)]
async fn guessing_codes_is_limited_and_keeps_the_owner_out_nowhere_else() {
    let auth = Auth::new();
    let ada = auth.register("ada").await;
    let (secret, _) = turn_on(&auth, &ada).await;
    advance(60).await;
    let challenge = challenge(&auth).await;
    let right = code(&auth, &secret, 0);
    let wrong = if right == "000000" { "000001" } else { "000000" };
    let from = |address: String, code: &str| {
        let request = auth.app.post("/api/auth/login/totp").address(address.parse().ok());
        request.json(&json!({"challenge": challenge, "code": code})).send()
    };
    for _ in 0..10 {
        from("198.51.100.1".to_owned(), wrong).await.expect_problem(401, "code_wrong");
    }
    from("198.51.100.1".to_owned(), wrong).await.expect_problem(429, "too_many_requests");
    for _ in 0..10 {
        from("198.51.100.2".to_owned(), wrong).await.expect_problem(401, "code_wrong");
    }
    // After twenty in vain no network is let in that the account does not know, even with the right code.
    let refused = from("198.51.100.3".to_owned(), &right).await;
    assert!(refused.header("ratelimit").unwrap().starts_with("\"second-factor-failures\";r=0;"));
    refused.expect_problem(429, "too_many_requests");
    from("192.0.2.1".to_owned(), &right).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn what_turns_it_off_or_replaces_it_asks_for_credentials_again() {
    let auth = Auth::new();
    let ada = auth.register("ada").await;
    let (secret, codes) = turn_on(&auth, &ada).await;
    advance(600).await;
    for (method, path) in [("DELETE", "/api/auth/totp"), ("POST", "/api/auth/totp/recovery-codes")] {
        let request = auth.app.request(method, path).bearer(text(&ada, "accessToken"));
        request.send().await.expect_problem(403, "step_up_required");
    }
    let body = json!({"code": code(&auth, &secret, 0)});
    let stepped_up = auth.step_up(&ada, body.clone()).await.expect(200);
    auth.step_up(&stepped_up, body).await.expect_problem(403, "code_wrong");
    let token = text(&stepped_up, "accessToken");
    let disable = || auth.app.delete("/api/auth/totp").bearer(token).send();
    let renew = || auth.app.post("/api/auth/totp/recovery-codes").bearer(token).send();
    let renewed = renew().await.expect(200);
    let fresh = renewed["recoveryCodes"][0].as_str().unwrap();
    let challenge = challenge(&auth).await;
    let answer = second(&auth, json!({"challenge": challenge, "recoveryCode": codes[0]})).await;
    answer.expect_problem(401, "code_wrong");
    second(&auth, json!({"challenge": challenge, "recoveryCode": fresh})).await.expect(200);
    assert_eq!(disable().await.status, 204);
    disable().await.expect_problem(409, "totp_off");
    renew().await.expect_problem(409, "totp_off");
    let answer = second(&auth, json!({"challenge": challenge, "code": code(&auth, &secret, 0)})).await;
    answer.expect_problem(401, "challenge_invalid");
    login(&auth).await.expect(200);
    advance(600).await;
    let enroll = auth.app.post("/api/auth/totp/enroll").bearer(token).send().await;
    enroll.expect_problem(403, "step_up_required");
    let user_id = text(&ada["user"], "id").parse().unwrap();
    let facts = events(&auth, &ada).await.into_iter().map(|event| event.fact).collect::<Vec<_>>();
    for fact in [Fact::TotpDisabled { user_id }, Fact::RecoveryCodesRenewed { user_id }] {
        assert!(facts.contains(&fact), "{facts:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn enrolling_again_before_confirming_begins_anew() {
    let auth = Auth::new();
    let ada = auth.register("ada").await;
    let first = enroll(&auth, &ada).await;
    let second = enroll(&auth, &ada).await;
    assert_ne!(first, second);
    let confirm = |code: String| post(&auth, &ada, "/api/auth/totp/confirm", json!({"code": code}));
    confirm(code(&auth, &first, 0)).await.expect_problem(403, "code_wrong");
    confirm(code(&auth, &second, 0)).await.expect(200);
    let eve = auth.register("eve").await;
    post(&auth, &eve, "/api/auth/totp/confirm", json!({"code": "123456"})).await.expect_problem(409, "totp_off");
}
