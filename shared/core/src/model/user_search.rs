//! How people are found: a row for each word of a name, and one for a role, a city and each skill, of what is public alone.
//!
//! The rows follow from the account, its profile and its skills, and are written in the transaction that changes those, so that what is no
//! longer public can no longer be found. A search is one query of one of these partitions.
//!
//! Why there are no shards: a name's row lies under its first letters and sorts by the whole word, so a partition that gets large or busy is
//! split by DynamoDB along its sort keys. The fewest partitions are those of roles, and a row is written only when somebody's role changes:
//! at a million accounts that is less than one write a second, of the thousand that a partition takes. Shards would make each page several
//! queries and its order and cursor a merge of theirs.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::profile::{PersonRole, Profile, Visibility};
use super::skill::Skill;
use super::user::User;
use crate::id::UserId;
use crate::store::{Entity, Key, Listing, Range, Transaction, Update};
use crate::text;

/// How many words of a name can be found.
const WORDS_MAXIMUM: usize = 6;
/// How many characters of a word count.
const WORD_LENGTH_MAXIMUM: usize = 40;

/// "Under this word stands this person."
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchRow {
    pk: String,
    sk: String,
    /// The person.
    pub user_id: UserId,
}

impl Entity for SearchRow {
    const TYPE: &'static str = "userSearch";

    fn key(&self) -> Key {
        Key::new(&*self.pk, &*self.sk)
    }
}

impl SearchRow {
    /// The word of the name that it stands under, if it does.
    pub fn word(&self) -> Option<&str> {
        self.sk.split_once('#').map(|(word, _)| word)
    }
}

/// The words of a name as searches see them, in their order.
pub fn words(name: &str) -> Vec<String> {
    let folded = text::folded(name);
    let words = folded.split(' ').filter(|word| !word.is_empty());
    let words = words.map(|word| word.chars().take(WORD_LENGTH_MAXIMUM).collect::<String>());
    words.collect::<BTreeSet<_>>().into_iter().take(WORDS_MAXIMUM).collect()
}

/// Whether a word is long enough to look for: a letter alone finds everybody, but a Chinese character is a word.
pub fn is_searchable(word: &str) -> bool {
    word.chars().nth(1).is_some() || !word.is_ascii()
}

/// The first letters of a word, under which its rows lie: two, or one of a script that has thousands.
fn first_letters(word: &str) -> String {
    let length = if word.starts_with(|character: char| character.is_ascii()) { 2 } else { 1 };
    word.chars().take(length).collect()
}

/// What people are looked for by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Criterion {
    /// The beginning of a word of the name, as [`words`] has it.
    Name(String),
    /// A skill, however it is spelt.
    Skill(String),
    /// A city, whatever its case and marks.
    City(String),
    /// A role.
    Role(PersonRole),
}

impl Criterion {
    /// The rows of those who may fit, a page at a time.
    pub fn listing(&self) -> Listing {
        match self {
            Self::Name(word) => Listing::of_partition(name_partition(word)).range(Range::Prefix(word.clone())),
            Self::Skill(name) => Listing::of_partition(skill_partition(name)),
            Self::City(city) => Listing::of_partition(city_partition(city)),
            Self::Role(role) => Listing::of_partition(role_partition(*role)),
        }
    }
}

fn name_partition(word: &str) -> String {
    format!("USER_SEARCH#name#{}", first_letters(word))
}

fn skill_partition(name: &str) -> String {
    format!("USER_SEARCH#skill#{}", Skill::term_of(name))
}

fn city_partition(city: &str) -> String {
    format!("USER_SEARCH#city#{}", text::folded(city))
}

fn role_partition(role: PersonRole) -> String {
    format!("USER_SEARCH#role#{}", role.name())
}

/// The rows under which a person is found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchRows(BTreeSet<(String, String)>);

impl SearchRows {
    /// The rows of a person's name, city and role.
    pub fn of_profile(user: &User, profile: &Profile) -> Self {
        let (details, privacy, id) = (&profile.details, &profile.privacy, user.id.to_string());
        let mut rows = BTreeSet::new();
        if privacy.name == Visibility::Public {
            let words = words(&user.name).into_iter().filter(|word| is_searchable(word));
            rows.extend(words.map(|word| (name_partition(&word), format!("{word}#{id}"))));
        }
        if let (Some(city), Visibility::Public) = (&details.city, privacy.city)
            && !text::folded(city).is_empty()
        {
            rows.insert((city_partition(city), id.clone()));
        }
        if let (Some(role), Visibility::Public) = (details.role, privacy.role) {
            rows.insert((role_partition(role), id));
        }
        Self(rows)
    }

