//! Installs programs from packages of Debian.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::program;

/// Makes sure that all `paths` exist: installs `packages` if one does not.
pub(crate) fn provide(paths: &[&str], packages: &[&str]) -> Result<()> {
    let missing = || paths.iter().find(|path| !Path::new(path).exists());
    let Some(first) = missing() else { return Ok(()) };
    let names = packages.join(" ");
    eprintln!("{first} is missing: installing {names}");
    // Without recommended packages: one of qemu's would make the kernel run foreign executables everywhere.
    for arguments in [&["update", "-q"][..], &["install", "-q", "-y", "--no-install-recommends"]] {
        let mut command = Command::new("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        if arguments[0] == "install" {
            command.args(packages);
        }
        program::output(&mut command).with_context(|| {
            format!(
                "there is no {first}, and it cannot be installed: run this task as root on Debian or Ubuntu, or \
                 `apt-get install {names}` there before"
            )
        })?;
    }
    missing().map_or(Ok(()), |path| bail!("{names} are installed, and there still is no {path}"))
}
