//! Behaviour of a folder that other stores do not share.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::super::open_folder::STAGING;
use super::super::root::Use;
use super::super::{Condition, Entry};
use super::*;
use crate::clock::Clock;
use crate::key::Ignored;

fn store() -> (tempfile::TempDir, FolderStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::open(folder.path()).unwrap();
    (folder, store)
}

#[tokio::test]
async fn no_key_leaves_the_root() {
    let (folder, store) = store();
    for key in ["../x", "a/../../x", "/etc/passwd", "a//b", "./a", "", "a\0b", "_sluice/staging/x"] {
        let error = store.head(key).await.unwrap_err();
        assert!(matches!(error, StoreError::Invalid { .. }), "{key:?}: {error}");
        let error = store.put(key, vec![], Condition::Always).await.unwrap_err();
        assert!(matches!(error, StoreError::Invalid { .. }), "{key:?}: {error}");
    }
    drop(folder);
}

#[tokio::test]
async fn the_same_bytes_written_again_are_another_version() {
    let (_folder, store) = store();
    let first = store.put("a.csv", b"x".to_vec(), Condition::Always).await.unwrap();
    let second = store.put("a.csv", b"x".to_vec(), Condition::Always).await.unwrap();
    assert_ne!(first, second);
}

#[tokio::test]
async fn symbolic_links_are_listed_as_ignored_and_not_followed() {
    let (folder, store) = store();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.csv"), "x").unwrap();
    symlink(outside.path(), folder.path().join("way")).unwrap();
    symlink(outside.path().join("secret.csv"), folder.path().join("link.csv")).unwrap();
    let page = store.list(Scope::default()).page().await.unwrap();
    let ignored = |key: &str| Entry::Ignored(Ignored::SymbolicLink, key.to_owned());
    assert_eq!(page, [ignored("link.csv"), ignored("way")]);
    for key in ["link.csv", "way/secret.csv"] {
        assert!(matches!(store.open(key, None, None).await, Err(StoreError::Invalid { .. })), "{key}");
    }
    let error = store.put("way/new.csv", b"x".to_vec(), Condition::Always).await.unwrap_err();
    assert!(matches!(error, StoreError::Invalid { .. }), "{error}");
    assert!(!outside.path().join("new.csv").exists());
}

#[tokio::test]
async fn names_that_are_not_utf_8_are_listed_as_ignored() {
    let (folder, store) = store();
    fs::write(folder.path().join(std::ffi::OsStr::from_bytes(b"a\xff.csv")), "x").unwrap();
    let page = store.list(Scope::default()).page().await.unwrap();
    assert_eq!(page, [Entry::Ignored(Ignored::NotUtf8, "a\u{fffd}.csv".to_owned())]);
}

#[tokio::test]
async fn a_file_that_grows_while_it_is_read_is_an_error_of_the_reader() {
    let (folder, store) = store();
    let path = folder.path().join("a.csv");
    fs::write(&path, "a,b\n").unwrap();
    let (_, mut body) = store.open("a.csv", None, None).await.unwrap();
    fs::write(&path, "a,b\n1,2\n").unwrap();
    let error = body.read_to_end(&mut Vec::new()).unwrap_err();
    let at = path.display().to_string();
    assert_eq!(StoreError::from_io(String::new(), error), StoreError::Changed { at });
}

#[tokio::test]
async fn a_file_that_is_replaced_while_it_is_read_is_read_to_its_end() {
    let (folder, store) = store();
    let path = folder.path().join("a.csv");
    fs::write(&path, "old").unwrap();
    let (_, mut body) = store.open("a.csv", None, None).await.unwrap();
    fs::write(folder.path().join("b.csv"), "new").unwrap();
    fs::rename(folder.path().join("b.csv"), &path).unwrap();
    let mut text = String::new();
    body.read_to_string(&mut text).unwrap();
    assert_eq!(text, "old");
}

#[tokio::test]
async fn a_key_below_a_file_says_that_one_of_the_two_must_be_renamed() {
    let (_folder, store) = store();
    store.put("a.csv", vec![], Condition::Always).await.unwrap();
    let error = store.put("a.csv/b.csv", vec![], Condition::Always).await.unwrap_err();
    assert!(matches!(error, StoreError::Invalid { .. }), "{error}");
    store.put("c/d.csv", vec![], Condition::Always).await.unwrap();
    for condition in [Condition::Always, Condition::IfAbsent] {
        let error = store.put("c", vec![], condition).await.unwrap_err();
        assert!(matches!(error, StoreError::Invalid { .. }), "{error}");
    }
}

