//! People who are signed in.

use std::time::Duration;

use shared::access::{PlatformRole, Role, TokenIssuer};
use shared::clock::Timestamp;
use shared::id::{OrganizationId, SessionId, UserId};
use shared::model::membership::Membership;
use shared::model::organization::Organization;
use shared::model::session::Session;
use shared::model::signing_key::SigningKey;
use shared::model::user::User;
use shared::plan::PlanName;
use shared::problem::Problem;
use shared::store::Transaction;

use crate::Cloud;

/// Somebody signed in, with an account, a session, and a personal organisation.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account.
    pub user_id: UserId,
    /// The session.
    pub session_id: SessionId,
    /// An access token of the session.
    pub token: String,
    /// The organisation they act in: the personal one, or that of a founder.
    pub organization_id: OrganizationId,
}

impl Cloud {
    /// Signs somebody up and in, by writing the rows that doing so leaves behind.
    pub async fn caller(&self, name: &str) -> Caller {
        let services = &self.services;
        let (now, user_id) = (services.clock.now(), services.ids.next::<UserId>());
        let (session_id, organization_id) = (services.ids.next::<SessionId>(), user_id.personal_organization());
        let email = format!("{}@example.com", name.to_lowercase().replace(' ', "."));
        let key = self.signing_key().await;
        self.write(|transaction| {
            transaction.create(User::new(user_id, &*email, name, now));
            transaction.create(session(user_id, session_id, now));
            transaction.create(Organization {
                id: organization_id,
                name: name.to_owned(),
                industry: None,
                personal: true,
                plan: PlanName::Free,
                created_at: now,
                deletion: None,
                require_second_factor: false,
            });
            transaction.create(Membership { user_id, organization_id, role: Role::Owner, joined_at: now });
        })
        .await;
        let token = services.tokens.issue(&key, user_id, &email, (session_id, 0), now).expect("the key signs").token;
        Caller { user_id, session_id, token, organization_id }
    }

    /// Signs somebody up who owns another organisation than the personal one, and acts in that.
    pub async fn founder(&self, name: &str) -> Caller {
        let (caller, created_at) = (self.caller(name).await, self.services.clock.now());
        let organization_id = self.services.ids.next();
        self.write(|transaction| {
            transaction.create(Organization {
                id: organization_id,
                name: format!("{name}'s"),
                industry: None,
                personal: false,
                plan: PlanName::Free,
                created_at,
                deletion: None,
                require_second_factor: false,
            });
        })
        .await;
        self.join(&caller, organization_id, Role::Owner).await;
        Caller { organization_id, ..caller }
    }

    /// Signs the same person in once more, for tests that last longer than a session.
    pub async fn signed_in_again(&self, caller: &Caller) -> Caller {
        let (services, now, user_id) = (&self.services, self.services.clock.now(), caller.user_id);
        let (session_id, key) = (services.ids.next::<SessionId>(), self.signing_key().await);
        let user = services.store.get::<User>(&User::key_of(user_id)).await.expect("the table answers");
        let email = user.expect("the account is there").value.email;
        self.write(|transaction| transaction.create(session(user_id, session_id, now))).await;
        let token = services.tokens.issue(&key, user_id, &email, (session_id, 0), now).expect("the key signs").token;
        Caller { session_id, token, ..caller.clone() }
    }

    /// Makes somebody a member of an organisation.
    pub async fn join(&self, caller: &Caller, organization_id: OrganizationId, role: Role) {
        let (user_id, joined_at) = (caller.user_id, self.services.clock.now());
        self.write(|transaction| transaction.create(Membership { user_id, organization_id, role, joined_at })).await;
        self.services.access.clear();
    }

    /// Puts an organisation on a plan.
    pub async fn set_plan(&self, organization: OrganizationId, plan: PlanName) {
        let store = &self.services.store;
        let current = store.get::<Organization>(&Organization::key_of(organization)).await.expect("the table answers");
        let current = current.expect("the organisation is there");
        self.write(|transaction| transaction.replace(&current, Organization { plan, ..current.value.clone() })).await;
        self.services.access.clear();
    }

