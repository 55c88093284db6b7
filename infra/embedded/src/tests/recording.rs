//! Scopes through the real SDK: what is recorded, and what a policy refuses.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete, DeleteRequest, KeysAndAttributes, Put, TransactWriteItem, WriteRequest,
};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use bytes::Bytes;

use super::{item, key, text};
use crate::recording::{Exchange, Record, Right, Scope, Service};
use crate::template::{Policies, Template};
use crate::wire::{WireConnector, WireResponse, WireService};
use crate::{EmbeddedDynamoDb, EmbeddedSqs};

const TABLE: &str = "groundwork-local-table";
const TABLE_ARN: &str = "arn:aws:dynamodb:eu-west-1:000000000000:table/groundwork-local-table";
const REQUEST: &str = "req_01KAGR3V0R0000000000000001";
const TASK: &str = "tsk_01KAGR3V0R0000000000000000";

const TEMPLATE: &str = r##"
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub groundwork-${Stage}-table
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - { AttributeName: pk, AttributeType: S }
        - { AttributeName: sk, AttributeType: S }
        - { AttributeName: holder, AttributeType: S }
      KeySchema:
        - { AttributeName: pk, KeyType: HASH }
        - { AttributeName: sk, KeyType: RANGE }
      GlobalSecondaryIndexes:
        - IndexName: by-holder
          KeySchema: [{ AttributeName: holder, KeyType: HASH }, { AttributeName: sk, KeyType: RANGE }]
          Projection: { ProjectionType: ALL }
        - IndexName: by-nobody
          KeySchema: [{ AttributeName: holder, KeyType: HASH }]
          Projection: { ProjectionType: ALL }
  Work: { Type: AWS::SQS::Queue, Properties: { QueueName: !Sub "groundwork-${Stage}-work" } }
  Other: { Type: AWS::SQS::Queue, Properties: { QueueName: !Sub "groundwork-${Stage}-other" } }
  WorkerFunction:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Sub groundwork-${Stage}-worker
      Policies:
        - Statement:
            - { Effect: Allow, Action: [dynamodb:GetItem, dynamodb:PutItem, dynamodb:Query], Resource: !GetAtt Table.Arn }
            - { Effect: Allow, Action: dynamodb:Query, Resource: [!Sub "${Table.Arn}/index/by-holder"] }
            - { Effect: Allow, Action: [sqs:SendMessage], Resource: [!GetAtt Work.Arn] }
            - { Effect: Allow, Action: [logs:PutLogEvents], Resource: "*" }
  Guest:
    Type: AWS::IAM::User
    Properties:
      UserName: !Sub groundwork-${Stage}-guest
      Policies:
        - PolicyName: own
          PolicyDocument:
            Statement:
              - Effect: Allow
                Action: [dynamodb:BatchGetItem, dynamodb:BatchWriteItem, dynamodb:GetItem, dynamodb:PutItem, dynamodb:Query, dynamodb:ListTables]
                Resource: !GetAtt Table.Arn
                Condition:
                  ForAllValues:StringLike: { dynamodb:LeadingKeys: ["USER#*", SHARED] }
                  "Null": { dynamodb:LeadingKeys: "false" }
"##;

struct World {
    policies: Policies,
    dynamodb: EmbeddedDynamoDb,
    sqs: EmbeddedSqs,
}

impl World {
    async fn new() -> Self {
        let template = Template::read(TEMPLATE).unwrap();
        let (dynamodb, sqs) = (EmbeddedDynamoDb::in_memory().unwrap(), EmbeddedSqs::new(|| 0));
        template.create_tables(&dynamodb).unwrap();
        template.create_queues(&sqs).await.unwrap();
        Self { policies: template.policies(TEMPLATE).unwrap(), dynamodb, sqs }
    }

    fn scope(&self, name: &str) -> Scope {
        Scope::new(name, Some(Arc::clone(&self.policies[name])))
    }

    fn table(&self) -> aws_sdk_dynamodb::Client {
        self.dynamodb.client()
    }
}

/// The code and the message of a refusal.
fn refusal<E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(
    result: Result<(), aws_sdk_dynamodb::error::SdkError<E, R>>,
) -> Option<(String, String)> {
    let error = result.err()?;
    Some((error.code().unwrap_or_default().to_owned(), error.message().unwrap_or_default().to_owned()))
}

