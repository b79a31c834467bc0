//! What the tokenizer says of small files, one line per case; every case at every chunk size and read size.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{self, Read};

use sluice_csv::{Dialect, Limits, LineTerminator, NonRowKind, Prologue, QuoteFault, Records, Sequence, unquote};

/// Gives at most `step` bytes at a time.
struct Stepwise<'a> {
    bytes: &'a [u8],
    step: usize,
}

impl Read for Stepwise<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.step.min(buffer.len()).min(self.bytes.len());
        buffer[..count].copy_from_slice(&self.bytes[..count]);
        self.bytes = &self.bytes[count..];
        Ok(count)
    }
}

fn text(text: &str) -> Sequence {
    Sequence::new(text.as_bytes()).unwrap()
}

/// ASCII text for the table; quotes stay as they are.
fn escaped(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string().replace("\\\"", "\"").replace("\\'", "'")
}

/// One line per record: `record:line:byte text|text` for rows, `record:line:byte !what(raw)` for non-rows.
fn describe(bytes: &[u8], dialect: &Dialect, columns: usize, limits: Limits, step: usize) -> Vec<String> {
    let mut records = Records::new(Stepwise { bytes, step }, dialect.clone(), limits);
    records.set_columns(columns);
    let mut described = Vec::new();
    let mut covered = 0;
    while let Some(chunk) = records.next_chunk(None).unwrap() {
        assert!(chunk.start.byte >= covered, "chunks do not overlap");
        covered = chunk.start.byte + chunk.bytes().len() as u64;
        let line_end = records.dialect().line_end();
        let mut items = Vec::new();
        for &row in &chunk.index.rows {
            let cells: Vec<String> = (0..columns)
                .map(|column| {
                    let mut scratch = Vec::new();
                    let text = unquote(chunk.cell(row, column), dialect, &mut scratch);
                    escaped(text)
                })
                .collect();
            items.push((row.start, cells.join("|")));
        }
        for non_row in &chunk.index.non_rows {
            let what = match non_row.kind {
                NonRowKind::Blank => "blank".to_owned(),
                NonRowKind::Comment => "comment".to_owned(),
                NonRowKind::Cells(cells) => format!("{cells} cells"),
                NonRowKind::Quote(fault, at) => format!("{fault} at {}", at - non_row.start),
                NonRowKind::TooLarge => "too large".to_owned(),
            };
            let raw = escaped(&chunk.data[non_row.start as usize..non_row.end as usize]);
            items.push((non_row.start, format!("!{what} ({raw})")));
        }
        items.sort();
        assert_eq!(items.len(), chunk.records() as usize);
        for (place, (start, text)) in items.into_iter().enumerate() {
            let before = &chunk.data[..start as usize];
            let line = chunk.start.line + before.iter().filter(|&&byte| byte == line_end).count() as u64;
            let record = chunk.start.record + place as u64;
            described.push(format!("{record}:{line}:{} {text}", chunk.start.byte + u64::from(start)));
        }
    }
    described
}

fn check(bytes: &[u8], dialect: &Dialect, columns: usize, record_bytes: u32, expected: &[&str]) {
    dialect.validate().unwrap();
    // Miri looks for accesses that are not allowed, which a few sizes show; it fills large buffers element by element.
    let (stride, steps): (usize, &[usize]) = if cfg!(miri) { (11, &[7]) } else { (1, &[1, 2, 3, 7, 64, 1 << 20]) };
    let (largest, record_bytes) = if cfg!(miri) { (256, record_bytes.min(256)) } else { (1 << 20, record_bytes) };
    for chunk_bytes in (1..=bytes.len().min(70)).step_by(stride).chain([largest]) {
        for &step in steps {
            let limits = Limits { record_bytes, chunk_bytes, ..Limits::default() };
            let found = describe(bytes, dialect, columns, limits, step);
            assert_eq!(found, expected, "chunks of {chunk_bytes}, reads of {step}");
        }
    }
}

macro_rules! cases {
    ($($name:ident: $bytes:expr, $columns:literal $(, $property:ident = $value:expr)* => [$($expected:literal),* $(,)?];)*) => {
        $(#[test]
        fn $name() {
            let dialect = Dialect { $($property: $value,)* ..Dialect::default() };
            check($bytes, &dialect, $columns, 8 << 20, &[$($expected),*]);
        })*
    };
}

