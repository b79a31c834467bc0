//! Expressions evaluated over a lazy frame, and the rows for which they are true.

use polars::lazy::prelude::*;
use polars::prelude::*;
use polars_arrow::array::PrimitiveArray;
use polars_arrow::bitmap::Bitmap;
use polars_arrow::types::NativeType;
use polars_buffer::Buffer;

use crate::fault::Constraint;
use crate::typing::values::CellState;

/// Enumerations up to this size are a chain of comparisons; a longer one is a set in which the value is looked up.
pub(crate) const COMPARISONS: usize = 8;

/// An error of Polars. Its text can carry cell data of any length, so it is cut.
#[derive(Debug, thiserror::Error)]
#[error("Polars: {0}")]
pub struct FrameError(String);

/// Most characters of a text of Polars that are passed on.
const ERROR_CHARACTERS: usize = 200;

impl From<PolarsError> for FrameError {
    fn from(error: PolarsError) -> Self {
        Self(error.to_string().chars().filter(|c| !c.is_control()).take(ERROR_CHARACTERS).collect())
    }
}

/// A constraint, and the expression of the rows that break it: true means broken, null (no value) means kept.
pub(crate) struct Violation {
    pub(crate) constraint: Constraint,
    pub(crate) broken: Expr,
}

/// Evaluates expressions over a lazy frame of these columns, and returns a column for each expression.
pub(crate) fn select(
    rows: usize,
    columns: Vec<polars::prelude::Column>,
    expressions: &[Expr],
) -> Result<DataFrame, PolarsError> {
    let frame = DataFrame::new(rows, columns)?;
    let found = frame.lazy().select_seq(expressions).collect_with_engine(Engine::InMemory);
    found.map(|result| result.unwrap_single())
}

/// Calls `each` with the index of each row that is true.
pub(crate) fn each_true(found: &BooleanChunked, mut each: impl FnMut(usize)) {
    let mut first = 0;
    for broken in found.downcast_iter() {
        // Null means that the constraint is kept; the value bit of a null means nothing.
        let bits = match broken.validity() {
            Some(validity) => broken.values() & validity,
            None => broken.values().clone(),
        };
        bits.true_idx_iter().for_each(|row| each(first + row));
        first += bits.len();
    }
}

/// Returns a buffer as an array of Arrow, without copying it.
pub(crate) fn array<T: NativeType>(buffer: &Buffer<T>, validity: Option<Bitmap>) -> PrimitiveArray<T> {
    PrimitiveArray::new(T::PRIMITIVE.into(), buffer.clone(), validity)
}

/// Returns a bit for each cell that is valid; `None` if all cells are valid.
pub(crate) fn validity(states: &[CellState], is_valid: impl Fn(CellState) -> bool) -> Option<Bitmap> {
    if states.iter().all(|&state| is_valid(state)) {
        return None;
    }
    let byte = |states: &[CellState]| {
        states.iter().enumerate().fold(0, |bits, (nth, &state)| bits | u8::from(is_valid(state)) << nth)
    };
    let (eights, rest) = states.as_chunks::<8>();
    let mut bytes: Vec<u8> = eights.iter().map(|states| byte(states)).collect();
    bytes.push(byte(rest));
    Some(Bitmap::from_u8_vec(bytes, states.len()))
}
