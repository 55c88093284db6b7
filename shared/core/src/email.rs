//! Which texts are e-mail addresses.

/// A rule for addresses; its signature is what garde's `custom` wants.
pub fn is_address(text: &str, _: &()) -> garde::Result {
    let parts = text.trim().split_once('@');
    if parts.is_some_and(|(local, domain)| is_local_part(local) && is_domain(domain)) {
        Ok(())
    } else {
        Err(garde::Error::new("must be an e-mail address such as ada@example.com"))
    }
}

/// The part before the `@`: RFC 5321 allows 64 bytes. Quoted parts, which may hold spaces, and characters beyond ASCII are refused:
/// hardly a mailbox uses them, many mail systems do not deliver to them, and look-alike letters would make two addresses look like one.
fn is_local_part(local: &str) -> bool {
    const SPECIAL: &str = "()<>[],;:\\\"@";
    (1..=64).contains(&local.len())
        && local.chars().all(|character| character.is_ascii_graphic() && !SPECIAL.contains(character))
}

/// A domain of the public name system: two labels at least, the last of which is not a number. International names come in their ASCII
/// form (`xn--…`), as browsers send them.
fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|character| character.is_ascii_alphanumeric() || character == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_number = |label: &str| label.chars().all(|character| character.is_ascii_digit());
    domain.rsplit_once('.').is_some_and(|(_, last)| !is_number(last)) && domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn addresses_are_told_from_other_texts() {
        for address in [
            "ada@example.com",
            " ada@example.com\n",
            "a.b+tag@sub.example.co.uk",
            "O'Neil_7@xn--mnchen-3ya.de",
            "1@2.example",
        ] {
            assert!(is_address(address, &()).is_ok(), "{address}");
        }
        let long_local = format!("{}@example.com", "a".repeat(65));
        let long_label = format!("ada@{}.com", "a".repeat(64));
        let others = [
            "",
            "@",
            "ada",
            "ada@",
            "@example.com",
            "ada@example",
            "ada@@example.com",
            "ada@eve@example.com",
            "ada lovelace@example.com",
            "ada@exam ple.com",
            "ada@example..com",
            "ada@.example.com",
            "ada@example.com.",
            "ada@-example.com",
            "ada@example-.com",
            "ada@192.0.2.1",
            "ada@[192.0.2.1]",
            "\"ada lovelace\"@example.com",
            "Ada <ada@example.com>",
            "ada@example.com,eve@example.com",
            "ada\u{0}@example.com",
            "ada@example.com\r\nBcc: eve@example.com",
            "аda@example.com",
            "ada@münchen.de",
            &long_local,
            &long_label,
        ];
        for text in others {
            assert!(is_address(text, &()).is_err(), "{text}");
        }
    }
}
