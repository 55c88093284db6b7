//! What `/api/chat/message` costs.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::ai::{AiError, Usage};
use shared::catalogue::Catalogue;
use shared::credits::{OrganizationDay, Position};
use shared::ledger::{AccountId, Ledger};
use shared::model::organization::Organization;
use shared::plan::PlanName;
use testkit::{Caller, Cloud, FaultPlan, Request, ScriptedAi, TestApp};
use tokio::time::{advance, sleep, timeout};

use crate::support::{app, trail};

const PATH: &str = "/api/chat/message";
/// For how long credits are held while the assistant is asked.
const LEASE: Duration = Duration::from_secs(60);

fn say(app: &TestApp, caller: &Caller) -> Request {
    let request = app.post(PATH).by(caller).organization(caller.organization_id);
    request.json(&json!({"message": "What is a SAFE?"}))
}

/// What was used of the day's credits, what is held, and what is there.
async fn credits(cloud: &Cloud, caller: &Caller) -> (i64, i64, i64) {
    let (services, id) = (&cloud.services, caller.organization_id);
    let organization = services.store.get::<Organization>(&Organization::key_of(id)).await.unwrap().unwrap();
    let figures = Position::read(services, (&organization.value).into(), &[], &[]).await.unwrap().figures();
    (figures.day_used, figures.held, figures.available)
}

#[tokio::test(start_paused = true)]
async fn an_answer_costs_what_the_plan_says() {
    for (plan, cost) in [(PlanName::Free, 10), (PlanName::Pro, 5), (PlanName::Outreach, 0), (PlanName::Enterprise, 0)] {
        let cloud = Cloud::new();
        let (app, ada) = (app(&cloud, &ScriptedAi::new()), cloud.founder("Ada").await);
        cloud.set_plan(ada.organization_id, plan).await;
        let answer = say(&app, &ada).send().await.expect(200);
        assert_eq!(answer["credits"], json!(cost), "{plan}");
        let per_day = i64::from(plan.plan().credits.per_day);
        assert_eq!(credits(&cloud, &ada).await, (cost, 0, per_day - cost), "{plan}");
        let day = OrganizationDay::at(ada.organization_id, cloud.services.clock.now());
        let allowance = Ledger::new(&cloud.services).account(AccountId::CreditAllowance(day).part(0)).await.unwrap();
        assert_eq!(allowance.is_some(), cost > 0, "{plan}: what costs nothing moves nothing");
    }
}

#[tokio::test(start_paused = true)]
async fn without_credits_nothing_is_asked_and_nothing_saved_and_the_problem_says_what_is_missing() {
    let (cloud, ai) = (Cloud::new(), ScriptedAi::new());
    let (app, ada) = (app(&cloud, &ai), cloud.founder("Ada").await);
    for _ in 0..5 {
        say(&app, &ada).send().await.expect(200);
    }
    let (asked, said) = (ai.asked().len(), trail(&cloud.services, ada.organization_id).await.len());
    let problem = say(&app, &ada).send().await.expect_problem(402, "credits_required");
    let midnight = json!(cloud.services.clock.now().next_day());
    let members = ["missing", "missingCredits", "plan", "resetsAt"].map(|name| problem[name].clone());
    assert_eq!(members, [json!("credits"), json!("10"), json!("pro"), midnight]);
    assert_eq!((ai.asked().len(), trail(&cloud.services, ada.organization_id).await.len()), (asked, said));
    // Under one key too: a refusal is not kept.
    let keyed = || say(&app, &ada).header("idempotency-key", "k1");
    keyed().send().await.expect_problem(402, "credits_required");
    cloud.set_plan(ada.organization_id, PlanName::Pro).await;
    keyed().send().await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn a_repeat_of_an_answered_message_costs_nothing() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud, &ScriptedAi::new()), cloud.founder("Ada").await);
    let keyed = || say(&app, &ada).header("idempotency-key", "k1");
    let first = keyed().send().await.expect(200);
    assert_eq!(keyed().send().await.expect(200), first);
    assert_eq!(credits(&cloud, &ada).await, (10, 0, 40));
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_the_credits_are_there_again_at_once() {
    let cloud = Cloud::new();
    let refused = AiError::Refused { usage: Usage { input_tokens: 9, output_tokens: 0 } };
    let ai = ScriptedAi::new().unavailable().fails(refused);
    let (app, ada) = (app(&cloud, &ai), cloud.founder("Ada").await);
    say(&app, &ada).send().await.expect_problem(503, "ai_unavailable");
    assert_eq!(credits(&cloud, &ada).await, (0, 0, 50));
    say(&app, &ada).send().await.expect_problem(422, "ai_refused");
    assert_eq!(credits(&cloud, &ada).await, (0, 0, 50));
    assert_eq!(crate::support::usage(&cloud.services, ada.organization_id).await.input_tokens, 9);
}