cases! {
    empty_file: b"", 1 => [];
    one_record: b"a,b\n", 2 => ["1:1:0 a|b"];
    missing_last_newline: b"a,b\nc,d", 2 => ["1:1:0 a|b", "2:2:4 c|d"];
    crlf: b"a,b\r\nc,d\r\n", 2 => ["1:1:0 a|b", "2:2:5 c|d"];
    mixed_line_ends: b"a,b\r\nc,d\ne,f\r\n", 2 => ["1:1:0 a|b", "2:2:5 c|d", "3:3:9 e|f"];
    lone_cr_is_content: b"a\rb,c\n", 2 => ["1:1:0 a\\rb|c"];
    lone_cr_before_the_end_is_content: b"a,b\r", 2, line_terminator = LineTerminator::Lf => ["1:1:0 a|b\\r"];
    lone_cr_is_found: b"a,b\rc,d\r", 2 => ["1:1:0 a|b", "2:2:4 c|d"];
    lone_cr_is_found_with_a_crlf_at_the_end: b"a,b\rc,d\r\n", 2 => ["1:1:0 a|b", "2:2:4 c|d", "3:3:8 !blank ()"];
    one_crlf_at_the_end_is_no_cr: b"a,b\r\n", 2 => ["1:1:0 a|b"];
    lf_behind_the_last_cr_is_blank: b"a\rb\r\n", 1, line_terminator = LineTerminator::Cr => ["1:1:0 a", "2:2:2 b", "3:3:4 !blank ()"];
    lf_behind_another_cr_is_content: b"a\r\n\r\n", 1, line_terminator = LineTerminator::Cr => ["1:1:0 a", "2:2:2 \\n", "3:3:4 !blank ()"];
    lone_cr_is_declared: b"a,b\rc\n,d\r", 2, line_terminator = LineTerminator::Cr => ["1:1:0 a|b", "2:2:4 c\\n|d"];
    lone_cr_is_not_declared: b"a,b\rc,d\r", 2, line_terminator = LineTerminator::Lf => ["1:1:0 !3 cells (a,b\\rc,d\\r)"];
    empty_cells: b",\n,,\n", 2 => ["1:1:0 |", "2:2:2 !3 cells (,,)"];
    blank_lines: b"\na\n\r\n\nb\n\n", 1 => [
        "1:1:0 !blank ()", "2:2:1 a", "3:3:3 !blank ()", "4:4:5 !blank ()", "5:5:6 b", "6:6:8 !blank ()",
    ];
    one_column: b"a\nb\n\"\"\n", 1 => ["1:1:0 a", "2:2:2 b", "3:3:4 "];
    only_a_newline: b"\n", 1 => ["1:1:0 !blank ()"];
    only_crlf: b"\r\n", 2 => ["1:1:0 !blank ()"];
    too_few_and_too_many: b"a\na,b\na,b,c\n", 2 => ["1:1:0 !1 cells (a)", "2:2:2 a|b", "3:3:6 !3 cells (a,b,c)"];
    bom: b"\xef\xbb\xbfa,b\n1,2\n", 2 => ["1:1:3 a|b", "2:2:7 1|2"];
    bom_alone: b"\xef\xbb\xbf", 2 => [];
    bom_before_a_quote: b"\xef\xbb\xbf\"a\",b\n", 2 => ["1:1:3 a|b"];
    nul_is_content: b"a\0,\0\n", 2 => ["1:1:0 a\\x00|\\x00"];
    quoted: b"\"a,b\",\"c\"\n", 2 => ["1:1:0 a,b|c"];
    quoted_line_ends: b"\"a\nb\",c\nd,\"e\r\n\"\n", 2 => ["1:1:0 a\\nb|c", "2:3:8 d|e\\r\\n"];
    quoted_crlf: b"a,\"b\"\r\nc,d\r\n", 2 => ["1:1:0 a|b", "2:2:7 c|d"];
    doubled_quotes: b"\"a\"\"b\",\"\"\"\"\n", 2 => ["1:1:0 a\"b|\""];
    quoted_without_last_newline: b"a,\"b\"", 2 => ["1:1:0 a|b"];
    quote_inside: b"a\"b,c\nd,e\n", 2 => ["1:1:0 !a quote inside an unquoted cell at 1 (a\"b,c)", "2:2:6 d|e"];
    quote_after_space: b"a, \"b\"\nc,d\n", 2 => ["1:1:0 !a quote inside an unquoted cell at 3 (a, \"b\")", "2:2:7 c|d"];
    text_after_closing: b"\"a\"b,c\nd,e\n", 2 => ["1:1:0 !text after a closing quote at 3 (\"a\"b,c)", "2:2:7 d|e"];
    text_after_closing_lines_later: b"\"a\nb\"c,d\ne,f\n", 2 => [
        "1:1:0 !a quote that is opened on this line and not closed on it at 0 (\"a)", "2:2:3 !a quote inside an unquoted cell at 1 (b\"c,d)", "3:3:9 e|f",
    ];
    cr_after_closing: b"\"a\"\rb,c\nd,e\n", 2 => ["1:1:0 !text after a closing quote at 3 (\"a\"\\rb,c)", "2:2:8 d|e"];
    never_closed: b"a,\"b\nc,d\ne,f\n", 2 => ["1:1:0 !a quote that is opened on this line and not closed on it at 2 (a,\"b)", "2:2:5 c|d", "3:3:9 e|f"];
    never_closed_at_the_end: b"c,d\na,\"b", 2 => ["1:1:0 c|d", "2:2:4 !a quote that is opened on this line and not closed on it at 2 (a,\"b)"];
    never_closed_twice: b"a,\"b\nc,\"d\"\"\n", 2 => [
        "1:1:0 !a quote that is opened on this line and not closed on it at 2 (a,\"b)", "2:2:5 !a quote that is opened on this line and not closed on it at 2 (c,\"d\"\")",
    ];
    quotes_run_on: b"\"id\",\"name\"\n\"1\",\"bob\n\"2\",\"cy\"\n\"3\",\"di\"\"\n\"4\",\"ed\"\n", 2 => [
        "1:1:0 id|name", "2:2:12 !a quote that is opened on this line and not closed on it at 4 (\"1\",\"bob)", "3:3:21 2|cy",
        "4:4:30 !a quote that is opened on this line and not closed on it at 4 (\"3\",\"di\"\")", "5:5:40 4|ed",
    ];
    closed_lines_later_and_opened_again: b"\"a\nb\",\"c\nd,e\n", 2 => [
        "1:1:0 !a quote that is opened on this line and not closed on it at 0 (\"a)",
        "2:2:3 !a quote inside an unquoted cell at 1 (b\",\"c)", "3:3:9 d|e",
    ];
    lone_quote: b"\"", 1 => ["1:1:0 !a quote that is opened on this line and not closed on it at 0 (\")"];
    other_delimiter: b"a;\"b;c\"\n", 2, delimiter = b';'.into() => ["1:1:0 a|b;c"];
    other_quote: b"'a,b',\"\n", 2, quote = Some(b'\'') => ["1:1:0 a,b|\""];
    no_quote: b"\"a,b\"\n", 2, quote = None => ["1:1:0 \"a|b\""];
    quotes_are_not_doubled: b"\"a\"\"b\",c\nd,e\n", 2, double_quote = false => [
        "1:1:0 !text after a closing quote at 3 (\"a\"\"b\",c)", "2:2:9 d|e",
    ];
    escapes: b"\"a\\\"b\",c\\,d\\\\\n", 2, escape = Some(b'\\') => ["1:1:0 a\"b|c,d\\\\"];
    escaped_line_end: b"a\\\nb,c\n", 2, escape = Some(b'\\') => ["1:1:0 !1 cells (a\\\\)", "2:2:3 b|c"];
    escaped_quoted_line_end: b"\"a\\\nb\",c\n", 2, escape = Some(b'\\') => ["1:1:0 a\\nb|c"];
    escape_at_the_end: b"a,b\\", 2, escape = Some(b'\\') => ["1:1:0 a|b\\\\"];
    comments: b"#x,\"y\na,b\n#\n,#c\n", 2, comment = Some(b'#'.into()) => [
        "1:1:0 !comment (#x,\"y)", "2:2:6 a|b", "3:3:10 !comment (#)", "4:4:12 |#c",
    ];
    initial_space: b"a,  \"b, c\"\n  d, e \n", 2, skip_initial_space = true => ["1:1:0 a|b, c", "2:2:11 d|e "];
    long_delimiter: b"a||b\nc|||d\n\"e||\"||f\r\n", 2, delimiter = text("||") => ["1:1:0 a|b", "2:2:5 c||d", "3:3:11 e|||f"];
    half_a_delimiter_is_content: b"a|b|\n|,|\n", 1, delimiter = text("||") => ["1:1:0 a|b|", "2:2:5 |,|"];
    half_a_delimiter_at_the_end: b"a||b|", 2, delimiter = text("||") => ["1:1:0 a|b|"];
    half_a_delimiter_after_a_quote: b"\"a\"|b\n\"c\"||d\n\"e\"|", 2, delimiter = text("||") => [
        "1:1:0 !text after a closing quote at 3 (\"a\"|b)", "2:2:6 c|d", "3:3:13 !text after a closing quote at 3 (\"e\"|)",
    ];
    delimiter_that_is_no_ascii: "a§b\n\"c§\"§d\n".as_bytes(), 2, delimiter = text("§") => ["1:1:0 a|b", "2:2:5 c\\xc2\\xa7|d"];
    long_delimiters_make_too_many_cells: b"a::b::c\na\n", 2, delimiter = text("::") => ["1:1:0 !3 cells (a::b::c)", "2:2:8 !1 cells (a)"];
    escaped_long_delimiter: b"a\\||b||c\n", 2, delimiter = text("||"), escape = Some(b'\\') => ["1:1:0 a||b|c"];
    long_comments: b"//x\n/a,b\n//\n/\n", 2, comment = Some(text("//")) => [
        "1:1:0 !comment (//x)", "2:2:4 /a|b", "3:3:9 !comment (//)", "4:4:12 !1 cells (/)",
    ];
    half_a_comment_at_the_end: b"a\n/", 1, comment = Some(text("//")) => ["1:1:0 a", "2:2:2 /"];
    records_are_comments_by_number: b"a,b\n#x\"\nc,d\r\n\n1,2,3\ne,f", 2, comment_rows = vec![1, 2, 3, 4, 5, 9] => [
        "1:1:0 !comment (a,b)", "2:2:4 !comment (#x\")", "3:3:8 !comment (c,d)", "4:4:13 !comment ()", "5:5:14 !comment (1,2,3)", "6:6:20 e|f",
    ];
    the_last_record_is_a_comment_by_number: b"a,b\n\"c\nd\",e", 2, comment_rows = vec![2] => ["1:1:0 a|b", "2:2:4 !comment (\"c\\nd\",e)"];
    trailing_delimiters: b"a,b,\n\"c\",,\r\n,\n,,,\ne,f,g,", 2, trailing_delimiter = true => [
        "1:1:0 a|b", "2:2:5 c|", "3:3:12 !1 cells (,)", "4:4:14 !3 cells (,,,)", "5:5:18 !3 cells (e,f,g,)",
    ];
    trailing_delimiters_may_be_missing: b"a,b\r\nc,\"d\"\n\ne,f,\rg\nh,i\r,\r\nj,k", 2, trailing_delimiter = true => [
        "1:1:0 a|b", "2:2:5 c|d", "3:3:11 !blank ()", "4:4:12 !3 cells (e,f,\\rg)", "5:5:19 h|i\\r", "6:6:26 j|k",
    ];
    trailing_delimiter_and_a_last_cr: b"a,b,\r", 2, trailing_delimiter = true, line_terminator = LineTerminator::Lf => ["1:1:0 !3 cells (a,b,\\r)"];
    long_trailing_delimiters: b"a||b||\r\nc||d||\ne||f||", 2, trailing_delimiter = true, delimiter = text("||") => [
        "1:1:0 a|b", "2:2:8 c|d", "3:3:15 e|f",
    ];
    any_byte_ends_records: b"a,b;c,\"d;\";e\n,f\r", 2, line_terminator = LineTerminator::Byte(b';') => [
        "1:1:0 a|b", "2:2:4 c|d;", "3:4:11 e\\n|f\\r",
    ];
    any_ascii_quotes_and_escapes: b"xa,bx,c\ndy,e,f\n", 2, quote = Some(b'x'), escape = Some(b'y') => ["1:1:0 a,b|c", "2:2:8 d,e|f"];
    the_null_sequence_is_not_unescaped: b"\\N,\"\\N\"\na\\N,\\\\N\n", 2, escape = Some(b'\\'), null_sequence = Some("\\N".into()) => [
        "1:1:0 \\\\N|N", "2:2:8 aN|\\\\N",
    ];
    only_spaces_are_skipped: b"a, \tb\n,  \n", 2, skip_initial_space = true => ["1:1:0 a|\\tb", "2:2:6 |"];
}

