//! The founder's loop: from sign-up to an agent's finished work.

use std::time::Duration;

use groundwork::operator::{set_plan, set_role};
use serde_json::{Value, json};
use shared::access::PlatformRole;
use shared::model::post::Post;
use shared::model::usage::Usage;
use shared::plan::PlanName;
use shared::store::Store;

use crate::founder::{Founder, PASSWORD};
use crate::harness::TestPlatform;

/// Leads as a spreadsheet exports them: a BOM, Windows line ends, headers in another order and case, an unknown column, quotes.
pub(crate) const LEADS: &str = "\u{feff}E-MAIL,full name,Company,job title,Lead Status,PRIORITY,Last Contacted,Shoe size\r\n\
    ada@engines.example,Ada Lovelace,\"Engines, Ltd\",Analyst,contacted,high,2026-10-01,38\r\n\
    grace@cobol.example,Grace Hopper,COBOL Inc,Admiral,qualified,low,2026-09-01,\r\n\
    alan@bombe.example,Alan Turing,Bombe,Director,contacted,medium,2026-10-15,44\r\n\
    kurt@proof.example,Kurt Goedel,Proof,Logician,contacted,medium,2026-10-20,41\r\n\
    edsger@path.example,Edsger Dijkstra,Path,Professor,new,high,,43\r\n\
    not-an-address,Nobody,None,,new,,,\r\n\
    barbara@clu.example,Barbara Liskov,\"CLU\r\nResearch\",Professor,contacted,medium,2026-11-19,\r\n";

/// Goes through the loop once; the founder, for looking at what came of it.
pub(crate) async fn run(platform: &TestPlatform) -> Founder {
    let mut ada = Founder::register(platform.app(), "Ada").await;
    let login = json!({"email": ada.email, "password": PASSWORD});
    let login = crate::founder::repeated(|| platform.app().post("/api/auth/login").json(&login)).await.expect(200);
    assert_eq!(login["user"]["email"], "ada@example.com");
    let me = ada.get("/api/auth/me").await.expect(200);
    assert_eq!(me["user"]["name"], "Ada");

    let body = json!({"name": "Analytical Engines", "industry": "Computing"});
    let organization = ada.post("/api/organizations", "org", &body).await.expect(201);
    ada.organization = organization["id"].as_str().unwrap().to_owned();
    let body = json!({"name": "Engine", "stage": "idea", "category": "Hardware", "description": "We build engines that compute."});
    ada.post("/api/ventures/create", "venture", &body).await.expect(201);
    assert_eq!(ada.get("/api/ventures/").await.expect(200)["data"][0]["name"], "Engine");

    ada.import(LEADS).await.expect(200);
    let leads = ada.get("/api/crm/leads?limit=100").await.expect(200);
    assert_eq!(leads["data"].as_array().unwrap().len(), 6);

    let chat = ada
        .post("/api/chat/message", "chat", &json!({"message": "How do I find my first customers?"}))
        .await
        .expect(200);
    assert_eq!(chat["message"]["role"], "assistant");
    assert!(chat["usage"]["outputTokens"].as_u64().unwrap() > 0);

    ada.post("/api/agentic/analyze", "free", &json!({})).await.expect_problem(402, "plan_required");
    let id = ada.organization.parse().unwrap();
    while set_plan(&platform.services, id, PlanName::Pro).await.is_err() {}
    let analysis = ada.post("/api/agentic/analyze", "pro", &json!({})).await.expect(200);
    let kinds =
        |name: &str| analysis[name].as_array().unwrap().iter().map(|item| item["type"].clone()).collect::<Vec<_>>();
    assert_eq!(kinds("insights"), ["stale_leads", "low_content_output"]);
    assert_eq!(kinds("actions"), ["lead_followup", "lead_followup", "lead_followup", "social_media_post"]);

    platform.settle().await;
    ada
}

