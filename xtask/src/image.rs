//! `cargo xtask image`: `build.sh` and what it makes, with a real container engine and the emulator's registry.

use std::path::Path;

use anyhow::Result;

use crate::pipeline::Tools;
use crate::program;
use crate::python::Python;

pub(crate) const TESTS: &str = "tests/image";

/// Builds, pushes, pulls and runs the image. Starts an engine when none runs.
pub(crate) fn run() -> Result<()> {
    let tools = Tools::prepare()?;
    // Apart from the emulator's packages: the AWS CLI has its own versions of some.
    let aws = Python::with(&Path::new(TESTS).join("requirements.txt"))?;
    program::run(
        tools
            .pytest(TESTS)?
            .env("SLUICE_AWS", aws.interpreter().with_file_name("aws"))
            // Where `build.sh` finds the product built; CARGO_TARGET_DIR is that of the stack.
            .env("SLUICE_TARGET", program::target_folder()?),
    )
}
