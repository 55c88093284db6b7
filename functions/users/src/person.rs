//! A person as somebody finds them.

use std::collections::BTreeSet;

use shared::access::Principal;
use shared::id::{OrganizationId, UserId};
use shared::model::connection::{Connection, ConnectionState};
use shared::model::membership::Membership;
use shared::model::profile::{Profile, Viewer, Visibility};
use shared::model::user::User;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::{Listing, Range, Versioned};

/// How many organisations an account is in at most: one page of memberships holds them all.
const ORGANIZATIONS_MAXIMUM: u16 = 100;

/// A person, and how the caller stands to them.
pub(crate) struct Person {
    pub(crate) user: User,
    pub(crate) profile: Profile,
    /// The caller's side, if there is anything between the two.
    pub(crate) connection: Option<Connection>,
}

impl Person {
    /// Reads somebody in one batch, or answers 404. Whoever is suspended is there only for themselves and for the platform's staff.
    pub(crate) async fn find(services: &Services, principal: &Principal, id: UserId) -> Result<Self, Problem> {
        let connection_key = Connection::key_of(principal.user_id, id);
        let keys = [User::key_of(id), Profile::key_of(id), connection_key];
        let mut items = services.store.batch_get(&keys).await?;
        let [user, profile, connection] = keys.map(|key| items.remove(&key));
        let user = user.map(Versioned::<User>::from_item).transpose()?.ok_or_else(Problem::not_found)?.value;
        let hidden = user.erased_at.is_some() || (user.suspended_at.is_some() && !sees_all(principal, id));
        if hidden {
            return Err(Problem::not_found());
        }
        let profile = profile.map(Versioned::<Profile>::from_item).transpose()?;
        let profile = profile.map_or_else(|| Profile::empty(id, user.created_at), |profile| profile.value);
        let connection = connection.map(Versioned::<Connection>::from_item).transpose()?.map(|row| row.value);
        Ok(Self { user, profile, connection })
    }

    /// How the caller stands to them, as far as the caller may know.
    pub(crate) fn state(&self) -> Option<ConnectionState> {
        self.connection.as_ref().and_then(|connection| connection.state)
    }

    /// The circles of the caller for reading the whole profile.
    pub(crate) async fn viewer(&self, services: &Services, principal: &Principal) -> Result<Viewer, Problem> {
        let matters = self.profile.has_fields_for_organizations();
        self.viewer_where(services, principal, matters).await
    }

    /// The circles of the caller for one part of the profile.
    pub(crate) async fn shows(
        &self,
        services: &Services,
        principal: &Principal,
        visibility: Visibility,
    ) -> Result<bool, Problem> {
        let matters = visibility == Visibility::Organization;
        Ok(visibility.shows(self.viewer_where(services, principal, matters).await?))
    }

    /// Whether they share an organisation is looked up only where something hangs on it: the memberships of both, one query each of at most
    /// a hundred small rows, which for nearly everybody is one read unit each.
    async fn viewer_where(
        &self,
        services: &Services,
        principal: &Principal,
        organizations_matter: bool,
    ) -> Result<Viewer, Problem> {
        let viewer = Viewer {
            sees_all: sees_all(principal, self.user.id),
            is_connected: self.state() == Some(ConnectionState::Connected),
            shares_organization: false,
        };
        let is_blocked = self.connection.as_ref().is_some_and(Connection::is_blocked);
        if viewer.sees_all || is_blocked || !organizations_matter {
            return Ok(viewer);
        }
        let (theirs, mine) =
            tokio::try_join!(organizations(services, self.user.id), organizations(services, principal.user_id))?;
        Ok(Viewer { shares_organization: !theirs.is_disjoint(&mine), ..viewer })
    }
}

/// Whether nothing of this account is hidden from the caller.
pub(crate) fn sees_all(principal: &Principal, id: UserId) -> bool {
    principal.user_id == id || principal.user.platform_role.is_some()
}

/// The organisations that somebody is in.
pub(crate) async fn organizations(services: &Services, user: UserId) -> Result<BTreeSet<OrganizationId>, Problem> {
    Ok(memberships(services, user).await?.into_iter().map(|membership| membership.value.organization_id).collect())
}

/// The memberships of somebody.
pub(crate) async fn memberships(services: &Services, user: UserId) -> Result<Vec<Versioned<Membership>>, Problem> {
    let partition = User::key_of(user).pk;
    let listing = Listing::of_partition(partition)
        .range(Range::Prefix(Membership::PREFIX.to_owned()))
        .limit(ORGANIZATIONS_MAXIMUM);
    Ok(services.store.list::<Membership>(&listing, None).await?.data)
}
