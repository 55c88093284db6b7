//! `POST /api/auth/refresh`

use std::collections::BTreeSet;
use std::pin::Pin;
use std::time::Duration;

use crate::support::{Auth, PASSWORD, text};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::access::TokenIssuer;
use shared::clock::{Clock, TimeSource, Timestamp};
use shared::config::PlatformConfig;
use shared::event::{Actor, Event, Fact};
use shared::id::UserId;
use shared::model::session::Session;
use shared::model::signing_key::SigningKey;
use shared::services::Services;
use shared::store::{Listing, Transaction};
use testkit::{Cloud, FaultPlan, TestResponse};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn refresh(auth: &Auth, token: &str) -> TestResponse {
    auth.app.post("/api/auth/refresh").json(&json!({"refreshToken": token})).send().await
}

async fn refreshed(auth: &Auth, token: &str) -> String {
    text(&refresh(auth, token).await.expect(200), "refreshToken").to_owned()
}

async fn refused(auth: &Auth, token: &str) {
    let problem = refresh(auth, token).await.expect_problem(401, "refresh_token_invalid");
    assert_eq!(problem["error"], "Token invalid");
}

async fn me(auth: &Auth, tokens: &Value) -> TestResponse {
    auth.app.get("/api/auth/me").bearer(text(tokens, "accessToken")).send().await
}

/// The session that a refresh token names.
async fn session_of(cloud: &Cloud, token: &str) -> Session {
    let [user_id, session_id, _] = token.split('.').collect::<Vec<_>>()[..] else { panic!("a token has three parts") };
    let (user_id, session_id) = (user_id.parse().expect("an account"), session_id.parse().expect("a session"));
    let session = cloud.services.store.get::<Session>(&Session::key_of(user_id, session_id)).await;
    session.expect("the table answers").expect("the session is there").value
}

#[tokio::test(start_paused = true)]
async fn a_token_is_exchanged_for_new_tokens_of_the_same_session() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    tokio::time::advance(Duration::from_secs(25 * 60 * 60)).await;
    me(&auth, &registered).await.expect_problem(401, "token_invalid");
    let response = refresh(&auth, text(&registered, "refreshToken")).await;
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let answer = response.expect(200);
    let names = answer.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>();
    assert_eq!((names, &answer["expiresIn"]), (vec!["accessToken", "expiresIn", "refreshToken"], &json!(86_400)));
    let mine = me(&auth, &answer).await.expect(200);
    let old_parts = text(&registered, "refreshToken").split('.').collect::<Vec<_>>();
    let new_parts = text(&answer, "refreshToken").split('.').collect::<Vec<_>>();
    assert_eq!(old_parts[..2], new_parts[..2]);
    assert_ne!(old_parts[2], new_parts[2]);
    assert_eq!(mine["session"]["id"], new_parts[1]);
    assert_eq!(mine["session"]["expiresAt"], "2026-12-21T10:00:00.000Z", "an exchange prolongs the session");
}

#[tokio::test(start_paused = true)]
async fn a_session_lives_on_while_it_is_refreshed_and_ends_when_it_is_not() {
    let auth = Auth::new();
    let mut token = text(&auth.register("ada").await, "refreshToken").to_owned();
    for _ in 0..3 {
        tokio::time::advance(29 * DAY).await;
        token = refreshed(&auth, &token).await;
    }
    tokio::time::advance(30 * DAY).await;
    refused(&auth, &token).await;
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_after_half_a_year_however_often_it_was_refreshed() {
    let auth = Auth::new();
    let mut token = text(&auth.register("ada").await, "refreshToken").to_owned();
    for _ in 0..7 {
        tokio::time::advance(25 * DAY).await;
        token = refreshed(&auth, &token).await;
    }
    tokio::time::advance(7 * DAY - Duration::from_secs(1)).await;
    token = refreshed(&auth, &token).await;
    tokio::time::advance(Duration::from_secs(1)).await;
    refused(&auth, &token).await;
}

#[tokio::test(start_paused = true)]
async fn within_the_grace_a_repeat_gives_the_same_successor() {
    let auth = Auth::new();
    let first = text(&auth.register("ada").await, "refreshToken").to_owned();
    let second = refreshed(&auth, &first).await;
    let session = session_of(&auth.cloud, &first).await;
    tokio::time::advance(Duration::from_secs(10)).await;
    let repeat = refresh(&auth, &first).await.expect(200);
    assert_eq!(text(&repeat, "refreshToken"), second);
    assert_eq!(session_of(&auth.cloud, &first).await, session, "a repeat writes nothing");
    me(&auth, &repeat).await.expect(200);
    refreshed(&auth, &second).await;
}

#[tokio::test(start_paused = true)]
async fn a_replay_after_the_grace_ends_the_session() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    let elsewhere = auth.app.post("/api/auth/login").json(&body).send().await.expect(200);
    let first = text(&registered, "refreshToken");
    let answer = refresh(&auth, first).await.expect(200);
    me(&auth, &answer).await.expect(200);
    tokio::time::advance(Duration::from_millis(10_001)).await;
    refused(&auth, first).await;
    me(&auth, &answer).await.expect_problem(401, "token_invalid");
    me(&auth, &registered).await.expect_problem(401, "token_invalid");
    refused(&auth, text(&answer, "refreshToken")).await;
    me(&auth, &elsewhere).await.expect(200);

    let session = session_of(&auth.cloud, first).await;
    assert_eq!(session.ended_at, Some(auth.cloud.services.clock.now()));
    let user_id: UserId = text(&registered["user"], "id").parse().unwrap();
    let listing = Listing::of_partition(Event::partition(user_id.personal_organization())).newest_first();
    let events = auth.cloud.services.store.list::<Event>(&listing, None).await.unwrap();
    let ended = Fact::SessionFamilyRevoked { user_id, session_id: session.id };
    assert_eq!((&events.data[0].fact, events.data[0].actor), (&ended, Actor::Platform));
    assert_eq!(events.data.iter().filter(|event| event.fact == ended).count(), 1, "it ends once");
}

