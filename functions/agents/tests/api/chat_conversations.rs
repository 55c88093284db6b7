//! `/api/chat/conversations`

use std::time::Duration;

use crate::support::{app, column};
use serde_json::json;
use shared::access::Role;
use testkit::{Cloud, ScriptedAi};
use tokio::time::advance;

#[tokio::test(start_paused = true)]
async fn the_callers_conversations_are_listed_the_newest_first() {
    let cloud = Cloud::new();
    let (app, ada, bob) = (app(&cloud, &ScriptedAi::new()), cloud.caller("Ada").await, cloud.caller("Bob").await);
    cloud.join(&bob, ada.organization_id, Role::Member).await;
    for message in ["What is a SAFE?", "What is churn?", "What is\nrunway?"] {
        app.post("/api/chat/message").by(&ada).json(&json!({"message": message})).send().await.expect(200);
        advance(Duration::from_secs(1)).await;
    }
    let theirs = app.post("/api/chat/message").by(&bob).organization(ada.organization_id);
    theirs.json(&json!({"message": "Hello"})).send().await.expect(200);
    let first = app.get("/api/chat/conversations?limit=2").by(&ada).send().await.expect(200);
    assert_eq!(column(&first, "title"), ["What is runway?", "What is churn?"]);
    let next = format!("/api/chat/conversations?limit=2&cursor={}", first["nextCursor"].as_str().unwrap());
    let second = app.get(&next).by(&ada).send().await.expect(200);
    assert_eq!((column(&second, "title"), &second["nextCursor"]), (vec!["What is a SAFE?".to_owned()], &json!(null)));
    app.get(&next).by(&bob).organization(ada.organization_id).send().await.expect_problem(400, "malformed");
    let bobs = app.get("/api/chat/conversations").by(&bob).organization(ada.organization_id).send().await.expect(200);
    assert_eq!(column(&bobs, "title"), ["Hello"]);
    let conversation = first["data"][0].as_object().unwrap();
    assert_eq!(conversation.keys().collect::<Vec<_>>(), ["createdAt", "id", "title", "updatedAt"]);
}

#[tokio::test(start_paused = true)]
async fn messages_are_paged_and_only_their_owners() {
    let cloud = Cloud::new();
    let (app, ada, eve) = (app(&cloud, &ScriptedAi::new()), cloud.caller("Ada").await, cloud.caller("Eve").await);
    cloud.join(&eve, ada.organization_id, Role::Owner).await;
    let mut conversation = json!(null);
    for message in ["What is a SAFE?", "Why?"] {
        let body = json!({"message": message, "conversationId": conversation});
        conversation =
            app.post("/api/chat/message").by(&ada).json(&body).send().await.expect(200)["conversationId"].clone();
        advance(Duration::from_secs(1)).await;
    }
    let path = format!("/api/chat/conversations/{}/messages", conversation.as_str().unwrap());
    let first = app.get(&format!("{path}?limit=3")).by(&ada).send().await.expect(200);
    assert_eq!(column(&first, "role"), ["user", "assistant", "user"]);
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = app.get(&format!("{path}?limit=3&cursor={cursor}")).by(&ada).send().await.expect(200);
    assert_eq!(column(&second, "role"), ["assistant"]);
    app.get(&path).by(&eve).send().await.expect_problem(404, "not_found");
    app.get(&path).by(&eve).organization(ada.organization_id).send().await.expect_problem(404, "not_found");
    app.get(&path).by(&ada).organization(eve.organization_id).send().await.expect_problem(404, "not_found");
    app.get("/api/chat/conversations/cnv_no/messages").by(&ada).send().await.expect_problem(404, "not_found");
    app.get(&format!("{path}?limit=101")).by(&ada).send().await.expect_problem(422, "invalid");
    app.get(&path).send().await.expect_problem(401, "token_missing");
}