#[test]
fn a_line_over_the_limit_is_too_large_and_the_next_is_read() {
    let long = [b"x".repeat(30), b",y\na,b\n".to_vec()].concat();
    let kept = "x".repeat(20);
    let first = format!("1:1:0 !too large ({kept})");
    check(&long, &Dialect::default(), 2, 20, &[&first, "2:2:33 a|b"]);
}

#[test]
fn a_line_at_the_limit_is_read() {
    let line = [b"x".repeat(18), b",y\na,b\n".to_vec()].concat();
    let first = format!("1:1:0 {}|y", "x".repeat(18));
    check(&line, &Dialect::default(), 2, 20, &[&first, "2:2:21 a|b"]);
}

#[test]
fn a_line_over_the_limit_at_the_end_of_the_file_is_too_large() {
    let long = [b"a,b\n".to_vec(), b"x".repeat(30)].concat();
    let second = format!("2:2:4 !too large ({})", "x".repeat(20));
    check(&long, &Dialect::default(), 2, 20, &["1:1:0 a|b", &second]);
}

#[test]
fn a_quoted_record_over_the_limit_costs_its_first_line() {
    let bytes = b"a,\"b\nccccccccccc\nddddddddddd\ne\"\nf,g\n";
    check(
        bytes,
        &Dialect::default(),
        2,
        20,
        &[
            "1:1:0 !a quote that is opened on this line and not closed on it at 2 (a,\"b)",
            "2:2:5 !1 cells (ccccccccccc)",
            "3:3:17 !1 cells (ddddddddddd)",
            "4:4:29 !a quote inside an unquoted cell at 1 (e\")",
            "5:5:32 f|g",
        ],
    );
}

