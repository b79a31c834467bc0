//! The first bytes of a file → its form: delimiter, quotes, comments, and the record with the labels.

use std::collections::BTreeSet;

use sluice_csv::{BYTE_ORDER_MARK, Dialect, LineTerminator, RecordKind, Sequence};

use super::column_name::is_key_name;
use super::head::{FirstRecords, Head, RECORDS};
use super::head_record::HeadRecord;
use super::header::InferredHeader;
use super::notations::{LIST_DELIMITERS, quoted_delimiter};
use super::one_column::is_one_column;
use super::score::{Score, is_rare, score};
use super::{column_pairs, header, line_ends, oddities, quotes, total_row};
use crate::shown::counted;

/// Bytes that may delimit cells.
const DELIMITERS: [u8; 12] = [b',', b';', b'\t', b'|', b'^', b'~', 0x01, 0x1f, b':', b' ', b'#', b'*'];

/// Delimiters of several bytes. They are tried first: where all their bytes stand together, none of them is a delimiter alone.
const LONG_DELIMITERS: [&str; 7] = ["||", "::", "~|~", "|~|", "§", "¦", "¬"];

/// A delimiter of several bytes is also proposed if each of the first lines (at most `LINES_ALIKE`, at least `LEAST_ALIKE` below the first one) has it
/// equally often.
const LINES_ALIKE: usize = 500;
const LEAST_ALIKE: usize = 2;

/// A dialect without quotes has to score better than one with quotes by this factor: a quote that is part of a text is rarer than damage.
const WITHOUT_QUOTES: f64 = 1.15;

/// If at least this share of cells begins with a space, the spaces belong to the delimiter.
const SPACED: f64 = 0.95;

/// The form of a file.
#[derive(Clone, Debug)]
pub struct FileForm {
    /// Delimiter, quotes, escapes, comments.
    pub dialect: Dialect,
    /// The record with the labels.
    pub header: InferredHeader,
    /// Names of the columns: the labels, or `field1` and so on.
    pub labels: Vec<String>,
    /// A sentence for each decision, with its reason.
    pub reasons: Vec<String>,
    /// Problems that no dialect solves, and what to do about them, a sentence each.
    pub oddities: Vec<String>,
    /// The columns that have a blank label, from 0, ascending; their names are among the labels.
    pub(super) blank_labels: Vec<usize>,
    /// Pairs of columns that may be a key.
    pub(super) pairs: Vec<[usize; 2]>,
}

/// A dialect that was tried.
struct TriedDialect {
    dialect: Dialect,
    rows: Vec<HeadRecord>,
    score: Score,
}

/// Decides the form of a file from its first bytes. `delimiter` is the delimiter that the name of the file stands for (`\t` for `.tsv`). Returns
/// `None` if more bytes are needed to see where a quoted cell ends.
pub(super) fn sniff(head: Head<'_>, delimiter: Option<u8>) -> Option<FileForm> {
    let stated = stated_delimiter(head.text);
    let rows_of = |dialect: &Dialect| {
        let mut rows = head.records(dialect).rows;
        // The line that states the delimiter is a title, however many cells it has.
        rows.iter_mut().take(usize::from(stated.is_some())).for_each(|row| row.cells.clear());
        rows
    };
    let (delimiter, origin, table) = match stated {
        Some(StatedDelimiter { delimiter, below }) => (Some(delimiter), "by its first line", below),
        None => (delimiter, "by the name of the file", below_comments(head)),
    };
    let TriedDialect { mut dialect, mut rows, score } = best_dialect(head.with(table), delimiter)?;
    let mut width = score.width;
    if let Some(other) = quotes::others(head.text, &dialect, width, rows_of) {
        (rows, dialect) = (rows_of(&other), other);
    }
    let origin = if delimiter.map(Sequence::from) == Some(dialect.delimiter) { origin } else { "fits best" };
    let mut reasons = vec![delimiter_reason(&dialect, &rows, width, origin)];
    rows = rows_of(&dialect);
    if dialect.skip_initial_space || is_spaced(&rows, width) {
        dialect.skip_initial_space = true;
        rows = rows_of(&dialect);
        reasons.push("skipInitialSpace: cells begin with a space behind the delimiter".to_owned());
    }
    if ends_with_delimiter(&rows, width) {
        let trailing = Dialect { trailing_delimiter: true, ..dialect.clone() };
        let without = rows_of(&trailing);
        // A space or empty quotes behind the last delimiter are a cell.
        if without.iter().all(|row| row.cells.len() < width) {
            (dialect, rows) = (trailing, without);
            width -= 1;
            reasons.push("trailingDelimiter: records end with a delimiter".to_owned());
        }
    }
    if let Some(comment) = comment_of(&rows, &dialect, width) {
        dialect.comment = Some(comment.into());
        rows = rows_of(&dialect);
        reasons.push(format!("commentChar {:?}: lines above the header begin with it", char::from(comment)));
    }
    let header::HeaderDecision { header, labels, reason, oddity, blank_labels } = header::find(&rows, width);
    reasons.extend(reason);
    let mut oddities: Vec<String> = oddity.into_iter().collect();
    oddities.extend(oddities::find(head.text, &rows, &dialect, width));
    oddities.extend(line_ends::find(&rows));
    oddities
        .extend(line_ends::only_record(&rows, head.text).filter(|_| header != InferredHeader::None && !head.is_sample));
    oddities.extend(total_row::find(&rows, width).filter(|_| head.is_whole && rows.len() < RECORDS));
    let below = below(&rows, width, header);
    let pairs = column_pairs::likely_keys(&below, width, |column| column == 0 || is_key_name(&labels[column]));
    Some(FileForm { dialect, header, labels, reasons, oddities, blank_labels, pairs })
}

