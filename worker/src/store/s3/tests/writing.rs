//! Writes to a storage that fails.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use super::super::MIB;
use super::super::windows::Windows;
use super::server::{Asked, Reply, Server};
use super::store;
use crate::store::{Condition, Staged, Store, StoreError, blocking};
use crate::task::{FailureCode, FileFailure};

/// The replies of a storage that accepts everything.
fn taken(asked: &Asked) -> Reply {
    match asked.what().as_str() {
        "POST ?uploads" => {
            let upload = "<UploadId>one</UploadId>";
            Reply::xml(200, &format!("<InitiateMultipartUploadResult>{upload}</InitiateMultipartUploadResult>"))
        }
        "POST ?uploadId" => {
            let etag = "<ETag>&quot;v1-3&quot;</ETag>";
            Reply::xml(200, &format!("<CompleteMultipartUploadResult>{etag}</CompleteMultipartUploadResult>"))
        }
        "DELETE ?uploadId" => Reply::status(204),
        "PUT" | "PUT ?partNumber" => {
            let checksum = asked.header("x-amz-checksum-crc32").unwrap_or("none");
            Reply::status(200).of(1).with("x-amz-checksum-crc32", checksum)
        }
        _ => Reply::error(404, "NoSuchKey"),
    }
}

async fn written(store: &dyn Store, mib: u64) -> (Box<dyn Staged>, std::io::Result<()>) {
    let mut staged = store.stage("a.csv", None).await.unwrap();
    blocking(move || {
        let block = vec![b'x'; MIB as usize];
        let done = (0..mib).try_for_each(|_| staged.write_all(&block));
        (staged, done)
    })
    .await
}

#[tokio::test]
async fn parts_are_completed_in_their_order_with_their_checksums() {
    // The first part is refused once, so that it arrives last.
    let refused = AtomicBool::new(false);
    let server = Server::start(move |_, asked| {
        if asked.target.contains("partNumber=1&") && !refused.swap(true, Ordering::SeqCst) {
            return Reply::error(503, "SlowDown");
        }
        taken(asked)
    });
    let store = store(&server).await;
    let (mut staged, done) = written(&store, 20).await;
    done.unwrap();
    assert_eq!(staged.commit(Condition::IfAbsent).await.unwrap(), "v1-3");
    let last = server.asked().pop().unwrap();
    assert_eq!((last.what().as_str(), last.header("if-none-match")), ("POST ?uploadId", Some("*")));
    let body = String::from_utf8(last.body).unwrap();
    let numbers: Vec<_> = body.split("<PartNumber>").skip(1).map(|part| part.split('<').next().unwrap()).collect();
    assert_eq!(numbers, ["1", "2", "3"]);
    assert_eq!(body.matches("<ChecksumCRC32>").count(), 3);
    let mut sizes: Vec<_> =
        server.asked().iter().filter(|asked| asked.what() == "PUT ?partNumber").map(|asked| asked.body.len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [4 << 20, 8 << 20, 8 << 20, 8 << 20]);
}

#[tokio::test]
async fn a_small_object_is_one_request() {
    let server = Server::start(|_, asked| taken(asked));
    let store = store(&server).await;
    let (mut staged, done) = written(&store, 8).await;
    done.unwrap();
    assert_eq!(staged.commit(Condition::IfMatch("v0".to_owned())).await.unwrap(), "v1");
    let [asked] = &server.asked()[..] else { panic!("one request, not {}", server.asked().len()) };
    assert_eq!((asked.what().as_str(), asked.header("if-match")), ("PUT", Some("\"v0\"")));
    assert!(asked.header("x-amz-checksum-crc32").is_some());
}

#[tokio::test]
async fn what_is_dropped_is_aborted() {
    let server = Server::start(|_, asked| taken(asked));
    let store = store(&server).await;
    let (staged, done) = written(&store, 17).await;
    done.unwrap();
    drop(staged);
    store.settle().await;
    // A part whose sending was given up may be recorded after the abort.
    assert_eq!(server.count("DELETE ?uploadId"), 1);
}

