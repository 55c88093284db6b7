//! How an account comes into being, whoever makes it: the person who registers, or an operator of the platform.

use crate::access::Role;
use crate::clock::Timestamp;
use crate::id::UserId;
use crate::model::account_email::AccountEmail;
use crate::model::membership::Membership;
use crate::model::organization::Organization;
use crate::model::user::User;
use crate::plan::PlanName;
use crate::store::Transaction;
use crate::text;

/// A new account.
#[derive(Clone, Copy, Debug)]
pub struct NewAccount<'a> {
    /// The account's id.
    pub user_id: UserId,
    /// The address to sign in with.
    pub email: &'a str,
    /// The person's name.
    pub name: &'a str,
    /// Whether the address was shown to be theirs.
    pub is_email_verified: bool,
    /// When it is made.
    pub at: Timestamp,
}

impl NewAccount<'_> {
    /// Adds to a transaction what every account has: the marker that keeps its address to it, the account, its personal organisation on
    /// the Free plan, and the membership in that. An address that has an account already fails the command with `taken`. The event, and
    /// what the person signs in with, are the command's own.
    pub fn add_to<E>(&self, transaction: &mut Transaction<E>, taken: E) -> User {
        transaction.create_or(self.marker(), taken);
        self.add_account(transaction)
    }

    /// The same for a command that found the address free: an account that got it meanwhile means another attempt on what is there now.
    pub fn add_to_free_address<E>(&self, transaction: &mut Transaction<E>) -> User {
        transaction.create(self.marker());
        self.add_account(transaction)
    }

    fn marker(&self) -> AccountEmail {
        AccountEmail { normalized: AccountEmail::normalize(self.email), user_id: self.user_id }
    }

    fn add_account<E>(&self, transaction: &mut Transaction<E>) -> User {
        let Self { user_id, at, .. } = *self;
        let organization_id = user_id.personal_organization();
        let user = User {
            email_verified_at: self.is_email_verified.then_some(at),
            ..User::new(user_id, self.email.trim().to_owned(), text::line(self.name), at)
        };
        transaction.create(user.clone());
        transaction.create(Organization {
            id: organization_id,
            name: user.name.clone(),
            industry: None,
            personal: true,
            plan: PlanName::Free,
            created_at: at,
            deletion: None,
            require_second_factor: false,
        });
        transaction.create(Membership { user_id, organization_id, role: Role::Owner, joined_at: at });
        user
    }
}
