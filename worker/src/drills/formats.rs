//! Drills of the forms of the clean rows that a run leaves.

use super::*;

/// Writes a descriptor that asks for these forms of the clean rows.
async fn put_formats(store: &MemoryStore, formats: &str) {
    put(store, "a/resource.json", &format!(r#"{{"sluice": {{"output": {{"formats": {formats}}}}}}}"#)).await;
}

#[tokio::test]
async fn the_forms_of_the_clean_rows_are_those_that_the_descriptor_asks_for() {
    for (formats, csv, parquet) in
        [(r#"["csv", "parquet"]"#, true, true), (r#"["parquet"]"#, false, true), (r#"["csv"]"#, true, false)]
    {
        let store = filled().await;
        put_formats(&store, formats).await;
        put(&store, "a/incoming/refused.csv", "").await;
        run_on(store.clone()).await;
        let there = store.contents();
        for name in ["good.csv", "ragged.csv"] {
            assert_eq!(there.contains_key(&format!("a/clean/{name}")), csv, "{formats}: {name}");
            let stored = there.get(&format!("a/clean/{name}.parquet"));
            assert_eq!(stored.map(|bytes| &bytes[..4]), parquet.then_some(&b"PAR1"[..]), "{formats}: {name}");
        }
        assert!(!there.keys().any(|key| key.contains("clean/refused.csv")));
        let record = there.iter().find(|(key, _)| key.starts_with("_sluice/ledger/a/incoming/good.csv/")).unwrap();
        let report: serde_json::Value = serde_json::from_slice(record.1).unwrap();
        assert_eq!(report["outputs"]["clean"].is_string(), csv);
        assert_eq!(report["outputs"]["parquet"].is_string(), parquet);
        let (key, stored) = (record.0.as_bytes(), there.get("a/clean/good.csv.parquet"));
        assert!(stored.is_none_or(|bytes| bytes.windows(key.len()).any(|part| part == key)), "it names its record");
    }
}

/// The form is removed when the next version of the file is published under another descriptor.
#[tokio::test]
async fn a_form_that_is_not_asked_for_any_more_goes() {
    let store = filled().await;
    for (formats, text, expected) in [
        (r#"["csv", "parquet"]"#, GOOD, &["good.csv", "good.csv.parquet"][..]),
        (r#"["parquet"]"#, "id,name\n3,three\n", &["good.csv.parquet"]),
        (r#"["csv"]"#, "id,name\n4,four\n", &["good.csv"]),
        (r#"["csv", "parquet"]"#, "id,name\n5,five\n", &["good.csv", "good.csv.parquet"]),
        (r#"["csv", "parquet"]"#, "", &[]),
    ] {
        put_formats(&store, formats).await;
        put(&store, "a/incoming/good.csv", text).await;
        run_on(store.clone()).await;
        let there: Vec<String> = store
            .contents()
            .into_keys()
            .filter_map(|key| Some(key.strip_prefix("a/clean/")?.to_owned()))
            .filter(|name| name.starts_with("good"))
            .collect();
        assert_eq!(there, expected, "{formats}");
    }
}
