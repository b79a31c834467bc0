//! Reads from a storage that fails.

use std::io::Read;
use std::time::UNIX_EPOCH;

use super::super::read::PART;
use super::super::windows::Windows;
use super::server::{Reply, Server};
use super::store;
use crate::store::{Store, StoreError, blocking};

fn object(parts: u64) -> Vec<u8> {
    (0..parts * PART / 8).flat_map(u64::to_be_bytes).collect()
}

async fn read(server: &Server) -> Result<Vec<u8>, StoreError> {
    let (_, mut body) = store(server).await.open("a.csv", None, None).await?;
    let read = blocking(move || {
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes).map(|_| bytes)
    });
    read.await.map_err(|error| StoreError::from_io(String::new(), error))
}

#[tokio::test]
async fn a_body_that_breaks_off_is_read_on_from_there() {
    let expected = object(2);
    let bytes = expected.clone();
    // Every body breaks off after at most 3 MB.
    let server = Server::start(move |_, asked| {
        let reply = Reply::part(&bytes, asked);
        let (first, end) = asked.range().unwrap();
        if end - first > 3_000_000 { reply.cut_after(3_000_000) } else { reply }
    });
    assert!(read(&server).await.unwrap() == expected);
    let mut ranges: Vec<_> = server.asked().iter().map(|asked| asked.range().unwrap()).collect();
    ranges.sort_unstable();
    let part = PART as usize;
    let firsts: Vec<_> = ranges.iter().map(|(first, _)| *first).collect();
    assert_eq!(firsts, [0, 3_000_000, 6_000_000, part, part + 3_000_000, part + 6_000_000]);
    assert!(server.asked()[1..].iter().all(|asked| asked.header("if-match") == Some("\"v1\"")));
}

#[tokio::test]
async fn a_body_that_breaks_off_again_and_again_without_a_byte_is_an_error() {
    let bytes = object(1);
    let server = Server::start(move |_, asked| Reply::part(&bytes, asked).cut_after(0));
    let error = read(&server).await.unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
    assert!(error.to_string().starts_with("s3://bucket/a.csv: "), "{error}");
}

#[tokio::test]
async fn a_checksum_that_does_not_match_is_an_error() {
    // The CRC-32 of nothing, as the storage sends it for the bytes of a part.
    let (damaged, sound) = (object(1), b"".to_vec());
    for (bytes, is_sound) in [(damaged, false), (b"a".to_vec(), false), (sound, true)] {
        let server = Server::start(move |_, asked| match asked.method.as_str() {
            "GET" => Reply::part(&bytes, asked).with("x-amz-checksum-crc32", "AAAAAA=="),
            _ => Reply::status(200).of(1),
        });
        match read(&server).await {
            Ok(_) => assert!(is_sound),
            Err(error) => assert!(!is_sound && matches!(error, StoreError::Unreachable { .. }), "{error}"),
        }
    }
}

#[tokio::test]
async fn the_time_of_an_upload_is_not_what_its_metadata_say() {
    let server = Server::start(|_, asked| {
        let stamp = ("x-amz-meta-sluice-source-modified", "2001-01-01T00:00:00Z");
        match asked.method.as_str() {
            "GET" => Reply::part(b"a", asked).with(stamp.0, stamp.1),
            _ => Reply::status(200).of(1).with(stamp.0, stamp.1),
        }
    });
    let store = store(&server).await;
    let seconds = |object: crate::store::Object| object.last_modified.duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert_eq!(seconds(store.open("a", None, None).await.unwrap().0), 1_793_700_000);
    assert_eq!(seconds(store.head("a").await.unwrap()), 978_307_200, "an output has the time of its source");
}

#[tokio::test]
async fn an_object_that_is_replaced_or_deleted_while_it_is_read_has_changed() {
    for (status, code) in [(412, "PreconditionFailed"), (404, "NoSuchKey"), (416, "InvalidRange")] {
        let bytes = object(2);
        let server = Server::start(move |before, asked| match before {
            0 => Reply::part(&bytes, asked),
            _ => Reply::error(status, code),
        });
        let error = read(&server).await.unwrap_err();
        assert_eq!(error, StoreError::Changed { at: "s3://bucket/a.csv".to_owned() }, "{code}");
    }
}

#[tokio::test]
async fn an_object_without_bytes_is_read() {
    let server = Server::start(|_, asked| match asked.method.as_str() {
        "GET" => Reply::part(b"", asked),
        _ => Reply::status(200).of(1),
    });
    assert_eq!(read(&server).await.unwrap(), b"");
    let store = store(&server).await;
    let changed = store.open("a", Some("v2"), None).await.err().unwrap();
    assert!(matches!(changed, StoreError::Changed { .. }), "{changed}");
}

#[tokio::test]
async fn a_storage_without_ranges_is_refused_before_it_sends_all() {
    let server = Server::start(|_, asked| Reply::part(&object(2), asked).with("content-range", "nonsense"));
    let whole = Server::start(|_, _| Reply::xml(200, &"x".repeat(9 << 20)).of(1));
    for server in [server, whole] {
        let error = read(&server).await.unwrap_err();
        assert!(error.to_string().contains("ranges"), "{error}");
    }
}

#[tokio::test]
async fn readers_hold_no_more_parts_than_they_may() {
    const PARTS: u64 = 12;
    const READERS: usize = 4;
    let bytes = object(PARTS);
    let server = Server::start(move |_, asked| Reply::part(&bytes, asked));
    let store = store(&server).await;
    let mut readers = Vec::new();
    for _ in 0..READERS {
        readers.push(store.open("a", None, None).await.unwrap().1);
    }
    let seen = server.clone();
    blocking(move || {
        let mut read = 0;
        let mut buffer = vec![0; PART as usize];
        for _ in 0..PARTS {
            for reader in &mut readers {
                // Each of the other readers holds one part; this reader holds the parts that it has requested.
                assert!(seen.asked().len() <= read + READERS + Windows::of_cores(1).ahead, "{read} parts read");
                reader.read_exact(&mut buffer).unwrap();
                read += 1;
            }
        }
        for mut reader in readers {
            assert_eq!(reader.read(&mut buffer).unwrap(), 0);
        }
    })
    .await;
    assert_eq!(server.asked().len(), PARTS as usize * READERS);
}
