//! What becomes of signing keys over months.

use std::collections::BTreeSet;
use std::time::Duration;

use key_rotation::{Deps, Summary, handle};
use shared::access::TokenIssuer;
use shared::config::Variables;
use shared::id::SigningKeyId;
use shared::model::signing_key::{SigningKey, VerifyingKey};
use shared::store::Listing;
use testkit::{Cloud, FaultPlan};

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const NOTHING: Summary = Summary { published: false, promoted: false, removed: 0 };

fn deps(cloud: &Cloud) -> Deps {
    Deps::new(cloud.services.clone(), &Variables::default()).unwrap()
}

async fn run(cloud: &Cloud) -> Summary {
    handle(&deps(cloud)).await.unwrap()
}

async fn signing(cloud: &Cloud) -> SigningKey {
    cloud.services.store.get::<SigningKey>(&SigningKey::current_key()).await.unwrap().unwrap().value
}

async fn current(cloud: &Cloud) -> SigningKeyId {
    signing(cloud).await.id
}

async fn published(cloud: &Cloud) -> BTreeSet<SigningKeyId> {
    let listing = Listing::of_partition(VerifyingKey::PARTITION);
    let keys = cloud.services.store.list::<VerifyingKey>(&listing, None).await.unwrap().data;
    keys.iter().map(|key| key.id).collect()
}

/// A token that is signed now with this key.
fn token(cloud: &Cloud, key: &SigningKey) -> String {
    let services = &cloud.services;
    let (user, session) = (services.ids.next(), services.ids.next());
    services.tokens.issue(key, user, "ada@example.com", (session, 0), services.clock.now()).unwrap().token
}

/// Whether another instance, which remembers nothing, verifies a token.
async fn verifies(cloud: &Cloud, token: &str) -> bool {
    let services = &cloud.services;
    services.keys.clear();
    let Some(key) = services.keys.find(TokenIssuer::key_id(token).unwrap()).await.unwrap() else { return false };
    services.tokens.verify(token, &key, services.clock.now()).is_some()
}

#[tokio::test(start_paused = true)]
async fn a_key_is_published_signs_verifies_and_goes() {
    let cloud = Cloud::new();
    assert_eq!(run(&cloud).await, NOTHING, "there is no key yet");
    cloud.caller("Ada").await;
    let first = signing(&cloud).await;
    tokio::time::advance(DAY * 90 - HOUR).await;
    assert_eq!(run(&cloud).await, NOTHING);
    tokio::time::advance(HOUR).await;
    assert_eq!(run(&cloud).await, Summary { published: true, ..NOTHING });
    assert_eq!((current(&cloud).await, published(&cloud).await.len()), (first.id, 2), "it is known before it signs");
    assert_eq!(run(&cloud).await, NOTHING, "not within an hour");
    tokio::time::advance(HOUR).await;
    assert_eq!(run(&cloud).await, Summary { promoted: true, ..NOTHING });
    let second = signing(&cloud).await;
    assert_ne!(second.id, first.id);
    assert_eq!(run(&cloud).await, NOTHING);
    // The last moment at which an instance signs with the key that it remembers.
    tokio::time::advance(Duration::from_secs(5 * 60)).await;
    let late = token(&cloud, &first);
    tokio::time::advance(DAY - Duration::from_secs(1)).await;
    assert_eq!(run(&cloud).await, NOTHING);
    assert!(verifies(&cloud, &late).await, "a token of the key that went is good until it expires");
    tokio::time::advance(HOUR).await;
    assert!(!verifies(&cloud, &late).await);
    assert_eq!(run(&cloud).await, Summary { removed: 1, ..NOTHING });
    assert_eq!(published(&cloud).await, BTreeSet::from([second.id]));
    assert!(verifies(&cloud, &token(&cloud, &second)).await);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_has_retired_is_none_though_its_row_is_still_there() {
    let cloud = Cloud::new();
    cloud.caller("Ada").await;
    let id = current(&cloud).await;
    let token = token(&cloud, &signing(&cloud).await);
    assert!(verifies(&cloud, &token).await);
    let store = &cloud.services.store;
    let key = store.get::<VerifyingKey>(&VerifyingKey::key_of(id)).await.unwrap().unwrap();
    let retires_at = Some(cloud.services.clock.now().plus(Duration::from_secs(60)));
    let next = VerifyingKey { retires_at, ..key.value.clone() };
    cloud.write(|transaction| transaction.replace(&key, next.clone())).await;
    assert!(verifies(&cloud, &token).await);
    tokio::time::advance(Duration::from_secs(60)).await;
    // What an instance remembers knows the time too.
    assert!(cloud.services.keys.find(id).await.unwrap().is_none());
    assert!(!verifies(&cloud, &token).await);
}

#[tokio::test(start_paused = true)]
async fn runs_at_the_same_time_do_it_once() {
    let cloud = Cloud::new();
    cloud.caller("Ada").await;
    tokio::time::advance(DAY * 90).await;
    let (a, b, c) = tokio::join!(run(&cloud), run(&cloud), run(&cloud));
    assert_eq!([a, b, c].iter().filter(|summary| summary.published).count(), 1);
    assert_eq!(published(&cloud).await.len(), 2);
    tokio::time::advance(DAY).await;
    let (a, b, c) = tokio::join!(run(&cloud), run(&cloud), run(&cloud));
    assert_eq!([a, b, c].iter().filter(|summary| summary.promoted).count(), 1);
    assert_eq!(published(&cloud).await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn on_bad_days_there_is_always_a_key_that_signs_and_is_published() {
    for seed in 0..24 {
        let cloud = Cloud::with_faults(FaultPlan::seeded(seed));
        let quiet = cloud.without_faults();
        quiet.caller("Ada").await;
        for _ in 0..4 {
            tokio::time::advance(DAY * 45).await;
            let deps = deps(&cloud);
            let (a, b) = tokio::join!(handle(&deps), handle(&deps));
            drop((a, b));
            assert!(published(&quiet).await.contains(&current(&quiet).await), "seed {seed}");
            assert!((1..=3).contains(&published(&quiet).await.len()), "seed {seed}");
        }
    }
}
