//! The part of a file before its first data record: the header, and rows, comments and blank records above it.

use sluice_csv::{OneRecord, RecordKind, cell_number};

use crate::codes::Refusal;
use crate::descriptor::{Descriptor, Header};
use crate::pipeline::ended_early::{EndedEarly, Refused, header_error, too_many_columns};
use crate::pipeline::source::Source;
use crate::read::file_labels::FileLabels;
use crate::read::header;
use crate::read::hint;
use crate::read::labels::Labels;
use crate::report::LabelUse;
use crate::typing::column::Column;

/// The part of a file before its first data record.
#[derive(Default)]
pub(crate) struct Head {
    /// `None` if the file has neither header nor schema: then the first record that has cells says how many columns there are.
    pub(crate) columns: Option<Vec<Column>>,
    /// The bytes of the head that the clean file begins with.
    pub(crate) bytes: Vec<u8>,
    /// Number of blank records.
    pub(crate) blank: u64,
    /// Labels that are not spelled as the field that they stand for.
    pub(crate) labels: Vec<LabelUse>,
    pub(crate) labels_omitted: u64,
    /// Hints about what may be wrong with the file as a whole, one line each.
    pub(crate) hints: Vec<String>,
}

/// Which records hold the labels, and the text that joins the parts of a label. Without numbers it is the first record
/// that has cells.
#[derive(Clone, Copy)]
struct LabelRecords<'d> {
    numbers: &'d [u64],
    join: &'d str,
}

impl Head {
    /// Reads the header and the records above it.
    ///
    /// # Errors
    /// When the records cannot be read, or the header refuses the file.
    pub(crate) fn read(descriptor: &Descriptor, source: &mut Source<'_>) -> Result<Self, EndedEarly> {
        let mut head = Self::default();
        match head.fill(descriptor, source) {
            Ok(()) => Ok(head),
            Err(EndedEarly::Refused(refused)) => {
                Err(EndedEarly::Refused(Box::new(Refused { hints: head.hints, ..*refused })))
            }
            Err(failed) => Err(failed),
        }
    }

    fn fill(&mut self, descriptor: &Descriptor, source: &mut Source<'_>) -> Result<(), EndedEarly> {
        let records = match &descriptor.header {
            Header::None => {
                self.columns = descriptor.schema.as_ref().map(|_| header::unlabelled_columns(0, descriptor));
                self.bytes = source.pass_lone_mark().map_err(EndedEarly::of_reading)?;
                return Ok(());
            }
            Header::First => LabelRecords { numbers: &[], join: "" },
            Header::Records { records, join } => LabelRecords { numbers: records, join },
        };
        let labels = self.read_labels(records, descriptor, source)?.finish().map_err(header_error)?;
        let labels = FileLabels::new(&labels, descriptor);
        let columns = header::columns_of(&labels, descriptor)
            .map_err(|faults| EndedEarly::of_header(header_error(faults.message()), faults.errors))?;
        self.columns = Some(columns);
        (self.labels, self.labels_omitted) = (labels.uses, labels.uses_omitted);
        Ok(())
    }

    /// Reads the records up to the last one with labels, and returns the labels.
    fn read_labels(
        &mut self,
        records: LabelRecords<'_>,
        descriptor: &Descriptor,
        source: &mut Source<'_>,
    ) -> Result<Labels, EndedEarly> {
        let LabelRecords { numbers, join } = records;
        let mut labels = Labels::default();
        loop {
            if numbers.is_empty() {
                self.blank += source.records.pass_blank().map_err(EndedEarly::of_reading)?;
            }
            let offset = source.records.position().byte;
            let Some(record) = source.records.next_record().map_err(EndedEarly::of_reading)? else {
                return Err(no_header(numbers).into());
            };
            let (is_label, is_last) = match numbers {
                [] => {
                    let has_cells = !matches!(record.kind, RecordKind::Blank | RecordKind::Comment);
                    (has_cells, has_cells)
                }
                [.., last] => (numbers.contains(&record.position.record), record.position.record >= *last),
            };
            if is_label && record.cells.len() <= 1 {
                self.hints.extend(hint::other_delimiter(record.raw(), descriptor.dialect.delimiter.as_bytes()));
            }
            if is_label {
                self.hints.extend(hint::other_document(record.raw()));
                self.hints.extend(hint::lone_carriage_returns(record.raw(), descriptor.dialect.line_terminator));
            }
            let clean = source.clean_bytes(&record.bytes, offset);
            self.take(&record, &clean, is_label, descriptor)?;
            if is_label {
                labels.take(&record, join, is_last, source.encoding)?;
            }
            if is_last {
                return Ok(labels);
            }
        }
    }

    /// Takes a record up to the header into the head. All these records together may be no larger than one record.
    fn take(
        &mut self,
        record: &OneRecord,
        clean: &[u8],
        is_label: bool,
        descriptor: &Descriptor,
    ) -> Result<(), Refusal> {
        let number = record.position.record;
        let most = descriptor.settings.limits.record_bytes;
        match record.kind {
            RecordKind::Blank => self.blank += 1,
            RecordKind::Comment => {}
            RecordKind::Quote(fault, at) if is_label => {
                let column = 1 + cell_number(record.raw(), at as usize, &descriptor.dialect);
                return Err(header_error(format!(
                    "the header (record {number}) has {fault}, in column {column}; correct it and upload the file again"
                )));
            }
            RecordKind::TooLarge if is_label => {
                return Err(header_error(format!(
                    "the header (record {number}) is larger than {most} bytes (sluice.limits.recordBytes)"
                )));
            }
            RecordKind::TooManyCells(cells) if is_label => {
                return Err(too_many_columns(cells, &descriptor.settings.limits));
            }
            // Above the header anything may stand.
            _ => {
                let bytes = self.bytes.len() + record.raw().len();
                if record.kind == RecordKind::TooLarge || bytes > most as usize {
                    return Err(header_error(format!(
                        "the rows up to the header (record {number} is the last that was read) are larger than {most} bytes \
                         together (sluice.limits.recordBytes); take them out, or raise the limit"
                    )));
                }
                self.bytes.extend_from_slice(clean);
            }
        }
        Ok(())
    }
}

/// The refusal of a file that ends before its labels.
fn no_header(numbers: &[u64]) -> Refusal {
    header_error(match numbers {
        [] => "the file has no header: it is empty; upload it again, or set header to false in the dialect".to_owned(),
        [.., last] => format!("the file ends before its header (record {last})"),
    })
}
