//! Paths and texts of a document, in the form that messages show.

use crate::shown::excerpt;

/// Longest excerpt of a value in a message, in characters.
pub(crate) const EXCERPT: usize = 60;

pub(crate) fn element(path: &str, nth: usize) -> String {
    format!("{path}[{nth}]")
}

pub(crate) fn member(path: &str, name: &str) -> String {
    let plain = !name.is_empty()
        && name.len() <= EXCERPT
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$'));
    match (plain, path.is_empty()) {
        (true, true) => name.to_owned(),
        (true, false) => format!("{path}.{name}"),
        (false, _) => format!("{path}[{}]", quoted(name)),
    }
}

/// Returns the text between quotes, on one line, and cut when it is long.
pub(crate) fn quoted(text: &str) -> String {
    format!("{:?}", excerpt(text, EXCERPT))
}
