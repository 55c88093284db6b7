//! How long a revoked session is still taken, by every function, on instances that were not told.

use std::time::Duration;

use groundwork::operator::set_role;
use serde_json::json;
use shared::access::PlatformRole;
use testkit::TestApp;

use crate::founder::{Founder, PASSWORD};
use crate::harness::TestPlatform;

/// What each function answers to who is signed in, read by the session alone.
const ASKED: [(&str, &str); 6] = [
    ("auth", "/api/auth/me"),
    ("organizations", "/api/organizations"),
    ("ventures", "/api/ventures"),
    ("crm", "/api/crm/leads"),
    ("agents", "/api/tasks"),
    ("analytics", "/api/analytics/platform"),
];

/// The bound of the contract.
const BOUND: Duration = Duration::from_secs(5);
const STEP: Duration = Duration::from_millis(500);

/// After how long each function refuses the token, asking twice a second.
async fn refused_after(app: &TestApp, token: &str) -> Vec<Duration> {
    let began = tokio::time::Instant::now();
    let mut refused = vec![None; ASKED.len()];
    while refused.iter().any(Option::is_none) {
        for (place, (_, path)) in ASKED.iter().enumerate() {
            let status = app.get(path).bearer(token).send().await.status.as_u16();
            assert!(matches!(status, 200 | 401), "{path}: {status}");
            if status == 401 {
                refused[place].get_or_insert(began.elapsed());
            }
        }
        tokio::time::advance(STEP).await;
    }
    refused.into_iter().flatten().collect()
}

#[tokio::test(start_paused = true)]
async fn a_revoked_session_is_refused_by_every_function_within_five_seconds() {
    for way in ["logout", "revoke", "everywhere", "password", "replay"] {
        let platform = TestPlatform::start().await;
        let ada = Founder::register(platform.app(), "Ada").await;
        let credentials = json!({"email": ada.email, "password": PASSWORD});
        let session = platform.app().post("/api/auth/login").json(&credentials).send().await.expect(200);
        let text = |name: &str| session[name].as_str().unwrap().to_owned();
        let (token, refresh) = (text("accessToken"), json!({"refreshToken": text("refreshToken")}));
        let me = platform.app().get("/api/auth/me").bearer(&token).send().await.expect(200);
        set_role(&platform.services, &ada.email, Some(PlatformRole::Support)).await.unwrap();
        // Other instances, each of which remembers the session from this very moment on.
        let elsewhere = TestPlatform::beside(&platform).await;
        for (function, path) in ASKED {
            let answer = elsewhere.app().get(path).bearer(&token).send().await;
            assert_eq!(answer.status, 200, "{function}: {}", answer.text);
        }
        let id = me["session"]["id"].as_str().unwrap();
        let here = |method: &str, path: &str| platform.app().request(method, path).bearer(&ada.token);
        match way {
            "logout" => {
                let request = platform.app().post("/api/auth/logout").bearer(&token);
                request.send().await.expect(204);
            }
            "revoke" => {
                here("DELETE", &format!("/api/auth/sessions/{id}")).send().await.expect(204);
            }
            "everywhere" => {
                here("POST", "/api/auth/logout-everywhere").send().await.expect(204);
            }
            "password" => {
                let body = json!({"currentPassword": PASSWORD, "newPassword": "kumquat marmalade seven"});
                here("POST", "/api/auth/password/change").json(&body).send().await.expect(204);
            }
            _ => {
                platform.app().post("/api/auth/refresh").json(&refresh).send().await.expect(200);
                tokio::time::advance(Duration::from_secs(11)).await;
                for (_, path) in ASKED {
                    elsewhere.app().get(path).bearer(&token).send().await.expect(200);
                }
                platform.app().post("/api/auth/refresh").json(&refresh).send().await.expect(401);
            }
        }
        let longest = refused_after(elsewhere.app(), &token).await.into_iter().max().unwrap();
        assert!(longest <= BOUND, "{way}: {longest:?}");
        assert!(longest >= Duration::from_secs(1), "{way}: the instances remembered nothing, so this measured nothing");
        platform.settle().await;
    }
}
