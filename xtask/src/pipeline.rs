//! Tests the pipeline on AWS without AWS: the emulator, the store over its S3, and the stack that the Pulumi CLI deploys
//! into it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::python::Python;
use crate::signals::SignalTarget;
use crate::{asl, cache, page, program, pulumi_cli, stack};

const EMULATOR: &str = "tests/emulator";
const END_TO_END: &str = "tests/end_to_end";
/// The tests of the image, which use the emulator's registry.
pub(crate) const IMAGE_TESTS: &str = "tests/image";

/// Runs another validator on the state machine, the emulator's own tests, the store's conformance suite over the
/// emulator's S3, and the tests that use the deployed pipeline as a user does.
pub(crate) fn run(tools: &Tools) -> Result<()> {
    asl::check()?;
    tools.style()?;
    program::run(tools.pytest(EMULATOR)?.env("CARGO_TARGET_DIR", program::target_folder()?))?;
    conformance(tools)?;
    program::run(&mut tools.pytest(END_TO_END)?)
}

/// Deploys into an emulator and waits for Ctrl-C or SIGTERM.
pub(crate) fn playground() -> Result<()> {
    let tools = Tools::prepare()?;
    program::run(&mut tools.with_environment(tools.python.script(Path::new(END_TO_END).join("playground.py")))?)
}

/// The programs that the tests need.
pub(crate) struct Tools {
    python: Python,
    pulumi: PathBuf,
    image: PathBuf,
}

impl Tools {
    pub(crate) fn prepare() -> Result<Self> {
        Ok(Self {
            python: Python::with(&Path::new(EMULATOR).join("requirements.txt"))?,
            pulumi: pulumi_cli::installed()?,
            image: static_binary()?,
        })
    }

    fn with_environment(&self, mut command: Command) -> Result<Command> {
        // `build.sh` and the language host of Pulumi call `cargo`.
        program::forget_package(&mut command);
        command
            .env("SLUICE_BINARY", &self.image)
            .env("SLUICE_PULUMI", &self.pulumi)
            .env("CARGO_TARGET_DIR", stack::target_folder()?)
            .env("PYTHONDONTWRITEBYTECODE", "1");
        Ok(command)
    }

    /// A command that runs the script `path`, with the packages of the emulator.
    pub(crate) fn script(&self, path: &str) -> Command {
        self.python.script(path)
    }

    /// The static binary of the image.
    pub(crate) fn image(&self) -> &Path {
        &self.image
    }

    /// Checks the style of the tests that are written in Python.
    fn style(&self) -> Result<()> {
        for words in [&["check"][..], &["format", "--check"]] {
            let mut command = Command::new(self.python.interpreter());
            command.args(["-m", "ruff", "--quiet"]).args(words).arg("--no-cache");
            command.args([EMULATOR, END_TO_END, IMAGE_TESTS, page::TESTS]);
            program::run(command.current_dir(cache::checkout()))?;
        }
        Ok(())
    }

    /// A command that runs the tests in `folder`.
    pub(crate) fn pytest(&self, folder: &str) -> Result<Command> {
        let mut command = Command::new(self.python.interpreter());
        command.args(["-m", "pytest", "-q", "-p", "no:cacheprovider", folder]).current_dir(cache::checkout());
        self.with_environment(command)
    }
}

/// Builds the static binary of the image, as `build.sh` does, and copies it to where the next build does not replace it.
pub(crate) fn static_binary() -> Result<PathBuf> {
    let arguments = ["rustc", "--release", "--package", "sluice", "--bin", "sluice"];
    program::run(program::cargo(&arguments).args(["--", "-C", "target-feature=+crt-static", "-C", "strip=symbols"]))?;
    let built = program::target_folder()?.join("release").join("sluice");
    let image = cache::folder("image")?.join("sluice");
    // A running executable cannot be written to, so the copy is written under another name and then renamed.
    let partial = image.with_extension("partial");
    fs::copy(&built, &partial).with_context(|| format!("cannot copy {}", built.display()))?;
    fs::rename(&partial, &image).with_context(|| format!("cannot rename {}", partial.display()))?;
    Ok(image)
}

/// Runs the conformance suite of the store over S3 against the emulator.
fn conformance(tools: &Tools) -> Result<()> {
    let emulator = Emulator::start(tools)?;
    let mut command = program::cargo(&["test", "--release", "--lib", "--", "--ignored", "s3"]);
    // Only these ignored tests: the others take minutes and do not need the emulator.
    command.env("SLUICE_TEST_S3", &emulator.endpoint);
    program::run(&mut command)
}

/// A running emulator, stopped when dropped.
pub(crate) struct Emulator {
    process: Child,
    _target: SignalTarget,
    endpoint: String,
}

#[derive(Deserialize)]
struct Ready {
    endpoint: String,
}

impl Emulator {
    pub(crate) fn start(tools: &Tools) -> Result<Self> {
        let mut command = tools.python.script(Path::new(EMULATOR).join("emulator.py"));
        let process =
            command.args(["--port", "0"]).stdout(Stdio::piped()).spawn().context("cannot start the emulator")?;
        let target = SignalTarget::process(&process);
        let mut emulator = Self { process, _target: target, endpoint: String::new() };
        let mut line = String::new();
        let output = emulator.process.stdout.take().context("the emulator has no standard output")?;
        BufReader::new(output).read_line(&mut line)?;
        let ready: Ready = serde_json::from_str(&line).context("the emulator ended before it was ready")?;
        emulator.endpoint = ready.endpoint;
        Ok(emulator)
    }

    /// The emulator's address, as `AWS_ENDPOINT_URL` takes it.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // SIGTERM, so that it also stops the processes that it has started.
        let id = self.process.id().to_string();
        let asked = Command::new("kill").arg(&id).status().is_ok_and(|status| status.success());
        if !asked && let Err(error) = self.process.kill() {
            eprintln!("the emulator, process {id}, was not stopped: {error}");
        }
        if let Err(error) = self.process.wait() {
            eprintln!("the emulator, process {id}, was not waited for: {error}");
        }
    }
}
