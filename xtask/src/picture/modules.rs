//! Finds the modules of a crate, and which of them use which.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::exports::Exports;
use super::paths::{absolute, paths};

/// Crates of the workspace that can be used, as they are written in paths.
const CRATES: [&str; 3] = ["sluice_csv", "sluice_engine", "statemachine"];

/// A file of a crate.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// The first sentence of the file's documentation.
    pub(super) about: String,
    /// Other modules of the same crate that the file uses.
    pub(super) uses: BTreeSet<String>,
    /// Other crates of the workspace that the file uses.
    pub(super) crates: BTreeSet<String>,
}

/// Returns the modules of the crate whose sources are in `folder`, by path (`emit::parquet`), without its root and
/// without tests.
///
/// # Errors
/// When a file cannot be read.
pub(super) fn modules(folder: &Path) -> Result<BTreeMap<String, Module>> {
    let mut files = BTreeMap::new();
    let mut of_tests = BTreeSet::new();
    read_folder(folder, &[], &mut files)?;
    for (path, text) in &files {
        of_tests.extend(test_modules(text).into_iter().map(|name| joined(path, &name)));
    }
    let is_of_tests = |path: &[String]| (1..=path.len()).any(|length| of_tests.contains(&path[..length].join("::")));
    files.retain(|path, _| !is_of_tests(path));
    let known: BTreeSet<String> = files.keys().map(|path| path.join("::")).collect();
    let mut modules = BTreeMap::new();
    let codes = files.iter().map(|(path, text)| (path.clone(), code(text))).collect();
    let exports = Exports::of(&codes);
    for (path, text) in &files {
        if path.is_empty() {
            continue;
        }
        let mut module = Module { about: about(text), ..Module::default() };
        for used in paths(&codes[path], &CRATES) {
            match absolute(path, &used) {
                Some(whole) => module.uses.extend(module_of(&exports.resolved(whole), &known)),
                None => module.crates.extend(used.into_iter().next()),
            }
        }
        let own = path.join("::");
        module.uses.remove(&own);
        modules.insert(own, module);
    }
    Ok(modules)
}

fn joined(path: &[String], name: &str) -> String {
    path.iter().map(String::as_str).chain([name]).collect::<Vec<_>>().join("::")
}

/// Reads all Rust files below a folder, by module.
fn read_folder(folder: &Path, path: &[String], files: &mut BTreeMap<Vec<String>, String>) -> Result<()> {
    let at = || folder.display().to_string();
    for entry in fs::read_dir(folder).with_context(at)? {
        let entry = entry.with_context(at)?.path();
        let Some(name) = entry.file_stem().and_then(|name| name.to_str()) else { continue };
        let mut inner = path.to_vec();
        if !matches!(name, "mod" | "lib" | "main") {
            inner.push(name.to_owned());
        }
        if entry.is_dir() {
            read_folder(&entry, &inner, files)?;
        } else if entry.extension().is_some_and(|extension| extension == "rs") && name != "main" {
            let text = fs::read_to_string(&entry).with_context(|| entry.display().to_string())?;
            files.insert(inner, text);
        }
    }
    Ok(())
}

/// Returns the modules that a file declares for tests only.
fn test_modules(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_for_tests = false;
    for line in text.lines().map(str::trim) {
        let declared = line.strip_prefix("pub(crate) ").unwrap_or(line).strip_prefix("mod ");
        if let Some(name) = declared.filter(|_| is_for_tests) {
            names.push(name.trim_end_matches([';', '{', ' ']).to_owned());
        }
        is_for_tests = line == "#[cfg(test)]" || is_for_tests && line.starts_with("#[");
    }
    names
}

/// Returns the code of a file: without comments, and without the tests at its end.
fn code(text: &str) -> String {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..end].lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Returns the first sentence of the documentation of a file.
fn about(text: &str) -> String {
    let lines = text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
    let paragraph: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    let paragraph = paragraph.join(" ");
    match paragraph.find(". ") {
        Some(end) => paragraph[..end].to_owned(),
        None => paragraph.trim_end_matches('.').to_owned(),
    }
}

/// Returns the innermost module in the path of a name; `None` if that is the root of the crate.
fn module_of(path: &[String], known: &BTreeSet<String>) -> Option<String> {
    (1..=path.len()).rev().map(|length| path[..length].join("::")).find(|module| known.contains(module))
}

/// Returns the files of each cycle, sorted; a file counts as one with the files below it.
pub(super) fn cycles(modules: &BTreeMap<String, Module>) -> Vec<Vec<String>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        modules.keys().map(|from| (from.as_str(), reachable(modules, from))).collect();
    let mut cycles = BTreeSet::new();
    for (from, others) in &reached {
        let of_cycle: Vec<String> =
            others.iter().filter(|other| reached[*other].contains(from)).map(|&other| other.to_owned()).collect();
        if of_cycle.len() > 1 {
            cycles.insert(of_cycle);
        }
    }
    cycles.into_iter().collect()
}

/// Returns all modules that a module uses, directly or not.
fn reachable<'m>(modules: &'m BTreeMap<String, Module>, from: &str) -> BTreeSet<&'m str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(next) = open.pop() {
        for used in modules.get(next).into_iter().flat_map(|module| &module.uses) {
            if modules.contains_key(used) && reached.insert(used.as_str()) {
                open.push(used);
            }
        }
    }
    reached
}

/// Returns the top modules of a crate: each with the documentation of its root, and with everything that its files use.
pub(super) fn top(modules: BTreeMap<String, Module>) -> BTreeMap<String, Module> {
    let first = |path: &str| path.split("::").next().unwrap_or_default().to_owned();
    let mut tops: BTreeMap<String, Module> = BTreeMap::new();
    for (path, module) in modules {
        let name = first(&path);
        let top = tops.entry(name.clone()).or_default();
        if path == name {
            top.about = module.about;
        }
        top.uses.extend(module.uses.iter().map(|used| first(used)).filter(|used| *used != name));
        top.crates.extend(module.crates);
    }
    tops
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn modules_of_tests_and_comments_use_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("lib.rs", "mod a;\nmod b;\n#[cfg(test)]\nmod drills;\n");
        write(
            "a.rs",
            "//! Makes a. And more.\nuse crate::b::B;\n// crate::c\n#[cfg(test)]\nmod tests { use crate::c; }\n",
        );
        write("b.rs", "//! Makes b.\nuse sluice_csv::Chunk;\nfn f() { super::a::f() }\n");
        write("c.rs", "");
        write("drills.rs", "use crate::c;");
        let modules = modules(folder.path()).unwrap();
        assert_eq!(modules.keys().map(String::as_str).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(modules["a"].about, "Makes a");
        assert_eq!(modules["a"].uses, BTreeSet::from(["b".to_owned()]));
        assert_eq!(modules["b"].crates, BTreeSet::from(["sluice_csv".to_owned()]));
        assert_eq!(cycles(&modules), [["a", "b"]]);
    }
}
