//! `GET /api/buz/statement/{userId}`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use garde::Validate;
use http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;
use shared::access::Principal;
use shared::clock::Timestamp;
use shared::http::{Path, Query};
use shared::id::UserId;
use shared::ledger::{AccountId, Ledger, statement};
use shared::problem::{FieldProblem, Problem};
use shared::services::Services;
use utoipa::IntoParams;

use crate::Error;
use crate::rights::may_look;

/// How many entries one answer holds: with some 350 bytes each they are far below what a function may answer.
const ENTRIES_MAXIMUM: u16 = 1_000;

/// Of what time.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatementQuery {
    /// From this instant on.
    #[garde(skip)]
    #[param(value_type = String, format = DateTime)]
    from: Timestamp,
    /// To before this instant.
    #[garde(skip)]
    #[param(value_type = String, format = DateTime)]
    to: Timestamp,
    /// What the `Link` header of the answer before leads on with; the beginning without it.
    #[garde(skip)]
    #[serde(default)]
    #[param(min_length = 1, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<String>,
}

/// A statement of a person's wallet as CSV, the earliest entry first: `account, sequence, at, transfer, reason, amount, balance,
/// previousHash, hash`. Each entry's hash binds it to the one before, so that `groundwork verify-statement` finds the first entry that
/// was changed, removed or put in, without asking anybody. After a thousand entries the header `Link` (`rel="next"`) leads on.
#[utoipa::path(
    get, path = "/api/buz/statement/{userId}", operation_id = "getBuzStatement", tag = "ledger",
    security(("accessToken" = [])), params(("userId" = UserId, Path), StatementQuery),
    responses(
        (status = 200, description = "The statement.", body = String, content_type = "text/csv"),
        (status = 403, description = "`forbidden`: the wallet is another's, and the caller no operator of the platform."),
    )
)]
pub(crate) async fn get_buz_statement(
    State(services): State<Services>,
    principal: Principal,
    Path(user_id): Path<UserId>,
    Query(StatementQuery { from, to, cursor }): Query<StatementQuery>,
) -> Result<Response, Error> {
    if to <= from {
        return Err(Problem::invalid(vec![FieldProblem::new("to", "must be after `from`")]).into());
    }
    may_look(&services, &principal, user_id).await?;
    let wallet = AccountId::BuzWallet(user_id).part(0);
    let page = Ledger::new(&services).entries_between(wallet, (from, to), cursor.as_deref(), ENTRIES_MAXIMUM).await?;
    let mut headers = HeaderMap::new();
    let name = statement::file_name(wallet, from, to);
    let shown = [
        (header::CONTENT_DISPOSITION, Some(format!("attachment; filename=\"{name}\""))),
        (
            header::LINK,
            page.next_cursor.map(|cursor| {
                format!("</api/buz/statement/{user_id}?from={from}&to={to}&cursor={cursor}>; rel=\"next\"")
            }),
        ),
    ];
    for (name, value) in shown {
        if let Some(value) = value {
            headers.insert(name, HeaderValue::try_from(value).map_err(Problem::internal)?);
        }
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    Ok((headers, statement::to_csv(&page.data)).into_response())
}
