//! What is left of erased accounts.

use std::time::Duration;

use purge::{Summary, handle};
use shared::access::Role;
use shared::event::Event;
use shared::id::UserId;
use shared::model::connection::{Connection, ConnectionCount, ConnectionState};
use shared::model::erasure::Erasure;
use shared::model::membership::Membership;
use shared::model::portfolio_entry::PortfolioEntry;
use shared::model::skill::{Endorsement, Skill};
use shared::model::user::User;
use shared::store::{Key, Listing};
use shared::trace::Trace;
use testkit::{Caller, Cloud, FaultPlan};

use crate::support::{TIME, deps};

/// How many people the account knew: more than one chunk takes.
const FRIENDS: usize = 70;

/// Somebody who knew many, endorsed and was endorsed, was in an organisation, and is erased now.
struct World {
    cloud: Cloud,
    ada: Caller,
    friends: Vec<UserId>,
    organization: Caller,
}

impl World {
    async fn new(cloud: Cloud) -> Self {
        let backstage = cloud.without_faults();
        let (ada, organization) = (backstage.caller("Ada").await, backstage.caller("Owner").await);
        backstage.join(&ada, organization.organization_id, Role::Member).await;
        let (services, user_id) = (&backstage.services, ada.user_id);
        let (since, skill) = (services.clock.now(), Skill::id_of("Rust"));
        let mut friends = Vec::new();
        for _ in 0..FRIENDS {
            let friend: UserId = services.ids.next();
            friends.push(friend);
            backstage
                .write(|transaction| {
                    for (user_id, other_id) in [(user_id, friend), (friend, user_id)] {
                        let state = Some(ConnectionState::Connected);
                        transaction.create(Connection { user_id, other_id, state, blocked_by_other: false, since });
                    }
                    transaction.update(ConnectionCount::add(friend, 3));
                    transaction.create(Endorsement { user_id, skill_id: skill, endorser_id: friend, at: since });
                    let name = "Rust".to_owned();
                    transaction.create(Skill { id: skill, user_id: friend, name, endorsements: 2, added_at: since });
                    transaction.create(Endorsement {
                        user_id: friend,
                        skill_id: skill,
                        endorser_id: user_id,
                        at: since,
                    });
                })
                .await;
        }
        let user = services.store.get::<User>(&User::key_of(user_id)).await.unwrap().unwrap();
        backstage
            .write(|transaction| {
                let name = "Rust".to_owned();
                transaction.create(Skill { id: skill, user_id, name, endorsements: 70, added_at: since });
                transaction.create(PortfolioEntry {
                    id: services.ids.next(),
                    user_id,
                    title: "Engine".to_owned(),
                    description: None,
                    url: None,
                    year: None,
                    created_at: since,
                    updated_at: since,
                });
                transaction.update(ConnectionCount::add(user_id, 70));
                transaction.replace(&user, user.erased(since));
                transaction.create(Erasure::new(user_id, since, Trace::begin(&services.ids)));
            })
            .await;
        Self { cloud, ada, friends, organization }
    }

    async fn run(&self, time: Duration) -> Summary {
        handle(&deps(&self.cloud), self.cloud.services.clock.now(), time).await.unwrap()
    }

    /// Everything that is left of the account, and what others have of it.
    async fn assert_erased(&self) {
        let store = &self.cloud.without_faults().services.store;
        let id = self.ada.user_id;
        let keys = async |partition: String| {
            let items = store.list_items(&Listing::of_partition(partition), None).await.unwrap().data;
            items.iter().map(|item| Key::of(item).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(keys(User::key_of(id).pk).await, [User::key_of(id)]);
        let partitions = [
            Connection::partition(id),
            Skill::partition(id),
            Endorsement::partition(id),
            PortfolioEntry::partition(id),
        ];
        for partition in partitions {
            assert_eq!(keys(partition).await, []);
        }
        for friend in &self.friends {
            assert!(store.get::<Connection>(&Connection::key_of(*friend, id)).await.unwrap().is_none());
            let count = store.get::<ConnectionCount>(&ConnectionCount::key_of(*friend)).await.unwrap().unwrap();
            assert_eq!(count.connected, 2);
            let skill = store.get::<Skill>(&Skill::key_of(*friend, Skill::id_of("Rust"))).await.unwrap().unwrap();
            assert_eq!(skill.endorsements, 1);
            assert_eq!(keys(Endorsement::partition(*friend)).await, []);
        }
        let organization = self.organization.organization_id;
        assert!(store.get::<Membership>(&Membership::key_of(id, organization)).await.unwrap().is_none());
        for (organization, kind) in
            [(organization, "organization.memberLeft"), (self.ada.organization_id, "user.erased")]
        {
            let listing = Listing::of_partition(Event::partition(organization));
            let trail = store.list::<Event>(&listing, None).await.unwrap().data;
            let kinds = trail.iter().map(|event| serde_json::json!(event.fact)["type"].clone()).collect::<Vec<_>>();
            assert_eq!(kinds, [kind]);
        }
        assert!(store.get::<Erasure>(&Erasure::key_of(id)).await.unwrap().is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_of_an_erased_account_is_left_but_that_it_was_erased() {
    let world = World::new(Cloud::new()).await;
    assert_eq!(world.run(TIME).await, Summary::default(), "functions may still remember the account");
    tokio::time::advance(Duration::from_secs(300)).await;
    let summary = world.run(TIME).await;
    assert_eq!((summary.erased, summary.unfinished), (1, false));
    world.assert_erased().await;
    assert_eq!(world.run(TIME).await, Summary::default());
}

#[tokio::test(start_paused = true)]
async fn an_erasure_that_the_time_does_not_suffice_for_goes_on() {
    let world = World::new(Cloud::new()).await;
    tokio::time::advance(Duration::from_secs(300)).await;
    let summary = world.run(Duration::ZERO).await;
    assert_eq!((summary.erased, summary.unfinished), (0, true));
    assert_eq!(world.run(TIME).await.erased, 1);
    world.assert_erased().await;
}

#[tokio::test(start_paused = true)]
async fn two_runs_at_once_on_bad_days_come_to_the_same_end() {
    for seed in 0..4 {
        let world = World::new(Cloud::with_faults(FaultPlan::seeded(seed))).await;
        tokio::time::advance(Duration::from_secs(300)).await;
        let (deps, key) = (deps(&world.cloud), Erasure::key_of(world.ada.user_id));
        let calm = world.cloud.without_faults().services.store;
        for attempt in 0.. {
            assert!(attempt < 40, "seed {seed}: no end");
            let now = world.cloud.services.clock.now();
            drop(futures_util::future::join(handle(&deps, now, TIME), handle(&deps, now, TIME)).await);
            if calm.get::<Erasure>(&key).await.unwrap().is_none() {
                break;
            }
            tokio::time::advance(Duration::from_secs(60)).await;
        }
        // What was sent and never answered may land yet.
        tokio::time::sleep(Duration::from_secs(60)).await;
        world.assert_erased().await;
    }
}
