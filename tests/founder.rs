//! A founder who uses the API, and repeats a request that the platform asked to repeat.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Request, TestApp, TestResponse};

/// Somebody signed in, acting in one organisation.
#[derive(Clone, Debug)]
pub(crate) struct Founder {
    app: TestApp,
    pub(crate) email: String,
    pub(crate) token: String,
    pub(crate) organization: String,
}

pub(crate) const PASSWORD: &str = "correct horse battery";

impl Founder {
    /// Registers; the founder acts in the personal organisation.
    pub(crate) async fn register(app: &TestApp, name: &str) -> Self {
        let email = format!("{}@example.com", name.to_lowercase());
        let body = json!({"email": email, "password": PASSWORD, "name": name});
        let mut answer = app.post("/api/auth/register").json(&body).send().await;
        if answer.status == 503 || answer.status == 500 {
            // Registration hands out tokens and so has no idempotency key: after a lost answer the account may be there.
            answer = repeated(|| app.post("/api/auth/register").json(&body)).await;
        }
        if answer.status == 409 {
            let login = json!({"email": email, "password": PASSWORD});
            answer = repeated(|| app.post("/api/auth/login").json(&login)).await;
        }
        assert!(answer.status.is_success(), "{}", answer.text);
        let token = answer.json["accessToken"].as_str().expect("a token").to_owned();
        let personal = answer.json["user"]["id"].as_str().expect("an id").replace("usr_", "org_");
        Self { app: app.clone(), email, token, organization: personal }
    }

    /// Signs in again, when the access token has run out.
    pub(crate) async fn sign_in(&mut self) {
        let body = json!({"email": self.email, "password": PASSWORD});
        let answer = repeated(|| self.app.post("/api/auth/login").json(&body)).await.expect(200);
        self.token = answer["accessToken"].as_str().expect("a token").to_owned();
    }

    fn dressed(&self, request: Request) -> Request {
        request.bearer(&self.token).organization(&self.organization)
    }

    /// A GET in the founder's organisation.
    pub(crate) async fn get(&self, path: &str) -> TestResponse {
        repeated(|| self.dressed(self.app.get(path))).await
    }

    /// A POST in the founder's organisation, under an idempotency key of its own.
    pub(crate) async fn post(&self, path: &str, key: &str, body: &Value) -> TestResponse {
        repeated(|| self.dressed(self.app.post(path)).header("idempotency-key", key).json(body)).await
    }

    /// Imports a CSV.
    pub(crate) async fn import(&self, csv: &str) -> TestResponse {
        repeated(|| self.dressed(self.app.post("/api/crm/leads/import")).body("text/csv", csv.to_owned())).await
    }

    /// All items of a list.
    pub(crate) async fn all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor = String::new();
        let separator = if path.contains('?') { '&' } else { '?' };
        loop {
            let page = self.get(&format!("{path}{separator}limit=100{cursor}")).await.expect(200);
            items.extend(page["data"].as_array().expect("a list").iter().cloned());
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }
}

/// Sends a request, and again while the platform says that it is busy, as a well-behaved client does.
pub(crate) async fn repeated(request: impl Fn() -> Request) -> TestResponse {
    for _ in 0..40 {
        let answer = request().send().await;
        let busy = matches!(answer.status.as_u16(), 500 | 503)
            || answer.json["code"] == "in_progress"
            || answer.json["code"] == "conflict";
        if !busy {
            return answer;
        }
        assert_ne!(answer.status, 500, "faults of the store are not our own fault: {}", answer.text);
        let seconds = answer.header("retry-after").and_then(|text| text.parse().ok()).unwrap_or(1);
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }
    panic!("the platform stayed busy");
}