fn denied(principal: &str, action: &str, resource: &str) -> Option<(String, String)> {
    let message = format!(
        "User: {principal} is not authorized to perform: {action} on resource: {resource} because no identity-based policy allows the {action} action"
    );
    Some(("AccessDeniedException".to_owned(), message))
}

fn by_worker(action: &str, resource: &str) -> Option<(String, String)> {
    denied("arn:aws:sts::000000000000:assumed-role/groundwork-local-WorkerFunctionRole/worker", action, resource)
}

async fn get(client: &aws_sdk_dynamodb::Client, partition: &str) -> Option<(String, String)> {
    let request = client.get_item().table_name(TABLE).set_key(Some(key(partition, "1")));
    refusal(request.send().await.map(drop))
}

async fn put(client: &aws_sdk_dynamodb::Client, partition: &str) -> Option<(String, String)> {
    let request = client.put_item().table_name(TABLE).set_item(Some(item(partition, "1", 1)));
    refusal(request.send().await.map(drop))
}

async fn query(
    client: &aws_sdk_dynamodb::Client,
    index: Option<&str>,
    condition: &str,
    partition: &str,
) -> Option<(String, String)> {
    let request = client.query().table_name(TABLE).set_index_name(index.map(str::to_owned));
    let request = request.key_condition_expression(condition).expression_attribute_values(":pk", text(partition));
    let request = if condition.contains('#') { request.expression_attribute_names("#pk", "pk") } else { request };
    refusal(request.send().await.map(drop))
}

#[tokio::test]
async fn what_is_done_in_a_scope_is_recorded_without_values() {
    let world = World::new().await;
    let (client, queue) = (world.table(), world.sqs.client());
    put(&client, "outside").await;
    let scope = world.scope("worker");
    let work = async {
        assert_eq!(put(&client, "secret").await, None);
        let mut event = item("secret", "2", 1);
        event.insert("correlationId".to_owned(), text(REQUEST));
        let put = Put::builder().table_name(TABLE).set_item(Some(event)).build().unwrap();
        let items = TransactWriteItem::builder().put(put).build();
        client.transact_write_items().transact_items(items).send().await.unwrap();
        let absent = client.put_item().table_name(TABLE).set_item(Some(item("secret", "1", 2)));
        let refused = absent.condition_expression("attribute_not_exists(pk)").send().await;
        assert!(refused.is_err());
        assert_eq!(query(&client, Some("by-holder"), "holder = :pk", "lovelace").await, None);
        let url = world.sqs.queue_url("groundwork-local-work");
        let body = serde_json::json!({"taskId": TASK, "trace": {"correlationId": REQUEST}, "email": "a@b.example"});
        let entry =
            |id: &str| SendMessageBatchRequestEntry::builder().id(id).message_body(body.to_string()).build().unwrap();
        queue.send_message_batch().queue_url(&url).entries(entry("0")).entries(entry("1")).send().await.unwrap();
    };
    scope.run(work).await;
    let record = scope.take();
    let of = |exchange: &Exchange| (exchange.operation.clone(), exchange.keys, exchange.error.clone());
    let expected = [
        ("PutItem", 1, None),
        ("TransactWriteItems", 1, None),
        ("PutItem", 1, Some("ConditionalCheckFailedException")),
        ("Query", 1, None),
        ("SendMessageBatch", 2, None),
    ];
    let expected = expected.map(|(operation, keys, error)| (operation.to_owned(), keys, error.map(str::to_owned)));
    assert_eq!(record.exchanges.iter().map(of).collect::<Vec<_>>(), expected);
    let [first, .., last] = record.exchanges.as_slice() else { panic!("{record:?}") };
    assert!(first.request_bytes > 50 && first.response_bytes > 0 && first.service == Service::DynamoDb);
    assert_eq!(record.exchanges[1].correlation_ids.iter().collect::<Vec<_>>(), [REQUEST]);
    let sent = last.sent.iter().map(|message| (&message.queue, &message.message_id)).collect::<Vec<_>>();
    assert!(sent.len() == 2 && sent[0].1.is_some() && sent[0].1 != sent[1].1, "{sent:?}");
    assert_eq!(last.sent[0].identifiers.correlation_id.as_deref(), Some(REQUEST));
    let right = |action: &str, resource: &str| Right { action: action.to_owned(), resource: resource.to_owned() };
    let rights = [
        right("dynamodb:PutItem", TABLE_ARN),
        right("dynamodb:Query", &format!("{TABLE_ARN}/index/by-holder")),
        right("sqs:SendMessage", "arn:aws:sqs:eu-west-1:000000000000:groundwork-local-work"),
    ];
    assert_eq!(record.rights, rights.into());
    let shown = format!("{record:?}");
    assert!(!shown.contains("secret") && !shown.contains("a@b.example") && !shown.contains("lovelace"), "{shown}");
    assert!(scope.take().exchanges.is_empty(), "what was taken is gone");
}

