//! `GET /api/files/{fileId}` and `GET /api/files/list/{userId}`

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Response, StatusCode, Uri};
use serde_json::{Value, json};
use testkit::PNG;

use crate::support::{World, path};

fn follow(world: &World, link: &Value) -> Response<Bytes> {
    let uri: Uri = link["url"].as_str().unwrap().parse().unwrap();
    world.s3.answer(&Method::GET, &uri, &HeaderMap::new(), Bytes::new())
}

#[tokio::test(start_paused = true)]
async fn a_link_reads_the_file_under_its_name_for_a_quarter_of_an_hour() {
    let world = World::new();
    let ada = world.cloud.caller("Ada").await;
    let file = world.uploaded(&ada, "Grüße \"A\"; x.png").await;
    let link = world.send(&ada, "GET", &path(&file, "")).await.expect(200)["download"].clone();
    let answer = follow(&world, &link);
    assert_eq!((answer.status(), answer.body().as_ref()), (StatusCode::OK, PNG));
    let header = |name: &str| answer.headers()[name].to_str().unwrap();
    assert_eq!(header("content-type"), "image/png");
    let disposition = "attachment; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%22A%22%3B%20x%2Epng";
    assert_eq!(header("content-disposition"), disposition);
    tokio::time::sleep(Duration::from_secs(15 * 60)).await;
    assert_eq!(follow(&world, &link).status(), StatusCode::OK);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(follow(&world, &link).status(), StatusCode::FORBIDDEN);
}

#[tokio::test(start_paused = true)]
async fn what_somebody_uploaded_is_listed_the_newest_first_by_pages() {
    let world = World::new();
    let ada = world.cloud.caller("Ada").await;
    for name in ["1.png", "2.png", "3.png"] {
        world.uploaded(&ada, name).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    world.announce(&ada, "never.png", "image/png", 10).await;
    let list = format!("/api/files/list/{}", ada.user_id);
    let first = world.send(&ada, "GET", &format!("{list}?limit=2")).await.expect(200);
    let names = |page: &Value| {
        page["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|file| file["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&first), ["3.png", "2.png"]);
    let next = format!("{list}?limit=2&cursor={}", first["nextCursor"].as_str().unwrap());
    let second = world.send(&ada, "GET", &next).await.expect(200);
    assert_eq!((names(&second), &second["nextCursor"]), (vec!["1.png".to_owned()], &json!(null)));
    let nobody = world.send(&ada, "GET", "/api/files/list/usr_01KAGR3V0R0000000000000000").await.expect(200);
    assert_eq!(nobody, json!({"data": [], "nextCursor": null}));
    world.send(&ada, "GET", "/api/files/list/ada").await.expect_problem(404, "not_found");
}
