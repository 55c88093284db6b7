//! `Idempotency-Key`: a command sent twice happens once and answers twice the same.
//!
//! The record of a command's answer is written in the command's own transaction, so there is no moment at which one exists without the
//! other. A command that calls outside writes a `started` record first; while it is running, a repeat is told to wait.

use std::future::Future;
use std::time::Duration;

use axum::Json;
use axum::extract::{FromRequestParts, MatchedPath};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::transaction::{CommitError, OnReject};
use super::{Entity, Indexes, Key, Store, StoreError, Transaction, Versioned};
use crate::clock::Timestamp;
use crate::encoding::hexadecimal;
use crate::id::{CommandId, LeaseId};
use crate::problem::{FieldProblem, Problem};

/// How long an answer is kept (DESIGN "HTTP conventions").
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest key accepted, as Stripe's.
const KEY_LENGTH_MAXIMUM: usize = 255;

/// The `Idempotency-Key` header of a request, if it came with one.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    route: String,
    key: Option<String>,
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let path = parts.extensions.get::<MatchedPath>().map_or_else(|| parts.uri.path(), MatchedPath::as_str);
        let route = format!("{} {path}", parts.method);
        let Some(value) = parts.headers.get("idempotency-key") else { return Ok(Self { route, key: None }) };
        let is_key = |key: &&str| {
            (1..=KEY_LENGTH_MAXIMUM).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let key = value.to_str().ok().filter(is_key);
        let message = "must be 1 to 255 visible ASCII characters";
        let key = key.ok_or_else(|| Problem::malformed("Idempotency-Key", message))?;
        Ok(Self { route, key: Some(key.to_owned()) })
    }
}

impl IdempotencyKey {
    /// This key in the scope of a caller, for this input; `None` if the request came without one.
    pub fn once(&self, caller: &str, input: &impl Serialize) -> Result<Option<Once>, Problem> {
        let body = serde_json::to_vec(input).map_err(Problem::internal)?;
        Ok(self.once_for_bytes(caller, &body))
    }

    /// The same for a body that is not JSON.
    pub fn once_for_bytes(&self, caller: &str, body: &[u8]) -> Option<Once> {
        let key = self.key.as_ref()?;
        let scope = hexadecimal(Sha256::digest(format!("{caller}\n{}\n{key}", self.route)));
        Some(Once { scope, fingerprint: hexadecimal(Sha256::digest(body)) })
    }
}

/// A command that must happen once: whose, which, and with what body.
#[derive(Clone, Debug)]
pub struct Once {
    scope: String,
    fingerprint: String,
}

impl Once {
    fn key(&self) -> Key {
        Key::new(format!("IDEMPOTENCY#{}", self.scope), "ANSWER")
    }
}

/// An answer, fresh or as it was given the first time.
#[derive(Debug)]
pub struct Reply<T> {
    /// The HTTP status.
    pub status: StatusCode,
    /// The body.
    pub body: T,
    /// Whether it was given before; then it carries `Idempotency-Replayed: true`.
    pub replayed: bool,
}

impl<T: Serialize> IntoResponse for Reply<T> {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if self.replayed {
            let name = HeaderName::from_static("idempotency-replayed");
            response.headers_mut().insert(name, HeaderValue::from_static("true"));
        }
        response
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    scope: String,
    fingerprint: String,
    status: Option<u16>,
    body: Option<String>,
    /// While the command is calling outside: until when another attempt has to wait.
    started_until: Option<Timestamp>,
    /// The name of a command that calls outside; an attempt that takes over keeps it.
    #[serde(default)]
    command_id: Option<CommandId>,
    /// The attempt: two that take over in the same millisecond would otherwise write the same record and both go on.
    #[serde(default)]
    lease_id: Option<LeaseId>,
    expires_at: Timestamp,
}

impl Entity for Record {
    const TYPE: &'static str = "idempotencyRecord";

    fn key(&self) -> Key {
        Key::new(format!("IDEMPOTENCY#{}", self.scope), "ANSWER")
    }

    fn indexes(&self) -> Indexes {
        Indexes { expires_at: Some(self.expires_at), ..Indexes::default() }
    }
}

/// What is known about a command before it runs.
enum Known<T> {
    Nothing,
    /// A record whose time has passed or whose run was abandoned; it is replaced.
    Stale(Versioned<Record>),
    Answered(Reply<T>),
}

/// The start of a command that calls outside.
#[derive(Debug)]
pub enum Started<T> {
    /// It was carried out before.
    Answered(Reply<T>),
    /// It is ours to carry out; [`Transaction::answer`] ends it.
    Run(Run),
}

/// The running of a command that calls outside.
#[derive(Debug)]
pub struct Run {
    command_id: CommandId,
    record: Option<Box<Versioned<Record>>>,
}

impl Run {
    /// The command's name. A repeat that takes over after a crash has the same, so that ids made from it name the same things; and
    /// since it sorts by time, so do they.
    pub const fn command_id(&self) -> CommandId {
        self.command_id
    }
}

impl<E> Transaction<E> {
    /// Records the answer of a command begun with [`Store::begin`], in the transaction of its outcome.
    pub fn answer<T: Serialize>(&mut self, run: &Run, status: StatusCode, body: &T) -> Result<(), Problem> {
        if let Some(record) = &run.record {
            let body = Some(serde_json::to_string(body).map_err(Problem::internal)?);
            let next = Record { status: Some(status.as_u16()), body, started_until: None, ..record.value.clone() };
            self.replace(record, next);
        }
        Ok(())
    }
}

