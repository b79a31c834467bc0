//! `cargo xtask stack`: everything that must hold of the deployment, a workspace of its own.

use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::python::Python;
use crate::{cache, program, pulumi_cli};

const STANDIN: &str = "stack/tests/standin";

/// Format, lints, docs, tests; and the program under the genuine Pulumi CLI, with a stand-in for the AWS provider.
pub(crate) fn run() -> Result<()> {
    program::run(&mut cargo("fmt --all --check")?)?;
    program::run(cargo("clippy --release --workspace --all-targets")?.args(["--", "-D", "warnings"]))?;
    program::run(cargo("doc --release --workspace --no-deps")?.env("RUSTDOCFLAGS", "-D warnings"))?;
    program::run(&mut cargo("test --release --workspace")?)?;

    let standin = Path::new(STANDIN);
    let python = Python::with(&standin.join("requirements.txt"))?;
    program::run(
        cargo("test --release --workspace --test cli")?
            .args(["--", "--ignored"])
            .env("SLUICE_PULUMI", pulumi_cli::installed()?)
            .env("SLUICE_STANDIN", cache::checkout().join(standin))
            .env("SLUICE_STANDIN_PYTHON", python.interpreter()),
    )
}

fn cargo(line: &str) -> Result<Command> {
    let words: Vec<&str> = line.split(' ').collect();
    let mut command = program::cargo(&words);
    command.args(["--manifest-path", "stack/Cargo.toml"]);
    // A target folder that is set is that of the product. The stack has one of its own, so that neither waits for the other.
    if env::var_os("CARGO_TARGET_DIR").is_some() {
        command.env("CARGO_TARGET_DIR", cache::folder("stack")?);
    }
    Ok(command)
}
