//! `cargo xtask page`: the pages that `sluice` writes, in headless Chromium.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::python::Python;
use crate::{cache, debian, program};

/// Where Debian's package has the browser.
const CHROMIUM: &str = "/usr/bin/chromium";
/// The browser, and a font for it.
const PACKAGES: [&str; 2] = ["chromium", "fonts-dejavu-core"];
/// Where the tests are.
pub(crate) const TESTS: &str = "tests/page";

/// Runs the tests. Installs the browser if it is missing.
pub(crate) fn run() -> Result<()> {
    let sluice = program::sluice()?;
    debian::provide(&[CHROMIUM], &PACKAGES)?;
    let python = Python::with(&Path::new(TESTS).join("requirements.txt"))?;
    let mut tests = Command::new(python.interpreter());
    // No byte code beside the tests: the checkout stays as it is.
    tests.args(["-B", "-m", "pytest", "-q", TESTS]).current_dir(cache::checkout());
    program::run(tests.env("SLUICE", sluice).env("CHROMIUM", CHROMIUM))
}
