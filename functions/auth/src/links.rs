//! Links by mail: how one is asked for, and how one that comes back is opened.

use garde::Validate;
use serde::Deserialize;
use shared::access::LinkToken;
use shared::clock::Timestamp;
use shared::event::{Actor, Fact};
use shared::id::LinkId;
use shared::model::link::{Link, LinkPurpose};
use shared::model::user::User;
use shared::services::Services;
use shared::store::{Transaction, Versioned};
use shared::trace::Trace;
use utoipa::ToSchema;

use crate::secret::Secret;
use crate::{Deps, Error};

/// What a link from a mail brings back.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkInput {
    /// What stands after `#token=` in the mail's link.
    #[garde(length(bytes, min = 1, max = 256))]
    #[schema(value_type = String, pattern = r"^[0-7][0-9A-HJKMNP-TV-Z]{25}\.[A-Za-z0-9_-]{43}$", write_only)]
    pub(crate) token: Secret,
}

/// Adds a link of an account to a transaction, with the event that has its mail sent to `email`.
pub(crate) fn ask<E>(
    transaction: &mut Transaction<E>,
    services: &Services,
    (actor, trace): (Actor, Trace),
    user: &User,
    (purpose, email): (LinkPurpose, &str),
    now: Timestamp,
) {
    let (user_id, link_id) = (user.id, services.ids.next::<LinkId>());
    transaction.create(Link::new(link_id, purpose, user_id, email, now));
    let fact = match purpose {
        LinkPurpose::VerifyEmail => Fact::EmailVerificationRequested { user_id, link_id },
        LinkPurpose::ResetPassword => Fact::PasswordResetRequested { user_id, link_id },
        // Invitations are no links, and exports come by no mail; other functions make them.
        LinkPurpose::ChangeEmail | LinkPurpose::Invitation | LinkPurpose::Export | LinkPurpose::Unsubscribe => {
            Fact::EmailChangeRequested { user_id, link_id }
        }
    };
    transaction.create(services.event(user_id.personal_organization(), actor, trace, fact));
}

/// Reads a token and shows it to be genuine, without asking the table about what anybody makes up.
pub(crate) async fn genuine(deps: &Deps, purpose: LinkPurpose, token: &Secret) -> Result<LinkId, Error> {
    let token = LinkToken::parse(token.reveal()).ok_or(Error::LinkInvalid)?;
    if deps.links.is_genuine(purpose, &token).await? { Ok(token.link_id) } else { Err(Error::LinkInvalid) }
}

/// A link and its account as they are now, if the link can still be used. The transaction that uses it removes it.
pub(crate) async fn open(
    services: &Services,
    purpose: LinkPurpose,
    link: LinkId,
) -> Result<(Versioned<Link>, Versioned<User>), Error> {
    let link = services.store.get::<Link>(&Link::key_of(link)).await?;
    let link = link.filter(|link| link.is_good_for(purpose, services.clock.now())).ok_or(Error::LinkInvalid)?;
    let user = services.store.get::<User>(&User::key_of(link.user_id)).await?;
    // Nothing brings an erased account back.
    let user = user.filter(|user| user.erased_at.is_none()).ok_or(Error::LinkInvalid)?;
    // A link to an address that is no longer the account's shows nothing about it.
    if purpose != LinkPurpose::ChangeEmail && !link.is_of_address(&user.email) {
        return Err(Error::LinkInvalid);
    }
    Ok((link, user))
}
