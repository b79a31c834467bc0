//! Drills in a folder whose parts are swapped for links to another place.

use super::*;
use crate::store::hooked::{Before, HookedStore, Operation};
use crate::store::{FolderStore, StoreFuture};

/// A hook that swaps a part of a folder for a link to another place before the operation `nth`, and puts the part back before a
/// later operation; the process may be killed in between.
#[derive(Clone, Debug)]
struct Swap {
    part: std::path::PathBuf,
    outside: std::path::PathBuf,
    nth: u64,
    /// Number of operations until the part is put back; `None` if the process is killed before.
    back: Option<u64>,
    done: Arc<std::sync::atomic::AtomicU64>,
}

impl Swap {
    fn aside(&self) -> std::path::PathBuf {
        self.part.with_extension("aside")
    }

    /// Swaps the part and the entry that is aside, in one step: no other process finds the part missing in between, and makes it
    /// again.
    fn exchange(&self) -> bool {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        renameat_with(CWD, &self.part, CWD, self.aside(), RenameFlags::EXCHANGE).is_ok()
    }

    /// Puts a link in the place of the part, which is moved aside if it exists.
    fn swap(&self) {
        std::fs::create_dir_all(self.part.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(&self.outside, self.aside()).unwrap();
        if !self.exchange() {
            // There is no such part: the link takes its place, unless it is made in this moment.
            let _ = std::fs::hard_link(self.aside(), &self.part);
            std::fs::remove_file(self.aside()).unwrap();
        }
    }

    fn put_back(&self) {
        if self.part.is_symlink() {
            let link = if self.exchange() { self.aside() } else { self.part.clone() };
            std::fs::remove_file(link).unwrap();
        }
    }

    fn operation(&self) -> Result<(), StoreError> {
        let number = self.done.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        if number == self.nth {
            self.swap();
        }
        match self.back {
            Some(back) if number == self.nth + back => self.put_back(),
            // The process is killed two operations later.
            None if number > self.nth + 2 => {
                return Err(StoreError::Unreachable { at: "drill".to_owned(), reason: "killed".to_owned() });
            }
            _ => {}
        }
        Ok(())
    }
}

impl Before for Swap {
    fn before<'a>(&'a self, _: Operation<'a>) -> StoreFuture<'a, ()> {
        Box::pin(async { self.operation() })
    }
}

/// Returns the outputs in a folder, and the keys of its records without their versions.
fn outputs_in(root: &std::path::Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(folder: &std::path::Path, root: &std::path::Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let key = path.strip_prefix(root).unwrap().display().to_string();
            if path.is_symlink() {
                panic!("{key} is a link");
            } else if path.is_dir() {
                walk(&path, root, found);
            } else if let Some((file, _version)) =
                key.strip_prefix("_sluice/ledger/").and_then(|key| key.rsplit_once('/'))
            {
                found.insert(format!("record of {file}"), Vec::new());
            } else if !key.starts_with("_sluice/") {
                found.insert(key, std::fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(root, root, &mut found);
    found
}

fn filled_folder() -> tempfile::TempDir {
    // In memory if possible: the drill syncs thousands of times, and simulates no failing machine.
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    for (key, text) in
        [("a/incoming/good.csv", GOOD), ("a/incoming/ragged.csv", RAGGED), ("b/c/incoming/empty.csv", "")]
    {
        let path = folder.path().join(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

#[tokio::test]
async fn links_swapped_in_before_any_operation_let_nothing_out_and_change_nothing() {
    let undisturbed = filled_folder();
    run_on(FolderStore::open(undisturbed.path()).unwrap()).await;
    let expected = outputs_in(undisturbed.path());
    assert_eq!(expected.len(), 9, "{expected:?}");
    for part in [
        "a/clean",
        "a/rejects",
        "a/incoming",
        "a",
        "_sluice/ledger",
        "_sluice/ledger/a",
        "_sluice/runs",
        "_sluice/staging",
    ] {
        for back in [None, Some(1), Some(3)] {
            for nth in 0.. {
                let (folder, outside) = (filled_folder(), tempfile::tempdir().unwrap());
                let swap = Swap {
                    part: folder.path().join(part),
                    outside: outside.path().to_owned(),
                    nth,
                    back,
                    done: Arc::default(),
                };
                // The result does not matter: the process was killed, or has told the user to run again.
                let store = HookedStore::new(FolderStore::open(folder.path()).unwrap(), swap.clone());
                let _ = run(&context(store), &Request::default(), |_| {}, &mut |_| {}).await;
                assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0, "{part} {back:?} {nth}");
                swap.put_back();
                let operations = swap.done.load(std::sync::atomic::Ordering::SeqCst);
                run_on(FolderStore::open(folder.path()).unwrap()).await;
                let mut outcome = outputs_in(folder.path());
                // What was made in the place of a folder that was put back later is a copy beside that folder.
                outcome.retain(|key, _| !key.contains(".aside"));
                assert_eq!(outcome, expected, "{part} {back:?} at operation {nth}");
                if operations <= nth {
                    assert!(nth > 8, "the drill has to reach into the run");
                    break;
                }
            }
        }
    }
}
