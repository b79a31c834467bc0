//! The keys that foreign keys refer to, gathered before a file is checked: those of a reference table when it is loaded ([`tables`]), those
//! of the file itself in a pass of its own over it ([`own`]). Both read only the columns of the keys ([`gather`]).

mod gather;
mod gathered;
mod own;
mod tables;

pub use gathered::{OwnKeys, ReferenceTables};
pub use tables::{OpenTable, ReferenceError, TableFile};
