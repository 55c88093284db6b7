//! `GET /.well-known/jwks.json`

use crate::support::{Auth, text};
use futures_util::future::join_all;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

#[tokio::test(start_paused = true)]
async fn anybody_can_verify_a_token_with_what_is_published() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    let token = text(&registered, "accessToken");
    let response = auth.app.get("/.well-known/jwks.json").send().await;
    assert_eq!(response.header("cache-control"), Some("public, max-age=300"));
    assert_eq!(response.header("content-type"), Some("application/json"));
    let keys: JwkSet = serde_json::from_value(response.expect(200)).unwrap();
    let header = jsonwebtoken::decode_header(token).unwrap();
    assert_eq!(header.alg, Algorithm::EdDSA);
    let key = DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    // The clock of the test is not the one this crate looks at.
    validation.validate_exp = false;
    validation.set_audience(&["groundwork"]);
    validation.set_issuer(&["groundwork"]);
    let claims = jsonwebtoken::decode::<Value>(token, &key, &validation).unwrap().claims;
    let user_id = &registered["user"]["id"];
    for name in ["sub", "userId", "user_id"] {
        assert_eq!(&claims[name], user_id, "{name}");
    }
    assert_eq!(claims["email"], "ada@example.com");
}

#[tokio::test(start_paused = true)]
async fn only_the_public_half_is_published() {
    let auth = Auth::new();
    let set = auth.app.get("/.well-known/jwks.json").send().await.expect(200);
    let key = set["keys"][0].as_object().unwrap();
    let names = key.keys().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x"]);
    assert_eq!((&key["kty"], &key["crv"], &key["use"]), (&json!("OKP"), &json!("Ed25519"), &json!("sig")));
}

#[tokio::test(start_paused = true)]
async fn of_the_first_instances_one_makes_the_key() {
    let first = Auth::new();
    let instances = (0..8).map(|_| Auth::on(first.cloud.clone())).collect::<Vec<_>>();
    let asked = instances.iter().map(|instance| instance.app.get("/.well-known/jwks.json").send());
    let sets = join_all(asked).await.into_iter().map(|answer| answer.expect(200)).collect::<Vec<_>>();
    assert_eq!(sets[0]["keys"].as_array().map(Vec::len), Some(1));
    assert!(sets.iter().all(|set| *set == sets[0]), "{sets:?}");
}

#[tokio::test(start_paused = true)]
async fn the_first_keys_tokens_are_good_at_once() {
    let auth = Auth::new();
    // What verifies tokens looks for a key before there is one, and remembers that there was none.
    let elsewhere = Auth::new().register("eve").await;
    let refused = auth.app.get("/api/auth/me").bearer(text(&elsewhere, "accessToken")).send().await;
    refused.expect_problem(401, "token_invalid");
    let registered = auth.register("ada").await;
    auth.app.get("/api/auth/me").bearer(text(&registered, "accessToken")).send().await.expect(200);
}
