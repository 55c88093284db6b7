//! `POST /api/users/create`

use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use shared::access::{PlatformAccess, PlatformAdmin};
use shared::account::NewAccount;
use shared::event::Fact;
use shared::http::{IdempotencyHeader, Input};
use shared::id::UserId;
use shared::model::profile::{Profile, Viewer};
use shared::services::Services;
use shared::store::{IdempotencyKey, Reply, Transaction};
use shared::{email, text};
use utoipa::ToSchema;

use crate::Error;
use crate::picture::Pictures;
use crate::view::PersonView;

/// A new account.
#[derive(Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateUser {
    /// The e-mail address to sign in with.
    #[garde(length(chars, max = 254), custom(email::is_address))]
    #[schema(format = "email", max_length = 254, example = "grace@example.com")]
    email: String,
    /// The person's name.
    #[garde(custom(text::is_person_name))]
    #[schema(min_length = 1, max_length = 100, example = "Grace Hopper")]
    name: String,
}

/// Make an account for somebody, with its personal organisation on the Free plan. It has no password: the person asks for one by
/// "forgotten password".
#[utoipa::path(
    post, path = "/api/users/create", operation_id = "createUser", tag = "users",
    security(("accessToken" = [])),
    params(IdempotencyHeader),
    request_body = CreateUser,
    responses(
        (status = 201, description = "The person.", body = PersonView),
        (status = 403, description = "`forbidden`: the caller is no admin of the platform."),
        (status = 409, description = "`email_taken`: there is an account with this address."),
    )
)]
pub(crate) async fn create_user(
    State(services): State<Services>,
    State(pictures): State<Pictures>,
    access: PlatformAccess<PlatformAdmin>,
    idempotency: IdempotencyKey,
    Input(input): Input<CreateUser>,
) -> Result<Reply<PersonView>, Error> {
    let principal = &access.principal;
    let once = idempotency.once(&principal.caller(), &input)?;
    let plan = || async {
        let (user_id, at) = (services.ids.next::<UserId>(), services.clock.now());
        let mut transaction = Transaction::new();
        let account = NewAccount { user_id, email: &input.email, name: &input.name, is_email_verified: false, at };
        let user = account.add_to(&mut transaction, Error::EmailTaken);
        let fact = Fact::AccountRegistered { user_id };
        transaction.create(principal.event(&services, user_id.personal_organization(), fact));
        let viewer = Viewer { sees_all: true, ..Viewer::default() };
        let person = PersonView::new(user, Profile::empty(user_id, at), None, viewer, &pictures);
        Ok((transaction, StatusCode::CREATED, person))
    };
    services.store.execute_once(once.as_ref(), plan).await
}
