//! Finds paths to other modules in the text of a Rust file.

/// A path as it is written, with its groups expanded: `crate::a::{b, c::D}` is `crate::a::b` and
/// `crate::a::c::D`.
pub(super) type Path = Vec<String>;

/// Returns all paths in `code` that begin with `crate`, `super`, or one of these crates.
pub(super) fn paths(code: &str, crates: &[&str]) -> Vec<Path> {
    let mut found = Vec::new();
    let words = code.split_inclusive(|letter: char| !is_of_name(letter));
    let mut at = 0;
    for word in words {
        let (start, end) = (at, at + word.len());
        at = end;
        let name = word.trim_end_matches(|letter: char| !is_of_name(letter));
        let is_first = !code[..start].ends_with("::") && !code[..start].ends_with('$');
        let rest = &code[start + name.len()..];
        if is_first && rest.starts_with("::") && (name == "crate" || name == "super" || crates.contains(&name)) {
            let mut reader = Reader { code: &code[start..], at: 0 };
            reader.path(&Vec::new(), &mut found);
        }
    }
    found
}

/// Returns a path of the module `from` as a path from the root of the crate; `None` for a path into another
/// crate.
pub(super) fn absolute(from: &[String], path: &[String]) -> Option<Path> {
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "super" => {
            let ups = path.iter().take_while(|name| *name == "super").count();
            Some([&from[..from.len().saturating_sub(ups)], &path[ups..]].concat())
        }
        _ => None,
    }
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Reads one path, with its groups.
struct Reader<'c> {
    code: &'c str,
    at: usize,
}

impl Reader<'_> {
    fn path(&mut self, before: &Path, found: &mut Vec<Path>) {
        let mut path = before.clone();
        loop {
            self.skip_spaces();
            if self.take("{") {
                return self.group(&path, found);
            }
            let name: String = self.code[self.at..].chars().take_while(|&letter| is_of_name(letter)).collect();
            self.at += name.len();
            if !name.is_empty() {
                path.push(name);
            }
            if !self.take("::") {
                break;
            }
        }
        found.push(path);
    }

    fn group(&mut self, before: &Path, found: &mut Vec<Path>) {
        while self.at < self.code.len() {
            self.skip_spaces();
            if self.take("}") {
                return;
            }
            let start = self.at;
            self.path(before, found);
            self.skip_spaces();
            // Skips the new name in `a as b`.
            while self.at < self.code.len() && !self.code[self.at..].starts_with([',', '}']) {
                self.at += self.code[self.at..].chars().next().map_or(1, char::len_utf8);
            }
            self.take(",");
            if self.at == start {
                return;
            }
        }
    }

    fn skip_spaces(&mut self) {
        let rest = &self.code[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn take(&mut self, token: &str) -> bool {
        let is_there = self.code[self.at..].starts_with(token);
        if is_there {
            self.at += token.len();
        }
        is_there
    }
}

#[cfg(test)]
mod tests {
    use super::paths;

    #[test]
    fn groups_are_taken_apart() {
        let code = "use crate::a::{b::{C, d as e}, F};\nfn f() { super::g(); other::h::I }\nuse std::io;";
        let found: Vec<String> = paths(code, &["other"]).into_iter().map(|path| path.join("::")).collect();
        assert_eq!(found, ["crate::a::b::C", "crate::a::b::d", "crate::a::F", "super::g", "other::h::I"]);
    }

    #[test]
    fn a_name_that_only_contains_one_is_none() {
        assert!(paths("my_crate::a; x::crate::b; $crate::c", &[]).is_empty());
    }
}
