//! Checks that depend on other rows or on the whole file: keys, foreign keys, the trailer, the tolerance.
//!
//! Whether a key is unique depends on all rows before it, and nothing else about a chunk does. So threads take turns
//! ([`turn`]): a thread reads the keys of its chunk as fingerprints of 128 bits ([`candidates`], [`fingerprint`]),
//! waits until the chunks before it are resolved, looks its keys up among the known keys ([`known`]), and passes the
//! turn on. It makes the outputs of the chunk after its turn.
//!
//! Keys that do not fit in memory are written to a file ([`spill`], [`filter`]). Without a place for it, a file with so
//! many keys is refused.
//!
//! Of the rows with the same key, the first one without any other fault has the key. Later rows with that key are at
//! fault, and none of their keys becomes known.
//!
//! Foreign keys ([`foreign`]) are looked up in a set of keys that is complete before the first chunk, so they need no turn.
//!
//! When the file has ended, its assertions ([`assertions`]), its trailer ([`trailer`]) and its tolerance ([`tolerance`]) are
//! decided. How much it differs from the files before it ([`earlier_files`]) is decided by a caller that knows those files.

mod ascending;
pub(crate) mod assertions;
pub(crate) mod candidates;
pub(crate) mod column_faults;
mod control_total;
pub(crate) mod earlier_files;
mod faultless_rows;
mod filter;
pub(crate) mod fingerprint;
pub(crate) mod first_row;
pub(crate) mod foreign;
pub(crate) mod key_values;
pub(crate) mod keys;
mod known;
pub(crate) mod spill;
pub(crate) mod table;
pub(crate) mod tolerance;
pub(crate) mod trailer;
pub(crate) mod turn;
