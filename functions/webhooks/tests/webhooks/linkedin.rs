//! `GET` and `POST /api/linkedin/webhook`

use serde_json::json;
use shared::model::inbound_event::Provider;
use testkit::Cloud;
use webhooks::Secrets;

use crate::support::{app, of, stored};

const PATH: &str = "/api/linkedin/webhook";
const BODY: &str = r#"{"type":"ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS","notifications":[{"notificationId":1}]}"#;
const SIGNATURE: &str = "d484386ea549cb1069c394db5dcedd7c99563d3d5a90f3663b289d3922312700";

#[tokio::test(start_paused = true)]
async fn a_challenge_is_answered_and_nothing_but_a_challenge() {
    let cloud = Cloud::new();
    let app = app(&cloud);
    let code = "890e4665-4dfe-4ab1-b689-ed553bceeed0";
    let path = format!("{PATH}?challengeCode={code}&applicationId=1");
    let response = "3ceda89cb18cf5471b844e08c4b771bcab6f5bec8ab1b0837ca04ab05c909d8c";
    let expected = json!({"challengeCode": code, "challengeResponse": response});
    assert_eq!(app.get(&path).send().await.expect(200), expected);
    for query in
        ["", "?challengeCode=", "?challengeCode=hmacsha256%3D%7B%7D", "?challengeCode=890e46654dfe4ab1b689ed553bceeed0"]
    {
        app.get(&format!("{PATH}{query}")).send().await.expect_problem(400, "malformed");
    }
    let nobody = of(&cloud, Secrets::default());
    nobody.get(&path).send().await.expect_problem(503, "webhooks_not_configured");
}

#[tokio::test(start_paused = true)]
async fn a_notification_is_stored_once_with_what_it_says() {
    let cloud = Cloud::new();
    let app = app(&cloud);
    let post = |signature: &str, body: &str| {
        app.post(PATH).header("x-li-signature", signature).content(body.to_owned()).send()
    };
    assert_eq!(post(SIGNATURE, BODY).await.expect(200), json!({"new": true}));
    assert_eq!(post(SIGNATURE, BODY).await.expect(200), json!({"new": false}));
    let [row] = stored(&cloud, Provider::Linkedin).await.try_into().unwrap();
    assert_eq!((row.kind.as_str(), row.body.as_deref()), ("ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS", Some(BODY)));
    post(SIGNATURE, "{}").await.expect_problem(400, "signature_invalid");
    app.post(PATH).content(BODY).send().await.expect_problem(400, "signature_invalid");
    let nobody = of(&cloud, Secrets::default()).post(PATH).header("x-li-signature", SIGNATURE).content(BODY).send();
    nobody.await.expect_problem(503, "webhooks_not_configured");
}
