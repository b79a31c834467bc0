//! Rejects against the manifest of the seeded faults.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::shapes::Seeded;

/// How the rejects and the manifest agree. A fault is found when record, column, code and constraint are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Agreement {
    pub(crate) seeded: u64,
    pub(crate) found: u64,
    /// Faults that were reported and not seeded.
    pub(crate) extra: u64,
}

impl Agreement {
    pub(crate) fn is_exact(self) -> bool {
        self.seeded == self.found && self.extra == 0
    }
}

#[derive(Deserialize)]
struct Reject {
    record: u64,
    errors: Vec<Fault>,
}

#[derive(Deserialize)]
struct Fault {
    column: Option<u64>,
    code: String,
    constraint: Option<String>,
}

/// Number of rows with a seeded fault.
pub(crate) fn seeded(manifest: &Path) -> Result<u64> {
    faults(manifest)?.try_fold(0, |count, fault| Ok(count + u64::from(fault?.code != Seeded::BLANK)))
}

fn faults(manifest: &Path) -> Result<impl Iterator<Item = Result<Seeded>>> {
    let file = File::open(manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
    Ok(Seeded::read_all(file))
}

/// Compares the two, both in the order of records. No rejects file means no reject.
pub(crate) fn compare(manifest: &Path, rejects: &Path) -> Result<Agreement> {
    let mut agreement = Agreement::default();
    let mut expected =
        faults(manifest)?.filter(|fault| !matches!(fault, Ok(fault) if fault.code == Seeded::BLANK)).peekable();
    let mut reported = Vec::new();
    if rejects.exists() {
        let file = File::open(rejects).with_context(|| format!("cannot read {}", rejects.display()))?;
        reported.push(BufReader::new(file));
    }
    for line in reported.into_iter().flat_map(BufReader::lines) {
        let line = line.with_context(|| format!("cannot read {}", rejects.display()))?;
        let reject: Reject =
            serde_json::from_str(&line).with_context(|| format!("{}: not a reject", rejects.display()))?;
        // What stands in the manifest before this record was missed.
        while let Some(fault) = expected.next_if(|fault| !matches!(fault, Ok(fault) if fault.record >= reject.record)) {
            fault?;
            agreement.seeded += 1;
        }
        let mut wanted = Vec::new();
        while let Some(fault) = expected.next_if(|fault| matches!(fault, Ok(fault) if fault.record == reject.record)) {
            wanted.push(fault?);
        }
        agreement.seeded += wanted.len() as u64;
        for fault in reject.errors {
            let fault = Seeded {
                record: reject.record,
                column: fault.column,
                code: fault.code,
                constraint: fault.constraint.unwrap_or_default(),
            };
            match wanted.iter().position(|seeded| *seeded == fault) {
                Some(place) => {
                    wanted.swap_remove(place);
                    agreement.found += 1;
                }
                None => agreement.extra += 1,
            }
        }
    }
    for fault in expected {
        fault?;
        agreement.seeded += 1;
    }
    Ok(agreement)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn agreement(manifest: &str, rejects: &str) -> Agreement {
        let folder = tempfile::tempdir().unwrap();
        let (seeded, found) = (folder.path().join("m"), folder.path().join("r"));
        std::fs::write(&seeded, manifest).unwrap();
        std::fs::write(&found, rejects).unwrap();
        compare(&seeded, &found).unwrap()
    }

    const MANIFEST: &str = "3,2,type-error,\n5,,blank,\n7,,quote-error,\n9,1,constraint-error,enum\n";

    #[test]
    fn the_same_faults_agree() {
        let rejects = r#"{"record":3,"errors":[{"column":2,"code":"type-error"}]}
{"record":7,"errors":[{"code":"quote-error"}]}
{"record":9,"errors":[{"column":1,"code":"constraint-error","constraint":"enum"}]}
"#;
        let agreement = agreement(MANIFEST, rejects);
        assert_eq!(agreement, Agreement { seeded: 3, found: 3, extra: 0 });
        assert!(agreement.is_exact());
    }

    #[test]
    fn a_missed_fault_and_one_in_the_wrong_column_disagree() {
        let rejects = r#"{"record":3,"errors":[{"column":1,"code":"type-error"}]}
"#;
        let agreement = agreement(MANIFEST, rejects);
        assert_eq!(agreement, Agreement { seeded: 3, found: 0, extra: 1 });
    }

    #[test]
    fn a_reject_of_a_clean_record_is_extra() {
        let rejects = r#"{"record":4,"errors":[{"column":1,"code":"type-error"}]}
"#;
        assert_eq!(agreement("", rejects), Agreement { seeded: 0, found: 0, extra: 1 });
    }
}
