//! `GET /api/auth/me`

use std::time::Duration;

use crate::support::{Auth, text};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use shared::access::{PlatformRole, TokenIssuer};
use shared::id::{SessionId, UserId};
use shared::model::session::Session;
use shared::model::signing_key::{SigningKey, VerifyingKey};
use shared::store::{Listing, Transaction};

/// The signing key in the table.
async fn signing_key(auth: &Auth) -> SigningKey {
    let key = auth.cloud.services.store.get::<SigningKey>(&SigningKey::current_key()).await;
    key.expect("the table answers").expect("there is a key").value
}

/// The claims of a token, unverified.
fn claims(token: &str) -> Value {
    let payload =
        URL_SAFE_NO_PAD.decode(token.split('.').nth(1).expect("a JWT has three parts")).expect("it is base64url");
    serde_json::from_slice(&payload).expect("it is JSON")
}

fn signed(claims: &Value, key: &EncodingKey, algorithm: Algorithm, key_id: Option<String>) -> String {
    let header = Header { typ: Some("at+jwt".to_owned()), kid: key_id, ..Header::new(algorithm) };
    jsonwebtoken::encode(&header, claims, key).expect("the key signs")
}

fn with(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[name] = value;
    claims
}

#[tokio::test(start_paused = true)]
async fn the_caller_sees_their_account_and_session() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    tokio::time::advance(Duration::from_secs(3)).await;
    let me = auth.app.get("/api/auth/me").bearer(text(&registered, "accessToken")).send().await.expect(200);
    let user_id: UserId = text(&registered["user"], "id").parse().unwrap();
    let user = json!({
        "id": user_id.to_string(), "email": "ada@example.com", "emailVerified": false, "name": "ada",
        "createdAt": "2026-11-20T09:00:00.000Z",
    });
    let session = json!({
        "id": text(&registered, "refreshToken").split('.').nth(1),
        "createdAt": "2026-11-20T09:00:00.000Z",
        "expiresAt": "2026-12-20T09:00:00.000Z",
    });
    let organization_id = user_id.personal_organization().to_string();
    assert_eq!(me, json!({"user": user, "organizationId": organization_id, "session": session}));

    let grace = auth.cloud.caller("Grace").await;
    auth.cloud.set_platform_role(&grace, PlatformRole::Support).await;
    let me = auth.app.get("/api/auth/me").by(&grace).send().await.expect(200);
    assert_eq!(me["user"]["platformRole"], "support");
}

