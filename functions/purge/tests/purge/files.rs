//! What is left of files.

use std::time::Duration;

use bytes::Bytes;
use embedded::S3;
use http::{HeaderMap, Method, StatusCode, Uri};
use purge::handle;
use shared::event::Event;
use shared::id::{FileId, OrganizationId};
use shared::model::file::{File, FileStatus};
use shared::model::organization::Organization;
use shared::model::storage::Storage;
use shared::plan::PlanName;
use shared::store::Listing;
use testkit::{Cloud, FaultPlan};
use tokio::time::advance;
use vendors::s3::{Access, Bucket};

use crate::support::{DAY, TIME, organization, rows_of, with_bucket};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// A file with its object, and the room that both take.
async fn file(cloud: &Cloud, s3: &S3, organization_id: OrganizationId, status: FileStatus) -> File {
    let now = cloud.services.clock.now();
    let id: FileId = cloud.services.ids.next();
    let file = File {
        id,
        organization_id,
        name: "ada.png".to_owned(),
        content_type: "image/png".to_owned(),
        size_bytes: 3,
        status,
        is_picture: false,
        uploaded_by: cloud.services.ids.next(),
        created_at: now,
        updated_at: now,
    };
    cloud
        .write(|transaction| {
            transaction.create(file.clone());
            if status != FileStatus::Removed {
                transaction.update(Storage::reserve(organization_id, 3, PlanName::Free.plan()));
            }
        })
        .await;
    let bucket = Bucket::read(&s3.variables("files", S3::ENDPOINT).into_iter().collect()).unwrap();
    let access = Access { method: Method::PUT, headers: &[], query: &[], from: now, good_for: HOUR };
    let uri: Uri = bucket.link(&file.object(), &access).unwrap().parse().unwrap();
    let put = s3.answer(&Method::PUT, &uri, &HeaderMap::new(), Bytes::from_static(b"abc"));
    assert_eq!(put.status(), StatusCode::OK);
    file
}

async fn there(cloud: &Cloud, file: &File) -> bool {
    let key = File::key_of(file.organization_id, file.id);
    cloud.services.store.get::<File>(&key).await.unwrap().is_some()
}

async fn kept_bytes(cloud: &Cloud, organization: OrganizationId) -> i64 {
    cloud.services.store.get::<Storage>(&Storage::key_of(organization)).await.unwrap().unwrap().bytes
}

async fn trail(cloud: &Cloud, organization: OrganizationId) -> Vec<String> {
    let listing = Listing::of_partition(Event::partition(organization));
    let page = cloud.services.store.list::<Event>(&listing, None).await.unwrap();
    let name = |event: &Event| serde_json::to_value(event).unwrap()["type"].as_str().unwrap().to_owned();
    page.data.iter().map(|event| name(event)).collect()
}

#[tokio::test(start_paused = true)]
async fn what_was_removed_or_never_came_goes_with_its_object_after_a_day() {
    let cloud = Cloud::new();
    let (deps, s3) = with_bucket(&cloud);
    let id: OrganizationId = cloud.services.ids.next();
    let ready = file(&cloud, &s3, id, FileStatus::Ready).await;
    let late = file(&cloud, &s3, id, FileStatus::Pending).await;
    let removed = file(&cloud, &s3, id, FileStatus::Removed).await;
    advance(DAY - Duration::from_millis(1)).await;
    let early = handle(&deps, cloud.services.clock.now(), TIME).await.unwrap();
    assert_eq!((early.files, s3.keys().len()), (0, 3), "a link may still bring its bytes");
    advance(Duration::from_millis(1)).await;
    let summary = handle(&deps, cloud.services.clock.now(), TIME).await.unwrap();
    assert_eq!((summary.files, summary.rows, summary.unfinished), (2, 2, false));
    assert_eq!(s3.keys(), [ready.object()]);
    assert!(there(&cloud, &ready).await && !there(&cloud, &late).await && !there(&cloud, &removed).await);
    assert_eq!((kept_bytes(&cloud, id).await, trail(&cloud, id).await), (3, vec!["file.removed".to_owned()]));
    assert_eq!(handle(&deps, cloud.services.clock.now(), TIME).await.unwrap().files, 0);
}

#[tokio::test(start_paused = true)]
async fn the_files_of_an_organization_go_with_it() {
    let cloud = Cloud::new();
    let (deps, s3) = with_bucket(&cloud);
    let (id, other) = (organization(&cloud, true).await, cloud.services.ids.next());
    for _ in 0..60 {
        file(&cloud, &s3, id, FileStatus::Ready).await;
    }
    let of_another = file(&cloud, &s3, other, FileStatus::Ready).await;
    advance(DAY * 30).await;
    let just_now = file(&cloud, &s3, id, FileStatus::Pending).await;
    let summary = handle(&deps, cloud.services.clock.now(), TIME).await.unwrap();
    assert_eq!((summary.purged, summary.rows), (0, 50), "what was announced within the hour may still come");
    let key = Organization::key_of(id);
    let left = cloud.services.store.get::<Organization>(&key).await.unwrap().unwrap();
    assert_eq!(left.restored(left.created_at), None, "nobody restores what lacks files");
    assert!(there(&cloud, &just_now).await);
    advance(HOUR + Duration::from_millis(1)).await;
    let summary = handle(&deps, cloud.services.clock.now(), TIME).await.unwrap();
    assert_eq!(summary.purged, 1);
    assert_eq!((s3.keys(), rows_of(&cloud, id).len()), (vec![of_another.object()], 1));
}

#[tokio::test(start_paused = true)]
async fn while_s3_is_away_rows_stay_and_the_rest_goes_on() {
    let cloud = Cloud::new();
    let (deps, s3) = with_bucket(&cloud);
    let (with_files, without) = (organization(&cloud, true).await, organization(&cloud, true).await);
    let kept = file(&cloud, &s3, with_files, FileStatus::Ready).await;
    advance(DAY * 30).await;
    s3.be_away(true);
    let error = handle(&deps, cloud.services.clock.now(), TIME).await.unwrap_err();
    assert_eq!(error.summary.purged, 1, "{error}");
    assert_eq!(rows_of(&cloud, without).len(), 1);
    assert!(there(&cloud, &kept).await);
    s3.be_away(false);
    assert_eq!(handle(&deps, cloud.services.clock.now(), TIME).await.unwrap().purged, 1);
    assert_eq!(s3.keys(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn whatever_the_table_does_files_go_once() {
    for seed in 0..16 {
        let cloud = Cloud::with_faults(FaultPlan::seeded(seed));
        let calm = cloud.without_faults();
        let (deps, s3) = with_bucket(&cloud);
        let id: OrganizationId = calm.services.ids.next();
        for status in [FileStatus::Pending, FileStatus::Removed, FileStatus::Pending, FileStatus::Ready] {
            file(&calm, &s3, id, status).await;
        }
        advance(DAY).await;
        for _ in 0..20 {
            drop(handle(&deps, cloud.services.clock.now(), TIME).await);
        }
        assert_eq!((s3.keys().len(), kept_bytes(&calm, id).await), (1, 3), "seed {seed}");
        assert_eq!(trail(&calm, id).await, ["file.removed"; 2], "seed {seed}");
    }
}
