//! What every store does alike.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read, Write};

use super::{Condition, Entry, FolderStore, MemoryStore, Scope, Store, StoreError};

/// Runs each named test over every store.
macro_rules! over_all_stores {
    ($($name:ident,)*) => {
        mod memory {
            $(#[tokio::test]
            async fn $name() {
                super::$name(&super::MemoryStore::new()).await;
            })*
        }
        mod folder {
            $(#[tokio::test]
            async fn $name() {
                let folder = tempfile::tempdir().unwrap();
                super::$name(&super::FolderStore::open(folder.path()).unwrap()).await;
            })*
        }
    };
}

over_all_stores! {
    what_is_put_is_got,
    a_missing_object_is_not_found,
    keys_with_odd_names_are_kept,
    a_range_is_read,
    a_version_that_is_gone_is_changed,
    an_object_that_is_there_is_not_put_if_absent,
    an_object_is_replaced_only_if_it_matches,
    of_many_writers_if_absent_one_wins,
    a_refused_commit_can_be_made_again_under_another_condition,
    a_staged_write_is_not_seen_before_its_commit,
    a_delete_takes_only_the_version_that_it_names,
    a_listing_is_in_the_order_of_the_bytes,
    a_listing_begins_behind_a_key,
    a_listing_keeps_to_its_prefix,
    a_delimiter_folds_what_is_below_it,
    a_listing_of_nothing_is_empty,
}

async fn put(store: &dyn Store, key: &str, text: &str) -> String {
    store.put(key, text.as_bytes().to_vec(), Condition::Always).await.unwrap()
}

async fn get(store: &dyn Store, key: &str) -> String {
    String::from_utf8(store.get(key, 1000).await.unwrap().1).unwrap()
}

async fn listed(store: &dyn Store, scope: Scope) -> Vec<String> {
    let mut listing = store.list(scope);
    let mut keys = Vec::new();
    loop {
        let page = listing.page().await.unwrap();
        if page.is_empty() {
            return keys;
        }
        keys.extend(page.into_iter().map(|entry| match entry {
            Entry::Object(object) => object.key,
            Entry::Prefix(prefix) => format!("{prefix}…"),
            Entry::Ignored(reason, key) => panic!("{reason}: {key}"),
        }));
    }
}

fn below(prefix: &str) -> Scope {
    Scope { prefix: prefix.to_owned(), ..Scope::default() }
}

async fn what_is_put_is_got(store: &dyn Store) {
    let etag = put(store, "a/b.csv", "text").await;
    assert_eq!(get(store, "a/b.csv").await, "text");
    let object = store.head("a/b.csv").await.unwrap();
    assert_eq!((object.key.as_str(), object.bytes, object.etag.as_str()), ("a/b.csv", 4, etag.as_str()));
    assert!(!etag.contains(['"', '/']), "{etag}");
    let again = put(store, "a/b.csv", "text").await;
    assert_ne!(again, etag);
}

async fn a_missing_object_is_not_found(store: &dyn Store) {
    put(store, "a/b", "").await;
    for key in ["x", "a/x", "y/x"] {
        assert!(matches!(store.head(key).await, Err(StoreError::NotFound { .. })), "{key}");
        assert!(matches!(store.open(key, None, None).await, Err(StoreError::NotFound { .. })), "{key}");
    }
}

async fn keys_with_odd_names_are_kept(store: &dyn Store) {
    let mut keys = ["a b/ c.csv", "ü/€.csv", "q\"uote'.csv", "%2F.csv", "-rf", "~", "back\\slash", "new\nline", "..."];
    for key in keys {
        put(store, key, key).await;
    }
    keys.sort_unstable();
    assert_eq!(listed(store, Scope::default()).await, keys);
    for key in keys {
        assert_eq!(get(store, key).await, key);
    }
}

async fn a_range_is_read(store: &dyn Store) {
    put(store, "a", "0123456789").await;
    for (range, text) in [(2..5, "234"), (0..10, "0123456789"), (8..20, "89"), (4..4, "")] {
        let (_, mut body) = store.open("a", None, Some(range)).await.unwrap();
        let mut read = String::new();
        body.read_to_string(&mut read).unwrap();
        assert_eq!(read, text);
    }
}

async fn a_version_that_is_gone_is_changed(store: &dyn Store) {
    let etag = put(store, "a", "old").await;
    assert!(store.open("a", Some(&etag), None).await.is_ok());
    put(store, "a", "newer").await;
    assert!(matches!(store.open("a", Some(&etag), None).await, Err(StoreError::Changed { .. })));
}

async fn an_object_that_is_there_is_not_put_if_absent(store: &dyn Store) {
    store.put("a", b"one".to_vec(), Condition::IfAbsent).await.unwrap();
    let error = store.put("a", b"two".to_vec(), Condition::IfAbsent).await.unwrap_err();
    assert!(matches!(error, StoreError::AlreadyExists { .. }), "{error}");
    assert_eq!(get(store, "a").await, "one");
}

