//! What the template grants each function, and whether that suffices for a request.
//!
//! Understood is what the template uses: `Allow` statements with actions, resources of its own tables, queues and buckets, and conditions on the
//! leading keys. Anything else is a fault of the template rather than passed over, since it could make the local cloud more generous than
//! AWS.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_yaml_ng::Value;

use super::{STAGE, Template, TemplateError, entries, fault, intrinsic, mapping};
use crate::recording::{Demand, Right};
use crate::sqs::queue_arn;
use crate::{ACCOUNT, REGION};

/// The condition key that names the partition keys of a request to DynamoDB.
const LEADING_KEYS: &str = "dynamodb:LeadingKeys";

/// The ARN of a table.
pub(crate) fn table_arn(table: &str) -> String {
    format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}")
}

/// The ARN of all objects of a bucket.
pub(crate) fn bucket_objects_arn(bucket: &str) -> String {
    format!("arn:aws:s3:::{bucket}/*")
}

/// The policies of everybody the template knows: functions by the names of their binaries, users by their logical ids.
pub type Policies = BTreeMap<String, Arc<Policy>>;

/// What a function may do.
#[derive(Debug)]
pub struct Policy {
    principal: String,
    statements: Vec<Statement>,
    /// The partition key's attribute of each table and index, by ARN.
    partition_keys: Arc<BTreeMap<String, String>>,
}

#[derive(Debug)]
struct Statement {
    actions: BTreeSet<String>,
    resources: BTreeSet<String>,
    conditions: Vec<Condition>,
}

/// A condition on the leading keys of a request.
#[derive(Debug)]
enum Condition {
    /// `ForAllValues:StringLike`: each is like one of these, where `*` stands for anything; met by a request without keys.
    AllLike(Vec<String>),
    /// `Null`: whether there are none.
    Absent(bool),
}

impl Policy {
    /// Who has the policy, as AWS names them in a refusal.
    pub fn principal(&self) -> &str {
        &self.principal
    }

    /// Every action with every resource that the policy allows, whatever its conditions. Of an index that is only its reading: IAM knows
    /// no other action on one.
    pub fn rights(&self) -> BTreeSet<Right> {
        let rights = self.statements.iter().flat_map(|statement| {
            let of = |action: &String, resource: &String| Right { action: action.clone(), resource: resource.clone() };
            statement.actions.iter().flat_map(move |action| statement.resources.iter().map(move |it| of(action, it)))
        });
        let reads = |action: &str| matches!(action, "dynamodb:Query" | "dynamodb:Scan");
        rights.filter(|right| !right.resource.contains("/index/") || reads(&right.action)).collect()
    }

    /// Whether some statement allows what a request demands.
    pub(crate) fn allows(&self, demand: &Demand) -> bool {
        self.statements.iter().any(|statement| statement.allows(demand))
    }

    /// The attribute that is the partition key of a table or an index.
    pub(crate) fn partition_key(&self, arn: &str) -> Option<&str> {
        self.partition_keys.get(arn).map(String::as_str)
    }
}

impl Statement {
    fn allows(&self, Demand { right, leading_keys }: &Demand) -> bool {
        let keys = leading_keys.as_ref();
        self.actions.contains(&right.action)
            && self.resources.contains(&right.resource)
            && self.conditions.iter().all(|condition| match condition {
                Condition::AllLike(patterns) => {
                    keys.into_iter().flatten().all(|key| patterns.iter().any(|pattern| is_like(key, pattern)))
                }
                Condition::Absent(absent) => keys.is_none() == *absent,
            })
    }
}

/// Whether a text is like a pattern, in which `*` stands for any text.
fn is_like(text: &str, pattern: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return text == pattern };
    let Some(rest) = text.strip_prefix(head) else { return false };
    rest.char_indices().map(|(place, _)| place).chain([rest.len()]).any(|place| {
        let (_, rest) = rest.split_at(place);
        is_like(rest, tail)
    })
}

impl Template {
    /// What the template in `text` grants to whom.
    ///
    /// # Errors
    /// When it is not a template, or grants something in a way that is not understood here.
    pub fn policies(&self, text: &str) -> Result<Policies, TemplateError> {
        let document: Value = serde_yaml_ng::from_str(text).map_err(|error| fault(error.to_string()))?;
        let partition_keys = Arc::new(self.partition_keys());
        let mut policies = Policies::new();
        for (id, resource) in mapping(&document, "Resources")? {
            let properties = resource.get("Properties").unwrap_or(&Value::Null);
            let (name, principal) = match resource.get("Type").and_then(Value::as_str) {
                Some("AWS::Serverless::Function") => {
                    let function = self.functions.iter().find(|(_, function)| function.logical_id == id);
                    let (name, _) = function.ok_or_else(|| fault(format!("{id} is not among the functions")))?;
                    (name.clone(), format!("arn:aws:sts::{ACCOUNT}:assumed-role/groundwork-{STAGE}-{id}Role/{name}"))
                }
                Some("AWS::IAM::User") => {
                    let name = intrinsic::name(properties.get("UserName"), &id);
                    (id.clone(), format!("arn:aws:iam::{ACCOUNT}:user/{name}"))
                }
                _ => continue,
            };
            let statements = self.statements(&id, properties)?;
            let partition_keys = Arc::clone(&partition_keys);
            policies.insert(name, Arc::new(Policy { principal, statements, partition_keys }));
        }
        Ok(policies)
    }

