//! What the link of an invitation's mail carries and what comes back when it is followed.

use std::fmt;

use ulid::Ulid;

use super::LinkSecrets;
use crate::id::{InvitationId, OrganizationId};
use crate::model::link::LinkPurpose;
use crate::problem::Problem;

/// `<the organisation's ULID>.<the invitation's ULID>.<code>`: with the ids the invitation is found by one read. Its `Debug` form tells
/// only them.
#[derive(Clone, PartialEq, Eq)]
pub struct InvitationToken {
    /// The organisation to join.
    pub organization_id: OrganizationId,
    /// The invitation.
    pub invitation_id: InvitationId,
    code: String,
}

impl fmt::Debug for InvitationToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("InvitationToken");
        shown.field("organization_id", &self.organization_id).field("invitation_id", &self.invitation_id);
        shown.finish_non_exhaustive()
    }
}

impl InvitationToken {
    /// Reads a token; `None` if it cannot be one of ours. Whether it is one, [`LinkSecrets::is_invitation`] says.
    pub fn parse(text: &str) -> Option<Self> {
        let (organization, rest) = text.split_once('.')?;
        let (invitation, code) = rest.split_once('.')?;
        let canonical = |text: &str| Ulid::from_string(text).ok().filter(|id| id.to_string() == text);
        let (organization, invitation) = canonical(organization).zip(canonical(invitation))?;
        let (organization_id, invitation_id) = (organization.into(), invitation.into());
        (code.len() == 43).then(|| Self { organization_id, invitation_id, code: code.to_owned() })
    }

    /// The token as the person gets it: unlike its `Debug` form this is a secret.
    pub fn text(&self) -> String {
        format!("{}.{}.{}", self.organization_id.ulid(), self.invitation_id.ulid(), self.code)
    }

    fn subject(organization: OrganizationId, invitation: InvitationId) -> String {
        format!("{organization}/{invitation}")
    }
}

impl LinkSecrets {
    /// The token of an invitation.
    ///
    /// # Errors
    /// When the secret cannot be read.
    pub async fn invitation_token(
        &self,
        organization: OrganizationId,
        invitation: InvitationId,
    ) -> Result<InvitationToken, Problem> {
        let subject = InvitationToken::subject(organization, invitation);
        let code = self.token(LinkPurpose::Invitation, &subject).await?;
        Ok(InvitationToken { organization_id: organization, invitation_id: invitation, code })
    }

    /// Whether an invitation's token is genuine. Whether the invitation is still open, its row knows.
    ///
    /// # Errors
    /// When the secret cannot be read.
    pub async fn is_invitation(&self, token: &InvitationToken) -> Result<bool, Problem> {
        let subject = InvitationToken::subject(token.organization_id, token.invitation_id);
        self.verify(LinkPurpose::Invitation, &subject, &token.code).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_from_its_text_and_from_no_other() {
        let (one, two, code) = ("01KAGR3V0R0000000000000000", "01KAGR3V0R0000000000000001", "c".repeat(43));
        let token = InvitationToken::parse(&format!("{one}.{two}.{code}")).unwrap();
        assert_eq!(token.organization_id.ulid().to_string(), one);
        assert_eq!(token.invitation_id.ulid().to_string(), two);
        assert_eq!(token.text(), format!("{one}.{two}.{code}"));
        assert!(!format!("{token:?}").contains(&code), "the code is not shown");
        let others = [
            String::new(),
            "..".to_owned(),
            format!("{one}.{code}"),
            format!("{one}.{two}."),
            format!("{one}.{two}.{code}="),
            format!("{one}.{two}.{code}."),
            format!(" {one}.{two}.{code}"),
            format!("org_{one}.inv_{two}.{code}"),
            format!("{}.{two}.{code}", one.to_lowercase()),
        ];
        for other in others {
            assert_eq!(InvitationToken::parse(&other), None, "{other}");
        }
    }
}
