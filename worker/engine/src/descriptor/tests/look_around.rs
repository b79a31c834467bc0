//! Look-around in patterns: what it matches, compared with a matcher that tries everything, and where it is refused.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::expressions::{check, compile};

#[test]
fn what_begins_with_look_aheads_has_to_match_all_of_them() {
    check("(?=[a-z]+[0-9])[a-z0-9]{2}", &["a1"], &["ab", "12", "a12"]);
    check(
        r"^(?=.*\d)(?=.*[a-z])(?=.*[A-Z])[!-~]{8,}$",
        &["Passw0rd", "12345aA!"],
        &["password", "Passw0r", "Passw0rd "],
    );
    check("^(?!0$)[0-9]+$", &["00", "1", "01"], &["0", ""]);
    check("^(?!-)[a-z0-9-]{1,63}(?<!-)$", &["a", "a-b"], &["-a", "a-", "-"]);
    check("(?!000|666)[0-9]{3}", &["001", "667"], &["000", "666", "6660"]);
    check("(?=^a).b", &["ab"], &["bb"]);
}

#[test]
fn what_ends_with_look_behinds_has_to_match_all_of_them() {
    check(r"[a-z.]+(?<!\.\.z)(?<=z)", &["az", ".z", "z"], &["a", "..z", "z."]);
    check(r".*\.csv(?<!tmp\.csv)$", &["a.csv", ".csv"], &["tmp.csv", "a.tmp.csv", "a"]);
    check(r".+(?<=a|bb)\z", &["xa", "bb", "a"], &["b", "ab"]);
}

#[test]
fn look_around_may_stand_at_a_fixed_number_of_characters() {
    let social = "^(?!000|666)[0-8][0-9]{2}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}$";
    check(social, &["123-45-6789", "001-01-0001"], &["000-12-3456", "666-12-3456", "123-00-1234", "123-12-0000"]);
    check("[a-z]*(?<![xy])[0-9]{2}", &["a12", "12"], &["x12", "ay00"]);
    check("é(?=€)..", &["é€a"], &["éa€"]);
    check(r"a\$(?!b)..", &["a$cd"], &["a$bc", "acd"]);
}

#[test]
fn look_around_for_text_outside_of_the_cell_sees_its_ends() {
    check(r"(?<!\d)\d{4}(?!\d)", &["2024"], &["20245"]);
    check(r"(?<![a-z])[0-9]+(?!x)", &["1", "12"], &["x1", "1x"]);
    check(r".*(?!\s)", &["a", "", " "], &[]);
}

#[test]
fn groups_and_branches_may_have_look_around() {
    check("^((?!a)[a-z]|[0-9])x$", &["bx", "0x"], &["ax", "b0"]);
    check("(?=a)..|(?!a).", &["ab", "b"], &["a", "bb"]);
    check("(?P<name>(?!0)[0-9]{2})-(?:(?!b)[ab]|c)", &["10-a", "20-c"], &["00-a", "10-b"]);
    check(
        &format!("(?!w3$)(?:{})", (0..500).map(|nth| format!("w{nth}")).collect::<Vec<_>>().join("|")),
        &["w4"],
        &["w3"],
    );
    check(
        &format!("(?!b)a|{}", (0..500).map(|nth| format!("w{nth}")).collect::<Vec<_>>().join("|")),
        &["w4", "a"],
        &["b"],
    );
}

#[test]
fn a_repeated_character_may_have_look_aheads_that_exclude() {
    check("^(?:(?!foo).)*$", &["", "fo", "bar"], &["foo", "a foo b", "a\nb"]);
    check("^a((?!--)[a-z-])+z$", &["a-bz", "abz"], &["a--z", "az", "ab--z"]);
    check("(?:(?!a$)[ab]){2}", &["ab", "bb"], &["ba", "aa"]);
}

#[test]
fn the_pattern_of_paths_in_the_standard_is_read() {
    // The `$` of the pattern stands before a `.*`, which has nothing left to match.
    check(r"^(?=^[^./~])(^((?!\.{2}).)*$).*$", &["a.csv", "data/a.b.csv"], &["", "/a", "./a", "~a", "a/../b", "a.."]);
}

#[test]
fn letter_case_and_word_boundaries_hold_in_look_around() {
    check("(?i)^(?!admin$)[a-z]+", &["root", "ADMINS"], &["Admin", "ADMIN"]);
    check("(?!(?i:x))[a-zA-Z]+", &["ax"], &["x", "X"]);
    check("(?:(?i)(?!a)[a-c]).", &["Bx"], &["A", "ax", "Ax"]);
    check(r"(?!the\b).*", &["they", "a"], &["the", "the end"]);
    check(r".*(?<=\bend)", &["the end", "end"], &["bend"]);
}

#[test]
fn the_dot_stops_at_the_end_of_a_line_in_look_around_too() {
    check(r"(?=.*x)[\s\S]*", &["ax"], &["a\nx"]);
    check(r"(?![\s\S]*x)[\s\S]*", &["a\n"], &["a\nx"]);
}

