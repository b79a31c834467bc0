//! XML Schema patterns: what they match, and what cannot be expressed.

use proptest::prelude::*;

use crate::descriptor::Pattern;
use crate::descriptor::expression::Patterns;

pub(super) fn compile(source: &str) -> Result<Pattern, String> {
    Patterns::default().compile(source).map_err(|mistaken| mistaken.reason)
}

pub(super) fn check(source: &str, good: &[&str], bad: &[&str]) {
    let regex = compile(source).unwrap();
    for text in good {
        assert!(regex.is_match(text.as_bytes()), "{source} has to match {text:?}");
    }
    for text in bad {
        assert!(!regex.is_match(text.as_bytes()), "{source} must not match {text:?}");
    }
}

#[test]
fn a_pattern_matches_the_whole_text_and_nothing_less() {
    check("a|b", &["a", "b"], &["ab", "xa", "bx", "a\n", ""]);
    check("", &[""], &["a"]);
}

#[test]
fn anchors_at_the_ends_of_branches_change_nothing() {
    check("^[A-Z]{2}$", &["AB"], &["ABC", "^AB$"]);
    check("^(^a$|^b$)$", &["a", "b"], &["ab"]);
    check(r"\Aa\z|\Ab\Z", &["a", "b"], &["ab"]);
}

#[test]
fn anchors_elsewhere_are_characters_as_the_standard_says() {
    check("$[0-9]+", &["$10"], &["10"]);
    check("a^2", &["a^2"], &["a2"]);
    check("[$^]", &["$", "^"], &["a"]);
}

#[test]
fn digits_and_words_are_those_of_unicode() {
    check(r"\d+", &["12", "٣"], &["a", "½", ""]);
    check(r"\D", &["a"], &["1", "٣"]);
    check(r"\w+", &["aé1+€"], &["a_b", "a b", "a-b"]);
    check(r"\W", &["_", " ", "-"], &["a"]);
    check(r"[\w_-]+", &["a_b-c"], &["a b"]);
}

#[test]
fn spaces_are_the_four_of_xml() {
    check(r"\s+", &[" \t\r\n"], &["\u{a0}", "\u{b}"]);
    check(r"\S", &["\u{a0}"], &[" "]);
}

#[test]
fn names_are_those_of_xml() {
    check(r"\i\c*", &["a", "_x-1.b", "été", ":a"], &["1a", "-a", "a b", ""]);
    check(r"\I\C", &["1 "], &["aa", "1a"]);
    check(r"[\i-[:]][\c-[:]]*", &["a-1"], &["a:b"]);
}

#[test]
fn the_dot_is_neither_line_feed_nor_carriage_return() {
    check("a.b", &["a b", "aéb"], &["a\nb", "a\rb"]);
}

#[test]
fn classes_can_be_subtracted() {
    check("[a-z-[aeiou]]+", &["bcd"], &["bad"]);
    check("[^a-z-[0-9]]", &["A", "é"], &["a", "5"]);
    check("[a-z-[b-y-[m]]]+", &["amz"], &["b"]);
    check(r"[\p{L}-[\p{Lu}]]+", &["aé"], &["A"]);
}

#[test]
fn hyphens_brackets_and_doubled_signs_in_a_class_are_characters() {
    check("[a-]+", &["a-"], &["b"]);
    check("[-a]+", &["a-"], &["b"]);
    check("[+--]+", &["+,-"], &["."]);
    check("[a&&b]+", &["a&b"], &["c"]);
    check("[a~~b]+", &["a~b"], &["c"]);
    check(r"[\[\]\\\-^]+", &[r"[]\-^"], &["a"]);
    check(r"[\d-x]+", &["1-x"], &["y"]);
}

#[test]
fn signs_that_mean_something_to_the_regex_crate_alone_are_characters() {
    check(r"\<a\>", &["<a>"], &["a"]);
    check("a#b &~", &["a#b &~"], &[]);
    check(r"\/\@\!", &["/@!"], &[]);
    check(r"\{\}\(\)\|\?\*\+\.", &["{}()|?*+."], &[]);
}

