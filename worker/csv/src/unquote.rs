//! Raw cells → text.

use crate::dialect::Dialect;

/// Returns the text of a raw cell of a well-formed record: without its quotes, and with doubled quotes and escapes resolved.
///
/// An unquoted null sequence stays as it is. Nothing is copied unless there is something to resolve; then the text is
/// built in `scratch`. An escape character that ends a cell stands for itself.
#[inline]
pub fn unquote<'a>(cell: &'a [u8], dialect: &Dialect, scratch: &'a mut Vec<u8>) -> &'a [u8] {
    match (cell, dialect.quote) {
        (&[first, ref inner @ .., last], Some(quote)) if first == quote && last == quote => {
            resolve(inner, dialect.double_quote.then_some(quote), dialect.escape, scratch)
        }
        _ if dialect.escape.is_none() || dialect.null_sequence.as_ref().is_some_and(|null| null.as_bytes() == cell) => {
            cell
        }
        _ => resolve(cell, None, dialect.escape, scratch),
    }
}

#[inline(never)]
fn resolve<'a>(text: &'a [u8], doubled: Option<u8>, escape: Option<u8>, scratch: &'a mut Vec<u8>) -> &'a [u8] {
    // At most two bytes have a meaning; if only one has, it is searched for twice.
    let (one, other) = match (doubled, escape) {
        (Some(doubled), Some(escape)) => (doubled, escape),
        (Some(one), None) | (None, Some(one)) => (one, one),
        (None, None) => return text,
    };
    scratch.clear();
    // A text of several megabytes gets room for its size, not for twice its size.
    if text.len() > scratch.capacity().max(64 << 10) {
        scratch.reserve_exact(text.len());
    }
    let mut from = 0;
    while let Some(length) = memchr::memchr2(one, other, &text[from..]) {
        // The byte after an escape stands for itself; an escape at the end of the text stands for itself.
        let at = from + length;
        let kept = (at + 1).min(text.len() - 1);
        scratch.extend_from_slice(&text[from..at]);
        scratch.push(text[kept]);
        from = kept + 1;
    }
    if from == 0 {
        return text;
    }
    scratch.extend_from_slice(&text[from..]);
    scratch
}
