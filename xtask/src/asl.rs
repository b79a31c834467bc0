//! Runs npm's asl-validator on the state machine: a second, independent opinion.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::{cache, program};

/// Folder of the npm package that pins the validator and its dependencies, relative to the top of the
/// checkout.
const PACKAGE: &str = "xtask/asl-validator";
const LOCK: &str = "package-lock.json";
/// The state machine that `cargo test -p statemachine` compares with its own.
const GOLDEN: &str = "statemachine/golden/state-machine.asl.json";

/// The remedy if one of the programs is missing.
const NODE: &str = "install Node.js 20.16 or later with npm, see https://nodejs.org/en/download";

/// Checks that the golden state machine is valid, and that the validator refuses an invalid one.
pub(crate) fn check() -> Result<()> {
    let validator = installed()?;
    let golden = cache::checkout().join(GOLDEN);
    program::run(validator.command().arg(&golden))?;

    // If the validator accepted everything, its verdict on the golden state machine would mean nothing.
    let text = fs::read_to_string(&golden).with_context(|| format!("cannot read {}", golden.display()))?;
    let folder = tempfile::tempdir().context("a folder for a faulty state machine")?;
    let faulty = folder.path().join("faulty.asl.json");
    fs::write(&faulty, with_a_transition_to_nowhere(&text)?).context("cannot write a faulty state machine")?;
    let output = validator.command().arg(&faulty).output().context("cannot start asl-validator")?;
    let said = String::from_utf8(output.stderr).context("what asl-validator says")?;
    if output.status.success() || !said.contains("Nowhere") {
        bail!("asl-validator finds a state machine valid that goes on at a state that is not there: {said}");
    }
    Ok(())
}

fn with_a_transition_to_nowhere(definition: &str) -> Result<String> {
    let mut machine: serde_json::Value = serde_json::from_str(definition).context(GOLDEN)?;
    machine["StartAt"] = "Nowhere".into();
    Ok(machine.to_string())
}

/// The installed validator.
struct Validator {
    program: PathBuf,
}

impl Validator {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--json-path").stdin(Stdio::null());
        command
    }
}

/// Returns the pinned validator from the cache. Installs it if it is missing, which needs the npm registry
/// once.
fn installed() -> Result<Validator> {
    // Programs of npm packages run in Node.js.
    on_path("node")?;
    let package = cache::checkout().join(PACKAGE);
    let lock = fs::read_to_string(package.join(LOCK)).with_context(|| format!("cannot read {PACKAGE}/{LOCK}"))?;
    let folder = cache::folder("asl-validator")?;
    let program = folder.join("node_modules").join(".bin").join("asl-validator");
    let complete = folder.join("complete");
    if fs::read_to_string(&complete).is_ok_and(|installed| installed == lock) {
        return Ok(Validator { program });
    }
    eprintln!("installing asl-validator into {}", folder.display());
    for name in ["package.json", LOCK] {
        let (from, to) = (package.join(name), folder.join(name));
        fs::copy(&from, &to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    }
    let mut command = on_path("npm")?;
    command.args(["ci", "--engine-strict", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
    program::run(&mut command).with_context(|| format!("asl-validator cannot be installed; {NODE}"))?;
    fs::write(&complete, &lock).with_context(|| format!("cannot write {}", complete.display()))?;
    Ok(Validator { program })
}

/// Returns a command for a program of Node.js; an error if it is not on PATH.
fn on_path(name: &str) -> Result<Command> {
    let path = env::var_os("PATH").unwrap_or_default();
    if !env::split_paths(&path).any(|folder| folder.join(name).is_file()) {
        bail!("there is no {name} on PATH: {NODE}");
    }
    Ok(Command::new(name))
}
