//! What is no access token of ours: the classes of Wycheproof's JSON web signature and JSON web key sets that concern EdDSA.

use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};

use super::*;
use crate::clock::{Clock, TimeSource};
use crate::id::Entropy;

/// A clock that stands.
#[derive(Debug)]
struct Standing(Timestamp);

impl TimeSource for Standing {
    fn now(&self) -> Timestamp {
        self.0
    }

    fn sleep(&self, _: Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::ready(()))
    }
}

/// Bytes that follow from a seed.
#[derive(Debug)]
struct Counting(std::sync::Mutex<u8>);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let mut next = self.0.lock().unwrap();
        for byte in bytes {
            *next = next.wrapping_mul(5).wrapping_add(7);
            *byte = *next;
        }
    }
}

/// An issuer with a key, and somebody it signs for.
struct Fixture {
    issuer: TokenIssuer,
    key: NewKey,
    now: Timestamp,
    token: String,
}

impl Fixture {
    fn new() -> Self {
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        let ids = Ids::new(Clock::new(Standing(now)), Counting(std::sync::Mutex::new(1)));
        let issuer = TokenIssuer::new(TokenConfig {
            issuer: "groundwork".to_owned(),
            audience: "groundwork".to_owned(),
            access_lifetime: Duration::from_secs(24 * 60 * 60),
            refresh_lifetime: Duration::from_secs(30 * 24 * 60 * 60),
        });
        let key = TokenIssuer::new_key(&ids, now).unwrap();
        let token = issuer.issue(&key.signing, ids.next(), "ada@example.com", (ids.next(), 0), now).unwrap().token;
        Self { issuer, key, now, token }
    }

    fn parts(&self) -> [String; 3] {
        let parts: Vec<_> = self.token.split('.').map(str::to_owned).collect();
        parts.try_into().unwrap()
    }

    fn header(&self) -> Value {
        json!({"typ": "at+jwt", "alg": "EdDSA", "kid": self.key.signing.id})
    }

    fn claims(&self) -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&self.parts()[1]).unwrap()).unwrap()
    }

    /// A token of these texts, signed with our key: what is wrong with it is in the texts.
    fn signed(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let key = EncodingKey::from_ed_der(&self.key.signing.pkcs8);
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::EdDSA).unwrap();
        format!("{message}.{signature}")
    }

    /// As the extractor does it: the header names a key, and that key verifies the token.
    fn accepts(&self, token: &str) -> bool {
        let key = TokenIssuer::decoding_key(&self.key.verifying).unwrap();
        TokenIssuer::key_id(token) == Some(self.key.signing.id) && self.issuer.verify(token, &key, self.now).is_some()
    }
}

fn with(object: &Value, name: &str, value: Value) -> String {
    let mut object = object.clone();
    object[name] = value;
    object.to_string()
}

fn without(object: &Value, name: &str) -> String {
    let mut object = object.clone();
    object.as_object_mut().unwrap().remove(name);
    object.to_string()
}

