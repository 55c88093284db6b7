//! What people do with their accounts: signing in and out, mail, second factors, profiles; and the keys that make it safe.

use embedded::LinkedInMember;
use testkit::{PNG, send_file};

use super::*;
use crate::files::get;
use crate::linkedin::agreed;

impl Scenario {
    /// Sign-up happened; sign-in, refreshing, a stolen token, sign-out.
    pub(super) async fn accounts(&mut self) {
        let app = self.platform.app();
        let credentials = json!({"email": self.ada.email, "password": PASSWORD});
        let session = app.post("/api/auth/login").json(&credentials).send().await.expect(200);
        let refresh = json!({"refreshToken": session["refreshToken"]});
        app.post("/api/auth/refresh").json(&refresh).send().await.expect(200);
        tokio::time::sleep(MINUTE).await;
        app.post("/api/auth/refresh").json(&refresh).send().await.expect_problem(401, "refresh_token_invalid");
        let session = app.post("/api/auth/login").json(&credentials).send().await.expect(200);
        let token = session["accessToken"].as_str().unwrap();
        assert_eq!(app.post("/api/auth/logout").bearer(token).send().await.status, 204);
        self.sessions(&credentials).await;
        self.second_factor(&credentials).await;
        self.ada.sign_in().await;
        self.get("/api/auth/me").await;
        self.get("/.well-known/jwks.json").await;
    }

    /// Sessions are listed, named and ended; the password is changed and changed back.
    pub(super) async fn sessions(&self, credentials: &Value) {
        let login = async || self.platform.app().post("/api/auth/login").json(credentials).send().await.expect(200);
        let id = |session: &Value| session["refreshToken"].as_str().unwrap().split('.').nth(1).unwrap().to_owned();
        let path = format!("/api/auth/sessions/{}", id(&login().await));
        self.get("/api/auth/sessions").await;
        self.send("PATCH", &path, Some(json!({"name": "Laptop"}))).await.expect(200);
        self.send("DELETE", &path, None).await.expect(204);
        let session = login().await;
        let step_up = self.platform.app().post("/api/auth/step-up").bearer(session["accessToken"].as_str().unwrap());
        let again = json!({"password": PASSWORD, "refreshToken": session["refreshToken"]});
        step_up.json(&again).send().await.expect(200);
        for [from, to] in [[PASSWORD, "kumquat marmalade seven"], ["kumquat marmalade seven", PASSWORD]] {
            self.post("/api/auth/password/change", json!({"currentPassword": from, "newPassword": to}), 204).await;
        }
    }

    /// An authenticator is enrolled, asked for, and turned off; then every session ends.
    pub(super) async fn second_factor(&self, credentials: &Value) {
        let app = self.platform.app();
        let enrolment = self.send("POST", "/api/auth/totp/enroll", None).await.expect(200);
        let code = json!({"code": testkit::totp_code(&enrolment["secret"], &self.platform.services.clock)});
        let codes = self.post("/api/auth/totp/confirm", code, 200).await;
        let challenge = app.post("/api/auth/login").json(credentials).send().await;
        let challenge = challenge.expect_problem(401, "totp_required")["challenge"].clone();
        let second = json!({"challenge": challenge, "recoveryCode": codes["recoveryCodes"][0]});
        app.post("/api/auth/login/totp").json(&second).send().await.expect(200);
        self.get("/api/auth/totp").await;
        self.send("POST", "/api/auth/totp/recovery-codes", None).await.expect(200);
        self.send("DELETE", "/api/auth/totp", None).await.expect(204);
        let session = app.post("/api/auth/login").json(credentials).send().await.expect(200);
        let token = session["accessToken"].as_str().unwrap();
        app.post("/api/auth/logout-everywhere").bearer(token).send().await.expect(204);
    }

    /// A key that has signed for its period gets a successor, which signs the next day and is alone two days later.
    pub(super) async fn keys(&self) {
        tokio::time::sleep(90 * 24 * 60 * MINUTE).await;
        for _ in 0..4 {
            self.platform.tick("key-rotation").await.unwrap();
            tokio::time::sleep(24 * 60 * MINUTE).await;
        }
        self.platform.settle().await;
    }

