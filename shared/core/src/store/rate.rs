//! Rate limits that hold across instances: one conditional write per attempt.

use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};

use super::{Item, Key, Store, StoreError, Update};
use crate::clock::Timestamp;
use crate::encoding::shortened;
use crate::problem::Problem;

/// At most so many attempts in a window of time.
#[derive(Clone, Copy, Debug)]
pub struct RateLimit {
    /// What is limited; part of the counter's key and of the `RateLimit-Policy` header.
    pub name: &'static str,
    /// How many attempts a window admits.
    pub attempts: u32,
    /// How long a window is.
    pub window: Duration,
}

/// The attribute that counts the attempts of a row's subject.
const ATTEMPTS: &str = "attempts";

/// Where a caller stands with a limit.
#[derive(Clone, Copy, Debug)]
pub struct RateStatus {
    limit: RateLimit,
    remaining: u32,
    resets_in_seconds: u64,
}

impl RateLimit {
    /// Which window an instant falls into.
    pub fn window_of(self, now: Timestamp) -> i64 {
        now.as_seconds().div_euclid(self.window_seconds())
    }

    /// Where somebody stands who has made so many attempts, this one among them, in the window of `now`; 429 if they are too many. For
    /// what keeps its count itself.
    pub fn status(self, attempts: u32, now: Timestamp) -> Result<RateStatus, Problem> {
        let remaining = self.attempts.checked_sub(attempts);
        let status = RateStatus {
            limit: self,
            remaining: remaining.unwrap_or(0),
            resets_in_seconds: self.resets_in_seconds(now),
        };
        if remaining.is_some() { Ok(status) } else { Err(self.refuse(Problem::too_many_requests(1), now)) }
    }

    /// Where the count of `subject` in the window of `now` lies. It lies under a digest, so that no address stands in a key.
    pub fn key_of(self, subject: &str, now: Timestamp) -> Key {
        let digest = shortened(Sha256::digest(subject.as_bytes()), 12);
        Key::new(format!("RATE#{}#{digest}", self.name), self.window_of(now).to_string())
    }

    /// How many attempts a counter has seen.
    pub fn attempts_of(counter: &Item) -> u32 {
        counted(counter, ATTEMPTS)
    }

    /// The write that counts an attempt by `subject` in the window of `now`; its condition fails where that is one too many.
    pub(crate) fn attempt(self, subject: &str, now: Timestamp) -> Update {
        Update::new(self.key_of(subject, now), "rateCounter")
            .set("ttl", AttributeValue::N(self.ends(now).saturating_add(3600).to_string()))
            .counted(ATTEMPTS, self)
    }

    /// A refusal of an attempt too many, with when to try again.
    pub(crate) fn refuse(self, problem: Problem, now: Timestamp) -> Problem {
        let resets_in_seconds = self.resets_in_seconds(now);
        let status = RateStatus { limit: self, remaining: 0, resets_in_seconds };
        let named = status.headers().into_iter().filter_map(|(name, value)| Some((name?, value)));
        named.fold(problem.retry_after(resets_in_seconds), |problem, (name, value)| problem.with_header(name, value))
    }

    fn window_seconds(self) -> i64 {
        i64::try_from(self.window.as_secs()).unwrap_or(i64::MAX).max(1)
    }

    /// When the window of `now` ends, in seconds since 1970.
    fn ends(self, now: Timestamp) -> i64 {
        self.window_of(now).saturating_add(1).saturating_mul(self.window_seconds())
    }

    fn resets_in_seconds(self, now: Timestamp) -> u64 {
        u64::try_from(self.ends(now).saturating_sub(now.as_seconds())).unwrap_or(1)
    }
}

/// An attempt that two limits hold for: one for all that its subject tries (a network), one for what it tries with one part (an account).
/// The parts' counts lie in the subject's row, which is bounded since the subject's limit bounds how many parts a window can see; so both
/// have the same window.
#[derive(Clone, Debug)]
pub struct Attempt {
    limit: RateLimit,
    part_limit: RateLimit,
    subject: String,
    /// The attribute that counts the part's attempts.
    part: String,
    at: Timestamp,
}

impl Attempt {
    /// An attempt at an instant.
    pub fn new(limit: RateLimit, subject: String, part_limit: RateLimit, part: &str, at: Timestamp) -> Self {
        debug_assert_eq!(limit.window, part_limit.window, "one row is one window");
        let part = format!("of_{}", shortened(Sha256::digest(part.as_bytes()), 12));
        Self { limit, part_limit, subject, part, at }
    }

