//! TopoJSON (version 1 of its specification): checks whether a JSON value has the structure of a topology.

use crate::parse::decimal::ExactDecimal;
use crate::parse::geojson::{all, are_numbers, is_bbox, is_position};
use crate::parse::json::{Json, Members};

/// Returns true if a value is a topology: `objects` that are geometries, `arcs` that are lists of positions, and perhaps a `transform`.
///
/// The function checks the nesting of arcs and coordinates, and that geometries refer to existing arcs.
pub fn is_topojson(value: &Json) -> bool {
    let Json::Object(members) = value else { return false };
    let (Some(Json::Object(objects)), Some(Json::Array(arcs))) = (members.get("objects"), members.get("arcs")) else {
        return false;
    };
    let count = ExactDecimal::of(arcs.len().to_string().as_bytes());
    matches!(members.get("type"), Some(Json::String(kind)) if kind == "Topology")
        && is_bbox(members.get("bbox"))
        && members.get("transform").is_none_or(is_transform)
        && arcs.iter().all(is_arc)
        && objects.iter().all(|(_, object)| is_geometry(object, &count))
}

fn is_transform(value: &Json) -> bool {
    let Json::Object(members) = value else { return false };
    let is_pair =
        |name: &str| matches!(members.get(name), Some(Json::Array(items)) if items.len() == 2 && are_numbers(items));
    is_pair("scale") && is_pair("translate")
}

fn is_arc(value: &Json) -> bool {
    matches!(value, Json::Array(items) if items.len() >= 2 && items.iter().all(is_position))
}

fn is_geometry(value: &Json, arcs: &ExactDecimal) -> bool {
    let Json::Object(members) = value else { return false };
    let kind = match members.get("type") {
        Some(Json::String(kind)) => kind.as_str(),
        Some(Json::Null) => return true,
        _ => return false,
    };
    let is_right = |name: &str, is_right: &dyn Fn(&Json) -> bool| members.get(name).is_some_and(is_right);
    let is_line = |value: &Json| is_list_of_arcs(value, arcs);
    let is_polygon = |value: &Json| all(value, is_line);
    has_right_properties(members)
        && match kind {
            "Point" => is_right("coordinates", &is_position),
            "MultiPoint" => is_right("coordinates", &|points| all(points, is_position)),
            "LineString" => is_right("arcs", &is_line),
            "MultiLineString" | "Polygon" => is_right("arcs", &is_polygon),
            "MultiPolygon" => is_right("arcs", &|polygons| all(polygons, is_polygon)),
            "GeometryCollection" => is_right("geometries", &|them| all(them, |it| is_geometry(it, arcs))),
            _ => false,
        }
}

fn has_right_properties(members: &Members) -> bool {
    matches!(members.get("properties"), None | Some(Json::Null | Json::Object(_)))
        && matches!(members.get("id"), None | Some(Json::String(_) | Json::Number(_)))
        && is_bbox(members.get("bbox"))
}

/// Returns true for a list of numbers of arcs, counted from 0. Negative numbers stand for reversed arcs, from −1.
fn is_list_of_arcs(value: &Json, arcs: &ExactDecimal) -> bool {
    all(value, |index| match index {
        Json::Number(index) => index.is_integer() && index < arcs && *index >= arcs.negated(),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(objects: &str) -> bool {
        let text = format!(r#"{{"type":"Topology","objects":{{"a":{objects}}},"arcs":[[[0,0],[1,1]],[[2,2],[3,3]]]}}"#);
        Json::read(text.as_bytes()).is_some_and(|value| is_topojson(&value))
    }

    #[test]
    fn what_is_topojson_and_what_is_not() {
        for objects in [
            r#"{"type":"LineString","arcs":[0,-2]}"#,
            r#"{"type":"Polygon","arcs":[[0,1]],"properties":{"name":"x"},"id":"a"}"#,
            r#"{"type":"MultiPolygon","arcs":[[[0],[1]]]}"#,
            r#"{"type":"Point","coordinates":[1,2]}"#,
            r#"{"type":null}"#,
            r#"{"type":"GeometryCollection","geometries":[{"type":"MultiPoint","coordinates":[[1,2]]}]}"#,
        ] {
            assert!(is(objects), "{objects}");
        }
        for objects in [
            r#"{"type":"LineString","arcs":[2]}"#,
            r#"{"type":"LineString","arcs":[-3]}"#,
            r#"{"type":"LineString","arcs":[0.5]}"#,
            r#"{"type":"LineString","arcs":[[0]]}"#,
            r#"{"type":"LineString","coordinates":[[0,0],[1,1]]}"#,
            r#"{"type":"Point","coordinates":[1]}"#,
            r#"{"type":"Circle"}"#,
            "[]",
        ] {
            assert!(!is(objects), "{objects}");
        }
        for text in [
            "{}",
            r#"{"type":"Topology","objects":{}}"#,
            r#"{"type":"Topology","arcs":[]}"#,
            r#"{"type":"Topology","objects":{},"arcs":[[[0,0]]]}"#,
            r#"{"type":"Topology","objects":{},"arcs":[],"transform":{"scale":[1]}}"#,
        ] {
            assert!(!Json::read(text.as_bytes()).is_some_and(|value| is_topojson(&value)), "{text}");
        }
    }
}
