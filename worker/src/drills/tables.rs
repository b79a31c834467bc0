//! Drills with foreign keys: into a reference table, and into the file itself.

use super::*;

const DESCRIPTOR: &str = r#"{
    "schema": {
        "fields": [{"name": "id"}, {"name": "parent"}, {"name": "code"}],
        "foreignKeys": [
            {"fields": "parent", "reference": {"fields": "id"}},
            {"fields": "code", "reference": {"resource": "codes", "fields": "code"}}
        ]
    },
    "sluice": {"reference": [{"name": "codes", "path": "reference/codes.csv", "schema": {"fields": [{"name": "code"}]}}]}
}"#;

/// Makes a prefix with a file of which two rows are clean: the rows that refer to existing rows.
pub(super) async fn fill(store: &MemoryStore) {
    put(store, "t/resource.json", DESCRIPTOR).await;
    put(store, "t/reference/codes.csv", "code\nx\n").await;
    put(store, "t/incoming/tree.csv", "id,parent,code\n1,2,x\n2,,x\n3,4,x\n5,1,y\n").await;
}

#[tokio::test]
async fn rows_that_refer_to_nothing_are_rejected_and_tables_are_no_data() {
    let store = MemoryStore::new();
    fill(&store).await;
    let report = run_on(store.clone()).await;
    assert_eq!((report.totals.files.total, report.totals.rows.clean, report.totals.rows.rejected), (1, 2, 2));
    assert!(report.ignored.0.is_empty(), "{:?}", report.ignored);
    assert_eq!(text(&store, "t/clean/tree.csv").unwrap(), "id,parent,code\n1,2,x\n2,,x\n");
    let (_, record) = store.contents().into_iter().find(|(key, _)| key.starts_with("_sluice/ledger/")).unwrap();
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    let etag = store.head("t/reference/codes.csv").await.unwrap().etag;
    let expected = serde_json::json!([{"name": "codes", "key": "t/reference/codes.csv", "etag": etag, "rows": 1}]);
    assert_eq!(record["descriptor"]["references"], expected);
}

#[tokio::test]
async fn a_table_that_is_not_right_fails_its_prefix_and_no_other() {
    let store = filled().await;
    fill(&store).await;
    let cases = [
        ("code\nx,y\n", "t/reference/codes.csv: rejected rows: 1 of 1, first: line 2: extra-cell: "),
        ("", "t/reference/codes.csv: it is refused: the file has no header"),
    ];
    for (table, cause) in cases {
        put(&store, "t/reference/codes.csv", table).await;
        let (report, prefixes) = prefixes_of(store.clone()).await;
        let failures: Vec<(&str, FailureCode)> =
            report.failures.iter().map(|failure| (failure.key.as_str(), failure.code)).collect();
        assert_eq!(failures, [("t/incoming/tree.csv", FailureCode::Reference)]);
        let failed = prefixes.iter().find(|result| result.prefix == "t").unwrap();
        assert_eq!(failed.status, Status::Failed);
        let told = failed.cause.as_ref().unwrap();
        assert!(told.starts_with("the reference table codes: ") && told.contains(cause), "{told}");
        assert!(prefixes.iter().all(|result| result.prefix == "t" || result.status != Status::Failed));
    }
    let etag = store.head("t/reference/codes.csv").await.unwrap().etag;
    store.delete("t/reference/codes.csv", &etag).await.unwrap();
    let report = run_on(store.clone()).await;
    assert_eq!(report.failures[0].code, FailureCode::Reference);
    assert!(report.failures[0].message.contains("t/reference/codes.csv: not found"), "{:?}", report.failures);
    // Once the table exists again, the next run takes the file.
    fill(&store).await;
    assert_eq!(run_on(store.clone()).await.totals.files.accepted, 1);
}
