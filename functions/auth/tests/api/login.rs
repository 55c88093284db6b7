//! `POST /api/auth/login`

use std::time::Duration;

use crate::support::{Auth, PASSWORD, ResetMeanwhile, text, user_of};
use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::event::{Event, Fact};
use shared::id::UserId;
use shared::store::{Listing, RateLimit};
use testkit::{Cloud, TestApp, TestResponse};

async fn login(app: &TestApp, email: &str, password: &str) -> TestResponse {
    app.post("/api/auth/login").json(&json!({"email": email, "password": password})).send().await
}

#[tokio::test(start_paused = true)]
async fn each_sign_in_starts_a_session_of_its_own() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    tokio::time::advance(Duration::from_secs(60)).await;
    let response = login(&auth.app, " ADA@example.com ", PASSWORD).await;
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let answer = response.expect(200);
    assert_eq!((&answer["user"], &answer["expiresIn"]), (&registered["user"], &json!(86_400)));
    assert_ne!(answer["refreshToken"], registered["refreshToken"]);
    let mut sessions = Vec::new();
    for token in [&registered, &answer].map(|answer| text(answer, "accessToken")) {
        let me = auth.app.get("/api/auth/me").bearer(token).send().await.expect(200);
        sessions.push(text(&me["session"], "id").to_owned());
    }
    assert_ne!(sessions[0], sessions[1]);

    let user_id: UserId = text(&answer["user"], "id").parse().unwrap();
    let listing = Listing::of_partition(Event::partition(user_id.personal_organization())).newest_first();
    let events = auth.cloud.services.store.list::<Event>(&listing, None).await.unwrap();
    let session_id = sessions[1].parse().unwrap();
    assert_eq!(events.data[0].fact, Fact::SessionStarted { user_id, session_id });
    assert_eq!(events.data.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_address_and_a_wrong_password_are_answered_alike() {
    let auth = Auth::new();
    auth.register("ada").await;
    // An account without a password: the testkit writes none.
    auth.cloud.caller("Grace").await;
    let longest = "x".repeat(1024);
    let mut answers = Vec::new();
    for (email, password) in [
        ("ada@example.com", "wrong horse"),
        ("nobody@example.com", PASSWORD),
        ("grace@example.com", PASSWORD),
        ("ada@example.com", " correct horse"),
        ("ada@example.com", "x"),
        ("ada@example.com", &longest),
    ] {
        let mut response = login(&auth.app, email, password).await;
        for counted in ["x-request-id", "ratelimit"] {
            assert!(response.headers.remove(counted).is_some());
        }
        assert_eq!(response.header("www-authenticate"), Some("Bearer"));
        let headers = response.headers.clone();
        let problem = response.expect_problem(401, "invalid_credentials");
        assert_eq!(problem["error"], "Token invalid");
        answers.push((headers, problem));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test(start_paused = true)]
async fn bad_input_is_told_apart_and_not_counted() {
    let auth = Auth::new();
    auth.register("ada").await;
    let too_long = "x".repeat(1025);
    for _ in 0..4 {
        let problem = login(&auth.app, "ada", "").await.expect_problem(422, "invalid");
        let paths = problem["errors"].as_array().unwrap().iter().map(|error| error["path"].clone());
        assert_eq!(paths.collect::<Vec<_>>(), ["email", "password"]);
        login(&auth.app, "ada@example.com", &too_long).await.expect_problem(422, "invalid");
        for body in ["", "{}", r#"{"email": "ada@example.com", "password": "x", "remember": true}"#, "null"] {
            let request = auth.app.post("/api/auth/login").body("application/json", body);
            request.send().await.expect_problem(400, "malformed");
        }
    }
    login(&auth.app, "ada@example.com", PASSWORD).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn guessing_one_accounts_password_is_limited_for_a_while() {
    let auth = Auth::new();
    auth.register("ada").await;
    auth.register("eve").await;
    let mut remaining = Vec::new();
    for number in 0..10 {
        let response = login(&auth.app, "ada@example.com", &format!("guess {number}")).await;
        remaining.push(response.headers.get_all("ratelimit").iter().next_back().unwrap().to_str().unwrap().to_owned());
        response.expect_problem(401, "invalid_credentials");
    }
    assert_eq!(remaining[0], r#""login-account";r=9;t=300"#);
    assert_eq!(remaining[9], r#""login-account";r=0;t=300"#);
    tokio::time::advance(Duration::from_secs(100)).await;
    let refused = login(&auth.app, "ADA@example.com", PASSWORD).await;
    assert_eq!(refused.header("retry-after"), Some("200"));
    assert_eq!(refused.header("ratelimit"), Some(r#""login-account";r=0;t=200"#));
    assert_eq!(refused.header("ratelimit-policy"), Some(r#""login-account";q=10;w=300"#));
    refused.expect_problem(429, "too_many_requests");
    login(&auth.app, "eve@example.com", PASSWORD).await.expect(200);
    tokio::time::advance(Duration::from_secs(200)).await;
    login(&auth.app, "ada@example.com", PASSWORD).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn of_guesses_at_the_same_moment_no_more_are_answered_than_the_limit_admits() {
    let auth = Auth::new();
    auth.register("ada").await;
    let guesses = (0..59).map(|number| format!("guess {number}")).chain([PASSWORD.to_owned()]);
    let answers = join_all(guesses.map(|password| async {
        let password = password;
        login(&auth.app, "ada@example.com", &password).await.status.as_u16()
    }));
    let answers = answers.await;
    let counted = |refused: bool| answers.iter().filter(|status| (**status == 429) == refused).count();
    assert_eq!((counted(false), counted(true)), (10, 50), "{answers:?}");
    // Nor does what was refused shut out networks that the account does not know.
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    auth.app.post("/api/auth/login").address("203.0.113.9".parse().ok()).json(&body).send().await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn trying_many_accounts_from_one_network_is_limited_for_a_while() {
    let auth = Auth::new();
    auth.register("ada").await;
    let window = Duration::from_secs(300);
    let limit = RateLimit { name: "login-network", attempts: 100, window };
    for network in ["192.0.2.7", "20010db800000001/64", "unknown"] {
        for _ in 0..99 {
            auth.cloud.services.store.count_attempt(limit, network).await.unwrap();
        }
    }
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    let login = |address: &str| auth.app.post("/api/auth/login").address(address.parse().ok()).json(&body).send();
    for address in ["192.0.2.7", "2001:db8:0:1::5", "unknown"] {
        login(address).await.expect(200);
        let refused = login(address).await;
        assert_eq!(refused.header("retry-after"), Some("300"), "{address}");
        refused.expect_problem(429, "too_many_requests");
    }
    // The /64 of an IPv6 address is one network, and the next one another.
    login("2001:db8:0:1::6").await.expect_problem(429, "too_many_requests");
    login("2001:db8:0:2::5").await.expect(200);
    login("192.0.2.8").await.expect(200);
    tokio::time::advance(window).await;
    login("192.0.2.7").await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn an_answer_tells_the_limits_it_counted_for() {
    let auth = Auth::new();
    auth.register("ada").await;
    let response = login(&auth.app, "ada@example.com", PASSWORD).await;
    let values = |name: &str| {
        let values = response.headers.get_all(name).iter();
        values.map(|value| value.to_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(values("ratelimit-policy"), [r#""login-network";q=100;w=300"#, r#""login-account";q=10;w=300"#]);
    assert_eq!(values("ratelimit"), [r#""login-network";r=99;t=300"#, r#""login-account";r=9;t=300"#]);
    assert_ne!(response.json, Value::Null);
}

#[tokio::test(start_paused = true)]
async fn a_flood_from_everywhere_keeps_nobody_out_at_home() {
    let auth = Auth::new();
    auth.register("ada").await;
    let from = |network: u8, password: &str| {
        let body = json!({"email": "ada@example.com", "password": password});
        let address = format!("198.51.100.{network}").parse().ok();
        auth.app.post("/api/auth/login").address(address).json(&body).send()
    };
    for network in 0..5 {
        for number in 0..10 {
            from(network, &format!("guess {number}")).await.expect_problem(401, "invalid_credentials");
        }
    }
    // A network that has tried nothing yet, with the right password: the account does not know it.
    let refused = from(7, PASSWORD).await;
    assert_eq!(refused.header("ratelimit"), Some(r#""login-failures";r=0;t=300"#));
    refused.expect_problem(429, "too_many_requests");
    login(&auth.app, "ada@example.com", PASSWORD).await.expect(200);
    login(&auth.app, "eve@example.com", PASSWORD).await.expect_problem(401, "invalid_credentials");
    tokio::time::advance(Duration::from_secs(300)).await;
    from(7, PASSWORD).await.expect(200);
    // Now it is known, as is the one that registered.
    for network in 10..15 {
        for number in 0..10 {
            from(network, &format!("guess {number}")).await.expect_problem(401, "invalid_credentials");
        }
    }
    from(16, PASSWORD).await.expect_problem(429, "too_many_requests");
    from(7, PASSWORD).await.expect(200);
    login(&auth.app, "ada@example.com", PASSWORD).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn a_stranger_who_guesses_uses_up_what_strangers_have() {
    let auth = Auth::new();
    auth.register("ada").await;
    let body = json!({"email": "ada@example.com", "password": "wrong horse"});
    let stranger = || auth.app.post("/api/auth/login").address("203.0.113.9".parse().ok()).json(&body).send();
    for _ in 0..10 {
        stranger().await.expect_problem(401, "invalid_credentials");
    }
    stranger().await.expect_problem(429, "too_many_requests");
    login(&auth.app, "ada@example.com", PASSWORD).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn neither_an_address_nor_a_known_network_shows_in_the_limits() {
    let auth = Auth::new();
    auth.register("ada").await;
    let mut seen = Vec::new();
    for email in ["ada@example.com", "nobody@example.com"] {
        for number in 0..2 {
            let answer = login(&auth.app, email, &format!("guess {number}")).await;
            let policies = answer.headers.get_all("ratelimit-policy").iter().cloned().collect::<Vec<_>>();
            let account = answer.headers.get_all("ratelimit").iter().next_back().cloned();
            seen.push((number, policies, account));
        }
    }
    assert_eq!(seen[..2], seen[2..]);
}

#[tokio::test(start_paused = true)]
async fn a_password_that_is_reset_meanwhile_starts_no_session() {
    let auth = Auth::new();
    let user = user_of(&auth.register("ada").await);
    let table = ResetMeanwhile { table: auth.cloud.dynamodb.clone(), user };
    let meanwhile = Auth::through(Cloud::through(auth.cloud.dynamodb.clone(), table.clone()), table);
    // The keys that sign are made before.
    auth.login("ada").await;
    let answer = login(&meanwhile.app, "ada@example.com", PASSWORD).await;
    answer.expect_problem(401, "invalid_credentials");
    let started = auth.facts(user).await.into_iter().filter(|fact| matches!(fact, Fact::SessionStarted { .. }));
    assert_eq!(started.count(), 1, "the one before");
}
