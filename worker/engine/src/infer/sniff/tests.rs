use super::*;

/// Sniffs a file as [`super::super::scan`] does, which reads more of it if that is needed.
fn form(text: &[u8]) -> FileForm {
    let mut bytes = Head::BYTES;
    loop {
        let head = Head { text: &text[..bytes.min(text.len())], is_whole: text.len() < bytes, is_sample: false };
        match sniff(head, None) {
            Some(form) => return form,
            None => bytes *= Head::GROWTH,
        }
    }
}

#[test]
fn cells_of_many_lines_do_not_hide_the_records() {
    for kilobytes in [1, 5, 20, 60, 150, 300, 1000, 3000] {
        let body = "some words, more\n".repeat(kilobytes * 60);
        let rows: String = (0..1 + 1200 / kilobytes).map(|id| format!("{id},\"{body}\",{id}.5\n")).collect();
        let form = form(format!("id,body,amount\n{rows}").as_bytes());
        assert_eq!(form.labels, ["id", "body", "amount"], "{kilobytes} kB");
        assert_eq!((form.dialect, form.header), (Dialect::default(), InferredHeader::First), "{kilobytes} kB");
    }
}

#[test]
fn a_quote_that_is_never_closed_does_not_hide_the_records() {
    let rows: String = (0..60_000).map(|id| format!("{id};size {};x\n", id % 7)).collect();
    for damaged in ["7;\"size 7;x\n", "7;'s-Gravenhage;x\n"] {
        let form = form(format!("id;name;note\n1;size 1;x\n{damaged}{rows}").as_bytes());
        assert_eq!(form.labels, ["id", "name", "note"], "{damaged}");
        assert_eq!(form.dialect, Dialect { delimiter: b';'.into(), ..Dialect::default() }, "{damaged}");
    }
}

#[test]
fn line_ends_are_found_among_those_in_quotes() {
    let cr: String = (0..40).map(|id| format!("{id},\"a\nb\",{id}\r")).collect();
    let lf: String = (0..40).map(|id| format!("{id},\"a\rb\",{id}\n")).collect();
    let few: String = (0..3).map(|id| format!("{id},\"a\nb\",{id}\r")).collect();
    let odd_records: String = (0..40).map(|id| format!("{id},a\rb,{id}\n")).collect();
    let doubled: String = (0..40).map(|id| format!("{id},a,{id}\r\r\n")).collect();
    for (rows, end, expected) in [
        (&cr, "\r", LineTerminator::Cr),
        (&few, "\r", LineTerminator::Cr),
        (&lf, "\n", LineTerminator::Auto),
        (&odd_records, "\n", LineTerminator::Auto),
        (&doubled, "\r\r\n", LineTerminator::Auto),
    ] {
        let found = form(format!("id,note,v{end}{rows}").as_bytes());
        assert_eq!(found.dialect.line_terminator, expected, "{rows:?}");
        assert_eq!(found.labels.len(), 3, "{rows:?}");
        let is_told =
            found.oddities.iter().any(|oddity| oddity.contains("outside of quotes that does not end the record"));
        assert_eq!(is_told, rows == &odd_records || rows == &doubled, "{rows:?}: {:?}", found.oddities);
    }
}

#[test]
fn lines_that_are_one_record_are_told() {
    let told = |text: &str| form(text.as_bytes()).oddities.iter().any(|oddity| oddity.contains("a single record"));
    assert!(told("id,\"note\n1,a\n2,b\",c\n"));
    assert!(!told("id,note\n") && !told("id,note\n1,a\n"));
}

#[test]
fn a_first_line_states_the_delimiter_for_spreadsheets() {
    for (text, labels) in [
        ("sep=;\r\nid;name\r\n1;a\r\n2;b\r\n", &["id", "name"][..]),
        ("\u{feff}sep=;\nid;name;qty\n1;a;7\n2;b;8\n", &["id", "name", "qty"]),
        ("SEP=;\nid\n1\n2\n", &["id"]),
        // The stated delimiter is not the one that fits best.
        ("sep=;\na,b;c\n1,2;x\n3,4;y\n", &["a,b", "c"]),
    ] {
        let found = form(text.as_bytes());
        assert_eq!(found.labels, labels, "{text:?}");
        assert_eq!(found.header, InferredHeader::Record(2), "{text:?}");
        assert_eq!(found.dialect.delimiter, b';'.into(), "{text:?}");
    }
}

#[test]
fn colons_in_the_first_cell_and_around_a_table_are_no_delimiters() {
    let above = "Latitude (degrees):\t45.0\nElevation (m):\t250\nDatabase:\tX\n\nSlope: 30 deg.\nAzimuth: 0 deg.\n";
    let rows: String = (0..14).map(|hour| format!("20160101:{hour:02}10,0.0,{hour}.5,0.25\n")).collect();
    let below = "\nGb: beam\nGd: diffuse\nGr: reflected\nH: height\nT2m: temperature\nWS: wind\nInt: 1 or 0\n";
    let found = form(format!("{above}time,Gb,Gd,Gr\n{rows}{below}").as_bytes());
    assert_eq!((found.dialect.delimiter, found.labels.len()), (b','.into(), 4));
    assert_eq!(found.header, InferredHeader::Record(7));
}

#[test]
fn quotes_that_begin_no_cell_are_text() {
    let rows: String = (0..40).map(|id| format!("{id}\tname {id}\n")).collect();
    for (text, expected) in [
        (format!("id\tname\n{rows}41\tW. \"Bud\" Barron\n"), None),
        (format!("id\tname\n{rows}41\t\"W. Barron\"\n42\t5\" pipe\n"), Some(b'"')),
        (format!("id\tname\n{rows}41\t \"W. Barron\"\n"), Some(b'"')),
        (format!("id\tname\n{rows}"), Some(b'"')),
        ("a,cls\n0.5,'x'\n0.7,'y'\n0.8,'x'\n".to_owned(), Some(b'\'')),
        ("0.5,'-1'\n0.7,'1'\n0.8,'-1'\n".to_owned(), Some(b'\'')),
        ("a,cls\n0.5,'x'\n0.7,'y\n0.8,'x'\n".to_owned(), Some(b'"')),
        ("a,cls\n's-Gravenhage,'x'\nb,'y'\nc,'x'\n".to_owned(), Some(b'"')),
    ] {
        assert_eq!(form(text.as_bytes()).dialect.quote, expected, "{text:?}");
    }
}