#[test]
#[cfg_attr(miri, ignore = "takes too long")]
fn a_seven_megabyte_cell_is_one_cell() {
    let cell = b"0123456789\n".repeat(7 << 20 >> 3);
    let file = [b"a,\"".to_vec(), cell.clone(), b"\"\nb,c\n".to_vec()].concat();
    for chunk_bytes in [1000, 1 << 20] {
        let mut records = Records::new(
            &file[..],
            Dialect::default(),
            Limits { record_bytes: 16 << 20, chunk_bytes, ..Limits::default() },
        );
        records.set_columns(2);
        let chunk = records.next_chunk(None).unwrap().unwrap();
        assert_eq!(chunk.cell(chunk.index.rows[0], 1).len(), cell.len() + 2);
    }
}

#[test]
#[cfg_attr(miri, ignore = "large, and a way through the code that small files go too")]
fn four_thousand_columns_are_read_and_their_number_is_told() {
    let line = [vec![b','; 4095], b"\n".to_vec()].concat();
    let file = line.repeat(3);
    let mut records = Records::new(&file[..], Dialect::default(), Limits::default());
    assert!(matches!(records.next_prologue(None).unwrap(), Prologue::Columns(4096)));
    records.set_columns(4096);
    let chunk = records.next_chunk(None).unwrap().unwrap();
    assert_eq!((chunk.index.rows.len(), chunk.index.non_rows.len()), (3, 0));
    assert_eq!(chunk.cell(chunk.index.rows[2], 4095), b"");
}