#[test]
fn marks_of_look_around_that_are_characters_are_none() {
    check(r"\(?=a", &["(=a", "=a"], &["a"]);
    check(r"[(?=]+", &["(?="], &["a"]);
    check(r"(?!b)[(?!)]\)?", &["(", "!)"], &["b"]);
}

#[test]
fn look_around_elsewhere_is_refused_with_what_to_do() {
    for (source, reason) in [
        ("a*(?=b)[bc]*", "a look-around has no fixed number of characters on either side of it"),
        ("a*(?<=a+)[bc]*", "a look-around has no fixed number of characters on either side of it"),
        ("((?=a).b)*", "a group with a look-around is repeated"),
        ("((?!a)b|c)*", "a group with a look-around is repeated"),
        ("((?!a)..)*", "a group with a look-around is repeated and is not one character"),
        ("a*((?!b).)*", "a group with a look-around is repeated beside a text of no fixed length"),
        ("((?!b).)*cc", "a group with a look-around is repeated beside a text of no fixed length"),
        ("(?=a)*b", "a look-around is repeated"),
        ("(?=a(?!b))ab", "a look-around is inside another one"),
        ("a(?=b)", "a look-around asks for more characters than there are, as the whole cell has to match"),
        ("(?<=a)b", "a look-around asks for more characters than there are, as the whole cell has to match"),
        ("(?=a", "unclosed group"),
        (r"(?=(a)\1)ab", "back-references cannot be expressed"),
        ("(?![z-a])a", "the range z-a is empty"),
    ] {
        assert_eq!(compile(source).map(|_| ()), Err(reason.to_owned()), "{source}");
    }
}

#[test]
fn automata_of_look_around_are_counted() {
    const MANY: &str = "with its groups written out it has more than 32 branches and look-arounds";
    check(&format!("{}b", "(?!a)".repeat(31)), &["b"], &["a"]);
    assert_eq!(compile(&format!("{}b", "(?!a)".repeat(32))).unwrap_err(), MANY);
    assert_eq!(compile(&"(?:(?!a)b|c)".repeat(6)).unwrap_err(), MANY);
    assert_eq!(compile(&"(?:(?!a)b|c)".repeat(5_000)).unwrap_err(), MANY);
    let deep = format!("{}(?!a)b{}", "(".repeat(20_000), ")".repeat(20_000));
    assert_eq!(compile(&deep).unwrap_err(), "groups are nested deeper than 100 levels");
}

/// A pattern as a tree, for the matcher that tries everything.
#[derive(Clone, Debug)]
enum Tree {
    Character(char),
    Dot,
    OneOf(Vec<char>),
    NoneOf(Vec<char>),
    Boundary,
    Start,
    End,
    Row(Vec<Tree>),
    Branches(Vec<Tree>),
    Repeated(Box<Tree>, u32, Option<u32>),
    Look { is_behind: bool, is_negative: bool, tree: Box<Tree> },
}

impl Tree {
    fn source(&self) -> String {
        let all = |trees: &[Self], between: &str| trees.iter().map(Self::source).collect::<Vec<_>>().join(between);
        match self {
            Self::Character(character) => character.to_string(),
            Self::Dot => ".".to_owned(),
            Self::OneOf(characters) => format!("[{}]", characters.iter().collect::<String>()),
            Self::NoneOf(characters) => format!("[^{}]", characters.iter().collect::<String>()),
            Self::Boundary => r"\b".to_owned(),
            Self::Start => r"\A".to_owned(),
            Self::End => r"\z".to_owned(),
            Self::Row(trees) => all(trees, ""),
            Self::Branches(trees) => format!("(?:{})", all(trees, "|")),
            Self::Repeated(tree, 0, None) => format!("(?:{})*", tree.source()),
            Self::Repeated(tree, least, most) => {
                format!("({}){{{least},{}}}", tree.source(), most.map(|most| most.to_string()).unwrap_or_default())
            }
            Self::Look { is_behind, is_negative, tree } => {
                let behind = if *is_behind { "<" } else { "" };
                format!("(?{behind}{}{})", if *is_negative { "!" } else { "=" }, tree.source())
            }
        }
    }

