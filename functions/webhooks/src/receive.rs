//! Storing what came in, once.

use axum::Json;
use http::HeaderMap;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use shared::encoding::hexadecimal;
use shared::model::inbound_event::InboundEvent;
use shared::services::Services;
use shared::store::{StoreError, Transaction};
use utoipa::ToSchema;

use crate::Error;

/// What a vendor is told.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Receipt {
    /// Whether the event is new; it is stored either way.
    new: bool,
}

/// Why a row was not written.
enum Rejection {
    Known,
    Store(StoreError),
}

impl From<StoreError> for Rejection {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Stores an event unless it is stored already: one request to the table.
pub(crate) async fn store(services: &Services, event: InboundEvent) -> Result<Json<Receipt>, Error> {
    let plan = || async {
        let mut transaction = Transaction::new();
        transaction.create_or(event.clone(), Rejection::Known);
        Ok((transaction, ()))
    };
    let new = match services.store.execute(plan).await {
        Ok(()) => true,
        Err(Rejection::Known) => false,
        Err(Rejection::Store(error)) => return Err(error.into()),
    };
    let (provider, kind) = (event.provider.name(), &event.kind);
    tracing::info!(provider, event = event.id, kind, new, "webhook received");
    Ok(Json(Receipt { new }))
}

/// A header by which a vendor shows who it is.
pub(crate) fn proof<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Error> {
    let value = headers.get(name).ok_or(Error::SignatureMissing(name))?;
    value.to_str().map_err(|_| vendors::SignatureError::Malformed.into())
}

/// A body that is kept, as text and as what it says.
pub(crate) fn document(bytes: &[u8]) -> Result<(String, Value), Error> {
    let text = std::str::from_utf8(bytes).map_err(|_| Error::NotAnEvent("the body is not UTF-8"))?;
    let value = serde_json::from_str::<Value>(text).map_err(|_| Error::NotAnEvent("the body is not JSON"))?;
    if value.is_object() { Ok((text.to_owned(), value)) } else { Err(Error::NotAnEvent("the body is no JSON object")) }
}

/// An id made of what makes an event the same when it comes again, for vendors that give none.
pub(crate) fn id_of(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    hexadecimal(digest.finalize())
}

/// A name that a vendor gives, as far as it may stand in a row and in logs: letters, digits, `_`, `.` and `-`, at most 100.
pub(crate) fn name(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?;
    let is_name = (1..=100).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    is_name.then(|| text.to_owned())
}
