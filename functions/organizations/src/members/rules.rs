//! Who may change whose role.

use shared::access::Role;

use crate::Error;

/// Whether somebody may give somebody a role, or (`None`) remove them: nobody changes who is above them, or raises anyone above themselves
/// (CONTRACT "organizations": admins invite and change roles), and the owner's role passes by a transfer alone.
pub(super) fn check_change(actor: Role, current: Role, next: Option<Role>) -> Result<(), Error> {
    if current == Role::Owner || next == Some(Role::Owner) {
        return Err(Error::OwnersRole);
    }
    let highest = next.map_or(current, |next| next.max(current));
    if actor >= Role::Admin && actor >= highest { Ok(()) } else { Err(Error::RoleTooLow) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_roles_is_decided() {
        use Role::{Admin, Member, Owner};
        for actor in [Member, Admin, Owner] {
            for current in [Member, Admin, Owner] {
                for next in [None, Some(Member), Some(Admin), Some(Owner)] {
                    let decided = check_change(actor, current, next);
                    let case = format!("{actor:?} gives {next:?} to {current:?}: {decided:?}");
                    if current == Owner || next == Some(Owner) {
                        assert!(matches!(decided, Err(Error::OwnersRole)), "{case}");
                    } else if actor == Member {
                        assert!(matches!(decided, Err(Error::RoleTooLow)), "{case}");
                    } else {
                        assert!(decided.is_ok(), "{case}");
                    }
                }
            }
        }
    }
}
