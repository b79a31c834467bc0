//! Locations inside each other: finds out whether outputs would be taken for inputs.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use crate::descriptor_names::is_like_descriptor;
use crate::key::Suffix;

/// The names of folders in which inputs, outputs and records are stored.
const INCOMING: &str = "incoming";
const OUTPUTS: [&str; 3] = ["clean", "rejects", "feedback"];
const OWN: &str = "_sluice";

/// Returns why DEST must not be where it is, if so; `inner` are the folders that lead from SOURCE to DEST, and `option` names DEST.
///
/// A run reads `<prefix>/incoming/…`, so a file that it writes below an `incoming` of SOURCE is an input of the next run. Below `_sluice`
/// the outputs would be among the records.
pub(super) fn destination_in_source(inner: &[String], option: &str) -> Option<String> {
    if inner.iter().any(|name| name == INCOMING) {
        let reason = "the outputs would be below an incoming/ of SOURCE and become inputs of the next run";
        return Some(format!("{reason}; name a folder for {option} that is not below one"));
    }
    is_own(inner)
}

/// Returns why SOURCE must not be where it is, if so; `inner` are the folders that lead from DEST to SOURCE, and `option` names DEST.
///
/// Outputs are stored at `<prefix>/clean/…`, `<prefix>/rejects/…` and `<prefix>/feedback/…`, and their names may contain any folders, also
/// `incoming`. A prefix is never one of these names alone, or `incoming`, so at the top they lead to no outputs.
pub(super) fn source_in_destination(inner: &[String], option: &str) -> Option<String> {
    let leads_to_outputs = |name: &String| name == INCOMING || OUTPUTS.contains(&name.as_str());
    if inner.iter().skip(1).any(leads_to_outputs) {
        let reason =
            "SOURCE is where a run writes to or reads from in the folder of outputs, so outputs could become inputs";
        return Some(format!("{reason}; name a folder for {option} that does not contain SOURCE"));
    }
    is_own(inner)
}

/// Returns why a page must not be written to a path in SOURCE or DEST, if so; `inner` are the folders that lead there, and the name of the page.
pub(super) fn page_in_source(inner: &[String]) -> Option<String> {
    let (name, folders) = inner.split_last()?;
    let elsewhere = |reason: String| Some(format!("{reason}; write the page elsewhere"));
    if folders.first().is_some_and(|folder| folder == OWN) {
        return elsewhere(format!("is in {OWN}/, where the records of SOURCE are"));
    }
    let is_taken =
        |(depth, folder): &(usize, &String)| *folder == INCOMING || *depth > 0 && OUTPUTS.contains(&folder.as_str());
    if let Some((_, folder)) = folders.iter().enumerate().find(is_taken) {
        return elsewhere(format!("is below a folder {folder}, which a run reads from or writes to"));
    }
    if is_like_descriptor(name) {
        return elsewhere("has the name of a descriptor".to_owned());
    }
    None
}

fn is_own(inner: &[String]) -> Option<String> {
    let inside = inner.first().is_some_and(|name| name == OWN);
    inside.then(|| {
        "one of the two would be in _sluice/, where the records of the other are; name another folder".to_owned()
    })
}

/// Returns the folders that lead from `outer` to `inner`; `None` if `inner` is not inside `outer`. Folders are compared by device and inode and,
/// where the kernel lists mounts, by their path in their file system, so that neither symbolic links nor bind mounts hide anything.
pub(super) fn path_between(outer: &Path, inner: &Path) -> Option<Vec<String>> {
    let names = |below: &Path| below.components().map(|name| name.as_os_str().to_string_lossy().into_owned()).collect();
    let identity = |path: &Path| fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
    let (wanted, inner) = (identity(outer)?, resolved(inner));
    if let Some(above) = inner.ancestors().find(|above| identity(above) == Some(wanted)) {
        return inner.strip_prefix(above).ok().map(names);
    }
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let (outer, inner) = (mounted(&mounts, &resolved(outer))?, mounted(&mounts, &inner)?);
    if outer.0 != inner.0 {
        return None;
    }
    inner.1.strip_prefix(outer.1).ok().map(names)
}

/// Returns the device of a path and its path in the file system of that device, from the list of mounts (proc_pid_mountinfo(5)):
/// `36 35 98:0 /root/in/device /mount/point rw - ext4 …`.
fn mounted<'a>(mounts: &'a str, path: &Path) -> Option<(&'a str, PathBuf)> {
    let mounted = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(2);
        let (device, root, point) = (fields.next()?, unescaped(fields.next()?), unescaped(fields.next()?));
        let below = path.strip_prefix(&point).ok()?;
        // Joining an empty path would add a slash, which would make it another path.
        let path_there = if below == Path::new("") { root } else { root.join(below) };
        Some((point.components().count(), device, path_there))
    });
    // The innermost mount counts; of several mounts at the same point, the last one is visible.
    mounted.max_by_key(|(depth, ..)| *depth).map(|(_, device, path_there)| (device, path_there))
}

