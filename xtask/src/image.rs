//! `cargo xtask image`: tests `build.sh` and its image with a real container engine and the emulator's
//! registry.

use std::path::Path;

use anyhow::Result;

use crate::pipeline::{IMAGE_TESTS, Tools};
use crate::program;
use crate::python::Python;

/// Builds, pushes, pulls and runs the image. Starts a container engine if none runs.
pub(crate) fn run() -> Result<()> {
    let tools = Tools::prepare()?;
    // In an environment of its own, because the AWS CLI pins other versions of some of the emulator's packages.
    let aws = Python::with(&Path::new(IMAGE_TESTS).join("requirements.txt"))?;
    program::run(
        tools
            .pytest(IMAGE_TESTS)?
            .env("SLUICE_AWS", aws.interpreter().with_file_name("aws"))
            // Where `build.sh` finds the built product; CARGO_TARGET_DIR is the folder of the stack.
            .env("SLUICE_TARGET", program::target_folder()?),
    )
}
