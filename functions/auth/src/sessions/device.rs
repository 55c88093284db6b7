//! Which device a `User-Agent` speaks of.
//!
//! Browsers pretend to be each other, so that the more particular name counts: Edge says that it is Chrome, and Chrome that it is Safari.
//! What none of these rules knows is called by its own first word, and nothing is guessed: a wrong device is worse than none.

/// What a browser has in its text, and its name.
const BROWSERS: [(&str, &str); 12] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Safari/", "Safari"),
];

/// What a system has in its text, and its name. Android says that it is Linux, and iPhones that they are like Macs.
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// `Firefox on Linux`, `curl`; none if the text tells nothing.
pub(crate) fn device(user_agent: &str) -> Option<String> {
    let named = |names: &[(&str, &'static str)]| {
        names.iter().find(|(part, _)| user_agent.contains(part)).map(|(_, name)| (*name).to_owned())
    };
    let is_browser = user_agent.starts_with("Mozilla/") || user_agent.starts_with("Opera/");
    let program = if is_browser { named(&BROWSERS) } else { product(user_agent) };
    match (program, named(&SYSTEMS)) {
        (Some(program), Some(system)) => Some(format!("{program} on {system}")),
        (program, system) => program.or(system),
    }
}

/// The name of the first product (RFC 9110, 10.1.5): `curl` of `curl/8.5.0`.
fn product(user_agent: &str) -> Option<String> {
    let name = user_agent.split(['/', ' ', '(']).next()?;
    let is_name = (1..=40).contains(&name.len())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter));
    is_name.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::device;

    #[test]
    fn devices_are_called_what_they_are() {
        let cases = [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
                "Chrome on Windows",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0.0.0 Mobile/15E148 Safari/604.1",
                "Chrome on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36",
                "Samsung Internet on Android",
            ),
            ("curl/8.5.0", "curl"),
            ("python-requests/2.32.3", "python-requests"),
            ("okhttp/5.1.0 (Android 16)", "okhttp on Android"),
        ];
        for (user_agent, name) in cases {
            assert_eq!(device(user_agent).as_deref(), Some(name), "{user_agent}");
        }
        for nothing in ["", "Mozilla/5.0", "Mozilla/5.0 (compatible)", "/", "<script>alert(1)</script>", "?"] {
            assert_eq!(device(nothing), None, "{nothing}");
        }
    }
}
