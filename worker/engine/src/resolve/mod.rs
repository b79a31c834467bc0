//! What can only be decided in the order of the file, or at its end.

pub(crate) mod assertions;
pub(crate) mod tolerance;
