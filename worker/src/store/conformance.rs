//! The behaviour that all stores share.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read, Write};

use std::time::{Duration, UNIX_EPOCH};

use super::s3::testing::new_bucket;
use super::{Condition, Entry, FolderStore, MemoryStore, Scope, Staged, Stamp, Store, StoreError, blocking};

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
        mod s3 {
            $(#[tokio::test]
            #[ignore = "needs an S3 endpoint: cargo xtask test"]
            async fn $name() {
                super::$name(&super::new_bucket().await).await;
            })*
        }
        mod s3_below_a_prefix {
            $(#[tokio::test]
            #[ignore = "needs an S3 endpoint: cargo xtask test"]
            async fn $name() {
                super::$name(&super::new_bucket().await.below("some/where")).await;
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
    a_listing_goes_up_to_a_key,
    a_listing_keeps_to_its_prefix,
    a_delimiter_folds_what_is_below_it,
    a_listing_of_nothing_is_empty,
    a_listing_of_thousands_is_whole,
    a_large_object_is_kept_and_read_in_ranges,
    a_large_object_obeys_conditions,
    a_large_write_that_is_dropped_leaves_nothing,
    a_stamped_object_has_the_time_of_its_source,
}

async fn put(store: &dyn Store, key: &str, text: &str) -> String {
    store.put(key, text.as_bytes().to_vec(), Condition::Always).await.unwrap()
}

async fn get(store: &dyn Store, key: &str) -> String {
    String::from_utf8(store.get(key, 1000).await.unwrap().1).unwrap()
}

/// Reads on a thread beside the event loop, where reads and writes belong.
async fn read(mut body: Box<dyn Read + Send>) -> std::io::Result<Vec<u8>> {
    blocking(move || {
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes).map(|_| bytes)
    })
    .await
}

async fn write(mut staged: Box<dyn Staged>, bytes: &[u8]) -> Box<dyn Staged> {
    let bytes = bytes.to_vec();
    blocking(move || {
        staged.write_all(&bytes).unwrap();
        staged.flush().unwrap();
        staged
    })
    .await
}

/// Bytes in which no two ranges are the same, more than fit into two parts of an upload.
fn large() -> Vec<u8> {
    (0..2_200_000_u64).flat_map(u64::to_be_bytes).collect()
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
    let other = put(store, "a/b.csv", "other").await;
    assert_ne!(other, etag);
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
        let (object, body) = store.open("a", None, Some(range)).await.unwrap();
        assert_eq!(object.bytes, 10);
        assert_eq!(read(body).await.unwrap(), text.as_bytes());
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
        staged.push(write(store.stage("a/b", None).await.unwrap(), text.as_bytes()).await);
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
    let mut staged = write(store.stage("a", None).await.unwrap(), b"two").await;
    assert!(matches!(staged.commit(Condition::IfAbsent).await, Err(StoreError::AlreadyExists { .. })));
    staged.commit(Condition::IfMatch(etag)).await.unwrap();
    assert_eq!(get(store, "a").await, "two");
}

async fn a_staged_write_is_not_seen_before_its_commit(store: &dyn Store) {
    let staged = write(store.stage("a/b", None).await.unwrap(), b"half").await;
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

async fn a_listing_goes_up_to_a_key(store: &dyn Store) {
    let sorted = fill(store).await;
    for until in sorted.iter().copied().chain(["", "a", "a/", "a/b", "a/b0", "zz"]) {
        let expected: Vec<&str> = sorted.iter().copied().filter(|key| *key <= until).collect();
        let scope = Scope { until: Some(until.to_owned()), ..Scope::default() };
        assert_eq!(listed(store, scope).await, expected, "until {until:?}");
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

async fn a_listing_of_thousands_is_whole(store: &dyn Store) {
    let mut keys: Vec<String> = (0..2_100).map(|number| format!("a/incoming/{number}.csv")).collect();
    keys.extend((0..10).map(|number| format!("b{number}/incoming/x.csv")));
    for key in &keys {
        put(store, key, "x").await;
    }
    keys.sort();
    assert_eq!(listed(store, Scope::default()).await, keys);
    let after = Scope { prefix: "a/".to_owned(), after: Some("a/incoming/5".to_owned()), ..Scope::default() };
    let behind: Vec<&String> =
        keys.iter().filter(|key| key.starts_with("a/") && key.as_str() > "a/incoming/5").collect();
    assert_eq!(listed(store, after).await.iter().collect::<Vec<_>>(), behind);
    let folded = listed(store, Scope { delimiter: Some("/incoming/"), ..Scope::default() }).await;
    let expected: Vec<String> =
        ["a".to_owned()].into_iter().chain((0..10).map(|number| format!("b{number}"))).collect();
    assert_eq!(folded, expected.iter().map(|prefix| format!("{prefix}/incoming/…")).collect::<Vec<_>>());
}

async fn a_large_object_is_kept_and_read_in_ranges(store: &dyn Store) {
    let bytes = large();
    let mut staged = write(store.stage("a", None).await.unwrap(), &bytes).await;
    let etag = staged.commit(Condition::IfAbsent).await.unwrap();
    let (object, body) = store.open("a", Some(&etag), None).await.unwrap();
    assert_eq!((object.bytes, &object.etag), (bytes.len() as u64, &etag));
    assert!(read(body).await.unwrap() == bytes);
    let whole = bytes.len() as u64;
    for range in [8_388_607..8_388_609, 5..whole - 5, 8_388_608..whole, 16_000_000..whole + 10, whole..whole + 1] {
        let (_, body) = store.open("a", None, Some(range.clone())).await.unwrap();
        let expected = &bytes[range.start as usize..(range.end as usize).min(bytes.len())];
        assert!(read(body).await.unwrap() == expected, "{range:?}");
    }
}

async fn a_large_object_obeys_conditions(store: &dyn Store) {
    let bytes = large();
    let etag = put(store, "a", "small").await;
    let mut staged = write(store.stage("a", None).await.unwrap(), &bytes).await;
    assert!(matches!(staged.commit(Condition::IfAbsent).await, Err(StoreError::AlreadyExists { .. })));
    let other = Condition::IfMatch("0123456789abcdef0123456789abcdef".to_owned());
    assert!(matches!(staged.commit(other).await, Err(StoreError::Replaced { .. })));
    assert_eq!(get(store, "a").await, "small");
    let large = staged.commit(Condition::IfMatch(etag.clone())).await.unwrap();
    assert_eq!(store.head("a").await.unwrap().etag, large);
    let mut late = write(store.stage("a", None).await.unwrap(), &bytes[1..]).await;
    assert!(matches!(late.commit(Condition::IfMatch(etag)).await, Err(StoreError::Replaced { .. })));
    assert_eq!(store.head("a").await.unwrap().etag, large);
}

async fn a_large_write_that_is_dropped_leaves_nothing(store: &dyn Store) {
    drop(write(store.stage("a", None).await.unwrap(), &large()).await);
    store.settle().await;
    assert!(listed(store, Scope::default()).await.is_empty());
}

async fn a_stamped_object_has_the_time_of_its_source(store: &dyn Store) {
    let modified = UNIX_EPOCH + Duration::new(1_000_000_000, 123_456_789);
    for (key, bytes) in [("small", vec![1]), ("large", large())] {
        let stamp = Stamp { version: "0123-4".to_owned(), bytes: 0, modified };
        let mut staged = write(store.stage(key, Some(stamp)).await.unwrap(), &bytes).await;
        staged.commit(Condition::IfAbsent).await.unwrap();
        assert_eq!(store.head(key).await.unwrap().last_modified, modified, "{key}");
    }
}
