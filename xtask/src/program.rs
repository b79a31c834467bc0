//! Runs programs for the tasks; errors name the command that was run.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::{cache, signals};

/// Returns a call of the `cargo` that runs this task, in the checkout.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(cache::checkout());
    forget_package(&mut command);
    command
}

/// Removes the variables that `cargo` sets about this package; to be used for a command that may call `cargo`.
///
/// `cargo` would take them for a change: build scripts that read them would run again, and their dependents would be built again, in
/// turns with a `cargo` that is called by hand.
pub(crate) fn forget_package(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let is_of_package =
            ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|start| name.as_encoded_bytes().starts_with(start.as_bytes()));
        if is_of_package || name == "CARGO_CRATE_NAME" || name == "CARGO_BIN_NAME" {
            command.env_remove(name);
        }
    }
}

/// Returns the folder in which `cargo` builds the product.
pub(crate) fn target_folder() -> Result<PathBuf> {
    let folder = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    // Relative to the folder that the task was called from, as for `cargo`; the tasks run their programs in the checkout.
    std::path::absolute(cache::checkout().join(folder)).context("the target folder")
}

/// Returns the command as a user would type it.
pub(crate) fn line(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    if line.ends_with("/cargo") {
        line = "cargo".to_owned();
    }
    for argument in command.get_args() {
        let _ = write!(line, " {}", argument.to_string_lossy());
    }
    line
}

/// Runs `command` to its end; returns an error unless it succeeds.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = signals::wait_for(command).with_context(|| format!("cannot start `{}`", line(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// Runs `command` and returns its standard output; its standard error is part of the error when it fails.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start `{}`", line(command)))?;
    if !output.status.success() {
        let said = String::from_utf8(output.stderr).unwrap_or_default();
        bail!("`{}` failed ({}): {}", line(command), output.status, said.trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("output of `{}`", line(command)))
}

#[derive(Deserialize)]
struct Message {
    reason: String,
    executable: Option<PathBuf>,
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Runs `cargo build` with `arguments` and returns the paths of the executables by their names.
pub(crate) fn build(arguments: &[&str], environment: &[(&str, &OsStr)]) -> Result<BTreeMap<String, PathBuf>> {
    let mut command = cargo(&["build", "--release", "--message-format=json-render-diagnostics"]);
    command.args(arguments).envs(environment.iter().copied()).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command.output().with_context(|| format!("cannot start `{}`", line(&command)))?;
    if !output.status.success() {
        bail!("`{}` failed ({})", line(&command), output.status);
    }
    let messages = output.stdout.split(|&byte| byte == b'\n');
    Ok(messages
        .filter_map(|message| serde_json::from_slice::<Message>(message).ok())
        .filter(|message| message.reason == "compiler-artifact")
        .filter_map(|message| Some((message.target?.name, message.executable?)))
        .collect())
}

/// Builds the product as `cargo run --release` does, and returns the path of `sluice`.
pub(crate) fn sluice() -> Result<PathBuf> {
    build(&["--package", "sluice"], &[])?.remove("sluice").context("the package sluice has no executable sluice")
}

/// Returns the program of a crate in this version, which is kept among the tools of the cache. If it is missing there, installs it with
/// these options of `cargo install`.
pub(crate) fn installed(name: &str, version: &str, options: &[&str]) -> Result<PathBuf> {
    let root = cache::folder("tools")?.join(format!("{name}-{version}"));
    let program = root.join("bin").join(name);
    if !program.exists() {
        eprintln!("installing {name} {version} into {}", root.display());
        let mut install = cargo(&["install", "--locked", "--quiet"]);
        install
            .args(options)
            .arg(format!("{name}@{version}"))
            .arg("--root")
            .arg(&root)
            // The build of this crate is of no use to other builds, so it does not belong into their folder.
            .env_remove("CARGO_TARGET_DIR");
        run(&mut install).with_context(|| format!("{name} cannot be had"))?;
    }
    Ok(program)
}
