//! The forms that values have in Stripe's answers: lists, and objects that stand for their ids.

use serde::Deserialize;

/// An id, or the object itself where the request asked to expand it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Expandable<T> {
    /// The id alone.
    Id(String),
    /// The whole object.
    Object(Box<T>),
}

/// An object that has an id.
pub trait Identified {
    /// The id.
    fn id(&self) -> &str;
}

impl<T: Identified> Expandable<T> {
    /// The id, in either form.
    pub fn id(&self) -> &str {
        match self {
            Self::Id(id) => id,
            Self::Object(object) => object.id(),
        }
    }
}

impl<T> Expandable<T> {
    /// The object, where it was expanded.
    pub fn object(&self) -> Option<&T> {
        match self {
            Self::Id(_) => None,
            Self::Object(object) => Some(object),
        }
    }
}

/// An object of which nothing but its id concerns us.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Reference {
    /// The id.
    pub id: String,
}

impl Identified for Reference {
    fn id(&self) -> &str {
        &self.id
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct List<T> {
    /// The objects.
    pub data: Vec<T>,
    /// Whether a page follows, after the last of these.
    #[serde(default)]
    pub has_more: bool,
}

// Not derived: that would ask for a default of `T`.
impl<T> Default for List<T> {
    fn default() -> Self {
        Self { data: Vec::new(), has_more: false }
    }
}
