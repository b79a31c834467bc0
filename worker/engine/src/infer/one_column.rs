//! Recognises a text of one column whose values have a character in them that delimits cells elsewhere: times have colons, numbers spaces.

use super::candidates::candidates;
use super::column::ColumnScan;

/// Most lines that are looked at.
const LINES: usize = 500;

/// Returns true if all lines below the first one are dates, times or numbers of one kind as they stand, and the first line is one as well, or lacks
/// the character.
pub(super) fn is_one_column(text: &[u8], character: u8) -> bool {
    let lines = text.split(|byte| matches!(byte, b'\r' | b'\n')).filter(|line| !line.trim_ascii().is_empty());
    let mut lines = lines.take(LINES);
    let Some(first) = lines.next() else { return false };
    let mut column = ColumnScan::new(1);
    lines.for_each(|line| {
        column.add(line, &|| 0);
    });
    let kind = &candidates()[column.best()];
    match kind.properties.name {
        "date" | "datetime" | "time" | "yearmonth" => kind.accepts(first) || !first.contains(&character),
        // Columns of three digits look like one number with groups, so only a header of one column tells.
        "integer" | "number" => !first.contains(&character),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_one_column_are_told_from_columns() {
        for (text, character, expected) in [
            ("time\n06:07\n11:14\n", b':', true),
            ("06:07\n11:14\n", b':', true),
            ("at\r\n2023-01-01 06:07:08\r\n2023-01-01 06:07:09\r\n", b' ', true),
            ("2023-01-01T06:07:08Z\nNA\n2023-01-01T06:07:09Z\n", b':', true),
            ("name\n1 000\n1 000\n", b' ', true),
            ("date time\n2023-01-01 06:07:08\n2023-01-01 06:07:09\n", b' ', false),
            ("100 200\n300 400\n", b' ', false),
            ("id name\n1 one\n2 two\n", b' ', false),
            ("root:x:0\nbin:x:1\n", b':', false),
            ("06:07\n", b':', false),
        ] {
            assert_eq!(is_one_column(text.as_bytes(), character), expected, "{text:?}");
        }
    }
}
