//! The picture of the architecture, drawn from the code: which module uses which.

mod exports;
mod modules;
mod paths;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use modules::{Module, cycles, modules, top};

/// The crates that are drawn: their names, where their sources are, and what they are for.
const CRATES: [(&str, &str, &str); 3] = [
    ("sluice-csv", "worker/csv/src", "Bytes to records: the dialect and the tokenizer."),
    ("sluice-engine", "worker/engine/src", "Records to a checked file, a folder for each stage of its way."),
    ("sluice", "worker/src", "Stores, plans, tasks and reports around it, and the command line."),
];

/// Where the picture is kept.
const PICTURE: &str = "docs/architecture.md";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Draws the picture again and writes it.
///
/// # Errors
/// When sources cannot be read or the picture cannot be written.
pub(crate) fn run() -> Result<()> {
    let path = root().join(PICTURE);
    fs::write(&path, picture()?).with_context(|| path.display().to_string())?;
    println!("{PICTURE}");
    Ok(())
}

fn picture() -> Result<String> {
    let mut text = String::from(
        "# The architecture\n\nDrawn by `cargo xtask picture` from the `use` lines of the code; a test fails when it is out of date. An arrow \
         says that\none module uses another; arrows that follow from others are left out. `docs/design.md` says why it is built like this.\n",
    );
    for (name, folder, about) in CRATES {
        let modules = modules(&root().join(folder))?;
        let cycles = cycles(&modules);
        let tops = top(modules);
        // Cannot fail: a string takes everything.
        let _ = write!(text, "\n## {name}\n\n{about}\n\n{}\n{}", diagram(&tops), table(&tops, folder));
        if !cycles.is_empty() {
            let cycles: Vec<String> = cycles.into_iter().map(|files| format!("`{}`", files.join("`, `"))).collect();
            let _ = write!(text, "\nFiles that use each other: {}.\n", cycles.join("; "));
        }
    }
    Ok(text)
}

/// Returns a [Mermaid](https://mermaid.js.org/syntax/flowchart.html) flowchart of the modules, which GitHub renders.
fn diagram(tops: &BTreeMap<String, Module>) -> String {
    let mut text = String::from("```mermaid\nflowchart LR\n");
    for name in tops.keys() {
        let _ = writeln!(text, "  {name}[{name}]");
    }
    for (from, module) in tops {
        for to in module.uses.iter().filter(|to| tops.contains_key(*to)) {
            if !follows(tops, from, to) {
                let _ = writeln!(text, "  {from} --> {to}");
            }
        }
        for other in &module.crates {
            let shown = other.replace('_', "-");
            let _ = writeln!(text, "  {from} -.-> {other}([{shown}])");
        }
    }
    text.push_str("```\n");
    text
}

/// Returns true if another module, which `from` uses and which does not use `from`, leads to `to` as well.
fn follows(tops: &BTreeMap<String, Module>, from: &str, to: &str) -> bool {
    let next = |module: &str| tops.get(module).into_iter().flat_map(|module| &module.uses).map(String::as_str);
    let leads_to = |start: &str, end: &str| {
        let (mut seen, mut open) = (BTreeSet::from([start.to_owned()]), vec![start.to_owned()]);
        while let Some(module) = open.pop() {
            if module == end {
                return true;
            }
            open.extend(next(&module).map(str::to_owned).filter(|module| seen.insert(module.clone())));
        }
        false
    };
    next(from).any(|other| other != to && leads_to(other, to) && !leads_to(other, from) && !leads_to(to, other))
}

/// Returns a table with the purpose of each module, which is the first sentence of its documentation.
fn table(tops: &BTreeMap<String, Module>, folder: &str) -> String {
    let mut text = format!("| module of `{folder}` | |\n|---|---|\n");
    for (name, module) in tops {
        let _ = writeln!(text, "| `{name}` | {} |", module.about.replace('|', "\\|"));
    }
    text
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_picture_is_that_of_the_code() {
        let kept = fs::read_to_string(root().join(PICTURE)).unwrap();
        assert!(kept == picture().unwrap(), "docs/architecture.md is out of date; run `cargo xtask picture`");
    }

    /// Folders whose files use each other on purpose: their crate, their names, and the reason.
    const FOLDERS: [(&str, &[&str], &str); 1] =
        [("sluice-engine", &["types", "typing"], "a type reads the cells of its columns, and a column asks its type")];

    /// Files that use each other on purpose: their crate, their names, and the reason.
    const FILES: [(&str, &[&str], &str); 2] = [
        (
            "sluice-engine",
            &["pattern", "pattern::branches"],
            "a matcher may consist of branches, and a branch has matchers",
        ),
        (
            "sluice-engine",
            &[
                "types",
                "types::field",
                "types::number",
                "typing::bounds",
                "typing::cell_reader",
                "typing::cells",
                "typing::column",
            ],
            "a type reads the cells of its columns, and a column asks its type",
        ),
    ];

    /// The crates whose cycles are checked: those in the picture, and others whose files are few enough to be read without a picture.
    fn crates() -> impl Iterator<Item = (&'static str, &'static str)> {
        let others = [("stack", "stack/src"), ("statemachine", "statemachine/src"), ("xtask", "xtask/src")];
        CRATES.iter().map(|(name, folder, _)| (*name, *folder)).chain(others)
    }

    fn allowed<'a>(list: &[(&str, &'a [&'a str], &str)], name: &str) -> Vec<Vec<&'a str>> {
        list.iter().filter(|it| it.0 == name).map(|it| it.1.to_vec()).collect()
    }

    #[test]
    fn no_module_uses_one_that_uses_it() {
        for (name, folder) in crates() {
            let found = cycles(&top(modules(&root().join(folder)).unwrap()));
            assert_eq!(
                found,
                allowed(&FOLDERS, name),
                "modules of {name} that use each other: cut one of the uses, or say why not in FOLDERS"
            );
        }
    }

    #[test]
    fn no_file_uses_one_that_uses_it() {
        for (name, folder) in crates() {
            let found = cycles(&modules(&root().join(folder)).unwrap());
            assert_eq!(
                found,
                allowed(&FILES, name),
                "files of {name} that use each other: move what both need to the one it belongs to, or say why not in FILES"
            );
        }
    }
}