#[test]
fn characters_can_be_written_as_codes() {
    check(r"\x41\u00e9\x{1F600}[\x30-\x39]", &["Aé😀5"], &["A"]);
    check(r"\n\r\t", &["\n\r\t"], &[]);
}

#[test]
fn groups_of_perl_and_lazy_quantifiers_are_read() {
    check("(?:ab)+?", &["ab", "abab"], &["aba"]);
    check("(?i)ab", &["aB"], &["ac"]);
    check("(?i:a)b", &["Ab"], &["AB"]);
    check("(?P<x>a)(?<y>b)", &["ab"], &[]);
    check(r"x\b.*", &["x y", "x"], &["xy"]);
    check(r"x\B.*", &["xy"], &["x y", "x"]);
}

#[test]
fn repetitions_are_counted() {
    check("a{2}b{1,}c{0,2}", &["aab", "aabbcc"], &["ab", "aabccc"]);
}

#[test]
fn lengths_people_write_fit() {
    for source in [r"\w{1,100}", r"\p{L}{1,255}", r"[\w .-]{1,100}", ".{0,4000}", r"\c{1,255}", "[A-Z]{1,1000}"] {
        assert!(compile(source).is_ok(), "{source}");
    }
}

#[test]
fn the_same_pattern_is_compiled_once() {
    let mut patterns = Patterns::default();
    let first = patterns.compile(r"\w{1,30}").unwrap();
    for _ in 0..100_000 {
        assert!(std::sync::Arc::ptr_eq(&patterns.compile(r"\w{1,30}").unwrap().matcher, &first.matcher));
    }
}

#[test]
fn patterns_share_a_budget_of_steps_and_bytes() {
    const TOGETHER: &str = "the patterns of the schema are too large together";
    let refused = |pattern: &dyn Fn(usize) -> String| {
        let mut patterns = Patterns::default();
        let (mut bytes, mut count) = (0, 0);
        loop {
            match patterns.compile(&pattern(count)) {
                Ok(pattern) => bytes += pattern.matcher.bytes(),
                Err(mistaken) if mistaken.reason == TOGETHER => return (count, bytes),
                Err(mistaken) => assert_eq!(mistaken.reason, "it needs more than 262144 entries of states"),
            }
            count += 1;
        }
    };
    // More than a hundred patterns of the kind that people write fit into the budget.
    let (count, bytes) = refused(&|nth| format!("[A-Z]{{2}}-?[0-9]{{1,{}}}", nth + 1));
    assert!(count > 100 && bytes <= 16 << 20, "{count} {bytes}");
    let (count, _) = refused(&|nth| format!(r"\w{{2,{}}}", nth + 2));
    assert!((100..10_000).contains(&count), "{count}");
    let (count, _) = refused(&|nth| format!("((a{{0,100}}){{0,100}}){{0,{}}}", nth + 10));
    assert!(count < 100, "{count}");
    let (count, _) = refused(&|nth| format!("(?i){}{nth}", r"\w".repeat(20)));
    assert!(count < 100, "{count}");
}

#[test]
fn a_pattern_of_many_anchors_is_read_in_one_pass() {
    check(&"$".repeat(60_000), &[""], &["$"]);
    check(&format!("{}a", "$".repeat(300)), &[&format!("{}a", "$".repeat(300))], &["a"]);
    assert_eq!(compile(&"a".repeat(70_000)).unwrap_err(), "it has 70000 bytes, more than 65536");
}

#[test]
fn blocks_of_unicode_are_their_characters() {
    check(r"\p{IsBasicLatin}+", &["abc", "~", "\0"], &["é", "ab\u{80}"]);
    check(r"\P{IsBasicLatin}", &["é", "\u{80}"], &["a"]);
    check(r"[\p{IsLatin-1Supplement}\p{IsLatinExtended-A}x-z]+", &["éőx"], &["a", "\u{180}"]);
    check(r"[\p{IsGreek}-[α]]", &["β", "Ͱ"], &["α", "a"]);
    check(r"(?i)\p{IsGreekandCoptic}\p{InCyrillic}", &["βЖ"], &["aЖ"]);
    check(r"\p{Greek}|[\u0400-\u04FF]", &["β", "Ж"], &["a"]);
}

