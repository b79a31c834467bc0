//! Laws on random input, most of it damaged: the oracle agrees, and circumstances do not show.

mod support;

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use sluice_csv::{Dialect, Limits, LineTerminator, OneRecord, RecordKind, Records, Sequence};
use support::{Circumstances, kernels, oracle};

/// Pieces that make trouble, and fillers that move it across the borders of blocks.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&[u8]> = vec![
        b",",
        b",",
        b"\"",
        b"\"",
        b"\n",
        b"\n",
        b"\r\n",
        b"\r",
        b"a",
        b"bc",
        b"\"\"",
        b"\"x\"",
        b",\"",
        b"\",",
        b"\"\n",
        b"\"\r\n",
        b"\\",
        b"#",
        b" ",
        b"\0",
        b"\xEF\xBB\xBF",
        b"\xff",
        b"a,b\n",
        b"\"a\",\"b\"\n",
        b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        b",,,,,,,,,,,,,,,,,,,,,,,,",
        b"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
    ];
    vec(select(pieces), 0..60).prop_map(|pieces| pieces.concat())
}

fn plain_dialect() -> impl Strategy<Value = Dialect> {
    let terminator = select(vec![LineTerminator::Auto, LineTerminator::Lf, LineTerminator::Cr]);
    let quote = select(vec![Some(b'"'), Some(b'"'), Some(b'\''), None]);
    (select(vec![b',', b',', b'a', b' ', b'\0']), quote, terminator).prop_map(|(delimiter, quote, line_terminator)| {
        Dialect { delimiter: delimiter.into(), quote, line_terminator, ..Dialect::default() }
    })
}

/// Delimiters and beginnings of comments of more than one byte, that share bytes with each other and with cells.
const DELIMITERS: [&str; 6] = [",", ",", ",,", ",a", "bc", ",,,"];
const COMMENTS: [&str; 4] = ["#", "##", "#a", "abc"];

fn any_dialect() -> impl Strategy<Value = Dialect> {
    let sequence = |text: &str| Sequence::new(text.as_bytes()).expect("a few bytes");
    let terminator = prop_oneof![
        9 => select(vec![LineTerminator::Auto, LineTerminator::Lf, LineTerminator::Cr]),
        1 => Just(LineTerminator::Byte(b' ')),
    ];
    let rows = prop_oneof![3 => Just(Vec::new()), 1 => vec(1u64..20, 1..5)];
    let sequences = (select(DELIMITERS.to_vec()), weighted(0.5, select(COMMENTS.to_vec())), terminator, rows);
    let rest = (weighted(0.5, Just(b'\\')), any::<bool>(), any::<bool>(), any::<bool>());
    let quote = select(vec![Some(b'"'), Some(b'"'), Some(b'\''), None]);
    (sequences, rest, quote).prop_map(
        move |(
            (delimiter, comment, line_terminator, mut comment_rows),
            (escape, double_quote, space, trailing),
            quote,
        )| {
            comment_rows.sort_unstable();
            comment_rows.dedup();
            Dialect {
                delimiter: sequence(delimiter),
                quote,
                double_quote,
                escape,
                line_terminator,
                comment: comment.map(sequence),
                comment_rows,
                null_sequence: None,
                skip_initial_space: space && line_terminator != LineTerminator::Byte(b' '),
                trailing_delimiter: trailing,
            }
        },
    )
}

fn limit() -> impl Strategy<Value = u32> {
    prop_oneof![2 => Just(1_u32 << 20), 1 => 1_u32..200]
}

/// All records read on their own that are neither blank nor comments, and the number of blank ones.
fn one_by_one(text: &[u8], dialect: &Dialect, limits: Limits, passes: bool) -> (Vec<OneRecord>, u64) {
    let mut records = Records::new(text, dialect.clone(), limits);
    let (mut found, mut blank) = (Vec::new(), 0);
    loop {
        if passes {
            blank += records.pass_blank().expect("memory can be read");
        }
        let Some(record) = records.next_record().expect("memory can be read") else {
            return (found, blank);
        };
        match record.kind {
            RecordKind::Blank => blank += 1,
            RecordKind::Comment => {}
            _ => found.push(record),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn blank_lines_and_comments_are_passed_as_if_read(
        text in text(), dialect in any_dialect(), limit in limit(), blank in 0usize..3, many in select(vec![1usize, 40_000])
    ) {
        let blank: &[u8] = [&b"\n"[..], b"\r\n", b"##\n\n"][blank];
        let text = [blank.repeat(many), text].concat();
        let limits = Limits { record_bytes: limit, ..Limits::default() };
        prop_assert_eq!(one_by_one(&text, &dialect, limits, true), one_by_one(&text, &dialect, limits, false));
    }

    #[test]
    fn every_kernel_agrees_with_the_oracle(
        text in text(), dialect in plain_dialect(), columns in 1_usize..5, limit in limit(), chunk_bytes in 1_usize..300,
    ) {
        let expected = oracle::records(&text, &dialect, columns, limit as usize);
        for kernel in kernels() {
            let circumstances =
                Circumstances { record_bytes: limit, chunk_bytes, kernel, ..Circumstances::new(&dialect, columns) };
            let seen = circumstances.read(&text);
            prop_assert_eq!(&seen, &expected, "{:?}", kernel);
        }
    }

    #[test]
    fn every_dialect_agrees_with_the_oracle(
        text in text(), dialect in any_dialect(), columns in 1_usize..5, limit in limit(), chunk_bytes in 1_usize..300,
    ) {
        let expected = oracle::records(&text, &dialect, columns, limit as usize);
        let circumstances = Circumstances { record_bytes: limit, chunk_bytes, ..Circumstances::new(&dialect, columns) };
        let seen = circumstances.read(&text);
        prop_assert_eq!(&seen, &expected);
        let seen = circumstances.read_one_by_one(&text);
        prop_assert_eq!(&seen, &expected);
    }

    #[test]
    fn chunks_and_reads_do_not_show(
        text in text(), dialect in any_dialect(), columns in 1_usize..4, limit in limit(),
        chunk_bytes in 1_usize..200, read_bytes in 1_usize..50,
    ) {
        let whole = Circumstances { record_bytes: limit, ..Circumstances::new(&dialect, columns) };
        let cut = Circumstances { chunk_bytes, read_bytes, ..whole.clone() };
        prop_assert_eq!(cut.read(&text), whole.read(&text));
    }
}
