//! GeoJSON (RFC 7946): checks whether a JSON value has the structure of a GeoJSON object.

use crate::parse::json::{Json, Members};

/// Returns true if a value is a GeoJSON object: a geometry, a feature or a collection of features.
///
/// The function checks the members that each type has to have and the nesting of coordinates. A position has at least two numbers, a line two
/// positions, a ring four of which the last is the first, and a `bbox` is a list of numbers of an even length. Members that the standard does
/// not have are allowed.
pub fn is_geojson(value: &Json) -> bool {
    let Some(TypedObject { kind, members }) = typed(value) else { return false };
    match kind {
        "Feature" => is_feature(members),
        "FeatureCollection" => array(members, "features").is_some_and(|features| {
            let is_valid = |feature| typed(feature).is_some_and(|it| it.kind == "Feature" && is_feature(it.members));
            features.iter().all(is_valid)
        }),
        _ => is_geometry(value),
    }
}

/// An object with a `type`.
struct TypedObject<'j> {
    kind: &'j str,
    members: &'j Members,
}

/// Returns an object with a `type`; `None` if it has none, or its `bbox` is wrong.
fn typed(value: &Json) -> Option<TypedObject<'_>> {
    let Json::Object(members) = value else { return None };
    let Some(Json::String(kind)) = members.get("type") else { return None };
    is_bbox(members.get("bbox")).then_some(TypedObject { kind, members })
}

pub(super) fn is_bbox(bbox: Option<&Json>) -> bool {
    match bbox {
        None => true,
        Some(Json::Array(items)) => items.len() >= 4 && items.len().is_multiple_of(2) && are_numbers(items),
        Some(_) => false,
    }
}

fn array<'a>(members: &'a Members, name: &str) -> Option<&'a [Json]> {
    match members.get(name) {
        Some(Json::Array(items)) => Some(items),
        _ => None,
    }
}

fn is_feature(members: &Members) -> bool {
    let has_geometry = match members.get("geometry") {
        Some(Json::Null) => true,
        Some(geometry) => is_geometry(geometry),
        None => false,
    };
    has_geometry
        && matches!(members.get("properties"), Some(Json::Null | Json::Object(_)))
        && matches!(members.get("id"), None | Some(Json::String(_) | Json::Number(_)))
}

fn is_geometry(value: &Json) -> bool {
    let Some(TypedObject { kind, members }) = typed(value) else { return false };
    if kind == "GeometryCollection" {
        return array(members, "geometries").is_some_and(|geometries| geometries.iter().all(is_geometry));
    }
    let Some(coordinates) = members.get("coordinates") else { return false };
    match kind {
        "Point" => is_position(coordinates),
        "MultiPoint" => all(coordinates, is_position),
        "LineString" => is_line(coordinates),
        "MultiLineString" => all(coordinates, is_line),
        "Polygon" => all(coordinates, is_ring),
        "MultiPolygon" => all(coordinates, |polygon| all(polygon, is_ring)),
        _ => false,
    }
}

pub(super) fn all(value: &Json, is_right: impl Fn(&Json) -> bool) -> bool {
    matches!(value, Json::Array(items) if items.iter().all(is_right))
}

pub(super) fn are_numbers(items: &[Json]) -> bool {
    items.iter().all(|item| matches!(item, Json::Number(_)))
}

pub(super) fn is_position(value: &Json) -> bool {
    matches!(value, Json::Array(items) if items.len() >= 2 && are_numbers(items))
}

fn is_line(value: &Json) -> bool {
    matches!(value, Json::Array(items) if items.len() >= 2 && items.iter().all(is_position))
}

fn is_ring(value: &Json) -> bool {
    matches!(value, Json::Array(items) if items.len() >= 4 && items.first() == items.last() && items.iter().all(is_position))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(text: &str) -> bool {
        Json::read(text.as_bytes()).is_some_and(|value| is_geojson(&value))
    }

    #[test]
    fn what_is_geojson_and_what_is_not() {
        for text in [
            r#"{"type":"Point","coordinates":[1,2]}"#,
            r#"{"type":"Point","coordinates":[1,2,3],"bbox":[1,2,1,2],"note":"x"}"#,
            r#"{"type":"MultiPoint","coordinates":[]}"#,
            r#"{"type":"LineString","coordinates":[[1,2],[3,4]]}"#,
            r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0.0]]]}"#,
            r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}"#,
            r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]}]}"#,
            r#"{"type":"Feature","geometry":null,"properties":null,"id":7}"#,
            r#"{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{}}]}"#,
        ] {
            assert!(is(text), "{text}");
        }
        for text in [
            "{}",
            "[1,2]",
            r#"{"type":"point","coordinates":[1,2]}"#,
            r#"{"type":"Point"}"#,
            r#"{"type":"Point","coordinates":[1]}"#,
            r#"{"type":"Point","coordinates":["1","2"]}"#,
            r#"{"type":"Point","coordinates":[1,2],"bbox":[1,2,3]}"#,
            r#"{"type":"LineString","coordinates":[[1,2]]}"#,
            r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}"#,
            r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[0,0]]]}"#,
            r#"{"type":"Feature","properties":{}}"#,
            r#"{"type":"Feature","geometry":null}"#,
            r#"{"type":"Feature","geometry":null,"properties":{},"id":null}"#,
            r#"{"type":"FeatureCollection","features":[{"type":"Point","coordinates":[1,2]}]}"#,
            r#"{"type":"Topology","objects":{},"arcs":[]}"#,
        ] {
            assert!(!is(text), "{text}");
        }
    }
}
