//! An attempt to sign in by LinkedIn: whose it is, how long it is good, and what of LinkedIn's answers is believed.

use std::time::Duration;

use embedded::LinkedInTrouble;
use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::store::Listing;

use super::{World, member};
use crate::support::text;

#[tokio::test(start_paused = true)]
async fn an_attempt_belongs_to_the_browser_that_began_it() {
    let Some(world) = World::new() else { return };
    let (mine, theirs) = (world.start().await, world.start().await);
    let rows = world.rows().await;
    let returned = world.agreed(&theirs, &member("eve"));
    let wrong = |name: &str, value: Value| {
        let mut body = returned.clone();
        body[name] = value;
        body
    };
    let state = text(&returned, "state");
    let (id, expiry) = state.split_once('.').unwrap();
    for body in [
        // A link with somebody else's code and state, opened in a browser that began its own attempt, or none.
        wrong("verifier", mine["verifier"].clone()),
        wrong("verifier", json!("x")),
        wrong("state", world.agreed(&mine, &member("eve"))["state"].clone()),
        wrong("state", json!(format!("{id}.{}", expiry.replace('1', "2")))),
        wrong("state", json!("x")),
    ] {
        let problem = world.callback(&body).await.expect_problem(422, "linkedin_attempt_invalid");
        assert_eq!(problem["errors"][0]["path"], "state");
    }
    assert_eq!(world.linkedin.asked(), [""; 0], "LinkedIn was not bothered");
    for body in
        [json!({}), wrong("code", json!("")), wrong("verifier", json!("x".repeat(257))), wrong("more", json!(1))]
    {
        let status = world.callback(&body).await.status.as_u16();
        assert!(matches!(status, 400 | 422), "{status} for {body}");
    }
    assert_eq!(world.rows().await, rows, "nothing was written");
    world.callback(&returned).await.expect(201);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_is_good_once_for_ten_minutes() {
    let Some(world) = World::new() else { return };
    let (first, second) = (world.start().await, world.start().await);
    tokio::time::advance(Duration::from_secs(599)).await;
    world.callback(&world.agreed(&first, &member("ada"))).await.expect(201);
    // The same attempt with a code that is good.
    let again = world.callback(&world.agreed(&first, &member("eve"))).await;
    again.expect_problem(422, "linkedin_attempt_invalid");
    tokio::time::advance(Duration::from_secs(1)).await;
    let late = world.callback(&world.agreed(&second, &member("ada"))).await;
    late.expect_problem(422, "linkedin_attempt_invalid");
}

#[tokio::test(start_paused = true)]
async fn a_code_that_linkedin_refuses_signs_nobody_in() {
    let Some(world) = World::new() else { return };
    let used = world.agreed(&world.start().await, &member("ada"));
    world.callback(&used).await.expect(201);
    let rows = world.rows().await;
    let mut body = world.agreed(&world.start().await, &member("ada"));
    for code in [used["code"].clone(), json!("made up")] {
        let (right, code) = (body["code"].clone(), code);
        body["code"] = code;
        let problem = world.callback(&body).await.expect_problem(422, "linkedin_code_invalid");
        assert_eq!(problem["errors"][0]["path"], "code");
        body["code"] = right;
    }
    assert_eq!(world.rows().await, rows);
    // The attempt was not used up by that.
    world.callback(&body).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn of_two_returns_of_one_attempt_at_once_one_signs_in() {
    let Some(world) = World::new() else { return };
    for round in 0..3 {
        let begun = world.start().await;
        let (one, other) = (world.agreed(&begun, &member("ada")), world.agreed(&begun, &member("ada")));
        let answers = [world.callback(&one), world.callback(&other)];
        let mut statuses = join_all(answers).await.iter().map(|answer| answer.status.as_u16()).collect::<Vec<_>>();
        statuses.sort_unstable();
        assert_eq!(statuses, [if round == 0 { 201 } else { 200 }, 422]);
    }
}

#[tokio::test(start_paused = true)]
async fn linkedin_may_be_down_slow_or_lie() {
    let Some(world) = World::new() else { return };
    let body = world.agreed(&world.start().await, &member("ada"));
    let rows = world.rows().await;
    for trouble in [
        LinkedInTrouble::Status("/accessToken", 500),
        LinkedInTrouble::Status("/accessToken", 429),
        LinkedInTrouble::Silence,
    ] {
        world.linkedin.meets(Some(trouble));
        let answer = world.callback(&body).await;
        assert!(answer.header("retry-after").is_some());
        answer.expect_problem(503, "unavailable");
    }
    // The attempt waits until LinkedIn is well.
    world.linkedin.meets(None);
    world.callback(&body).await.expect(201);
    for (trouble, status) in [
        (LinkedInTrouble::Garbage, 503),
        (LinkedInTrouble::Status("/userinfo", 500), 503),
        (LinkedInTrouble::Signature, 500),
        (LinkedInTrouble::IdToken(|_, claims| claims["sub"] = json!("subject-of-mallory")), 500),
        (LinkedInTrouble::IdToken(|_, claims| claims["aud"] = json!("another application")), 500),
    ] {
        let body = world.agreed(&world.start().await, &member("eve"));
        world.linkedin.meets(Some(trouble));
        let answer = world.callback(&body).await;
        assert_eq!(answer.status, status, "{trouble:?}: {}", answer.text);
        assert!(!answer.text.contains("sandbox"), "nothing of LinkedIn's is told: {}", answer.text);
        world.linkedin.meets(None);
    }
    assert!(world.rows().await > rows);
    let keys = world.auth.cloud.services.store.list_items(&Listing::of_partition("EMAIL#eve@example.com"), None).await;
    assert!(keys.unwrap().data.is_empty(), "nobody was signed in by that");
}

#[tokio::test(start_paused = true)]
async fn returns_are_limited_for_a_network() {
    let Some(world) = World::new() else { return };
    let mut body = world.agreed(&world.start().await, &member("ada"));
    body["code"] = json!("made up");
    for _ in 0..100 {
        world.callback(&body).await.expect_problem(422, "linkedin_code_invalid");
    }
    world.callback(&body).await.expect_problem(429, "too_many_requests");
    let elsewhere = world.auth.app.post("/api/auth/linkedin/callback").address("198.51.100.7".parse().ok());
    elsewhere.json(&body).send().await.expect_problem(422, "linkedin_code_invalid");
}
