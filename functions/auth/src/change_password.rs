//! `POST /api/auth/password/change`

use axum::extract::State;
use garde::Validate;
use http::StatusCode;
use serde::Deserialize;
use shared::access::Principal;
use shared::event::Fact;
use shared::http::Input;
use shared::model::credential::Credential;
use shared::store::Transaction;
use utoipa::ToSchema;

use crate::account::Account;
use crate::limits::{Counted, WITHIN_SESSION};
use crate::secret::Secret;
use crate::{Deps, Error, password};

/// A new password for the caller's account.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangePassword {
    /// The password until now. It may be left out in a session in which credentials were presented within the last 10 minutes.
    #[garde(inner(length(bytes, min = 1, max = 1024)))]
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password, min_length = 1, max_length = 1024, write_only)]
    current_password: Option<Secret>,
    /// The password from now on: at least 8 characters, at most 1,024 bytes, and not easily guessed.
    #[garde(length(chars, min = 8), length(bytes, max = 1024))]
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 1024, write_only)]
    new_password: Secret,
}

/// Change the password. Every other session ends; this one goes on.
#[utoipa::path(
    post, path = "/api/auth/password/change", operation_id = "changePassword", tag = "auth",
    security(("accessToken" = [])),
    request_body = ChangePassword,
    responses(
        (status = 204, description = "The new password holds."),
        (
            status = 403,
            description = "`password_wrong`: the current password is another. `step_up_required`: give it, or present your credentials \
                at `POST /api/auth/step-up`."
        ),
        (status = 429, description = "Too many attempts in this session."),
    )
)]
pub(crate) async fn change_password(
    State(deps): State<Deps>,
    principal: Principal,
    Input(input): Input<ChangePassword>,
) -> Result<Counted<StatusCode>, Error> {
    let session = principal.session_id.to_string();
    let headers = deps.services.store.count_attempt(WITHIN_SESSION, &session).await?.headers();
    let outcome = change(&deps, &principal, &input).await;
    Ok(Counted { headers, outcome: outcome.map(|()| StatusCode::NO_CONTENT) })
}

async fn change(deps: &Deps, principal: &Principal, input: &ChangePassword) -> Result<(), Error> {
    let (services, user_id) = (&deps.services, principal.user_id);
    let plan = || async {
        let now = services.clock.now();
        let account = Account::of(services, principal).await?;
        if let Some(presented) = &input.current_password {
            let credential = account.credential.as_ref().ok_or(Error::PasswordWrong)?;
            if !password::is_right(presented, &credential.password_hash)? {
                return Err(Error::PasswordWrong);
            }
        } else {
            account.require_recent(now)?;
        }
        let words = [account.user.name.as_str(), account.user.email.as_str()];
        deps.require_good_password(&input.new_password, &words, "newPassword").await?;
        let password_hash = password::hash(&input.new_password, &services.ids)?;
        let next = Credential { user_id, password_hash, set_at: now };
        let mut transaction = Transaction::<Error>::new();
        match &account.credential {
            Some(credential) => transaction.replace(credential, next),
            None => transaction.create(next),
        }
        account.end_other_sessions(&mut transaction, now);
        let fact = Fact::PasswordChanged { user_id };
        transaction.create(principal.event(services, user_id.personal_organization(), fact));
        Ok((transaction, ()))
    };
    services.store.execute(plan).await?;
    // Which sessions ended is not known without reading them; here all are looked up again.
    services.access.clear();
    Ok(())
}
