//! Tests.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::store::{Condition, MemoryStore};

fn file(key: &str, etag: &str) -> Object {
    Object { key: key.to_owned(), bytes: 0, etag: etag.to_owned(), last_modified: std::time::UNIX_EPOCH }
}

/// Names over the few characters around `/` that make trouble: many are beginnings of others.
fn names() -> impl Strategy<Value = BTreeMap<String, String>> {
    prop::collection::btree_map("[a./0!]{1,6}", "[0a!-]{1,3}(json)?", 0..24)
}

proptest! {
    #[test]
    fn files_come_in_the_order_of_their_records(files in names()) {
        let mut order = InLedgerOrder::default();
        let mut given = Vec::new();
        for (key, etag) in &files {
            order.reach(key);
            given.extend(std::iter::from_fn(|| order.next()).map(|next| next.record));
            order.wait(file(key, etag));
            prop_assert!(order.waiting.len() <= 1 + key.len());
        }
        order.end();
        given.extend(std::iter::from_fn(|| order.next()).map(|next| next.record));
        let mut expected: Vec<String> = files.iter().map(|(key, etag)| ledger_key(key, etag)).collect();
        expected.sort();
        prop_assert_eq!(given, expected);
    }

    #[test]
    fn the_merge_finds_what_a_set_finds(files in names(), others in names(), done in any::<u32>()) {
        let records: Vec<String> = files
            .iter()
            .enumerate()
            .filter(|(nth, _)| done >> (nth % 32) & 1 == 1)
            .map(|(_, (key, etag))| ledger_key(key, etag))
            .chain(others.iter().map(|(key, etag)| ledger_key(key, etag)))
            .collect();
        let standings = standings(&files, &records);
        for (key, standing) in &standings {
            let other_version = records.iter().any(|record| folder(record) == folder(&ledger_key(key, "")));
            prop_assert!(*standing != Standing::NewVersion || other_version, "{}", key);
        }
        let found: Vec<String> = standings
            .into_iter()
            .filter(|(_, standing)| matches!(standing, Standing::Done | Standing::Superseded))
            .map(|(key, _)| key)
            .collect();
        let expected: Vec<String> = files
            .iter()
            .filter(|(key, etag)| records.contains(&ledger_key(key, etag)))
            .map(|(key, _)| key.clone())
            .collect();
        prop_assert_eq!(found, expected);
    }
}

/// Returns how every file stands after its record and those of other versions were written in this order.
fn standings(files: &BTreeMap<String, String>, written: &[String]) -> Vec<(String, Standing)> {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
        let store = MemoryStore::new();
        for record in written {
            store.put(record, vec![b' '; LEAST_RECORD as usize], Condition::Always).await.unwrap();
        }
        let mut order = InLedgerOrder::default();
        let mut in_order = Vec::new();
        for (key, etag) in files {
            order.reach(key);
            in_order.extend(std::iter::from_fn(|| order.next()));
            order.wait(file(key, etag));
        }
        order.end();
        in_order.extend(std::iter::from_fn(|| order.next()));
        let mut listing = store.list(Scope { prefix: LEDGER.to_owned(), ..Scope::default() });
        let (mut ledger, mut ahead, mut ended) = (Records::default(), VecDeque::new(), false);
        let mut standings = Vec::new();
        for Recorded { record, file } in in_order {
            let standing = loop {
                match ledger.standing(&mut ahead, ended, &record) {
                    Judgement::Stands(standing) => break standing,
                    Judgement::Versions(versions) => break versions.judge(&store).await.unwrap(),
                    Judgement::More => {
                        let page = records(listing.page().await.unwrap()).unwrap();
                        ended = page.is_empty();
                        ahead.extend(page);
                    }
                }
            };
            standings.push((file.key, standing));
        }
        standings.sort_by(|one, other| one.0.cmp(&other.0));
        standings
    })
}

proptest! {
    #[test]
    fn a_version_stands_as_its_record_among_those_of_its_file(files in names(), other_versions in prop::collection::vec((any::<prop::sample::Index>(), "[0a!-]{1,3}"), 0..24), order in any::<u64>()) {
        let keys: Vec<&String> = files.keys().collect();
        let mut written: Vec<(String, String)> = files.iter().map(|(key, etag)| (key.clone(), etag.clone())).collect();
        if !keys.is_empty() {
            written.extend(other_versions.iter().map(|(key, etag)| (key.get(&keys).to_string(), etag.clone())));
        }
        written.sort_by_key(|(key, etag)| crate::key::ledger_key(key, etag).bytes().fold(order, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)));
        written.dedup();
        let records: Vec<String> = written.iter().map(|(key, etag)| ledger_key(key, etag)).collect();
        for (key, standing) in standings(&files, &records) {
            let latest = written.iter().rfind(|(other, _)| *other == key).unwrap();
            let expected = if latest.1 == files[&key] { Standing::Done } else { Standing::Superseded };
            prop_assert_eq!(standing, expected, "{}", key);
        }
    }
}

#[test]
fn a_file_of_very_many_versions_is_judged_by_all_of_them() {
    let files = BTreeMap::from([("p/incoming/a.csv".to_owned(), "0".to_owned())]);
    let mut written: Vec<String> =
        (0..2 * AHEAD).map(|etag| ledger_key("p/incoming/a.csv", &format!("{etag}"))).collect();
    assert_eq!(standings(&files, &written)[0].1, Standing::Superseded);
    written.rotate_left(1);
    assert_eq!(standings(&files, &written)[0].1, Standing::Done);
}

#[test]
fn no_report_is_smaller_than_the_least_record() {
    use sluice_engine::report::{FileIdentity, FileReport, OutputLocations, Rows, Verdict};
    let report = FileReport {
        version: 1,
        file: FileIdentity {
            key: "a/incoming/.csv".to_owned(),
            etag: Some("1".to_owned()),
            bytes: Some(0),
            last_modified: Some(crate::clock::rfc3339(std::time::UNIX_EPOCH)),
            compression: None,
            encoding: String::new(),
            encoding_note: None,
            assertions: Vec::new(),
        },
        descriptor: None,
        engine: String::new(),
        verdict: Verdict::Clean,
        rows: Rows::default(),
        errors: BTreeMap::new(),
        faults: None,
        refusal: None,
        rejects_omitted: None,
        fields: Vec::new(),
        fields_omitted: 0,
        labels: Vec::new(),
        labels_omitted: 0,
        outputs: OutputLocations::default(),
        samples: Vec::new(),
        warnings: BTreeMap::new(),
        warning_samples: Vec::new(),
        hints: Vec::new(),
        started_at: crate::clock::rfc3339(std::time::UNIX_EPOCH),
        seconds: 0.0,
    };
    let bytes = serde_json::to_vec(&report).unwrap().len() as u64;
    assert!(bytes >= LEAST_RECORD, "{bytes}");
}
