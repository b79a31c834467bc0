//! Python virtual environments with pinned packages: for the peers of the benchmark and the oracles of the tests, and for the
//! stand-in for the AWS provider.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::{cache, program};

/// A virtual environment that holds exactly the pinned packages.
pub(crate) struct Python {
    interpreter: PathBuf,
    requirements: String,
}

impl Python {
    /// Returns the environment of the peers and the oracles.
    pub(crate) fn prepare() -> Result<Self> {
        Self::with(Path::new("xtask/requirements.txt"))
    }

    /// Returns the environment with the packages of the file `path`, given from the top of the checkout. Creates it in the
    /// cache if it is missing, which needs Python 3 with `venv`, and the package index once.
    pub(crate) fn with(path: &Path) -> Result<Self> {
        let path = cache::checkout().join(path);
        let requirements = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut hasher = DefaultHasher::new();
        requirements.hash(&mut hasher);
        let folder = cache::folder("python")?.join(format!("{:016x}", hasher.finish()));
        let interpreter = folder.join("bin").join("python");
        let complete = folder.join("complete");
        if !complete.exists() {
            eprintln!("making a Python environment in {}", folder.display());
            if folder.exists() {
                fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
            }
            program::run(Command::new("python3").args(["-m", "venv"]).arg(&folder).current_dir(cache::checkout()))
                .context("Python 3 with the venv module is needed")?;
            program::run(
                Command::new(&interpreter)
                    .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
                    .args(["--only-binary=:all:", "--requirement"])
                    .arg(&path),
            )
            .context("the pinned Python packages cannot be installed")?;
            fs::write(&complete, &requirements).with_context(|| format!("cannot write {}", complete.display()))?;
        }
        Ok(Self { interpreter, requirements })
    }

    /// The path of the environment's interpreter.
    pub(crate) fn interpreter(&self) -> &Path {
        &self.interpreter
    }

    /// A command that runs the script `path`, given from the top of the checkout.
    pub(crate) fn script(&self, path: impl AsRef<Path>) -> Command {
        let mut command = Command::new(&self.interpreter);
        // No byte code beside the scripts, so that the checkout is not changed.
        command.arg("-B").arg(cache::checkout().join(path));
        command
    }

    /// Returns the versions of the interpreter, and of the packages that are peers.
    pub(crate) fn versions(&self) -> Result<String> {
        let python = program::output(Command::new(&self.interpreter).arg("--version"))?;
        Ok(format!("{}, {}", python.trim(), self.packages()))
    }

    /// Versions of the packages that are asked for by name.
    pub(crate) fn packages(&self) -> String {
        const NAMES: [&str; 4] = ["duckdb==", "floe-python==", "polars==", "frictionless=="];
        let asked_for = self.requirements.lines().filter(|line| NAMES.iter().any(|name| line.starts_with(name)));
        asked_for.map(|line| line.replace("==", " ")).collect::<Vec<_>>().join(", ")
    }
}