/// Returns the dialect with the highest score; `None` if more bytes are needed to see where a quoted cell ends.
fn best_dialect(head: Head<'_>, delimiter: Option<u8>) -> Option<TriedDialect> {
    let text = head.text;
    let mut best: Option<TriedDialect> = None;
    for dialect in dialects(text, delimiter) {
        let FirstRecords { rows, is_open } = head.records(&dialect);
        if is_open && head.may_grow() && dialect.quote == Some(b'"') && !is_rare(dialect.delimiter.as_bytes()) {
            return None;
        }
        let mut score = score(&rows, dialect.delimiter.as_bytes());
        if dialect.quote.is_none() && text.contains(&b'"') {
            score.value /= WITHOUT_QUOTES;
        }
        if count_records(&rows) == 1 && is_inside_another(text, &dialect.delimiter) {
            score.value *= INSIDE_ANOTHER;
        }
        // Of equal scores the first one wins: frequent dialects are tried first.
        if best.as_ref().is_none_or(|best| score.value > best.score.value * 1.000_001) {
            best = Some(TriedDialect { dialect, rows, score });
        }
    }
    // cannot fail: the default dialect is always tried.
    Some(best.unwrap_or_else(|| TriedDialect {
        dialect: Dialect::default(),
        rows: Vec::new(),
        score: Score { value: 0.0, width: 0 },
    }))
}

/// Returns the rows of full width below the header.
fn below(rows: &[HeadRecord], width: usize, header: InferredHeader) -> Vec<&HeadRecord> {
    let full = rows.iter().filter(|row| row.is_full(width));
    let first = match header {
        InferredHeader::None => 0,
        InferredHeader::First => rows.iter().find(|row| row.kind == RecordKind::Cells).map_or(0, |row| row.number),
        InferredHeader::Record(number) | InferredHeader::Joined(number) => number,
    };
    full.filter(|row| row.number > first).collect()
}

/// Counts the records that are neither blank nor comments.
fn count_records(rows: &[HeadRecord]) -> usize {
    rows.iter().filter(|row| row.is_content()).count()
}

/// The factor for the score of a delimiter in a text of one record, if another delimiter stands at least twice before it.
const INSIDE_ANOTHER: f64 = 0.3;

/// Returns true if another delimiter of tables and lists stands at least twice before the first `delimiter`. Then `delimiter` probably separates
/// the items of a list inside a cell.
fn is_inside_another(text: &[u8], delimiter: &Sequence) -> bool {
    let [delimiter] = *delimiter.as_bytes() else { return false };
    let before = &text[..memchr::memchr(delimiter, text).unwrap_or(0)];
    let is_before = |other: &u8| *other != delimiter && memchr::memchr_iter(*other, before).count() > 1;
    LIST_DELIMITERS.contains(&delimiter) && LIST_DELIMITERS.iter().any(is_before)
}

/// A delimiter that the first line of a file states for spreadsheets: `sep=;`.
struct StatedDelimiter<'a> {
    delimiter: u8,
    /// The text below that line.
    below: &'a [u8],
}