    /// Where its counts lie.
    pub fn key(&self) -> Key {
        self.limit.key_of(&self.subject, self.at)
    }

    /// Where the caller will stand with both limits once the attempt is counted; 429 if one of them refuses it already. `counter` is what
    /// lies at the key.
    pub fn admitted_by(&self, counter: Option<&Item>) -> Result<[RateStatus; 2], Problem> {
        self.statuses(counter.unwrap_or(&Item::new()), 1)
    }

    /// The write that counts it, for the transaction of what it leads to; its condition fails where that is one too many.
    pub fn update(&self) -> Update {
        self.limit.attempt(&self.subject, self.at).counted(&self.part, self.part_limit)
    }

    /// 429 for an attempt that others overtook: it names the narrower limit.
    pub fn refusal(&self) -> Problem {
        self.part_limit.refuse(Problem::too_many_requests(1), self.at)
    }

    fn statuses(&self, counter: &Item, more: u32) -> Result<[RateStatus; 2], Problem> {
        let status = |limit: RateLimit, name: &str| limit.status(counted(counter, name).saturating_add(more), self.at);
        Ok([status(self.limit, ATTEMPTS)?, status(self.part_limit, &self.part)?])
    }
}

impl RateStatus {
    /// The headers `RateLimit-Policy` and `RateLimit`, as the IETF draft "RateLimit header fields" spells them.
    pub fn headers(&self) -> HeaderMap {
        let RateLimit { name, attempts, window } = self.limit;
        let policy = format!("\"{name}\";q={attempts};w={}", window.as_secs());
        let status = format!("\"{name}\";r={};t={}", self.remaining, self.resets_in_seconds);
        let headers = [("ratelimit-policy", policy), ("ratelimit", status)];
        let value =
            |(name, text): (_, String)| Some((HeaderName::from_static(name), HeaderValue::from_str(&text).ok()?));
        headers.into_iter().filter_map(value).collect()
    }
}

impl Store {
    /// Counts one attempt by `subject` (an account, an address) against `limit`, or refuses it with 429. A refused attempt is not counted:
    /// the window ends at a fixed time whatever an attacker does.
    pub async fn count_attempt(&self, limit: RateLimit, subject: &str) -> Result<RateStatus, Problem> {
        let now = self.clock.now();
        let counter = self.update(limit.attempt(subject, now)).await?;
        let old = |old: &Item| RateLimit::attempts_of(old).saturating_add(1);
        limit.status(counter.as_ref().map_or_else(old, RateLimit::attempts_of), now)
    }

    /// Counts an attempt against both of its limits in one write, or refuses it with 429; one that either refuses counts for neither.
    pub async fn count(&self, attempt: &Attempt) -> Result<[RateStatus; 2], Problem> {
        let (counter, refused) = match self.update(attempt.update()).await? {
            Ok(counter) => (counter, 0),
            Err(old) => (old, 1),
        };
        attempt.statuses(&counter, refused)
    }

    /// Carries out a single conditional update; false if its condition failed.
    pub async fn try_update(&self, update: Update) -> Result<bool, StoreError> {
        Ok(self.update(update).await?.is_ok())
    }

    /// Carries out a single conditional update and returns the attributes that it changed, or, if its condition failed, the item as it is.
    async fn update(&self, update: Update) -> Result<Result<Item, Item>, StoreError> {
        let result = self
            .client
            .update_item()
            .table_name(self.tables.name(update.key.table))
            .set_key(Some(update.key.attributes()))
            .update_expression(update.expression())
            .set_condition_expression(update.condition())
            .set_expression_attribute_names(Some(update.names))
            .set_expression_attribute_values(Some(update.values))
            .return_values(ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match result {
            Ok(output) => Ok(Ok(output.attributes.unwrap_or_default())),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    Ok(Err(failed.item.clone().unwrap_or_default()))
                }
                _ => Err(StoreError::from_sdk(error)),
            },
        }
    }
}

impl Update {
    /// One more of what `attribute` counts, unless the limit is reached.
    fn counted(self, attribute: &str, limit: RateLimit) -> Self {
        self.add(attribute, 1).only_if_at_most(attribute, i64::from(limit.attempts).saturating_sub(1))
    }
}

fn counted(counter: &Item, attribute: &str) -> u32 {
    let count = counter.get(attribute).and_then(|value| value.as_n().ok());
    count.and_then(|number| number.parse().ok()).unwrap_or(0)
}