#[tokio::test]
async fn what_the_policy_does_not_name_is_denied_as_aws_denies_it() {
    let world = World::new().await;
    let (client, queue) = (world.table(), world.sqs.client());
    assert_eq!(put(&client, "a").await, None);
    let scope = world.scope("worker");
    scope
        .run(async {
            assert_eq!(get(&client, "a").await, None);
            // A missing action.
            let delete = client.delete_item().table_name(TABLE).set_key(Some(key("a", "1"))).send().await;
            assert_eq!(refusal(delete.map(drop)), by_worker("dynamodb:DeleteItem", TABLE_ARN));
            // A missing index, and the table whose name an index must not lend.
            assert_eq!(query(&client, None, "pk = :pk", "a").await, None);
            let index = format!("{TABLE_ARN}/index/by-nobody");
            let answer = query(&client, Some("by-nobody"), "holder = :pk", "a").await;
            assert_eq!(answer, by_worker("dynamodb:Query", &index));
            // Another queue, in SQS's own form.
            let send = |name: &str| queue.send_message().queue_url(world.sqs.queue_url(name)).message_body("{}").send();
            assert!(send("groundwork-local-work").await.is_ok());
            let error = send("groundwork-local-other").await.unwrap_err();
            let resource = "arn:aws:sqs:eu-west-1:000000000000:groundwork-local-other";
            let (_, message) = by_worker("sqs:sendmessage", resource).unwrap();
            assert_eq!((error.code(), error.message()), (Some("AccessDenied"), Some(&*message)));
            assert_eq!(error.raw_response().map(|response| response.status().as_u16()), Some(403));
        })
        .await;
    let Record { exchanges, rights, .. } = scope.take();
    let denied = exchanges.iter().filter(|exchange| exchange.denied).collect::<Vec<_>>();
    let codes = denied.iter().filter_map(|exchange| exchange.error.as_deref()).collect::<Vec<_>>();
    assert_eq!(codes, ["AccessDeniedException", "AccessDeniedException", "AccessDenied"]);
    assert!(rights.iter().any(|right| right.action == "dynamodb:DeleteItem"), "a right that was missing is recorded");
    assert!(world.sqs.messages("groundwork-local-other").is_empty());
    // The item is still there, and outside of a scope it can be removed.
    assert!(client.delete_item().table_name(TABLE).set_key(Some(key("a", "1"))).send().await.is_ok());
}

#[tokio::test]
async fn a_transaction_needs_the_rights_of_its_parts() {
    let world = World::new().await;
    let client = world.table();
    let put = |sort: &str| {
        let put = Put::builder().table_name(TABLE).set_item(Some(item("a", sort, 1))).build().unwrap();
        TransactWriteItem::builder().put(put).build()
    };
    let delete = Delete::builder().table_name(TABLE).set_key(Some(key("a", "9"))).build().unwrap();
    let delete = TransactWriteItem::builder().delete(delete).build();
    let check = ConditionCheck::builder().table_name(TABLE).set_key(Some(key("a", "9")));
    let check = check.condition_expression("attribute_not_exists(pk)").build().unwrap();
    let check = TransactWriteItem::builder().condition_check(check).build();
    let send = |items: Vec<TransactWriteItem>| async {
        refusal(client.transact_write_items().set_transact_items(Some(items)).send().await.map(drop))
    };
    let scope = world.scope("worker");
    scope
        .run(async {
            assert_eq!(send(vec![put("1"), put("2")]).await, None);
            assert_eq!(send(vec![put("3"), delete]).await, by_worker("dynamodb:DeleteItem", TABLE_ARN));
            assert_eq!(send(vec![put("3"), check]).await, by_worker("dynamodb:ConditionCheckItem", TABLE_ARN));
            assert_eq!(get(&client, "a").await, None);
        })
        .await;
    let keys = scope.take().exchanges.iter().map(|exchange| exchange.keys).collect::<Vec<_>>();
    assert_eq!(keys, [2, 2, 2, 1]);
    let written = client.get_item().table_name(TABLE).set_key(Some(key("a", "3"))).send().await.unwrap();
    assert_eq!(written.item, None, "nothing of a denied transaction happens");
}

