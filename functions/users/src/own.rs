//! An account and its profile as a command finds them that changes one.

use shared::clock::Timestamp;
use shared::id::UserId;
use shared::model::profile::Profile;
use shared::model::user::User;
use shared::model::user_search::SearchRows;
use shared::problem::Problem;
use shared::services::Services;
use shared::store::{Transaction, Versioned};

/// An account that is not erased, and its profile, if it has one.
pub(crate) struct Own {
    pub(crate) user: Versioned<User>,
    pub(crate) profile: Option<Versioned<Profile>>,
}

impl Own {
    /// Reads both, or answers 404.
    pub(crate) async fn find(services: &Services, id: UserId) -> Result<Self, Problem> {
        let (user_key, profile_key) = (User::key_of(id), Profile::key_of(id));
        let mut items = services.store.batch_get(&[user_key.clone(), profile_key.clone()]).await?;
        let user = items.remove(&user_key).map(Versioned::<User>::from_item).transpose()?;
        let profile = items.remove(&profile_key).map(Versioned::<Profile>::from_item).transpose()?;
        let user = user.filter(|user| user.erased_at.is_none()).ok_or_else(Problem::not_found)?;
        Ok(Self { user, profile })
    }

    /// The profile; an empty one where the person has written none.
    pub(crate) fn profile(&self, now: Timestamp) -> Profile {
        self.profile.as_ref().map_or_else(|| Profile::empty(self.user.id, now), |profile| profile.value.clone())
    }

    /// Adds to a transaction that the profile becomes `next`, the account `user` where that changes, and that the person is found by what is
    /// public of both. `skills` are the names of the skills whose rows move, as they were and as they will be.
    ///
    /// A first profile replaces the account as it is: an account that is erased in the meantime gets none.
    pub(crate) fn become_next<E>(
        &self,
        user: Option<User>,
        next: Profile,
        skills: [&[String]; 2],
        transaction: &mut Transaction<E>,
    ) {
        let rows = |user: &User, profile: &Profile, skills: &[String]| {
            SearchRows::of_profile(user, profile).and(SearchRows::of_skills(profile, skills.iter().map(String::as_str)))
        };
        let [skills_before, skills_after] = skills;
        let before = self.profile.as_ref().map(|profile| rows(&self.user, profile, skills_before)).unwrap_or_default();
        let after = rows(user.as_ref().unwrap_or(&self.user), &next, skills_after);
        before.replace_by(&after, self.user.id, transaction);
        match &self.profile {
            Some(current) => transaction.replace(current, next),
            None => transaction.create(next),
        }
        match user {
            Some(user) => transaction.replace(&self.user, user),
            None if self.profile.is_none() => transaction.replace(&self.user, self.user.value.clone()),
            None => {}
        }
    }

    /// Adds to a transaction that there is no profile any more, and that nobody finds the person. `skills` are the names of all skills.
    pub(crate) fn remove_profile<E>(&self, skills: &[String], transaction: &mut Transaction<E>) {
        let Some(profile) = &self.profile else { return };
        let skills = SearchRows::of_skills(profile, skills.iter().map(String::as_str));
        let found = SearchRows::of_profile(&self.user, profile).and(skills);
        found.replace_by(&SearchRows::default(), self.user.id, transaction);
        transaction.delete(profile);
    }
}
