//! What founders and the engine do in an organisation.

use super::*;

impl Scenario {
    /// Leads come by file and by hand, become known by another address, and go, with what was noted about them.
    pub(super) async fn leads(&self) {
        self.ada.import(LEADS).await.expect(200);
        let lead = self.post("/api/crm/leads", json!({"name": "Mary", "email": "mary@stars.example"}), 201).await;
        let path = format!("/api/crm/leads/{}", lead["id"].as_str().unwrap());
        self.get(&path).await;
        self.get("/api/crm/leads?status=new").await;
        self.get("/api/crm/leads").await;
        let details = json!({"name": "Mary Somerville", "email": "mary@sciences.example"});
        self.send("PUT", &path, Some(details)).await.expect(200);
        self.post("/api/tasks", json!({"kind": "lead_followup", "leadId": lead["id"]}), 201).await;
        self.platform.settle().await;
        let notes = self.get(&format!("{path}/activities")).await;
        assert_eq!(notes["data"].as_array().unwrap().len(), 1);
        assert_eq!(self.send("DELETE", &path, None).await.status, 204);
        self.platform.settle().await;
    }

    pub(super) async fn chat(&self) {
        let said = self.post("/api/chat/message", json!({"message": "Hello"}), 200).await;
        drop(self.ai.clone().unavailable());
        let again = json!({"message": "Hello", "conversationId": said["conversationId"]});
        assert_eq!(self.send("POST", "/api/chat/message", Some(again)).await.status, 503);
        self.get("/api/billing/plans").await;
        self.get("/api/billing/usage").await;
        self.get("/api/billing/credits/history").await;
        set_role(&self.platform.services, &self.ada.email, Some(PlatformRole::Admin)).await.unwrap();
        let grant = json!({"organizationId": self.ada.organization, "credits": 5, "reason": "For the outage."});
        self.post("/api/billing/credits/grant", grant, 201).await;
        set_role(&self.platform.services, &self.ada.email, None).await.unwrap();
        self.get("/api/chat/conversations").await;
        self.get(&format!("/api/chat/conversations/{}/messages", said["conversationId"].as_str().unwrap())).await;
    }

    /// Tasks that are called off, that lose their lead, that fail for a while, and that fail for good and are tried again.
    pub(super) async fn tasks(&self) {
        let post = || self.post("/api/tasks", json!({"kind": "social_media_post"}), 201);
        let path = |task: &Value| format!("/api/tasks/{}", task["id"].as_str().unwrap());
        let task = post().await;
        self.send("POST", &format!("{}/cancel", path(&task)), None).await.expect(200);

        let lead = self.post("/api/crm/leads", json!({"name": "Gone"}), 201).await;
        let task = self.post("/api/tasks", json!({"kind": "lead_followup", "leadId": lead["id"]}), 201).await;
        let lead = format!("/api/crm/leads/{}", lead["id"].as_str().unwrap());
        assert_eq!(self.send("DELETE", &lead, None).await.status, 204);
        self.platform.settle().await;
        assert_eq!(self.get(&path(&task)).await["error"]["code"], "lead_gone");

        drop(self.ai.clone().unavailable());
        let task = post().await;
        self.platform.settle().await;
        assert_eq!(self.get(&path(&task)).await["status"], "PENDING");
        self.sweep(MINUTE).await;
        assert_eq!(self.get(&path(&task)).await["status"], "COMPLETED");

        drop(self.ai.clone().fails(AiError::Refused { usage: shared::ai::Usage::default() }));
        let task = post().await;
        self.platform.settle().await;
        assert_eq!(self.get(&path(&task)).await["status"], "FAILED");
        self.send("POST", &format!("{}/retry", path(&task)), None).await.expect(200);
        self.platform.settle().await;
        assert_eq!(self.get("/api/tasks?status=COMPLETED").await["data"].as_array().unwrap().len(), 3);
    }

    /// A campaign that reaches one lead and comes too late for another, and somebody who unsubscribes.
    pub(super) async fn campaigns(&self) {
        let (here, gone) = ("here@stars.example", "gone@stars.example");
        let lead = async |address: &str| {
            self.post("/api/crm/leads", json!({"name": address, "email": address}), 201).await["id"].clone()
        };
        let leads = [lead(here).await, lead(gone).await];
        let campaign = json!({"kind": "email_campaign", "leadIds": leads, "about": "Our beta opens."});
        self.post("/api/tasks", campaign, 201).await;
        let removed = format!("/api/crm/leads/{}", leads[1].as_str().unwrap());
        assert_eq!(self.send("DELETE", &removed, None).await.status, 204);
        self.platform.settle().await;
        assert!(self.platform.mailbox.mails_to(gone).is_empty());
        let path = format!("/api/crm/unsubscribe?token={}", self.mailed(here));
        assert_eq!(self.platform.app().post(&path).send().await.status, 202);
    }

    pub(super) async fn engine(&self) {
        set_plan(&self.platform.services, self.organization(), PlanName::Pro).await.unwrap();
        let analysis = self.post("/api/agentic/analyze", json!({}), 200).await;
        assert_eq!(analysis["actions"].as_array().unwrap().len(), 4);
        self.platform.settle().await;
        tokio::time::sleep(60 * MINUTE).await;
        self.platform.tick("agentic-run").await.unwrap();
        self.platform.settle().await;
        set_role(&self.platform.services, &self.ada.email, Some(PlatformRole::Support)).await.unwrap();
        self.get("/api/analytics/platform").await;
    }
}
