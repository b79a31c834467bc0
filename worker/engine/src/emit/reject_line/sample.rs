//! Reject lines as samples of a report: with their first faults, and their texts cut.

use sluice_csv::{Chunk, unquote};

use super::{FaultyCell, Record, RejectWriter, Rejected, separate};
use crate::emit::foreign_fault::ChunkRow;
use crate::emit::line_limit::{LineLimit, LineOutput};
use crate::emit::template::{ShownCell, shows, template};
use crate::fault::{CellFault, FaultLocation};
use crate::json_text::start_of_character;
use crate::report::{Reject, SAMPLE_CHARACTERS, SAMPLE_FAULTS};
use crate::shown::cut;

impl RejectWriter<'_> {
    /// The reject of a record as a sample: with its first faults, and its texts cut.
    ///
    /// # Errors
    /// When the line does not read back, which is a defect of this program.
    pub(crate) fn sample(&mut self, chunk: &Chunk, record: &Record<'_>) -> serde_json::Result<Reject> {
        let Record { rejected, ref raw, position, is_utf8 } = *record;
        let mut line = Vec::new();
        let mut more = 0;
        self.begin(position, &mut line);
        match rejected {
            Rejected::Row(row, faults) => {
                more = faults.len().saturating_sub(SAMPLE_FAULTS) as u64;
                for placed in faults.iter().take(SAMPLE_FAULTS) {
                    let FaultLocation::Cell(number) = placed.location() else {
                        let output = LineOutput { text: &mut line, limit: &mut LineLimit::unlimited() };
                        self.row_fault(ChunkRow { chunk, row }, placed, beginning_of_text, output);
                        continue;
                    };
                    let fault = placed.fault;
                    if fault == CellFault::Encoding {
                        let cell = FaultyCell { column: number, data: &chunk.data, span: chunk.span(row, number) };
                        self.encoding_fault(cell, &mut line);
                        continue;
                    }
                    separate(&mut line);
                    let column = &self.columns[number];
                    let template = template(&mut self.templates, column, number, fault);
                    if shows(column, fault) {
                        let cell = &chunk.data[chunk.span(row, number)];
                        let text = unquote(cell, self.dialect, &mut self.scratch);
                        let cell = ShownCell { text, value: beginning_of_text(text) };
                        template.push(column, cell, &mut line, &mut LineLimit::unlimited());
                    } else {
                        template.push_hidden(column, &mut line);
                    }
                }
            }
            Rejected::NonRow(non_row) => self.non_row_fault(&chunk.data, non_row, &mut line),
        }
        let whole = &chunk.data[raw.clone()];
        let kept = if is_utf8 { beginning_of_text(whole) } else { beginning_of_bytes(whole) }.len();
        let output = LineOutput { text: &mut line, limit: &mut LineLimit::unlimited() };
        self.end(&chunk.data, raw.start..raw.start + kept, is_utf8, output);
        let mut reject: Reject = serde_json::from_slice(&line)?;
        reject.errors_omitted = more;
        reject.errors.iter_mut().for_each(|fault| cut(&mut fault.message, SAMPLE_CHARACTERS));
        let values = reject.errors.iter_mut().filter_map(|fault| fault.value.as_mut());
        values.chain(&mut reject.raw).chain(&mut reject.raw_base64).for_each(|text| cut(text, SAMPLE_CHARACTERS));
        Ok(reject)
    }
}

/// Returns as much of a text in UTF-8 as a sample needs to show its first characters, and that more follow.
fn beginning_of_text(text: &[u8]) -> &[u8] {
    match start_of_character(text, SAMPLE_CHARACTERS + 1) {
        Some(end) => &text[..end],
        None => text,
    }
}

/// Returns as many bytes as a sample needs to show their beginning in base64, and that more follow.
fn beginning_of_bytes(bytes: &[u8]) -> &[u8] {
    // In base64 these bytes are more characters than a sample shows.
    &bytes[..bytes.len().min(SAMPLE_CHARACTERS.next_multiple_of(3))]
}