#[tokio::test(start_paused = true)]
async fn a_token_of_long_ago_ends_the_session_too() {
    let auth = Auth::new();
    let first = text(&auth.register("ada").await, "refreshToken").to_owned();
    let mut token = first.clone();
    for _ in 0..5 {
        tokio::time::advance(DAY).await;
        token = refreshed(&auth, &token).await;
    }
    // A tab that was overtaken twice at once is turned away without harm to the others.
    refused(&auth, &first).await;
    token = refreshed(&auth, &token).await;
    tokio::time::advance(DAY).await;
    refused(&auth, &first).await;
    refused(&auth, &token).await;
}

#[tokio::test(start_paused = true)]
async fn a_made_up_token_is_refused_and_ends_nothing() {
    let auth = Auth::new();
    let (ada, eve) = (auth.register("ada").await, auth.register("eve").await);
    let (adas, eves) = (text(&ada, "refreshToken"), text(&eve, "refreshToken"));
    let second = refreshed(&auth, adas).await;
    tokio::time::advance(Duration::from_secs(11)).await;
    let [user_id, session_id, secret] = adas.split('.').collect::<Vec<_>>()[..] else {
        panic!("a token has three parts")
    };
    let [eves_id, eves_session, eves_secret] = eves.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let random = URL_SAFE_NO_PAD.encode([7; 32]);
    let made_up = [
        format!("{user_id}.{session_id}.{random}"),
        format!("{user_id}.{session_id}.{eves_secret}"),
        format!("{user_id}.{eves_session}.{secret}"),
        format!("{eves_id}.{eves_session}.{secret}"),
        format!("{user_id}.{}.{secret}", auth.cloud.services.ids.next::<shared::id::SessionId>()),
        format!("{user_id}.{session_id}."),
        format!("{user_id}.{session_id}"),
        format!("{adas}="),
        text(&ada, "accessToken").chars().take(500).collect(),
        "x".to_owned(),
        "..".to_owned(),
        "é".repeat(200),
    ];
    for token in &made_up {
        refused(&auth, token).await;
    }
    for body in [json!({"refreshToken": ""}), json!({"refreshToken": "x".repeat(513)})] {
        let response = auth.app.post("/api/auth/refresh").json(&body).send().await;
        assert_eq!(response.expect_problem(422, "invalid")["errors"][0]["path"], "refreshToken");
    }
    for body in [json!({}), json!({"refreshToken": 7}), json!({"refreshToken": "x", "scope": "all"}), json!(null)] {
        auth.app.post("/api/auth/refresh").json(&body).send().await.expect_problem(400, "malformed");
    }
    refreshed(&auth, &second).await;
    refreshed(&auth, eves).await;
}

