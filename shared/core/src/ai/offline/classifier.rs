//! The intent classifier: weighted words and phrases, no model.
//!
//! Each feature of `intents.json` that occurs in a message adds its weight to its label, once. The decision then goes
//! from the most to the least specific intent; the confidence compares the winner with the runner-up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::arithmetic;
use super::text::{Word, words};
use super::vocabulary::{FEATURES, Label, VOCABULARY};

/// The topics of the knowledge base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Prices, plans, trials and discounts.
    Pricing,
    /// Investors, rounds, instruments and valuations.
    Fundraising,
    /// Interviews, early adopters and validation.
    CustomerDiscovery,
    /// Signs of fit, pivots, retention and activation.
    ProductMarketFit,
    /// Ideas, first versions and launches.
    Product,
    /// First customers, channels, referrals and content.
    Growth,
    /// Cold e-mail, follow-ups, calls and enterprise deals.
    Sales,
    /// Co-founders, equity and first employees.
    Hiring,
    /// Incorporation, intellectual property and privacy.
    Legal,
    /// Runway, key figures, unit economics and churn.
    Metrics,
    /// Decks, one-sentence descriptions and meetings.
    Pitch,
    /// Priorities, goals, investor updates and the founder's own strength.
    Planning,
}

impl Topic {
    /// All topics.
    pub const ALL: [Self; 12] = [
        Self::Pricing,
        Self::Fundraising,
        Self::CustomerDiscovery,
        Self::ProductMarketFit,
        Self::Product,
        Self::Growth,
        Self::Sales,
        Self::Hiring,
        Self::Legal,
        Self::Metrics,
        Self::Pitch,
        Self::Planning,
    ];

    /// The topic's name in a sentence.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pricing => "pricing",
            Self::Fundraising => "fundraising",
            Self::CustomerDiscovery => "customer discovery",
            Self::ProductMarketFit => "product-market fit",
            Self::Product => "product and launch",
            Self::Growth => "growth",
            Self::Sales => "sales and follow-up",
            Self::Hiring => "co-founders and hiring",
            Self::Legal => "legal basics",
            Self::Metrics => "metrics and runway",
            Self::Pitch => "pitching",
            Self::Planning => "planning and priorities",
        }
    }
}

/// Talk about the conversation itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Talk {
    Greeting,
    Thanks,
    Capabilities,
    Recall,
}

/// The part of a knowledge entry that a message asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// The answer itself.
    Answer,
    /// What goes beyond the answer.
    More,
    /// The reason behind it.
    Why,
    /// An illustration.
    Example,
    /// What to do first.
    NextSteps,
    /// The answer in one sentence.
    Simpler,
}

/// What a message wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Intent {
    /// A salutation and nothing else.
    Greeting,
    /// Thanks and nothing else.
    Thanks,
    /// What the assistant is and can do.
    Capabilities,
    /// What was said earlier in the conversation.
    Recall,
    /// More of what was answered last, such as "why?".
    FollowUp,
    /// A small calculation whose figures the message holds.
    Calculation,
    /// A question about a topic.
    Topic(Topic),
    /// None of these.
    Unknown,
}

/// What the classifier makes of a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Classification {
    /// What the message wants.
    pub intent: Intent,
    /// Which part of an answer it asks for.
    pub aspect: Aspect,
    /// From 0 (nothing recognised) to 1 (certain).
    pub confidence: f64,
    /// The words of the message that speak for the intent.
    pub evidence: Vec<String>,
    /// The sum of the weights behind the intent.
    pub(super) strength: f64,
}

/// Below this a topic is only a hint.
const TOPIC_THRESHOLD: f64 = 2.0;
/// From here on a request to recall wins against any topic, as in "what did I say about pricing?".
const RECALL_THRESHOLD: f64 = 4.0;
/// The weight of doubt: one feature of weight 3 alone gives a confidence of two thirds.
const DOUBT: f64 = 1.5;

/// What the words of one message speak for.
#[derive(Debug, Default)]
struct Scores {
    sums: BTreeMap<Label, f64>,
    evidence: BTreeMap<Label, Vec<String>>,
    words: Vec<Word>,
    /// Words with a meaning that no talk or aspect explains.
    unexplained: usize,
    /// Whether it points at something said before ("that", "it").
    refers_back: bool,
}

