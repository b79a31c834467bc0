//! `encoding` of a resource: the encoding of its files.

use crate::document::path::quoted;
use crate::document::place::Place;
use crate::encoding::label;
use crate::encoding::label::{DeclaredEncoding, Unknown};

/// Reads the property `encoding`. Returns the default after a mistake.
pub(super) fn read(place: &Place<'_>) -> DeclaredEncoding {
    const REMEDY: &str = "write a name of the WHATWG's or IANA's, such as \"utf-8\", \"windows-1252\", \"utf-16le\" or \"shift_jis\", or \"detect\"";
    let Some(name) = place.string(REMEDY) else { return DeclaredEncoding::default() };
    match label::read(name) {
        Ok(declared) => return declared,
        Err(Unknown::Name) => place.mistake(format_args!("{} is not a known encoding", quoted(name)), REMEDY),
        Err(Unknown::Unsupported(unsupported)) => {
            place.mistake(
                format_args!("the encoding {} ({}) is not supported", quoted(name), unsupported.what),
                unsupported.remedy(),
            );
        }
    }
    DeclaredEncoding::default()
}
