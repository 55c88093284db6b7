//! The e-mail of a campaign: what it is to say, quoted as it was asked for, between fragments from `campaign.json`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::follow_up::sentence;
use super::template::{Facts, choose};
use super::text::{capitalized, first_sentence, quotable, stable_hash};
use crate::ai::{CampaignMessage, EmailCampaignBrief};
use crate::model::campaign::ABOUT_CHARACTERS_MAXIMUM;

const NAME_LIMIT: usize = 60;
const TOPIC_LIMIT: usize = 70;
const DESCRIPTION_LIMIT: usize = 240;

#[derive(Debug, Default, Deserialize)]
struct File {
    subjects: Vec<String>,
    openers: Vec<String>,
    about: Vec<String>,
    asks: Vec<String>,
}

/// A test holds that the file is well formed.
static FILE: LazyLock<File> = LazyLock::new(|| serde_json::from_str(include_str!("campaign.json")).unwrap_or_default());

/// Writes the e-mail.
pub(super) fn write(brief: &EmailCampaignBrief) -> CampaignMessage {
    let facts = facts(brief);
    let about = brief.about.as_deref().unwrap_or_default();
    let number = stable_hash(
        ["organizationName", "ventureDescription"]
            .map(|slot| facts.get(slot).unwrap_or_default())
            .into_iter()
            .chain([about]),
    );
    // Each part is turned by another amount, so that the parts combine differently from one campaign to the next.
    let pick = |list: &[String], turn: u32| choose(list.iter().map(String::as_str), &facts, number.rotate_right(turn));
    // Nothing of what may be asked for is left out.
    let asked = about.chars().take(ABOUT_CHARACTERS_MAXIMUM).collect::<String>();
    let said = asked.lines().map(paragraph).filter(|line| !line.is_empty());
    let paragraphs = pick(&FILE.openers, 3).into_iter().chain(said);
    let described = pick(&FILE.about, 5).filter(|_| facts.has("ventureDescription"));
    let paragraphs = paragraphs.chain(described).chain(pick(&FILE.asks, 7));
    CampaignMessage {
        subject: pick(&FILE.subjects, 11).unwrap_or_default(),
        body: paragraphs.collect::<Vec<_>>().join("\n\n"),
    }
}

/// A line as it was asked for, as whole sentences; one with a link is left alone, which a capital or a full stop would break.
fn paragraph(line: &str) -> String {
    let limit = ABOUT_CHARACTERS_MAXIMUM;
    if line.contains("://") { quotable(line, limit) } else { capitalized(&sentence(line, limit)) }
}

fn facts(brief: &EmailCampaignBrief) -> Facts {
    let topic = brief.about.as_deref().map(|about| quotable(first_sentence(about.trim()), TOPIC_LIMIT));
    let topic = topic.map(|topic| capitalized(topic.trim_end_matches(['.', '!', ':', ' '])));
    let organization = brief.organization_name.as_deref().map(|name| quotable(name, NAME_LIMIT));
    let description = brief.venture_description.as_deref().map(|text| sentence(text, DESCRIPTION_LIMIT));
    let mut facts = Facts::default();
    facts.set("topic", topic);
    facts.set("organizationName", organization);
    facts.set("ventureDescription", description);
    facts
}

#[cfg(test)]
mod tests {
    use super::super::OfflineAssistant;
    use super::*;
    use crate::ai::prompt;
    use crate::ai::structured::StructuredOutput;

    fn brief(about: &str) -> EmailCampaignBrief {
        EmailCampaignBrief {
            about: Some(about.to_owned()),
            organization_name: Some("Slotwise".to_owned()),
            venture_description: Some("we fill cancelled appointments by text message".to_owned()),
            ..EmailCampaignBrief::default()
        }
    }

    #[test]
    fn what_was_asked_for_is_said_and_nothing_is_invented() {
        let message = write(&brief("our beta opens for clinics in December. There are 20 places\n\nreply to get one"));
        message.check().unwrap();
        assert_eq!(message.subject, "Slotwise: Our beta opens for clinics in December");
        for expected in [
            "Our beta opens for clinics in December. There are 20 places.",
            "\n\nReply to get one.",
            "by text message.",
        ] {
            assert!(message.body.contains(expected), "{expected} in {}", message.body);
        }
        let linked = write(&brief("https://slotwise.example/beta")).body;
        assert!(linked.contains("\n\nhttps://slotwise.example/beta\n\n"), "{linked}");
        assert!(
            !message.body.contains("Hi") && !message.body.contains("regards"),
            "greeting and signature are put in when it is sent"
        );
        assert_eq!(
            message,
            write(&brief("our beta opens for clinics in December. There are 20 places\n\nreply to get one"))
        );
    }

    #[test]
    fn whatever_may_be_asked_for_fits_and_is_whole() {
        let longest = format!("{}end", "word ".repeat(399));
        assert!(write(&brief(&longest)).body.contains("word end."));
        for about in [
            "",
            " \n ",
            "{leadName}",
            &longest,
            &"x\n".repeat(1_000),
            &"\\".repeat(2_000),
            &"\u{1f989}\n".repeat(1_000),
            &"x".repeat(10_000),
        ] {
            let answer = OfflineAssistant.answer(&prompt::email_campaign(brief(about)));
            let message = serde_json::from_str::<CampaignMessage>(&answer.unwrap().content).unwrap();
            message.check().unwrap_or_else(|reason| panic!("{about:?}: {reason}"));
            assert!(!message.body.contains(['{', '}']) && !message.subject.contains('{'), "{}", message.body);
        }
        write(&EmailCampaignBrief::default()).check().unwrap();
    }
}
