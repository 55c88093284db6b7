use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn grant(number: u128, credits: i64, expires_at_ms: Option<i64>) -> Spendable {
    let expires_at = expires_at_ms.map(|ms| Timestamp::from_milliseconds(NOW.as_milliseconds() + ms));
    Spendable { grant_id: ulid::Ulid::from(number).into(), credits, expires_at }
}

fn available(allowance: i64, grants: Vec<Spendable>, purchased: i64) -> Available {
    Available { allowance, then_unlimited: false, grants, purchased }
}

fn named(parts: &[Part]) -> Vec<(String, i64)> {
    let name = |source: Source| match source {
        Source::Allowance => "allowance".to_owned(),
        Source::Grant { grant_id } => format!("grant {}", u128::from(grant_id.ulid())),
        Source::Purchased => "purchased".to_owned(),
    };
    parts.iter().map(|part| (name(part.source), part.credits)).collect()
}

fn burned(available: &Available, cost: i64) -> Vec<(String, i64)> {
    named(&available.burn(cost, NOW).unwrap().parts)
}

fn expected(parts: &[(&str, i64)]) -> Vec<(String, i64)> {
    parts.iter().map(|(name, credits)| ((*name).to_owned(), *credits)).collect()
}

#[test]
fn the_allowance_burns_first_then_grants_by_expiry_then_what_was_bought() {
    let grants = vec![grant(1, 5, None), grant(2, 5, Some(2_000)), grant(3, 5, Some(1_000)), grant(4, 5, Some(2_000))];
    let there = available(10, grants, 100);
    assert_eq!(burned(&there, 10), expected(&[("allowance", 10)]));
    let all = [("allowance", 10), ("grant 3", 5), ("grant 2", 5), ("grant 4", 5), ("grant 1", 5), ("purchased", 4)];
    assert_eq!(burned(&there, 34), expected(&all));
    assert_eq!(burned(&there, 12), expected(&[("allowance", 10), ("grant 3", 2)]));
    assert_eq!(there.total(NOW), 130);
    assert_eq!(there.burn(131, NOW), Err(Missing(1)));
}

#[test]
fn a_grant_is_there_to_the_millisecond_before_it_expires() {
    let there = |expires_at_ms| available(0, vec![grant(1, 5, Some(expires_at_ms))], 0);
    assert_eq!(burned(&there(1), 5), expected(&[("grant 1", 5)]));
    assert_eq!(there(0).burn(5, NOW), Err(Missing(5)));
    assert_eq!((there(1).total(NOW), there(0).total(NOW)), (5, 0));
}

#[test]
fn nothing_burns_for_what_costs_nothing() {
    for cost in [0, -1, i64::MIN] {
        assert_eq!(available(0, Vec::new(), 0).burn(cost, NOW), Ok(Burn { parts: Vec::new(), metered: false }));
    }
}

#[test]
fn a_plan_that_goes_on_without_limit_is_never_short_and_burns_nothing_but_the_day() {
    let there =
        |allowance| Available { then_unlimited: true, ..available(allowance, vec![grant(1, 100, Some(1))], 1_000) };
    for (left, cost, metered) in [(5, 5, false), (4, 5, true), (0, 5, true), (0, i64::MAX, true), (0, 0, false)] {
        let burn = there(left).burn(cost, NOW).unwrap();
        assert_eq!(burn.metered, metered, "{cost} of {left}");
        assert!(burn.parts.iter().all(|part| part.source == Source::Allowance));
        assert_eq!(burn.parts.iter().map(|part| part.credits).sum::<i64>(), cost);
    }
}

#[test]
fn what_was_held_settles_in_the_burn_order_and_the_rest_is_released() {
    let held = available(3, vec![grant(1, 4, None)], 9).burn(10, NOW).unwrap().parts;
    let settled = |cost| {
        let (burned, released) = settle(&held, cost);
        (named(&burned), named(&released))
    };
    let all = expected(&[("allowance", 3), ("grant 1", 4), ("purchased", 3)]);
    assert_eq!(settled(10), (all.clone(), Vec::new()));
    assert_eq!(settled(99), (all.clone(), Vec::new()), "never more than was held");
    assert_eq!(settled(0), (Vec::new(), all));
    let (burned, released) = settled(5);
    assert_eq!(burned, expected(&[("allowance", 3), ("grant 1", 2)]));
    assert_eq!(released, expected(&[("grant 1", 2), ("purchased", 3)]));
}

