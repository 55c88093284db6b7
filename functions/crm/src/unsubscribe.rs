//! `POST /api/crm/unsubscribe`

use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use serde::Deserialize;
use shared::access::UnsubscribeToken;
use shared::event::{Actor, Fact};
use shared::http::Query;
use shared::model::campaign::CampaignFigures;
use shared::model::organization::Organization;
use shared::model::suppressed_address::SuppressedAddress;
use shared::model::task::Task;
use shared::store::{Transaction, Versioned};
use shared::trace::Trace;
use utoipa::IntoParams;

use crate::{Deps, Error};

/// What the links of a campaign's mail carry.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PresentedUnsubscription {
    /// The link's token.
    #[garde(length(chars, min = 1, max = 200))]
    #[param(min_length = 1, max_length = 200)]
    token: String,
}

/// Get no more campaigns of an organisation. Whoever has the link of a mail needs no account, and asking again changes nothing.
///
/// A mailbox asks by itself when its owner clicks once (RFC 8058), a page when its visitor does. Both send the token in the query, and what is
/// in the body does not matter.
#[utoipa::path(
    post, path = "/api/crm/unsubscribe", operation_id = "unsubscribe", tag = "crm",
    params(PresentedUnsubscription),
    responses(
        (status = 202, description = "The address gets no more campaigns of this organisation but those that have left already."),
        (status = 422, description = "`link_invalid`: the link is none of ours."),
    )
)]
pub(crate) async fn unsubscribe(
    State(deps): State<Deps>,
    trace: Trace,
    Query(presented): Query<PresentedUnsubscription>,
) -> Result<StatusCode, Error> {
    let token = UnsubscribeToken::parse(&presented.token).ok_or(Error::LinkInvalid)?;
    if !deps.links.is_unsubscription(&token).await? {
        return Err(Error::LinkInvalid);
    }
    deps.services.store.execute(|| plan(&deps, &token, trace)).await?;
    Ok(StatusCode::ACCEPTED)
}

async fn plan(deps: &Deps, token: &UnsubscribeToken, trace: Trace) -> Result<(Transaction<Error>, ()), Error> {
    let (services, now) = (&deps.services, deps.services.clock.now());
    let UnsubscribeToken { organization_id, task_id, digest, .. } = token;
    let (organization_id, task_id) = (*organization_id, *task_id);
    let mut transaction = Transaction::new();
    let key = SuppressedAddress::key_of(organization_id, digest);
    if services.store.get::<SuppressedAddress>(&key).await?.is_some() {
        return Ok((transaction, ()));
    }
    let keys @ [organization_key, task_key] =
        &[Organization::key_of(organization_id), Task::key_of(organization_id, task_id)];
    let mut items = services.store.batch_get(keys).await?;
    let organization = items.remove(organization_key).map(Versioned::<Organization>::from_item).transpose()?;
    let task = items.remove(task_key).map(Versioned::<Task>::from_item).transpose()?;
    // A deleted organisation may come back, and must know then; one that is being purged never writes to anybody again.
    let Some(organization) = organization.filter(|it| it.is_there() || it.restored(now).is_some()) else {
        return Ok((transaction, ()));
    };
    transaction.require(&organization);
    transaction.create(SuppressedAddress { organization_id, digest: digest.clone(), task_id, at: now });
    if let Some(task) = task
        && let Some(counted) = task.with_figures(CampaignFigures::after_unsubscribing, now)
    {
        transaction.replace(&task, counted);
    }
    let (actor, fact) = (Actor::Recipient { task_id }, Fact::CampaignUnsubscribed { task_id });
    transaction.create(services.event(organization_id, actor, trace, fact));
    Ok((transaction, ()))
}
