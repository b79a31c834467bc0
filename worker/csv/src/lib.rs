//! Record-exact CSV tokenizer.
//!
//! The tokenizer reads delimited text as [RFC 4180] and [Table Dialect v2] describe it, from any
//! [`Read`](std::io::Read). Its memory depends on the limits and never on the input, and for every byte it is known to
//! which record the byte belongs.
//!
//! ```
//! use sluice_csv::{Dialect, Limits, NonRowKind, Records, unquote};
//!
//! let text = "id,name\n1,\"a \"\"b\"\"\"\n2\n3,c\n";
//! let dialect = Dialect::default();
//! let mut records = Records::new(text.as_bytes(), dialect.clone(), Limits::default());
//! let header = records.next_record()?.expect("there is a header");
//! assert_eq!(header.cells, [b"id".to_vec(), b"name".to_vec()]);
//! records.set_columns(header.cells.len());
//!
//! let mut scratch = Vec::new();
//! while let Some(chunk) = records.next_chunk(None)? {
//!     let names: Vec<Vec<u8>> =
//!         chunk.index.rows.iter().map(|&row| unquote(chunk.cell(row, 1), &dialect, &mut scratch).to_vec()).collect();
//!     assert_eq!(names, [b"a \"b\"".to_vec(), b"c".to_vec()]);
//!     assert_eq!(chunk.index.non_rows[0].kind, NonRowKind::Cells(1));
//!     assert_eq!(chunk.line_of(chunk.index.non_rows[0].start), 3);
//! }
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # What a record is
//! * A record ends at a line end outside quotes, or at the end of the input; a line end that ends the input begins no record.
//!   Line ends are LF and CRLF, mixed too, or lone CR: see [`LineTerminator`]. Under LF a CR that no LF follows is content; under
//!   CR an LF is content. A NUL byte is content.
//! * **Every byte belongs to exactly one record**: a record reaches from its first byte to the first byte of the next
//!   record, its line end included. A byte order mark (EF BB BF at the very beginning) belongs to the first record and
//!   is no part of its first cell: the record starts behind the mark, at byte 3, and whoever copies a file copies the
//!   mark with the bytes in front of the first record's start. An input that is nothing but a mark has no record.
//! * **Every record has a number**, from 1: blank records and comment lines too. A record is blank when no byte stands before its
//!   line end; a file of one column therefore writes an empty cell as `""`.
//! * A cell is quoted when its first byte is the quote character. Behind the closing quote there may be the delimiter,
//!   the line end or the end of the input.
//!
//! # Damage stays local
//! A quote character inside an unquoted cell, anything else after a closing quote, or a quote that is never closed
//! costs exactly the one physical line on which its record starts ([`NonRowKind::Quote`]): the next physical line is read
//! as usual, as the beginning of a record. The position of a fault lies on that line: if the fault stands on a later
//! line, its position is the quote that the first line leaves open. "Never closed" means: not before the end of the
//! input, nor within [`Limits::record_bytes`]; a record of several lines that is closed but longer than the limit is
//! treated in the same way, because telling the two apart would take unbounded memory.
//!
//! A physical line that is itself longer than the limit is [`NonRowKind::TooLarge`], whatever else is wrong with it. The
//! tokenizer looks for its end without keeping it, and keeps the first [`TOO_LARGE_KEPT`] bytes, or fewer if the limit
//! is smaller.
//!
//! # What does not matter
//! Records, their kinds, positions and lines depend neither on the size of the reads nor on [`Limits::chunk_bytes`] nor
//! on the instruction set: chunks only say where the sequence of records is cut.
//!
//! # Speed
//! Dialects without an escape character, comment character and `skip_initial_space`, whose quotes are doubled (or that
//! have no quotes), are read by SIMD instructions: 64 bytes at a time become bit masks of delimiters, quotes and line ends, a
//! carry-less multiplication turns quotes into "inside quotes", and bytes that may not stand beside a quote are found
//! from the same masks. A record at fault, and every record of another dialect, goes through a scalar state machine
//! instead. The masks come from AVX-512 or AVX2 with PCLMULQDQ, from NEON and PMULL, or from plain 64-bit arithmetic,
//! chosen at run time: see [`Kernel`].
//!
//! [RFC 4180]: https://www.rfc-editor.org/rfc/rfc4180
//! [Table Dialect v2]: https://datapackage.org/standard/table-dialect/

// The example of the README is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod chunk;
mod comment_rows;
mod dialect;
mod index;
mod input;
mod kernel;
mod line_ends;
mod masks;
mod one_record;
mod position;
mod positions;
mod raw_cells;
mod records;
mod scalar;
mod sequence;
mod simd;
mod swar;
mod unquote;

pub use chunk::{Cells, Chunk};
pub use dialect::{Dialect, DialectError, LineTerminator, Role};
pub use index::{Index, NonRow, NonRowKind, QuoteFault, Row};
pub use kernel::Kernel;
pub use one_record::{OneRecord, RecordKind};
pub use position::Position;
pub use positions::Positions;
pub use raw_cells::{cell_number, raw_cells};
pub use records::{BYTE_ORDER_MARK, Limits, Prologue, Records};
pub use scalar::TOO_LARGE_KEPT;
pub use sequence::{SEQUENCE_BYTES, Sequence};
pub use unquote::unquote;
