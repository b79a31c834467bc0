//! Names that a module passes on: `pub use number::Number` in `types` makes `types::Number` of `types::number::Number`.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::{Path, absolute, paths};

/// Most re-exports that are followed for one name.
const STEPS: usize = 8;

/// Paths of re-exported names, and the paths for which they stand.
pub(super) struct Exports(BTreeMap<Path, Path>);

impl Exports {
    /// Finds the re-exports in the code of all modules. The names of `pub use module::*` are unknown and left out.
    pub(super) fn of(codes: &BTreeMap<Path, String>) -> Self {
        let mut exports = BTreeMap::new();
        for (module, code) in codes {
            let inside = codes.keys().filter(|other| other.len() == module.len() + 1 && other.starts_with(module));
            let inside: BTreeSet<&str> = inside.filter_map(|other| other.last().map(String::as_str)).collect();
            for used in code.split(';').filter_map(exported) {
                let first = used.split("::").next().unwrap_or_default();
                for path in paths(used, &[first]) {
                    let whole = match inside.contains(first) {
                        true => Some([&module[..], &path].concat()),
                        false => absolute(module, &path),
                    };
                    if let Some(whole) = whole
                        && let Some(name) = whole.last()
                    {
                        exports.insert([&module[..], std::slice::from_ref(name)].concat(), whole);
                    }
                }
            }
        }
        Self(exports)
    }

    /// Returns the path at which a name is declared.
    pub(super) fn resolved(&self, path: Path) -> Path {
        let mut path = path;
        for _ in 0..STEPS {
            let passed_on = (1..=path.len()).rev().find_map(|length| Some((length, self.0.get(&path[..length])?)));
            match passed_on {
                Some((length, whole)) if whole[..] != path[..length] => path = [whole, &path[length..]].concat(),
                _ => break,
            }
        }
        path
    }
}

/// Returns the path in a statement `pub use` or `pub(crate) use`; `None` for any other statement.
fn exported(statement: &str) -> Option<&str> {
    let (before, used) = statement.rsplit_once("use ")?;
    let visibility = before.rsplit(['}', '\n']).next().unwrap_or_default().trim();
    visibility.starts_with("pub").then(|| used.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_followed_to_where_it_is_declared() {
        let path = |text: &str| -> Path { text.split("::").map(str::to_owned).collect() };
        let codes = [
            ("a", "mod b;\npub use b::{C, D};\nuse b::E;\npub(crate) use crate::f::G;"),
            ("a::b", "struct C; struct E; pub use super::super::f::D;"),
            ("f", "struct G; struct D;"),
        ];
        let codes = codes.map(|(module, code)| (path(module), code.to_owned())).into_iter().collect();
        let exports = Exports::of(&codes);
        for (used, declared) in [
            ("a::C::new", "a::b::C::new"),
            ("a::D", "f::D"),
            ("a::E", "a::E"),
            ("a::G", "f::G"),
            ("a::b::C", "a::b::C"),
        ] {
            assert_eq!(exports.resolved(path(used)), path(declared), "{used}");
        }
    }
}