/// The kinds of the records in front of the first one that has cells and no fault, how many cells that one has, and what follows.
type Begun = (Vec<NonRowKind>, Option<usize>, Option<(u64, u64, u64, usize)>);

fn begun(file: &[u8], dialect: &Dialect, limits: Limits) -> Begun {
    let mut records = Records::new(file, dialect.clone(), limits);
    let mut kinds = Vec::new();
    let columns = loop {
        match records.next_prologue(None).unwrap() {
            Prologue::Records(chunk) => {
                assert!(chunk.index.rows.is_empty() && !chunk.index.non_rows.is_empty());
                assert_eq!(chunk.index.non_rows.last().unwrap().next as usize, chunk.data.len());
                kinds.extend(chunk.index.non_rows.iter().map(|non_row| non_row.kind));
            }
            Prologue::Columns(columns) => break Some(columns),
            Prologue::End => break None,
        }
    };
    records.set_columns(columns.unwrap_or(0));
    let chunk = records.next_chunk(None).unwrap();
    let first =
        chunk.map(|chunk| (chunk.start.record, chunk.start.line, chunk.start.byte, chunk.index.rows.len().min(1)));
    (kinds, columns, first)
}

#[test]
fn the_first_record_of_cells_is_found_behind_any_others() {
    use NonRowKind::{Blank, Comment, Quote, TooLarge};
    let dialect = Dialect { comment: Some(b'#'.into()), ..Dialect::default() };
    let stray = Quote(QuoteFault::Stray, 1);
    let long = [&[b'x'; 70][..], b"\n1,2\n"].concat();
    let cases: [(&[u8], Begun); 7] = [
        (b"1,2\n3\n", (vec![], Some(2), Some((1, 1, 0, 1)))),
        (b"\xef\xbb\xbf1,2\n", (vec![], Some(2), Some((1, 1, 0, 1)))),
        (b"\xef\xbb\xbf\r\n1\n", (vec![Blank], Some(1), Some((2, 2, 5, 1)))),
        (b"\n#c\n\n1,2,3\n\n", (vec![Blank, Comment, Blank], Some(3), Some((4, 4, 5, 1)))),
        (b"a\"b\n\n\"1\n\",2\n", (vec![stray, Blank], Some(2), Some((3, 3, 5, 1)))),
        (b"\n\n", (vec![Blank, Blank], None, None)),
        (&long, (vec![TooLarge], Some(2), Some((2, 2, 71, 1)))),
    ];
    for (file, expected) in cases {
        for chunk_bytes in (1..30).chain([1000]) {
            let limits = Limits { record_bytes: 60, chunk_bytes, ..Limits::default() };
            let (kinds, columns, first) = begun(file, &dialect, limits);
            let kinds = kinds.into_iter().map(|kind| match kind {
                // Where in its chunk.
                Quote(fault, _) => Quote(fault, 1),
                kind => kind,
            });
            assert_eq!((kinds.collect(), columns, first), expected, "{chunk_bytes}");
        }
    }
}

#[test]
fn headers_are_read_one_by_one() {
    use sluice_csv::RecordKind;
    let file = b"\xef\xbb\xbf\n#x\n\"a\nb\",c\n1,2\n";
    let dialect = Dialect { comment: Some(b'#'.into()), ..Dialect::default() };
    for chunk_bytes in 1..30 {
        let mut records = Records::new(&file[..], dialect.clone(), Limits { chunk_bytes, ..Limits::default() });
        let kinds: Vec<_> = (0..2).map(|_| records.next_record().unwrap().unwrap().kind).collect();
        assert_eq!(kinds, [RecordKind::Blank, RecordKind::Comment]);
        let header = records.next_record().unwrap().unwrap();
        assert_eq!((header.position.record, header.position.line, header.position.byte), (3, 3, 7));
        assert_eq!(header.cells, [b"a\nb".to_vec(), b"c".to_vec()]);
        assert_eq!(header.bytes, b"\"a\nb\",c\n");
        records.set_columns(2);
        let chunk = records.next_chunk(None).unwrap().unwrap();
        assert_eq!((chunk.start.record, chunk.start.line, chunk.start.byte), (4, 5, 15));
        assert_eq!(chunk.cell(chunk.index.rows[0], 1), b"2");
    }
}