    /// Whatever goes by mail: each link is followed. The end is a new session, since a reset ends the others.
    pub(super) async fn mails(&mut self) {
        let email = self.ada.email.clone();
        self.platform.settle().await;
        assert_eq!(self.send("POST", "/api/auth/verify-email/request", None).await.status, 202);
        self.platform.lose_messages(&self.platform.sqs.queue_url("groundwork-local-mail")).await;
        self.sweep(3 * MINUTE).await;
        let follow = |path: &'static str, mut body: Value, token: String| {
            body["token"] = json!(token);
            self.platform.app().post(path).json(&body).send()
        };
        assert_eq!(follow("/api/auth/verify-email", json!({}), self.mailed(&email)).await.status, 204);
        let forgotten = json!({"email": email});
        assert_eq!(self.platform.app().post("/api/auth/password/forgot").json(&forgotten).send().await.status, 202);
        self.platform.settle().await;
        let password = json!({"password": PASSWORD});
        assert_eq!(follow("/api/auth/password/reset", password, self.mailed(&email)).await.status, 204);
        let credentials = json!({"email": email, "password": PASSWORD});
        let session = self.platform.app().post("/api/auth/login").json(&credentials).send().await.expect(200);
        let (other, token) = ("ada@lovelace.example", session["accessToken"].as_str().unwrap().to_owned());
        let change = json!({"newEmail": other, "password": PASSWORD});
        let app = self.platform.app();
        let asked = app.post("/api/auth/email/change").bearer(&token).json(&change).send().await;
        assert_eq!(asked.status, 202, "{}", asked.text);
        self.platform.settle().await;
        assert_eq!(follow("/api/auth/email/confirm", json!({}), self.mailed(other)).await.status, 204);
        self.platform.settle().await;
        (self.ada.email, self.ada.token) = (other.to_owned(), token);
    }

    /// LinkedIn is linked, signs in, and is unlinked; somebody who is not known signs in with it.
    pub(super) async fn linkedin(&self) {
        let app = self.platform.app();
        let email = Some(self.ada.email.clone());
        let ada = LinkedInMember { subject: "ada".to_owned(), email, email_verified: true, name: None };
        let eve =
            LinkedInMember { subject: "eve".to_owned(), email: Some("eve@cobol.example".to_owned()), ..ada.clone() };
        let begun = self.send("POST", "/api/auth/linkedin/link/start", None).await.expect(200);
        self.post("/api/auth/linkedin/link", agreed(&self.platform.linkedin, &begun, &ada), 201).await;
        self.get("/api/auth/identities").await;
        for (member, status) in [(&ada, 200), (&eve, 201)] {
            let begun = app.post("/api/auth/linkedin/start").send().await.expect(200);
            let body = agreed(&self.platform.linkedin, &begun, member);
            app.post("/api/auth/linkedin/callback").json(&body).send().await.expect(status);
        }
        assert_eq!(self.send("DELETE", "/api/auth/linkedin/link", None).await.status, 204);
        self.platform.settle().await;
    }

    /// People write of themselves, get to know each other, endorse, part and block; operators make and suspend accounts.
    pub(super) async fn people(&self) {
        let app = self.platform.app();
        let eve = Founder::register(app, "Eve").await;
        let id = |organization: &str| organization.replacen("org_", "usr_", 1);
        let ada = self.get("/api/auth/me").await["user"]["id"].as_str().unwrap().to_owned();
        let (ada, eve_path) = (format!("/api/users/{ada}"), format!("/api/users/{}", id(&eve.organization)));
        let profile = json!({"name": "Ada Lovelace", "city": "London", "role": "founder", "timeZone": "UTC"});
        self.send("PUT", &ada, Some(profile)).await.expect(200);
        let skill = self.post(&format!("{ada}/skills"), json!({"name": "Rust"}), 201).await;
        let skill = format!("{ada}/skills/{}", skill["id"].as_str().unwrap());
        let entry = self.post(&format!("{ada}/portfolio"), json!({"title": "Engine"}), 201).await;
        let entry = format!("{ada}/portfolio/{}", entry["id"].as_str().unwrap());
        self.send("PUT", &entry, Some(json!({"title": "Engines"}))).await.expect(200);
        self.send("PUT", &format!("{ada}/privacy"), Some(json!({"skills": "connections"}))).await.expect(200);

        let by_eve = async |method: &str, path: &str, status: u16| {
            let answer = app.request(method, path).bearer(&eve.token).send().await;
            assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
            answer.json
        };
        by_eve("GET", &ada, 200).await;
        by_eve("POST", &format!("{ada}/connection"), 200).await;
        self.send("POST", &format!("{eve_path}/connection/decline"), None).await;
        by_eve("POST", &format!("{ada}/connection"), 200).await;
        self.send("POST", &format!("{eve_path}/connection/accept"), None).await.expect(200);
        by_eve("GET", "/api/users/connections", 200).await;
        by_eve("GET", &format!("{ada}/connections/mutual"), 200).await;
        for (method, status) in [("POST", 200), ("DELETE", 204), ("POST", 200)] {
            by_eve(method, &format!("{skill}/endorsement"), status).await;
        }
        by_eve("GET", &format!("{ada}/skills"), 200).await;
        by_eve("GET", &format!("{ada}/portfolio"), 200).await;
        by_eve("GET", "/api/users?name=ada", 200).await;
        by_eve("DELETE", &format!("{ada}/connection"), 204).await;
        for method in ["POST", "DELETE"] {
            self.send(method, &format!("{eve_path}/block"), None).await;
        }
        for path in [&skill, &entry] {
            assert_eq!(self.send("DELETE", path, None).await.status, 204);
        }
        for rest in ["/privacy", "/activity", "/activity/analytics"] {
            self.get(&format!("{ada}{rest}")).await;
        }
        set_role(&self.platform.services, &self.ada.email, Some(PlatformRole::Admin)).await.unwrap();
        self.post("/api/users/create", json!({"email": "mary@example.com", "name": "Mary"}), 201).await;
        let enrolment = by_eve("POST", "/api/auth/totp/enroll", 200).await;
        let code = json!({"code": testkit::totp_code(&enrolment["secret"], &self.platform.services.clock)});
        app.post("/api/auth/totp/confirm").bearer(&eve.token).json(&code).send().await.expect(200);
        assert_eq!(self.send("DELETE", &format!("{eve_path}/totp"), None).await.status, 204);
        for rest in ["suspend", "reinstate"] {
            let answer = self.send("POST", &format!("{eve_path}/{rest}"), None).await;
            assert_eq!(answer.status, 204, "{}", answer.text);
        }
        self.platform.services.access.clear();
        // Eve knows Ada again when she goes, so that the purge has something to do for others.
        by_eve("POST", &format!("{ada}/connection"), 200).await;
        self.send("POST", &format!("{eve_path}/connection/accept"), None).await.expect(200);
        let skill = self.post(&format!("{ada}/skills"), json!({"name": "Rust"}), 201).await;
        let skill = format!("{ada}/skills/{}", skill["id"].as_str().unwrap());
        self.send("PUT", &format!("{ada}/privacy"), Some(json!({}))).await.expect(200);
        by_eve("POST", &format!("{skill}/endorsement"), 200).await;
        let link = by_eve("POST", &format!("{eve_path}/export"), 201).await;
        by_eve("GET", link["url"].as_str().unwrap(), 200).await;
        by_eve("DELETE", &eve_path, 202).await;
        self.platform.settle().await;
        tokio::time::sleep(10 * MINUTE).await;
        assert_eq!(self.platform.tick("purge").await.unwrap()["erased"], 1);
        self.platform.settle().await;
        assert!(self.get(&format!("{ada}/skills")).await["data"][0]["endorsements"] == 0);
    }

    /// A picture is uploaded, shown and exchanged for none; it goes, and so does what is not what it was said to be.
    pub(super) async fn files(&mut self) {
        let ada = self.get("/api/auth/me").await["user"]["id"].as_str().unwrap().to_owned();
        let organization = ada.replacen("usr_", "org_", 1);
        let send = async |method: &str, path: &str, body: Value, status: u16| {
            let request = self.platform.app().request(method, path).bearer(&self.ada.token);
            request.organization(&organization).json(&body).send().await.expect(status)
        };
        let path = |file: &Value| format!("/api/files/{}", file["id"].as_str().unwrap());
        let upload = json!({"name": "ada.png", "contentType": "image/png", "sizeBytes": PNG.len()});
        let announced = send("POST", "/api/files/upload", upload.clone(), 201).await;
        assert_eq!(send_file(&self.platform.s3, &announced, PNG), 200);
        let picture = send("POST", &format!("{}/complete", path(&announced["file"])), json!({}), 200).await;
        send("GET", &path(&picture), json!({}), 200).await;
        send("GET", &format!("/api/files/list/{ada}"), json!({}), 200).await;
        // Meanwhile the public keys of tokens grow old, so that the function reads them anew.
        self.sweep(6 * MINUTE).await;
        self.platform.services.access.clear();
        send("GET", "/api/files/storage", json!({}), 200).await;
        let profile = |file: &Value| json!({"name": "Ada Lovelace", "avatarFileId": file});
        let shown = send("PUT", &format!("/api/users/{ada}"), profile(&picture["id"]), 200).await;
        assert_eq!(get(&self.platform, &shown["avatarUrl"]).0, 200);
        send("PUT", &format!("/api/users/{ada}"), profile(&Value::Null), 200).await;
        send("DELETE", &path(&picture), json!({}), 204).await;
        // One whose bytes never come, and one whose bytes are others.
        send("POST", "/api/files/upload", upload.clone(), 201).await;
        let announced = send("POST", "/api/files/upload", upload, 201).await;
        assert_eq!(send_file(&self.platform.s3, &announced, &[0; 16]), 200);
        send("POST", &format!("{}/complete", path(&announced["file"])), json!({}), 422).await;
        self.platform.settle().await;
        tokio::time::sleep(24 * 60 * MINUTE).await;
        assert_eq!(self.platform.tick("purge").await.unwrap()["files"], 3);
        self.platform.settle().await;
        assert!(self.platform.s3.keys().is_empty());
        self.ada.sign_in().await;
    }
}
