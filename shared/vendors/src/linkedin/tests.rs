//! The client against what stands in LinkedIn's place.

use std::time::Duration;

use embedded::linkedin::{LinkedIn as Sandbox, LinkedInMember, LinkedInTrouble};
use serde_json::{Value, json};
use shared::clock::Clock;
use testkit::TestClock;

use super::*;

const NONCE: &str = "a nonce of ours";
const FRONTEND: &str = "https://app.example.com";

struct World {
    sandbox: Sandbox,
    linkedin: LinkedIn,
}

impl World {
    fn new() -> Self {
        Self::with_secret(Sandbox::CLIENT_SECRET)
    }

    fn with_secret(secret: &str) -> Self {
        let clock = Clock::new(TestClock::start());
        let time = clock.clone();
        let sandbox = Sandbox::new(move || time.now().as_seconds());
        let http = Http::new(sandbox.connector(), clock);
        let variables = [
            ("LINKEDIN_CLIENT_ID", Sandbox::CLIENT_ID),
            ("LINKEDIN_CLIENT_SECRET", secret),
            ("LINKEDIN_BASE_URL", "https://linkedin.example/"),
            ("LINKEDIN_API_BASE_URL", "https://api.linkedin.example"),
        ];
        let linkedin = LinkedIn::read(&variables_of(&variables), http, Some(FRONTEND)).unwrap().unwrap();
        Self { sandbox, linkedin }
    }

    /// The code that comes back when a person agrees.
    fn code(&self, member: &LinkedInMember) -> String {
        let url = self.linkedin.authorization_url("the state", NONCE).unwrap();
        let back = self.sandbox.agree(&url, member).unwrap();
        let (page, query) = back.split_once('?').unwrap();
        assert_eq!(page, "https://app.example.com/sign-in/linkedin");
        let query: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap();
        assert_eq!(query[1], ("state".to_owned(), "the state".to_owned()));
        query[0].1.clone()
    }

    async fn sign_in(&self, member: &LinkedInMember) -> Result<Member, LinkedInError> {
        self.linkedin.member(&self.code(member), NONCE).await
    }

    /// What becomes of Ada's sign-in while LinkedIn has this trouble.
    async fn with(&self, trouble: LinkedInTrouble) -> Result<Member, LinkedInError> {
        let code = self.code(&ada());
        self.sandbox.meets(Some(trouble));
        let outcome = self.linkedin.member(&code, NONCE).await;
        self.sandbox.meets(None);
        outcome
    }
}