    /// Where a match that begins at `from` may end.
    fn ends(&self, text: &[char], from: usize) -> BTreeSet<usize> {
        let one = |takes: &dyn Fn(char) -> bool| text.get(from).filter(|it| takes(**it)).map(|_| from + 1);
        let here = |holds: bool| holds.then_some(from).into_iter().collect();
        let is_word =
            |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(|it| it.is_alphanumeric() || *it == '_');
        match self {
            Self::Character(character) => one(&|it| it == *character).into_iter().collect(),
            Self::Dot => one(&|it| it != '\n' && it != '\r').into_iter().collect(),
            Self::OneOf(characters) => one(&|it| characters.contains(&it)).into_iter().collect(),
            Self::NoneOf(characters) => one(&|it| !characters.contains(&it)).into_iter().collect(),
            Self::Boundary => here(is_word(from.checked_sub(1)) != is_word(Some(from))),
            Self::Start => here(from == 0),
            Self::End => here(from == text.len()),
            Self::Row(trees) => trees.iter().fold(BTreeSet::from([from]), |ends, tree| {
                ends.into_iter().flat_map(|end| tree.ends(text, end)).collect()
            }),
            Self::Branches(trees) => trees.iter().flat_map(|tree| tree.ends(text, from)).collect(),
            Self::Repeated(tree, least, most) => {
                let (mut found, mut ends) = (BTreeSet::new(), BTreeSet::from([from]));
                // No match takes more rounds than the text has characters.
                for round in 0..=most.unwrap_or(*least + text.len() as u32) {
                    if round >= *least {
                        found.extend(&ends);
                    }
                    ends = ends.into_iter().flat_map(|end| tree.ends(text, end)).collect();
                }
                found
            }
            Self::Look { is_behind: false, is_negative, tree } => {
                here(tree.ends(text, from).is_empty() == *is_negative)
            }
            Self::Look { is_behind: true, is_negative, tree } => {
                let matches = (0..=from).any(|start| tree.ends(text, start).contains(&from));
                here(matches != *is_negative)
            }
        }
    }

    fn is_match(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        self.ends(&text, 0).contains(&text.len())
    }
}

fn leaf() -> impl Strategy<Value = Tree> {
    prop_oneof![
        prop::sample::select(vec!['a', 'b', 'é', '_']).prop_map(Tree::Character),
        Just(Tree::Dot),
        Just(Tree::OneOf(vec!['a', 'b'])),
        Just(Tree::NoneOf(vec!['a'])),
        Just(Tree::NoneOf(vec!['é', '\n'])),
        Just(Tree::Boundary),
        Just(Tree::Start),
        Just(Tree::End),
    ]
}

/// Generates trees with these leaves.
fn tree(leaf: impl Strategy<Value = Tree> + 'static) -> impl Strategy<Value = Tree> {
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 1..4).prop_map(Tree::Row),
            1 => prop::collection::vec(inner.clone(), 1..3).prop_map(Tree::Branches),
            1 => (inner, 0..2u32, prop::option::of(1..3u32))
                .prop_map(|(tree, least, more)| Tree::Repeated(Box::new(tree), least, more.map(|more| least + more))),
        ]
    })
}

fn look(is_behind: impl Strategy<Value = bool>) -> impl Strategy<Value = Tree> {
    (tree(leaf()), is_behind, any::<bool>(), 0..4u32).prop_map(|(tree, is_behind, is_negative, anchor)| {
        let tree = match (anchor, is_behind) {
            (0, false) => Tree::Row(vec![Tree::Branches(vec![tree]), Tree::End]),
            (0, true) => Tree::Row(vec![Tree::Start, Tree::Branches(vec![tree])]),
            _ => Tree::Branches(vec![tree]),
        };
        Tree::Look { is_behind, is_negative, tree: Box::new(tree) }
    })
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[abé_ \n]{0,6}", 1..30)
}

fn agrees(tree: &Tree, texts: &[String]) -> Result<(), TestCaseError> {
    let source = tree.source();
    if let Ok(pattern) = compile(&source) {
        for text in texts {
            prop_assert_eq!(pattern.is_match(text.as_bytes()), tree.is_match(text), "{} on {:?}", source, text);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn look_around_at_the_ends_is_taken_and_matches_what_the_oracle_matches(
        before in prop::collection::vec(look(Just(false)), 0..3),
        inner in tree(leaf()),
        behind in prop::collection::vec(look(Just(true)), 0..3),
        texts in texts(),
    ) {
        let all = [before, vec![Tree::Branches(vec![inner])], behind].concat();
        let tree = Tree::Row(all);
        let source = tree.source();
        // A look-around may ask for characters that the cell cannot have. The pattern is refused then, and the oracle matches nothing either.
        match compile(&source) {
            Ok(_) => agrees(&tree, &texts)?,
            Err(reason) => {
                prop_assert!(reason.starts_with("a look-around asks for more"), "{}: {}", source, reason);
                prop_assert!(texts.iter().all(|text| !tree.is_match(text)), "{}", source);
            }
        }
    }

    #[test]
    fn look_around_anywhere_is_refused_or_matches_what_the_oracle_matches(
        tree in tree(prop_oneof![4 => leaf(), 1 => look(any::<bool>())]), texts in texts()
    ) {
        agrees(&tree, &texts)?;
    }

    #[test]
    fn a_repeated_character_matches_what_the_oracle_matches(
        ends in prop::collection::vec(leaf(), 0..4),
        at in 0..4usize,
        forbidden in tree(leaf()),
        character in leaf().prop_filter("is a character", |leaf| !matches!(leaf, Tree::Boundary | Tree::Start | Tree::End)),
        least in 0..3u32,
        texts in texts(),
    ) {
        let look = Tree::Look { is_behind: false, is_negative: true, tree: Box::new(Tree::Branches(vec![forbidden])) };
        let run = Tree::Repeated(Box::new(Tree::Row(vec![look, character])), least, None);
        let (before, behind) = ends.split_at(at.min(ends.len()));
        agrees(&Tree::Row([before, &[run], behind].concat()), &texts)?;
    }
}
