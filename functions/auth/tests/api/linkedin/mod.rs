//! `POST /api/auth/linkedin/start` and `POST /api/auth/linkedin/callback`

mod accounts;
mod attempts;
mod link;

use embedded::{LinkedIn, LinkedInMember};
use serde_json::{Value, json};
use shared::event::Fact;
use shared::id::UserId;
use shared::model::identity::{IdentityProvider, LinkedIdentity};
use shared::model::link::LinkPurpose;
use testkit::{Cloud, TestResponse};

use crate::support::{Auth, text, user_of};

const PROVIDER: IdentityProvider = IdentityProvider::LinkedIn;

/// The function with LinkedIn.
pub(crate) struct World {
    pub(crate) auth: Auth,
    pub(crate) linkedin: LinkedIn,
}

impl World {
    /// None for a Worker.
    pub(crate) fn new() -> Option<Self> {
        Self::on(Cloud::new())
    }

    fn on(cloud: Cloud) -> Option<Self> {
        let (auth, linkedin) = Auth::with_linkedin(cloud)?;
        Some(Self { auth, linkedin })
    }

    async fn start(&self) -> Value {
        self.auth.app.post("/api/auth/linkedin/start").send().await.expect(200)
    }

    /// What the page posts when this person agreed to what was begun.
    pub(crate) fn agreed(&self, begun: &Value, member: &LinkedInMember) -> Value {
        let back = self.linkedin.agree(text(begun, "authorizationUrl"), member).unwrap();
        let (_, query) = back.split_once('?').unwrap();
        let mut body = json!({"verifier": begun["verifier"]});
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            body[name] = json!(value);
        }
        body
    }

    async fn callback(&self, body: &Value) -> TestResponse {
        self.auth.app.post("/api/auth/linkedin/callback").json(body).send().await
    }

    /// The whole way, from its beginning.
    pub(crate) async fn sign_in(&self, member: &LinkedInMember) -> TestResponse {
        let begun = self.start().await;
        self.callback(&self.agreed(&begun, member)).await
    }

    pub(crate) async fn identities(&self, tokens: &Value) -> Value {
        let request = self.auth.app.get("/api/auth/identities").bearer(text(tokens, "accessToken"));
        request.send().await.expect(200)
    }

    /// Registers an account with a password, whose address is verified.
    pub(crate) async fn verified(&self, name: &str) -> Value {
        let registered = self.auth.register(name).await;
        let token = self.auth.mailed(user_of(&registered), LinkPurpose::VerifyEmail).await;
        let verify = self.auth.app.post("/api/auth/verify-email").json(&json!({"token": token})).send().await;
        assert_eq!(verify.status, 204, "{}", verify.text);
        registered
    }

    /// How often something happened to an account.
    pub(crate) async fn count(&self, user: UserId, fact: &Fact) -> usize {
        self.auth.facts(user).await.iter().filter(|happened| *happened == fact).count()
    }

    async fn linked(&self, user: UserId) -> Option<LinkedIdentity> {
        let key = LinkedIdentity::key_of(user, PROVIDER);
        let found = self.auth.cloud.services.store.get::<LinkedIdentity>(&key).await;
        found.expect("the table answers").map(|identity| identity.value)
    }

    /// How many rows there are, beside the counts of attempts and the function's own key.
    async fn rows(&self) -> usize {
        let (client, services) = (self.auth.cloud.dynamodb.client(), &self.auth.cloud.services);
        let rows = client.scan().table_name(services.store.table()).send().await.expect("the table answers");
        let keys = rows.items().iter().map(|row| row["pk"].as_s().expect("a key"));
        keys.filter(|key| !key.starts_with("RATE#") && *key != "SERVER_KEY").count()
    }
}

/// Somebody at LinkedIn, with the address `<name>@example.com`, which LinkedIn has verified.
pub(crate) fn member(name: &str) -> LinkedInMember {
    LinkedInMember {
        subject: format!("subject-of-{name}"),
        name: Some(format!("{name} at LinkedIn")),
        email: Some(format!("{name}@example.com")),
        email_verified: true,
    }
}

#[tokio::test(start_paused = true)]
async fn where_it_is_not_configured_nothing_is_there() {
    let auth = Auth::new();
    let ada = auth.register("ada").await;
    let body = json!({"code": "x", "state": "x", "verifier": "x"});
    let post = |path: &str| auth.app.post(path).bearer(text(&ada, "accessToken"));
    for request in [
        post("/api/auth/linkedin/start"),
        post("/api/auth/linkedin/callback").json(&body),
        post("/api/auth/linkedin/link/start"),
        post("/api/auth/linkedin/link").json(&body),
    ] {
        request.send().await.expect_problem(404, "linkedin_not_configured");
    }
    let identities = auth.app.get("/api/auth/identities").bearer(text(&ada, "accessToken")).send().await.expect(200);
    assert_eq!(identities, json!({"data": [], "nextCursor": null}));
    let unlink = auth.app.delete("/api/auth/linkedin/link").bearer(text(&ada, "accessToken")).send().await;
    unlink.expect_problem(409, "identity_not_linked");
}
