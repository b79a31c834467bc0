//! `cargo xtask dist`: what is given to users who do not build: a wheel, its source distribution, and an archive, with their digests.

use std::env::consts::ARCH;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::pipeline;
use crate::python::Python;
use crate::stopwatch::Stopwatch;
use crate::{cache, program};

/// Most bytes of a wheel: people fetch it over any connection.
const WHEEL_BYTES: u64 = 35_000_000;

const SHELLS: [&str; 5] = ["bash", "zsh", "fish", "elvish", "powershell"];

/// What `cargo xtask dist` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder for the packages, made if need be.
    #[arg(long, default_value = "target/dist", value_name = "FOLDER")]
    out: PathBuf,
}

/// Builds the packages and tries them.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let folder = std::path::absolute(cache::checkout().join(&arguments.out)).context("the folder of the packages")?;
    packages(&folder)
}

/// Builds the packages in a folder that is thrown away, and tries them.
pub(crate) fn check() -> Result<()> {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    packages(folder.path())
}

fn packages(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let binary = pipeline::static_binary()?;
    let archive = archive(&binary, folder)?;
    wheel(folder)?;
    tokenizer()?;
    digests(folder)?;
    try_archive(folder, &archive)?;
    try_wheel(folder)?;
    try_source(folder)
}

/// The binary with its licence, shell completions and manual pages.
fn archive(binary: &Path, folder: &Path) -> Result<String> {
    let name = format!("sluice-{}-{ARCH}-linux", env!("CARGO_PKG_VERSION"));
    let parent = tempfile::tempdir().context("a temporary folder")?;
    let content = parent.path().join(&name);
    let completions = content.join("completions");
    fs::create_dir_all(&completions).context("the folder of the archive")?;
    for (from, to) in [
        (binary.to_owned(), "sluice"),
        (cache::checkout().join("LICENSE"), "LICENSE"),
        (cache::checkout().join("README.md"), "README.md"),
    ] {
        fs::copy(&from, content.join(to)).with_context(|| format!("cannot copy {}", from.display()))?;
    }
    for shell in SHELLS {
        let script = program::output(Command::new(binary).args(["completions", shell]))?;
        let file = completions.join(format!("sluice.{shell}"));
        fs::write(&file, script).with_context(|| format!("cannot write {}", file.display()))?;
    }
    program::run(Command::new(binary).arg("man").arg(content.join("man")))?;
    let file = format!("{name}.tar.gz");
    // The same bytes for the same commit, wherever and whenever it is built.
    program::run(
        Command::new("tar")
            .args(["--create", "--gzip", "--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0"])
            .arg("--file")
            .arg(folder.join(&file))
            .arg("--directory")
            .args([parent.path(), Path::new(&name)]),
    )
    .context("GNU tar is needed")?;
    Ok(file)
}

/// The wheel, and the source distribution, by maturin.
fn wheel(folder: &Path) -> Result<()> {
    let python = Python::with(Path::new("xtask/maturin.txt"))?;
    for words in [&["build", "--release"][..], &["sdist"]] {
        let mut command = Command::new(python.interpreter());
        command.args(["-m", "maturin"]).args(words).arg("--out").arg(folder).current_dir(cache::checkout());
        program::forget_package(&mut command);
        command.env("CARGO_TARGET_DIR", program::target_folder()?);
        program::run(&mut command)?;
    }
    Ok(())
}

/// The tokenizer as crates.io would take it: packed, built from the pack, and everything of a publication but the upload.
fn tokenizer() -> Result<()> {
    let mut command = program::cargo(&["publish", "--dry-run", "--quiet", "--package", "sluice-csv", "--allow-dirty"]);
    // By name: where the settings of `cargo` replace crates.io by a mirror or a folder, it publishes nothing without one.
    command.args(["--registry", "crates-io", "--target-dir"]).arg(cache::folder("package")?);
    program::run(&mut command).context("the tokenizer does not stand alone")
}

/// `SHA256SUMS`, as `sha256sum --check` reads it.
fn digests(folder: &Path) -> Result<()> {
    let names = names(folder)?;
    let digests = program::output(Command::new("sha256sum").args(&names).current_dir(folder))?;
    fs::write(folder.join("SHA256SUMS"), digests).context("cannot write SHA256SUMS")
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        names.extend(entry.context("an entry of the folder")?.file_name().into_string().ok());
    }
    names.sort();
    Ok(names)
}

