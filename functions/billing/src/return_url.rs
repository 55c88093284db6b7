//! Where a buyer may be sent back to: our own pages. An address of anybody's choice would let a link of ours lead to theirs.

use http::Uri;
use http::uri::Authority;
use shared::config::PlatformConfig;
use shared::problem::FieldProblem;

/// What Stripe puts the session's id in the place of; braces are no part of addresses otherwise.
const SESSION_PLACEHOLDER: &str = "{CHECKOUT_SESSION_ID}";
/// The longest address that is taken, as Stripe's.
pub(crate) const LENGTH_MAXIMUM: usize = 2_048;

/// Whether buyers may be sent back to `url`; `path` is the field that holds it.
pub(crate) fn check(config: &PlatformConfig, path: &str, url: &str) -> Option<FieldProblem> {
    let message = match &config.frontend_url {
        Some(frontend) => format!("must be an address below {frontend}"),
        None => "must be an address of this machine: no FRONTEND_URL is set".to_owned(),
    };
    (!is_ours(config, url)).then(|| FieldProblem::new(path, message))
}

fn is_ours(config: &PlatformConfig, url: &str) -> bool {
    let plain = url.replace(SESSION_PLACEHOLDER, "session");
    let is_written = url.len() <= LENGTH_MAXIMUM && plain.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let Some((scheme, authority, page)) = is_written.then(|| parts(&plain)).flatten() else { return false };
    if config.environment == "local" && matches!(scheme.as_str(), "http" | "https") && is_this_machine(&authority) {
        return true;
    }
    let frontend = config.frontend_url.as_deref().and_then(parts);
    frontend.is_some_and(|(own_scheme, own_authority, own_page)| {
        let below = page.strip_prefix(own_page.trim_end_matches('/'));
        (scheme, authority) == (own_scheme, own_authority)
            && below.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
            && !page.split(['/', '?']).any(|segment| segment == "..")
    })
}

/// Scheme, authority and the rest of an address with a host and without a user.
fn parts(url: &str) -> Option<(String, Authority, String)> {
    let uri = url.split('#').next()?.parse::<Uri>().ok()?;
    let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?.clone();
    let page = uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    Some((uri.scheme_str()?.to_owned(), authority, page))
}

fn is_this_machine(authority: &Authority) -> bool {
    matches!(authority.host(), "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::config::Variables;

    fn config(environment: &str, frontend: &str) -> PlatformConfig {
        let variables = [
            ("TABLE_NAME", "table"),
            ("LEDGER_TABLE_NAME", "ledger"),
            ("ENVIRONMENT", environment),
            ("FRONTEND_URL", frontend),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        PlatformConfig::read(&variables.into_iter().collect::<Variables>()).unwrap()
    }

    #[test]
    fn buyers_are_sent_back_to_our_pages_alone() {
        let production = config("production", "https://app.example.com");
        for url in [
            "https://app.example.com",
            "https://app.example.com/",
            "https://app.example.com/paid?session={CHECKOUT_SESSION_ID}#top",
            "https://app.example.com?paid",
        ] {
            assert!(is_ours(&production, url), "{url}");
        }
        let long = format!("https://app.example.com/{}", "x".repeat(LENGTH_MAXIMUM));
        for url in [
            "",
            "/paid",
            "http://app.example.com/paid",
            "https://app.example.com.evil.example/",
            "https://app.example.com@evil.example/",
            "https://user@app.example.com/",
            "https://app.example.com:8443/",
            "https://evil.example/https://app.example.com",
            "https://app.example.com\\@evil.example/",
            "https://app.example.com/\n",
            "//app.example.com/",
            "javascript:alert(1)",
            "http://localhost:3000/",
            &long,
        ] {
            assert!(!is_ours(&production, url), "{url}");
        }
    }

    #[test]
    fn a_frontend_below_a_path_keeps_to_it() {
        let below = config("staging", "https://example.com/app");
        for (url, expected) in [
            ("https://example.com/app", true),
            ("https://example.com/app/paid", true),
            ("https://example.com/application", false),
            ("https://example.com/app/../other", false),
            ("https://example.com/", false),
        ] {
            assert_eq!(is_ours(&below, url), expected, "{url}");
        }
    }

    #[test]
    fn a_developers_machine_is_ours_locally() {
        let (local, none) = (config("local", "https://app.example.com"), config("local", ""));
        for url in ["http://localhost:5173/paid", "http://127.0.0.1/", "http://[::1]:3000/"] {
            assert!(is_ours(&local, url) && is_ours(&none, url), "{url}");
        }
        assert!(!is_ours(&none, "http://localhost.evil.example/"));
        assert!(!is_ours(&config("production", ""), "http://localhost/"));
    }
}
