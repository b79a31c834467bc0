//! The name and the version of the program.

/// The name and the version of the program as they are in reports and pages.
pub(crate) const ENGINE: &str = concat!("sluice ", env!("CARGO_PKG_VERSION"));