#[tokio::test]
async fn leading_keys_keep_a_user_to_its_partitions() {
    let world = World::new().await;
    let client = world.table();
    let denied = |action: &str| denied("arn:aws:iam::000000000000:user/groundwork-local-guest", action, TABLE_ARN);
    let keys = |partitions: &[&str]| {
        let keys = partitions.iter().map(|partition| key(partition, "1")).collect();
        KeysAndAttributes::builder().set_keys(Some(keys)).build().unwrap()
    };
    let batch = |partitions: &[&str]| client.batch_get_item().request_items(TABLE, keys(partitions)).send();
    let write = |partition: &str| {
        let delete = DeleteRequest::builder().set_key(Some(key(partition, "1"))).build().unwrap();
        let write = WriteRequest::builder().delete_request(delete).build();
        client.batch_write_item().request_items(TABLE, vec![write]).send()
    };
    world
        .scope("Guest")
        .run(async {
            for partition in ["USER#1", "USER#", "SHARED"] {
                assert_eq!(put(&client, partition).await, None, "{partition}");
                assert_eq!(get(&client, partition).await, None, "{partition}");
            }
            for partition in ["LEDGER#1", "USER", "SHARED#1", "xUSER#1"] {
                assert_eq!(put(&client, partition).await, denied("dynamodb:PutItem"), "{partition}");
                assert_eq!(get(&client, partition).await, denied("dynamodb:GetItem"), "{partition}");
            }
            for condition in ["pk = :pk", "#pk=:pk", "(#pk = :pk)"] {
                assert_eq!(query(&client, None, condition, "USER#1").await, None, "{condition}");
                let answer = query(&client, None, condition, "LEDGER#1").await;
                assert_eq!(answer, denied("dynamodb:Query"), "{condition}");
            }
            assert_eq!(refusal(batch(&["USER#1", "SHARED"]).await.map(drop)), None);
            assert_eq!(refusal(batch(&["USER#1", "LEDGER#1"]).await.map(drop)), denied("dynamodb:BatchGetItem"));
            assert_eq!(refusal(write("USER#1").await.map(drop)), None);
            assert_eq!(refusal(write("LEDGER#1").await.map(drop)), denied("dynamodb:BatchWriteItem"));
            // A request without keys satisfies "for all", and is what `Null` is there for.
            assert!(refusal(client.list_tables().send().await.map(drop)).is_some());
        })
        .await;
}

/// A service that never answers.
#[derive(Clone, Debug)]
struct Silence;

impl WireService for Silence {
    async fn answer(&self, _: &str, _: Bytes) -> WireResponse {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn an_exchange_that_nobody_waited_for_is_recorded() {
    let world = World::new().await;
    let config = world.dynamodb.config().http_client(WireConnector(Silence)).build();
    let client = aws_sdk_dynamodb::Client::from_conf(config);
    let scope = Scope::new("anybody", None);
    let work = scope.run(get(&client, "a"));
    assert!(tokio::time::timeout(Duration::from_millis(1500), work).await.is_err());
    let record = scope.take();
    let [exchange] = record.exchanges.as_slice() else { panic!("{record:?}") };
    assert_eq!(exchange.error.as_deref(), Some("Abandoned"));
    assert_eq!(exchange.duration, Duration::from_millis(1500));
}

#[test]
fn a_policy_that_is_not_understood_is_a_fault() {
    let template = Template::read(TEMPLATE).unwrap();
    let wrong = [
        ("Effect: Allow, Action: dynamodb:Query", "Effect: Deny, Action: dynamodb:Query"),
        ("Action: [sqs:SendMessage]", "Action: [\"sqs:*\"]"),
        ("!GetAtt Work.Arn", "!GetAtt Nowhere.Arn"),
        ("ForAllValues:StringLike", "ForAnyValue:StringLike"),
        ("- Statement:", "- AmazonDynamoDBFullAccess\n        - Statement:"),
    ];
    for (part, other) in wrong {
        let text = TEMPLATE.replace(part, other);
        assert_ne!(text, TEMPLATE);
        assert!(template.policies(&text).is_err(), "{other}");
    }
}
