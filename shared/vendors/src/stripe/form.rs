//! Stripe's form encoding: nested names in brackets, lists by index.

/// The parameters of a request, in the order in which they are given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// One more parameter: `name` as Stripe spells it, such as `line_items[0][price]`.
    pub(super) fn with(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.0.push((name.into(), value.to_string()));
        self
    }

    /// One more parameter, if there is one.
    pub(super) fn with_some(self, name: &str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The entries of a map below `name`: `metadata[key]=value`.
    pub(super) fn with_map<'a>(self, name: &str, entries: impl IntoIterator<Item = (&'a String, &'a String)>) -> Self {
        entries.into_iter().fold(self, |form, (key, value)| form.with(format!("{name}[{key}]"), value))
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn encode(&self) -> String {
        // Pairs of texts are always a form.
        serde_urlencoded::to_string(&self.0).unwrap_or_default()
    }
}
