//! Campaigns by e-mail, from the month's allowance to whoever wants no more of them.

use std::time::Duration;

use embedded::ReceivedMail;
use futures_util::future::join_all;
use groundwork::operator::set_plan;
use serde_json::{Value, json};
use shared::plan::PlanName;

use crate::founder::Founder;
use crate::harness::TestPlatform;

const MINUTE: Duration = Duration::from_secs(60);
const GRACE: &str = "grace@cobol.example";
const ALAN: &str = "alan@bombe.example";
const LEADS: &str = "Name,Email\nGrace Hopper,grace@cobol.example\nAlan Turing,alan@bombe.example\nEdsger Dijkstra,edsger@path.example\n\
    Barbara Liskov,barbara@clu.example\nNobody,\n";

/// A founder with leads, whose address is verified.
async fn founder(platform: &TestPlatform) -> Founder {
    let ada = Founder::register(platform.app(), "Ada").await;
    platform.settle().await;
    let (_, token) = platform.mailbox.mails_to(&ada.email)[0].text.split_once("#token=").map(owned).unwrap();
    let verify = json!({"token": token.lines().next().unwrap()});
    assert_eq!(platform.app().post("/api/auth/verify-email").json(&verify).send().await.status, 204);
    ada.import(LEADS).await.expect(200);
    platform.settle().await;
    ada
}

fn owned((before, after): (&str, &str)) -> (String, String) {
    (before.to_owned(), after.to_owned())
}

/// The lead of this name.
async fn lead(ada: &Founder, name: &str) -> Value {
    let leads = ada.all("/api/crm/leads").await;
    leads.into_iter().find(|lead| lead["name"] == name).unwrap()
}

async fn campaign(ada: &Founder, names: &[&str]) -> Value {
    let mut leads = Vec::new();
    for name in names {
        leads.push(lead(ada, name).await["id"].clone());
    }
    json!({"kind": "email_campaign", "leadIds": leads, "about": "our beta opens in December"})
}

async fn figures(ada: &Founder, task: &Value) -> Value {
    let task = ada.get(&format!("/api/tasks/{}", task["id"].as_str().unwrap())).await.expect(200);
    task["output"]["figures"].clone()
}

/// The month's e-mails: used and left, by both operations that tell.
async fn emails(ada: &Founder) -> (i64, i64) {
    let usage = ada.get("/api/billing/usage").await.expect(200)["month"]["emails"].clone();
    let other = ada.get(&format!("/api/organizations/{}/usage", ada.organization)).await.expect(200);
    assert_eq!(other["emails"], usage);
    (usage["used"].as_i64().unwrap(), usage["left"].as_i64().unwrap())
}