impl Scores {
    fn of(words: Vec<Word>) -> Self {
        let mut scores = Self { words, ..Self::default() };
        let mut seen = std::collections::BTreeSet::new();
        let mut explained = vec![false; scores.words.len()];
        for start in 0..scores.words.len() {
            let rest = scores.words.get(start..).unwrap_or_default();
            let Some(first) = rest.first() else { break };
            for feature in FEATURES.starting_with(&first.stem) {
                let Some(matched) = feature.matched(rest) else { continue };
                if !matches!(feature.label, Label::Topic(_)) {
                    explained.iter_mut().skip(start).take(matched.len()).for_each(|flag| *flag = true);
                }
                if seen.insert(std::ptr::from_ref(feature)) {
                    *scores.sums.entry(feature.label).or_default() += feature.weight;
                    let written = matched.iter().map(|word| word.written.as_str()).collect::<Vec<_>>().join(" ");
                    scores.evidence.entry(feature.label).or_default().push(written);
                }
            }
        }
        let content = scores.words.iter().zip(&explained);
        scores.unexplained = content.filter(|(word, explained)| !**explained && VOCABULARY.is_content(word)).count();
        scores.refers_back =
            scores.words.iter().any(|word| matches!(word.written.as_str(), "that" | "this" | "it" | "those" | "these"));
        scores
    }

    fn talk(&self, talk: Talk) -> f64 {
        self.sums.get(&Label::Talk(talk)).copied().unwrap_or_default()
    }

    /// The strongest topic, its sum and that of the runner-up.
    fn topics(&self) -> (Option<Topic>, f64, f64) {
        let mut best = (None, 0.0, 0.0);
        for (label, sum) in &self.sums {
            match label {
                Label::Topic(topic) if *sum > best.1 => best = (Some(*topic), *sum, best.1),
                Label::Topic(_) if *sum > best.2 => best.2 = *sum,
                _ => {}
            }
        }
        best
    }

    fn aspect(&self) -> (Aspect, f64) {
        let mut best = (Aspect::Answer, 0.0);
        for (label, sum) in &self.sums {
            if let Label::Aspect(aspect) = label
                && *sum > best.1
            {
                best = (*aspect, *sum);
            }
        }
        best
    }

    fn is_follow_up(&self, aspect_sum: f64) -> bool {
        let allowed = if self.refers_back && aspect_sum >= 3.0 { 3 } else { 1 };
        (aspect_sum >= 2.0 && self.unexplained <= allowed) || (aspect_sum >= 1.0 && self.unexplained == 0)
    }

    fn decided(&self, intent: Intent, label: Label, other: f64) -> Classification {
        let sum = self.sums.get(&label).copied().unwrap_or_default();
        let aspect = match self.aspect() {
            (aspect, strength) if strength >= 2.0 || intent == Intent::FollowUp => aspect,
            _ => Aspect::Answer,
        };
        Classification {
            intent,
            aspect,
            confidence: sum / (sum + other + DOUBT),
            strength: sum,
            evidence: self.evidence.get(&label).cloned().unwrap_or_default(),
        }
    }
}

/// Says what a message wants.
#[must_use]
pub fn classify(text: &str) -> Classification {
    let scores = Scores::of(words(text));
    let (topic, topic_sum, runner_up) = scores.topics();
    let recall = scores.talk(Talk::Recall);
    if recall >= RECALL_THRESHOLD || (recall >= 3.0 && topic_sum < TOPIC_THRESHOLD) {
        return scores.decided(Intent::Recall, Label::Talk(Talk::Recall), 0.0);
    }
    if let Some(calculation) = arithmetic::calculate(&[text]) {
        return Classification {
            intent: Intent::Calculation,
            aspect: Aspect::Answer,
            confidence: 0.9,
            strength: 0.0,
            evidence: calculation.figures,
        };
    }
    let capabilities = scores.talk(Talk::Capabilities);
    if capabilities >= 4.0 && capabilities > topic_sum {
        return scores.decided(Intent::Capabilities, Label::Talk(Talk::Capabilities), topic_sum);
    }
    if let Some(topic) = topic
        && topic_sum >= TOPIC_THRESHOLD
    {
        return scores.decided(Intent::Topic(topic), Label::Topic(topic), runner_up);
    }
    let (aspect, aspect_sum) = scores.aspect();
    if scores.is_follow_up(aspect_sum) {
        return scores.decided(Intent::FollowUp, Label::Aspect(aspect), 0.0);
    }
    for (talk, intent) in [(Talk::Thanks, Intent::Thanks), (Talk::Greeting, Intent::Greeting)] {
        if scores.talk(talk) >= TOPIC_THRESHOLD && scores.unexplained <= 5 {
            return scores.decided(intent, Label::Talk(talk), 0.0);
        }
    }
    if capabilities > 0.0 && scores.unexplained <= 1 {
        return scores.decided(Intent::Capabilities, Label::Talk(Talk::Capabilities), 0.0);
    }
    Classification {
        intent: Intent::Unknown,
        aspect: Aspect::Answer,
        confidence: 0.0,
        evidence: Vec::new(),
        strength: 0.0,
    }
}
