//! `/api/organizations/{organizationId}/invitations` and `/api/invitations`

use std::time::Duration;

use serde_json::{Value, json};
use shared::access::Role;
use shared::model::account_email::AccountEmail;
use testkit::{Caller, Cloud, TestApp, TestResponse};
use tokio::time::advance;

use crate::support::{app, role, token, trail};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Ada, who owns an organisation, and Grace, who is not in it.
struct Bench {
    cloud: Cloud,
    app: TestApp,
    ada: Caller,
    grace: Caller,
}

impl Bench {
    async fn new() -> Self {
        Self::over(Cloud::new()).await
    }

    async fn over(cloud: Cloud) -> Self {
        let (ada, grace) = (cloud.founder("Ada").await, cloud.caller("Grace").await);
        Self { app: app(&cloud), cloud, ada, grace }
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/organizations/{}/invitations{rest}", self.ada.organization_id)
    }

    async fn invite(&self, email: &str, role: &str) -> TestResponse {
        self.app.post(&self.path("")).by(&self.ada).json(&json!({"email": email, "role": role})).send().await
    }

    /// Grace's invitation and its token.
    async fn invited(&self) -> (Value, String) {
        let invitation = self.invite("grace@example.com", "member").await.expect(201);
        let token = token(&self.cloud, self.ada.organization_id, &invitation).await;
        (invitation, token)
    }

    async fn accept(&self, by: &Caller, token: &str) -> TestResponse {
        self.app.post("/api/invitations/accept").by(by).json(&json!({"token": token})).send().await
    }

    async fn present(&self, what: &str, token: &str) -> TestResponse {
        self.app.post(&format!("/api/invitations/{what}")).json(&json!({"token": token})).send().await
    }

    async fn open(&self) -> Vec<Value> {
        let list = self.app.get(&self.path("")).by(&self.ada).send().await.expect(200);
        list["data"].as_array().unwrap().clone()
    }

    async fn trail(&self) -> Vec<String> {
        trail(&self.cloud, self.ada.organization_id).await
    }
}

#[tokio::test(start_paused = true)]
async fn an_invitation_is_seen_accepted_and_gone() {
    let bench = Bench::new().await;
    let (invitation, token) = bench.invited().await;
    assert_eq!((&invitation["email"], &invitation["role"]), (&json!("grace@example.com"), &json!("member")));
    assert!(!invitation.to_string().contains(&token), "who invites is not given the token");
    assert_eq!(bench.open().await, std::slice::from_ref(&invitation));
    let offer = bench.present("view", &token).await.expect(200);
    assert_eq!(
        offer,
        json!({"organizationName": "Ada's", "role": "member", "email": "grace@example.com", "invitedBy": "Ada",
            "expiresAt": invitation["expiresAt"]})
    );
    let joined = bench.accept(&bench.grace, &token).await.expect(200);
    assert_eq!((&joined["id"], &joined["role"]), (&json!(bench.ada.organization_id), &json!("member")));
    let path = format!("/api/organizations/{}", bench.ada.organization_id);
    assert_eq!(bench.app.get(&path).by(&bench.grace).send().await.expect(200), joined);
    assert_eq!(bench.accept(&bench.grace, &token).await.expect(200), joined, "again changes nothing");
    for what in ["view", "decline"] {
        bench.present(what, &token).await.expect_problem(404, "invitation_invalid");
    }
    assert!(bench.open().await.is_empty());
    let told = ["organization.invitationSent", "organization.invitationAccepted", "organization.memberJoined"];
    assert_eq!(bench.trail().await, told);
    let events = bench.app.get("/api/activity").by(&bench.ada).organization(bench.ada.organization_id).send().await;
    assert!(!events.text.contains("grace@"), "events tell no address");
    let eve = bench.cloud.caller("Eve").await;
    bench.accept(&eve, &token).await.expect_problem(404, "invitation_invalid");
}

