//! People's pictures: `avatarFileId` and `avatarUrl`.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::{Value, json};
use shared::id::FileId;
use shared::model::file::{File, FileStatus, PICTURE_BYTES_MAXIMUM};
use testkit::Caller;

use crate::support::{World, path, wrong};

/// A picture that can be one, with the changes that a test makes to it.
async fn file(world: &World, of: &Caller, change: impl FnOnce(&mut File)) -> FileId {
    let now = world.cloud.services.clock.now();
    let mut file = File {
        id: world.cloud.services.ids.next(),
        organization_id: of.user_id.personal_organization(),
        name: "ada.png".to_owned(),
        content_type: "image/png".to_owned(),
        size_bytes: 1_000,
        status: FileStatus::Ready,
        is_picture: false,
        uploaded_by: of.user_id,
        created_at: now,
        updated_at: now,
    };
    change(&mut file);
    world.cloud.write(|transaction| transaction.create(file.clone())).await;
    file.id
}

async fn is_picture(world: &World, of: &Caller, id: FileId) -> bool {
    let key = File::key_of(of.user_id.personal_organization(), id);
    world.cloud.services.store.get::<File>(&key).await.unwrap().unwrap().is_picture
}

fn with(picture: impl Into<Value>) -> Value {
    json!({"name": "Ada", "role": "founder", "avatarFileId": picture.into()})
}

/// How S3 answers to a link. Nothing is there, so that what is let in finds nothing.
fn follow(world: &World, url: &Value, method: &Method) -> StatusCode {
    let uri: Uri = url.as_str().expect("there is a link").parse().unwrap();
    world.s3.answer(method, &uri, &HeaderMap::new(), Bytes::new()).status()
}

#[tokio::test(start_paused = true)]
async fn a_picture_is_seen_by_whoever_may_see_it() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    let first = file(&world, &ada, |_| {}).await;
    assert_eq!(world.look(&ada, &ada).await["avatarUrl"], json!(null));
    let written = world.profile(&ada, with(first.to_string())).await;
    assert_eq!(written["avatarFileId"], json!(first.to_string()));
    let seen = world.look(&eve, &ada).await;
    assert_eq!(seen["avatarUrl"], written["avatarUrl"]);
    assert_eq!(follow(&world, &seen["avatarUrl"], &Method::GET), StatusCode::NOT_FOUND);
    assert_eq!(follow(&world, &seen["avatarUrl"], &Method::PUT), StatusCode::FORBIDDEN);
    let found = world.get(&eve, "/api/users?role=founder").await;
    assert_eq!(found["data"][0]["avatarUrl"], seen["avatarUrl"]);

    world.privacy(&ada, json!({"avatarFileId": "connections"})).await;
    assert_eq!(world.look(&eve, &ada).await["avatarUrl"], json!(null));
    world.connect(&eve, &ada).await;
    let known = world.get(&eve, "/api/users/connections").await;
    assert!(known["data"][0]["person"]["avatarUrl"].is_string(), "{known}");
}

#[tokio::test(start_paused = true)]
async fn its_link_is_the_same_within_an_hour_and_good_for_one_at_least() {
    let world = World::new();
    let ada = world.person("Ada").await;
    let first = file(&world, &ada, |_| {}).await;
    world.profile(&ada, with(first.to_string())).await;
    // To the last second of an hour.
    let now = world.cloud.services.clock.now().as_seconds();
    let second = std::time::Duration::from_secs(1);
    tokio::time::sleep(second * u32::try_from(3599 - now.rem_euclid(3600)).unwrap()).await;
    let late = world.look(&ada, &ada).await["avatarUrl"].clone();
    tokio::time::sleep(second).await;
    let early = world.look(&ada, &ada).await["avatarUrl"].clone();
    assert_ne!(late, early);
    tokio::time::sleep(second * 3599).await;
    assert_eq!(world.look(&ada, &ada).await["avatarUrl"], early);
    assert_eq!(follow(&world, &late, &Method::GET), StatusCode::NOT_FOUND, "it is let in an hour later");
    tokio::time::sleep(second * 2).await;
    assert_eq!(follow(&world, &late, &Method::GET), StatusCode::FORBIDDEN);
}

#[tokio::test(start_paused = true)]
async fn a_picture_in_use_is_marked_and_set_free() {
    let world = World::new();
    let ada = world.person("Ada").await;
    let (first, second) = (file(&world, &ada, |_| {}).await, file(&world, &ada, |_| {}).await);
    let used = async || (is_picture(&world, &ada, first).await, is_picture(&world, &ada, second).await);
    world.profile(&ada, with(first.to_string())).await;
    assert_eq!(used().await, (true, false));
    world.profile(&ada, json!({"name": "Ada L", "role": "founder", "avatarFileId": first.to_string()})).await;
    assert_eq!(used().await, (true, false));
    world.profile(&ada, with(second.to_string())).await;
    assert_eq!(used().await, (false, true));
    world.profile(&ada, with(Value::Null)).await;
    assert_eq!(used().await, (false, false));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_picture_of_ones_own_is_refused_and_nothing_is_written() {
    let world = World::new();
    let (ada, eve) = (world.person("Ada").await, world.person("Eve").await);
    let of_another = file(&world, &eve, |_| {}).await;
    let refused = [
        of_another,
        file(&world, &ada, |file| file.status = FileStatus::Pending).await,
        file(&world, &ada, |file| file.status = FileStatus::Removed).await,
        file(&world, &ada, |file| file.content_type = "application/pdf".to_owned()).await,
        file(&world, &ada, |file| file.size_bytes = PICTURE_BYTES_MAXIMUM + 1).await,
        world.cloud.services.ids.next(),
    ];
    for id in refused {
        let answer = world.send(&ada, "PUT", &path(&ada, ""), Some(with(id.to_string()))).await;
        assert_eq!(wrong(&answer.expect_problem(422, "invalid")), ["avatarFileId"], "{id}");
    }
    assert!(!is_picture(&world, &eve, of_another).await);
    assert!(world.trail(ada.user_id).await.is_empty());
    for malformed in [json!("fil_1"), json!("usr_01KAGR3V0R0000000000000000"), json!(7), json!({})] {
        let answer = world.send(&ada, "PUT", &path(&ada, ""), Some(with(malformed.clone()))).await;
        assert!(answer.status.is_client_error(), "{malformed}");
    }
}