#[tokio::test]
async fn what_a_killed_process_left_in_staging_is_removed_by_the_next() {
    let (folder, store) = store();
    let left = folder.path().join(STAGING).join("run-killed");
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("alive"), "").unwrap();
    fs::write(left.join("half"), "x").unwrap();
    let in_use = folder.path().join(STAGING).join("run-in-use");
    fs::create_dir_all(&in_use).unwrap();
    let alive = File::create(in_use.join("alive")).unwrap();
    alive.lock().unwrap();
    store.put("a.csv", b"x".to_vec(), Condition::IfAbsent).await.unwrap();
    assert!(!left.exists());
    assert!(in_use.exists());
}

#[tokio::test]
async fn a_record_is_there_at_once_and_once() {
    let (folder, store) = store();
    for number in 0..20 {
        let key = format!("_sluice/ledger/a/incoming/{number}.csv/1.json");
        let etag = store.put_record(&key, b"{}".to_vec(), Condition::IfAbsent).await.unwrap();
        assert_eq!(store.head(&key).await.unwrap().etag, etag);
        let again = store.put_record(&key, b"{}".to_vec(), Condition::IfAbsent).await.unwrap_err();
        assert!(matches!(again, StoreError::AlreadyExists { .. }), "{again}");
        store.put_record(&key, b"{1}".to_vec(), Condition::Always).await.unwrap();
        assert_eq!(fs::read(folder.path().join(&key)).unwrap(), b"{1}");
    }
    store.keep_records().await.unwrap();
}

#[tokio::test]
async fn operations_on_one_thread_do_what_they_do_elsewhere() {
    let (_folder, store) = store();
    let thread = super::super::on_one_thread(async move {
        store.put("a/b.csv", b"text".to_vec(), Condition::IfAbsent).await.unwrap();
        assert_eq!(store.get("a/b.csv", 10).await.unwrap().1, b"text");
        let mut staged = store.stage("a/c.csv", None).await.unwrap();
        let runtime = tokio::runtime::Handle::current();
        // Blocking work may wait for a future in turn, as the writer of rejects does.
        let found = blocking(move || {
            staged.write_all(b"x").unwrap();
            runtime.block_on(staged.commit(Condition::IfAbsent)).unwrap();
            runtime.block_on(store.head("a/c.csv")).unwrap()
        });
        assert_eq!(found.await.bytes, 1);
        (std::thread::current().id(), blocking(|| std::thread::current().id()).await)
    });
    let (one, other) = thread.await;
    assert_eq!(one, other);
    assert_ne!(one, std::thread::current().id());
    assert_ne!(blocking(|| std::thread::current().id()).await, std::thread::current().id());
}

#[tokio::test]
async fn what_is_dropped_ends_on_its_thread_too() {
    let (ended, end) = tokio::sync::oneshot::channel::<()>();
    let (began, begin) = tokio::sync::oneshot::channel();
    let work = tokio::spawn(super::super::on_one_thread(async move {
        let _ended = ended;
        began.send(()).unwrap();
        std::future::pending::<()>().await;
    }));
    begin.await.unwrap();
    work.abort();
    assert!(end.await.is_err());
}

#[tokio::test]
async fn a_store_that_goes_leaves_nothing_staged() {
    let (folder, store) = store();
    let mut staged = store.stage("a.csv", None).await.unwrap();
    staged.write_all(b"half").unwrap();
    drop((staged, store));
    let names: Vec<_> = fs::read_dir(folder.path().join(STAGING)).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, [""; 0]);
}

#[tokio::test]
async fn a_stamped_file_has_the_time_of_its_source() {
    let (folder, store) = store();
    let modified = std::time::UNIX_EPOCH + std::time::Duration::new(1_000_000, 500);
    let stamp = Stamp { version: "1".to_owned(), bytes: 0, modified };
    let mut staged = store.stage("a.csv", Some(stamp)).await.unwrap();
    staged.commit(Condition::IfAbsent).await.unwrap();
    assert_eq!(fs::metadata(folder.path().join("a.csv")).unwrap().modified().unwrap(), modified);
    assert_eq!(store.head("a.csv").await.unwrap().last_modified, modified);
}

/// Makes a store for each way in which paths are resolved: by the kernel, and by segments.
fn both_ways() -> [(tempfile::TempDir, FolderStore); 2] {
    let (by_kernel, by_segments) = (store(), store());
    by_segments.1.folder.root.walk_by_segments();
    [by_kernel, by_segments]
}

