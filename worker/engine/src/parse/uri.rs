//! Uniform resource identifiers, RFC 3986.

/// Returns true if a text is a URI: scheme, `:`, and what may follow (appendix A of the RFC). Relative references are not URIs.
pub(super) fn is_uri(text: &[u8]) -> bool {
    let Some(colon) = text.iter().position(|&byte| byte == b':') else {
        return false;
    };
    let (scheme, rest) = (&text[..colon], &text[colon + 1..]);
    let is_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    if !scheme.first().is_some_and(u8::is_ascii_alphabetic) || !scheme.iter().all(is_scheme) {
        return false;
    }
    let (rest, fragment) = split_once(rest, b'#');
    let (hierarchy, query) = split_once(rest, b'?');
    let (authority, path) = match hierarchy.strip_prefix(b"//") {
        Some(rest) => rest.split_at(rest.iter().position(|&byte| byte == b'/').unwrap_or(rest.len())),
        None => (&[][..], hierarchy),
    };
    consists_of(fragment, b":@/?")
        && consists_of(query, b":@/?")
        && consists_of(path, b":@/")
        && is_authority(authority)
}

/// Returns the text before and behind the first `mark`; nothing stands behind it when there is none.
fn split_once(text: &[u8], mark: u8) -> (&[u8], &[u8]) {
    match text.iter().position(|&byte| byte == mark) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &[]),
    }
}

fn is_authority(text: &[u8]) -> bool {
    let (user, address) = match text.iter().position(|&byte| byte == b'@') {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (&[][..], text),
    };
    let (host_is_good, rest) = match address.strip_prefix(b"[") {
        Some(literal) => match literal.iter().position(|&byte| byte == b']') {
            Some(at) => (is_ip_literal(&literal[..at]), &literal[at + 1..]),
            None => (false, literal),
        },
        None => {
            let end = address.iter().position(|&byte| byte == b':').unwrap_or(address.len());
            (consists_of(&address[..end], b""), &address[end..])
        }
    };
    let port_is_good = match rest {
        [] => true,
        [b':', port @ ..] => port.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    host_is_good && port_is_good && consists_of(user, b":")
}

/// Returns true for an IPv6 address, or `v` with a hexadecimal version and an address of that version.
fn is_ip_literal(text: &[u8]) -> bool {
    if let [b'v' | b'V', rest @ ..] = text {
        let (version, address) = split_once(rest, b'.');
        return !version.is_empty()
            && version.iter().all(u8::is_ascii_hexdigit)
            && !address.is_empty()
            && !address.contains(&b'%')
            && consists_of(address, b":");
    }
    str::from_utf8(text).is_ok_and(|text| text.parse::<std::net::Ipv6Addr>().is_ok())
}

/// Returns true if a text consists of unreserved characters, sub-delimiters, percent-encoded bytes and the bytes of `more`.
fn consists_of(text: &[u8], more: &[u8]) -> bool {
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {}
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' => {}
            b'%' => {
                let mut is_hexadecimal = || bytes.next().is_some_and(u8::is_ascii_hexdigit);
                if !(is_hexadecimal() && is_hexadecimal()) {
                    return false;
                }
            }
            byte if more.contains(byte) => {}
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_uri_and_what_is_not() {
        for (text, expected) in [
            // The examples of the RFC.
            ("ftp://ftp.is.co.za/rfc/rfc1808.txt", true),
            ("ldap://[2001:db8::7]/c=GB?objectClass?one", true),
            ("mailto:John.Doe@example.com", true),
            ("tel:+1-816-555-1212", true),
            ("telnet://192.0.2.16:80/", true),
            ("urn:oasis:names:specification:docbook:dtd:xml:4.1.2", true),
            ("http://user:pass@a.b:8080/p;q?x=1&y=%20#frag/?", true),
            ("http://a", true),
            ("file:///etc/hosts", true),
            ("http://[v7.a:b]/", true),
            ("x:", true),
            ("", false),
            ("example.com", false),
            ("//example.com/", false),
            ("1http://a", false),
            (":a", false),
            ("http://a b", false),
            ("http://a/ö", false),
            ("http://a/%2", false),
            ("http://a/%zz", false),
            ("http://a:80x/", false),
            ("http://[::1/", false),
            ("http://[::g]/", false),
            ("http://[::1]x/", false),
            ("http://a/[b]", false),
            ("http://a#b#c", false),
            ("http://u@v@w/", false),
            ("http://a/<b>", false),
        ] {
            assert_eq!(is_uri(text.as_bytes()), expected, "{text}");
        }
    }
}
