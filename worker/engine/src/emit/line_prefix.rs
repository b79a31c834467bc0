//! The beginning of a reject line: the position of its record.

use sluice_csv::Position;

use crate::emit::digits::LastDigits;
use crate::json_text::Constant;

/// The beginning of a line, kept for the next line, which mostly differs only in the last digits of the three numbers.
#[derive(Default)]
pub(crate) struct LinePrefix {
    text: Constant<96>,
    record: LastDigits,
    line: LastDigits,
    byte: LastDigits,
}

impl LinePrefix {
    #[inline]
    pub(crate) fn push(&mut self, position: Position, out: &mut Vec<u8>) {
        let Position { record, line, byte } = position;
        if !(self.record.suffice_for(record) & self.line.suffice_for(line) & self.byte.suffice_for(byte)) {
            return self.push_anew(position, out);
        }
        let line_start = out.len();
        self.text.push(out);
        let text = &mut out[line_start..];
        self.record.put(record, text);
        self.line.put(line, text);
        self.byte.put(byte, text);
    }

    #[cold]
    fn push_anew(&mut self, Position { record, line, byte }: Position, out: &mut Vec<u8>) {
        let mut text = b"{\"record\":".to_vec();
        self.record = LastDigits::push(record, &mut text);
        text.extend_from_slice(b",\"line\":");
        self.line = LastDigits::push(line, &mut text);
        text.extend_from_slice(b",\"byte\":");
        self.byte = LastDigits::push(byte, &mut text);
        text.extend_from_slice(b",\"errors\":[");
        self.text = Constant::new(&text);
        out.extend_from_slice(&text);
    }
}
