//! Reading a descriptor neither panics nor hangs, and every mistake is one line with a place in its file.
//!
//! The input is up to three files, separated by a byte 0: the descriptor, and the ones it may refer to as `a` and `b`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_engine::descriptor::{Mistakes, NeighbourError, Neighbours, read, read_schema};

struct Files<'a>(Vec<&'a [u8]>);

impl Neighbours for Files<'_> {
    fn read(&self, name: &str) -> Result<Vec<u8>, NeighbourError> {
        assert!(!name.starts_with('/') && name.split('/').all(|segment| !["", ".", ".."].contains(&segment)));
        let file = match name {
            "a" => self.0.get(1),
            "b" => self.0.get(2),
            _ => None,
        };
        file.map(|bytes| bytes.to_vec()).ok_or(NeighbourError::NotFound)
    }
}

fn check(mistakes: &Mistakes) {
    assert!(mistakes.count() > 0);
    for mistake in mistakes.iter() {
        assert!(mistake.line > 0 && mistake.column > 0);
        assert_eq!(mistake.to_string().lines().count(), 1);
    }
}

fuzz_target!(|data: &[u8]| {
    let files = Files(data.splitn(3, |&byte| byte == 0).collect());
    for result in [read("r.json", files.0[0], &files), read_schema("s.json", data)] {
        match result {
            Ok(descriptor) => assert_eq!(descriptor.sha256.len(), 64),
            Err(mistakes) => check(&mistakes),
        }
    }
});
