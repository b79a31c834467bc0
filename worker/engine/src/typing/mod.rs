//! Records → typed columns: each cell is read once, in the type of its field, with a fault for each invalid one.

mod bounds;
pub(crate) mod cell_reader;
pub(crate) mod cells;
pub(crate) mod column;
pub(crate) mod not_utf8;
pub(crate) mod shortcut;
mod text_values;
mod texts;
pub(crate) mod times;
pub(crate) mod valid_cache;
pub(crate) mod values;