/// Returns the delimiter that the first line states, if it does.
fn stated_delimiter(text: &[u8]) -> Option<StatedDelimiter<'_>> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let (word, rest) = text.split_at_checked(b"sep=".len())?;
    match rest {
        [delimiter, b'\r', b'\n', below @ ..] | [delimiter, b'\r' | b'\n', below @ ..] => {
            let is_stated = word.eq_ignore_ascii_case(b"sep=") && DELIMITERS.contains(delimiter);
            is_stated.then_some(StatedDelimiter { delimiter: *delimiter, below })
        }
        _ => None,
    }
}

/// Returns the text behind the lines that begin with `#`, because such lines have another form than the rest; all of the text if nothing stands
/// behind them, or too little of a longer file.
fn below_comments(head: Head<'_>) -> &[u8] {
    let text = head.text;
    let mut rest = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    while rest.first() == Some(&b'#') {
        match memchr::memchr(b'\n', rest) {
            Some(end) => rest = &rest[end + 1..],
            None => return text,
        }
    }
    let is_little = !head.is_whole && rest.len() < text.len() / 2;
    if is_little || rest.iter().all(u8::is_ascii_whitespace) { text } else { rest }
}

/// Returns the dialects in which the text may be written, the more frequent ones first.
fn dialects(text: &[u8], delimiter: Option<u8>) -> Vec<Dialect> {
    let present: BTreeSet<u8> = text.iter().copied().collect();
    let mut delimiters: Vec<Sequence> = match delimiter {
        Some(delimiter) if present.contains(&delimiter) => vec![delimiter.into()],
        _ => possible_delimiters(text, &present),
    };
    // A file of one column has no delimiter in it.
    let usual = Sequence::from(delimiter.unwrap_or(b','));
    if !delimiters.contains(&usual) {
        delimiters.insert(0, usual);
    }
    let mut quotes = vec![Some(b'"')];
    if opens_cells(text, b'\'') {
        quotes.push(Some(b'\''));
    }
    if present.contains(&b'"') {
        quotes.push(None);
    }
    let mut dialects = Vec::new();
    for &line_terminator in line_terminators(text) {
        for &delimiter in &delimiters {
            for &quote in &quotes {
                let dialect = Dialect { delimiter, quote, line_terminator, ..Dialect::default() };
                dialects.extend(with_variants(dialect, text));
            }
        }
    }
    dialects
}

/// Returns the delimiters that a text may have: those of several bytes, whose bytes stand nowhere alone, then those of one byte. `present` are
/// the bytes of the text.
fn possible_delimiters(text: &[u8], present: &BTreeSet<u8>) -> Vec<Sequence> {
    let count = |wanted: &[u8]| memchr::memmem::find_iter(text, wanted).count();
    // Every occurrence of its first byte belongs to it: for `||`, every `|` stands in a pair.
    let has_all = |long: &[u8]| count(&long[..1]) == count(long) * memchr::memchr_iter(long[0], long).count();
    let lines = || text.split(|byte| matches!(byte, b'\r' | b'\n')).filter(|line| !line.trim_ascii().is_empty());
    let in_line = |line: &[u8], wanted: &[u8]| memchr::memmem::find_iter(line, wanted).count();
    // Every line has it equally often, so its bytes may also stand alone in cells: a title with a colon.
    let is_in_all_lines = |long: &[u8]| {
        let mut counts: Vec<usize> = lines().take(LINES_ALIKE).map(|line| in_line(line, long)).collect();
        // The text may end inside the last line.
        counts.truncate(counts.len() - usize::from(counts.len() > LEAST_ALIKE + 1));
        counts.len() > LEAST_ALIKE && counts[0] > 0 && counts.iter().all(|count| *count == counts[0])
    };
    let is_delimiter = |long: &[u8]| match long[0] {
        // Names in cells have it as well (`std::vector`), but labels do not.
        b':' => has_all(long) && lines().next().is_some_and(|line| in_line(line, long) > 0) || is_in_all_lines(long),
        0..0x80 => has_all(long) || is_in_all_lines(long),
        // A sign with spaces around it is part of a text (`BGB § 5`).
        _ => count(&[b" ", long].concat()) + count(&[long, b" "].concat()) == 0,
    };
    let long = LONG_DELIMITERS.into_iter().map(str::as_bytes).filter(|long| count(long) > 0 && is_delimiter(long));
    let short = DELIMITERS.into_iter().filter(|byte| present.contains(byte));
    let short = short.filter(|&byte| !is_rare(&[byte]) || !has_all(&[byte, byte]) && !is_one_column(text, byte));
    // cannot fail: every delimiter of the table fits into a sequence.
    long.filter_map(Sequence::new).chain(short.map(Sequence::from)).collect()
}