#[tokio::test]
async fn what_has_failed_is_aborted_and_stays_failed() {
    let server = Server::start(|_, asked| match asked.what().as_str() {
        "PUT ?partNumber" => Reply::error(403, "AccessDenied"),
        _ => taken(asked),
    });
    let store = store(&server).await;
    let (mut staged, _) = written(&store, 17).await;
    for _ in 0..2 {
        let error = staged.commit(Condition::Always).await.unwrap_err();
        assert!(matches!(error, StoreError::Denied { .. }), "{error}");
    }
    drop(staged);
    store.settle().await;
    assert_eq!((server.count("POST ?uploadId"), server.count("DELETE ?uploadId")), (0, 1));
}

#[tokio::test]
async fn what_is_committed_is_not_aborted() {
    let server = Server::start(|_, asked| taken(asked));
    let store = store(&server).await;
    let (mut staged, done) = written(&store, 17).await;
    done.unwrap();
    staged.commit(Condition::Always).await.unwrap();
    assert!(matches!(staged.commit(Condition::Always).await, Err(StoreError::Invalid { .. })));
    drop(staged);
    store.settle().await;
    assert_eq!(server.count("DELETE ?uploadId"), 0);
}

#[tokio::test]
async fn a_commit_that_meets_another_write_is_made_again() {
    for (mib, code) in [(1, "ConditionalRequestConflict"), (1, "OperationAborted"), (9, "OperationAborted")] {
        let conflicts = AtomicU32::new(0);
        let server = Server::start(move |_, asked| match asked.what().as_str() {
            "PUT" | "POST ?uploadId" if conflicts.fetch_add(1, Ordering::SeqCst) < 2 => Reply::error(409, code),
            _ => taken(asked),
        });
        let store = store(&server).await;
        let (mut staged, done) = written(&store, mib).await;
        done.unwrap();
        assert!(staged.commit(Condition::IfAbsent).await.is_ok(), "{mib} MiB, {code}");
    }
}

#[tokio::test]
async fn an_upload_in_parts_that_meets_another_write_has_to_be_written_again() {
    let conflicts = AtomicU32::new(0);
    let server = Server::start(move |_, asked| match asked.what().as_str() {
        "POST ?uploadId" if conflicts.fetch_add(1, Ordering::SeqCst) == 0 => {
            Reply::error(409, "ConditionalRequestConflict")
        }
        _ => taken(asked),
    });
    let store = store(&server).await;
    let (mut staged, done) = written(&store, 9).await;
    done.unwrap();
    for _ in 0..2 {
        // It is an error of the storage, after which a file is checked again.
        let error = staged.commit(Condition::IfAbsent).await.unwrap_err();
        assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
        assert_eq!(FileFailure::of_store("a", &error).code, FailureCode::Unreachable);
    }
    assert_eq!(server.count("POST ?uploadId"), 1, "the upload that S3 has given up is not completed again");
    drop(staged);
    store.settle().await;
    assert_eq!(server.count("DELETE ?uploadId"), 1);
    let (mut again, done) = written(&store, 9).await;
    done.unwrap();
    again.commit(Condition::IfAbsent).await.unwrap();
    assert_eq!((server.count("POST ?uploads"), server.count("PUT ?partNumber")), (2, 4));
}

