//! Where a vendor is, as configuration says it.

use std::fmt;
use std::str::FromStr;

/// A vendor's address, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BaseUrl(String);

impl BaseUrl {
    /// The vendor's own address, for where configuration names none.
    pub(crate) fn of_vendor(url: &str) -> Self {
        Self(url.to_owned())
    }
}

impl FromStr for BaseUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = text.trim_end_matches('/');
        let rest = ["https://", "http://"].iter().find_map(|scheme| url.strip_prefix(scheme));
        if rest.is_some_and(|rest| !rest.is_empty()) {
            Ok(Self(url.to_owned()))
        } else {
            Err("it is not the address of a service")
        }
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::BaseUrl;

    #[test]
    fn an_address_is_one_of_a_service() {
        assert_eq!("https://a.example/base/".parse(), Ok(BaseUrl::of_vendor("https://a.example/base")));
        for text in ["", "https://", "ftp://a.example", "a.example"] {
            assert!(text.parse::<BaseUrl>().is_err(), "{text}");
        }
    }
}
