//! The codes of faults and of refusals, and what each of them means.

mod code;
mod explanation;

pub use code::{Code, Refusal, RefusalCode};
pub use explanation::{Explained, REFUSALS, explained, markdown, names};