/// A storage that does the first commit, but whose reply is lost; the second commit finds the object, or that the upload is gone.
fn losing_the_answer(again: fn() -> Reply, ours: bool) -> Server {
    let mark: Mutex<Option<String>> = Mutex::default();
    let committed = AtomicBool::new(false);
    Server::start(move |_, asked| {
        if let Some(given) = asked.header("x-amz-meta-sluice-write") {
            *mark.lock().unwrap() = Some(if ours { given.to_owned() } else { "another".to_owned() });
        }
        match asked.what().as_str() {
            "PUT" | "POST ?uploadId" if !committed.swap(true, Ordering::SeqCst) => Reply::lost(),
            "PUT" | "POST ?uploadId" => again(),
            "HEAD" => {
                let mark = mark.lock().unwrap().clone().unwrap();
                Reply::status(200).of(7).with("x-amz-meta-sluice-write", &mark)
            }
            _ => taken(asked),
        }
    })
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_known_by_its_mark() {
    let there = || Reply::error(412, "PreconditionFailed");
    let gone = || Reply::error(404, "NoSuchUpload");
    for (mib, again) in [(1, there as fn() -> Reply), (9, there), (9, gone)] {
        let server = losing_the_answer(again, true);
        let store = store(&server).await;
        let (mut staged, done) = written(&store, mib).await;
        done.unwrap();
        assert_eq!(staged.commit(Condition::IfAbsent).await, Ok("v7".to_owned()), "{mib} MiB");
    }
}

#[tokio::test]
async fn the_object_of_somebody_else_is_not_taken_for_ones_own() {
    for mib in [1, 9] {
        let server = losing_the_answer(|| Reply::error(412, "PreconditionFailed"), false);
        let store = store(&server).await;
        let (mut staged, done) = written(&store, mib).await;
        done.unwrap();
        let error = staged.commit(Condition::IfAbsent).await.unwrap_err();
        assert!(matches!(error, StoreError::AlreadyExists { .. }), "{error}");
    }
}

#[tokio::test]
async fn an_error_behind_status_200_is_known_by_its_code() {
    for (condition, code) in [
        (Condition::IfAbsent, "PreconditionFailed"),
        (Condition::IfMatch("v0".to_owned()), "PreconditionFailed"),
        (Condition::IfAbsent, "ConditionalRequestConflict"),
    ] {
        let server = Server::start(move |_, asked| match asked.what().as_str() {
            "POST ?uploadId" => Reply::error(200, code),
            "HEAD" => Reply::status(200).of(7).with("x-amz-meta-sluice-write", "another"),
            _ => taken(asked),
        });
        let store = store(&server).await;
        let (mut staged, done) = written(&store, 9).await;
        done.unwrap();
        let error = staged.commit(condition.clone()).await.unwrap_err();
        let is_right = match (&condition, code) {
            (_, "ConditionalRequestConflict") => matches!(error, StoreError::Unreachable { .. }),
            (Condition::IfAbsent, _) => matches!(error, StoreError::AlreadyExists { .. }),
            _ => matches!(error, StoreError::Replaced { .. }),
        };
        assert!(is_right, "{condition:?}, {code}: {error}");
        assert_eq!(server.count("POST ?uploadId"), 1);
    }
}

#[tokio::test]
async fn an_object_to_replace_that_was_deleted_was_replaced() {
    let server = Server::start(|_, asked| match asked.method.as_str() {
        "PUT" => Reply::error(404, "NoSuchKey"),
        _ => taken(asked),
    });
    let store = store(&server).await;
    let error = store.put("a", vec![1], Condition::IfMatch("v0".to_owned())).await.unwrap_err();
    assert!(matches!(error, StoreError::Replaced { .. }), "{error}");
}

#[tokio::test]
async fn no_more_is_on_its_way_up_than_may_be() {
    // Requests with parts arrive and wait until no more can arrive, or all parts have.
    let most = (Windows::of_cores(1).sending / 8) as usize;
    let arrived: Arc<(Mutex<usize>, std::sync::Condvar)> = Arc::default();
    let (highest, now) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
    let (seen, waiting) = (Arc::clone(&highest), Arc::clone(&now));
    let server = Server::start(move |_, asked| {
        if asked.what() != "PUT ?partNumber" {
            return taken(asked);
        }
        {
            let mut now = waiting.lock().unwrap();
            *now += 1;
            let mut highest = seen.lock().unwrap();
            *highest = (*highest).max(*now);
        }
        let (count, changed) = &*arrived;
        let mut count = count.lock().unwrap();
        *count += 1;
        changed.notify_all();
        // The first requests wait for each other, which proves that this many are sent in parallel.
        while *count < most {
            count = changed.wait(count).unwrap();
        }
        drop(count);
        *waiting.lock().unwrap() -= 1;
        taken(asked)
    });
    let store = store(&server).await;
    let (one, other) = tokio::join!(written(&store, 72), written(&store, 72));
    for (mut staged, done) in [one, other] {
        done.unwrap();
        staged.commit(Condition::Always).await.unwrap();
    }
    assert_eq!(*highest.lock().unwrap(), most);
}
