//! Organisations full of everything there is.

use std::time::Duration;

use bytes::Bytes;
use embedded::{EmbeddedDynamoDb, S3, WireResponse, WireService};
use purge::Deps;
use serde_json::Value;
use shared::access::Role;
use shared::event::{Actor, Fact};
use shared::id::{ConversationId, LeadId, OrganizationId, UserId};
use shared::model::agentic_run::{AgenticRun, OpenPostTask};
use shared::model::ai_configuration::AiConfiguration;
use shared::model::conversation::{Conversation, Message, MessageRole};
use shared::model::invitation::{Invitation, InvitedAddress};
use shared::model::lead::{Lead, LeadDetails, LeadIdentity};
use shared::model::lead_activity::{LeadActivity, LeadActivityKind};
use shared::model::membership::Membership;
use shared::model::organization::{Deletion, Organization};
use shared::model::post::{Post, PostStatus};
use shared::model::suppressed_address::SuppressedAddress;
use shared::model::task::{Task, TaskInput};
use shared::model::usage::Usage;
use shared::model::venture::{Venture, VentureStage};
use shared::plan::PlanName;
use shared::problem::Problem;
use shared::store::Transaction;
use shared::trace::Trace;
use testkit::Cloud;
use vendors::http::Http;
use vendors::s3::Bucket;

pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
pub(crate) const TIME: Duration = Duration::from_secs(110);

pub(crate) fn deps(cloud: &Cloud) -> Deps {
    with_bucket(cloud).0
}

/// The job, and the bucket that it has.
pub(crate) fn with_bucket(cloud: &Cloud) -> (Deps, S3) {
    let (services, s3) = (cloud.services.clone(), cloud.bucket());
    let bucket = Bucket::read(&s3.variables("purge", S3::ENDPOINT).into_iter().collect()).unwrap();
    let http = Http::new(s3.connector(), services.clock.clone());
    (Deps { services, bucket, http }, s3)
}

/// A row in the making.
type Row<'a> = Box<dyn Fn(&mut Transaction<Problem>) + 'a>;

/// Writes rows, a hundred at a time.
async fn write(cloud: &Cloud, rows: Vec<Row<'_>>) {
    for chunk in rows.chunks(100) {
        cloud.write(|transaction| chunk.iter().for_each(|row| row(transaction))).await;
    }
}

