//! `GET /api/users`

use std::collections::{BTreeSet, HashMap};

use axum::Json;
use axum::extract::State;
use garde::Validate;
use serde::Deserialize;
use shared::access::Principal;
use shared::http::Query;
use shared::id::UserId;
use shared::model::connection::{Connection, ConnectionState};
use shared::model::profile::{PersonRole, Profile, Viewer, Visibility};
use shared::model::skill::Skill;
use shared::model::user::User;
use shared::model::user_search::{Criterion, SearchRow, is_searchable, words};
use shared::problem::{FieldProblem, Problem};
use shared::services::Services;
use shared::store::{Item, Key, Page, StoreError, Versioned};
use shared::text;
use utoipa::IntoParams;

use crate::Error;
use crate::picture::Pictures;
use crate::view::PersonSummary;

/// How many people are looked at for a page if the query does not say.
const PAGE: u16 = 20;
/// How many at most: with their rows they are two batches.
const PAGE_MAXIMUM: u16 = 50;

/// Whom to look for: at least one of name, skill, city and role; several narrow it down.
#[derive(Debug, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchQuery {
    /// The beginnings of words of the name, whatever their case and marks. One has two letters at least.
    #[garde(inner(length(chars, max = 100)))]
    #[serde(default)]
    #[param(min_length = 2, max_length = 100, example = "love")]
    name: Option<String>,
    /// A skill by its name, whatever its case.
    #[garde(inner(custom(text::is_line), length(chars, max = 60)))]
    #[serde(default)]
    #[param(min_length = 1, max_length = 60, example = "rust")]
    skill: Option<String>,
    /// A city by its name, whatever its case and marks.
    #[garde(inner(custom(text::is_line), length(chars, max = 100)))]
    #[serde(default)]
    #[param(min_length = 1, max_length = 100, example = "zurich")]
    city: Option<String>,
    /// A role.
    #[garde(skip)]
    #[serde(default)]
    role: Option<PersonRole>,
    /// `nextCursor` of the page before; the first page without it.
    #[garde(skip)]
    #[serde(default)]
    #[param(min_length = 1, max_length = 1024, pattern = "^[A-Za-z0-9_-]+$")]
    cursor: Option<String>,
    /// How many people are looked at: 1 to 50, 20 by default.
    #[garde(inner(range(min = 1, max = PAGE_MAXIMUM)))]
    #[serde(default)]
    #[param(minimum = 1, maximum = 50)]
    limit: Option<u16>,
}

/// Find people by what is public of them. A page may hold fewer people than the limit, even none, and still have a next: those who do not fit
/// all that is asked for, who are suspended, or who have blocked the caller or are blocked, are left out after they were looked at.
#[utoipa::path(
    get, path = "/api/users", operation_id = "searchUsers", tag = "users",
    security(("accessToken" = [])),
    params(SearchQuery),
    responses(
        (status = 200, description = "A page of people.", body = Page<PersonSummary>),
    )
)]
pub(crate) async fn search_users(
    State(services): State<Services>,
    State(pictures): State<Pictures>,
    principal: Principal,
    Query(query): Query<SearchQuery>,
) -> Result<Json<Page<PersonSummary>>, Error> {
    let search = Search::of(&query)?;
    let listing = search.first.listing().limit(query.limit.unwrap_or(PAGE));
    let page = services.store.list::<SearchRow>(&listing, query.cursor.as_deref()).await?;
    let keys = page.data.iter().flat_map(|row| search.keys(row.user_id, principal.user_id)).collect::<BTreeSet<_>>();
    let keys = keys.into_iter().map(|(pk, sk)| Key::new(pk, sk)).collect::<Vec<_>>();
    let items = services.store.batch_get(&keys).await?;
    let mut data = Vec::with_capacity(page.data.len());
    for row in &page.data {
        data.extend(search.judge(&items, row, &principal, &pictures)?);
    }
    Ok(Json(Page { data, next_cursor: page.next_cursor }))
}

/// What is looked for: what the index is asked, and all of it.
struct Search<'a> {
    first: Criterion,
    words: Vec<String>,
    skill: Option<&'a str>,
    city: Option<String>,
    role: Option<PersonRole>,
}