#[tokio::test(start_paused = true)]
async fn only_the_account_of_the_address_can_accept() {
    let bench = Bench::new().await;
    let invitation = bench.invite(" Grace@Example.com ", "admin").await.expect(201);
    let token = token(&bench.cloud, bench.ada.organization_id, &invitation).await;
    let eve = bench.cloud.caller("Eve").await;
    bench.accept(&eve, &token).await.expect_problem(403, "another_address");
    bench
        .app
        .post("/api/invitations/accept")
        .json(&json!({"token": token}))
        .send()
        .await
        .expect_problem(401, "token_missing");
    assert_eq!(role(&bench.cloud, &eve, bench.ada.organization_id).await, None);
    bench.accept(&bench.grace, &token).await.expect(200);
    assert_eq!(role(&bench.cloud, &bench.grace, bench.ada.organization_id).await, Some(Role::Admin));
}

#[tokio::test(start_paused = true)]
async fn forged_and_foreign_tokens_are_told_alike() {
    let bench = Bench::new().await;
    let (_, good) = bench.invited().await;
    let (ids, code) = good.rsplit_once('.').unwrap();
    let flipped = if code.starts_with('A') { "B" } else { "A" };
    let other = bench.cloud.founder("Eve").await;
    let foreign =
        good.replace(&bench.ada.organization_id.ulid().to_string(), &other.organization_id.ulid().to_string());
    for token in [
        format!("{ids}.{flipped}{}", code.split_at(1).1),
        foreign,
        "no".to_owned(),
        format!("{good}="),
        format!(" {good}"),
    ] {
        for what in ["view", "decline"] {
            bench.present(what, &token).await.expect_problem(404, "invitation_invalid");
        }
        bench.accept(&bench.grace, &token).await.expect_problem(404, "invitation_invalid");
    }
    bench.present("view", "").await.expect_problem(422, "invalid");
    let extra = bench.app.post("/api/invitations/view").json(&json!({"token": good, "more": 1})).send().await;
    extra.expect_problem(400, "malformed");
}

#[tokio::test(start_paused = true)]
async fn an_invitation_can_be_declined_without_an_account_and_revoked() {
    let bench = Bench::new().await;
    let (_, token) = bench.invited().await;
    assert_eq!(bench.present("decline", &token).await.status, 204);
    bench.accept(&bench.grace, &token).await.expect_problem(404, "invitation_invalid");
    let (invitation, token) = bench.invited().await;
    let path = bench.path(&format!("/{}", invitation["id"].as_str().unwrap()));
    assert_eq!(bench.app.delete(&path).by(&bench.ada).send().await.status, 204);
    bench.app.delete(&path).by(&bench.ada).send().await.expect_problem(404, "not_found");
    bench.accept(&bench.grace, &token).await.expect_problem(404, "invitation_invalid");
    let events = bench.app.get("/api/activity").by(&bench.ada).organization(bench.ada.organization_id).send().await;
    let events = events.expect(200)["data"].clone();
    assert_eq!(
        (&events[0]["type"], &events[2]["type"]),
        (&json!("organization.invitationRevoked"), &json!("organization.invitationDeclined"))
    );
    assert_eq!(events[2]["actor"]["kind"], "invitee");
}

