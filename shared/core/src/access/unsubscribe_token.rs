//! What the links of a campaign's mail carry, and what comes back from whoever wants no more of them.

use std::fmt;

use ulid::Ulid;

use super::LinkSecrets;
use crate::id::{OrganizationId, TaskId};
use crate::model::link::LinkPurpose;
use crate::model::suppressed_address::SuppressedAddress;
use crate::problem::Problem;

/// `<the organisation's ULID>.<the campaign's ULID>.<digest of the address>.<code>`. It names the address that the mail went to and not the
/// lead, which may have another one by the time somebody clicks, or be gone. Its `Debug` form tells only the ids.
#[derive(Clone, PartialEq, Eq)]
pub struct UnsubscribeToken {
    /// Whose campaigns are meant.
    pub organization_id: OrganizationId,
    /// The campaign by whose mail they unsubscribe.
    pub task_id: TaskId,
    /// The digest of the address ([`SuppressedAddress::digest`]).
    pub digest: String,
    code: String,
}

impl fmt::Debug for UnsubscribeToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("UnsubscribeToken");
        shown.field("organization_id", &self.organization_id).field("task_id", &self.task_id).finish_non_exhaustive()
    }
}

impl UnsubscribeToken {
    /// Reads a token; `None` if it cannot be one of ours. Whether it is one, [`LinkSecrets::is_unsubscription`] says.
    pub fn parse(text: &str) -> Option<Self> {
        let (organization, rest) = text.split_once('.')?;
        let (task, rest) = rest.split_once('.')?;
        let (digest, code) = rest.split_once('.')?;
        let canonical = |text: &str| Ulid::from_string(text).ok().filter(|id| id.to_string() == text);
        let (organization, task) = canonical(organization).zip(canonical(task))?;
        let is_digest = digest.len() == 32 && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let (digest, code) = (digest.to_owned(), code.to_owned());
        let token = Self { organization_id: organization.into(), task_id: task.into(), digest, code };
        (is_digest && token.code.len() == 43).then_some(token)
    }

    /// The token as the person gets it: unlike its `Debug` form this is a secret.
    pub fn text(&self) -> String {
        format!("{}.{}.{}.{}", self.organization_id.ulid(), self.task_id.ulid(), self.digest, self.code)
    }

    fn subject(organization: OrganizationId, task: TaskId, digest: &str) -> String {
        format!("{organization}/{task}/{digest}")
    }
}

impl LinkSecrets {
    /// The token by which whoever reads this address unsubscribes from an organisation's campaigns.
    ///
    /// # Errors
    /// When the secret cannot be read.
    pub async fn unsubscribe_token(
        &self,
        organization: OrganizationId,
        task: TaskId,
        address: &str,
    ) -> Result<UnsubscribeToken, Problem> {
        let digest = SuppressedAddress::digest(address);
        let subject = UnsubscribeToken::subject(organization, task, &digest);
        let code = self.token(LinkPurpose::Unsubscribe, &subject).await?;
        Ok(UnsubscribeToken { organization_id: organization, task_id: task, digest, code })
    }

    /// Whether a token to unsubscribe by is genuine.
    ///
    /// # Errors
    /// When the secret cannot be read.
    pub async fn is_unsubscription(&self, token: &UnsubscribeToken) -> Result<bool, Problem> {
        let subject = UnsubscribeToken::subject(token.organization_id, token.task_id, &token.digest);
        self.verify(LinkPurpose::Unsubscribe, &subject, &token.code).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_from_its_text_and_from_no_other() {
        let (one, two) = ("01KAGR3V0R0000000000000000", "01KAGR3V0R0000000000000001");
        let (digest, code) = (SuppressedAddress::digest("grace@cobol.example"), "c".repeat(43));
        let token = UnsubscribeToken::parse(&format!("{one}.{two}.{digest}.{code}")).unwrap();
        assert_eq!(
            (token.organization_id.ulid().to_string(), token.task_id.ulid().to_string()),
            (one.into(), two.into())
        );
        assert_eq!(token.text(), format!("{one}.{two}.{digest}.{code}"));
        assert!(!format!("{token:?}").contains(&code), "the code is not shown");
        let others = [
            String::new(),
            "...".to_owned(),
            format!("{one}.{two}.{code}"),
            format!("{one}.{digest}.{two}.{code}"),
            format!("{one}.{two}.{}.{code}", digest.to_uppercase()),
            format!("{one}.{two}.{digest}0.{code}"),
            format!("{one}.{two}.{digest}.{code}."),
            format!(" {one}.{two}.{digest}.{code}"),
            format!("org_{one}.tsk_{two}.{digest}.{code}"),
            format!("{}.{two}.{digest}.{code}", one.to_lowercase()),
        ];
        for other in others {
            assert_eq!(UnsubscribeToken::parse(&other), None, "{other}");
        }
    }
}