async fn an_object_is_replaced_only_if_it_matches(store: &dyn Store) {
    let match_none = store.put("a", vec![], Condition::IfMatch("1".to_owned())).await.unwrap_err();
    assert!(matches!(match_none, StoreError::Replaced { .. }), "{match_none}");
    let first = put(store, "a", "one").await;
    store.put("a", b"two".to_vec(), Condition::IfMatch(first.clone())).await.unwrap();
    let error = store.put("a", b"three".to_vec(), Condition::IfMatch(first)).await.unwrap_err();
    assert!(matches!(error, StoreError::Replaced { .. }), "{error}");
    assert_eq!(get(store, "a").await, "two");
}

async fn of_many_writers_if_absent_one_wins(store: &dyn Store) {
    let texts: Vec<String> = (0..8).map(|number| number.to_string()).collect();
    let mut staged = Vec::new();
    for text in &texts {
        let mut write = store.stage("a/b", None).await.unwrap();
        write.write_all(text.as_bytes()).unwrap();
        staged.push(write);
    }
    let mut won = Vec::new();
    for (text, write) in texts.iter().zip(&mut staged) {
        match write.commit(Condition::IfAbsent).await {
            Ok(_) => won.push(text.clone()),
            Err(StoreError::AlreadyExists { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(won, [get(store, "a/b").await]);
}

async fn a_refused_commit_can_be_made_again_under_another_condition(store: &dyn Store) {
    let etag = put(store, "a", "one").await;
    let mut staged = store.stage("a", None).await.unwrap();
    staged.write_all(b"two").unwrap();
    assert!(matches!(staged.commit(Condition::IfAbsent).await, Err(StoreError::AlreadyExists { .. })));
    staged.commit(Condition::IfMatch(etag)).await.unwrap();
    assert_eq!(get(store, "a").await, "two");
}

async fn a_staged_write_is_not_seen_before_its_commit(store: &dyn Store) {
    let mut staged = store.stage("a/b", None).await.unwrap();
    staged.write_all(b"half").unwrap();
    staged.flush().unwrap();
    assert!(listed(store, Scope::default()).await.is_empty());
    drop(staged);
    assert!(listed(store, Scope::default()).await.is_empty());
}

async fn a_delete_takes_only_the_version_that_it_names(store: &dyn Store) {
    let old = put(store, "a", "one").await;
    let new = put(store, "a", "two").await;
    assert!(matches!(store.delete("a", &old).await, Err(StoreError::Replaced { .. })));
    store.delete("a", &new).await.unwrap();
    assert!(matches!(store.head("a").await, Err(StoreError::NotFound { .. })));
    store.delete("a", &new).await.unwrap();
}

const KEYS: [&str; 10] =
    ["a-b/x", "a.csv", "a.csv.gz", "a/b/c", "a/b.csv", "a/c", "a0", "b/incoming/x", "b/incoming/y", "é"];

async fn fill(store: &dyn Store) -> Vec<&'static str> {
    for key in KEYS.iter().rev() {
        put(store, key, "x").await;
    }
    let mut sorted = KEYS.to_vec();
    sorted.sort_unstable();
    sorted
}

async fn a_listing_is_in_the_order_of_the_bytes(store: &dyn Store) {
    let sorted = fill(store).await;
    assert_eq!(listed(store, Scope::default()).await, sorted);
}

async fn a_listing_begins_behind_a_key(store: &dyn Store) {
    let sorted = fill(store).await;
    for after in sorted.iter().copied().chain(["", "a", "a/", "a/b", "a/b0", "zz"]) {
        let expected: Vec<&str> = sorted.iter().copied().filter(|key| *key > after).collect();
        let scope = Scope { after: Some(after.to_owned()), ..Scope::default() };
        assert_eq!(listed(store, scope).await, expected, "after {after:?}");
    }
}

async fn a_listing_keeps_to_its_prefix(store: &dyn Store) {
    let sorted = fill(store).await;
    for prefix in ["a", "a/", "a/b", "a.csv", "b/incoming/", "b/incoming/x", "none", "a/b/c/d/"] {
        let expected: Vec<&str> = sorted.iter().copied().filter(|key| key.starts_with(prefix)).collect();
        assert_eq!(listed(store, below(prefix)).await, expected, "below {prefix:?}");
    }
}

async fn a_delimiter_folds_what_is_below_it(store: &dyn Store) {
    for key in
        ["a/incoming/x/incoming/y", "a/incoming/z", "a/incomings", "a-b/incoming/x", "incoming/x", "c/d/incoming/x"]
    {
        put(store, key, "x").await;
    }
    let scope = Scope { delimiter: Some("/incoming/"), ..Scope::default() };
    let expected = ["a-b/incoming/…", "a/incoming/…", "a/incomings", "c/d/incoming/…", "incoming/x"];
    assert_eq!(listed(store, scope).await, expected);
    let scope = Scope { delimiter: Some("/incoming/"), after: Some("a/incoming0".to_owned()), ..Scope::default() };
    assert_eq!(listed(store, scope).await, expected[2..]);
}

async fn a_listing_of_nothing_is_empty(store: &dyn Store) {
    assert!(listed(store, Scope::default()).await.is_empty());
    assert!(listed(store, below("a/")).await.is_empty());
}
