//! Refusals of a file, on their way through the readers as errors.

use std::io;

use crate::codes::{Refusal, RefusalCode};

/// Why the decompressed stream ended early; carried through [`io::Error`] and taken out by [`refusal_of`].
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", .0.message)]
struct Refused(Refusal);

/// Returns an error that carries a refusal.
pub(super) fn refused(code: RefusalCode, message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, Refused(Refusal { code, message }))
}

/// Returns the refusal that an error of the decompressed stream carries, or the error itself if it carries none because reading failed.
pub(crate) fn refusal_of(error: io::Error) -> Result<Refusal, io::Error> {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Refused>()) {
        Some(Refused(refusal)) => Ok(refusal.clone()),
        None => Err(error),
    }
}

/// Returns true if an error is a refusal of the file.
pub(super) fn is_refusal(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Refused>())
}