/// What came of the loop, without ids and times.
pub(crate) async fn outcome(platform: &TestPlatform, ada: &Founder) -> Value {
    let mut leads = Vec::new();
    for lead in ada.all("/api/crm/leads").await {
        let path = format!("/api/crm/leads/{}/activities", lead["id"].as_str().unwrap());
        let activities = ada.all(&path).await;
        leads.push(json!({"name": lead["name"], "status": lead["status"], "open": lead["openFollowUpTaskId"], "notes": lead["notes"],
            "activities": activities.iter().map(|activity| activity["subject"].clone()).collect::<Vec<_>>()}));
    }
    leads.sort_by_key(|lead| lead["name"].to_string());
    let mut tasks = Vec::new();
    for task in ada.all("/api/tasks").await {
        tasks.push(json!({"title": task["title"], "status": task["status"]}));
    }
    tasks.sort_by_key(ToString::to_string);
    let mut messages = Vec::new();
    for conversation in ada.all("/api/chat/conversations").await {
        let path = format!("/api/chat/conversations/{}/messages", conversation["id"].as_str().unwrap());
        let said = ada.all(&path).await;
        messages.extend(said.iter().map(|message| json!([message["role"], message["content"]])));
    }
    // How often somebody signed in is not part of the outcome: who gets no answer to a sign-in tries again.
    let events = ada.all("/api/activity").await;
    let mut events = events
        .iter()
        .map(|event| event["type"].to_string())
        .filter(|name| name != "\"session.started\"")
        .collect::<Vec<_>>();
    events.sort();
    while set_role(&platform.services, &ada.email, Some(PlatformRole::Support)).await.is_err() {}
    platform.settle().await;
    let figures = ada.get("/api/analytics/platform").await.expect(200);
    json!({"leads": leads, "tasks": tasks, "messages": messages, "events": events, "figures": figures,
        "usage": used(platform, ada).await})
}

/// What the organisation used this month, and how many posts it has.
async fn used(platform: &TestPlatform, ada: &Founder) -> Value {
    let (organization, now) = (ada.organization.parse().unwrap(), platform.services.clock.now());
    // Behind the scenes, where no fault gets in the way.
    let store = Store::new(
        platform.dynamodb.client(),
        platform.services.store.tables().clone(),
        platform.services.clock.clone(),
        platform.services.ids.clone(),
    );
    let usage =
        store.get::<Usage>(&Usage::key_of(organization, &now.month())).await.unwrap().expect("something was used");
    let posts = Post::written_within(&store, organization, Duration::from_secs(24 * 60 * 60), now, 100).await.unwrap();
    let Usage { tasks, tasks_completed, chat_messages, .. } = usage.value;
    json!({"tasks": tasks, "tasksCompleted": tasks_completed, "reservedPosts": usage.posts, "posts": posts,
        "chatMessages": chat_messages, "inputTokens": usage.input_tokens, "outputTokens": usage.output_tokens})
}

#[tokio::test(start_paused = true)]
async fn from_sign_up_to_finished_work() {
    let platform = TestPlatform::start().await;
    let ada = run(&platform).await;
    let outcome = outcome(&platform, &ada).await;
    let statuses = outcome["tasks"].as_array().unwrap().iter().map(|task| task["status"].clone()).collect::<Vec<_>>();
    assert_eq!(statuses, ["COMPLETED", "COMPLETED", "COMPLETED", "COMPLETED"]);
    let activities = outcome["leads"]
        .as_array()
        .unwrap()
        .iter()
        .map(|lead| lead["activities"].as_array().unwrap().len())
        .sum::<usize>();
    assert_eq!(activities, 3, "{outcome:#}");
    let usage = &outcome["usage"];
    assert_eq!(
        (&usage["tasks"], &usage["tasksCompleted"], &usage["posts"]),
        (&json!(4), &json!(4), &json!(1)),
        "{usage}"
    );
    let figures = &outcome["figures"];
    for (name, value) in [
        ("total_users", 1),
        ("total_organizations", 2),
        ("total_ventures", 1),
        ("total_leads", 6),
        ("total_tasks_created", 4),
        ("total_tasks_completed", 4),
        ("total_tasks_failed", 0),
        ("total_chat_messages", 1),
        ("active_users_30d", 1),
    ] {
        assert_eq!(figures[name], value, "{name} in {figures:#}");
    }
    let events = outcome["events"].as_array().unwrap();
    for name in ["organization.created", "venture.created", "leads.imported", "chat.messageAnswered", "task.completed"]
    {
        assert!(events.contains(&json!(format!("\"{name}\""))), "{name} in {events:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn importing_the_same_file_twice_changes_nothing() {
    let platform = TestPlatform::start().await;
    let ada = Founder::register(platform.app(), "Ada").await;
    let first = ada.import(LEADS).await.expect(200);
    assert_eq!((&first["imported"], &first["errors"][0]["field"]), (&json!(6), &json!("email")));
    platform.settle().await;
    let writes = *platform.dynamodb.writes().borrow();
    let second = ada.import(LEADS).await.expect(200);
    assert_eq!((&second["imported"], &second["updated"], &second["skipped"]), (&json!(0), &json!(0), &json!(6)));
    assert_eq!(*platform.dynamodb.writes().borrow(), writes, "the second import wrote something");
}