#[test]
fn only_the_exact_header_is_taken() {
    let fixture = Fixture::new();
    let (header, claims) = (fixture.header(), fixture.claims().to_string());
    assert!(fixture.accepts(&fixture.token) && fixture.accepts(&fixture.signed(&header.to_string(), &claims)));
    let public = &fixture.key.verifying.jwk;
    let other_id = "key_01KAGR3V0R0000000000000000";
    let headers = [
        ("alg none", with(&header, "alg", json!("none"))),
        ("alg NONE", with(&header, "alg", json!("NONE"))),
        ("alg in another case", with(&header, "alg", json!("eddsa"))),
        ("alg HS256", with(&header, "alg", json!("HS256"))),
        ("alg ES256", with(&header, "alg", json!("ES256"))),
        ("alg Ed448", with(&header, "alg", json!("Ed448"))),
        ("alg a list", with(&header, "alg", json!(["EdDSA"]))),
        ("alg null", with(&header, "alg", Value::Null)),
        ("no alg", without(&header, "alg")),
        ("typ JWT", with(&header, "typ", json!("JWT"))),
        ("no typ", without(&header, "typ")),
        ("no kid", without(&header, "kid")),
        ("kid of another key", with(&header, "kid", json!(other_id))),
        ("kid a path", with(&header, "kid", json!("../../dev/null"))),
        ("kid a number", with(&header, "kid", json!(1))),
        ("a key of its own", with(&header, "jwk", public.clone())),
        ("keys at an address", with(&header, "jku", json!("https://example.com/jwks.json"))),
        ("a certificate at an address", with(&header, "x5u", json!("https://example.com/certificate"))),
        ("a certificate", with(&header, "x5c", json!(["MIIB"]))),
        ("a critical extension", with(&header, "crit", json!(["exp"]))),
        ("an unencoded payload", with(&header, "b64", json!(false))),
        ("compressed", with(&header, "zip", json!("DEF"))),
        ("no object", "[]".to_owned()),
        ("empty", String::new()),
        ("something behind it", format!("{header} {{}}")),
        ("alg twice", format!(r#"{{"typ":"at+jwt","alg":"none","alg":"EdDSA","kid":"{}"}}"#, fixture.key.signing.id)),
        (
            "kid twice",
            format!(r#"{{"typ":"at+jwt","alg":"EdDSA","kid":"{other_id}","kid":"{}"}}"#, fixture.key.signing.id),
        ),
    ];
    for (what, header) in headers {
        assert!(!fixture.accepts(&fixture.signed(&header, &claims)), "{what}");
    }
}

#[test]
fn only_complete_and_unambiguous_claims_are_taken() {
    let fixture = Fixture::new();
    let (header, claims, now) = (fixture.header().to_string(), fixture.claims(), fixture.now.as_seconds());
    let twice = |name: &str, value: Value| {
        let text = claims.to_string();
        format!(r#"{{"{name}":{value},{}"#, text.strip_prefix('{').unwrap())
    };
    let mut wrong = vec![
        ("a foreign issuer", with(&claims, "iss", json!("elsewhere"))),
        ("issuers", with(&claims, "iss", json!(["groundwork", "elsewhere"]))),
        ("a foreign audience", with(&claims, "aud", json!("elsewhere"))),
        ("expired", with(&claims, "exp", json!(now))),
        ("an expiry in words", with(&claims, "exp", json!("tomorrow"))),
        ("an expiry beyond all numbers", with(&claims, "exp", json!(1e300))),
        ("not yet valid", with(&claims, "nbf", json!(now + 31))),
        ("issued later", with(&claims, "iat", json!(now + 31))),
        ("a subject of another kind", with(&claims, "sub", json!("org_01KAGR3V0R0000000000000000"))),
        ("a session of another kind", with(&claims, "sid", json!("usr_01KAGR3V0R0000000000000000"))),
        ("an expiry twice", twice("exp", json!(now))),
        ("a subject twice", twice("sub", json!("usr_01KAGR3V0R0000000000000000"))),
        ("no object", "[]".to_owned()),
        ("empty", String::new()),
    ];
    wrong.extend(
        ["iss", "aud", "sub", "sid", "exp", "nbf", "iat"].map(|name| ("a claim missing", without(&claims, name))),
    );
    for (what, claims) in wrong {
        assert!(!fixture.accepts(&fixture.signed(&header, &claims)), "{what}: {claims}");
    }
    // A clock that runs ahead of ours by less than half a minute is forgiven.
    assert!(fixture.accepts(&fixture.signed(&header, &with(&claims, "nbf", json!(now + 30)))));
}

#[test]
fn a_signature_has_one_form_only() {
    let fixture = Fixture::new();
    let [header, payload, signature] = fixture.parts();
    let bytes = URL_SAFE_NO_PAD.decode(&signature).unwrap();
    let encoded = |bytes: &[u8]| format!("{header}.{payload}.{}", URL_SAFE_NO_PAD.encode(bytes));
    assert!(fixture.accepts(&encoded(&bytes)));
    for index in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[index] ^= 1;
        assert!(!fixture.accepts(&encoded(&changed)), "byte {index}");
    }
    // Adding the group's order to S gives another number of the same meaning (RFC 8032, 5.1.7 refuses it).
    let order: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let (mut malleable, mut carry) = (bytes.clone(), 0_u16);
    for (byte, addend) in malleable[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(addend) + carry;
        *byte = u8::try_from(sum & 0xff).unwrap();
        carry = sum >> 8;
    }
    // The last character of 64 bytes in base64url carries four unused bits.
    let last = signature.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let sibling = alphabet.chars().nth(alphabet.find(last).unwrap() + 1).unwrap();
    let trailing_bits = format!("{}{sibling}", signature.strip_suffix(last).unwrap());
    let wrong = [
        ("the order added to S", encoded(&malleable)),
        ("truncated", encoded(&bytes[..63])),
        ("lengthened", encoded(&[bytes.as_slice(), &[0]].concat())),
        ("all zeros", encoded(&[0; 64])),
        ("empty", encoded(&[])),
        ("R alone", encoded(&bytes[..32])),
        ("trailing bits", format!("{header}.{payload}.{trailing_bits}")),
        ("padded", format!("{}==", fixture.token)),
        ("a line break", format!("{}\n", fixture.token)),
        ("a blank", format!(" {}", fixture.token)),
        ("the plain alphabet", format!("{header}.{payload}.{}+/", signature.get(..84).unwrap())),
        ("four parts", format!("{}.{signature}", fixture.token)),
        ("two parts", format!("{header}.{payload}")),
        ("the parts in another order", format!("{payload}.{header}.{signature}")),
        ("nothing", String::new()),
    ];
    for (what, token) in wrong {
        assert!(!fixture.accepts(&token), "{what}");
    }
}

#[test]
fn keys_of_another_kind_verify_nothing() {
    let fixture = Fixture::new();
    let public = fixture.key.verifying.jwk.clone();
    let point = public["x"].as_str().unwrap().to_owned();
    let of = |jwk: Value| TokenIssuer::decoding_key(&VerifyingKey { jwk, ..fixture.key.verifying.clone() });
    assert!(of(public.clone()).is_some());
    let wrong = [
        ("Ed448", with(&public, "crv", json!("Ed448"))),
        ("X25519", with(&public, "crv", json!("X25519"))),
        ("P-256", with(&public, "crv", json!("P-256"))),
        ("no curve", without(&public, "crv")),
        (
            "a symmetric key",
            json!({"kty": "oct", "k": point, "kid": public["kid"], "alg": "HS256", "use": "sig"}).to_string(),
        ),
        ("no type", without(&public, "kty")),
        ("another algorithm", with(&public, "alg", json!("ES256"))),
        ("no algorithm", without(&public, "alg")),
        ("for encryption", with(&public, "use", json!("enc"))),
        ("of no use", without(&public, "use")),
        ("another id", with(&public, "kid", json!("key_01KAGR3V0R0000000000000000"))),
        ("no id", without(&public, "kid")),
        ("no point", without(&public, "x")),
        ("half a point", with(&public, "x", json!(point.get(..22).unwrap()))),
        ("an empty point", with(&public, "x", json!(""))),
        ("a padded point", with(&public, "x", json!(format!("{point}=")))),
        ("no point in base64", with(&public, "x", json!("!".repeat(43)))),
    ];
    for (what, jwk) in wrong {
        assert!(of(serde_json::from_str(&jwk).unwrap()).is_none(), "{what}");
    }
    // 32 bytes that are no point of the curve make a key that verifies nothing.
    let mut no_point = [0_u8; 32];
    no_point[0] = 2;
    let no_point = of(serde_json::from_str(&with(&public, "x", json!(URL_SAFE_NO_PAD.encode(no_point)))).unwrap());
    assert!(no_point.is_none_or(|key| fixture.issuer.verify(&fixture.token, &key, fixture.now).is_none()));
    // Nor does the right key as another algorithm's.
    let confused = DecodingKey::from_secret(&URL_SAFE_NO_PAD.decode(&point).unwrap());
    assert!(fixture.issuer.verify(&fixture.token, &confused, fixture.now).is_none());
}
