//! What is removed, when, and what stays.

use std::time::Duration;

use purge::{Summary, handle};
use serde_json::Value;
use shared::model::organization::Organization;
use testkit::Cloud;
use tokio::time::advance;

use crate::support::{DAY, TIME, deps, organization, rows_of};

#[tokio::test(start_paused = true)]
async fn nothing_is_left_but_the_event_that_says_so() {
    let cloud = Cloud::new();
    let deleted = organization(&cloud, true).await;
    let there = organization(&cloud, false).await;
    let (before, others) = (rows_of(&cloud, deleted).len(), rows_of(&cloud, there));
    assert!(before > 650, "{before}");
    advance(DAY * 30 - Duration::from_millis(1)).await;
    let early = handle(&deps(&cloud), cloud.services.clock.now(), TIME).await.unwrap();
    assert_eq!((early, rows_of(&cloud, deleted).len()), (Summary::default(), before), "it can be restored yet");

    advance(DAY).await;
    let now = cloud.services.clock.now();
    let summary = handle(&deps(&cloud), now, TIME).await.unwrap();
    assert_eq!(summary, Summary { purged: 1, erased: 0, files: 0, rows: before, unfinished: false });
    let left = rows_of(&cloud, deleted);
    assert_eq!(left.len(), 1, "{left:?}");
    let event = &left[0];
    assert_eq!(
        (&event["type"]["S"], &event["data"]["M"]["leads"]["N"]),
        (&"organization.purged".into(), &"130".into())
    );
    assert_eq!(event["data"]["M"]["ventures"]["N"], "3");
    let kept = event["ttl"]["N"].as_str().unwrap().parse::<i64>().unwrap() - now.as_seconds();
    assert_eq!(kept, 30 * 24 * 60 * 60, "and that goes by itself");
    assert_eq!(rows_of(&cloud, there), others, "another organisation is not touched");
    assert_eq!(handle(&deps(&cloud), now, TIME).await.unwrap(), Summary::default());
}

#[tokio::test(start_paused = true)]
async fn what_the_time_does_not_suffice_for_is_gone_on_with_and_cannot_be_restored() {
    let cloud = Cloud::new();
    let id = organization(&cloud, true).await;
    let before = rows_of(&cloud, id).len();
    advance(DAY * 31).await;
    let none = handle(&deps(&cloud), cloud.services.clock.now(), Duration::from_secs(10)).await.unwrap();
    assert_eq!(none, Summary { purged: 0, erased: 0, files: 0, rows: 0, unfinished: true });

    // A table that takes its time, so that the run's is over after some chunks.
    let slow = Cloud::through(cloud.dynamodb.clone(), crate::support::Slow(cloud.dynamodb.clone()));
    advance(DAY * 31).await;
    let some = handle(&deps(&slow), slow.services.clock.now(), Duration::from_secs(25)).await.unwrap();
    assert!(some.unfinished && some.purged == 0 && some.rows > 0, "{some:?}");
    let key = Organization::key_of(id);
    let left = cloud.services.store.get::<Organization>(&key).await.unwrap().unwrap();
    assert!(left.deletion.is_some_and(|deletion| deletion.purged.is_some()));
    assert_eq!(left.restored(left.created_at), None, "part of it is gone");

    let rest = handle(&deps(&cloud), cloud.services.clock.now(), TIME).await.unwrap();
    assert_eq!((rest.purged, some.rows + rest.rows), (1, before));
    let event = &rows_of(&cloud, id)[0];
    assert_eq!(event["data"]["M"]["leads"]["N"], Value::from("130"), "what both runs removed");
}
