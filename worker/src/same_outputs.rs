//! A bucket and a folder with the same files lead to the same outputs and records.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use serde_json::Value;

use crate::clock::Clock;
use crate::jobs::Jobs;
use crate::key::LEDGER;
use crate::pipeline::run;
use crate::plan::Request;
use crate::process::Context;
use crate::publish::RunReport;
use crate::store::s3::testing::new_bucket;
use crate::store::{Condition, Entry, FolderStore, S3Store, Scope, Store};

/// Largest object that is compared, in bytes.
const OBJECT: usize = 64 << 20;

/// Reads the examples that are tracked by git: a run in their folder leaves outputs and a ledger beside the data.
fn examples() -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(&folder).output().unwrap();
    assert!(listed.status.success(), "git ls-files: {}", listed.status);
    let names = String::from_utf8(listed.stdout).unwrap();
    names.split_terminator('\0').map(|name| (name.to_owned(), fs::read(folder.join(name)).unwrap())).collect()
}

/// The examples, a clean file that is larger than one part, and a file that is refused after its first parts.
fn files() -> BTreeMap<String, Vec<u8>> {
    let mut files = examples();
    let rows = |row: &dyn Fn(u32) -> String| {
        let mut text = "id,text\n".to_owned();
        (0..400_000).for_each(|number| text += &row(number));
        text.into_bytes()
    };
    let text = "some text that makes the row longer";
    files.insert("large/incoming/clean.csv".to_owned(), rows(&|number| format!("{number},{text} {number}\n")));
    let ragged = |number| if number > 390_000 { format!("{number}\n") } else { format!("{number},{text} {number}\n") };
    files.insert("large/incoming/refused.csv".to_owned(), rows(&ragged));
    files.insert("large/resource.json".to_owned(), br#"{"sluice": {"tolerance": {"rows": 100}}}"#.to_vec());
    files.insert("odd/a b/incoming/ü +%2F&=.csv".to_owned(), b"id\n1\n".to_vec());
    files
}

async fn fill(store: &dyn Store) {
    for (key, bytes) in files() {
        store.put(&key, bytes, Condition::IfAbsent).await.unwrap();
    }
}

async fn run_on(source: Arc<dyn Store>, outputs: Arc<dyn Store>) -> RunReport {
    let context = Context {
        jobs: Jobs::new(NonZeroUsize::new(2).unwrap()),
        clock: Clock::Fixed(UNIX_EPOCH),
        ..Context::new(source, Some(outputs))
    };
    run(&context, &Request::default(), |_| {}, &mut |_| {}).await.unwrap()
}

async fn objects(store: &dyn Store, prefix: &str) -> BTreeMap<String, Vec<u8>> {
    let mut listing = store.list(Scope { prefix: prefix.to_owned(), ..Scope::default() });
    let mut objects = BTreeMap::new();
    loop {
        let page = listing.page().await.unwrap();
        if page.is_empty() {
            return objects;
        }
        for entry in page {
            let Entry::Object(object) = entry else { panic!("{entry:?}") };
            let (_, bytes) = store.get(&object.key, OBJECT).await.unwrap();
            objects.insert(object.key, bytes);
        }
    }
}

/// Returns the records by file, as text, without the members that differ between stores: ETag, time of upload, locations.
async fn records(source: &dyn Store, outputs: &dyn Store) -> BTreeMap<String, String> {
    let records = objects(source, LEDGER).await;
    let normal = records.iter().map(|(key, bytes)| {
        let mut record: Value = serde_json::from_slice(bytes).unwrap();
        let file = record["file"].as_object_mut().unwrap();
        let etag = file.remove("etag").unwrap();
        assert!(file.remove("lastModified").is_some());
        assert!(key.ends_with(&format!("/{}.json", etag.as_str().unwrap())), "{key}");
        if let Some(tables) = record.pointer_mut("/descriptor/references") {
            let tables = tables.as_array_mut().unwrap();
            tables.iter_mut().for_each(|table| assert!(table.as_object_mut().unwrap().remove("etag").is_some()));
        }
        for location in record["outputs"].as_object_mut().unwrap().values_mut() {
            if let Some(text) = location.as_str() {
                *location = text.strip_prefix(&outputs.locate("")).unwrap().into();
            }
        }
        (record["file"]["key"].as_str().unwrap().to_owned(), record.to_string())
    });
    normal.collect()
}

struct Outcome {
    report: RunReport,
    outputs: BTreeMap<String, Vec<u8>>,
    records: BTreeMap<String, String>,
}

async fn outcome(source: Arc<dyn Store>, outputs: Arc<dyn Store>) -> Outcome {
    fill(&*source).await;
    let report = run_on(Arc::clone(&source), Arc::clone(&outputs)).await;
    let again = run_on(Arc::clone(&source), Arc::clone(&outputs)).await;
    assert_eq!((again.totals.files.total, again.done), (0, report.totals.files.total));
    Outcome { report, outputs: objects(&*outputs, "").await, records: records(&*source, &*outputs).await }
}

fn assert_same(one: &Outcome, other: &Outcome) {
    assert_eq!(one.report.totals.files, other.report.totals.files);
    assert_eq!(one.report.totals.rows, other.report.totals.rows);
    assert_eq!(one.report.ignored, other.report.ignored);
    assert_eq!(one.records, other.records);
    assert_eq!(one.outputs.keys().collect::<Vec<_>>(), other.outputs.keys().collect::<Vec<_>>());
    for (key, bytes) in &one.outputs {
        assert!(*bytes == other.outputs[key], "{key}");
    }
}

async fn assert_nothing_left(stores: &[&S3Store]) {
    for store in stores {
        assert_eq!(store.open_uploads().await, 0, "{store:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an S3 endpoint: cargo xtask test"]
async fn a_run_on_buckets_and_a_run_on_folders_have_the_same_outcome() {
    let (source_folder, clean_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let folder = |path: &Path| Arc::new(FolderStore::open(path).unwrap());
    let of_folders = outcome(folder(source_folder.path()), folder(clean_folder.path())).await;
    assert!(of_folders.report.totals.files.total > 40 && of_folders.report.totals.files.failed == 0);
    assert!(of_folders.outputs.len() > 20 && of_folders.outputs["large/clean/clean.csv"].len() > 16 << 20);
    assert!(!of_folders.outputs.contains_key("large/clean/refused.csv"));

    let (source, outputs) = (new_bucket().await, new_bucket().await.below("checked"));
    let of_buckets = outcome(Arc::new(source.clone()), Arc::new(outputs.clone())).await;
    assert_same(&of_folders, &of_buckets);
    for key in ["large/clean/clean.csv", "noaa/clean/seattle-weather.csv"] {
        let source = source.head(&key.replace("/clean/", "/incoming/")).await.unwrap();
        assert_eq!(outputs.head(key).await.unwrap().last_modified, source.last_modified, "{key}");
    }
    assert_nothing_left(&[&source, &outputs]).await;

    // From a bucket into a folder, and from a folder into a bucket.
    let (mixed_folder, source) = (tempfile::tempdir().unwrap(), new_bucket().await);
    assert_same(&of_folders, &outcome(Arc::new(source.clone()), folder(mixed_folder.path())).await);
    let (mixed_folder, outputs) = (tempfile::tempdir().unwrap(), new_bucket().await);
    assert_same(&of_folders, &outcome(folder(mixed_folder.path()), Arc::new(outputs.clone())).await);
    assert_nothing_left(&[&source, &outputs]).await;
}
