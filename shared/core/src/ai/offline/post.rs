//! The LinkedIn post: fragments from `posts.json` by industry, and practical points from the knowledge base by topic.

use std::sync::LazyLock;

use serde::Deserialize;

use super::classifier::classify;
use super::follow_up::sentence;
use super::knowledge;
use super::template::{Facts, choose};
use super::text::{capitalized, quotable, stable_hash, words};
use crate::ai::{PostDraft, SocialMediaPostBrief};

const NAME_LIMIT: usize = 60;
const TOPIC_LIMIT: usize = 100;
const DESCRIPTION_LIMIT: usize = 300;
/// Three to five hashtags is what LinkedIn's own advice amounts to.
const HASHTAGS: usize = 5;
const HASHTAG_LENGTH_LIMIT: usize = 30;

#[derive(Debug, Default, Deserialize)]
struct File {
    hooks: Vec<String>,
    leads: Vec<String>,
    about: Vec<String>,
    closings: Vec<String>,
    general_hashtags: Vec<String>,
    industries: Vec<Industry>,
    default_industry: Industry,
}

#[derive(Debug, Default, Deserialize)]
struct Industry {
    words: Vec<String>,
    hashtags: Vec<String>,
    observations: Vec<String>,
    points: Vec<String>,
}

/// A test holds that the file is well formed.
static FILE: LazyLock<File> = LazyLock::new(|| serde_json::from_str(include_str!("posts.json")).unwrap_or_default());

/// Writes the post.
pub(super) fn write(brief: &SocialMediaPostBrief) -> PostDraft {
    let facts = facts(brief);
    let industry = industry(brief.industry.as_deref().unwrap_or_default());
    let number = variant(brief, &facts);
    let made = u64::from(brief.posts_made.unwrap_or_default());
    // Each part is turned by another amount, so that the parts combine differently from one post to the next.
    let pick = |list: &[String], turn: u32| {
        choose(list.iter().map(String::as_str), &facts, number.rotate_right(turn).wrapping_add(made))
    };
    let points: Vec<String> = points(brief, industry).iter().map(|point| format!("• {point}")).collect();
    let advice = format!("{}\n{}", pick(&FILE.leads, 5).unwrap_or_default(), points.join("\n"));
    let paragraphs = [
        pick(&FILE.hooks, 3).map(|hook| capitalized(&hook)),
        pick(&industry.observations, 7),
        Some(advice),
        pick(&FILE.about, 11),
        pick(&FILE.closings, 13),
    ];
    PostDraft {
        text: paragraphs.into_iter().flatten().collect::<Vec<_>>().join("\n\n"),
        hashtags: hashtags(brief, industry),
    }
}

fn facts(brief: &SocialMediaPostBrief) -> Facts {
    let short = |value: &Option<String>, limit| value.as_deref().map(|value| quotable(value, limit));
    let bare = |value: String| value.trim_end_matches(['.', '!', '?', ':', ' ']).to_owned();
    let mut facts = Facts::default();
    facts.set("topic", short(&brief.topic, TOPIC_LIMIT).map(bare));
    // A topic says more than the industry, and a hook names one of them.
    if !facts.has("topic") {
        facts.set("industry", short(&brief.industry, NAME_LIMIT).map(bare));
    }
    facts.set("organizationName", short(&brief.organization_name, NAME_LIMIT));
    facts.set("audience", short(&brief.audience, NAME_LIMIT).map(bare));
    facts.set(
        "ventureDescription",
        brief.venture_description.as_deref().map(|value| sentence(value, DESCRIPTION_LIMIT)),
    );
    facts
}

fn variant(brief: &SocialMediaPostBrief, facts: &Facts) -> u64 {
    let slots = ["topic", "organizationName", "audience", "ventureDescription"];
    let industry = brief.industry.as_deref().unwrap_or_default();
    stable_hash(slots.iter().map(|slot| facts.get(slot).unwrap_or_default()).chain([industry]))
}

