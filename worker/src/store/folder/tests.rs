//! What a folder does otherwise than other stores.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

use super::super::{Condition, Entry};
use super::*;
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
    std::os::unix::fs::symlink(outside.path(), folder.path().join("way")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("secret.csv"), folder.path().join("link.csv")).unwrap();
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
    assert_eq!(names, ["gate"]);
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