#[tokio::test(start_paused = true)]
async fn without_a_token_nobody_is_there() {
    let auth = Auth::new();
    let missing = auth.app.get("/api/auth/me").send().await;
    assert_eq!(missing.header("www-authenticate"), Some("Bearer"));
    assert_eq!(missing.expect_problem(401, "token_missing")["error"], "Token missing");
    for other in ["Basic YWRhOmFkYQ==", "Bearer"] {
        let answer = auth.app.get("/api/auth/me").header("authorization", other).send().await;
        answer.expect_problem(401, "token_missing");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_holds_for_a_day() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    let me = || auth.app.get("/api/auth/me").bearer(text(&registered, "accessToken")).send();
    tokio::time::advance(Duration::from_secs(24 * 60 * 60 - 1)).await;
    me().await.expect(200);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(me().await.expect_problem(401, "token_invalid")["error"], "Token invalid");
}

#[tokio::test(start_paused = true)]
async fn a_forged_token_is_refused() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    let token = text(&registered, "accessToken");
    let (claims, key) = (claims(token), signing_key(&auth).await);
    let now = auth.cloud.services.clock.now();
    let kid = || Some(key.id.to_string());
    let ours = EncodingKey::from_ed_der(&key.pkcs8);
    let eves = TokenIssuer::new_key(&auth.cloud.services.ids, now).unwrap().signing;
    let eves_key = EncodingKey::from_ed_der(&eves.pkcs8);
    let listing = Listing::of_partition(VerifyingKey::PARTITION);
    let public = auth.cloud.services.store.list::<VerifyingKey>(&listing, None).await.unwrap().data[0].jwk.clone();
    let public_bytes = URL_SAFE_NO_PAD.decode(text(&public, "x")).unwrap();
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else {
        panic!("a JWT has three parts")
    };
    let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let none = encode(json!({"alg": "none", "kid": kid(), "typ": "at+jwt"}));
    let eddsa = Algorithm::EdDSA;
    let other_user = auth.cloud.services.ids.next::<UserId>().to_string();
    let other_session = auth.cloud.services.ids.next::<SessionId>().to_string();
    let forged = [
        ("another key under our id", signed(&claims, &eves_key, eddsa, kid())),
        ("another key under its own id", signed(&claims, &eves_key, eddsa, Some(eves.id.to_string()))),
        ("no key id", signed(&claims, &ours, eddsa, None)),
        ("a key id that is none", signed(&claims, &ours, eddsa, Some("CURRENT".to_owned()))),
        ("alg none without a signature", format!("{none}.{payload}.")),
        ("alg none with a signature", format!("{none}.{payload}.{signature}")),
        (
            "HS256 with the public key",
            signed(&claims, &EncodingKey::from_secret(&public_bytes), Algorithm::HS256, kid()),
        ),
        (
            "HS256 with the public key's text",
            signed(&claims, &EncodingKey::from_secret(public.to_string().as_bytes()), Algorithm::HS256, kid()),
        ),
        ("truncated", token.strip_suffix(token.chars().last().unwrap()).unwrap().to_owned()),
        ("without its signature", format!("{header}.{payload}")),
        ("with an empty signature", format!("{header}.{payload}.")),
        ("another payload", format!("{header}.{}.{signature}", encode(with(&claims, "sub", json!(other_user))))),
        ("a foreign issuer", signed(&with(&claims, "iss", json!("elsewhere")), &ours, eddsa, kid())),
        ("a foreign audience", signed(&with(&claims, "aud", json!("elsewhere")), &ours, eddsa, kid())),
        ("expired", signed(&with(&claims, "exp", json!(now.as_seconds())), &ours, eddsa, kid())),
        ("not yet valid", signed(&with(&claims, "nbf", json!(now.as_seconds() + 31)), &ours, eddsa, kid())),
        ("an unknown session", signed(&with(&claims, "sid", json!(other_session)), &ours, eddsa, kid())),
        ("somebody else's session", signed(&with(&claims, "sub", json!(other_user)), &ours, eddsa, kid())),
        ("no JWT", "token".to_owned()),
        ("a refresh token", text(&registered, "refreshToken").to_owned()),
    ];
    for (what, token) in forged {
        let response = auth.app.get("/api/auth/me").bearer(&token).send().await;
        assert_eq!(response.status, 401, "{what}: {}", response.text);
        assert_eq!(response.expect_problem(401, "token_invalid")["error"], "Token invalid", "{what}");
    }
    let same = signed(&claims, &ours, eddsa, kid());
    auth.app.get("/api/auth/me").bearer(&same).send().await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn a_session_revoked_elsewhere_is_refused_within_five_seconds() {
    let auth = Auth::new();
    let registered = auth.register("ada").await;
    let token = text(&registered, "accessToken");
    auth.app.get("/api/auth/me").bearer(token).send().await.expect(200);
    let (store, now) = (&auth.cloud.services.store, auth.cloud.services.clock.now());
    let mut parts = text(&registered, "refreshToken").split('.');
    let (user_id, session_id) = (parts.next().unwrap().parse().unwrap(), parts.next().unwrap().parse().unwrap());
    let session = store.get::<Session>(&Session::key_of(user_id, session_id)).await.unwrap().unwrap();
    // As another instance ends it: this one is not told.
    let end = |transaction: &mut Transaction<_>| {
        transaction.replace(&session, Session { ended_at: Some(now), ..session.value.clone() });
    };
    auth.cloud.write(end).await;
    tokio::time::advance(Duration::from_secs(5)).await;
    auth.app.post("/api/auth/logout").bearer(token).send().await.expect_problem(401, "token_invalid");
    auth.app.get("/api/auth/me").bearer(token).send().await.expect_problem(401, "token_invalid");
}
