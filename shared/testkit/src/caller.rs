//! People who are signed in.

use std::time::Duration;

use shared::access::{PlatformRole, Role, TokenIssuer};
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
    /// The personal organisation.
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
            transaction.create(Session {
                id: session_id,
                user_id,
                refresh_hash: String::new(),
                previous_refresh_hash: None,
                refreshed_at: now,
                created_at: now,
                expires_at: now.plus(Duration::from_secs(30 * 24 * 60 * 60)),
                ended_at: None,
            });
            transaction.create(Organization {
                id: organization_id,
                name: name.to_owned(),
                industry: None,
                personal: true,
                plan: PlanName::Free,
                created_at: now,
            });
            transaction.create(Membership { user_id, organization_id, role: Role::Owner, joined_at: now });
        })
        .await;
        let token = services.tokens.issue(&key, user_id, &email, session_id, now).expect("the key signs").token;
        Caller { user_id, session_id, token, organization_id }
    }

    /// Makes somebody a member of an organisation.
    pub async fn join(&self, caller: &Caller, organization_id: OrganizationId, role: Role) {
        let (user_id, joined_at) = (caller.user_id, self.services.clock.now());
        self.write(|transaction| transaction.create(Membership { user_id, organization_id, role, joined_at })).await;
    }

    /// Puts an organisation on a plan.
    pub async fn set_plan(&self, organization: OrganizationId, plan: PlanName) {
        let store = &self.services.store;
        let current = store.get::<Organization>(&Organization::key_of(organization)).await.expect("the table answers");
        let current = current.expect("the organisation is there");
        self.write(|transaction| transaction.replace(&current, Organization { plan, ..current.value.clone() })).await;
        self.services.access.clear();
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
