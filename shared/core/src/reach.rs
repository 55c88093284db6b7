//! Which servers may be asked on an organisation's behalf: those of the public Internet, and none that only we can reach. Otherwise an
//! address that somebody enters could lead to what stands beside us: metadata of the host, other functions, the developer's machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::Uri;

/// The longest address that is taken.
pub const URL_LENGTH_MAXIMUM: usize = 2_048;

/// How far requests may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The public Internet, by HTTPS.
    Public,
    /// Wherever the developer's machine reaches, also without encryption.
    Anywhere,
}

impl Reach {
    /// How far requests reach in an environment.
    pub fn of(environment: &str) -> Self {
        if environment == "local" { Self::Anywhere } else { Self::Public }
    }

    /// Whether a name may lead to this address. Every address that a name leads to is asked about when the connection is made, so that a
    /// name cannot lead elsewhere later.
    pub fn admits(self, address: IpAddr) -> bool {
        self == Self::Anywhere || is_public(address)
    }

    /// What is wrong with an address that messages are to be sent to, if anything is.
    pub fn check(self, url: &str) -> Result<(), &'static str> {
        let uri = url.parse::<Uri>().map_err(|_| "must be a URL such as https://example.com/webhooks")?;
        let host = uri.host().unwrap_or_default();
        let encrypted = uri.scheme_str() == Some("https");
        let plain = uri.scheme_str() == Some("http") && self == Self::Anywhere;
        if url.len() > URL_LENGTH_MAXIMUM {
            return Err("must be at most 2,048 characters long");
        }
        if !(encrypted || plain) || host.is_empty() {
            return Err("must be an https URL such as https://example.com/webhooks");
        }
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err("must not hold a user name or a password");
        }
        if self == Self::Anywhere {
            return Ok(());
        }
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let named = literal.is_err() && host.contains('.') && !is_private_name(host);
        if named || literal.is_ok_and(is_public) { Ok(()) } else { Err("must lead to a server of the public Internet") }
    }
}

/// Names that lead to nobody on the public Internet (RFC 6761, RFC 6762, RFC 8375 and the custom of clouds).
fn is_private_name(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let suffixes = [".localhost", ".local", ".internal", ".home.arpa", ".test", ".invalid", ".onion"];
    host == "localhost" || suffixes.iter().any(|suffix| host.ends_with(suffix))
}

/// Whether an address belongs to a server of the public Internet (IANA's registries of special-purpose addresses).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99)
        || (a == 198 && (b == 18 || b == 19))
        || a >= 224;
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, third, ..] = address.segments();
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let global = first & 0xe000 == 0x2000;
    let special = (first == 0x2001 && (second < 0x0200 || second == 0x0db8)) || first == 0x3fff;
    if first == 0x2002 {
        // 6to4 holds the address of an IPv4 server.
        let [a, b] = second.to_be_bytes();
        let [c, d] = third.to_be_bytes();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    global && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_servers_of_the_public_internet_are_reached() {
        for address in ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2002:0101:0101::1", "::ffff:8.8.8.8"] {
            assert!(Reach::Public.admits(address.parse().unwrap()), "{address}");
        }
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.1.2.3",
            "169.254.169.254",
            "172.16.0.1",
            "192.168.1.1",
            "192.0.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:a9fe:a9fe::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "ff02::1",
        ] {
            assert!(!Reach::Public.admits(address.parse().unwrap()), "{address}");
            assert!(Reach::Anywhere.admits(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn addresses_that_lead_inside_are_refused() {
        for url in [
            "https://example.com",
            "https://hooks.example.co.uk:8443/a?b=c",
            "https://1.1.1.1/x",
            "https://[2606:4700::1]/x",
        ] {
            assert_eq!(Reach::Public.check(url), Ok(()), "{url}");
        }
        for url in [
            "",
            "example.com",
            "/hook",
            "http://example.com",
            "ftp://example.com",
            "https://",
            "https://localhost/x",
            "https://LOCALHOST",
            "https://intranet/x",
            "https://printer.local",
            "https://x.internal",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://169.254.169.254/latest/meta-data",
            "https://user:password@example.com",
            "https://example.com@127.0.0.1/",
            "https://foo.localhost.",
            "https://exa mple.com",
        ] {
            assert!(Reach::Public.check(url).is_err(), "{url}");
        }
        assert_eq!(Reach::Anywhere.check("http://127.0.0.1:9000/hook"), Ok(()));
        assert!(Reach::Anywhere.check("file:///etc/passwd").is_err());
        assert!(Reach::Public.check(&format!("https://example.com/{}", "x".repeat(2_048))).is_err());
        assert_eq!(
            (Reach::of("local"), Reach::of("production"), Reach::of("test")),
            (Reach::Anywhere, Reach::Public, Reach::Public)
        );
    }
}
