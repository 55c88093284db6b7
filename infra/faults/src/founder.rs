//! Somebody who uses the platform: the main job, step by step, and then whatever comes to mind.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::door::{Answer, Door, Sent};
use crate::journal::Journal;

pub(crate) const PASSWORD: &str = "correct horse battery";
/// Why a command may be refused now and accepted a moment later.
const PASSING_REFUSALS: [&str; 8] = [
    "ai_refused",
    "fair_use_reached",
    "follow_up_open",
    "lead_gone",
    "not_failed",
    "not_pending",
    "post_task_open",
    "task_limit_reached",
];
/// Chat admits 30 messages a minute of an account.
const CHAT_PAUSE: Duration = Duration::from_millis(2_500);

/// Somebody signed in on one device. Devices of one account act in the same organisation.
#[derive(Debug)]
pub struct Founder {
    door: Door,
    journal: Arc<Mutex<Journal>>,
    random: StdRng,
    /// Makes names, addresses and keys different from everybody else's.
    name: String,
    number: u32,
    token: String,
    /// The organisation that they act in.
    pub(crate) organization: String,
    conversation: Option<String>,
    chatted: Option<Instant>,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("text expected, not {value}")).to_owned()
}

impl Founder {
    /// Signs up and creates an organisation with a venture.
    pub(crate) async fn begin(door: &Door, journal: &Arc<Mutex<Journal>>, name: &str, seed: u64) -> Self {
        let mut founder = Self {
            door: door.clone(),
            journal: journal.clone(),
            random: StdRng::seed_from_u64(seed),
            name: name.to_owned(),
            number: 0,
            token: String::new(),
            organization: String::new(),
            conversation: None,
            chatted: None,
        };
        founder.sign_up().await;
        founder.found().await;
        founder
    }

    /// The same account on another device.
    pub(crate) fn other_device(&self, name: &str, seed: u64) -> Self {
        Self {
            door: self.door.clone(),
            journal: self.journal.clone(),
            random: StdRng::seed_from_u64(seed),
            name: name.to_owned(),
            number: 0,
            token: self.token.clone(),
            organization: self.organization.clone(),
            conversation: None,
            chatted: None,
        }
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().expect("nobody panics while holding it")
    }

    fn next(&mut self) -> String {
        self.number += 1;
        format!("{}-{}", self.name, self.number)
    }

    /// Registration hands out tokens and has no idempotency key: after a lost answer the account is there, and one signs in.
    async fn sign_up(&mut self) {
        let email = format!("{}@founders.example", self.name);
        let body = json!({"email": email, "password": PASSWORD, "name": self.name});
        let json = "application/json";
        let register = Sent {
            method: "POST",
            path: "/api/auth/register".to_owned(),
            content_type: json,
            body: body.to_string(),
            ..Sent::default()
        };
        let mut answer = self.door.call(&register).await;
        if answer.status == 409 {
            let body = json!({"email": email, "password": PASSWORD}).to_string();
            answer = self.door.call(&Sent { path: "/api/auth/login".to_owned(), body, ..register }).await;
        }
        assert!(answer.status < 300, "{answer:?}");
        self.token = text(&answer.body["accessToken"]);
        let user = text(&answer.body["user"]["id"]);
        let mut journal = self.journal();
        journal.organizations.insert(user.replace("usr_", "org_"));
        journal.users.insert(user);
    }

    /// Creates an organisation to act in from now on, and a venture.
    pub(crate) async fn found(&mut self) {
        let name = self.next();
        let answer = self.command("/api/organizations", &json!({"name": name, "industry": "Computing"})).await;
        self.organization = text(&answer.body["id"]);
        self.journal().organizations.insert(text(&answer.body["id"]));
        self.conversation = None;
        let venture = json!({"name": name, "stage": "mvp", "category": "Computing", "description": "We build engines that compute."});
        let answer = self.command("/api/ventures/create", &venture).await;
        self.journal().ventures.insert(text(&answer.body["id"]));
        self.import().await;
    }

