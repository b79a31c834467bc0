//! Outlines and patterns decide as the candidates do.

use proptest::prelude::*;

use super::*;

/// Texts of each shape, texts that are nearly of it, and texts with delimiters of lists.
const TEXTS: &str = "-?(0|[1-9][0-9]{0,17})\
    |-?(0|[1-9][0-9]{0,17})[.]([0-9]{1,2}|[0-9]{4,30})\
    |-?(0|[1-9][0-9]{0,3})[.][0-9]{3}\
    |-?[0-9]{1,19}[.]?[0-9]{0,70}\
    |[0-9.,;|-]{1,12}\
    |(19|20)[0-9]{2}(0[1-9]|1[0-2])([01][0-9]|2[0-8])([01][0-9]{5})?\
    |20[0-9]{2}-[01][0-9]-[0-3][0-9]([ T][0-2][0-9]:[0-5][0-9](:[0-5][0-9])?Z?)?\
    |20[0-9]{2}-0[1-9]-1[0-9][ T]1[0-9]:[0-5][0-9]:[0-5][0-9]([+-][01][0-9](:?00)?| UTC| Z)\
    |(20[0-9]{2}-0[1-9]-1[0-9][,;|]?){1,3}\
    |[A-Za-z ]{1,9}\
    |[a-z=&{}\"\n\r\t ;|,é]{1,8}\
    |[a-z ]{58,62}\
    |[$€% ]{0,2}-?[0-9]{1,3}[.,]?[0-9]{0,3}[$€% ]{0,2}\
    |[NaIiFf-]{1,6}\
    |[ -~]{1,40}";

/// Numbers in all notations, and what is nearly one.
const NUMBERS: &str = "[$€% ]{0,2}-?[0-9]{1,3}([,. '\u{a0}\u{202f}][0-9]{3}){0,3}([.,][0-9]{0,4})?[$€% ]{0,2}\
    |[+-]?[0-9]{0,5}[.,]?[0-9]{0,5}([eE][+-]?[0-9]{1,4})?\
    |([0-9]{1,3}[;|,]){0,3}-?[0-9.]{1,5}\
    |[0-9]{1,15}\
    |[0-9.,;|eE $'-]{1,15}";

/// The text with other digits: zeros at some places, elsewhere these.
fn with_digits(text: &[u8], digits: &[u8], is_zero: &[bool]) -> Vec<u8> {
    let digit = |(at, &byte): (usize, &u8)| match byte {
        b'0'..=b'9' if is_zero[at % is_zero.len()] => b'0',
        b'0'..=b'9' => digits[at % digits.len()],
        other => other,
    };
    let other: Vec<u8> = text.iter().enumerate().map(digit).collect();
    // The exponent stays.
    let exponent = text.iter().position(|byte| matches!(byte, b'e' | b'E')).unwrap_or(text.len());
    [&other[..exponent], &text[exponent..]].concat()
}

/// Those of the open candidates that do not accept a text, as each of them says.
fn asked(open: CandidateSet, text: &[u8]) -> CandidateSet {
    let rejecting = open.iter().filter(|&index| !candidates()[index].accepts(text));
    rejecting.map(CandidateSet::only).fold(CandidateSet::default(), CandidateSet::or)
}

#[track_caller]
fn agrees(open: CandidateSet, text: &[u8]) {
    let rejecting = OutlineAnswers::get().rejecting(open, text, Outline::of(text), &mut PatternCache::default());
    let expected = asked(open, text);
    let differing = rejecting.or(expected).without(rejecting.and(expected));
    let differing: Vec<&Candidate> = differing.iter().map(|index| &candidates()[index]).collect();
    assert!(differing.is_empty(), "{:?}: {differing:?}", text.escape_ascii().to_string());
}

#[test]
fn a_set_holds_all_candidates() {
    assert!(candidates().len() <= u128::BITS as usize);
    assert_eq!(CandidateSet::of(|_| true).iter().count(), candidates().len());
}

#[test]
fn special_numbers_and_long_texts_are_read() {
    let all = CandidateSet::of(|_| true);
    let digits = "1".repeat(70);
    let fraction = format!("0.{digits}");
    for text in ["NaN", "INF", "-INF", "-", ".", "-.", "1.", ".5", "00", "0.0", "-0.125", &digits, &fraction] {
        agrees(all, text.as_bytes());
    }
    agrees(all, b"\xff");
    agrees(all, b"a\xff;b");
}

#[test]
fn digits_decide_where_a_number_may_be_too_large() {
    let (all, mut patterns) = (CandidateSet::of(|_| true), PatternCache::default());
    for text in ["1.7e308", "1.9e308", "0.0e311", "0.1e311", "1e99", "9e99"] {
        let rejecting =
            OutlineAnswers::get().rejecting(all, text.as_bytes(), Outline::of(text.as_bytes()), &mut patterns);
        assert_eq!(rejecting, asked(all, text.as_bytes()), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

    #[test]
    fn an_outline_settles_what_the_candidates_say(text in TEXTS, open in any::<u128>()) {
        if !text.is_empty() {
            let all = CandidateSet::of(|_| true);
            agrees(all, text.as_bytes());
            let some = all.iter().filter(|index| open >> index & 1 == 1).map(CandidateSet::only).fold(CandidateSet::default(), CandidateSet::or);
            agrees(some, text.as_bytes());
        }
    }

    #[test]
    fn a_pattern_decides_what_is_a_number_or_a_list_of_texts(text in NUMBERS, digits in "[0-9]{15}", is_zero in prop::collection::vec(any::<bool>(), 15)) {
        let other = with_digits(text.as_bytes(), digits.as_bytes(), &is_zero);
        let pattern = |text: &[u8]| PackedCell::of_text(text).map(PackedCell::pattern);
        if pattern(text.as_bytes()).is_some() && pattern(text.as_bytes()) == pattern(&other) {
            let all = CandidateSet::of(depends_on_pattern);
            prop_assert_eq!(asked(all, text.as_bytes()), asked(all, &other), "{} and {}", text, other.escape_ascii());
        }
    }

    #[test]
    fn no_candidate_has_need_of_bytes_that_are_no_text(text in prop::collection::vec(any::<u8>(), 1..12)) {
        agrees(CandidateSet::of(|_| true), &text);
    }
}
