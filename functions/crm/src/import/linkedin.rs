//! Addresses of LinkedIn profiles, and the one form in which they are compared.

/// What an address is to LinkedIn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkedinAddress {
    /// A person's profile, in the one form: `https://www.linkedin.com/in/slug`.
    Profile(String),
    /// Some other page of LinkedIn, such as a company's. Many leads share it, so it must not identify one.
    OtherPage,
    /// Not LinkedIn at all, or no address.
    Elsewhere,
}

/// Reads the address of a LinkedIn page, with or without a scheme, on any of LinkedIn's subdomains (`de.`, `m.`).
///
/// The one form has `https`, `www`, no query and no trailing slash; a public name (`/in/…`) is in lower case and with
/// its percent signs decoded, and a language after it is left out. Sales Navigator's identifiers keep their case,
/// which is significant.
#[must_use]
pub fn linkedin_address(address: &str) -> LinkedinAddress {
    let Some(path) = path_on_linkedin(address) else { return LinkedinAddress::Elsewhere };
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let path = match segments.as_slice() {
        [kind, slug, ..] if kind.eq_ignore_ascii_case("in") => format!("in/{}", readable(slug)),
        [kind, rest @ ..] if kind.eq_ignore_ascii_case("pub") && !rest.is_empty() => {
            let rest: Vec<String> = rest.iter().map(|segment| readable(segment)).collect();
            format!("pub/{}", rest.join("/"))
        }
        [sales, kind, identifier, ..]
            if sales.eq_ignore_ascii_case("sales")
                && (kind.eq_ignore_ascii_case("lead") || kind.eq_ignore_ascii_case("people")) =>
        {
            // What follows the comma is how the lead was found.
            let identifier = identifier.split_once(',').map_or(*identifier, |(identifier, _)| identifier);
            format!("sales/lead/{identifier}")
        }
        _ => return LinkedinAddress::OtherPage,
    };
    LinkedinAddress::Profile(format!("https://www.linkedin.com/{path}"))
}

/// The path of an address, without query and fragment, if its host is LinkedIn's.
fn path_on_linkedin(address: &str) -> Option<&str> {
    let address = address.trim();
    if address.contains(char::is_whitespace) {
        return None;
    }
    let address = match address.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http") => rest,
        Some(_) => return None,
        None => address.strip_prefix("//").unwrap_or(address),
    };
    let address = address.split(['?', '#']).next()?;
    let (host, path) = address.split_once('/').unwrap_or((address, ""));
    let host = host.to_ascii_lowercase();
    (host == "linkedin.com" || host.ends_with(".linkedin.com")).then_some(path)
}

/// A public name in lower case, its percent signs decoded where that gives letters: `j%C3%BCrgen` and `jürgen` are
/// one profile.
fn readable(segment: &str) -> String {
    match percent_decoded(segment) {
        Some(text) if text.chars().all(|character| character.is_alphanumeric() || "-_.'’".contains(character)) => {
            text.to_lowercase()
        }
        _ => segment.to_lowercase(),
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_profile_has_one_form() {
        for address in [
            "https://www.linkedin.com/in/ada-lovelace",
            "http://linkedin.com/in/Ada-Lovelace/",
            "LinkedIn.com/in/ada-lovelace?trk=people",
            "https://uk.linkedin.com/in/ada-lovelace/en#about",
            "https://m.linkedin.com//in/ada-lovelace/details/experience/",
        ] {
            let expected = LinkedinAddress::Profile("https://www.linkedin.com/in/ada-lovelace".to_owned());
            assert_eq!(linkedin_address(address), expected, "{address}");
        }
        assert_eq!(linkedin_address("linkedin.com/in/J%C3%BCrgen-1"), linkedin_address("linkedin.com/in/jürgen-1"));
        assert_eq!(
            linkedin_address("https://www.linkedin.com/sales/lead/ACwAAB1,NAME_SEARCH,x1"),
            LinkedinAddress::Profile("https://www.linkedin.com/sales/lead/ACwAAB1".to_owned())
        );
    }

    #[test]
    fn other_pages_and_other_hosts_are_told_apart() {
        assert_eq!(linkedin_address("https://www.linkedin.com/company/acme/"), LinkedinAddress::OtherPage);
        assert_eq!(linkedin_address("https://www.linkedin.com/in/"), LinkedinAddress::OtherPage);
        for address in
            ["https://evil.example/linkedin.com/in/x", "notlinkedin.com/in/x", "ftp://linkedin.com/in/x", "Ada", ""]
        {
            assert_eq!(linkedin_address(address), LinkedinAddress::Elsewhere, "{address}");
        }
    }

    proptest! {
        #[test]
        fn the_form_is_stable(slug in "[\\PC]{0,30}") {
            if let LinkedinAddress::Profile(once) = linkedin_address(&format!("https://linkedin.com/in/{slug}")) {
                prop_assert_eq!(linkedin_address(&once), LinkedinAddress::Profile(once));
            }
        }
    }
}
