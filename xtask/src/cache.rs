//! The folder in which the tasks keep what they download and build.

use std::env;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

/// Returns the sub-folder `name` of the cache folder, and creates it if it does not exist.
pub(crate) fn folder(name: &str) -> Result<PathBuf> {
    let root = match (set("SLUICE_CACHE"), set("XDG_CACHE_HOME"), set("HOME")) {
        (Some(own), ..) => own,
        (None, Some(xdg), _) => xdg.join("sluice"),
        (None, None, Some(home)) => home.join(".cache").join("sluice"),
        (None, None, None) => {
            anyhow::bail!("no cache folder: set SLUICE_CACHE to a folder that may be written to")
        }
    };
    let folder = root.join(name);
    fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}; set SLUICE_CACHE to another folder", folder.display()))?;
    Ok(folder)
}

fn set(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The top of the checkout.
pub(crate) fn checkout() -> PathBuf {
    let mut manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    manifest.pop();
    manifest
}
