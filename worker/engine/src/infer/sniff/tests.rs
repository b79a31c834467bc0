use super::*;

/// Sniffs a file as [`super::super::scan`] does, which reads more of it if that is needed.
fn form(text: &[u8]) -> Form {
    let mut bytes = Head::BYTES;
    loop {
        let head = Head { text: &text[..bytes.min(text.len())], is_whole: text.len() < bytes };
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
        assert_eq!((form.dialect, form.header), (Dialect::default(), HeaderForm::First), "{kilobytes} kB");
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
