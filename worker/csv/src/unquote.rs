//! Raw cells → text.

use crate::dialect::Dialect;

/// The text of a raw cell of a well-formed record: without its quotes, and with doubled quotes and escapes resolved.
///
/// Copies nothing unless there is something to resolve; then the text is built in `scratch`. An escape character that ends a cell
/// stands for itself.
#[inline]
pub fn unquote<'a>(cell: &'a [u8], dialect: &Dialect, scratch: &'a mut Vec<u8>) -> &'a [u8] {
    match (cell, dialect.quote) {
        (&[first, ref inner @ .., last], Some(quote)) if first == quote && last == quote => {
            if dialect.escape.is_none() && memchr::memchr(quote, inner).is_none() {
                return inner;
            }
            resolve(inner, dialect.double_quote.then_some(quote), dialect.escape, scratch)
        }
        _ if dialect.escape.is_none() => cell,
        _ => resolve(cell, None, dialect.escape, scratch),
    }
}

#[inline(never)]
fn resolve<'a>(text: &'a [u8], doubled: Option<u8>, escape: Option<u8>, scratch: &'a mut Vec<u8>) -> &'a [u8] {
    let resolves = |byte: u8| doubled == Some(byte) || escape == Some(byte);
    let Some(first) = text.iter().position(|&byte| resolves(byte)) else {
        return text;
    };
    scratch.clear();
    scratch.extend_from_slice(&text[..first]);
    let mut rest = text[first..].iter();
    while let Some(&byte) = rest.next() {
        if resolves(byte) {
            scratch.push(*rest.next().unwrap_or(&byte));
        } else {
            scratch.push(byte);
        }
    }
    scratch
}