/// An organisation with rows in every place, deleted now or there.
pub(crate) async fn organization(cloud: &Cloud, deleted: bool) -> OrganizationId {
    let services = &cloud.services;
    let (id, now): (OrganizationId, _) = (services.ids.next(), services.clock.now());
    let ids = &services.ids;
    let (user, trace): (UserId, _) = (ids.next(), Trace::begin(ids));
    let (lead, conversation): (LeadId, ConversationId) = (ids.next(), ids.next());
    let event = |fact: Fact| services.event(id, Actor::User { user_id: user }, trace, fact);
    let open_task = ids.next();
    let invitation = Invitation::new(ids.next(), id, "grace@example.com", Role::Member, user, now);
    let mut rows: Vec<Row<'_>> = Vec::new();
    for number in 0..130 {
        let (lead_id, activity, message): (LeadId, _, _) =
            (if number == 0 { lead } else { ids.next() }, ids.next(), ids.next());
        let happened = event(Fact::LeadCreated { lead_id });
        let identity = LeadIdentity::new(id, &format!("email:{number}@example.com"), lead_id);
        rows.push(Box::new(move |transaction| transaction.create(lead_of(id, lead_id, now))));
        rows.push(Box::new(move |transaction| transaction.create(identity.clone())));
        rows.push(Box::new(move |transaction| transaction.create(happened.clone())));
        rows.push(Box::new(move |transaction| {
            transaction.create(LeadActivity {
                id: activity,
                organization_id: id,
                lead_id: lead,
                kind: LeadActivityKind::Note,
                subject: "Called".to_owned(),
                body: String::new(),
                task_id: None,
                actor: Actor::Platform,
                at: now,
            });
        }));
        rows.push(Box::new(move |transaction| {
            transaction.create(Message {
                id: message,
                organization_id: id,
                conversation_id: conversation,
                role: MessageRole::User,
                content: "Hello".to_owned(),
                created_at: now,
            });
        }));
    }
    for _ in 0..3 {
        let (member, venture, post, task): (UserId, _, _, _) = (ids.next(), ids.next(), ids.next(), ids.next());
        let task = Task::new(task, id, "Post".to_owned(), TaskInput::SocialMediaPost, Actor::Platform, trace, now);
        let task_id = task.id;
        rows.push(Box::new(move |transaction| {
            let role = Role::Member;
            transaction.create(Membership { user_id: member, organization_id: id, role, joined_at: now });
        }));
        rows.push(Box::new(move |transaction| transaction.create(task.clone())));
        rows.push(Box::new(move |transaction| {
            transaction.create(Venture {
                id: venture,
                organization_id: id,
                name: "Engine".to_owned(),
                stage: VentureStage::Idea,
                category: "Hardware".to_owned(),
                description: String::new(),
                created_by: user,
                created_at: now,
            });
        }));
        rows.push(Box::new(move |transaction| {
            transaction.create(Post {
                id: post,
                organization_id: id,
                status: PostStatus::Draft,
                text: "Hello".to_owned(),
                hashtags: Vec::new(),
                task_id,
                created_at: now,
            });
        }));
    }
    rows.push(Box::new(move |transaction| {
        transaction.create(Conversation {
            id: conversation,
            organization_id: id,
            user_id: user,
            title: "Hello".to_owned(),
            created_at: now,
            updated_at: now,
        });
        transaction.create(InvitedAddress::of(&invitation));
        transaction.create(invitation.clone());
        let digest = SuppressedAddress::digest("grace@example.com");
        transaction.create(SuppressedAddress { organization_id: id, digest, task_id: open_task, at: now });
        transaction.create(AiConfiguration::default_of(id));
        transaction.create(OpenPostTask { organization_id: id, task_id: open_task });
        transaction.update(Usage::settle_task(id, "2026-11", shared::ai::Usage::default()));
        transaction.create(AgenticRun {
            id: "2026-11-20T09".to_owned(),
            organization_id: id,
            started_at: now,
            finished_at: None,
            insights: Vec::new(),
            actions: Vec::new(),
        });
        let deletion = deleted.then_some(Deletion { at: now, purged: None });
        transaction.create(Organization {
            id,
            name: "Engines".to_owned(),
            industry: None,
            personal: false,
            plan: PlanName::Free,
            created_at: now,
            deletion,
            require_second_factor: false,
        });
    }));
    write(cloud, rows).await;
    id
}

fn lead_of(organization_id: OrganizationId, id: LeadId, now: shared::clock::Timestamp) -> Lead {
    Lead {
        id,
        organization_id,
        details: LeadDetails { name: "Grace".to_owned(), ..LeadDetails::default() },
        open_follow_up_task_id: None,
        last_follow_up_at: None,
        created_at: now,
        updated_at: now,
    }
}

/// Every item of the table whose key or index names the organisation.
pub(crate) fn rows_of(cloud: &Cloud, organization: OrganizationId) -> Vec<Value> {
    let (mut found, name) = (Vec::new(), organization.to_string());
    let mut request = serde_json::json!({"TableName": cloud.services.store.table()});
    loop {
        let answer = cloud.dynamodb.dispatch("Scan", request.to_string().as_bytes());
        let mut answer: Value = serde_json::from_str(&answer.text()).unwrap();
        let items = answer["Items"].as_array().unwrap().iter();
        found.extend(items.filter(|item| item.to_string().contains(&name)).cloned());
        match answer["LastEvaluatedKey"].take() {
            Value::Null => return found,
            last => request["ExclusiveStartKey"] = last,
        }
    }
}

/// A table that takes a second for everything.
#[derive(Clone, Debug)]
pub(crate) struct Slow(pub(crate) EmbeddedDynamoDb);

impl WireService for Slow {
    async fn answer(&self, operation: &str, body: Bytes) -> WireResponse {
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.0.answer(operation, body).await
    }
}
