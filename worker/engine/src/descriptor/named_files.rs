//! The files that a descriptor names: programs must not write over them, whether a check reads them or not.

use super::neighbours::{Neighbours, relative, url_name};
use super::path_pattern::{PathPattern, path_of};
use crate::document::file::Document;
use crate::document::mistake::MistakeLog;
use crate::document::place::Place;

/// Returns the names of the files beside the descriptor that it names anywhere: data, schemas, dialects, reference tables, and resources that are
/// files of their own with what these name. Names are relative to the folder of the descriptor; patterns, URLs of data and what leads out of the
/// folder are left out. `name` is the name of the document; a document that cannot be read names none.
pub fn named_files(name: &str, bytes: &[u8], neighbours: &dyn Neighbours) -> Vec<String> {
    let log = MistakeLog::default();
    let mut names = Names::default();
    let Some(document) = Document::read_up_to(name, bytes, super::package::most_bytes(name), &log) else {
        return Vec::new();
    };
    let root = document.root(&log);
    names.of_resource(&root, "");
    for item in root.get("resources").map(|resources| resources.children()).unwrap_or_default() {
        let Some(written) = item.as_str() else {
            names.of_resource(&item, "");
            continue;
        };
        let Ok(name) = relative(url_name(written).unwrap_or(written)) else { continue };
        if let Ok(bytes) = neighbours.read(&name)
            && let Some(document) = Document::read(&name, &bytes, &log)
        {
            let folder = name.rfind('/').map_or("", |slash| &name[..=slash]);
            names.of_resource(&document.root(&log), folder);
        }
        names.0.push(name);
    }
    names.0
}

#[derive(Default)]
struct Names(Vec<String>);

impl Names {
    /// Adds the files that a resource names. `folder` is the folder of its document, with a slash, or nothing.
    fn of_resource(&mut self, resource: &Place<'_>, folder: &str) {
        for path in path_of(resource).into_iter().flat_map(one_or_more) {
            if let Some(path) = path.as_str().filter(|path| !PathPattern::is_pattern(path)) {
                self.add(folder, path);
            }
        }
        self.of_table(resource, folder);
        let tables = resource.get("sluice").and_then(|sluice| sluice.get("reference"));
        for table in tables.map(|tables| tables.children()).unwrap_or_default() {
            if let Some(path) = table.get("path").and_then(|path| path.as_str()) {
                self.add(folder, path);
            }
            self.of_table(&table, folder);
        }
    }

    /// Adds the files of a schema and a dialect. A URL stands for a copy beside the descriptor.
    fn of_table(&mut self, table: &Place<'_>, folder: &str) {
        for written in ["schema", "dialect"].into_iter().filter_map(|name| table.get(name)?.as_str()) {
            self.add(folder, url_name(written).unwrap_or(written));
        }
    }

    fn add(&mut self, folder: &str, name: &str) {
        self.0.extend(relative(name).ok().map(|name| format!("{folder}{name}")));
    }
}

fn one_or_more(place: Place<'_>) -> Vec<Place<'_>> {
    if place.is_array() { place.children() } else { vec![place] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descriptor::NeighbourError;

    struct Own;

    impl Neighbours for Own {
        fn read(&self, name: &str) -> Result<Vec<u8>, NeighbourError> {
            match name {
                "sub/own.json" => Ok(br#"{"path": "o.csv", "schema": "o.json"}"#.into()),
                _ => Err(NeighbourError::NotFound),
            }
        }
    }

    #[test]
    fn every_file_that_a_descriptor_names_is_found() {
        let resource = r#"{"path": ["a.csv", "./b/c.csv", "*.csv", "/abs.csv", "../out.csv", "https://x.org/d.csv"], "schema": "s.json",
            "dialect": "https://x.org/d.json", "sluice": {"reference": [{"name": "t", "path": "t.csv", "schema": "t.json"}, 3]}}"#;
        let of_resource = ["a.csv", "b/c.csv", "s.json", "d.json", "t.csv", "t.json"];
        assert_eq!(named_files("r.json", resource.as_bytes(), &Own), of_resource);
        let package = format!(r#"{{"resources": ["sub/own.json", "none.json", {resource}, {{"url": "v0.csv"}}, 7]}}"#);
        let mut expected = vec!["sub/o.csv", "sub/o.json", "sub/own.json", "none.json"];
        expected.extend(of_resource);
        expected.push("v0.csv");
        assert_eq!(named_files("p.json", package.as_bytes(), &Own), expected);
        assert_eq!(named_files("p.yaml", b"resources:\n- path: a.csv\n", &Own), ["a.csv"]);
        for none in ["", "[", "3", r#"{"resources": 3, "path": 4, "schema": {}}"#] {
            assert_eq!(named_files("r.json", none.as_bytes(), &Own), [] as [&str; 0], "{none}");
        }
    }
}