fn variables_of(pairs: &[(&str, &str)]) -> Variables {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn ada() -> LinkedInMember {
    LinkedInMember {
        subject: "782bbtaQ".to_owned(),
        name: Some("Ada Lovelace".to_owned()),
        email: Some("ada@example.com".to_owned()),
        email_verified: true,
    }
}

fn is_refused(outcome: &Result<Member, LinkedInError>) -> bool {
    matches!(outcome, Err(LinkedInError::Refused(_)))
}

fn is_unavailable(outcome: &Result<Member, LinkedInError>) -> bool {
    matches!(outcome, Err(LinkedInError::Unavailable(_)))
}

#[tokio::test(start_paused = true)]
async fn it_is_configured_whole_or_not_at_all() {
    let world = World::new();
    let read = |pairs: &[(&str, &str)], frontend| {
        LinkedIn::read(&variables_of(pairs), world.linkedin.http.clone(), frontend)
            .map(|linkedin| linkedin.is_some())
            .map_err(|error| error.to_string())
    };
    let (id, secret) = (("LINKEDIN_CLIENT_ID", "id"), ("LINKEDIN_CLIENT_SECRET", "a client's secret"));
    assert_eq!(read(&[], None), Ok(false));
    assert_eq!(read(&[("LINKEDIN_BASE_URL", "https://linkedin.example")], None), Ok(false));
    assert_eq!(read(&[id, secret], Some(FRONTEND)), Ok(true));
    for (pairs, frontend, fault) in [
        (vec![id], Some(FRONTEND), "LINKEDIN_CLIENT_SECRET is missing"),
        (vec![secret], Some(FRONTEND), "LINKEDIN_CLIENT_ID is missing"),
        (vec![id, secret], None, "FRONTEND_URL is missing"),
        (vec![id, secret, ("LINKEDIN_BASE_URL", "linkedin.com")], Some(FRONTEND), "LINKEDIN_BASE_URL is malformed"),
        (vec![id, secret, ("LINKEDIN_API_BASE_URL", "x")], Some(FRONTEND), "LINKEDIN_API_BASE_URL is malformed"),
    ] {
        let error = read(&pairs, frontend).unwrap_err();
        assert!(error.contains(fault) && !error.contains("a client's secret"), "{error}");
    }
    assert!(!format!("{:?}", world.linkedin).contains(Sandbox::CLIENT_SECRET));
}

#[tokio::test(start_paused = true)]
async fn a_person_is_asked_for_who_they_are_and_their_address() {
    let url = World::new().linkedin.authorization_url("a&b", NONCE).unwrap();
    let expected = "https://linkedin.example/oauth/v2/authorization?response_type=code&client_id=sandbox\
                    &redirect_uri=https%3A%2F%2Fapp.example.com%2Fsign-in%2Flinkedin&scope=openid+profile+email\
                    &state=a%26b&nonce=a+nonce+of+ours";
    assert_eq!(url, expected);
}

#[tokio::test(start_paused = true)]
async fn whoever_agrees_is_known() {
    let world = World::new();
    let member = world.sign_in(&ada()).await.unwrap();
    let expected = Member {
        subject: "782bbtaQ".to_owned(),
        name: Some("Ada Lovelace".to_owned()),
        verified_email: Some("ada@example.com".to_owned()),
    };
    assert!(member == expected && !format!("{member:?}").contains("ada"));
    assert_eq!(
        world.sandbox.asked(),
        [
            "https://linkedin.example/oauth/v2/accessToken",
            "https://api.linkedin.example/v2/userinfo",
            "https://linkedin.example/oauth/openid/jwks"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn an_address_that_is_not_verified_is_none() {
    let world = World::new();
    for member in [
        LinkedInMember { email_verified: false, ..ada() },
        LinkedInMember { email: None, ..ada() },
        LinkedInMember { email: None, name: None, ..ada() },
    ] {
        let known = world.sign_in(&member).await.unwrap();
        assert!(known.verified_email.is_none() && known.name == member.name, "{member:?}");
    }
    for (told, is_verified) in [(json!(true), true), (json!("true"), true), (json!("yes"), false), (json!(1), false)] {
        let user = json!({"sub": "a", "email": "ada@example.com", "email_verified": told, "given_name": "Ada"});
        let known = member(serde_json::from_value(user).unwrap()).unwrap();
        assert_eq!((known.verified_email.is_some(), known.name.as_deref()), (is_verified, Some("Ada")), "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_has_no_subject_is_nobody() {
    let world = World::new();
    for subject in [String::new(), "a b".to_owned(), "ü".to_owned(), "a".repeat(256)] {
        assert!(
            is_unavailable(&world.sign_in(&LinkedInMember { subject: subject.clone(), ..ada() }).await),
            "{subject}"
        );
    }
    world.sign_in(&LinkedInMember { subject: "a".repeat(255), ..ada() }).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_code_is_good_once_and_made_up_ones_never() {
    let world = World::new();
    let code = world.code(&ada());
    world.linkedin.member(&code, NONCE).await.unwrap();
    for code in [code.as_str(), "", "made up"] {
        assert_eq!(world.linkedin.member(code, NONCE).await, Err(LinkedInError::CodeRefused));
    }
    let stranger = World::with_secret("another secret");
    assert_eq!(stranger.sign_in(&ada()).await, Err(LinkedInError::Refused("invalid_client".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn what_does_not_answer_well_tells_nothing() {
    let world = World::new();
    for path in ["/accessToken", "/userinfo", "/jwks"] {
        for status in [302, 404, 429, 500, 503] {
            let outcome = world.with(LinkedInTrouble::Status(path, status)).await;
            assert!(is_unavailable(&outcome), "{path} {status}: {outcome:?}");
        }
    }
    for status in [400, 401, 403] {
        assert!(is_refused(&world.with(LinkedInTrouble::Status("/accessToken", status)).await), "{status}");
    }
    assert!(is_unavailable(&world.with(LinkedInTrouble::Garbage).await));
    let began = world.linkedin.http.clock().now();
    assert!(is_unavailable(&world.with(LinkedInTrouble::Silence).await));
    assert_eq!(world.linkedin.http.clock().now().since(began), TIMEOUT);
    world.sign_in(&ada()).await.unwrap();
}

/// What is done to the header and the claims of an ID token before it is signed.
type Change = fn(&mut Value, &mut Value);

/// What may be changed about an ID token, with why it is refused then.
const REFUSED: [(&str, Change); 16] = [
    ("no algorithm", |header, _| header["alg"] = json!("none")),
    ("an algorithm of secrets", |header, _| header["alg"] = json!("HS256")),
    ("another hash", |header, _| header["alg"] = json!("RS512")),
    ("an unknown key", |header, _| header["kid"] = json!("another")),
    ("a key that is not named", |header, _| *header = json!({"alg": "RS256"})),
    ("something that must be understood", |header, _| header["crit"] = json!(["b64"])),
    ("another issuer", |_, claims| claims["iss"] = json!("https://linkedin.example")),
    ("no issuer", |_, claims| claims["iss"] = json!(null)),
    ("another audience", |_, claims| claims["aud"] = json!("another")),
    ("no audience", |_, claims| claims["aud"] = json!([])),
    ("another party", |_, claims| claims["azp"] = json!("another")),
    ("somebody else", |_, claims| claims["sub"] = json!("782bbtaR")),
    ("another sign-in", |_, claims| claims["nonce"] = json!("another nonce")),
    ("the past", |_, claims| claims["exp"] = json!(claims["iat"].as_i64().unwrap() - 61)),
    ("the future", |_, claims| claims["iat"] = json!(claims["iat"].as_i64().unwrap() + 61)),
    ("an expiry that is no time", |_, claims| claims["exp"] = json!("later")),
];

#[tokio::test(start_paused = true)]
async fn an_id_token_that_does_not_fit_signs_nobody_in() {
    let world = World::new();
    for (name, change) in REFUSED {
        let outcome = world.with(LinkedInTrouble::IdToken(change)).await;
        assert!(is_refused(&outcome), "{name}: {outcome:?}");
        assert!(!format!("{outcome:?}").contains("782bbta"), "{outcome:?}");
    }
    assert!(is_refused(&world.with(LinkedInTrouble::Signature).await));
    for (name, change) in [
        ("our nonce", (|_, claims| claims["nonce"] = json!(NONCE)) as Change),
        ("several audiences", |_, claims| claims["aud"] = json!(["sandbox", "another"])),
        ("a clock that is a little off", |_, claims| claims["iat"] = json!(claims["iat"].as_i64().unwrap() + 59)),
    ] {
        assert!(world.with(LinkedInTrouble::IdToken(change)).await.is_ok(), "{name}");
    }
    // It is no part of OAuth, whose access token is asked in any case.
    assert!(world.with(LinkedInTrouble::NoIdToken).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn keys_are_remembered_and_an_unknown_one_asked_for_once_a_minute() {
    let world = World::new();
    let asked = || world.sandbox.asked().iter().filter(|url| url.ends_with("/jwks")).count();
    for _ in 0..3 {
        world.sign_in(&ada()).await.unwrap();
    }
    assert_eq!(asked(), 1);
    let unknown = LinkedInTrouble::IdToken(|header, _| header["kid"] = json!("another"));
    for _ in 0..3 {
        assert!(is_refused(&world.with(unknown).await));
    }
    assert_eq!(asked(), 1, "the keys are younger than a minute");
    tokio::time::advance(Duration::from_secs(60)).await;
    for _ in 0..3 {
        assert!(is_refused(&world.with(unknown).await));
    }
    assert_eq!(asked(), 2);
    tokio::time::advance(Duration::from_secs(60 * 60)).await;
    world.sign_in(&ada()).await.unwrap();
    assert_eq!(asked(), 3);
}
