//! What a mail says, read and derived at the time when it is sent.

use shared::access::LinkToken;
use shared::id::{EventId, InvitationId, LinkId, OrganizationId, UserId};
use shared::model::former_email::FormerEmail;
use shared::model::invitation::Invitation;
use shared::model::link::{Link, LinkPurpose};
use shared::model::mail::MailAbout;
use shared::model::organization::Organization;
use shared::model::user::User;
use shared::problem::Problem;
use shared::store::Versioned;
use vendors::email::Email;

use crate::Deps;
use crate::campaign::{self, CampaignMail};
use crate::letter::{self, Letter};

/// What is to be done about a mail.
#[derive(Debug)]
pub(crate) enum Composed {
    /// Send this.
    Ready(Email),
    /// Nobody needs it any more; why.
    Moot(&'static str),
    /// It cannot be written; why.
    Impossible(&'static str),
}

/// Writes a mail.
pub(crate) async fn compose(deps: &Deps, about: &MailAbout) -> Result<Composed, Problem> {
    match *about {
        MailAbout::VerifyEmail { user_id, link_id } => {
            let (user, link) = match of_link(deps, user_id, link_id, LinkPurpose::VerifyEmail).await? {
                Ok(found) => found,
                Err(code) => return Ok(Composed::Moot(code)),
            };
            if user.email_verified_at.is_some() || !link.is_of_address(&user.email) {
                return Ok(Composed::Moot("nothing_to_verify"));
            }
            let url = page(deps, &link, "verify-email").await?;
            Ok(ready(&user.email, letter::verify_email(&user.name, &url)))
        }
        MailAbout::ResetPassword { user_id, link_id } => {
            let (user, link) = match of_link(deps, user_id, link_id, LinkPurpose::ResetPassword).await? {
                Ok(found) => found,
                Err(code) => return Ok(Composed::Moot(code)),
            };
            if !link.is_of_address(&user.email) {
                return Ok(Composed::Moot("another_address"));
            }
            let url = page(deps, &link, "reset-password").await?;
            Ok(ready(&user.email, letter::reset_password(&user.name, &url)))
        }
        MailAbout::ChangeEmail { user_id, link_id } => {
            let (user, link) = match of_link(deps, user_id, link_id, LinkPurpose::ChangeEmail).await? {
                Ok(found) => found,
                Err(code) => return Ok(Composed::Moot(code)),
            };
            let url = page(deps, &link, "confirm-email").await?;
            Ok(ready(&link.email, letter::change_email(&user.name, &url)))
        }
        MailAbout::EmailChangeNotice { user_id, link_id } => {
            Ok(match of_link(deps, user_id, link_id, LinkPurpose::ChangeEmail).await? {
                Ok((user, _)) => ready(&user.email, letter::email_change_notice(&user.name)),
                Err(code) => Composed::Moot(code),
            })
        }
        MailAbout::EmailChanged { user_id, event_id } => email_changed(deps, user_id, event_id).await,
        MailAbout::PasswordChanged { user_id } => of_account(deps, user_id, letter::password_changed).await,
        MailAbout::SessionRevoked { user_id, .. } => of_account(deps, user_id, letter::session_revoked).await,
        MailAbout::SecondFactor { user_id, news } => of_account(deps, user_id, letter::second_factor(news)).await,
        MailAbout::Identity { user_id, provider, news } => {
            of_account(deps, user_id, letter::identity(provider, news)).await
        }
        MailAbout::Invitation { organization_id, invitation_id } => {
            invitation(deps, organization_id, invitation_id).await
        }
        MailAbout::Campaign { organization_id, task_id, lead_id } => {
            campaign::compose(deps, CampaignMail { organization_id, task_id, lead_id }).await
        }
    }
}

fn ready(to: &str, letter: Letter) -> Composed {
    let (subject, text, html) = letter.render();
    Email::new(to, &subject, text, html).map_or(Composed::Impossible("address_malformed"), Composed::Ready)
}

/// The account and the link of a mail, while the link can be used; why not otherwise.
async fn of_link(
    deps: &Deps,
    user: UserId,
    link: LinkId,
    purpose: LinkPurpose,
) -> Result<Result<(User, Link), &'static str>, Problem> {
    let (user_key, link_key) = (User::key_of(user), Link::key_of(link));
    let mut items = deps.services.store.batch_get(&[user_key.clone(), link_key.clone()]).await?;
    let user = items.remove(&user_key).map(Versioned::<User>::from_item).transpose()?;
    let link = items.remove(&link_key).map(Versioned::<Link>::from_item).transpose()?;
    let Some(user) = user else { return Ok(Err("account_gone")) };
    let now = deps.services.clock.now();
    let link = link.filter(|link| link.user_id == user.id && link.is_good_for(purpose, now));
    Ok(link.map(|link| (user.value, link.value)).ok_or("link_over"))
}

/// The page that a link leads to. What it carries stands after the `#`, which browsers send to nobody.
async fn page(deps: &Deps, link: &Link, page: &str) -> Result<String, Problem> {
    let token: LinkToken = deps.links.link_token(link.purpose, link.id).await?;
    Ok(format!("{}/{page}#token={}", deps.places.frontend_url, token.text()))
}

async fn of_account(deps: &Deps, user: UserId, letter: fn(&str) -> Letter) -> Result<Composed, Problem> {
    let user = deps.services.store.get::<User>(&User::key_of(user)).await?;
    Ok(user.map_or(Composed::Moot("account_gone"), |user| ready(&user.email, letter(&user.name))))
}

/// To the address that the account had until this event.
async fn email_changed(deps: &Deps, user: UserId, event: EventId) -> Result<Composed, Problem> {
    let (user_key, former_key) = (User::key_of(user), FormerEmail::key_of(user, event));
    let mut items = deps.services.store.batch_get(&[user_key.clone(), former_key.clone()]).await?;
    let user = items.remove(&user_key).map(Versioned::<User>::from_item).transpose()?;
    let former = items.remove(&former_key).map(Versioned::<FormerEmail>::from_item).transpose()?;
    let former = former.filter(|former| former.is_kept(deps.services.clock.now()));
    Ok(match user.zip(former) {
        Some((user, former)) => ready(&former.email, letter::email_changed(&user.name)),
        None => Composed::Moot("address_gone"),
    })
}

async fn invitation(
    deps: &Deps,
    organization_id: OrganizationId,
    invitation_id: InvitationId,
) -> Result<Composed, Problem> {
    let store = &deps.services.store;
    let keys = [Invitation::key_of(organization_id, invitation_id), Organization::key_of(organization_id)];
    let mut items = store.batch_get(&keys).await?;
    let [invitation_key, organization_key] = keys;
    let invitation = items.remove(&invitation_key).map(Versioned::<Invitation>::from_item).transpose()?;
    let organization = items.remove(&organization_key).map(Versioned::<Organization>::from_item).transpose()?;
    let now = deps.services.clock.now();
    let organization = organization.filter(|it| it.is_there());
    let (Some(invitation), Some(organization)) = (invitation.filter(|it| it.is_open(now)), organization) else {
        return Ok(Composed::Moot("invitation_over"));
    };
    let inviter = store.get::<User>(&User::key_of(invitation.invited_by)).await?;
    let inviter = inviter.as_ref().map(|user| user.name.as_str());
    let token = deps.links.invitation_token(organization_id, invitation_id).await?;
    let url = format!("{}/invitation#token={}", deps.places.frontend_url, token.text());
    Ok(ready(&invitation.address, letter::invitation(&organization.name, inviter, &url)))
}
