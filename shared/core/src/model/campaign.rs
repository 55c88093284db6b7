//! A campaign by e-mail: how large it may be, and what became of its mails.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::mail::MailStatus;

/// How many leads one campaign writes to: as many e-mails as the Pro plan includes in a month. What bounds it is the projector, which
/// writes a row for each mail in one transaction, beside its marker and ten deliveries to endpoints: DynamoDB takes 100 items in one.
pub const RECIPIENTS_MAXIMUM: usize = 25;
/// How long the words may be that say what a campaign is about.
pub const ABOUT_CHARACTERS_MAXIMUM: usize = 2_000;

/// What became of a campaign's mails. Each is counted by one of `pending`, `sent`, `uncertain`, `failed` and `skipped`, which together are
/// `recipients`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CampaignFigures {
    /// To how many leads it writes.
    pub recipients: u32,
    /// Mails that are still to be sent.
    pub pending: u32,
    /// Mails that were sent.
    pub sent: u32,
    /// Mails that may have been sent: nobody knows, and they are not sent again.
    pub uncertain: u32,
    /// Mails that could not be sent. They are given back to the month.
    pub failed: u32,
    /// Mails that were not to be sent any more: the lead was removed, lost its address or unsubscribed. They are given back to the month.
    pub skipped: u32,
    /// How many recipients unsubscribed by this campaign's mail.
    pub unsubscribed: u32,
}

impl CampaignFigures {
    /// The figures of a campaign whose mails are all to be sent.
    pub fn of(recipients: usize) -> Self {
        let recipients = u32::try_from(recipients).unwrap_or(u32::MAX);
        Self { recipients, pending: recipients, ..Self::default() }
    }

    /// The figures after a mail came to this end; the same while it has not come to any.
    #[must_use]
    pub fn after(self, status: MailStatus) -> Self {
        let mut next = self;
        let ended = match status {
            MailStatus::Pending | MailStatus::Sending => return self,
            MailStatus::Sent => &mut next.sent,
            MailStatus::Uncertain => &mut next.uncertain,
            MailStatus::Failed => &mut next.failed,
            MailStatus::Moot => &mut next.skipped,
        };
        *ended = ended.saturating_add(1);
        next.pending = next.pending.saturating_sub(1);
        next
    }

    /// The figures after a recipient unsubscribed.
    #[must_use]
    pub fn after_unsubscribing(self) -> Self {
        Self { unsubscribed: self.unsubscribed.saturating_add(1), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mail_is_counted_once_wherever_it_ends() {
        let ends = [MailStatus::Sent, MailStatus::Moot, MailStatus::Sent, MailStatus::Failed, MailStatus::Uncertain];
        let mut figures = CampaignFigures::of(6);
        for status in ends {
            assert_eq!(figures.after(MailStatus::Sending), figures);
            figures = figures.after(status);
            let counted = figures.pending + figures.sent + figures.uncertain + figures.failed + figures.skipped;
            assert_eq!(counted, figures.recipients);
        }
        assert_eq!((figures.pending, figures.sent, figures.skipped), (1, 2, 1));
        assert_eq!((figures.failed, figures.uncertain), (1, 1));
        assert_eq!(figures.after_unsubscribing(), CampaignFigures { unsubscribed: 1, ..figures });
    }
}
