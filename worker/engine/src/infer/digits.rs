//! Numbers as people write them: signs, symbols of amounts, groups of three.

use super::notations::AFFIXES;

/// Returns a number without its sign and, if it may be `affixed`, without symbols around it.
pub(super) fn digits_of(text: &[u8], affixed: bool) -> Option<&[u8]> {
    let unsigned = |text: &[u8]| text.strip_prefix(b"-").map_or(text.len(), <[u8]>::len);
    if !affixed {
        return Some(&text[text.len() - unsigned(text)..]);
    }
    let symbol = |character: char| AFFIXES.contains(&character) || character == ' ';
    let text = std::str::from_utf8(text).ok()?;
    let inner = text.strip_prefix('-').unwrap_or(text).trim_matches(symbol);
    let inner = inner.strip_prefix('-').unwrap_or(inner);
    Some(inner.as_bytes())
}

/// Returns true if digits are written as a person writes a number: no needless zeros in front, groups of three, at most one decimal separator.
pub(super) fn is_usual_notation(digits: &[u8], group: Option<char>, decimal: Option<char>) -> bool {
    let Ok(digits) = std::str::from_utf8(digits) else { return false };
    let (whole, rest) = match decimal.and_then(|decimal| digits.split_once(decimal)) {
        Some((whole, rest)) => (whole, Some(rest)),
        None => (digits, None),
    };
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let whole = if decimal.is_some() && rest.is_none() {
        whole.split_once(['e', 'E']).map_or(whole, |(whole, _)| whole)
    } else {
        whole
    };
    if whole.len() > 1 && whole.starts_with('0') {
        return false;
    }
    let mut parts = whole.split(|character| Some(character) == group);
    let first = parts.next().unwrap_or_default();
    let groups: Vec<&str> = parts.collect();
    let is_grouped = groups.iter().all(|part| part.len() == 3 && all_digits(part));
    let fits = groups.is_empty() || (1..=3).contains(&first.len());
    let has_digits = !first.is_empty() || rest.is_some_and(|rest| !rest.is_empty());
    is_grouped && fits && has_digits && all_digits(first)
}
