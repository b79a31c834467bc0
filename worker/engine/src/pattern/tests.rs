//! The ways of matching, compared with the `regex` crate.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use regex::Regex;

use crate::pattern::*;

fn parse(pattern: &str) -> Option<Hir> {
    regex_syntax::ParserBuilder::new().build().parse(pattern).ok()
}

fn matcher(source: &str, steps: &mut usize) -> Result<Matcher, Refused> {
    Matcher::new(&parse(&format!(r"\A(?:{source})\z")).unwrap(), &parse(r"\w").unwrap(), steps)
}

fn algorithm(source: &str) -> &'static str {
    match matcher(source, &mut 0).map(|matcher| matcher.algorithm) {
        Ok(Algorithm::FixedLength(_)) => "fixed length",
        Ok(Algorithm::PairDfa(..)) => "pair dfa",
        Ok(Algorithm::Dfa(..) | Algorithm::ByteDfa(..)) => "dfa",
        Ok(Algorithm::Glushkov(..) | Algorithm::ByteGlushkov(..)) => "glushkov",
        Ok(Algorithm::Branches(_)) => "branches",
        Err(_) => "refused",
    }
}

#[test]
fn patterns_go_the_cheapest_way_there_is() {
    for (source, expected) in [
        ("[A-Z]{2}-[0-9]{4}é", "fixed length"),
        ("(a|b)c", "fixed length"),
        ("", "fixed length"),
        ("a{64}", "fixed length"),
        ("a{65}", "pair dfa"),
        ("ab?", "pair dfa"),
        (r"\bx\b", "fixed length"),
        (r"\bx+\b", "pair dfa"),
        ("[a-é]", "pair dfa"),
        (r"\w{2,30}", "pair dfa"),
        (r"\p{L}+", "pair dfa"),
        (".{0,4000}", "dfa"),
        ("(.*)(.*)(.*)x", "pair dfa"),
        ("[^x]*x[^x]{1000}", "dfa"),
        ("[ab]*a[ab]{10}", "dfa"),
        ("[ab]*a[ab]{20}", "glushkov"),
        ("[ab]*a[ab]{120}", "glushkov"),
        ("[ab]*a[ab]{130}", "refused"),
        ("(.{1,10},){5}.{1,10}", "glushkov"),
        ("((a{0,100}){0,100}){0,10}", "refused"),
    ] {
        assert_eq!(algorithm(source), expected, "{source}");
    }
}

/// Returns an alternation of words that have no common form.
fn words(count: usize, length: usize, characters: &[char]) -> String {
    let word = |nth: usize| -> String {
        (0..length).map(|place| characters[(nth * 7919 + place * place * 31 + nth / 13) % characters.len()]).collect()
    };
    (0..count).map(word).collect::<Vec<_>>().join("|")
}

#[test]
fn alternations_of_some_hundred_words_fit_in_any_script() {
    let latin: Vec<char> = ('a'..='z').collect();
    let han: Vec<char> = ('\u{4e00}'..'\u{5000}').collect();
    for source in [words(1000, 6, &latin), words(400, 2, &han)] {
        assert_eq!(algorithm(&source), "dfa");
    }
}

#[test]
fn every_pattern_is_compiled_or_given_up_within_the_stated_steps_and_bytes() {
    let nested = format!("{}a{}", "(".repeat(40), "{0,9})".repeat(40));
    for source in [
        r"[\s\S]*a[\s\S]{20}",
        r"(\w+\s){1,30}\w+",
        "((a{0,100}){0,100}){0,10}",
        "(a{0,4000}){0,4000}",
        "([a-z]{0,1000}[b-y]{0,1000}){0,30}",
        "(.{0,50}.{0,50}.{0,50}x){0,50}",
        r"(\p{L}|\p{N}|\p{P}|\d|\w){0,1000}",
        &nested,
    ] {
        let mut steps = 0;
        if let Ok(matcher) = matcher(source, &mut steps) {
            assert!(matcher.bytes() <= (1 << 20) + (64 << 10), "{source}: {} bytes", matcher.bytes());
        }
        assert!(steps < 1 << 22, "{source}: {steps} steps");
    }
}

/// Checks that the matcher and `regex`, with the same anchors, agree on every text.
fn agree(source: &str, texts: &[String]) -> Result<(), TestCaseError> {
    let regex = Regex::new(&format!(r"\A(?:{source})\z")).unwrap();
    let Ok(matcher) = matcher(source, &mut 0) else {
        return Ok(());
    };
    for text in texts {
        prop_assert_eq!(matcher.is_match(text.as_bytes()), regex.is_match(text), "{} on {:?}", source, text);
    }
    Ok(())
}

fn pattern() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("a"),
        Just("b"),
        Just("é"),
        Just("."),
        Just("[ab]"),
        Just("[^a]"),
        Just(r"\w"),
        Just(r"\p{L}"),
        Just("[a-é€]"),
        Just("€"),
        Just(r"\b"),
        Just(r"\B"),
        Just("^"),
        Just("$"),
        Just("(?i:ab)"),
        Just(""),
    ]
    .prop_map(|leaf| format!("(?:{leaf})"));
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| format!("(?:{})", parts.join("|"))),
            (inner.clone(), 0..3u32, 0..5u32)
                .prop_map(|(part, least, more)| format!("(?:{part}){{{least},{}}}", least + more)),
            inner.prop_map(|part| format!("(?:{part})*")),
        ]
    })
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[abB_ \n]{0,9}|[abBé€_ \n😀]{0,9}", 1..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_patterns_match_what_the_regex_crate_matches(source in pattern(), texts in texts()) {
        agree(&source, &texts)?;
    }

    #[test]
    fn bytes_match_what_the_regex_crate_matches(texts in prop::collection::vec("[\u{4e00}-\u{4f00}a]{0,3}", 1..20), which in 0..3usize) {
        // More than 256 different characters.
        let all: Vec<String> = ('\u{4e00}'..'\u{4f80}').map(String::from).collect();
        let source = format!("(?:{}){}", all.join("a?|"), ["", "*", "a{1,2}"][which]);
        agree(&source, &texts)?;
    }
}

proptest! {
    // Few cases, because it takes long to find out that a table is too large.
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn sets_of_places_match_what_the_regex_crate_matches(sources in prop::collection::vec(pattern(), 3), texts in texts()) {
        // The first branch makes the table of any pattern too large.
        let source = format!("(?:[ab]*a[ab]{{25}}|{})", sources.join("|"));
        agree(&source, &texts)?;
        if let Ok(matcher) = matcher(&source, &mut 0) {
            prop_assert!(matches!(matcher.algorithm, Algorithm::Glushkov(..) | Algorithm::ByteGlushkov(..)));
        }
    }
}
