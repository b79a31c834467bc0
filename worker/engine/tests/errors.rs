//! `docs/errors.md` is what the code generates.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use sluice_engine::codes;

#[test]
fn the_reference_of_codes_is_made_from_their_declarations() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors.md");
    let made = codes::markdown();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &made).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap();
    assert!(kept == made, "docs/errors.md differs from what the codes say; after a review: UPDATE_GOLDEN=1");
}
