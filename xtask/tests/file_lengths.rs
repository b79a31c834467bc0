//! A file of code with over 400 lines is two nouns: it is split, or stands in the list below with its reason.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

/// Most lines of a file.
const LINES: usize = 400;

/// Longer files, each with its reason.
const EXCEPTIONS: &[(&str, &str)] = &[];

/// Folders with the code of a crate.
const SOURCES: [&str; 8] = [
    "worker/src",
    "worker/csv/src",
    "worker/engine/src",
    "statemachine/src",
    "stack/src",
    "stack/connector/src",
    "stack/host/src",
    "xtask/src",
];

#[test]
fn no_file_is_over_400_lines_without_a_reason() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for folder in SOURCES {
        add_files(&root.join(folder), &mut files);
    }
    assert!(files.len() > 300, "only {} files were found", files.len());
    let long: Vec<(String, usize)> = files
        .iter()
        .map(|file| {
            let lines = fs::read_to_string(file).unwrap().lines().count();
            (file.strip_prefix(root).unwrap().to_str().unwrap().to_owned(), lines)
        })
        .filter(|(_, lines)| *lines > LINES)
        .collect();
    let is_excepted = |name: &str| EXCEPTIONS.iter().any(|(file, _)| *file == name);
    let new: Vec<_> = long.iter().filter(|(name, _)| !is_excepted(name)).collect();
    assert!(new.is_empty(), "split these files by what they do: {new:?}");
    let short: Vec<_> = EXCEPTIONS.iter().filter(|(file, _)| long.iter().all(|(name, _)| name != file)).collect();
    assert!(short.is_empty(), "these files are short or gone, so they are no exceptions: {short:?}");
}

/// The files of a folder and those below it, but for tests.
fn add_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if name != "tests" {
                add_files(&path, files);
            }
        } else if name.ends_with(".rs") && name != "tests.rs" {
            files.push(path);
        }
    }
}
