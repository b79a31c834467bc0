//! The references of a JSON Schema: finds their targets, and refuses those that go in circles.

use std::collections::HashSet;

use super::Reader;
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::json_schema::{Check, Schema, SchemaIndex};

impl<'d> Reader<'_, 'd> {
    /// Returns the place that a reference leads to, in the same document. Returns `None` after a mistake.
    pub(super) fn reference(&mut self, place: &Place<'d>) -> Option<Place<'d>> {
        const REMEDY: &str = "write a reference into the same schema, such as \"#/$defs/name\"";
        let Some(text) = place.as_str() else {
            self.wrong(place, "a string", REMEDY);
            return None;
        };
        let own = self.root.get("$id").and_then(|id| id.as_str()).unwrap_or_default();
        let fragment = match text.split_once('#') {
            Some((base, fragment)) if base.is_empty() || base == own => fragment,
            None if !own.is_empty() && text == own => "",
            _ => {
                let message = format_args!("{} is another document, and nothing is fetched", quoted(text));
                self.mistake(place, message, "copy it into $defs and refer to it there");
                return None;
            }
        };
        let target = if fragment.is_empty() {
            Some(self.root.clone())
        } else if let Some(pointer) = fragment.strip_prefix('/') {
            pointer.split('/').try_fold(self.root.clone(), |at, step| at.step(&unescaped(step)))
        } else {
            anchor(self.root, fragment)
        };
        if target.is_none() {
            self.mistake(place, format_args!("{} leads to nothing", quoted(text)), REMEDY);
        }
        target
    }
}

/// Returns true if a schema is applied to a value because it is applied to the same value already.
pub(super) fn goes_in_circles(schemas: &[Schema]) -> bool {
    let next: Vec<Vec<SchemaIndex>> =
        schemas.iter().map(|schema| schema.iter().flat_map(Check::in_place).collect()).collect();
    let mut incoming = vec![0usize; schemas.len()];
    next.iter().flatten().for_each(|&schema| incoming[schema] += 1);
    let mut free: Vec<SchemaIndex> = (0..schemas.len()).filter(|&schema| incoming[schema] == 0).collect();
    let mut taken = 0;
    while let Some(schema) = free.pop() {
        taken += 1;
        for &other in &next[schema] {
            incoming[other] -= 1;
            if incoming[other] == 0 {
                free.push(other);
            }
        }
    }
    taken < schemas.len()
}

/// Decodes a step of a JSON Pointer in a URI fragment: percent-encoded bytes, then `~1` and `~0`.
fn unescaped(step: &str) -> String {
    let mut bytes = Vec::with_capacity(step.len());
    let mut rest = step.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = |digits: &[u8]| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok();
        match after
            .split_at_checked(2)
            .filter(|_| byte == b'%')
            .and_then(|(digits, after)| Some((code(digits)?, after)))
        {
            Some((byte, after)) => {
                bytes.push(byte);
                rest = after;
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_default().replace("~1", "/").replace("~0", "~")
}

/// Returns the schema with this `$anchor`.
fn anchor<'d>(root: &Place<'d>, name: &str) -> Option<Place<'d>> {
    let mut open = vec![root.clone()];
    let mut seen = HashSet::new();
    while let Some(place) = open.pop() {
        if !seen.insert(place.offset()) {
            continue;
        }
        if place.get("$anchor").and_then(|anchor| anchor.as_str()) == Some(name) {
            return Some(place);
        }
        open.extend(place.children());
    }
    None
}
