//! `POST /api/auth/linkedin/callback`

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use shared::account::NewAccount;
use shared::clock::Timestamp;
use shared::event::Fact;
use shared::http::Input;
use shared::id::UserId;
use shared::model::account_email::AccountEmail;
use shared::model::identity::{AccountIdentity, IdentityProvider, LinkedIdentity};
use shared::model::known_network::KnownNetwork;
use shared::model::totp::Totp;
use shared::model::user::User;
use shared::problem::Problem;
use shared::store::{StoreError, Transaction, Versioned};
use shared::{email, text};
use vendors::linkedin::Member;

use super::attempt::{Attempt, Whose};
use super::{RETURNS, Returned, link, link_existing};
use crate::account::take;
use crate::challenge::Challenge;
use crate::client::Client;
use crate::limits::{Counted, network_of};
use crate::login::remember_network;
use crate::server_keys::Purpose;
use crate::view::{SignedIn, Tokens};
use crate::{Deps, Error, session};

const PROVIDER: IdentityProvider = IdentityProvider::LinkedIn;

/// Sign in with what LinkedIn sent back. Somebody who has no account gets one, with the address that LinkedIn has verified and with a
/// personal organisation on the Free plan.
#[utoipa::path(
    post, path = "/api/auth/linkedin/callback", operation_id = "signInWithLinkedIn", tag = "auth",
    request_body = Returned,
    responses(
        (status = 200, description = "The account and the tokens of a new session.", body = SignedIn),
        (status = 201, description = "A new account and the tokens of its first session.", body = SignedIn),
        (
            status = 401,
            description = "`totp_required`: LinkedIn knows the person, and the second factor is to follow at `POST /api/auth/login/totp` \
                with the `challenge` of this answer, within 5 minutes."
        ),
        (status = 403, description = "`account_suspended`: an operator of the platform suspended the account."),
        (status = 404, description = "`linkedin_not_configured`: this platform does not sign in with LinkedIn."),
        (
            status = 409,
            description = "`linkedin_email_unverified`: LinkedIn knows no verified address of theirs, so that no account is known or made; \
                register, and link LinkedIn then. `account_unverified`: an account has the address and has not verified it; reset its \
                password, which does. `identity_linked`: the account of the address is signed in to by another account at LinkedIn."
        ),
        (
            status = 422,
            description = "`linkedin_attempt_invalid`: this browser did not begin, or too long ago, or has come back before. \
                `linkedin_code_invalid`: LinkedIn does not take the code. Begin again."
        ),
        (status = 429, description = "Too many returns from LinkedIn to this network."),
    )
)]
pub(crate) async fn sign_in_with_linkedin(
    State(deps): State<Deps>,
    client: Client,
    Input(returned): Input<Returned>,
) -> Result<Counted<(StatusCode, Json<SignedIn>)>, Error> {
    let (attempt, nonce) = deps.returned_from_linkedin(&returned, Whose::Anybody).await?;
    let headers = deps.services.store.count_attempt(RETURNS, &network_of(&client)).await?.headers();
    let outcome = async {
        let member = deps.member_of_linkedin(&returned, &nonce).await?;
        sign_in(&deps, &client, &attempt, &member).await
    };
    Ok(Counted { headers, outcome: outcome.await })
}

/// How an attempt ends that LinkedIn does not stand against.
enum Outcome {
    SignedIn(StatusCode, Box<SignedIn>),
    SecondFactor(Challenge),
}

async fn sign_in(
    deps: &Deps,
    client: &Client,
    attempt: &Attempt,
    member: &Member,
) -> Result<(StatusCode, Json<SignedIn>), Error> {
    let services = &deps.services;
    let key = deps.signing_keys.current().await?;
    let plan = || async {
        let now = services.clock.now();
        let mut transaction = Transaction::new();
        transaction.create_or(attempt.used(), Error::LinkedInAttemptInvalid);
        let account = Known::find(deps, client, member).await?;
        let (user, status, network) = match account {
            Some(account) => {
                if account.user.suspended_at.is_some() {
                    return Err(Problem::account_suspended().into());
                }
                account.link(deps, client, member, &mut transaction, now)?;
                if account.totp.is_some_and(|totp| totp.is_on()) {
                    return Ok((transaction, Outcome::SecondFactor(Challenge::new(&account.user, now))));
                }
                (account.user.value, StatusCode::OK, account.network)
            }
            None => (register(deps, client, member, &mut transaction, now)?, StatusCode::CREATED, None),
        };
        let (session, refresh_token) = session::begin(services, &user, client);
        let tokens = Tokens::new(services, &key, &user, (&session, &refresh_token), now)?;
        let fact = Fact::SessionStarted { user_id: user.id, session_id: session.id };
        transaction.create(session);
        remember_network(&mut transaction, user.id, client, network.as_ref(), now);
        transaction.create(client.event(services, user.id, fact));
        Ok((transaction, Outcome::SignedIn(status, Box::new(SignedIn::new(user, tokens)))))
    };
    match services.store.execute(plan).await? {
        Outcome::SignedIn(status, signed_in) => Ok((status, Json(*signed_in))),
        Outcome::SecondFactor(challenge) => {
            let key = deps.server_keys.derive(Purpose::LoginChallenge).await?;
            Err(Error::TotpRequired(challenge.text(&key)?))
        }
    }
}

/// The account that a member of LinkedIn signs in to.
struct Known {
    user: Versioned<User>,
    totp: Option<Versioned<Totp>>,
    network: Option<Versioned<KnownNetwork>>,
    /// What is linked to it, if anything is.
    linked: Option<Versioned<LinkedIdentity>>,
}