impl<'a> Search<'a> {
    /// The index is asked for what the fewest people have: a name, then a skill, then a city, then a role.
    fn of(query: &'a SearchQuery) -> Result<Self, Problem> {
        let invalid = |path: &str, message: &str| Problem::invalid(vec![FieldProblem::new(path, message)]);
        let words = query.name.as_deref().map(words).unwrap_or_default();
        let longest = words.iter().max_by_key(|word| word.chars().count());
        if query.name.is_some() && !longest.is_some_and(|word| is_searchable(word)) {
            return Err(invalid("name", "must have a word of two letters or more"));
        }
        let city = query.city.as_deref().map(text::folded);
        if city.as_deref() == Some("") {
            return Err(invalid("city", "must have a letter or a digit"));
        }
        let first = match (longest, &query.skill, &city, query.role) {
            (Some(word), ..) => Criterion::Name(word.clone()),
            (None, Some(skill), ..) => Criterion::Skill(skill.clone()),
            (None, None, Some(city), _) => Criterion::City(city.clone()),
            (None, None, None, Some(role)) => Criterion::Role(role),
            (None, None, None, None) => {
                return Err(invalid("name", "must be given, or a skill, a city or a role"));
            }
        };
        Ok(Self { first, words, skill: query.skill.as_deref(), city, role: query.role })
    }

    /// The keys of what decides about a person.
    fn keys(&self, id: UserId, me: UserId) -> impl Iterator<Item = (String, String)> {
        let skill = self.skill.map(|name| Skill::key_of(id, Skill::id_of(name)));
        let keys = [User::key_of(id), Profile::key_of(id), Connection::key_of(me, id)];
        keys.into_iter().chain(skill).map(|key| (key.pk, key.sk))
    }

    /// The person, if they fit all that is looked for by what is public of them now, and neither has blocked the other.
    fn judge(
        &self,
        items: &HashMap<Key, Item>,
        row: &SearchRow,
        principal: &Principal,
        pictures: &Pictures,
    ) -> Result<Option<PersonSummary>, StoreError> {
        let id = row.user_id;
        let user = items.get(&User::key_of(id)).cloned().map(Versioned::<User>::from_item).transpose()?;
        let profile = items.get(&Profile::key_of(id)).cloned().map(Versioned::<Profile>::from_item).transpose()?;
        let connection = items.get(&Connection::key_of(principal.user_id, id)).cloned();
        let connection = connection.map(Versioned::<Connection>::from_item).transpose()?;
        let Some((user, profile)) = user.filter(|user| user.is_active()).zip(profile) else { return Ok(None) };
        if connection.as_ref().is_some_and(|connection| connection.is_blocked()) {
            return Ok(None);
        }
        let has_skill = match self.skill {
            None => true,
            Some(name) => {
                let named = items.contains_key(&Skill::key_of(id, Skill::id_of(name)));
                named && profile.privacy.skills == Visibility::Public
            }
        };
        if !has_skill || !self.fits(&user, &profile, row.word()) {
            return Ok(None);
        }
        let is_connected = connection.is_some_and(|it| it.state == Some(ConnectionState::Connected));
        let viewer = Viewer { is_connected, ..Viewer::default() };
        Ok(Some(PersonSummary::new(&user, Some(&profile), viewer, pictures)))
    }

    /// Whether name, city and role fit. Somebody who is found by several words of their name is shown for the first of them alone.
    fn fits(&self, user: &User, profile: &Profile, word: Option<&str>) -> bool {
        let (details, privacy) = (&profile.details, &profile.privacy);
        let theirs = words(&user.name);
        let name = self.words.is_empty()
            || privacy.name == Visibility::Public
                && self.words.iter().all(|wanted| theirs.iter().any(|word| word.starts_with(wanted)));
        let is_first = match &self.first {
            Criterion::Name(wanted) => theirs.iter().find(|word| word.starts_with(wanted)).map(String::as_str) == word,
            _ => true,
        };
        let city = self.city.as_ref().is_none_or(|wanted| {
            privacy.city == Visibility::Public && details.city.as_deref().map(text::folded).as_ref() == Some(wanted)
        });
        let role = self.role.is_none_or(|wanted| privacy.role == Visibility::Public && details.role == Some(wanted));
        name && is_first && city && role
    }
}
