//! `GET /api/billing/invoices`

use shared::access::Role;
use shared::clock::Timestamp;
use shared::model::invoice::{DisputeStatus, Invoice, InvoiceStatus};

use crate::support::Bench;

const PATH: &str = "/api/billing/invoices";

#[tokio::test(start_paused = true)]
async fn invoices_are_listed_by_their_time_to_whoever_may_see_them() {
    let bench = Bench::new().await;
    // Their ids say nothing of their time.
    for (id, seconds) in [("in_b", 1_800_000_000), ("in_c", 1_700_000_000), ("in_a", 1_750_000_000)] {
        let invoice = Invoice {
            id: id.to_owned(),
            organization_id: bench.ada.organization_id,
            number: Some(format!("N-{id}")),
            status: InvoiceStatus::Paid,
            amount_due: 1_900,
            amount_paid: 1_900,
            amount_refunded: 0,
            dispute: DisputeStatus::None,
            currency: "usd".to_owned(),
            billing_reason: None,
            attempts: 1,
            next_attempt_at: None,
            hosted_url: None,
            pdf_url: None,
            created_at: Timestamp::from_seconds(seconds),
            paid_at: Some(Timestamp::from_seconds(seconds)),
        };
        bench.cloud.write(|transaction| transaction.create(invoice.clone())).await;
    }
    let page = bench.get(&format!("{PATH}?limit=2")).send().await.expect(200);
    let cursor = page["nextCursor"].as_str().unwrap();
    let rest = bench.get(&format!("{PATH}?limit=2&cursor={cursor}")).send().await.expect(200);
    let ids = [&page, &rest].map(|page| page["data"].as_array().unwrap().clone()).concat();
    let ids = ids.iter().map(|invoice| invoice["id"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(ids, ["in_b", "in_a", "in_c"]);
    for (role, status) in [(Role::Admin, 200), (Role::Member, 403)] {
        let other = bench.other(role).await;
        let answer = bench.app.get(PATH).by(&other).organization(bench.ada.organization_id).send().await;
        assert_eq!(answer.status, status, "{role:?}");
    }
    let eve = bench.cloud.founder("Eve").await;
    let answer = bench.app.get(PATH).by(&eve).organization(bench.ada.organization_id).send().await;
    answer.expect_problem(404, "not_found");
}
