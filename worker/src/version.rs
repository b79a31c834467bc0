//! The program and its version.

/// As reports and pages name it.
pub(crate) const ENGINE: &str = concat!("sluice ", env!("CARGO_PKG_VERSION"));
