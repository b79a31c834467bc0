#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use super::{Descriptor, NeighbourError, Neighbours, read};

mod constraint_warnings;
mod decimals;
mod explained;
mod expressions;
mod feedback;
mod file_assertions;
mod foreign_keys;
mod headers;
mod keys;
mod laws;
mod leniency;
mod look_around;
mod mistakes;
mod models;
mod own_schema;
mod packages;
mod published;
mod references;
mod rules;
mod types;
mod warnings;
mod yaml;

/// Files beside the descriptor, in memory.
#[derive(Default)]
struct Files(BTreeMap<&'static str, Vec<u8>>);

impl Files {
    fn of<const N: usize>(files: [(&'static str, &str); N]) -> Self {
        Self(files.map(|(name, text)| (name, text.as_bytes().to_vec())).into())
    }
}

impl Neighbours for Files {
    fn read(&self, name: &str) -> Result<Vec<u8>, NeighbourError> {
        self.0.get(name).cloned().ok_or(NeighbourError::NotFound)
    }
}

/// Returns the mistakes of a descriptor that refers to no file, one line each; none when the descriptor is valid.
fn mistakes(text: &str) -> Vec<String> {
    match read("r.json", text.as_bytes(), &Files::default()) {
        Ok(_) => {
            own_schema::check(text);
            Vec::new()
        }
        Err(mistakes) => mistakes.iter().map(ToString::to_string).collect(),
    }
}

fn good(text: &str) -> Descriptor {
    let descriptor = read("r.json", text.as_bytes(), &Files::default()).unwrap();
    own_schema::check(text);
    descriptor
}

/// Returns the warnings of a descriptor that has no mistakes and refers to no file, one line each.
fn warnings(text: &str) -> Vec<String> {
    good(text).warnings.iter().map(ToString::to_string).collect()
}
