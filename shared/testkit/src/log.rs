//! What the log of a program that runs by itself must not hold.
//!
//! Within a test's own process every line is searched for what the test knows ([`crate::confidential`]). Of a process beside it only the
//! text of its log is there: this looks for the forms that confidential texts have here, and for texts that the test names.

/// The first text in `log` that has the form of a token, a password's hash or an e-mail address, or holds one of `known`: what it is, and
/// the line's number. The text itself is not told: failures are logged too.
pub fn confidential_in(log: &str, known: &[&str]) -> Option<String> {
    let lines = log.lines().enumerate();
    lines.into_iter().find_map(|(index, line)| {
        let what = form_in(line).or_else(|| known.iter().any(|text| line.contains(text)).then_some("a known secret"));
        what.map(|what| format!("{what} in line {}", index + 1))
    })
}

fn form_in(line: &str) -> Option<&'static str> {
    if line.contains("$argon2") {
        return Some("a password's hash");
    }
    let is_part_of_word = |character: char| character.is_ascii_alphanumeric() || "._-+@".contains(character);
    line.split(|character| !is_part_of_word(character)).find_map(|word| {
        // A JSON object in base64url, as every JWT begins.
        if word.starts_with("eyJ") && word.matches('.').count() == 2 {
            return Some("an access token");
        }
        if word.contains("ses_") && word.rsplit('.').next().is_some_and(|secret| secret.len() == 43) {
            return Some("a refresh token");
        }
        let (local, domain) = word.split_once('@')?;
        (!local.is_empty() && domain.contains('.')).then_some("an e-mail address")
    })
}

#[cfg(test)]
mod tests {
    use super::confidential_in;

    #[test]
    fn forms_are_recognised() {
        let secret = "A".repeat(43);
        let refresh = format!("refused usr_01KAGR3V0R0000000000000000.ses_01KAGR3V0R0000000000000000.{secret} at once");
        for (line, what) in [
            ("authorization=\"Bearer eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ1c3IifQ.c2lnbmF0dXJl\"", "an access token"),
            (refresh.as_str(), "a refresh token"),
            ("hash=$argon2id$v=19$m=19456,t=2,p=1$bm9i$bm8g", "a password's hash"),
            ("no account for <ada@example.com>", "an e-mail address"),
            ("the password was correct horse battery", "a known secret"),
        ] {
            let log = format!("INFO started\n{line}\nINFO ended");
            let found = confidential_in(&log, &["correct horse battery"]);
            assert_eq!(found, Some(format!("{what} in line 2")), "{line}");
        }
    }

    #[test]
    fn ordinary_lines_are_not() {
        let log = "INFO request{method=GET path=/api/leads id=req_01KAGR3V0R0000000000000000} status=200 key.jwt\n\
                   WARN session=ses_01KAGR3V0R0000000000000000 caller usr_1@org_1 version 1.2.3 took 0.5 ms";
        assert_eq!(confidential_in(log, &["correct horse battery"]), None);
    }
}
