//! cargo-deny: licences, bans and sources of the dependencies, and known advisories.

use std::process::Command;

use anyhow::{Context as _, Result};

use crate::{cache, program};

/// Pinned: a new version may report new faults, which should be mended in a change of their own.
const VERSION: &str = "0.20.2";

/// Checks licences, bans and sources; also advisories, if their database can be fetched.
pub(crate) fn check() -> Result<()> {
    let deny = program::installed("cargo-deny", VERSION, &[])?;
    let check = |what: &[&str]| {
        let mut command = Command::new(&deny);
        command.args(["--workspace", "check", "--hide-inclusion-graph"]).args(what).current_dir(cache::checkout());
        command
    };
    program::run(&mut check(&["licenses", "bans", "sources"]))?;
    let fetched = Command::new(&deny)
        .args(["fetch", "db"])
        .current_dir(cache::checkout())
        .output()
        .context("cannot start cargo-deny")?;
    if !fetched.status.success() {
        eprintln!(
            "\n!!! ADVISORIES NOT CHECKED: the advisory database cannot be fetched here. Licences, bans and sources are."
        );
        for line in String::from_utf8(fetched.stderr).unwrap_or_default().lines().take(5) {
            eprintln!("!!! {line}");
        }
        eprintln!();
        return Ok(());
    }
    program::run(&mut check(&["--disable-fetch", "advisories"]))
}
