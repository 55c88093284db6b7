//! An organisation that asks its members for a second factor, in every function.

use std::time::Duration;

use serde_json::{Value, json};
use shared::access::Role;
use testkit::{Cloud, TestResponse, totp_code_at};

use crate::founder::{Founder, PASSWORD};
use crate::harness::TestPlatform;

/// How long an instance may go by what it knew.
const KNOWN: Duration = Duration::from_secs(5);

/// Somebody with an authenticator.
struct Person<'a> {
    platform: &'a TestPlatform,
    founder: Founder,
    secret: Value,
}

impl<'a> Person<'a> {
    async fn register(platform: &'a TestPlatform, name: &str) -> Self {
        let founder = Founder::register(platform.app(), name).await;
        Self { platform, founder, secret: Value::Null }
    }

    async fn auth(&self, method: &str, path: &str, body: &Value) -> TestResponse {
        self.platform.app().request(method, path).bearer(&self.founder.token).json(body).send().await
    }

    fn code(&self, steps: i64) -> Value {
        json!(totp_code_at(&self.secret, &self.platform.services.clock, steps))
    }

    async fn enroll(&mut self) {
        let enroll = self.platform.app().post("/api/auth/totp/enroll").bearer(&self.founder.token);
        self.secret = enroll.send().await.expect(200)["secret"].clone();
        self.auth("POST", "/api/auth/totp/confirm", &json!({"code": self.code(0)})).await.expect(200);
    }

    /// Signs in with both factors.
    async fn sign_in(&mut self) {
        let credentials = json!({"email": self.founder.email, "password": PASSWORD});
        let login = self.platform.app().post("/api/auth/login").json(&credentials).send().await;
        let challenge = login.expect_problem(401, "totp_required")["challenge"].clone();
        let second = json!({"challenge": challenge, "code": self.code(0)});
        let answer = self.platform.app().post("/api/auth/login/totp").json(&second).send().await.expect(200);
        self.founder.token = answer["accessToken"].as_str().unwrap().to_owned();
    }

    /// What functions of all kinds answer in the organisation.
    async fn meets(&self, status: u16) {
        for path in ["/api/organizations/{}", "/api/ventures", "/api/crm/leads", "/api/tasks", "/api/activity"] {
            let answer = self.founder.get(&path.replace("{}", &self.founder.organization)).await;
            assert_eq!(answer.status, status, "{path}: {}", answer.text);
            if status == 403 {
                answer.expect_problem(403, "second_factor_required");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_function_asks_for_it_and_says_how_to_get_one() {
    let platform = TestPlatform::start().await;
    let (mut ada, mut eve) = (Person::register(&platform, "Ada").await, Person::register(&platform, "Eve").await);
    let made = ada.founder.post("/api/organizations", "once", &json!({"name": "Engines"})).await.expect(201);
    let organization = made["id"].as_str().unwrap().to_owned();
    (ada.founder.organization, eve.founder.organization) = (organization.clone(), organization.clone());
    let cloud = Cloud { dynamodb: platform.dynamodb.clone(), services: platform.services.clone() };
    let eves_id = eve.auth("GET", "/api/auth/me", &json!({})).await.expect(200)["user"]["id"].clone();
    let (user_id, joined_at) = (eves_id.as_str().unwrap().parse().unwrap(), platform.services.clock.now());
    let organization_id = organization.parse().unwrap();
    let membership = shared::model::membership::Membership { user_id, organization_id, role: Role::Member, joined_at };
    cloud.write(|transaction| transaction.create(membership.clone())).await;
    eve.meets(200).await;

    ada.enroll().await;
    let security = format!("/api/organizations/{organization}/security");
    ada.auth("PUT", &security, &json!({"requireSecondFactor": true})).await.expect(200);
    tokio::time::sleep(KNOWN).await;
    ada.meets(200).await;
    eve.meets(403).await;
    // Enrolling makes the session in which that happens count at once; others present a code.
    let others_token = eve.founder.token.clone();
    eve.founder.sign_in().await;
    eve.enroll().await;
    eve.meets(200).await;
    let own_token = std::mem::replace(&mut eve.founder.token, others_token);
    eve.meets(403).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    eve.sign_in().await;
    eve.meets(200).await;
    // Without an authenticator no session counts, neither this one nor the other.
    let off = platform.app().delete("/api/auth/totp").bearer(&eve.founder.token).send().await;
    assert_eq!(off.status, 204, "{}", off.text);
    tokio::time::sleep(KNOWN).await;
    eve.meets(403).await;
    eve.founder.token = own_token;
    eve.meets(403).await;
    platform.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_session_that_has_none_presents_a_code() {
    let platform = TestPlatform::start().await;
    let mut ada = Person::register(&platform, "Ada").await;
    let credentials = json!({"email": ada.founder.email, "password": PASSWORD});
    let other = platform.app().post("/api/auth/login").json(&credentials).send().await.expect(200);
    ada.enroll().await;
    let security = format!("/api/organizations/{}/security", ada.founder.organization);
    ada.auth("PUT", &security, &json!({"requireSecondFactor": true})).await.expect(200);
    ada.founder.token = other["accessToken"].as_str().unwrap().to_owned();
    tokio::time::sleep(Duration::from_secs(60)).await;
    ada.meets(403).await;
    // A password is none.
    let by_password = json!({"password": PASSWORD, "refreshToken": other["refreshToken"]});
    let stepped_up = ada.auth("POST", "/api/auth/step-up", &by_password).await.expect(200);
    ada.founder.token = stepped_up["accessToken"].as_str().unwrap().to_owned();
    ada.meets(403).await;
    let by_code = json!({"code": ada.code(0), "refreshToken": stepped_up["refreshToken"]});
    let stepped_up = ada.auth("POST", "/api/auth/step-up", &by_code).await.expect(200);
    ada.founder.token = stepped_up["accessToken"].as_str().unwrap().to_owned();
    ada.meets(200).await;
    platform.settle().await;
}