#[tokio::test(start_paused = true)]
async fn an_address_has_one_open_invitation_and_after_seven_days_none() {
    let bench = Bench::new().await;
    let (_, token) = bench.invited().await;
    bench.invite("GRACE@example.com", "admin").await.expect_problem(409, "invitation_exists");
    bench.invite("alan@example.com", "admin").await.expect(201);
    advance(DAY * 7 - Duration::from_secs(1)).await;
    let (ada, grace) = (bench.cloud.signed_in_again(&bench.ada).await, bench.cloud.signed_in_again(&bench.grace).await);
    let bench = Bench { ada, grace, ..bench };
    bench.present("view", &token).await.expect(200);
    advance(Duration::from_secs(1)).await;
    bench.present("view", &token).await.expect_problem(404, "invitation_invalid");
    bench.accept(&bench.grace, &token).await.expect_problem(404, "invitation_invalid");
    assert!(bench.open().await.is_empty());
    let (_, next) = bench.invited().await;
    assert_eq!(bench.open().await.len(), 1, "what expired is no longer in the way");
    bench.accept(&bench.grace, &next).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn sending_again_renews_and_is_limited() {
    let bench = Bench::new().await;
    let (invitation, token) = bench.invited().await;
    advance(DAY * 6).await;
    let (ada, grace) = (bench.cloud.signed_in_again(&bench.ada).await, bench.cloud.signed_in_again(&bench.grace).await);
    let bench = Bench { ada, grace, ..bench };
    let path = bench.path(&format!("/{}/resend", invitation["id"].as_str().unwrap()));
    let sent = bench.app.post(&path).by(&bench.ada).send().await;
    assert!(sent.header("ratelimit").unwrap().contains("\"invitations\";r=49"), "{:?}", sent.headers);
    let sent = sent.expect(200);
    assert!(
        sent["expiresAt"].as_str() > invitation["expiresAt"].as_str() && sent["createdAt"] == invitation["createdAt"]
    );
    for _ in 0..4 {
        bench.app.post(&path).by(&bench.ada).send().await.expect(200);
    }
    let refused = bench.app.post(&path).by(&bench.ada).send().await;
    assert!(refused.header("retry-after").is_some());
    refused.expect_problem(429, "too_many_requests");
    advance(DAY * 2).await;
    let (ada, grace) = (bench.cloud.signed_in_again(&bench.ada).await, bench.cloud.signed_in_again(&bench.grace).await);
    let bench = Bench { ada, grace, ..bench };
    bench.accept(&bench.grace, &token).await.expect(200);
    assert_eq!(bench.trail().await.iter().filter(|kind| *kind == "organization.invitationSent").count(), 6);
}

#[tokio::test(start_paused = true)]
async fn bad_addresses_roles_and_members_are_refused() {
    let bench = Bench::new().await;
    let problem = bench.invite("nobody", "member").await.expect_problem(422, "invalid");
    assert_eq!(problem["errors"][0]["path"], "email");
    bench.invite("grace@example.com", "owner").await.expect_problem(400, "malformed");
    let account = AccountEmail { normalized: "grace@example.com".to_owned(), user_id: bench.grace.user_id };
    bench.cloud.write(|transaction| transaction.create(account.clone())).await;
    bench.cloud.join(&bench.grace, bench.ada.organization_id, Role::Member).await;
    bench.invite("grace@example.com", "member").await.expect_problem(409, "already_member");
    let by_member =
        bench.app.post(&bench.path("")).by(&bench.grace).json(&json!({"email": "a@example.com", "role": "member"}));
    by_member.send().await.expect_problem(403, "forbidden");
    bench.app.get(&bench.path("")).by(&bench.grace).send().await.expect_problem(403, "forbidden");
    assert!(bench.trail().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_repeat_under_one_key_invites_once() {
    let bench = Bench::new().await;
    let invite = || {
        let request = bench.app.post(&bench.path("")).by(&bench.ada).header("idempotency-key", "once");
        request.json(&json!({"email": "grace@example.com", "role": "member"})).send()
    };
    let (first, second) = (invite().await, invite().await);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.expect(201), second.expect(201));
    assert_eq!(bench.trail().await, ["organization.invitationSent"]);
}

#[tokio::test(start_paused = true)]
async fn who_accepts_declines_and_revokes_at_once_agrees_on_one_end() {
    for seed in 0..20 {
        let bench = Bench::over(Cloud::with_timing(seed)).await;
        let (invitation, token) = bench.invited().await;
        let path = bench.path(&format!("/{}", invitation["id"].as_str().unwrap()));
        let revoke = bench.app.delete(&path).by(&bench.ada).send();
        let accepts = futures_util::future::join_all((0..4).map(|_| bench.accept(&bench.grace, &token)));
        let (accepted, declined, revoked) = tokio::join!(accepts, bench.present("decline", &token), revoke);
        let joined = role(&bench.cloud, &bench.grace, bench.ada.organization_id).await.is_some();
        for answer in &accepted {
            assert_eq!(answer.status == 200, joined, "seed {seed}: {}", answer.text);
        }
        let ends = [joined, declined.status == 204, revoked.status == 204];
        assert_eq!(ends.iter().filter(|happened| **happened).count(), 1, "seed {seed}: {ends:?}");
        let trail = bench.trail().await;
        let count = |kind: &str| trail.iter().filter(|found| *found == kind).count();
        assert_eq!(count("organization.memberJoined"), usize::from(joined), "seed {seed}: {trail:?}");
        assert_eq!(trail.len(), if joined { 3 } else { 2 }, "seed {seed}: {trail:?}");
        assert!(bench.open().await.is_empty(), "seed {seed}");
    }
}