    /// Deletes an organisation.
    pub async fn delete_organization(&self, organization: OrganizationId) {
        let services = &self.services;
        let current = services.store.get::<Organization>(&Organization::key_of(organization)).await;
        let current = current.expect("the table answers").expect("the organisation is there");
        let deleted = current.deleted(services.clock.now()).expect("it is not deleted yet");
        self.write(|transaction| transaction.replace(&current, deleted.clone())).await;
        services.access.clear();
    }

    /// Gives an account a platform role.
    pub async fn set_platform_role(&self, caller: &Caller, role: PlatformRole) {
        let store = &self.services.store;
        let current = store.get::<User>(&User::key_of(caller.user_id)).await.expect("the table answers");
        let current = current.expect("the account is there");
        let next = User { platform_role: Some(role), ..current.value.clone() };
        self.write(|transaction| transaction.replace(&current, next.clone())).await;
        self.services.access.clear();
    }

    /// Gives an account a second factor, presented in the session of this caller.
    pub async fn present_second_factor(&self, caller: &Caller) {
        let (store, now) = (&self.services.store, self.services.clock.now());
        let user = store.get::<User>(&User::key_of(caller.user_id)).await.expect("the table answers");
        let user = user.expect("the account is there");
        let session = store.get::<Session>(&Session::key_of(caller.user_id, caller.session_id)).await;
        let session = session.expect("the table answers").expect("the session is there");
        self.write(|transaction| {
            transaction.replace(&user, User { second_factor_since: Some(now), ..user.value.clone() });
            transaction.replace(&session, Session { second_factor_at: Some(now), ..session.value.clone() });
        })
        .await;
        self.services.access.clear();
    }

    /// An account's address is its person's, as the link of a mail would show.
    pub async fn verify_email(&self, caller: &Caller) {
        let store = &self.services.store;
        let current = store.get::<User>(&User::key_of(caller.user_id)).await.expect("the table answers");
        let current = current.expect("the account is there");
        let next = User { email_verified_at: Some(self.services.clock.now()), ..current.value.clone() };
        self.write(|transaction| transaction.replace(&current, next.clone())).await;
        self.services.access.clear();
    }

    /// Suspends an account.
    pub async fn suspend(&self, caller: &Caller) {
        let store = &self.services.store;
        let current = store.get::<User>(&User::key_of(caller.user_id)).await.expect("the table answers");
        let current = current.expect("the account is there");
        let next = User { suspended_at: Some(self.services.clock.now()), ..current.value.clone() };
        self.write(|transaction| transaction.replace(&current, next.clone())).await;
        self.services.access.clear();
    }

    /// Writes rows directly, where a test needs a state that other functions bring about.
    pub async fn write(&self, fill: impl Fn(&mut Transaction<Problem>)) {
        let plan = || async {
            let mut transaction = Transaction::new();
            fill(&mut transaction);
            Ok::<_, Problem>((transaction, ()))
        };
        self.services.store.execute(plan).await.expect("the test's rows can be written");
    }

    async fn signing_key(&self) -> SigningKey {
        let services = &self.services;
        if let Some(key) =
            services.store.get::<SigningKey>(&SigningKey::current_key()).await.expect("the table answers")
        {
            return key.value;
        }
        let key = TokenIssuer::new_key(&services.ids, services.clock.now()).expect("a key can be made");
        self.write(|transaction| {
            transaction.create(key.signing.clone());
            transaction.create(key.verifying.clone());
        })
        .await;
        key.signing
    }
}

/// A session of now.
fn session(user_id: UserId, id: SessionId, now: Timestamp) -> Session {
    Session::new(id, user_id, String::new(), now, now.plus(Duration::from_secs(30 * 24 * 60 * 60)))
}
