//! Files that are read in the form that a descriptor states, to be compared with it.

use std::io::Read;
use std::num::NonZeroUsize;

use sluice_csv::{Limits, RecordKind, Records};

use super::header::InferredHeader;
use super::scan::{InferError, Inference, Opened, Source, open_as_described};
use super::sniff::FileForm;
use crate::descriptor::{Descriptor, Header};
use crate::encoding::recognise::FileEncoding;
use crate::pipeline::file::Check;
use crate::read::labels::Labels;

impl Inference {
    /// Reads the first file with the dialect, the header and the encoding of a descriptor, as a check does. At most `sample` decoded bytes of each
    /// file are read.
    ///
    /// # Errors
    /// When the file cannot be read, or has no header.
    pub fn by_descriptor<R: Read + Send>(
        source: Source<R>,
        threads: NonZeroUsize,
        sample: Option<u64>,
        descriptor: &Descriptor,
    ) -> Result<Self, InferError> {
        let name = source.name.clone();
        let check = Check::new(descriptor, source.delimiter);
        let Opened { head, rest, encoding, shown_encoding, .. } = open_as_described(source, sample, &check)?;
        let form = stated_form(&head, check.descriptor(), &shown_encoding)
            .map_err(|reason| InferError::Unreadable { name: name.clone(), reason })?;
        let mut inference = Self::empty(name.clone(), form, threads, sample);
        (inference.encoding, inference.check) = (encoding, Some(check));
        inference.scan(name, head, rest)?;
        Ok(inference)
    }
}

/// Returns the form of a file that begins with `head` by its descriptor.
///
/// # Errors
/// The reason why the file has no header.
fn stated_form(head: &[u8], descriptor: &Descriptor, encoding: &FileEncoding) -> Result<FileForm, String> {
    let limits = Limits { columns: u32::from(u16::MAX), ..Limits::default() };
    let mut records = Records::new(head, descriptor.dialect.clone(), limits);
    let (numbers, join) = match &descriptor.header {
        Header::None | Header::First => (&[][..], ""),
        Header::Records { records, join } => (&records[..], join.as_str()),
    };
    let mut labels = Labels::default();
    let width = loop {
        // The reader is a slice, so an error is none of reading.
        let Some(record) = records.next_record().map_err(|error| error.to_string())? else {
            return Err("the file ends before its header; name one that has records".to_owned());
        };
        let number = record.position.record;
        let has_cells = !matches!(record.kind, RecordKind::Blank | RecordKind::Comment);
        let is_label = if numbers.is_empty() { has_cells } else { numbers.contains(&number) };
        let is_last = if numbers.is_empty() { has_cells } else { numbers.last().is_none_or(|last| number >= *last) };
        if is_label && descriptor.header != Header::None {
            labels.take(&record, join, is_last, encoding).map_err(|refusal| refusal.message)?;
        }
        if is_last {
            break record.cells.len();
        }
    };
    let (header, labels) = match (&descriptor.header, numbers) {
        (Header::None, _) => (InferredHeader::None, (1..=width).map(|number| format!("field{number}")).collect()),
        (_, []) => (InferredHeader::First, labels.finish()?),
        (_, [only]) => (InferredHeader::Record(*only), labels.finish()?),
        (_, [.., last]) => (InferredHeader::Joined(*last), labels.finish()?),
    };
    Ok(FileForm {
        dialect: descriptor.dialect.clone(),
        header,
        labels,
        reasons: Vec::new(),
        oddities: Vec::new(),
        blank_labels: Vec::new(),
        pairs: Vec::new(),
    })
}