impl Known {
    /// The account that the identity is linked to, or else the one that has the identity's address; none if there is neither.
    async fn find(deps: &Deps, client: &Client, member: &Member) -> Result<Option<Self>, Error> {
        let store = &deps.services.store;
        let marker = store.get::<AccountIdentity>(&AccountIdentity::key_of(PROVIDER, &member.subject)).await?;
        let user_id = match marker {
            Some(marker) => marker.value.user_id,
            None => {
                let email = address(member).ok_or(Error::LinkedInEmailUnverified)?;
                match store.get::<AccountEmail>(&AccountEmail::key_of(email)).await? {
                    Some(marker) => marker.value.user_id,
                    None => return Ok(None),
                }
            }
        };
        Self::read(deps, client, user_id).await.map(Some)
    }

    async fn read(deps: &Deps, client: &Client, user_id: UserId) -> Result<Self, Error> {
        let (user, totp) = (User::key_of(user_id), Totp::key_of(user_id));
        let linked = LinkedIdentity::key_of(user_id, PROVIDER);
        let network = client.network().map(|network| KnownNetwork::key_of(user_id, &network));
        let keys = [user.clone(), totp.clone(), linked.clone()].into_iter().chain(network.clone());
        let mut items = deps.services.store.batch_get(&keys.collect::<Vec<_>>()).await?;
        let found = take::<User>(&mut items, &user)?.filter(|user| user.erased_at.is_none());
        Ok(Self {
            // The row that led here was read before: the account was erased since.
            user: found.ok_or(StoreError::Contended)?,
            totp: take(&mut items, &totp)?,
            linked: take(&mut items, &linked)?,
            network: network.map_or(Ok(None), |network| take(&mut items, &network))?,
        })
    }

    /// Adds to a transaction that the identity signs in to this account, unless it does already: then that it still does, and that its
    /// address is the one that LinkedIn says now.
    fn link(
        &self,
        deps: &Deps,
        client: &Client,
        member: &Member,
        transaction: &mut Transaction<Error>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let Some(linked) = &self.linked else {
            // Who registered with an address that they have not shown to be theirs may be anybody; so may be whoever has it.
            if self.user.email_verified_at.is_none() {
                return Err(Error::AccountUnverified);
            }
            let fact = Fact::IdentityLinked { user_id: self.user.id, provider: PROVIDER };
            let event = client.event(&deps.services, self.user.id, fact);
            link_existing(transaction, &self.user, member, event, now);
            return Ok(());
        };
        if linked.subject != member.subject {
            return Err(Error::IdentityLinked);
        }
        match &member.verified_email {
            Some(email) if !linked.is_of_address(email) => {
                transaction.replace(linked, LinkedIdentity { email: Some(email.clone()), ..linked.value.clone() });
            }
            _ => transaction.require(linked),
        }
        Ok(())
    }
}

/// Adds an account for somebody whom nobody knows here.
fn register(
    deps: &Deps,
    client: &Client,
    member: &Member,
    transaction: &mut Transaction<Error>,
    now: Timestamp,
) -> Result<User, Error> {
    let (services, email) = (&deps.services, address(member).ok_or(Error::LinkedInEmailUnverified)?);
    let user_id = services.ids.next::<UserId>();
    let account = NewAccount { user_id, email, name: name(member, email), is_email_verified: true, at: now };
    let user = account.add_to_free_address(transaction);
    transaction.create(client.event(services, user_id, Fact::AccountRegistered { user_id }));
    let fact = Fact::IdentityLinked { user_id, provider: PROVIDER };
    link(transaction, &user, member, client.event(services, user_id, fact), now);
    Ok(user)
}

/// The address that LinkedIn has verified, if it is one that an account can have.
fn address(member: &Member) -> Option<&str> {
    let is_address = |address: &&str| address.chars().count() <= 254 && email::is_address(address, &()).is_ok();
    member.verified_email.as_deref().filter(is_address)
}

/// What a new account's person is called: their name at LinkedIn, or what stands before the `@`, where that one cannot be taken here.
fn name<'a>(member: &'a Member, email: &'a str) -> &'a str {
    let local_part = email.split('@').next();
    let names = [member.name.as_deref(), local_part].into_iter().flatten();
    names.into_iter().find(|name| text::is_person_name(name, &()).is_ok()).unwrap_or("New member")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: Option<&str>, email: Option<&str>) -> Member {
        let [name, verified_email] = [name, email].map(|text| text.map(str::to_owned));
        Member { subject: "782bbtaQ".to_owned(), name, verified_email }
    }

    #[test]
    fn a_new_account_has_a_name_that_can_be_taken() {
        let called = |given: Option<&str>, email: &str| name(&member(given, None), email).to_owned();
        assert_eq!(called(Some("Ada Lovelace"), "ada@example.com"), "Ada Lovelace");
        for none in [None, Some(""), Some("🦊"), Some("Ada\u{202e}ecalevoL")] {
            assert_eq!(called(none, "ada.l@example.com"), "ada.l", "{none:?}");
        }
        assert_eq!(called(None, "42@example.com"), "New member");
    }

    #[test]
    fn only_what_an_account_can_have_is_an_address() {
        assert_eq!(address(&member(None, Some("ada@example.com"))), Some("ada@example.com"));
        let long = format!("{}@{}.example.com", "a".repeat(60), "b".repeat(60).repeat(4));
        for other in [None, Some(""), Some("ada"), Some("ada@localhost"), Some(long.as_str())] {
            assert_eq!(address(&member(None, other)), None, "{other:?}");
        }
    }
}
