//! The function's binary as Lambda runs it.

use shared::model::webhook_delivery::DeliveryStatus;
use testkit::FunctionHost;

use crate::support::{delivery, message, stored};

#[tokio::test]
async fn it_works_off_its_queue() {
    let host = FunctionHost::start("webhook-sender", env!("CARGO_BIN_EXE_webhook-sender")).await;
    let ada = host.cloud.founder("Ada").await;
    let mut deliveries = Vec::new();
    for _ in 0..3 {
        deliveries.push(delivery(&host.cloud, &ada).await.2);
    }
    // Nobody is to be asked from here: what is left to do is to record that.
    host.cloud.delete_organization(ada.organization_id).await;
    let bodies =
        deliveries.iter().map(|delivery| serde_json::to_string(&message(delivery)).unwrap()).collect::<Vec<_>>();
    host.queue_cases(&bodies).await;
    for delivery in &deliveries {
        let row = stored(&host.cloud, delivery).await;
        assert_eq!((row.status, row.error.as_deref()), (DeliveryStatus::Failed, Some("organization_gone")));
    }
}
