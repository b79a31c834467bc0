//! Names that look like names of the standard but are not: `max-length`, `Required`, `tpye`, `fieldMatch`. The standard allows any
//! other property, so a slip of the pen would check nothing and say nothing. In `constraints` every property asserts something, so there
//! each name that is not read is told.
//!
//! Only names of properties that say something about the data are compared: a misspelled `licences` does no harm. A name is taken for a slip
//! when it is a known name in another spelling (letter case, dashes, underscores, spaces, singular or plural), or differs from it in one
//! letter, or in two letters of a long name. Names that are in use for other things are no slips.

use crate::document::name_comparisons::Meant;
use crate::document::object_kinds::ObjectKind;
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::document::spelling::did_you_mean;

/// Warns of names in an object that look like a name that is read; where every property asserts something, of all names that are not read.
pub(crate) fn check(place: &Place<'_>, kind: &ObjectKind) {
    for (name, property) in place.names() {
        if kind.read.contains(&name) || kind.other.contains(&name) || is_private(name) {
            continue;
        }
        match place.name_comparisons(|comparisons| comparisons.meant(name, kind)) {
            Some(Meant::Here(meant)) => {
                property.warn("there is no such property, so it checks nothing", did_you_mean(meant));
            }
            Some(Meant::Elsewhere(meant, remedy)) if meant == name => {
                property.warn("it checks nothing here", remedy);
            }
            Some(Meant::Elsewhere(meant, remedy)) => {
                let remedy = format_args!("if {} is meant, correct the name and {remedy}", quoted(meant));
                property.warn("there is no such property, so it checks nothing", remedy);
            }
            None if kind.is_closed => {
                let remedy = format_args!("use one of {}", kind.read.join(", "));
                property.warn("there is no such property, so it checks nothing", remedy);
            }
            None => {}
        }
    }
}

/// Returns true for names that are marked as private: `x-…`, `_…`, `$…`, `prefix:…`, `title@de`.
fn is_private(name: &str) -> bool {
    name.starts_with(['_', '$']) || name.starts_with("x-") || name.starts_with("x_") || name.contains([':', '@', '.'])
}
