//! The Pulumi CLI in exactly one version: the tests of the stack read what it prints.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::{cache, program};

/// The Go module that pins the CLI and its dependencies.
const MODULE: &str = "stack/tools/pulumi";
const REQUIREMENTS: &str = include_str!("../../stack/tools/pulumi/go.mod");
const PACKAGE: &str = "github.com/pulumi/pulumi/pkg/v3";

/// The pinned version, such as `v3.250.0`.
fn version() -> Result<&'static str> {
    let mut requirements = REQUIREMENTS.lines().map(str::split_whitespace);
    requirements
        .find_map(|mut words| (words.next() == Some(PACKAGE)).then(|| words.next())?)
        .with_context(|| format!("{MODULE}/go.mod has no version of {PACKAGE}"))
}

/// Returns the path of a `pulumi` of the pinned version: from PATH, else from the cache, else a new build.
pub(crate) fn installed() -> Result<PathBuf> {
    let version = version()?;
    if let Some(path) = on_path(version)? {
        return Ok(path);
    }
    let folder = cache::folder("tools")?.join(format!("pulumi-{}", version.trim_start_matches('v')));
    let pulumi = folder.join("pulumi");
    if !pulumi.exists() {
        build(version, &folder, &pulumi)?;
    }
    Ok(pulumi)
}

/// Returns the `pulumi` on PATH; `None` if there is none, or if it has another version.
fn on_path(version: &str) -> Result<Option<PathBuf>> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let Some(pulumi) = std::env::split_paths(&path).map(|folder| folder.join("pulumi")).find(|path| path.is_file())
    else {
        return Ok(None);
    };
    let found = program::output(Command::new(&pulumi).arg("version").env("PULUMI_SKIP_UPDATE_CHECK", "1"))?;
    Ok((found.trim() == version).then_some(pulumi))
}

/// Builds the CLI from its published Go module: unlike releases, modules can be downloaded everywhere.
fn build(version: &str, folder: &Path, pulumi: &Path) -> Result<()> {
    match Command::new("go").arg("version").stdout(Stdio::null()).status() {
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "there is neither pulumi {version} nor Go to build it: install one of them, see \
             https://www.pulumi.com/docs/install/ and https://go.dev/dl/"
        ),
        go => drop(go.context("cannot start go")?),
    }
    eprintln!("building pulumi {version} into {}; this takes some minutes, once", folder.display());
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    // The program gets its own name only when it is complete.
    let partial = folder.join("pulumi.partial");
    program::run(
        Command::new("go")
            .args(["build", "-mod=readonly", "-buildvcs=false", "-tags", "osusergo,grpcnotrace", "-ldflags"])
            .arg(format!("-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={version}"))
            .arg("-o")
            .arg(&partial)
            .arg(format!("{PACKAGE}/cmd/pulumi"))
            .current_dir(cache::checkout().join(MODULE)),
    )?;
    fs::rename(&partial, pulumi).with_context(|| format!("cannot rename {}", partial.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_module() {
        let version = version().expect("a version");
        assert!(
            REQUIREMENTS.contains(&format!("\tgithub.com/pulumi/pulumi/sdk/v3 {version}\n")),
            "sdk and pkg are of one version"
        );
        let numbers: Vec<_> = version.trim_start_matches('v').split('.').map(str::parse::<u32>).collect();
        assert!(numbers.len() == 3 && numbers.iter().all(Result::is_ok), "{version}");
    }
}
