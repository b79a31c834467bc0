//! `cargo xtask site`: builds the documentation as a site, with mdBook.

use std::process::Command;

use anyhow::Result;

use crate::{cache, program};

/// Pinned: a new version may make different pages, which should be a change of its own.
const VERSION: &str = "0.5.2";

/// Builds the site in `target/site`.
pub(crate) fn run() -> Result<()> {
    let mdbook = program::installed("mdbook", VERSION, &["--no-default-features", "--features", "search"])?;
    program::run(Command::new(&mdbook).arg("build").arg(cache::checkout()))?;
    eprintln!("the site begins at {}", cache::checkout().join("target/site/index.html").display());
    Ok(())
}
