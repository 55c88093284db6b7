//! A profile as a person writes it.

use garde::Validate;
use http::Uri;
use serde::{Deserialize, Serialize};
use shared::id::FileId;
use shared::model::profile::{PersonRole, ProfileDetails};
use shared::text;
use utoipa::ToSchema;

/// A profile as a whole: what is left out is removed. White space is tidied.
#[derive(Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ProfileInput)]
pub(crate) struct ProfileInput {
    /// The person's name.
    #[garde(custom(text::is_person_name))]
    #[schema(min_length = 1, max_length = 100, example = "Ada Lovelace")]
    pub(crate) name: String,
    /// Who they are in a line.
    #[garde(inner(custom(text::is_line), length(chars, max = 120)))]
    #[schema(min_length = 1, max_length = 120, example = "Founder of Analytical Engines")]
    #[serde(default)]
    headline: Option<String>,
    /// Who they are.
    #[garde(inner(custom(text::is_text), length(chars, max = 2000)))]
    #[schema(min_length = 1, max_length = 2000)]
    #[serde(default)]
    bio: Option<String>,
    /// Where they live.
    #[garde(inner(custom(text::is_line), length(chars, max = 100)))]
    #[schema(min_length = 1, max_length = 100, example = "London")]
    #[serde(default)]
    city: Option<String>,
    /// In which country, by its code of ISO 3166-1 with two letters.
    #[garde(inner(custom(is_country)))]
    #[schema(pattern = "^[A-Z]{2}$", example = "GB")]
    #[serde(default)]
    country: Option<String>,
    /// Where else they are on the web.
    #[garde(length(max = 10), inner(custom(is_web_address)))]
    #[schema(max_items = 10, example = json!(["https://example.com/ada"]))]
    #[serde(default)]
    links: Vec<String>,
    /// Their time zone, by its name in the IANA database.
    #[garde(inner(custom(is_time_zone)))]
    #[schema(pattern = "^[A-Za-z]{1,16}([/_+-][A-Za-z0-9]{1,16}){0,5}$", max_length = 64, example = "Europe/London")]
    #[serde(default)]
    time_zone: Option<String>,
    /// What they are here for.
    #[garde(skip)]
    #[serde(default)]
    role: Option<PersonRole>,
    /// Their picture: a file of their own organisation, complete, that is a GIF, JPEG, PNG or WebP of at most 5 MB.
    #[garde(skip)]
    #[serde(default)]
    avatar_file_id: Option<FileId>,
}

impl ProfileInput {
    /// The values as they are stored.
    pub(crate) fn details(&self) -> ProfileDetails {
        let line = |value: &Option<String>| value.as_deref().map(text::line);
        ProfileDetails {
            headline: line(&self.headline),
            bio: self.bio.as_deref().map(text::lines),
            city: line(&self.city),
            country: self.country.clone(),
            links: self.links.clone(),
            time_zone: self.time_zone.clone(),
            role: self.role,
            avatar_file_id: self.avatar_file_id,
        }
    }
}

fn is_country(code: &str, _: &()) -> garde::Result {
    if code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        Ok(())
    } else {
        Err(garde::Error::new("must be a country's code of two capital letters, such as GB"))
    }
}

/// Whether a text has the form of a time zone's name; which zones there are changes several times a year.
fn is_time_zone(name: &str, _: &()) -> garde::Result {
    let mut parts = name.split(['/', '_', '+', '-']);
    let is_part = |part: &str| (1..=16).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let begins =
        parts.next().is_some_and(|first| is_part(first) && first.bytes().all(|byte| byte.is_ascii_alphabetic()));
    let rest = parts.collect::<Vec<_>>();
    if begins && name.len() <= 64 && rest.len() <= 5 && rest.into_iter().all(is_part) {
        Ok(())
    } else {
        Err(garde::Error::new("must be the name of a time zone, such as Europe/London"))
    }
}

/// Whether a text is an address of the web that is safe to show as a link: no other scheme, and no name or password before the host.
pub(crate) fn is_web_address(address: &str, _: &()) -> garde::Result {
    let uri = if address.len() <= 500 { address.parse::<Uri>().ok() } else { None };
    let fine = uri.is_some_and(|uri| {
        let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
        let host = uri.authority().filter(|authority| !authority.as_str().contains('@')).map(|it| it.host().to_owned());
        is_web && host.is_some_and(|host| !host.is_empty())
    });
    if fine {
        Ok(())
    } else {
        Err(garde::Error::new("must be an address of the web of at most 500 characters, such as https://example.com"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_web_are_told_from_others() {
        for address in [
            "https://example.com",
            "http://example.com/a?b=c",
            "https://xn--mnchen-3ya.de/%C3%A4",
            "https://[::1]:8080/",
        ] {
            assert!(is_web_address(address, &()).is_ok(), "{address}");
        }
        let long = format!("https://example.com/{}", "x".repeat(500));
        for address in [
            "",
            "example.com",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://",
            "https://ada@example.com",
            "https://a:b@c.de",
            "ftp://x.y",
            "https://exa mple.com",
            &long,
        ] {
            assert!(is_web_address(address, &()).is_err(), "{address}");
        }
    }

    #[test]
    fn time_zones_and_countries_have_their_form() {
        for zone in ["UTC", "Europe/London", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "America/Port-au-Prince"] {
            assert!(is_time_zone(zone, &()).is_ok(), "{zone}");
        }
        for zone in ["", "/", "Europe/", "+05:00", "Europe//London", "Europa/Köln", &"x".repeat(17)] {
            assert!(is_time_zone(zone, &()).is_err(), "{zone}");
        }
        assert!(is_country("GB", &()).is_ok());
        assert!(["gb", "GBR", "G1", ""].iter().all(|code| is_country(code, &()).is_err()));
    }
}
