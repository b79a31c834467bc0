//! `cargo xtask stack`: checks everything that must hold for the deployment, which is a workspace of its own.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::python::Python;
use crate::{cache, program, pulumi_cli};

const STANDIN: &str = "stack/tests/standin";

/// Checks format, lints, docs and tests, and runs the program under the genuine Pulumi CLI, with a stand-in for the AWS
/// provider.
pub(crate) fn run() -> Result<()> {
    // Not `--all`: cargo fmt would also format the product, on which the stack depends by a path.
    let members = "-p sluice-stack -p sluice-aws -p sluice-language-host -p pulumi_gestalt_grpc_connection";
    program::run(&mut cargo(&format!("fmt --check {members}"))?)?;
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
    // If `CARGO_TARGET_DIR` is set, it is the folder of the product. The stack has one of its own, so that neither waits for
    // the other.
    command.env("CARGO_TARGET_DIR", target_folder()?);
    Ok(command)
}

/// Returns the folder in which the stack is built.
pub(crate) fn target_folder() -> Result<PathBuf> {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(_) => cache::folder("stack"),
        None => Ok(cache::checkout().join("stack").join("target")),
    }
}
