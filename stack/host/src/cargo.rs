//! Builds the program with Cargo, which decides whether anything has to be built.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::Command;
use tokio::sync::mpsc::UnboundedSender;

/// A program that is a binary of a Cargo workspace.
#[derive(Clone, Debug)]
pub struct Package {
    /// The manifest of its workspace, relative to the program's folder.
    pub manifest: PathBuf,
    /// The name of its binary.
    pub binary: String,
}

/// Returns the path of Cargo: the variable `CARGO`, or `cargo` on `PATH`.
pub(crate) fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from)
}

/// Returns Cargo's version, such as `cargo 1.95.0`.
pub(crate) async fn version() -> Result<String> {
    let output = Command::new(cargo()).arg("--version").output().await.context("cannot start cargo")?;
    Ok(String::from_utf8(output.stdout).context("the version of cargo")?.trim().to_owned())
}

impl Package {
    /// Builds the program in `folder`, sends the lines of Cargo's standard error to `said`, and returns the path of
    /// the executable.
    pub(crate) async fn build(&self, folder: &Path, said: UnboundedSender<String>) -> Result<PathBuf> {
        let manifest = folder.join(&self.manifest);
        // Without symbolic links in the path: Cargo builds again when it sees the same manifest at another path.
        let manifest = manifest.canonicalize().with_context(|| format!("no program at {}", manifest.display()))?;
        let mut child = Command::new(cargo())
            // The whole workspace chooses the features, as in every other build of this workspace, so that nothing is
            // built twice.
            .args(["build", "--release", "--workspace", "--bin", &self.binary])
            .arg("--message-format=json-render-diagnostics")
            .arg("--manifest-path")
            .arg(&manifest)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start cargo: Rust is needed to build the program, see https://rustup.rs")?;
        let (messages, words) = (child.stdout.take(), child.stderr.take());
        let mut executable = None;
        tokio::try_join!(
            lines(messages, |line| {
                executable = executable.take().or_else(|| self.executable(&line));
            }),
            // A receiver that was dropped does not stop the build.
            lines(words, |line| drop(said.send(line))),
        )
        .context("cannot read what cargo says")?;
        let status = child.wait().await.context("cannot wait for cargo")?;
        if !status.success() {
            bail!("the program cannot be built: cargo build --manifest-path {} failed ({status})", manifest.display());
        }
        executable.with_context(|| format!("{} has no binary {}", manifest.display(), self.binary))
    }

    /// Returns the path of the executable if `message` of Cargo is about this binary.
    fn executable(&self, message: &str) -> Option<PathBuf> {
        let message: Value = serde_json::from_str(message).ok()?;
        let executable = message.get("executable")?.as_str()?;
        (message.pointer("/target/name")? == self.binary.as_str()).then(|| executable.into())
    }
}

async fn lines(stream: Option<impl AsyncRead + Unpin>, mut take: impl FnMut(String)) -> std::io::Result<()> {
    let Some(stream) = stream else { return Ok(()) };
    let mut lines = BufReader::new(stream).lines();
    while let Some(line) = lines.next_line().await? {
        take(line);
    }
    Ok(())
}

/// Returns `line` without its margin if it is about Cargo's progress; `None` for a diagnostic.
pub(crate) fn progress(line: &str) -> Option<&str> {
    let status = line.trim_start();
    // Cargo aligns its verbs to the right; a diagnostic starts at the margin, and its further lines start with a sign
    // or a number.
    (status.len() < line.len() && status.starts_with(|first: char| first.is_ascii_uppercase())).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_from_diagnostics() {
        assert_eq!(
            progress("   Compiling sluice-stack v0.1.0 (/stack)"),
            Some("Compiling sluice-stack v0.1.0 (/stack)")
        );
        assert_eq!(progress("    Finished `release` profile"), Some("Finished `release` profile"));
        assert_eq!(progress("error[E0425]: cannot find value `x`"), None);
        assert_eq!(progress("  --> src/main.rs:1:1"), None);
        assert_eq!(progress("   | ^ not found"), None);
        assert_eq!(progress(""), None);
    }

    #[test]
    fn the_executable_is_that_of_the_binary_by_name() {
        let package = Package { manifest: "Cargo.toml".into(), binary: "deploy".to_owned() };
        let message = |name: &str, executable: &str| {
            format!(r#"{{"reason":"compiler-artifact","target":{{"name":"{name}"}},"executable":{executable}}}"#)
        };
        assert_eq!(package.executable(&message("deploy", r#""/target/deploy""#)), Some("/target/deploy".into()));
        assert_eq!(package.executable(&message("deploy", "null")), None);
        assert_eq!(package.executable(&message("other", r#""/target/other""#)), None);
        assert_eq!(package.executable(r#"{"reason":"build-finished","success":true}"#), None);
    }
}
