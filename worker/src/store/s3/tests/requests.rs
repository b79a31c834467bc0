//! How many requests a small file takes: the cost of a small file is its requests.

use std::collections::HashMap;
use std::io::Write;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::UNIX_EPOCH;

use super::server::{Asked, Reply, Server};
use super::store;
use crate::clock::Clock;
use crate::plan::{Mode, Request, plan};
use crate::process::{Assignment, Context, process};
use crate::publish::read_tasks;
use crate::store::{Condition, MemoryStore, Store, StoreError};

/// Headers by name.
type Headers = Vec<(&'static str, String)>;

/// A storage that keeps its objects in memory.
#[derive(Clone, Default)]
struct Bucket {
    objects: MemoryStore,
    metadata: Arc<Mutex<HashMap<String, Headers>>>,
    /// Number of uploads of senders; each is a second later than the one before.
    uploads: Arc<AtomicU32>,
}

/// Returns the answer of the memory store, which never has to be waited for.
fn now<T>(answer: impl Future<Output = T>) -> T {
    match pin!(answer).poll(&mut std::task::Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the memory store waits"),
    }
}

/// Returns true for the listing that looks for a descriptor.
fn is_listing(asked: &Asked) -> bool {
    asked.target.contains("list-type=2")
}

fn key_of(asked: &Asked) -> String {
    asked.target.strip_prefix("/bucket/").unwrap().split('?').next().unwrap().to_owned()
}

impl Bucket {
    fn answer(&self, asked: &Asked) -> Reply {
        if is_listing(asked) {
            return Reply::xml(200, "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>");
        }
        let key = key_of(asked);
        match asked.method.as_str() {
            "PUT" => self.put(&key, asked),
            "GET" | "HEAD" => {
                let Ok(object) = now(self.objects.head(&key)) else {
                    return Reply::error(404, "NoSuchKey");
                };
                let bytes = self.objects.contents().remove(&key).unwrap();
                let reply = match asked.method.as_str() {
                    "GET" => Reply::part(&bytes, asked),
                    _ => Reply::status(200).of(1),
                };
                let metadata = self.metadata.lock().unwrap().get(&key).cloned().unwrap_or_default();
                metadata
                    .iter()
                    .fold(reply, |reply, (name, value)| reply.with(name, value))
                    .with("etag", &format!("\"{}\"", object.etag))
                    .with(
                        "last-modified",
                        &format!("Tue, 03 Nov 2026 10:00:{:02} GMT", self.uploads.load(Ordering::Relaxed)),
                    )
            }
            method => panic!("{method} {key}"),
        }
    }

    fn put(&self, key: &str, asked: &Asked) -> Reply {
        let condition = match (asked.header("if-none-match"), asked.header("if-match")) {
            (Some(_), _) => Condition::IfAbsent,
            (_, Some(etag)) => Condition::IfMatch(etag.trim_matches('"').to_owned()),
            _ => Condition::Always,
        };
        let mut staged = now(self.objects.stage(key, None)).unwrap();
        staged.write_all(&asked.body).unwrap();
        match now(staged.commit(condition)) {
            Ok(etag) => {
                let names = ["x-amz-meta-sluice-source-etag", "x-amz-meta-sluice-source-modified"];
                let given = names.into_iter().filter_map(|name| Some((name, asked.header(name)?.to_owned())));
                self.metadata.lock().unwrap().insert(key.to_owned(), given.collect());
                Reply::status(200).with("etag", &format!("\"{etag}\""))
            }
            Err(StoreError::AlreadyExists { .. } | StoreError::Replaced { .. }) => {
                Reply::error(412, "PreconditionFailed")
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Uploads a file and runs; returns the requests in order.
    async fn asked_for(&self, text: &str) -> Vec<Asked> {
        let mut upload = self.objects.stage("a/incoming/f.csv", None).await.unwrap();
        upload.write_all(text.as_bytes()).unwrap();
        upload.commit(Condition::Always).await.unwrap();
        self.uploads.fetch_add(1, Ordering::Relaxed);
        let clock = Clock::Fixed(UNIX_EPOCH);
        let objects: Arc<dyn Store> = Arc::new(self.objects.clone());
        let planned = plan(&objects, &Request::default(), Mode::Write, clock, &mut |_| {}).await.unwrap();
        let tasks = read_tasks(&self.objects, &planned.run_id).await.unwrap();
        let bucket = self.clone();
        let server = Server::start(move |_, asked| bucket.answer(asked));
        let shared: Arc<dyn Store> = Arc::new(store(&server).await);
        let context = Context { clock, ..Context::new(Arc::clone(&shared), Some(shared)) };
        let result = process(&context, &Assignment::first(&planned.run_id, &tasks[0])).await.unwrap();
        let files = result.totals().files;
        assert_eq!((files.total, files.failed), (1, 0));
        server.asked()
    }

    /// Like [`Self::asked_for`], but only the requests about the file and its outputs, in short.
    async fn requests_of(&self, text: &str) -> Vec<String> {
        let asked = self.asked_for(text).await.into_iter();
        asked
            .filter(|asked| asked.target.contains("f.csv"))
            .map(|asked| {
                let key = key_of(&asked);
                let place = match key.strip_prefix("_sluice/ledger/") {
                    Some(_) => "ledger",
                    None => key.split('/').nth(1).unwrap(),
                };
                format!("{} {place}", asked.method)
            })
            .collect()
    }
}

const CLEAN: &str = "id,name\n1,one\n2,two\n";
const RAGGED: &str = "id,name\n1,one\n2\n";

#[tokio::test]
async fn a_clean_file_takes_five_requests() {
    let requests = Bucket::default().requests_of(CLEAN).await;
    assert_eq!(requests, ["GET incoming", "HEAD rejects", "HEAD incoming", "PUT clean", "PUT ledger"]);
}

#[tokio::test]
async fn a_file_with_rejects_takes_five_requests() {
    let requests = Bucket::default().requests_of(RAGGED).await;
    assert_eq!(requests, ["GET incoming", "HEAD incoming", "PUT clean", "PUT rejects", "PUT ledger"]);
}

#[tokio::test]
async fn a_file_that_is_uploaded_again_takes_seven_requests() {
    let bucket = Bucket::default();
    bucket.requests_of(CLEAN).await;
    let requests = bucket.requests_of(&CLEAN.replace("two", "three")).await;
    // One request more, for clean rows in another form, which an older descriptor may have asked for.
    let expected =
        ["GET incoming", "HEAD clean", "HEAD clean", "HEAD rejects", "HEAD incoming", "PUT clean", "PUT ledger"];
    assert_eq!(requests, expected);
    assert_eq!(bucket.objects.contents()["a/clean/f.csv"], CLEAN.replace("two", "three").as_bytes());
}

#[tokio::test]
async fn an_output_that_is_there_although_no_record_says_so_is_replaced() {
    // As if the first run had been killed before it wrote the record.
    let bucket = Bucket::default();
    bucket.requests_of(CLEAN).await;
    let record = bucket.objects.contents().into_keys().find(|key| key.starts_with("_sluice/ledger/")).unwrap();
    let etag = now(bucket.objects.head(&record)).unwrap().etag;
    now(bucket.objects.delete(&record, &etag)).unwrap();
    let text = CLEAN.replace("two", "three");
    let requests = bucket.requests_of(&text).await;
    assert_eq!(requests.iter().filter(|request| *request == "PUT clean").count(), 2);
    assert_eq!(bucket.objects.contents()["a/clean/f.csv"], text.as_bytes());
}

#[tokio::test]
async fn a_listing_for_other_descriptors_is_made_only_without_the_usual_one() {
    for (with_descriptor, expected) in [(false, 1), (true, 0)] {
        let bucket = Bucket::default();
        if with_descriptor {
            let mut upload = bucket.objects.stage("a/resource.json", None).await.unwrap();
            upload.write_all(b"{}").unwrap();
            upload.commit(Condition::Always).await.unwrap();
        }
        let asked = bucket.asked_for(CLEAN).await;
        assert_eq!(asked.iter().filter(|asked| is_listing(asked)).count(), expected);
        let descriptors = asked.iter().filter(|asked| asked.target.contains("/a/resource.json"));
        assert_eq!(descriptors.count(), 1);
    }
}

#[tokio::test]
async fn an_answer_takes_one_request_in_each_form() {
    let bucket = Bucket::default();
    let mut upload = bucket.objects.stage("a/resource.json", None).await.unwrap();
    upload.write_all(br#"{"sluice": {"feedback": {"formats": ["html", "csv"]}}}"#).unwrap();
    upload.commit(Condition::Always).await.unwrap();
    let requests = bucket.requests_of(RAGGED).await;
    let outputs = ["PUT clean", "PUT rejects", "PUT feedback", "PUT feedback"];
    let expected: Vec<&str> =
        ["GET incoming", "HEAD incoming"].into_iter().chain(outputs).chain(["PUT ledger"]).collect();
    assert_eq!(requests, expected);
}