#[tokio::test(start_paused = true)]
async fn while_the_assistant_thinks_its_credits_are_nobody_elses() {
    let (cloud, ai) = (Cloud::new(), ScriptedAi::new());
    let (app, ada) = (app(&cloud, &ai), cloud.founder("Ada").await);
    for _ in 0..4 {
        say(&app, &ada).send().await.expect(200);
    }
    drop(ai.clone().waits(Duration::from_secs(10)));
    let (slow, late) = tokio::join!(say(&app, &ada).send(), async {
        sleep(Duration::from_secs(5)).await;
        say(&app, &ada).send().await
    });
    slow.expect(200);
    late.expect_problem(402, "credits_required");
    assert_eq!(credits(&cloud, &ada).await, (50, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_crash_leaves_credits_held_until_the_hold_times_out_and_a_repeat_pays_once() {
    let cloud = Cloud::new();
    let ai = ScriptedAi::new().waits(LEASE);
    let (app, ada) = (app(&cloud, &ai), cloud.founder("Ada").await);
    let keyed = || say(&app, &ada).header("idempotency-key", "k1").send();
    assert!(timeout(Duration::from_secs(20), keyed()).await.is_err(), "it crashes while the assistant thinks");
    assert_eq!(credits(&cloud, &ada).await, (10, 10, 40));
    advance(LEASE).await;
    assert_eq!(credits(&cloud, &ada).await, (0, 0, 50));
    assert_eq!(keyed().await.expect(200)["credits"], 10);
    assert_eq!(credits(&cloud, &ada).await, (10, 0, 40));
}

#[tokio::test(start_paused = true)]
async fn beyond_the_days_credits_a_plan_goes_on_at_the_fair_use_rate() {
    let cloud = Cloud::new();
    let (app, ada) = (app(&cloud, &ScriptedAi::new()), cloud.founder("Ada").await);
    cloud.set_plan(ada.organization_id, PlanName::Pro).await;
    let fair_use = Catalogue::get().fair_use.actions;
    let mut refused = Value::Null;
    for number in 0..30 + fair_use + 1 {
        // A person may ask 30 times a minute, and tokens live a day.
        if number % 30 == 29 {
            advance(Duration::from_secs(60)).await;
        }
        let answer = say(&app, &ada).send().await;
        if answer.status == 429 {
            assert!(answer.header("retry-after").is_some_and(|seconds| seconds.parse::<u64>().unwrap() <= 3600));
            assert_eq!(answer.header("ratelimit-policy"), Some("\"fair-use\";q=120;w=3600"));
            refused = answer.expect_problem(429, "fair_use_reached");
            assert_eq!(number, 30 + fair_use);
        } else {
            assert_eq!(answer.expect(200)["credits"], 5);
        }
    }
    assert!(refused.is_object(), "the rate is never reached");
    let used = i64::from(30 + fair_use) * 5;
    assert_eq!(credits(&cloud, &ada).await, (used, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn of_messages_at_once_as_many_are_answered_as_there_are_credits_for() {
    for seed in 0..5 {
        let cloud = Cloud::with_timing(seed);
        let (app, ada) = (app(&cloud, &ScriptedAi::new()), cloud.founder("Ada").await);
        let answers = join_all((0..8).map(|_| say(&app, &ada).send())).await;
        let answered = answers.iter().filter(|answer| answer.status == 200).count();
        let refused = |status: u16| [402, 409].contains(&status);
        assert!(answers.iter().all(|answer| answer.status == 200 || refused(answer.status.as_u16())));
        assert!((1..=5).contains(&answered), "seed {seed}: {answered}");
        let burned = 10 * i64::try_from(answered).unwrap();
        let (used, held, available) = credits(&cloud, &ada).await;
        assert_eq!((used - held, available), (burned, 50 - used), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_the_table_does_an_answer_is_paid_for_once() {
    for seed in 0..20 {
        let cloud = Cloud::with_faults(FaultPlan::seeded(seed));
        let calm = cloud.without_faults();
        let (app, ada) = (app(&cloud, &ScriptedAi::new()), calm.founder("Ada").await);
        let mut is_answered = false;
        for _ in 0..20 {
            let sent = say(&app, &ada).header("idempotency-key", "k1").send().await;
            is_answered = sent.status == 200;
            if is_answered {
                break;
            }
            assert!([402, 409, 503].contains(&sent.status.as_u16()), "seed {seed}: {}", sent.text);
            advance(Duration::from_secs(20)).await;
        }
        assert!(is_answered, "seed {seed}");
        advance(LEASE).await;
        assert_eq!(credits(&calm, &ada).await, (10, 0, 40), "seed {seed}");
    }
}
