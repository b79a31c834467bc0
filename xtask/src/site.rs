//! `cargo xtask site`: the documentation as a site, by mdBook.

use std::process::Command;

use anyhow::Result;

use crate::{cache, program};

/// Pinned: a new version may make other pages, which is for a change of its own.
const VERSION: &str = "0.5.2";

/// Builds the site in `target/site`.
pub(crate) fn run() -> Result<()> {
    let mdbook = program::installed("mdbook", VERSION, &["--no-default-features", "--features", "search"])?;
    program::run(Command::new(&mdbook).arg("build").arg(cache::checkout()))?;
    eprintln!("the site begins at {}", cache::checkout().join("target/site/index.html").display());
    Ok(())
}