#[tokio::test(start_paused = true)]
async fn of_a_thousand_exchanges_at_once_all_get_the_one_live_successor() {
    let auth = Auth::new();
    let first = text(&auth.register("ada").await, "refreshToken").to_owned();
    tokio::time::advance(DAY).await;
    let answers = join_all((0..1000).map(|_| refresh(&auth, &first))).await;
    let answers = answers.into_iter().map(|answer| answer.expect(200)).collect::<Vec<_>>();
    let successors = answers.iter().map(|answer| text(answer, "refreshToken").to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(successors.len(), 1);
    let successor = successors.first().unwrap();
    assert_ne!(*successor, first);
    for answer in answers.iter().step_by(50) {
        me(&auth, answer).await.expect(200);
    }
    tokio::time::advance(Duration::from_secs(60)).await;
    let third = refreshed(&auth, successor).await;
    assert!(!successors.contains(&third));
}

/// A clock that is a little ahead of another.
#[derive(Debug)]
struct Ahead(Clock);

impl TimeSource for Ahead {
    fn now(&self) -> Timestamp {
        self.0.now().plus(Duration::from_millis(250))
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

#[tokio::test(start_paused = true)]
async fn instances_agree_even_if_their_clocks_do_not() {
    let auth = Auth::new();
    let Services { store, clock, ids, config, .. } = auth.cloud.services.clone();
    let services = Services::new(store.client().clone(), Clock::new(Ahead(clock)), ids, PlatformConfig::clone(&config));
    let ahead = Auth::on(Cloud { dynamodb: auth.cloud.dynamodb.clone(), services });
    let first = text(&auth.register("ada").await, "refreshToken").to_owned();
    let instances = [&auth, &ahead, &auth, &ahead, &ahead, &auth];
    let successors = join_all(instances.map(|instance| refreshed(instance, &first))).await;
    assert!(successors.iter().all(|successor| *successor == successors[0]), "{successors:?}");
    assert_eq!(refreshed(&Auth::on(auth.cloud.clone()), &first).await, successors[0], "also one that was not there");
    refreshed(&ahead, &successors[0]).await;
}

#[tokio::test(start_paused = true)]
async fn on_bad_days_a_repeat_succeeds_and_nobody_is_signed_out() {
    for seed in 0..24 {
        let auth = Auth::with_faults(FaultPlan::seeded(seed));
        let body = json!({"email": "ada@example.com", "password": PASSWORD, "name": "Ada"});
        let registered = auth.app.post("/api/auth/register").json(&body).send().await;
        if registered.status != 201 {
            continue;
        }
        let first = text(&registered.json, "refreshToken").to_owned();
        let mut successors = BTreeSet::new();
        for answer in join_all((0..6).map(|_| refresh(&auth, &first))).await {
            match answer.status.as_u16() {
                200 => _ = successors.insert(text(&answer.json, "refreshToken").to_owned()),
                409 | 503 => {}
                _ => panic!("seed {seed}: {}", answer.text),
            }
        }
        assert!(successors.len() <= 1, "seed {seed}: {successors:?}");
        let session = session_of(&auth.cloud.without_faults(), &first).await;
        assert_eq!(session.ended_at, None, "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_signing_key_changes_nothing_for_refresh_tokens() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    let first = text(&registered, "refreshToken");
    let second = refreshed(&auth, first).await;
    let services = &auth.cloud.services;
    let current = services.store.get::<SigningKey>(&SigningKey::current_key()).await.unwrap().unwrap();
    let next = TokenIssuer::new_key(&services.ids, services.clock.now()).unwrap();
    let rotate = |transaction: &mut Transaction<_>| {
        transaction.replace(&current, next.signing.clone());
        transaction.create(next.verifying.clone());
    };
    auth.cloud.write(rotate).await;
    // An instance that signs with the new key, within the grace and after it.
    let other = Auth::on(auth.cloud.clone());
    let repeat = refresh(&other, first).await.expect(200);
    assert_eq!(text(&repeat, "refreshToken"), second);
    assert_eq!(TokenIssuer::key_id(text(&repeat, "accessToken")), Some(next.signing.id));
    me(&other, &repeat).await.expect(200);
    me(&other, &registered).await.expect(200);
    refreshed(&other, &second).await;
    tokio::time::advance(Duration::from_secs(11)).await;
    refused(&other, first).await;
    assert!(session_of(&auth.cloud, first).await.ended_at.is_some(), "a replay is known across keys");
}

#[tokio::test(start_paused = true)]
async fn a_loop_of_exchanges_is_stopped_and_nobody_is_signed_out() {
    let auth = Auth::new();
    let mut token = text(&auth.register("ada").await, "refreshToken").to_owned();
    for left in (0..60).rev() {
        let answer = refresh(&auth, &token).await;
        let headers = (answer.header("ratelimit-policy"), answer.header("ratelimit"));
        let status = format!("\"refresh-session\";r={left};t=300");
        assert_eq!(headers, (Some("\"refresh-session\";q=60;w=300"), Some(status.as_str())));
        token = text(&answer.expect(200), "refreshToken").to_owned();
    }
    let refused = refresh(&auth, &token).await;
    assert_eq!(refused.header("retry-after"), Some("300"));
    refused.expect_problem(429, "too_many_requests");
    tokio::time::advance(Duration::from_secs(300)).await;
    refreshed(&auth, &token).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_limited_by_network_and_what_is_good_is_not() {
    let auth = Auth::new();
    let token = text(&auth.register("ada").await, "refreshToken").to_owned();
    let [user_id, session_id, _] = token.split('.').collect::<Vec<_>>()[..] else { panic!("a token has three parts") };
    let made_up = format!("{user_id}.{session_id}.{}", URL_SAFE_NO_PAD.encode([7; 32]));
    for _ in 0..100 {
        refused(&auth, &made_up).await;
    }
    refresh(&auth, &made_up).await.expect_problem(429, "too_many_requests");
    refreshed(&auth, &token).await;
}
