//! Keys, in the order of the file: whether the key of a row stands in an earlier one.
//!
//! Everything else about a chunk is done by its thread alone. Only this needs what was before it, so threads take turns ([`turn`]): a
//! thread reads the keys of its chunk as fingerprints of 128 bits ([`candidates`], [`fingerprint`]), waits until the chunks before it are
//! resolved, looks its keys up among those that are known ([`known`]), and passes the turn on. The outputs of the chunk are made after that,
//! again without waiting for anybody.
//!
//! What does not fit in memory goes to a file ([`spill`], [`filter`]), if there is one to go to; else the file that is checked is refused.
//!
//! The first row that is right in everything else has the key. Later ones with the same are at fault and have no key: neither this one
//! nor another.
//!
//! Foreign keys ([`foreign`]) ask a set of keys that is complete before the first chunk, so they need no turn.
//!
//! At the end of the file, its assertions ([`crate::pipeline::assertions`]), its trailer ([`trailer`]) and its tolerance ([`tolerance`]) are decided; how much
//! it differs from the files before it ([`last`]) whoever knows those.

mod ascending;
pub(crate) mod candidates;
pub(crate) mod column_faults;
mod control_total;
mod filter;
pub(crate) mod fingerprint;
pub(crate) mod first;
pub(crate) mod foreign;
pub(crate) mod keys;
mod known;
pub(crate) mod last;
pub(crate) mod spill;
mod table;
pub(crate) mod tolerance;
pub(crate) mod trailer;
pub(crate) mod turn;
