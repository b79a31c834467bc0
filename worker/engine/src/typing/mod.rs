//! Records → typed columns: each cell is read once, in the type of its field, with a fault for each invalid one.

mod bounds;
pub(crate) mod cell_reader;
pub(crate) mod cells;
mod checked;
pub(crate) mod column;
pub(crate) mod moments;
pub(crate) mod not_utf8;
pub(crate) mod shortcut;
mod texts;
pub(crate) mod valid_cache;
pub(crate) mod values;
