//! Errors of a store, named for what the caller does next.

use std::io;

use crate::printable::printable;

/// A failed operation of a store. Each error says what failed, where, and what to do, in one line, whatever characters the names
/// contain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No such object. Go on without it, or name another one.
    #[error("{}: not found; check the name", printable(.at))]
    NotFound {
        /// Location of the object.
        at: String,
    },
    /// The object of a write-if-absent exists already. Another process has written it: read it.
    #[error("{}: exists already; another run has written it", printable(.at))]
    AlreadyExists {
        /// Location of the object.
        at: String,
    },
    /// The object of a conditional write was replaced in the meantime. Read it and decide again.
    #[error("{}: was replaced in the meantime; run again", printable(.at))]
    Replaced {
        /// Location of the object.
        at: String,
    },
    /// The object to read is not the listed version any more. The next run takes the new version.
    #[error("{}: changed while it was read; run again when it is complete", printable(.at))]
    Changed {
        /// Location of the object.
        at: String,
    },
    /// Permission was denied. A person must act.
    #[error("{}: no permission ({}); grant read access to the source and write access to the destination", printable(.at), printable(.reason))]
    Denied {
        /// Location of the object.
        at: String,
        /// The message of the storage.
        reason: String,
    },
    /// The storage does not accept the credentials. A person must act.
    #[error("{}: the credentials are missing or not accepted ({}); sign in again, or correct them, and run again", printable(.at), printable(.reason))]
    NotSignedIn {
        /// Location of the object.
        at: String,
        /// The message of the storage.
        reason: String,
    },
    /// There is no space left. A person must act.
    #[error("{}: no space left ({}); make room and run again", printable(.at), printable(.reason))]
    Full {
        /// Location of the object.
        at: String,
        /// The message of the storage.
        reason: String,
    },
    /// The storage does not answer as it should. Try again.
    #[error("{}: the storage failed ({}); run again", printable(.at), printable(.reason))]
    Unreachable {
        /// Location of the object.
        at: String,
        /// The message of the storage.
        reason: String,
    },
    /// The storage receives too many requests. Send fewer at once, and try again.
    #[error("{}: the storage is receiving too many requests ({}); run again", printable(.at), printable(.reason))]
    Busy {
        /// Location of the object.
        at: String,
        /// The message of the storage.
        reason: String,
    },
    /// The store cannot hold an object with this key. Use another key.
    #[error("{}: {}", printable(.at), printable(.reason))]
    Invalid {
        /// Location of the object.
        at: String,
        /// Why the key is invalid, and what to do.
        reason: String,
    },
}

impl StoreError {
    /// Converts an I/O error: returns the store's own error if `error` carries one (see [`Self::into_io`]), or else an error chosen
    /// by the kind.
    pub fn from_io(at: String, error: io::Error) -> Self {
        if let Some(own) = error.get_ref().and_then(|inner| inner.downcast_ref::<Self>()) {
            return own.clone();
        }
        let reason = error.to_string();
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound { at },
            io::ErrorKind::AlreadyExists => Self::AlreadyExists { at },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::Denied { at, reason },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { at, reason },
            io::ErrorKind::FileTooLarge => Self::Invalid {
                at,
                reason:
                    "the process or the file system allows no file of this size; raise `ulimit -f`, or write elsewhere"
                        .to_owned(),
            },
            io::ErrorKind::NotADirectory => Self::Invalid {
                at,
                reason: "a part of the key is a file here, not a folder; rename one of the two".to_owned(),
            },
            io::ErrorKind::IsADirectory => {
                Self::Invalid { at, reason: "this is a folder, not a file; rename one of the two".to_owned() }
            }
            io::ErrorKind::InvalidFilename => {
                Self::Invalid { at, reason: "the name is too long for this file system; shorten it".to_owned() }
            }
            _ => Self::Unreachable { at, reason },
        }
    }

    /// Returns true if the same operation may succeed a moment later by itself.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Busy { .. })
    }

    /// Wraps the error to pass it through [`std::io::Read`] or [`std::io::Write`].
    pub fn into_io(self) -> io::Error {
        let kind = match &self {
            Self::NotFound { .. } => io::ErrorKind::NotFound,
            Self::AlreadyExists { .. } => io::ErrorKind::AlreadyExists,
            Self::Denied { .. } | Self::NotSignedIn { .. } => io::ErrorKind::PermissionDenied,
            Self::Full { .. } => io::ErrorKind::StorageFull,
            Self::Invalid { .. } => io::ErrorKind::InvalidInput,
            Self::Replaced { .. } | Self::Changed { .. } | Self::Unreachable { .. } | Self::Busy { .. } => {
                io::ErrorKind::Other
            }
        };
        io::Error::new(kind, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_survives_the_way_through_io() {
        let error = StoreError::Changed { at: "a/incoming/x.csv".to_owned() };
        assert_eq!(StoreError::from_io("elsewhere".to_owned(), error.clone().into_io()), error);
    }

    #[test]
    fn kinds_of_the_operating_system_become_what_to_do_next() {
        let of = |kind: io::ErrorKind| StoreError::from_io("x".to_owned(), kind.into());
        assert!(matches!(of(io::ErrorKind::StorageFull), StoreError::Full { .. }));
        assert!(matches!(of(io::ErrorKind::PermissionDenied), StoreError::Denied { .. }));
        assert!(matches!(of(io::ErrorKind::NotADirectory), StoreError::Invalid { .. }));
        assert!(matches!(of(io::ErrorKind::TimedOut), StoreError::Unreachable { .. }));
    }
}