/// Where a mailbox asks when its owner clicks once.
fn one_click(mail: &ReceivedMail) -> String {
    assert_eq!(mail.headers["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click");
    let url = mail.headers["List-Unsubscribe"].trim_matches(['<', '>']);
    url.strip_prefix(groundwork::CRM_URL).unwrap().to_owned()
}

async fn unsubscribe(platform: &TestPlatform, path: &str) {
    let form = platform.app().post(path).body("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click");
    assert_eq!(form.send().await.status, 202);
}

#[tokio::test(start_paused = true)]
async fn a_campaign_reaches_its_leads_until_they_unsubscribe() {
    let platform = TestPlatform::start().await;
    let ada = founder(&platform).await;
    assert_eq!(emails(&ada).await, (0, 3));
    let body = campaign(&ada, &["Grace Hopper", "Alan Turing"]).await;
    let task = ada.post("/api/tasks", "campaign", &body).await.expect(201);
    assert_eq!((&task["status"], emails(&ada).await), (&json!("PENDING"), (2, 1)));
    platform.settle().await;

    let told = figures(&ada, &task).await;
    let expected =
        json!({"recipients": 2, "pending": 0, "sent": 2, "uncertain": 0, "failed": 0, "skipped": 0, "unsubscribed": 0});
    assert_eq!((told, emails(&ada).await), (expected, (2, 1)));
    let [mail] = &platform.mailbox.mails_to(GRACE)[..] else { panic!("one mail") };
    assert!(
        mail.text.starts_with("Hello Grace Hopper,\n") && mail.text.contains("Our beta opens in December."),
        "{}",
        mail.text
    );
    assert_eq!(
        (mail.reply_to.as_deref(), mail.subject.as_str()),
        (Some("ada@example.com"), "Ada: Our beta opens in December")
    );
    let grace = lead(&ada, "Grace Hopper").await;
    assert!(grace["lastContactedAt"].is_string(), "{grace}");
    let path = format!("/api/crm/leads/{}", grace["id"].as_str().unwrap());
    let activities = ada.get(&format!("{path}/activities")).await.expect(200);
    let [activity] = &activities["data"].as_array().unwrap()[..] else { panic!("{activities}") };
    assert_eq!((&activity["kind"], &activity["taskId"]), (&json!("email"), &task["id"]));

    // The link in the body and that of the mailbox do the same, once.
    let (_, token) = mail.text.split_once("https://app.example.com/unsubscribe#token=").map(owned).unwrap();
    let by_page = format!("/api/crm/unsubscribe?token={}", token.lines().next().unwrap());
    assert_eq!(by_page, one_click(mail));
    unsubscribe(&platform, &by_page).await;
    unsubscribe(&platform, &one_click(mail)).await;
    platform.settle().await;
    assert_eq!(figures(&ada, &task).await["unsubscribed"], 1);
    let again = campaign(&ada, &["Alan Turing", "Grace Hopper"]).await;
    let problem = ada.post("/api/tasks", "again", &again).await.expect_problem(422, "invalid");
    assert_eq!(problem["errors"], json!([{"path": "leadIds[1]", "message": "has unsubscribed"}]));

    // It holds for the address, whoever brings it back.
    let deleted = platform.app().request("DELETE", &path).bearer(&ada.token).organization(&ada.organization);
    assert_eq!(deleted.send().await.status, 204);
    ada.import("Name,Email\nG. Hopper,GRACE@cobol.example\n").await.expect(200);
    let again = campaign(&ada, &["G. Hopper"]).await;
    ada.post("/api/tasks", "anew", &again).await.expect_problem(422, "invalid");
    let trail = ada.all("/api/activity").await;
    let count = |name: &str| trail.iter().filter(|event| event["type"] == name).count();
    assert_eq!(["campaign.written", "campaign.emailSent", "campaign.unsubscribed"].map(count), [1, 2, 1]);
    platform.settle().await;
    assert_eq!(platform.mailbox.mails_to(GRACE).len(), 1);

    // Neither a row nor the journal knows a token.
    let code = by_page.rsplit('.').next().unwrap();
    let items = platform.dynamodb.client().scan().table_name(platform.services.store.table()).send().await.unwrap();
    assert!(!format!("{:?}", items.items()).contains(code));
    let kept = platform.journal.entries(None);
    let kept = kept.iter().map(|entry| serde_json::to_string(&**entry).unwrap()).collect::<String>();
    assert!(!kept.contains(code));
}

#[tokio::test(start_paused = true)]
async fn who_unsubscribes_while_a_mail_is_on_its_way_does_not_get_it_and_the_month_has_it_back() {
    let platform = TestPlatform::start().await;
    let ada = founder(&platform).await;
    ada.post("/api/tasks", "first", &campaign(&ada, &["Grace Hopper"]).await).await.expect(201);
    platform.settle().await;
    let body = campaign(&ada, &["Grace Hopper", "Alan Turing"]).await;
    let second = ada.post("/api/tasks", "second", &body).await.expect(201);
    assert_eq!(emails(&ada).await, (3, 0));
    unsubscribe(&platform, &one_click(&platform.mailbox.mails_to(GRACE)[0])).await;
    platform.settle().await;
    let told = figures(&ada, &second).await;
    assert_eq!((&told["sent"], &told["skipped"], &told["pending"]), (&json!(1), &json!(1), &json!(0)));
    assert_eq!(emails(&ada).await, (2, 1));
    assert_eq!((platform.mailbox.mails_to(GRACE).len(), platform.mailbox.mails_to(ALAN).len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_month_has_so_many_emails_and_the_answer_says_which_plan_has_more() {
    let platform = TestPlatform::start().await;
    let ada = founder(&platform).await;
    let all = ["Grace Hopper", "Alan Turing", "Edsger Dijkstra", "Barbara Liskov"];
    let four = campaign(&ada, &all).await;
    let problem = ada.post("/api/tasks", "four", &four).await.expect_problem(402, "task_limit_reached");
    assert_eq!((&problem["missing"], &problem["plan"]), (&json!("emails"), &json!("pro")));
    let two = ada.post("/api/tasks", "two", &campaign(&ada, &all[..2]).await).await.expect(201);
    assert_eq!(emails(&ada).await, (2, 1));
    // One is left; of several at once one gets it.
    let one = campaign(&ada, &all[..1]).await;
    let keys = ["a", "b", "c", "d"];
    let answers = join_all(keys.map(|key| ada.post("/api/tasks", key, &one))).await;
    let taken = answers.iter().filter(|answer| answer.status == 201).count();
    let refused = answers.iter().filter(|answer| answer.status == 402 && answer.json["missing"] == "emails").count();
    assert_eq!((taken, refused, emails(&ada).await), (1, 3, (3, 0)));
    // What is called off is there again at once; what was sent is not.
    let cancel = format!("/api/tasks/{}/cancel", two["id"].as_str().unwrap());
    ada.post(&cancel, "cancel", &json!({})).await.expect(200);
    assert_eq!(emails(&ada).await, (1, 2));
    platform.settle().await;
    assert_eq!((emails(&ada).await, platform.mailbox.mails_to(ALAN).len()), ((1, 2), 0));
    set_plan(&platform.services, ada.organization.parse().unwrap(), PlanName::Pro).await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    ada.post("/api/tasks", "all", &four).await.expect(201);
    platform.settle().await;
    assert_eq!((emails(&ada).await, platform.mailbox.mails_to(GRACE).len()), ((5, 20), 2));
}

#[tokio::test(start_paused = true)]
async fn whatever_comes_twice_or_gets_lost_every_lead_has_one_mail() {
    let platform = TestPlatform::with_doubled_deliveries().await;
    let ada = founder(&platform).await;
    let names = ["Grace Hopper", "Alan Turing", "Edsger Dijkstra"];
    let task = ada.post("/api/tasks", "campaign", &campaign(&ada, &names).await).await.expect(201);
    // Nobody hears the task's bell; the sweep rings again.
    platform.lose_messages(&platform.sqs.queue_url("groundwork-local-tasks")).await;
    for _ in 0..3 {
        tokio::time::sleep(MINUTE * 3).await;
        platform.tick("sweep").await.unwrap();
        platform.settle().await;
    }
    let told = figures(&ada, &task).await;
    assert_eq!((&told["sent"], &told["pending"], emails(&ada).await), (&json!(3), &json!(0), (3, 0)));
    for address in [GRACE, ALAN, "edsger@path.example"] {
        assert_eq!(platform.mailbox.mails_to(address).len(), 1, "{address}");
    }
    for name in names {
        let path = format!("/api/crm/leads/{}/activities", lead(&ada, name).await["id"].as_str().unwrap());
        assert_eq!(ada.all(&path).await.len(), 1, "{name}");
    }
}