    fn sent(&self, method: &'static str, path: &str) -> Sent {
        let (token, organization) = (self.token.clone(), self.organization.clone());
        Sent { method, path: path.to_owned(), token, organization, ..Sent::default() }
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.door.call(&self.sent("GET", path)).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.body
    }

    /// A command under a key of its own; now and then sent twice at once, which must be answered alike.
    async fn command(&mut self, path: &str, body: &Value) -> Answer {
        self.keyed(path, "application/json", body.to_string()).await
    }

    async fn keyed(&mut self, path: &str, content_type: &'static str, body: String) -> Answer {
        let sent = Sent { key: Some(self.next()), content_type, body, ..self.sent("POST", path) };
        let answer = if self.random.random_range(0..5) == 0 {
            let (one, other) = tokio::join!(self.door.call(&sent), self.door.call(&sent));
            // A refusal is not kept, and what explains it may be over when the other one is looked at; a success is kept.
            let explained = [one.code(), other.code()].iter().any(|code| PASSING_REFUSALS.contains(code));
            if !explained && (one.status < 300 || other.status < 300) {
                assert_eq!(one.said(), other.said(), "one key, two answers: {path} {:?}", sent.key);
            }
            if one.status < 300 { one } else { other }
        } else {
            self.door.call(&sent).await
        };
        if answer.status < 300 {
            self.journal().keyed.push((sent, answer.clone()));
        }
        answer
    }

    /// Does something.
    pub(crate) async fn act(&mut self) {
        match self.random.random_range(0..100) {
            0..=24 => self.create_lead().await,
            25..=32 => self.import().await,
            33..=44 => self.chat().await,
            45..=62 => self.follow_up().await,
            63..=70 => self.task(&json!({"kind": "social_media_post"})).await,
            71..=77 => self.analyze().await,
            78..=83 => self.cancel().await,
            84..=91 => self.retry().await,
            92..=95 => self.change_lead().await,
            96..=98 => self.delete_lead().await,
            _ => drop(self.get("/api/activity").await),
        }
    }

    async fn create_lead(&mut self) {
        let name = self.next();
        let address = format!("{name}@leads.example");
        let lead =
            json!({"name": name, "email": address, "status": "contacted", "lastContactedAt": "2026-10-01T00:00:00Z"});
        let answer = self.command("/api/crm/leads", &lead).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        self.journal().created_leads.insert(text(&answer.body["id"]), address);
    }

    async fn import(&mut self) {
        let name = self.next();
        let addresses = (0..5).map(|row| format!("{name}-row{row}@leads.example")).collect::<Vec<_>>();
        let rows =
            addresses.iter().map(|address| format!("{name},{address},contacted,2026-10-01\n")).collect::<String>();
        let file = format!("Name,Email,Status,Last Contacted\n{rows}");
        let answer = self.keyed("/api/crm/leads/import", "text/csv", file).await;
        assert_eq!((answer.status, &answer.body["failed"]), (200, &json!(0)), "{answer:?}");
        self.journal().imported_leads.extend(addresses);
    }

    async fn chat(&mut self) {
        if self.chatted.is_some_and(|at| at.elapsed() < CHAT_PAUSE) {
            return;
        }
        self.chatted = Some(Instant::now());
        let message = json!({"message": "How do I find my first customers?", "conversationId": self.conversation});
        let answer = self.command("/api/chat/message", &message).await;
        if answer.code() == "fair_use_reached" {
            return;
        }
        let mut journal = self.journal.lock().expect("nobody panics while holding it");
        journal.questions += 1;
        if answer.code() == "ai_refused" {
            journal.declined += 1;
            return;
        }
        assert_eq!(answer.status, 200, "{answer:?}");
        journal.answers.insert(text(&answer.body["message"]["id"]));
        self.conversation = Some(text(&answer.body["conversationId"]));
    }

    /// A lead of the organisation, out of the newest.
    async fn lead(&mut self) -> Option<Value> {
        let leads = self.get("/api/crm/leads?limit=20").await;
        let leads = leads["data"].as_array().expect("a list");
        (!leads.is_empty()).then(|| leads[self.random.random_range(0..leads.len())].clone())
    }

