//! Whatever the order and however often events come, the figures are the same.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::bench::{Bench, COUNTERS, Figures, ulid, user, user_id};
use futures_util::future::join_all;
use projector::project;
use proptest::collection::vec;
use proptest::prelude::*;
use shared::clock::Timestamp;
use shared::event::{Event, Fact};
use shared::id::{Ids, UserId};
use shared::model::task::TaskKind;
use shared::plan::PlanName;
use testkit::{Cloud, FaultPlan};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// An event in numbers: which fact, whose, how many days after the first.
type Sketch = (u8, u128, u32);

fn sketches(most: usize) -> impl Strategy<Value = Vec<Sketch>> {
    vec((0..12_u8, 1..4_u128, 0..4_u32), 1..most)
}

fn fact(number: u8, subject: UserId) -> Fact {
    let (task_id, kind) = (ulid::task(1), TaskKind::LeadFollowup);
    match number {
        0 => Fact::AccountRegistered { user_id: subject },
        1 => Fact::OrganizationCreated { owner_id: subject },
        2 => Fact::PlanChanged { from: PlanName::Free, to: PlanName::Pro },
        3 => Fact::PlanChanged { from: PlanName::Outreach, to: PlanName::Free },
        4 => Fact::VentureCreated { venture_id: ulid::of("ven_", 1) },
        5 => Fact::LeadsImported { imported: 25, updated: 1 },
        6 => Fact::LeadDeleted { lead_id: ulid::of("led_", 1) },
        7 => Fact::TaskCreated { task_id, kind },
        8 => Fact::TaskCompleted { task_id, kind, attempts: 1 },
        9 => Fact::TaskFailed { task_id, kind, attempts: 5, code: "x".to_owned() },
        10 => Fact::TaskRetried { task_id, kind },
        _ => Fact::LeadUpdated { lead_id: ulid::of("led_", 1) },
    }
}

fn events(sketches: &[Sketch], ids: &Ids, first: Timestamp) -> Vec<Event> {
    let event = |(number, who, days): &Sketch| Event {
        id: ids.next(),
        organization_id: ulid::organization(1),
        at: first.plus(DAY * *days),
        actor: user(*who),
        request_id: None,
        correlation_id: ids.next(),
        trace_id: None,
        fact: fact(*number, user_id(*who)),
    };
    sketches.iter().map(event).collect()
}

/// What the figures have to be, by adding up.
fn expected(events: &[Event]) -> Figures {
    let mut counters = vec![0; COUNTERS.len()];
    let mut last_days = BTreeMap::new();
    for event in events {
        let added: &[(usize, i64)] = match event.fact {
            Fact::AccountRegistered { .. } => &[(0, 1), (1, 1)],
            Fact::OrganizationCreated { .. } => &[(1, 1)],
            Fact::PlanChanged { to: PlanName::Free, .. } => &[(2, -1)],
            Fact::PlanChanged { .. } => &[(2, 1)],
            Fact::VentureCreated { .. } => &[(3, 1)],
            Fact::LeadsImported { .. } => &[(4, 25)],
            Fact::LeadDeleted { .. } => &[(4, -1)],
            Fact::TaskCreated { .. } => &[(5, 1)],
            Fact::TaskCompleted { .. } => &[(6, 1)],
            Fact::TaskFailed { .. } => &[(7, 1)],
            Fact::TaskRetried { .. } => &[(7, -1)],
            _ => &[],
        };
        added.iter().for_each(|(place, amount)| counters[*place] += amount);
        let day = last_days.entry(format!("{:?}", event.actor)).or_default();
        *day = event.at.day().max(std::mem::take(day));
    }
    let mut days = BTreeMap::new();
    last_days.into_values().for_each(|day: String| *days.entry(day).or_default() += 1);
    (counters, days)
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(future)
}

/// Projects an event, again and again while the store fails.
async fn project_at_last(bench: &Bench, event: &Event) {
    for _ in 0..50 {
        if project(&bench.deps, event).await.is_ok() {
            return;
        }
    }
    panic!("the store fails for ever");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_and_repetition_ends_in_the_same_figures(
        sketches in sketches(24),
        deliveries in vec(any::<prop::sample::Index>(), 0..48),
        at_once in 1..6_usize,
        order in any::<u64>(),
        seed in any::<u64>(),
    ) {
        let (figures, wanted) = run(async {
            // Late answers are what lets projections overlap; lost and doubled ones come with them.
            let bench = Bench::over(Cloud::with_faults(FaultPlan::seeded(seed).often(250))).await;
            let events = events(&sketches, &bench.cloud.services.ids, bench.now());
            // Every event once in an order of its own, and any of them again, several at a time.
            let mut order = (0..events.len()).map(|place| (place as u64 + 1).wrapping_mul(order | 1)).zip(&events).collect::<Vec<_>>();
            order.sort_by_key(|(weight, _)| *weight);
            let mut queue = order.into_iter().map(|(_, event)| event).collect::<Vec<_>>();
            for (place, index) in deliveries.iter().enumerate() {
                queue.insert((place * 7) % (queue.len() + 1), index.get(&events));
            }
            for chunk in queue.chunks(at_once) {
                join_all(chunk.iter().map(|event| project_at_last(&bench, event))).await;
            }
            (bench.figures().await, expected(&events))
        });
        prop_assert_eq!(figures, wanted);
    }
}

/// Throttled, conflicting, lost and doubled requests: what failed is brought back until nothing is left, and the figures are right.
#[test]
fn bad_days_of_the_store_change_no_figure() {
    for seed in 0..16 {
        run(async {
            let plan = FaultPlan::seeded(seed).often(650);
            let bench = Bench::over(Cloud::with_faults(plan)).await;
            let sketches =
                (0..30_u8).map(|number| (number % 12, u128::from(number % 3) + 1, u32::from(number * 7 % 4)));
            let events = events(&sketches.collect::<Vec<_>>(), &bench.cloud.services.ids, bench.now());
            for event in &events {
                bench.happen(event).await;
            }
            bench.pump(&bench.deps, 10).await;
            // What failed often waits an hour for its next turn.
            for _ in 0..1_000 {
                let mut open = 0;
                for event in &events {
                    if bench.failure(event).await.is_some() {
                        open += 1;
                        bench.touch(event).await;
                    }
                }
                if open == 0 {
                    break;
                }
                bench.pump(&bench.deps, 10).await;
                tokio::time::advance(Duration::from_secs(600)).await;
            }
            for event in &events {
                let known = bench.projection(event).await;
                assert!(known.done && known.failure.is_none(), "seed {seed}: {event:?} {known:?}");
            }
            assert_eq!(bench.figures().await, expected(&events), "seed {seed}");
        });
    }
}
