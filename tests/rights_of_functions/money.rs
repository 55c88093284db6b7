//! What people do with BUZ, and what becomes of a pending transfer that nobody settles.

use shared::ledger::{AccountId, Ledger, LedgerError, Leg, NewTransfer, Reason};
use shared::store::Transaction;

use super::*;

/// A BUZ in micro-BUZ.
const BUZ: i64 = 1_000_000;

impl Scenario {
    /// Ada, for a while an admin of the platform, mints for herself and the reward pool; she sends, stakes, claims and unstakes.
    pub(super) async fn money(&self) {
        let (services, email) = (&self.platform.services, &self.ada.email);
        let ada = self.get("/api/auth/me").await["user"]["id"].as_str().unwrap().to_owned();
        let eve = Founder::register(self.platform.app(), "Eva").await;
        let eve = eve.organization.replacen("org_", "usr_", 1);
        set_role(services, email, Some(PlatformRole::Admin)).await.unwrap();
        services.access.clear();
        self.post("/api/buz/mint", json!({"amount": 1000 * BUZ, "reason": "Seed"}), 201).await;
        self.post("/api/buz/mint", json!({"userId": ada, "amount": 1000 * BUZ, "reason": "Gift"}), 201).await;
        self.post("/api/buz/burn", json!({"amount": BUZ, "reason": "Too much"}), 201).await;
        self.get(&format!("/api/buz/balance/{eve}")).await;
        set_role(services, email, None).await.unwrap();
        services.access.clear();

        self.get("/api/buz/quote?amount=1000000").await;
        let sent =
            self.platform.app().post("/api/buz/transfer").bearer(&self.ada.token).header("idempotency-key", "once");
        sent.json(&json!({"to": eve, "amount": BUZ})).send().await.expect(201);
        let stake = self.post("/api/buz/stake", json!({"amount": 100 * BUZ, "days": 30}), 201).await;
        let stake = json!({"stakeId": stake["id"]});
        self.hold(&ada).await;
        // Meanwhile the public keys of tokens grow old, so that the function reads them anew.
        self.sweep(6 * MINUTE).await;
        self.platform.services.access.clear();
        for path in [
            "balance/ADA",
            "balance/ADA/past?at=2026-11-20T09:00:00Z",
            "history/ADA",
            "stakes/ADA",
            "rewards",
            "supply",
        ] {
            self.get(&format!("/api/buz/{}", path.replace("ADA", &ada))).await;
        }
        let statement = format!("/api/buz/statement/{ada}?from=2026-01-01T00:00:00Z&to=2030-01-01T00:00:00Z");
        assert_eq!(self.send("GET", &statement, None).await.status, 200);
        self.post("/api/buz/rewards", stake.clone(), 409).await;
        self.post("/api/buz/unstake", stake, 409).await;
    }

    /// Something is held of Ada's for two minutes, and nobody settles it.
    async fn hold(&self, ada: &str) {
        let services = &self.platform.services;
        let user = ada.parse().unwrap();
        let legs = vec![Leg::out_of(AccountId::BuzWallet(user), BUZ), Leg::into(AccountId::BuzRewards, BUZ)];
        let new = NewTransfer::new(services.ids.next(), self.organization(), Reason::FundRewards, legs);
        let new = new.pending(Some(2 * MINUTE));
        let plan = || async {
            let mut transaction = Transaction::<LedgerError>::new();
            Ledger::new(services).plan(&mut transaction, vec![new.clone()]).await?;
            Ok((transaction, ()))
        };
        self.platform.journal.as_function("ledger", services.store.execute(plan)).await.unwrap();
    }
}