    async fn follow_up(&mut self) {
        if let Some(lead) = self.lead().await {
            self.task(&json!({"kind": "lead_followup", "leadId": lead["id"]})).await;
        }
    }

    async fn task(&mut self, task: &Value) {
        let answer = self.command("/api/tasks", task).await;
        if answer.status == 201 {
            self.journal().tasks.insert(text(&answer.body["id"]));
        } else {
            let known = ["follow_up_open", "post_task_open", "task_limit_reached"];
            let lead_is_gone = answer.status == 422 && answer.body["errors"][0]["path"] == "leadId";
            assert!(known.contains(&answer.code()) || lead_is_gone, "{answer:?}");
            self.journal().refused_posts += usize::from(answer.code() == "post_task_open");
        }
    }

    async fn analyze(&mut self) {
        let answer = self.command("/api/agentic/analyze", &json!({})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let actions = answer.body["actions"].as_array().expect("a list").iter();
        self.journal().run_tasks.extend(actions.filter_map(|action| action["taskId"].as_str().map(str::to_owned)));
    }

    /// A task of this status.
    async fn task_of(&mut self, status: &str) -> Option<String> {
        let tasks = self.get(&format!("/api/tasks?status={status}&limit=20")).await;
        let tasks = tasks["data"].as_array().expect("a list");
        (!tasks.is_empty()).then(|| text(&tasks[self.random.random_range(0..tasks.len())]["id"]))
    }

    async fn cancel(&mut self) {
        if let Some(task) = self.task_of("PENDING").await {
            let answer = self.command(&format!("/api/tasks/{task}/cancel"), &json!({})).await;
            if answer.status == 200 {
                self.journal().cancelled_tasks.insert(task);
            } else {
                assert_eq!(answer.code(), "not_pending", "{answer:?}");
            }
        }
    }

    async fn retry(&mut self) {
        if let Some(task) = self.task_of("FAILED").await {
            let answer = self.command(&format!("/api/tasks/{task}/retry"), &json!({})).await;
            let known = ["not_failed", "lead_gone", "follow_up_open", "post_task_open", "task_limit_reached"];
            assert!(answer.status == 200 || known.contains(&answer.code()), "{answer:?}");
        }
    }

    async fn change_lead(&mut self) {
        if let Some(lead) = self.lead().await {
            let body =
                json!({"name": lead["name"], "email": lead["email"], "status": "qualified", "notes": self.next()});
            let path = format!("/api/crm/leads/{}", text(&lead["id"]));
            let sent = Sent { content_type: "application/json", body: body.to_string(), ..self.sent("PUT", &path) };
            let answer = self.door.call(&sent).await;
            assert!(matches!(answer.status, 200 | 404), "{answer:?}");
        }
    }

    /// Only leads that came one by one: an import that is repeated brings back what was deleted meanwhile, as it should.
    async fn delete_lead(&mut self) {
        if let Some(lead) = self.lead().await {
            let id = text(&lead["id"]);
            if self.journal().created_leads.contains_key(&id) {
                let answer = self.door.call(&self.sent("DELETE", &format!("/api/crm/leads/{id}"))).await;
                // After a lost answer it is gone.
                assert!(matches!(answer.status, 200 | 204 | 404), "{answer:?}");
                self.journal().deleted_leads.insert(id);
            }
        }
    }
}

/// Sends commands of the journal again under their keys, at most so many, evenly spread; how many, and what was answered otherwise.
pub(crate) async fn repeat(door: &Door, journal: &Journal, most: usize) -> (usize, Vec<String>) {
    let (mut count, mut wrong) = (0, Vec::new());
    for (sent, first) in journal.keyed.iter().step_by(journal.keyed.len().div_ceil(most.max(1)).max(1)) {
        let again = door.call(sent).await;
        count += 1;
        if again.said() != first.said() {
            wrong.push(format!("{} {:?} answered {first:?} and then {again:?}", sent.path, sent.key));
        }
    }
    (count, wrong)
}