    fn partition_keys(&self) -> BTreeMap<String, String> {
        let hash_key = |holder: &serde_json::Value| {
            let schema = holder.get("KeySchema")?.as_array()?;
            let key = schema.iter().find(|key| key.get("KeyType").is_some_and(|kind| kind == "HASH"))?;
            Some(key.get("AttributeName")?.as_str()?.to_owned())
        };
        let mut keys = BTreeMap::new();
        for table in self.tables.values() {
            let arn = table_arn(&table.name);
            let indexes = table.create_request.get("GlobalSecondaryIndexes").and_then(serde_json::Value::as_array);
            for index in indexes.into_iter().flatten() {
                let name = index.get("IndexName").and_then(serde_json::Value::as_str).unwrap_or_default();
                keys.extend(hash_key(index).map(|key| (format!("{arn}/index/{name}"), key)));
            }
            keys.extend(hash_key(&table.create_request).map(|key| (arn, key)));
        }
        keys
    }

    fn statements(&self, id: &str, properties: &Value) -> Result<Vec<Statement>, TemplateError> {
        let mut statements = Vec::new();
        for policy in properties.get("Policies").and_then(Value::as_sequence).into_iter().flatten() {
            // A function's policy is the document itself, a user's has a name and holds one.
            let document = policy.get("PolicyDocument").unwrap_or(policy);
            let list = document.get("Statement").and_then(Value::as_sequence);
            for statement in list.ok_or_else(|| fault(format!("a policy of {id} has no statements")))? {
                statements.extend(self.statement(id, statement)?);
            }
        }
        Ok(statements)
    }

    /// A statement, if it is about a service that the local cloud has.
    fn statement(&self, id: &str, statement: &Value) -> Result<Option<Statement>, TemplateError> {
        if statement.get("Effect").and_then(Value::as_str) != Some("Allow") {
            return Err(fault(format!("a policy of {id} does something else than Allow")));
        }
        let action = |value: &Value| value.as_str().map(str::to_owned);
        let actions = one_or_many(statement.get("Action")).map(action).collect::<Option<BTreeSet<_>>>();
        let actions = actions.filter(|actions| !actions.is_empty() && !actions.iter().any(|name| name.contains('*')));
        let actions = actions.ok_or_else(|| fault(format!("a policy of {id} does not name its actions")))?;
        let services = ["dynamodb:", "sqs:", "s3:"];
        if !actions.iter().any(|action| services.iter().any(|service| action.starts_with(service))) {
            return Ok(None);
        }
        let resources = one_or_many(statement.get("Resource")).map(|resource| self.arn(id, resource));
        let mut conditions = Vec::new();
        for (operator, tested) in entries(statement.get("Condition").unwrap_or(&Value::Null)) {
            for (key, values) in entries(&tested) {
                conditions.push(condition(id, &operator, &key, &values)?);
            }
        }
        Ok(Some(Statement { actions, resources: resources.collect::<Result<_, _>>()?, conditions }))
    }

    /// The ARN that `!GetAtt X.Arn`, `!Sub "${X.Arn}/index/name"` or, of a bucket, `!Sub "${X.Arn}/*"` means.
    fn arn(&self, id: &str, resource: &Value) -> Result<String, TemplateError> {
        let not_understood = || {
            fault(format!(
                "a policy of {id} names a resource that is neither a table nor a queue nor all objects of a bucket"
            ))
        };
        let Value::Tagged(tagged) = resource else { return Err(not_understood()) };
        let text = tagged.value.as_str().unwrap_or_default();
        let (name, rest) = match text.strip_prefix("${") {
            Some(reference) => reference.split_once(".Arn}").ok_or_else(not_understood)?,
            None => (text.strip_suffix(".Arn").ok_or_else(not_understood)?, ""),
        };
        match (self.tables.get(name), self.queues.get(name), self.buckets.get(name)) {
            (Some(table), ..) => Ok(format!("{}{rest}", table_arn(&table.name))),
            (_, Some(queue), _) if rest.is_empty() => Ok(queue_arn(&queue.name)),
            (.., Some(bucket)) if rest == "/*" => Ok(bucket_objects_arn(bucket)),
            _ => Err(not_understood()),
        }
    }
}

fn condition(id: &str, operator: &str, key: &str, values: &Value) -> Result<Condition, TemplateError> {
    let texts = || one_or_many(Some(values)).map(|value| value.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
    let condition = match (operator, key) {
        ("ForAllValues:StringLike", LEADING_KEYS) => texts().map(Condition::AllLike),
        ("Null", LEADING_KEYS) => {
            let absent = values.as_bool().or_else(|| values.as_str()?.parse().ok());
            absent.map(Condition::Absent)
        }
        _ => None,
    };
    condition.ok_or_else(|| {
        fault(format!("a policy of {id} has the condition {operator} on {key}, which is not understood"))
    })
}

/// The values of a property that may be one or a list.
fn one_or_many(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let list = value.and_then(Value::as_sequence);
    let one = value.filter(|_| list.is_none());
    list.into_iter().flatten().chain(one)
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn a_star_stands_for_anything() {
        for (text, pattern) in [("USER#1", "USER#*"), ("USER#", "USER#*"), ("a", "*"), ("", "*"), ("aXbXc", "a*b*c")] {
            assert!(is_like(text, pattern), "{text} {pattern}");
        }
        for (text, pattern) in [("xUSER#1", "USER#*"), ("USER", "USER#*"), ("abd", "a*b*c"), ("EMAIL", "EMAI")] {
            assert!(!is_like(text, pattern), "{text} {pattern}");
        }
    }
}