async fn put(store: &FolderStore, key: &str, text: &str) -> Result<String, StoreError> {
    store.put(key, text.as_bytes().to_vec(), Condition::Always).await
}

#[tokio::test]
async fn no_operation_follows_a_link_wherever_it_is_on_the_way() {
    for (folder, store) in both_ways() {
        let outside = tempfile::tempdir().unwrap();
        fs::create_dir_all(outside.path().join("deep")).unwrap();
        fs::write(outside.path().join("deep/secret.csv"), "x").unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        symlink(outside.path(), folder.path().join("a/way")).unwrap();
        symlink(outside.path().join("deep"), folder.path().join("a/end")).unwrap();
        symlink(outside.path().join("deep/secret.csv"), folder.path().join("a/link.csv")).unwrap();
        for key in ["a/way/deep/secret.csv", "a/end/secret.csv", "a/link.csv"] {
            let refused = |error: StoreError| assert!(error.to_string().contains("link"), "{key}: {error}");
            refused(store.head(key).await.unwrap_err());
            refused(store.open(key, None, None).await.err().unwrap());
        }
        for key in ["a/way/deep/new.csv", "a/end/new.csv", "a/way/new/new.csv", "a/end/secret.csv"] {
            for condition in [Condition::Always, Condition::IfAbsent, Condition::IfMatch("1".to_owned())] {
                let error = store.put(key, vec![], condition.clone()).await.unwrap_err();
                assert!(matches!(error, StoreError::Invalid { .. }), "{key}: {error}");
                let error = store.put_record(key, vec![], condition).await.unwrap_err();
                assert!(matches!(error, StoreError::Invalid { .. }), "{key}: {error}");
            }
            assert!(matches!(store.delete(key, "1").await, Err(StoreError::Invalid { .. })), "{key}");
        }
        let mut there: Vec<_> =
            fs::read_dir(outside.path().join("deep")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        there.extend(fs::read_dir(outside.path()).unwrap().map(|entry| entry.unwrap().file_name()));
        assert_eq!(there, ["secret.csv", "deep"]);
    }
}

#[tokio::test]
async fn a_store_without_openat2_does_what_others_do() {
    let [_, (folder, store)] = both_ways();
    put(&store, "a/b/c.csv", "text").await.unwrap();
    assert_eq!(store.get("a/b/c.csv", 10).await.unwrap().1, b"text");
    assert!(matches!(store.head("a/x/c.csv").await, Err(StoreError::NotFound { .. })));
    let page = store.list(Scope::default()).page().await.unwrap();
    assert_eq!(page.len(), 1);
    assert!(folder.path().join("a/b/c.csv").is_file());
}

/// Swaps a folder for a link to another place and back until `stop` is set; returns how often.
fn swap(folder: PathBuf, outside: PathBuf, stop: Arc<std::sync::atomic::AtomicBool>) -> std::thread::JoinHandle<u32> {
    use std::sync::atomic::Ordering;
    std::thread::spawn(move || {
        let aside = folder.with_extension("aside");
        let mut count = 0;
        while !stop.load(Ordering::SeqCst) {
            if fs::rename(&folder, &aside).is_ok() {
                if symlink(&outside, &folder).is_ok() {
                    std::thread::yield_now();
                    fs::remove_file(&folder).unwrap();
                    count += 1;
                }
                // A new folder may have been made in the place of the one that was moved aside.
                while fs::rename(&aside, &folder).is_err() {
                    let _ = fs::remove_dir_all(&folder);
                }
            }
        }
        count
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_folder_that_is_swapped_for_a_link_all_the_time_lets_nothing_out() {
    for (folder, store) in both_ways() {
        let outside = tempfile::tempdir().unwrap();
        let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let mut swaps = Vec::new();
        for way in ["a/clean", "_sluice/ledger"] {
            fs::create_dir_all(folder.path().join(way)).unwrap();
            swaps.push(swap(folder.path().join(way), outside.path().to_owned(), Arc::clone(&stop)));
        }
        let mut written = 0;
        let mut number = 0;
        // On a busy machine few writes get through, so the loop goes on until there are enough.
        while number < 2000 || written <= 10 && number < 200_000 {
            number += 1;
            for key in [format!("a/clean/{number}.csv"), format!("_sluice/ledger/{number}/1.json")] {
                let condition = if number % 2 == 0 { Condition::IfAbsent } else { Condition::Always };
                let put = match key.starts_with('a') {
                    true => store.put(&key, b"x".to_vec(), condition).await,
                    false => store.put_record(&key, b"x".to_vec(), condition).await,
                };
                match put {
                    Ok(_) => written += 1,
                    Err(StoreError::Invalid { .. } | StoreError::Unreachable { .. } | StoreError::NotFound { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
                let _ = store.delete(&key, "1").await;
                let _ = store.get(&key, 10).await;
            }
        }
        store.keep_records().await.unwrap();
        stop.store(true, std::sync::atomic::Ordering::SeqCst);
        for swap in swaps {
            assert!(swap.join().unwrap() > 10);
        }
        assert!(written > 10, "{written}");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }
}

#[tokio::test]
async fn what_went_to_a_folder_that_was_moved_away_is_an_error() {
    // The folder is moved between the write and the second look at it, at a moment that no test can hit. So the folder is held open
    // as the write holds it.
    let (folder, store) = store();
    let away = tempfile::tempdir_in(folder.path()).unwrap();
    put(&store, "a/clean/1.csv", "x").await.unwrap();
    let into = store.folder.root.folder("a/clean/", Use::Path).unwrap();
    fs::rename(folder.path().join("a/clean"), away.path().join("clean")).unwrap();
    for replaced in [false, true] {
        if replaced {
            fs::create_dir(folder.path().join("a/clean")).unwrap();
        }
        let error = super::super::staged_file::name_kept(&store.folder, "a/clean/2.csv", &into).unwrap_err();
        assert!(error.to_string().contains("moved away or replaced"), "{error}");
    }
}

#[tokio::test]
async fn a_lock_that_is_held_for_ever_fails_what_needs_it_and_says_who_holds_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = FolderStore::waiting(folder.path(), Duration::from_millis(30)).unwrap();
    let etag = put(&store, "a.csv", "x").await.unwrap();
    let held = File::options().write(true).open(folder.path().join("_sluice/staging/gate")).unwrap();
    held.lock().unwrap();
    for _ in 0..2 {
        let errors = [
            store.put("a.csv", vec![], Condition::IfMatch(etag.clone())).await.unwrap_err(),
            put(&store, "a.csv", "y").await.unwrap_err(),
            store.delete("a.csv", &etag).await.unwrap_err(),
        ];
        for error in errors {
            let said = error.to_string();
            assert!(said.contains("_sluice/staging/gate") && said.contains("has held this lock"), "{said}");
        }
    }
    assert_eq!(store.get("a.csv", 10).await.unwrap().1, b"x");
    // An object that does not exist yet is written nevertheless.
    store.put("b.csv", vec![], Condition::IfAbsent).await.unwrap();
    held.unlock().unwrap();
    store.put("a.csv", b"z".to_vec(), Condition::IfMatch(etag)).await.unwrap();
}

#[tokio::test]
async fn no_pipe_or_link_in_the_place_of_a_mark_or_a_file_is_waited_for_or_followed() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let fifo = |path: &Path| mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    let (folder, store) = store();
    let outside = tempfile::tempdir().unwrap();
    let staging = folder.path().join(STAGING);
    for run in ["run-fifo", "run-link", "run-folder"] {
        fs::create_dir_all(staging.join(run)).unwrap();
    }
    fifo(&staging.join("run-fifo/alive"));
    symlink(outside.path().join("made"), staging.join("run-link/alive")).unwrap();
    fs::create_dir(staging.join("run-folder/alive")).unwrap();
    symlink(outside.path(), staging.join("run-elsewhere")).unwrap();
    fs::write(outside.path().join("alive"), "").unwrap();
    fs::write(outside.path().join("kept"), "").unwrap();
    fifo(&folder.path().join("pipe.csv"));
    put(&store, "a.csv", "x").await.unwrap();
    assert!(matches!(store.open("pipe.csv", None, None).await, Err(StoreError::Invalid { .. })));
    assert!(matches!(store.head("pipe.csv").await, Err(StoreError::Invalid { .. })));
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 2);
}

/// Makes a file or folder older than any that is still being made.
fn age(path: &Path) {
    let times = fs::FileTimes::new().set_modified(Clock::System.now() - Duration::from_secs(3600));
    File::open(path).unwrap().set_times(times).unwrap();
}

#[tokio::test]
async fn what_has_no_mark_is_removed_when_it_is_old() {
    let (folder, store) = store();
    let staging = folder.path().join(STAGING);
    for name in ["run-1", "new-1", "run-2", "new-2"] {
        fs::create_dir_all(staging.join(name)).unwrap();
        fs::write(staging.join(name).join("half"), "x").unwrap();
    }
    // A folder that is still being made may have its mark before the mark is locked.
    fs::write(staging.join("new-2/alive"), "").unwrap();
    for name in ["run-1", "new-1"] {
        age(&staging.join(name));
    }
    store.tidy().await;
    let mut left: Vec<_> = fs::read_dir(&staging).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["new-2", "run-2"]);
}

#[tokio::test]
async fn tidying_needs_no_write_and_makes_nothing() {
    let (folder, store) = store();
    store.tidy().await;
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let left = folder.path().join(STAGING).join("run-killed");
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("alive"), "").unwrap();
    store.tidy().await;
    assert!(!left.exists());
}

#[tokio::test]
async fn a_change_in_place_with_its_time_put_back_is_another_version() {
    let (folder, store) = store();
    let path = folder.path().join("a.csv");
    fs::write(&path, "old").unwrap();
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    let before = store.head("a.csv").await.unwrap();
    // The clock of the file system goes on in ticks.
    let after = loop {
        fs::write(&path, "new").unwrap();
        File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
        let after = store.head("a.csv").await.unwrap();
        if after.etag != before.etag || modified.elapsed().unwrap() > Duration::from_secs(5) {
            break after;
        }
    };
    assert_eq!((after.bytes, after.last_modified), (before.bytes, before.last_modified));
    assert_ne!(after.etag, before.etag);
}

#[tokio::test]
async fn a_write_has_the_tag_that_is_seen_afterwards() {
    for (_folder, store) in both_ways() {
        for (key, condition) in [
            ("a/1", Condition::IfAbsent),
            ("a/1", Condition::Always),
            ("b/2", Condition::IfAbsent),
            ("c", Condition::Always),
        ] {
            let put = store.put(key, b"x".to_vec(), condition.clone()).await.unwrap();
            assert_eq!(store.head(key).await.unwrap().etag, put, "{key} {condition:?}");
        }
    }
}

#[tokio::test]
async fn a_record_is_dated_after_all_others_of_its_file() {
    let (folder, store) = store();
    let ahead = Clock::System.now() + Duration::from_secs(400_000_000);
    put(&store, "_sluice/ledger/a/incoming/x.csv/1.json", "{}").await.unwrap();
    let first = folder.path().join("_sluice/ledger/a/incoming/x.csv/1.json");
    File::options().write(true).open(first).unwrap().set_modified(ahead).unwrap();
    let mut last = ahead;
    for (key, condition) in [("2", Condition::IfAbsent), ("3", Condition::Always), ("2", Condition::Always)] {
        let key = format!("_sluice/ledger/a/incoming/x.csv/{key}.json");
        let etag = store.put_record(&key, b"{}".to_vec(), condition).await.unwrap();
        let object = store.head(&key).await.unwrap();
        assert!(object.last_modified > last, "{key}");
        assert_eq!(object.etag, etag);
        last = object.last_modified;
    }
    // Without a record dated in the future, a record has the time of its write.
    store.put_record("_sluice/ledger/a/incoming/y.csv/1.json", b"{}".to_vec(), Condition::IfAbsent).await.unwrap();
    assert!(store.head("_sluice/ledger/a/incoming/y.csv/1.json").await.unwrap().last_modified < ahead);
}

#[tokio::test]
async fn a_name_that_is_a_file_here_and_a_folder_there_keeps_only_its_own_object_out() {
    let (folder, store) = store();
    put(&store, "r/x.csv.jsonl", "x").await.unwrap();
    // Nothing can be below a file, so the object does not exist, which is not an error.
    assert!(matches!(store.head("r/x.csv.jsonl/y.csv.jsonl").await, Err(StoreError::NotFound { .. })));
    store.delete("r/x.csv.jsonl/y.csv.jsonl", "1").await.unwrap();
    let error = put(&store, "r/x.csv.jsonl/y.csv.jsonl", "y").await.unwrap_err();
    assert!(error.to_string().contains("rename one of the two"), "{error}");
    let etag = store.head("r/x.csv.jsonl").await.unwrap().etag;
    store.delete("r/x.csv.jsonl", &etag).await.unwrap();
    put(&store, "r/x.csv.jsonl/deep/y.csv.jsonl", "y").await.unwrap();
    assert!(matches!(store.head("r/x.csv.jsonl").await, Err(StoreError::NotFound { .. })));
    let error = store.put("r/x.csv.jsonl", vec![], Condition::IfAbsent).await.unwrap_err();
    assert!(error.to_string().contains("rename one of the two"), "{error}");
    let etag = store.head("r/x.csv.jsonl/deep/y.csv.jsonl").await.unwrap().etag;
    store.delete("r/x.csv.jsonl/deep/y.csv.jsonl", &etag).await.unwrap();
    // The remaining folders are empty, and give way to the object.
    store.put("r/x.csv.jsonl", b"x".to_vec(), Condition::IfAbsent).await.unwrap();
    assert!(folder.path().join("r/x.csv.jsonl").is_file());
}

#[tokio::test]
async fn a_path_longer_than_any_key_is_listed_as_ignored_and_the_rest_as_ever() {
    for (folder, store) in both_ways() {
        put(&store, "a/1.csv", "x").await.unwrap();
        put(&store, "c/1.csv", "x").await.unwrap();
        // Deeper than the longest possible path.
        let mut deepest = store.folder.root.folder("a/", Use::Path).unwrap();
        let name = "d".repeat(250);
        for _ in 0..20 {
            rustix::fs::mkdirat(&deepest, &name, rustix::fs::Mode::from_raw_mode(0o700)).unwrap();
            deepest = root::folder_in(&deepest, &name, Use::Path).unwrap();
        }
        let page = store.list(Scope::default()).page().await.unwrap();
        let shown: Vec<String> = page
            .iter()
            .map(|entry| match entry {
                Entry::Object(object) => object.key.clone(),
                Entry::Ignored(reason, key) => format!("{reason:?} {}", key.len()),
                Entry::Prefix(prefix) => prefix.clone(),
            })
            .collect();
        assert_eq!(shown, ["a/1.csv", "TooLong 1257", "c/1.csv"]);
        let too_long = format!("a/{}", "x/".repeat(600));
        assert!(matches!(store.head(&format!("{too_long}y")).await, Err(StoreError::Invalid { .. })));
        let scope = Scope { prefix: too_long, ..Scope::default() };
        assert_eq!(store.list(scope).page().await.unwrap(), []);
        // A temporary folder is removed by paths, which are too long here.
        let removed = std::process::Command::new("rm").arg("-rf").arg(folder.path()).status().unwrap();
        assert!(removed.success());
    }
}

#[tokio::test]
async fn folders_are_not_kept_open() {
    let (folder, store) = store();
    let opened = || fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    for number in 0..300 {
        put(&store, &format!("{number}/x/y.csv"), "x").await.unwrap();
    }
    let before = opened();
    let mut listings: Vec<_> = (0..4).map(|_| store.list(Scope::default())).collect();
    for listing in &mut listings {
        assert_eq!(listing.page().await.unwrap().len(), 300);
    }
    // The bound has room for files that other tests open at the same time.
    assert!(opened() < before + 200, "{before} {}", opened());
    drop(folder);
}

#[test]
fn a_new_folder_of_outputs_is_made_with_all_on_its_way() {
    let folder = tempfile::tempdir().unwrap();
    FolderStore::create(&folder.path().join("a/b/c")).unwrap();
    FolderStore::create(&folder.path().join("a/b/c")).unwrap();
    assert!(folder.path().join("a/b/c").is_dir());
    fs::write(folder.path().join("file"), "").unwrap();
    assert!(matches!(FolderStore::create(&folder.path().join("file/x")), Err(StoreError::Invalid { .. })));
}

#[tokio::test]
async fn a_key_with_a_name_that_the_file_system_does_not_take_is_refused_before_the_write() {
    let (_folder, store) = store();
    let key = |bytes: usize| format!("a/clean/{}", "x".repeat(bytes));
    for bytes in [1, 140, 141, 255] {
        store.check_key(&key(bytes)).unwrap();
        put(&store, &key(bytes), "x").await.unwrap();
    }
    assert!(matches!(store.check_key(&key(256)), Err(StoreError::Invalid { .. })));
    assert!(matches!(store.head(&key(256)).await, Err(StoreError::NotFound { .. })));
    assert!(matches!(store.check_key(&"long/".repeat(205)), Err(StoreError::Invalid { .. })));
}

#[test]
fn another_file_system_below_the_outputs_is_called_that() {
    let (_folder, store) = store();
    let said = store.folder.failed("a/clean/x.csv", Errno::XDEV).to_string();
    assert!(said.contains("a/clean/x.csv: this is on another file system than _sluice/staging"), "{said}");
}
