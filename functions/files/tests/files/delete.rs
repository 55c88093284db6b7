//! `DELETE /api/files/{fileId}`

use serde_json::json;
use shared::access::Role;
use shared::id::FileId;
use shared::model::file::File;
use testkit::PNG;

use crate::support::{World, path};

#[tokio::test(start_paused = true)]
async fn a_removed_file_is_gone_at_once_and_gives_its_room_back_once() {
    let world = World::new();
    let ada = world.cloud.caller("Ada").await;
    let file = world.uploaded(&ada, "ada.png").await;
    assert_eq!(world.storage(&ada).await, (1, PNG.len() as u64));
    let path_of = path(&file, "");
    let requests = (0..4).map(|_| world.send(&ada, "DELETE", &path_of));
    let mut statuses = Vec::new();
    for answer in futures_util::future::join_all(requests).await {
        statuses.push(answer.status.as_u16());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 404, 404, 404]);
    assert_eq!(world.storage(&ada).await, (0, 0));
    world.send(&ada, "GET", &path(&file, "")).await.expect_problem(404, "not_found");
    let list = format!("/api/files/list/{}", ada.user_id);
    assert_eq!(world.send(&ada, "GET", &list).await.expect(200)["data"], json!([]));
    assert_eq!(world.trail(&ada).await, ["file.announced", "file.ready", "file.removed"]);
}

#[tokio::test(start_paused = true)]
async fn it_is_for_the_uploader_and_for_admins() {
    let world = World::new();
    let ada = world.cloud.founder("Ada").await;
    let (grace, mary) = (world.cloud.caller("Grace").await, world.cloud.caller("Mary").await);
    world.cloud.join(&grace, ada.organization_id, Role::Admin).await;
    world.cloud.join(&mary, ada.organization_id, Role::Member).await;
    let file = world.uploaded(&ada, "ada.png").await;
    let delete = |by| world.app.delete(&path(&file, "")).by(by).organization(ada.organization_id).send();
    delete(&mary).await.expect_problem(403, "forbidden");
    assert_eq!(delete(&grace).await.status, 204);
}

#[tokio::test(start_paused = true)]
async fn a_picture_in_use_stays() {
    let world = World::new();
    let ada = world.cloud.caller("Ada").await;
    let file = world.uploaded(&ada, "ada.png").await;
    let store = &world.cloud.services.store;
    let id: FileId = file["id"].as_str().unwrap().parse().unwrap();
    let set = async |is_picture| {
        let file = store.get::<File>(&File::key_of(ada.organization_id, id)).await.unwrap().unwrap();
        let next = file.as_picture(is_picture, file.updated_at);
        world.cloud.write(|transaction| transaction.replace(&file, next.clone())).await;
    };
    set(true).await;
    world.send(&ada, "DELETE", &path(&file, "")).await.expect_problem(409, "file_in_use");
    set(false).await;
    assert_eq!(world.send(&ada, "DELETE", &path(&file, "")).await.status, 204);
}