    /// The rows of a person's skills.
    pub fn of_skills<'a>(profile: &Profile, skills: impl IntoIterator<Item = &'a str>) -> Self {
        if profile.privacy.skills != Visibility::Public {
            return Self::default();
        }
        let id = profile.user_id.to_string();
        Self(skills.into_iter().map(|name| (skill_partition(name), id.clone())).collect())
    }

    /// These rows and the others.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Adds to a transaction what turns these rows into `next`.
    pub fn replace_by<E>(&self, next: &Self, user: UserId, transaction: &mut Transaction<E>) {
        for (pk, sk) in self.0.difference(&next.0) {
            transaction.delete_key(Key::new(&**pk, &**sk));
        }
        for (pk, sk) in next.0.difference(&self.0) {
            let update = Update::new(Key::new(&**pk, &**sk), SearchRow::TYPE);
            transaction.update(update.set("userId", AttributeValue::S(user.to_string())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    fn ada(name: &str) -> (User, Profile) {
        let (id, now) = (ulid::Ulid::from(7).into(), Timestamp::from_seconds(0));
        (User::new(id, "ada@example.com", name, now), Profile::empty(id, now))
    }

    fn shown(rows: &SearchRows) -> Vec<String> {
        rows.0.iter().map(|(pk, sk)| format!("{pk} {}", sk.split('#').next().unwrap_or_default())).collect()
    }

    #[test]
    fn only_what_is_public_is_found() {
        let (user, mut profile) = ada("Ada King-Noël J");
        profile.details.city = Some("Zürich".to_owned());
        profile.details.role = Some(PersonRole::Founder);
        let id = user.id.to_string();
        assert_eq!(
            shown(&SearchRows::of_profile(&user, &profile)),
            [
                format!("USER_SEARCH#city#zurich {id}"),
                "USER_SEARCH#name#ad ada".to_owned(),
                "USER_SEARCH#name#ki king".to_owned(),
                "USER_SEARCH#name#no noel".to_owned(),
                format!("USER_SEARCH#role#founder {id}"),
            ]
        );
        profile.privacy.city = Visibility::Connections;
        profile.privacy.role = Visibility::Organization;
        profile.privacy.name = Visibility::Private;
        assert_eq!(SearchRows::of_profile(&user, &profile), SearchRows::default());
        assert_eq!(shown(&SearchRows::of_skills(&profile, ["C++"])), [format!("USER_SEARCH#skill#c++ {id}")]);
        profile.privacy.skills = Visibility::Private;
        assert_eq!(SearchRows::of_skills(&profile, ["C++"]), SearchRows::default());
    }

    #[test]
    fn words_are_bounded_and_each_counts_once() {
        assert_eq!(words("Ada ada ÁDA"), ["ada"]);
        assert_eq!(words("a b c d e f g h").len(), WORDS_MAXIMUM);
        assert_eq!(words(&"x".repeat(100))[0].len(), WORD_LENGTH_MAXIMUM);
        let (user, profile) = ada("李明");
        assert_eq!(shown(&SearchRows::of_profile(&user, &profile)), ["USER_SEARCH#name#李 李明"]);
        assert!(is_searchable("李") && is_searchable("ad") && !is_searchable("a"));
    }

    #[test]
    fn a_change_writes_the_difference_alone() {
        let ((user, profile), (king, _)) = (ada("Ada Lovelace"), ada("Ada King"));
        let (before, after) = (SearchRows::of_profile(&user, &profile), SearchRows::of_profile(&king, &profile));
        let mut transaction = Transaction::<()>::new();
        before.replace_by(&after, user.id, &mut transaction);
        assert_eq!(transaction.len(), 2);
        let mut transaction = Transaction::<()>::new();
        before.replace_by(&before, user.id, &mut transaction);
        assert!(transaction.is_empty());
    }
}