impl Store {
    /// Like [`Store::execute`], but a command with an idempotency key happens once: its answer is recorded in its transaction and given
    /// again to a repeat, also to the loser of a race. Another body under the same key is 422.
    pub async fn execute_once<T, E, P, F>(&self, once: Option<&Once>, plan: P) -> Result<Reply<T>, E>
    where
        T: Serialize + DeserializeOwned,
        E: From<StoreError> + From<Problem>,
        P: Fn() -> F,
        F: Future<Output = Result<(Transaction<E>, StatusCode, T), E>>,
    {
        let deadline = self.deadline();
        let mut overtaken = 0;
        loop {
            let known = match once {
                Some(once) => self.known(once).await?,
                None => Known::Nothing,
            };
            if let Known::Answered(reply) = known {
                return Ok(reply);
            }
            let (mut transaction, status, body) = match plan().await {
                Ok(planned) => planned,
                Err(error) => return self.answer_or(once, error).await,
            };
            if let Some(once) = once {
                let text = serde_json::to_string(&body).map_err(Problem::internal)?;
                let record = self.record(once, Some(status.as_u16()), Some(text), None);
                match &known {
                    Known::Stale(stale) => transaction.replace(stale, record),
                    _ => transaction.put_absent(record, OnReject::Replay),
                }
            }
            match self.commit_until(transaction, deadline).await {
                Ok(()) => return Ok(Reply { status, body, replayed: false }),
                Err(CommitError::Rejected(error)) => return self.answer_or(once, error).await,
                Err(CommitError::Store(error)) => return Err(error.into()),
                Err(CommitError::Stale | CommitError::Replay) => {
                    overtaken += 1;
                    if !self.plan_again(overtaken, deadline).await {
                        return Err(StoreError::Contended.into());
                    }
                }
            }
        }
    }

    /// The first answer, if the same command was carried out since it was looked for; else `error`. A loser of a race that reads after the
    /// winner's commit plans on top of its own command's success, and fails on it ("there is one already"). Whether that is so must be
    /// known: an error for good in place of a success would be believed.
    async fn answer_or<T, E>(&self, once: Option<&Once>, error: E) -> Result<Reply<T>, E>
    where
        T: DeserializeOwned,
        E: From<Problem>,
    {
        let Some(once) = once else { return Err(error) };
        match self.known(once).await? {
            Known::Answered(reply) => Ok(reply),
            Known::Nothing | Known::Stale(_) => Err(error),
        }
    }

    /// Begins a command that calls outside for at most `lease`. While it runs, a repeat is 409 with `Retry-After`; after the lease, a
    /// repeat takes over what a crash left behind.
    pub async fn begin<T: DeserializeOwned>(
        &self,
        once: Option<&Once>,
        lease: Duration,
    ) -> Result<Started<T>, Problem> {
        let mut command_id = self.ids.next::<CommandId>();
        let Some(once) = once else { return Ok(Started::Run(Run { command_id, record: None })) };
        let until = self.clock.now().plus(lease);
        let known = self.known(once).await?;
        if let Known::Stale(Versioned { value: Record { command_id: Some(earlier), expires_at, .. }, .. }) = &known
            && *expires_at > self.clock.now()
        {
            command_id = *earlier;
        }
        let lease_id = Some(self.ids.next());
        let record = Record { command_id: Some(command_id), lease_id, ..self.record(once, None, None, Some(until)) };
        let started = match known {
            Known::Answered(reply) => return Ok(Started::Answered(reply)),
            Known::Stale(stale) => self.replace(&stale, record).await?,
            Known::Nothing => {
                let mut transaction = Transaction::<Problem>::new();
                transaction.create_or(record.clone(), in_progress(lease.as_secs()));
                match self.commit(transaction).await {
                    Ok(()) => Some(Versioned { value: record, version: 1 }),
                    Err(CommitError::Store(error)) => return Err(error.into()),
                    Err(_) => None,
                }
            }
        };
        let run = started.map(|record| Started::Run(Run { command_id, record: Some(Box::new(record)) }));
        run.ok_or_else(|| in_progress(lease.as_secs()))
    }

    /// Ends a command begun with [`Store::begin`] that came to nothing: a repeat under its key may take over at once instead of after
    /// the lease. Should it not be written, the lease ends by itself.
    pub async fn give_up(&self, run: &Run) {
        if let Some(record) = &run.record {
            let _ = self.replace(record, Record { started_until: None, ..record.value.clone() }).await;
        }
    }

    fn record(
        &self,
        once: &Once,
        status: Option<u16>,
        body: Option<String>,
        started_until: Option<Timestamp>,
    ) -> Record {
        let Once { scope, fingerprint } = once.clone();
        let expires_at = self.clock.now().plus(KEPT);
        Record { scope, fingerprint, status, body, started_until, command_id: None, lease_id: None, expires_at }
    }

    async fn known<T: DeserializeOwned>(&self, once: &Once) -> Result<Known<T>, Problem> {
        let Some(record) = self.get::<Record>(&once.key()).await? else { return Ok(Known::Nothing) };
        let now = self.clock.now();
        if record.expires_at <= now {
            return Ok(Known::Stale(record));
        }
        if record.fingerprint != once.fingerprint {
            let message = "was used for another body; use a new key for a new request";
            return Err(Problem::invalid(vec![FieldProblem::new("Idempotency-Key", message)]));
        }
        match (&record.body, record.status.map(StatusCode::from_u16), record.started_until) {
            (Some(body), Some(Ok(status)), _) => {
                let body = serde_json::from_str(body).map_err(Problem::internal)?;
                Ok(Known::Answered(Reply { status, body, replayed: true }))
            }
            (_, _, Some(until)) if until > now => Err(in_progress(until.since(now).as_secs())),
            _ => Ok(Known::Stale(record)),
        }
    }
}

fn in_progress(seconds: u64) -> Problem {
    Problem::conflict("in_progress", "The same request is being carried out; repeat it shortly for its answer.")
        .retry_after(seconds.min(5))
}