fn any_available() -> impl Strategy<Value = Available> {
    let grants = prop::collection::vec((0..60_i64, prop::option::of(-3..4_i64)), 0..6);
    (0..80_i64, any::<bool>(), grants, 0..80_i64).prop_map(|(allowance, then_unlimited, grants, purchased)| {
        let grants = (1..).zip(grants).map(|(number, (credits, expires))| grant(number, credits, expires)).collect();
        Available { allowance, then_unlimited, grants, purchased }
    })
}

/// What is there of a source.
fn there(available: &Available, source: Source) -> i64 {
    match source {
        Source::Allowance => available.allowance,
        Source::Grant { grant_id } => {
            let grant = available.grants.iter().find(|grant| grant.grant_id == grant_id).unwrap();
            if grant.is_live(NOW) { grant.credits } else { 0 }
        }
        Source::Purchased => available.purchased,
    }
}

/// Where a source stands in the order.
fn rank(available: &Available, source: Source) -> (u8, bool, Option<Timestamp>) {
    match source {
        Source::Allowance => (0, false, None),
        Source::Grant { grant_id } => {
            let grant = available.grants.iter().find(|grant| grant.grant_id == grant_id).unwrap();
            (1, grant.expires_at.is_none(), grant.expires_at)
        }
        Source::Purchased => (2, false, None),
    }
}

proptest! {
    #[test]
    fn an_action_burns_its_cost_or_nothing(available in any_available(), cost in 1..300_i64) {
        match available.burn(cost, NOW) {
            Err(Missing(missing)) => {
                prop_assert!(!available.then_unlimited);
                prop_assert_eq!(missing, cost - available.total(NOW));
            }
            Ok(burn) if available.then_unlimited => {
                prop_assert_eq!(burn.metered, cost > available.allowance);
                prop_assert_eq!(burn.parts, vec![Part { source: Source::Allowance, credits: cost }]);
            }
            Ok(burn) => {
                prop_assert!(!burn.metered && cost <= available.total(NOW));
                prop_assert_eq!(burn.parts.iter().map(|part| part.credits).sum::<i64>(), cost);
                prop_assert!(burn.parts.iter().all(|part| (1..=there(&available, part.source)).contains(&part.credits)));
            }
        }
    }

    #[test]
    fn no_source_is_touched_before_all_before_it_are_empty(available in any_available(), cost in 1..300_i64) {
        prop_assume!(!available.then_unlimited);
        let Ok(burn) = available.burn(cost, NOW) else { return Ok(()) };
        let Some(last) = burn.parts.last() else { return Ok(()) };
        let grants = available.grants.iter().map(|grant| Source::Grant { grant_id: grant.grant_id });
        let earlier = [Source::Allowance].into_iter().chain(grants);
        for source in earlier.filter(|source| rank(&available, *source) < rank(&available, last.source)) {
            let taken = burn.parts.iter().filter(|part| part.source == source).map(|part| part.credits).sum::<i64>();
            prop_assert_eq!(taken, there(&available, source));
        }
    }

    #[test]
    fn what_burns_and_what_is_released_are_what_was_held(available in any_available(), held in 1..200_i64, cost in 0..250_i64) {
        let Ok(Burn { parts, .. }) = available.burn(held, NOW) else { return Ok(()) };
        let (burned, released) = settle(&parts, cost);
        let sum = |parts: &[Part]| parts.iter().map(|part| part.credits).sum::<i64>();
        prop_assert_eq!(sum(&burned), cost.min(held));
        prop_assert_eq!(sum(&released), held - cost.min(held));
        for part in &parts {
            let both = burned.iter().chain(&released).filter(|other| other.source == part.source);
            prop_assert_eq!(both.map(|part| part.credits).sum::<i64>(), part.credits);
        }
    }
}