/// Decodes a path as the kernel writes it: space, tab, newline and backslash in octal.
fn unescaped(field: &str) -> PathBuf {
    let escapes = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    escapes.iter().fold(field.to_owned(), |path, (escape, character)| path.replace(escape, character)).into()
}

/// Returns a path without symbolic links as far as it exists; the rest stays as given.
pub(super) fn resolved(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut rest = Vec::new();
    let mut there = absolute.as_path();
    loop {
        if let Ok(found) = fs::canonicalize(there) {
            return rest.iter().rev().fold(found, |found, name| found.join(name));
        }
        match (there.components().next_back(), there.parent()) {
            (Some(name @ (Component::Normal(_) | Component::ParentDir)), Some(above)) => {
                rest.push(name.as_os_str().to_owned());
                there = above;
            }
            _ => return absolute,
        }
    }
}

/// Returns true if a run would take this file as input: it is below a folder `incoming` and has the name of a data file.
pub(super) fn is_input(path: &Path) -> bool {
    let path = resolved(path);
    let is_data = path.file_name().is_some_and(|name| Suffix::of(&name.to_string_lossy()).is_some());
    is_data && path.ancestors().skip(1).any(|above| above.file_name().is_some_and(|name| name == INCOMING))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn names(path: &str) -> Vec<String> {
        path.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    #[test]
    fn outputs_below_an_incoming_or_among_the_records_are_refused() {
        for path in ["p/incoming", "incoming", "p/incoming/out/deep", "a/b/incoming", "_sluice", "_sluice/ledger/p"] {
            assert!(destination_in_source(&names(path), "--clean").is_some(), "{path}");
        }
        for path in ["", "out", "clean", "p/clean", "out/_sluice"] {
            assert_eq!(destination_in_source(&names(path), "--clean"), None, "{path}");
        }
    }

    #[test]
    fn a_source_among_the_outputs_is_refused() {
        for path in ["p/clean", "p/rejects/x", "p/incoming", "a/b/clean/c", "_sluice/staging"] {
            assert!(source_in_destination(&names(path), "--clean").is_some(), "{path}");
        }
        for path in ["", "data", "incoming", "clean/today", "a/b"] {
            assert_eq!(source_in_destination(&names(path), "--clean"), None, "{path}");
        }
    }

    #[test]
    fn a_page_is_not_written_where_a_run_reads_or_writes() {
        for path in
            ["_sluice/runs/r/report.json", "p/incoming/x.html", "p/clean/x", "p/feedback/a/x", "p/Resource.json"]
        {
            assert!(page_in_source(&names(path)).is_some(), "{path}");
        }
        for path in ["", "report.html", "p/report.html", "clean/report.html", "p/clean"] {
            assert_eq!(page_in_source(&names(path)), None, "{path}");
        }
    }

    #[test]
    fn a_path_is_found_through_links_and_to_what_is_not_there_yet() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("data/p/incoming")).unwrap();
        std::os::unix::fs::symlink(at("data/p/incoming"), at("link")).unwrap();
        std::os::unix::fs::symlink(at("data"), at("other")).unwrap();
        assert_eq!(path_between(&at("data"), &at("link/out/deep")).unwrap(), ["p", "incoming", "out", "deep"]);
        assert_eq!(path_between(&at("other"), &at("data/./p/../p/incoming")).unwrap(), ["p", "incoming"]);
        assert_eq!(path_between(&at("data"), &at("data")).unwrap(), [""; 0]);
        assert_eq!(path_between(&at("data"), &at("elsewhere/incoming")), None);
    }

    #[test]
    fn a_bind_mount_is_found_by_its_place_in_the_file_system() {
        let mounts = "1 0 8:1 / / rw - ext4 /dev/sda rw\n2 1 8:1 /data/p/incoming /mnt/b\\040d rw - ext4 /dev/sda rw\n\
                      3 1 8:2 / /mnt/other rw - ext4 /dev/sdb rw\n";
        let at = |path: &str| mounted(mounts, Path::new(path)).unwrap();
        assert_eq!(at("/data"), ("8:1", "/data".into()));
        assert_eq!(at("/mnt/b d"), ("8:1", "/data/p/incoming".into()));
        assert_eq!(at("/mnt/b d/out"), ("8:1", "/data/p/incoming/out".into()));
        assert_eq!(at("/mnt/other/x"), ("8:2", "/x".into()));
    }
}