#[test]
fn what_cannot_be_expressed_is_told() {
    for (source, reason) in [
        (r"(a)\1", "back-references cannot be expressed"),
        (r"(?P<n>a)\k<n>", "back-references cannot be expressed"),
        ("(?P<n>a)(?P=n)", "back-references cannot be expressed"),
        ("(?>a)", "atomic groups cannot be expressed"),
        ("a++", "possessive quantifiers cannot be expressed"),
        ("(?x)a", "(?x cannot be expressed"),
        (
            r"\p{IsElbonian}",
            r"the Unicode block IsElbonian is not known; a script (\p{Greek}) and a range ([\u0370-\u03FF]) are",
        ),
        (r"\p{InElbonian}", "Unicode property not found"),
        (r"\p", r"\p needs the name of a Unicode category in braces"),
        (r"\p{}", r"\p needs the name of a Unicode category in braces"),
        (r"\p{Nonsense}", "Unicode property not found"),
        (r"\q", r"the escape \q is not supported"),
        (r"a\", r"a \ at the end has no meaning"),
        (r"\xZZ", "a code of a character is damaged"),
        (r"\ud800", "a code of a character is damaged"),
        ("[[:alpha:]]", r"a [ inside a class has to be written \["),
        ("[a&&[b]]", r"a [ inside a class has to be written \["),
        ("[]a]", r"a class is empty; a ] in it has to be written \]"),
        ("[^]", r"a class is empty; a ] in it has to be written \]"),
        ("[z-a]", "the range z-a is empty"),
        (r"[a-\d]", "a range ends with a class"),
        ("[a-z-[b]c]", "a subtracted class has to be the last thing in its class"),
        ("[", "a [ is not closed"),
        ("[a", "a [ is not closed"),
        ("[a-", "a [ is not closed"),
        ("(", "unclosed group"),
        (")", "unopened group"),
        ("*", "repetition operator missing expression"),
        ("a{2,1}", "invalid repetition count range, the start must be <= the end"),
        ("(((a{500}){500}){500})", "it needs more than 262144 entries of states"),
        ("(?P<n", "a group name is not closed"),
    ] {
        assert_eq!(compile(source).map(|_| ()), Err(reason.to_owned()), "{source}");
    }
}

#[test]
fn deep_nesting_is_refused_before_it_can_hurt() {
    let groups = format!("{}{}", "(".repeat(20_000), ")".repeat(20_000));
    assert_eq!(compile(&groups).unwrap_err(), "groups are nested deeper than 100 levels");
    let classes = format!("[{}", "a-[".repeat(20_000));
    assert_eq!(compile(&classes).unwrap_err(), "classes are nested deeper than 100 levels");
    check(&format!("{}a{}", "(".repeat(100), ")".repeat(100)), &["a"], &["b"]);
    check(&"(?i)a".repeat(200), &[&"A".repeat(200)], &[]);
}

proptest! {
    #[test]
    fn a_text_with_every_sign_escaped_matches_itself_alone(text in "\\PC{0,12}", other in "\\PC{0,12}") {
        let escaped: String =
            text.chars().flat_map(|c| c.is_ascii_punctuation().then_some('\\').into_iter().chain([c])).collect();
        let regex = compile(&escaped).unwrap();
        prop_assert!(regex.is_match(text.as_bytes()));
        prop_assert_eq!(regex.is_match(other.as_bytes()), text == other);
    }

    #[test]
    fn no_pattern_panics(
        source in "([\\[\\](){}|^$*+?.,:<>=!PiIcCdDwWsSbpxuzZ\\\\&~#-]|[a-c0-3é]){0,16}", text in "\\PC{0,12}"
    ) {
        if let Ok(pattern) = compile(&source) {
            pattern.is_match(text.as_bytes());
        }
    }
}