/// Returns the only package whose name ends with `suffix`.
fn package(folder: &Path, suffix: &str) -> Result<PathBuf> {
    let found: Vec<String> = names(folder)?.into_iter().filter(|name| name.ends_with(suffix)).collect();
    match &found[..] {
        [name] => Ok(folder.join(name)),
        _ => bail!("one *{suffix} was expected in {}, there are {found:?}", folder.display()),
    }
}

/// The archive, as a user unpacks it: digests, the binary, completions, manual pages.
fn try_archive(folder: &Path, archive: &str) -> Result<()> {
    program::run(Command::new("sha256sum").args(["--check", "--quiet", "SHA256SUMS"]).current_dir(folder))?;
    let there = tempfile::tempdir().context("a temporary folder")?;
    program::run(
        Command::new("tar")
            .arg("--extract")
            .arg("--file")
            .arg(folder.join(archive))
            .arg("--directory")
            .arg(there.path()),
    )?;
    let content = there.path().join(archive.trim_end_matches(".tar.gz"));
    let version = program::output(Command::new(content.join("sluice")).arg("--version"))?;
    ensure!(version.trim() == format!("sluice {}", env!("CARGO_PKG_VERSION")), "the binary says {version:?}");
    for page in ["sluice.1", "sluice-check.1", "sluice-run.1"] {
        ensure!(content.join("man").join(page).is_file(), "{page} is not in {archive}");
    }
    for shell in SHELLS {
        let script = content.join("completions").join(format!("sluice.{shell}"));
        ensure!(
            fs::metadata(&script).is_ok_and(|script| script.len() > 1000),
            "no completions for {shell} in {archive}"
        );
    }
    Ok(())
}

/// The wheel, in an environment with nothing else: installed, and a verdict on a file of one's own.
fn try_wheel(folder: &Path) -> Result<()> {
    let wheel = package(folder, ".whl")?;
    let bytes = fs::metadata(&wheel).context("the wheel")?.len();
    ensure!(bytes <= WHEEL_BYTES, "{} has {bytes} bytes, more than {WHEEL_BYTES}", wheel.display());
    let there = tempfile::tempdir().context("a temporary folder")?;
    let watch = Stopwatch::start();
    program::run(Command::new("python3").args(["-m", "venv"]).arg(there.path().join("venv")))?;
    let programs = there.path().join("venv/bin");
    program::run(
        Command::new(programs.join("python"))
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"])
            .arg(&wheel),
    )?;
    let sluice = |words: &[&str]| {
        let mut command = Command::new(programs.join("sluice"));
        command.args(words).current_dir(there.path());
        command
    };
    fs::write(there.path().join("data.csv"), "id,name\n1,a\n2\n").context("a file to check")?;
    let said = program::output(&mut sluice(&["check", "data.csv"]))?;
    ensure!(said.contains("data.csv:3: name: missing-cell"), "the check says {said:?}");
    let seconds = watch.seconds();
    let said = program::output(&mut sluice(&["demo"]))?;
    ensure!(said.contains("4 files: 1 clean, 2 accepted, 1 refused"), "the demonstration says {said:?}");
    eprintln!(
        "{}: {:.1} MB; from nothing to a verdict in {seconds:.1} s",
        wheel.file_name().map(|name| name.to_string_lossy()).unwrap_or_default(),
        bytes as f64 / 1e6
    );
    Ok(())
}

/// The source distribution has all that a build needs, in the versions that were tested.
fn try_source(folder: &Path) -> Result<()> {
    let there = tempfile::tempdir().context("a temporary folder")?;
    let name = format!("sluice-{}", env!("CARGO_PKG_VERSION"));
    let source = folder.join(format!("{name}.tar.gz"));
    program::run(Command::new("tar").arg("--extract").arg("--file").arg(source).arg("--directory").arg(there.path()))?;
    let content = there.path().join(name);
    let mut command =
        program::cargo(&["metadata", "--locked", "--format-version", "1", "--no-deps", "--manifest-path"]);
    program::output(command.arg(content.join("worker/Cargo.toml")))
        .context("the source distribution cannot be built")?;
    Ok(())
}
