//! What members do with an organisation, and what is left when it is gone.

use super::*;

impl Scenario {
    pub(super) async fn organizations_and_ventures(&mut self) {
        let made = self.post("/api/organizations", json!({"name": "Engines"}), 201).await;
        self.ada.organization = made["id"].as_str().unwrap().to_owned();
        self.get("/api/organizations").await;
        self.get(&format!("/api/organizations/{}", self.ada.organization)).await;
        // On AWS no function has what another remembers.
        self.platform.services.access.clear();
        let venture = json!({"name": "Engine", "stage": "idea", "category": "Hardware", "description": "Computes."});
        let made = self.ada.post("/api/ventures/create", "once", &venture).await.expect(201);
        let again = self.ada.post("/api/ventures/create", "once", &venture).await;
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        self.get("/api/ventures").await;
        self.get(&format!("/api/ventures/{}", made["id"].as_str().unwrap())).await;
        self.get("/api/activity").await;
    }

    /// Everything that members do with an organisation and with each other, up to its end.
    pub(super) async fn members(&self) {
        let grace = Founder::register(self.platform.app(), "Grace").await;
        let own = format!("/api/organizations/{}", self.ada.organization);
        let put =
            async |path: &str, body: Value| self.send("PUT", &format!("{own}{path}"), Some(body)).await.expect(200);
        put("", json!({"name": "Engines and Looms"})).await;
        put("/security", json!({"requireSecondFactor": false})).await;
        put("/ai-configuration", json!({"tone": "warm"})).await;
        self.get(&format!("{own}/ai-configuration")).await;
        self.get(&format!("{own}/usage")).await;
        let links = LinkSecrets::new(self.platform.services.clone());
        let invited = async || {
            let body = json!({"email": grace.email, "role": "member"});
            let made = self.post(&format!("{own}/invitations"), body, 201).await;
            let id = made["id"].as_str().unwrap();
            let token = links.invitation_token(self.organization(), id.parse().unwrap()).await.unwrap();
            (format!("{own}/invitations/{id}"), json!({"token": token.text()}))
        };
        let (_, token) = invited().await;
        self.post("/api/invitations/view", token.clone(), 200).await;
        assert_eq!(self.send("POST", "/api/invitations/decline", Some(token)).await.status, 204);
        let (path, _) = invited().await;
        self.get(&format!("{own}/invitations")).await;
        self.send("POST", &format!("{path}/resend"), None).await.expect(200);
        assert_eq!(self.send("DELETE", &path, None).await.status, 204);
        let accept = async || {
            let (_, token) = invited().await;
            let accepted = self.platform.app().post("/api/invitations/accept").bearer(&grace.token).json(&token);
            accepted.send().await.expect(200);
        };
        accept().await;
        let members = self.get(&format!("{own}/members")).await;
        let of = |role: &str| {
            let mut members = members["data"].as_array().unwrap().iter();
            members.find(|member| member["role"] == role).unwrap()["userId"].clone()
        };
        let member = format!("/members/{}", of("member").as_str().unwrap());
        put(&member, json!({"role": "admin"})).await;
        let transfer = format!("{own}/transfer-ownership");
        self.post(&transfer, json!({"userId": of("member")}), 200).await;
        let back = self.platform.app().post(&transfer).bearer(&grace.token).json(&json!({"userId": of("owner")}));
        back.send().await.expect(200);
        let leave = self.platform.app().post(&format!("{own}/leave")).bearer(&grace.token);
        assert_eq!(leave.send().await.status, 204);
        accept().await;
        assert_eq!(self.send("DELETE", &format!("{own}{member}"), None).await.status, 204);
        assert_eq!(self.send("DELETE", &own, None).await.status, 204);
        self.send("POST", &format!("{own}/restore"), None).await.expect(200);
        self.platform.settle().await;
    }

    /// An endpoint is told of events, changed, told once more and removed; what it does not take comes again by the sweep.
    pub(super) async fn webhooks(&self) {
        let own = format!("/api/organizations/{}/webhooks", self.ada.organization);
        let made =
            self.post(&own, json!({"url": "https://example.com/hook", "events": ["venture.created"]}), 201).await;
        let path = format!("{own}/{}", made["webhook"]["id"].as_str().unwrap());
        self.get(&own).await;
        self.get(&path).await;
        let details = json!({"url": "https://example.com/hook", "events": ["venture.*"]});
        self.send("PUT", &path, Some(details)).await.expect(200);
        self.send("POST", &format!("{path}/rotate-secret"), None).await.expect(200);
        self.platform.settle().await;
        self.platform.hooks.answer(http::StatusCode::SERVICE_UNAVAILABLE);
        let venture = json!({"name": "Loom", "stage": "idea", "category": "Hardware", "description": "Weaves."});
        self.post("/api/ventures/create", venture, 201).await;
        self.platform.settle().await;
        self.platform.hooks.answer(http::StatusCode::NO_CONTENT);
        self.sweep(MINUTE).await;
        assert_eq!(self.platform.hooks.received().len(), 2);
        let deliveries = self.get(&format!("{path}/deliveries")).await;
        assert_eq!(deliveries["data"][0]["status"], "delivered");
        let replay = format!("{path}/deliveries/{}/replay", deliveries["data"][0]["id"].as_str().unwrap());
        self.send("POST", &replay, None).await.expect(200);
        self.platform.settle().await;
        assert_eq!(self.platform.hooks.received().len(), 3);
        assert_eq!(self.send("DELETE", &path, None).await.status, 204);
        self.platform.settle().await;
    }

    /// An organisation that was deleted is gone a month later.
    pub(super) async fn purge(&self) {
        let made = self.post("/api/organizations", json!({"name": "Looms"}), 201).await;
        let own = format!("/api/organizations/{}", made["id"].as_str().unwrap());
        assert_eq!(self.send("DELETE", &own, None).await.status, 204);
        self.platform.settle().await;
        tokio::time::sleep(31 * 24 * 60 * MINUTE).await;
        assert_eq!(self.platform.tick("purge").await.unwrap()["purged"], 1);
        self.platform.settle().await;
    }
}
