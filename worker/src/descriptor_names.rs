//! Finds the descriptor of a prefix among the files beside the folder `incoming`.

/// The names of descriptors in the order of precedence: the first one that exists is used.
pub(crate) const NAMES: [&str; 6] =
    ["resource.json", "resource.yaml", "resource.yml", "datapackage.json", "datapackage.yaml", "datapackage.yml"];

/// The names of descriptors that were found beside the folder `incoming`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FoundNames {
    /// Indices into [`NAMES`] of the names that were found, ascending.
    found: Vec<usize>,
    /// Names that differ from a descriptor's only in letter case.
    overlooked: Vec<String>,
}

impl FoundNames {
    /// Takes the name of a file.
    pub(crate) fn add(&mut self, name: &str) {
        if let Some(index) = NAMES.iter().position(|known| *known == name) {
            if let Err(at) = self.found.binary_search(&index) {
                self.found.insert(at, index);
            }
        } else if is_like_descriptor(name) && !self.overlooked.iter().any(|known| known == name) {
            self.overlooked.push(name.to_owned());
        }
    }

    /// Returns the name of the descriptor to use; `None` if there is none.
    pub(crate) fn descriptor(&self) -> Option<&'static str> {
        self.found.first().map(|&index| NAMES[index])
    }

    /// Returns warnings about names that look like a descriptor's and are not used, one line each; `locate` returns the location of
    /// a name.
    pub(crate) fn warnings(&self, locate: impl Fn(&str) -> String) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Some((used, others)) = self.found.split_first() {
            for &other in others {
                warnings.push(format!(
                    "{}: is not read, for there is {}; remove one of them",
                    locate(NAMES[other]),
                    NAMES[*used]
                ));
            }
        }
        for name in &self.overlooked {
            let lower = name.to_ascii_lowercase();
            warnings.push(format!("{}: is not read; rename it to {lower}", locate(name)));
        }
        warnings
    }
}

/// Returns true if a name is a descriptor's in any letter case.
pub(crate) fn is_like_descriptor(name: &str) -> bool {
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_name_counts_and_the_others_are_told() {
        let mut names = FoundNames::default();
        assert_eq!(names.descriptor(), None);
        for name in ["datapackage.yaml", "datapackage.json", "Resource.json", "schema.json", "DATAPACKAGE.JSON"] {
            names.add(name);
        }
        assert_eq!(names.descriptor(), Some("datapackage.json"));
        let expected = [
            "p/datapackage.yaml: is not read, for there is datapackage.json; remove one of them",
            "p/Resource.json: is not read; rename it to resource.json",
            "p/DATAPACKAGE.JSON: is not read; rename it to datapackage.json",
        ];
        assert_eq!(names.warnings(|name| format!("p/{name}")), expected);
        names.add("resource.json");
        assert_eq!(names.descriptor(), Some("resource.json"));
    }
}
