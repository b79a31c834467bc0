//! The definition that is deployed, as reviewed: `UPDATE_GOLDEN=1 cargo test` writes it anew.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use statemachine::{Parameters, StateMachine, pipeline};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/state-machine.asl.json");
const PICTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/state-machine.mmd");

fn compare(path: &str, rendered: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, rendered).unwrap();
    }
    let golden = std::fs::read_to_string(path).unwrap();
    let differs = golden.lines().zip(rendered.lines()).position(|(golden, now)| golden != now);
    assert!(
        golden == rendered,
        "{path} differs, first in line {:?}; after a review: UPDATE_GOLDEN=1",
        differs.map(|n| n + 1)
    );
}

#[test]
fn the_definition_is_the_reviewed_one() {
    compare(GOLDEN, &pipeline::definition(&Parameters::example()).to_json());
}

#[test]
fn the_picture_is_the_reviewed_one() {
    compare(PICTURE, &pipeline::definition(&Parameters::example()).picture());
}

#[test]
fn the_reviewed_definition_is_read_and_written_without_a_change() {
    let golden = std::fs::read_to_string(GOLDEN).unwrap();
    assert_eq!(serde_json::from_str::<StateMachine>(&golden).unwrap().to_json(), golden);
}
