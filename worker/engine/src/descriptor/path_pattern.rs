//! The paths of a resource: which files they name.
//!
//! A package is published with its files beside it, at `data/orders.csv` or at a URL; the files that come in later lie elsewhere. So a
//! path names a file by its whole name below the folder `incoming`, with or without `incoming/` before it, or by its name behind the
//! last `/`. `*` stands for any characters but `/`, `?` for one such character. A URL is percent-encoded (RFC 3986); a path is taken as it is written.

use std::borrow::Cow;

use crate::compression::Compression;
use crate::document::place::Place;

/// A path with `*` or `?` in it.
#[derive(Debug)]
pub(super) struct PathPattern {
    /// The pattern with its folders.
    whole: Vec<char>,
    /// The part behind the last `/`.
    base: Vec<char>,
}

impl PathPattern {
    pub(super) fn is_pattern(path: &str) -> bool {
        path.contains(['*', '?'])
    }

    pub(super) fn new(path: &str) -> Self {
        let path = without_compression(path);
        Self { whole: path.chars().collect(), base: base_name(path).chars().collect() }
    }

    /// Returns `Some(true)` if the pattern matches the whole path of the file, `Some(false)` if it matches only the name without folders.
    pub(super) fn names(&self, file: &str) -> Option<bool> {
        if matches(&self.whole, file) {
            return Some(true);
        }
        matches(&self.base, base_name(file)).then_some(false)
    }
}

/// Returns the property that names the files of a resource: `path`, or `url`, as version 0 of the standard calls it.
pub(super) fn path_of<'a>(resource: &Place<'a>) -> Option<Place<'a>> {
    resource.get("path").or_else(|| resource.get("url"))
}

/// Returns the path as it is compared: of a URL its decoded path alone, and without `./` and `incoming/`.
pub(super) fn plain(path: &str) -> String {
    let path = match path.split_once("://") {
        Some((_, rest)) => {
            let rest = rest.split(['?', '#']).next().unwrap_or(rest);
            let path = rest.split_once('/').map_or("", |(_, path)| path);
            percent_decoded(path).map_or(Cow::Borrowed(path), Cow::Owned)
        }
        None => Cow::Borrowed(path),
    };
    let path = path.trim_start_matches("./");
    path.strip_prefix("incoming/").unwrap_or(path).to_owned()
}

/// Returns the text with each `%` and two hexadecimal digits replaced by the byte that they stand for. Returns `None` if there are none, or if the
/// result is not UTF-8 or has a control character.
pub fn percent_decoded(text: &str) -> Option<String> {
    let digit = |byte: Option<&u8>| char::from(*byte?).to_digit(16);
    let mut rest = text.as_bytes();
    let mut decoded = Vec::with_capacity(rest.len());
    while let Some((&first, behind)) = rest.split_first() {
        let byte = digit(behind.first()).zip(digit(behind.get(1))).filter(|_| first == b'%');
        let byte = byte.and_then(|(high, low)| u8::try_from(16 * high + low).ok());
        decoded.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &behind[2..] } else { behind };
    }
    let decoded = String::from_utf8(decoded).ok()?;
    (decoded.len() < text.len() && !decoded.contains(char::is_control)).then_some(decoded)
}

/// Returns the part behind the last `/`.
pub(super) fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Returns true if a path of a resource is the whole name of the file.
pub(super) fn is_whole(path: &str, file: &str) -> bool {
    path == file
}

/// Returns the path without a suffix of compression: a file that arrives compressed is the same file.
pub(super) fn without_compression(path: &str) -> &str {
    Compression::split(path).0
}

/// Returns true if the pattern matches the whole text. Each `*` takes as few characters as possible, and one more whenever the rest does not
/// fit. Only the last `*` is tried again, so the time is at most proportional to the product of both lengths.
fn matches(pattern: &[char], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut here) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while here < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at + 1, here));
                at += 1;
            }
            Some('?') if text[here] != '/' => {
                at += 1;
                here += 1;
            }
            Some(&letter) if letter != '?' && letter == text[here] => {
                at += 1;
                here += 1;
            }
            _ => match star {
                Some((after, taken)) if text[taken] != '/' => {
                    at = after;
                    here = taken + 1;
                    star = Some((after, taken + 1));
                }
                _ => return false,
            },
        }
    }
    pattern[at..].iter().all(|&letter| letter == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_names_files_in_its_folder_or_by_their_base_name() {
        let names = |pattern: &str, file: &str| PathPattern::new(&plain(pattern)).names(file);
        for (pattern, file, expected) in [
            ("orders-*.csv", "orders-2024.csv", Some(true)),
            ("orders-*.csv", "orders-.csv", Some(true)),
            ("orders-*.csv", "a/orders-1.csv", Some(false)),
            ("a/*.csv", "a/x.csv", Some(true)),
            ("a/*.csv", "b/x.csv", Some(false)),
            ("a/*.csv", "a/b/x.csv", Some(false)),
            ("*/x.csv", "a/x.csv", Some(true)),
            ("data/a?.csv", "a1.csv", Some(false)),
            ("a?.csv", "a.csv", None),
            ("a?.csv", "a/.csv", None),
            ("*a*b*.csv", "xaybz.csv", Some(true)),
            ("*a*b*.csv", "xbya.csv", None),
            ("orders-*.csv.gz", "orders-1.csv", Some(true)),
            ("incoming/*.csv", "x.csv", Some(true)),
        ] {
            assert_eq!(names(pattern, without_compression(file)), expected, "{pattern} {file}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = PathPattern::new(&"*a".repeat(500));
        assert_eq!(pattern.names(&"a".repeat(499)), None);
        assert_eq!(PathPattern::new(&"*a".repeat(200)).names(&format!("{}b", "a".repeat(1000))), None);
    }

    #[test]
    fn a_url_names_the_file_at_its_end() {
        assert_eq!(plain("https://example.org/a/b.csv?raw=true#x"), "a/b.csv");
        assert_eq!(plain("./incoming/b.csv"), "b.csv");
        assert_eq!(base_name(&plain("https://example.org")), "");
        assert_eq!(plain("https://example.org/my%20%C3%A4.csv?a=%20"), "my ä.csv");
        assert_eq!(plain("my%20file.csv"), "my%20file.csv");
        assert_eq!(without_compression("a.CSV.GZ"), "a.CSV");
        assert_eq!(without_compression("gz"), "gz");
    }

    #[test]
    fn percent_signs_stand_for_bytes() {
        for (text, decoded) in [
            ("my%20file.csv", Some("my file.csv")),
            ("%c3%A4%", Some("ä%")),
            ("100%25", Some("100%")),
            ("100%", None),
            ("%2", None),
            ("%zz", None),
            ("%FF", None),
            ("a%0A", None),
            ("", None),
        ] {
            assert_eq!(percent_decoded(text).as_deref(), decoded, "{text}");
        }
    }

    #[test]
    fn a_compressed_file_is_the_same_file_whatever_compresses_it() {
        for (suffix, _) in Compression::SUFFIXES {
            assert_eq!(without_compression(&format!("a.csv{suffix}")), "a.csv");
            assert_eq!(without_compression(&format!("a.csv{}", suffix.to_ascii_uppercase())), "a.csv");
        }
    }
}
