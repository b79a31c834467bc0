//! A Python virtual environment with pinned packages: the peers of the benchmark and the oracles of the tests.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::{cache, program};

const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// A virtual environment that holds exactly the pinned packages.
pub(crate) struct Python {
    interpreter: PathBuf,
}

impl Python {
    /// Finds the environment in the cache, or makes it: needs Python 3 with `venv`, and the package index once.
    pub(crate) fn prepare() -> Result<Self> {
        let mut hasher = DefaultHasher::new();
        REQUIREMENTS.hash(&mut hasher);
        let folder = cache::folder("python")?.join(format!("{:016x}", hasher.finish()));
        let interpreter = folder.join("bin").join("python");
        let complete = folder.join("complete");
        if !complete.exists() {
            eprintln!("making a Python environment in {}", folder.display());
            if folder.exists() {
                fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
            }
            program::run(Command::new("python3").args(["-m", "venv"]).arg(&folder).current_dir(cache::checkout()))
                .context("Python 3 with the venv module is needed for the peers and the oracles")?;
            program::run(
                Command::new(&interpreter)
                    .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
                    .args(["--only-binary=:all:", "--requirement"])
                    .arg(cache::checkout().join("xtask/requirements.txt")),
            )
            .context("the pinned Python packages cannot be installed")?;
            fs::write(&complete, REQUIREMENTS).with_context(|| format!("cannot write {}", complete.display()))?;
        }
        Ok(Self { interpreter })
    }

    /// A command that runs the script `path`, given from the top of the checkout.
    pub(crate) fn script(&self, path: impl AsRef<Path>) -> Command {
        let mut command = Command::new(&self.interpreter);
        // No byte code beside the scripts: the checkout stays as it is.
        command.arg("-B").arg(cache::checkout().join(path));
        command
    }

    /// Versions of the interpreter and of the packages that are asked for by name.
    pub(crate) fn versions(&self) -> Result<String> {
        let python = program::output(Command::new(&self.interpreter).arg("--version"))?;
        let packages: Vec<String> = REQUIREMENTS
            .lines()
            .filter(|line| {
                ["duckdb", "polars", "frictionless"].iter().any(|name| line.starts_with(&format!("{name}==")))
            })
            .map(|line| line.replace("==", " "))
            .collect();
        Ok(format!("{}, {}", python.trim(), packages.join(", ")))
    }
}