/// Returns a dialect, and variants of it that the text may be written in: with a space behind delimiters, with escaped quotes.
fn with_variants(dialect: Dialect, text: &[u8]) -> Vec<Dialect> {
    let delimiter = dialect.delimiter;
    let has = |wanted: &[u8]| memchr::memmem::find(text, wanted).is_some();
    let is_spaced = dialect.quote.is_some_and(|quote| has(&[delimiter.as_bytes(), &[b' ', quote]].concat()));
    let is_escaped = dialect.quote.is_some_and(|quote| has(&[b'\\', quote]));
    let spaced = is_spaced.then(|| Dialect { skip_initial_space: true, ..dialect.clone() });
    let escaped = is_escaped.then(|| Dialect { escape: Some(b'\\'), double_quote: false, ..dialect.clone() });
    [Some(dialect), spaced, escaped].into_iter().flatten().collect()
}

/// Returns the line terminators to try: CR where one stands alone although there are LFs, so that [`LineTerminator::Auto`] may be wrong.
fn line_terminators(text: &[u8]) -> &'static [LineTerminator] {
    let is_lone = |at: usize| text[at..].iter().find(|&&byte| byte != b'\r').is_some_and(|&byte| byte != b'\n');
    let has_lf = memchr::memchr(b'\n', text).is_some();
    match has_lf && memchr::memchr_iter(b'\r', text).any(is_lone) {
        true => &[LineTerminator::Auto, LineTerminator::Cr],
        false => &[LineTerminator::Auto],
    }
}

/// Returns true if a quote stands where a cell may begin: at the start of a line, or behind a delimiter other than a space.
fn opens_cells(text: &[u8], quote: u8) -> bool {
    memchr::memchr_iter(quote, text).any(|at| {
        let before = at.checked_sub(1).map(|at| text[at]);
        before.is_none_or(|byte| matches!(byte, b'\n' | b'\r') || DELIMITERS.contains(&byte) && byte != b' ')
    })
}

fn delimiter_reason(dialect: &Dialect, rows: &[HeadRecord], width: usize, origin: &str) -> String {
    let records = count_records(rows);
    let fitting = rows.iter().filter(|row| row.is_full(width)).count();
    let delimiter = quoted_delimiter(&dialect.delimiter);
    let quote = dialect.quote.map_or("no quotes".to_owned(), |quote| format!("quotes {:?}", char::from(quote)));
    format!(
        "delimiter {delimiter} ({origin}), {quote}: {fitting} of the first {} with {}",
        counted(records as u64, "record"),
        counted(width as u64, "cell")
    )
}

/// Returns true if every record of full width ends with a delimiter, so that its last cell is empty. The header may have one cell less.
fn ends_with_delimiter(rows: &[HeadRecord], width: usize) -> bool {
    let mut full = 0_usize;
    for row in rows.iter().filter(|row| row.kind == RecordKind::Cells) {
        if row.cells.len() == width {
            if row.cells.last().is_none_or(|cell| !cell.is_empty()) {
                return false;
            }
            full += 1;
        }
    }
    width > 2 && full > 1
}

/// Returns true if nearly all cells behind a delimiter begin with a space.
fn is_spaced(rows: &[HeadRecord], width: usize) -> bool {
    let cells = rows.iter().filter(|row| row.is_full(width));
    let behind: Vec<&Vec<u8>> =
        cells.flat_map(|row| row.cells.iter().skip(1)).filter(|cell| !cell.is_empty()).collect();
    let spaced = behind.iter().filter(|cell| cell[0] == b' ').count();
    !behind.is_empty() && spaced as f64 >= SPACED * behind.len() as f64
}

/// Returns the character with which all records above the first record of full width begin, if no record of full width begins with it.
fn comment_of(rows: &[HeadRecord], dialect: &Dialect, width: usize) -> Option<u8> {
    let is_full = |row: &HeadRecord| row.is_full(width);
    let begins = |row: &HeadRecord| row.cells.first().and_then(|cell| cell.first()).copied();
    let first = rows.iter().position(is_full)?;
    let above: Vec<&HeadRecord> = rows[..first].iter().filter(|row| row.kind != RecordKind::Blank).collect();
    let comment = begins(above.first()?).filter(|byte| matches!(byte, b'#' | b'%' | b'!'))?;
    let is_free = comment != dialect.delimiter.first() && Some(comment) != dialect.quote;
    let all_above = above.iter().all(|row| begins(row) == Some(comment));
    let none_full = !rows.iter().any(|row| is_full(row) && begins(row) == Some(comment));
    (is_free && all_above && none_full).then_some(comment)
}

#[cfg(test)]
mod tests;
