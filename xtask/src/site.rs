//! `cargo xtask site`: the documentation as a site, by mdBook.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::{cache, program};

/// Pinned: a new version may make other pages, which is for a change of its own.
const VERSION: &str = "0.5.2";

/// Builds the site in `target/site`.
pub(crate) fn run() -> Result<()> {
    let root = cache::folder("tools")?.join(format!("mdbook-{VERSION}"));
    let mdbook = root.join("bin").join("mdbook");
    if !mdbook.exists() {
        install(&root)?;
    }
    program::run(Command::new(&mdbook).arg("build").arg(cache::checkout()))?;
    eprintln!("the site begins at {}", cache::checkout().join("target/site/index.html").display());
    Ok(())
}

fn install(root: &PathBuf) -> Result<()> {
    eprintln!("installing mdBook {VERSION} into {}", root.display());
    let mut install =
        program::cargo(&["install", "--locked", "--quiet", "--no-default-features", "--features", "search"]);
    // Its build is of no use to anything else.
    install.arg(format!("mdbook@{VERSION}")).arg("--root").arg(root).env_remove("CARGO_TARGET_DIR");
    program::run(&mut install).context("mdBook cannot be had")
}