/// The industry whose words occur most often in what was entered; at first place wins.
fn industry(entered: &str) -> &'static Industry {
    let entered = words(entered);
    let score = |industry: &Industry| {
        let names = industry.words.iter().map(|name| words(name));
        names.filter(|name| name.iter().all(|word| entered.iter().any(|other| other.stem == word.stem))).count()
    };
    let mut best = (&FILE.default_industry, 0);
    for industry in &FILE.industries {
        let score = score(industry);
        if score > best.1 {
            best = (industry, score);
        }
    }
    best.0
}

/// The steps of the entry that the topic names, else those of the industry.
fn points<'a>(brief: &SocialMediaPostBrief, industry: &'a Industry) -> &'a [String] {
    let topic = brief.topic.as_deref().unwrap_or_default();
    match knowledge::answering(topic, &classify(topic)) {
        Some(entry) => &entry.next_steps,
        None => &industry.points,
    }
}

fn hashtags(brief: &SocialMediaPostBrief, industry: &Industry) -> Vec<String> {
    let own = |text: &Option<String>| text.as_deref().and_then(hashtag);
    let topic = own(&brief.topic).into_iter();
    let field = own(&brief.industry).into_iter();
    let mut tags: Vec<String> = Vec::new();
    // The industry's own spelling comes before the entered one, as in "SaaS".
    for tag in topic.chain(industry.hashtags.iter().cloned()).chain(field).chain(FILE.general_hashtags.iter().cloned())
    {
        if tags.len() < HASHTAGS && !tags.iter().any(|other| other.to_lowercase() == tag.to_lowercase()) {
            tags.push(tag);
        }
    }
    tags
}

/// "customer discovery" as `CustomerDiscovery`; nothing when it is longer than a hashtag should be.
fn hashtag(text: &str) -> Option<String> {
    let line = quotable(text, TOPIC_LIMIT);
    let parts = line.split(|character: char| !character.is_alphanumeric()).filter(|part| !part.is_empty());
    // Capitals of some letters hold a combining mark, which a hashtag cannot.
    let tag: String =
        parts.map(capitalized).collect::<String>().chars().filter(|character| character.is_alphanumeric()).collect();
    let has_letter = tag.chars().any(char::is_alphabetic);
    (has_letter && tag.chars().count() <= HASHTAG_LENGTH_LIMIT).then_some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ai::structured::StructuredOutput;

    #[test]
    fn the_file_is_well_formed_and_complete() {
        let file: File = serde_json::from_str(include_str!("posts.json")).unwrap();
        assert!(file.industries.len() >= 8);
        for industry in file.industries.iter().chain([&file.default_industry]) {
            assert!(industry.observations.len() >= 3 && industry.points.len() == 3);
        }
    }

    #[test]
    fn a_post_needs_no_fact_at_all() {
        let draft = write(&SocialMediaPostBrief::default());
        draft.check().unwrap();
        assert_eq!(draft.hashtags, ["Startups", "Founders", "BuildInPublic"]);
        assert!(!draft.text.contains(['{', '}']));
    }

    #[test]
    fn the_topic_brings_the_points_of_its_entry() {
        let draft = write(&SocialMediaPostBrief {
            organization_name: Some("Slotwise".to_owned()),
            industry: Some("Dental clinics".to_owned()),
            topic: Some("customer interviews".to_owned()),
            audience: Some("clinic owners".to_owned()),
            ..SocialMediaPostBrief::default()
        });
        for expected in
            ["ustomer interviews", "five questions about the past", "n healthcare", "Slotwise", "clinic owners"]
        {
            assert!(draft.text.contains(expected), "{expected} in {}", draft.text);
        }
        assert_eq!(draft.hashtags, ["CustomerInterviews", "HealthTech", "Healthcare", "DentalClinics", "Startups"]);
    }

    #[test]
    fn consecutive_posts_differ() {
        let texts: Vec<String> = (0..6)
            .map(|number| {
                write(&SocialMediaPostBrief { posts_made: Some(number), ..SocialMediaPostBrief::default() }).text
            })
            .collect();
        for pair in texts.windows(2) {
            assert_ne!(pair[0], pair[1]);
        }
    }
}
