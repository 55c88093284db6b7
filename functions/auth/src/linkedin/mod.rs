//! Sign-in with LinkedIn.
//!
//! A person begins here, agrees at LinkedIn, and comes back to the frontend's page `/sign-in/linkedin` with `state` and `code`, which the page
//! posts here with the `verifier` that it was given at the beginning. Where they do not agree the page gets `error` instead of a code, and
//! posts nothing.
//!
//! An account is signed in to by an identity that is linked to it, and by one whose address LinkedIn has verified, where the account has that
//! address and has verified it too: then it is linked. An address that only one of the two has verified links nothing. Nobody else's word
//! takes the place of a second factor.

pub(crate) mod attempt;
pub(crate) mod callback;
pub(crate) mod link;
pub(crate) mod link_start;
pub(crate) mod start;
pub(crate) mod unlink;

use std::time::Duration;

use garde::Validate;
use serde::{Deserialize, Serialize};
use shared::clock::Timestamp;
use shared::event::Event;
use shared::model::identity::{IdentityProvider, LinkedIdentity};
use shared::model::user::User;
use shared::problem::Problem;
use shared::store::{RateLimit, Transaction, Versioned};
use utoipa::ToSchema;
use vendors::linkedin::{LinkedIn, LinkedInError, Member};

use crate::secret::Secret;
use crate::server_keys::Purpose;
use crate::{Deps, Error};
use attempt::{Attempt, Whose};

/// How often a network may come back from LinkedIn: each time LinkedIn is asked.
const RETURNS: RateLimit = RateLimit { name: "linkedin-network", attempts: 100, window: Duration::from_secs(5 * 60) };

/// Where a person is to be sent, and what the browser keeps meanwhile.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Begun {
    /// The page of LinkedIn's to go to.
    #[schema(
        format = "uri",
        example = "https://www.linkedin.com/oauth/v2/authorization?response_type=code&client_id=77a1b2c3d4e5f6&state=…"
    )]
    authorization_url: String,
    /// What shows that whoever comes back is who began: the page keeps it (`sessionStorage` is a good place) and posts it with what
    /// LinkedIn sends back. It is in no address.
    #[schema(value_type = String, pattern = "^[A-Za-z0-9_-]{43}$")]
    verifier: Secret,
    /// Seconds until it is too late to come back.
    #[schema(example = 600)]
    expires_in: u64,
}

/// What comes back from LinkedIn.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub(crate) struct Returned {
    /// `code` of the address that LinkedIn sent the person back to.
    #[garde(length(bytes, min = 1, max = 2048))]
    #[schema(value_type = String, min_length = 1, max_length = 2048, write_only)]
    code: Secret,
    /// `state` of the same address.
    #[garde(length(bytes, min = 1, max = 256))]
    #[schema(min_length = 1, max_length = 256, write_only)]
    state: String,
    /// `verifier` of the answer with which this browser began.
    #[garde(length(bytes, min = 1, max = 256))]
    #[schema(value_type = String, min_length = 1, max_length = 256, write_only)]
    verifier: Secret,
}

impl Deps {
    /// What signs in with LinkedIn, if it is configured.
    fn linkedin(&self) -> Result<&LinkedIn, Error> {
        self.linkedin.as_ref().ok_or(Error::LinkedInNotConfigured)
    }

    /// Begins an attempt of anybody's, or of an account's.
    async fn begin_with_linkedin(&self, whose: Whose) -> Result<Begun, Error> {
        let linkedin = self.linkedin()?;
        let key = self.server_keys.derive(Purpose::SignInAttempt).await?;
        let attempt = Attempt::begin(&self.services);
        let authorization_url = linkedin.authorization_url(&attempt.state(), &attempt.nonce(&key)?);
        Ok(Begun {
            authorization_url: authorization_url.map_err(Problem::internal)?,
            verifier: attempt.verifier(whose, &key)?,
            expires_in: attempt::LIFETIME.as_secs(),
        })
    }

    /// Reads what came back without asking anybody: the attempt that it is of, and the nonce that LinkedIn was sent with it.
    async fn returned_from_linkedin(&self, returned: &Returned, whose: Whose) -> Result<(Attempt, String), Error> {
        self.linkedin()?;
        let key = self.server_keys.derive(Purpose::SignInAttempt).await?;
        let attempt = Attempt::read(&returned.state, &returned.verifier, whose, &key)?;
        let attempt = attempt.filter(|attempt| attempt.is_good(self.services.clock.now()));
        let attempt = attempt.ok_or(Error::LinkedInAttemptInvalid)?;
        let nonce = attempt.nonce(&key)?;
        Ok((attempt, nonce))
    }

    /// Asks LinkedIn who came back.
    async fn member_of_linkedin(&self, returned: &Returned, nonce: &str) -> Result<Member, Error> {
        let member = self.linkedin()?.member(returned.code.reveal(), nonce).await;
        member.map_err(|error| match error {
            LinkedInError::CodeRefused => Error::LinkedInCodeInvalid,
            LinkedInError::Unavailable(_) => Problem::unavailable(error).into(),
            LinkedInError::Refused(_) => Problem::internal(error).into(),
        })
    }
}

/// Adds to a transaction that a member of LinkedIn signs in to an account from now on, with the event that says so.
fn link(transaction: &mut Transaction<Error>, user: &User, member: &Member, event: Event, now: Timestamp) {
    let identity = LinkedIdentity {
        user_id: user.id,
        provider: IdentityProvider::LinkedIn,
        subject: member.subject.clone(),
        email: member.verified_email.clone(),
        linked_at: now,
    };
    identity.link(transaction);
    transaction.create(event);
}

/// The same for an account that is there already. It is replaced as it is: one that is erased meanwhile gets none, and neither does one
/// whose address is not verified any more.
fn link_existing(
    transaction: &mut Transaction<Error>,
    user: &Versioned<User>,
    member: &Member,
    event: Event,
    now: Timestamp,
) {
    transaction.replace(user, user.value.clone());
    link(transaction, user, member, event, now);
}
