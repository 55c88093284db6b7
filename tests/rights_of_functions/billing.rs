//! What is bought and paid, and what vendors tell.

use stripe_sandbox::Card;
use vendors::unipile::sign;

use super::*;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Scenario {
    /// A plan and a pack are bought, the plan changed, a payment fails, money is given back, and a month later it is over.
    pub(super) async fn billing(&mut self) {
        let stripe = self.platform.stripe.clone();
        let checkout = |price: &str| {
            let page = "https://app.example.com/paid";
            json!({"priceId": price, "successUrl": page, "cancelUrl": page})
        };
        self.get("/api/billing/prices").await;
        let path = "/api/stripe/create-checkout";
        let first = self.ada.post(path, "plan", &checkout("price_pro_monthly")).await.expect(201);
        let again = self.ada.post(path, "plan", &checkout("price_pro_monthly")).await;
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert!(stripe.pay(first["id"].as_str().unwrap(), Card::Accepted));
        let pack = self.post(path, checkout("price_credits_4900"), 201).await;
        assert!(stripe.pay(pack["id"].as_str().unwrap(), Card::Accepted));
        self.platform.settle().await;
        self.get(&format!("/api/billing/checkouts/{}", pack["id"].as_str().unwrap())).await;
        self.post("/api/stripe/portal", json!({"returnUrl": "https://app.example.com"}), 200).await;
        let own = "/api/billing/subscription";
        let change = format!("{own}/change-plan");
        self.ada.post(&change, "up", &json!({"plan": "outreach"})).await.expect(200);
        self.post(&change, json!({"plan": "pro"}), 200).await;
        self.send("POST", &format!("{own}/cancel"), None).await.expect(200);
        self.send("POST", &format!("{own}/resume"), None).await.expect(200);
        self.get(own).await;
        self.platform.settle().await;
        let customer = stripe.customers().remove(0);
        let payments = stripe.payments_of(&customer);
        for payment in &payments {
            assert!(stripe.refund(payment, 100));
            stripe.dispute(payment);
        }
        stripe.change_card(&customer, Card::Declined);
        tokio::time::sleep(DAY * 31).await;
        self.platform.settle().await;
        self.ada.sign_in().await;
        self.get("/api/billing/invoices").await;
        // The comparison, with an event that never arrived, and a bell that nobody heard.
        stripe.change_card(&customer, Card::Accepted);
        stripe.collect(&customer);
        stripe.lose_deliveries();
        self.sweep(MINUTE * 10).await;
        self.platform.tick("reconciliation").await.unwrap();
        self.platform.lose_messages(&self.platform.sqs.queue_url("groundwork-local-webhooks")).await;
        self.sweep(MINUTE * 2).await;
        self.platform.tick("reconciliation").await.unwrap();
        self.platform.settle().await;
        let services = &self.platform.services;
        set_role(services, &self.ada.email, Some(PlatformRole::Admin)).await.unwrap();
        let now = services.clock.now();
        let replay = json!({"provider": "stripe", "from": now.minus(DAY), "to": now});
        self.post("/api/billing/webhook-events/replay", replay, 200).await;
        set_role(services, &self.ada.email, None).await.unwrap();
        stripe.end(&customer);
        self.platform.settle().await;
    }

    /// Webhooks of the other vendors, and messages that cannot be dealt with.
    pub(super) async fn told_by_vendors(&self) {
        let app = self.platform.app();
        let code = "890e4665-4dfe-4ab1-b689-ed553bceeed0";
        app.get(&format!("/api/linkedin/webhook?challengeCode={code}")).send().await.expect(200);
        app.post("/api/linkedin/webhook").content("{}").send().await.expect_problem(400, "signature_invalid");
        app.post("/stripe-webhook").content("{}").send().await.expect_problem(400, "signature_invalid");
        let body = r#"{"event":"message_received","message_id":"m"}"#;
        let unipile = app.post("/api/unipile/webhook").header("x-webhook-secret", "unipile-sandbox");
        unipile.content(body).send().await.expect(200);
        let body = r#"{"id":"evt_1","type":"message.new"}"#;
        let signature = sign("unipile-signing-sandbox", body.as_bytes(), self.platform.services.clock.now()).unwrap();
        let unipile = app.post("/api/unipile/v2/webhook").header("unipile-signature", &signature);
        unipile.content(body).send().await.expect(200);
        self.platform.settle().await;
    }
}
