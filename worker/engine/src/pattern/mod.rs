//! Patterns, matched against whole cells in a time that is linear in the cell, whatever the pattern is.
//!
//! A pattern is compiled once, when its descriptor is read, within a budget of steps and bytes; a pattern that needs more is refused there. The
//! characters of the text become symbols: characters that the pattern does not tell apart have the same symbol. The automaton over these
//! symbols becomes the table of a DFA, so a character costs two look-ups, one of its symbol and one of the next state; a small table is read two
//! characters at a time (`pair_dfa`). Where the table would be too large, the states are computed while matching (`glushkov`), as sets of at most
//! 128 positions.
//! A pattern with look-around is several such automata, each of which the whole cell has to match, or must not match.

mod alphabet;
mod automaton;
mod branches;
mod fixed_length;
mod glushkov;
mod pair_dfa;
mod refused;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use regex_automata::nfa::thompson::{Compiler, Config, NFA, WhichCaptures};
use regex_syntax::hir::Hir;

pub(crate) use crate::pattern::refused::Refused;

use crate::pattern::alphabet::Alphabet;
use crate::pattern::automaton::{Dfa, SymbolNfa};
pub(crate) use crate::pattern::branches::{Branch, LookAround};
use crate::pattern::fixed_length::FixedLength;
use crate::pattern::glushkov::Glushkov;
use crate::pattern::pair_dfa::PairDfa;

/// Most bytes of the automaton from which a table is built.
const AUTOMATON_BYTES: usize = 4 << 20;

/// Steps that are charged for an automaton that was given up.
const GIVEN_UP: usize = 1 << 19;

/// A compiled pattern; clones share it.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// The pattern as it stands in the descriptor.
    pub source: String,
    pub(crate) matcher: Arc<Matcher>,
}

impl Pattern {
    pub(crate) fn new(source: &str, matcher: Matcher) -> Self {
        Self { source: source.to_owned(), matcher: Arc::new(matcher) }
    }

    /// Returns true if the whole text, which has to be UTF-8, matches. The time is linear in the text, whatever the pattern is.
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.matcher.is_match(text)
    }
}

/// The compiled form of a pattern.
#[derive(Debug)]
pub(crate) struct Matcher {
    algorithm: Algorithm,
}

/// How texts are matched, and what their symbols are: characters in classes, or (`ByteDfa`, `ByteGlushkov`) bytes in classes.
#[derive(Debug)]
enum Algorithm {
    FixedLength(FixedLength),
    Dfa(Alphabet, Dfa),
    /// The same, with pairs for texts in ASCII.
    PairDfa(PairDfa, Alphabet, Dfa),
    ByteDfa(ByteClasses, Dfa),
    Glushkov(Alphabet, Box<Glushkov>),
    ByteGlushkov(ByteClasses, Box<Glushkov>),
    Branches(Box<[Branch]>),
}

/// The class of each byte.
type ByteClasses = Box<[u8; 256]>;

impl Matcher {
    /// Compiles a pattern; `words` are the word characters. Adds the steps that it takes to `steps`, which are fewer than 2²² for one pattern.
    ///
    /// # Errors
    /// When no algorithm fits in the budget.
    pub(crate) fn new(pattern: &Hir, words: &Hir, steps: &mut usize) -> Result<Self, Refused> {
        let words = alphabet::has_words(pattern).then_some(words);
        let alphabet = Alphabet::of(pattern, words);
        let automaton = match &alphabet {
            Some(alphabet) => SymbolNfa {
                nfa: compile(&alphabet.translate(pattern), steps)?,
                reads_bytes: false,
                symbols: alphabet.size(),
                words: words.map(|words| alphabet.words(words)).unwrap_or_default(),
            },
            None if words.is_some() => return Err(Refused::TooManyCharacters),
            None => {
                let nfa = compile(pattern, steps)?;
                let symbols = nfa.byte_classes().alphabet_len() - 1;
                SymbolNfa { nfa, reads_bytes: true, symbols, words: Vec::new() }
            }
        };
        let classes = || -> ByteClasses {
            let classes = automaton.nfa.byte_classes();
            Box::new(std::array::from_fn(|byte| classes.get(byte as u8)))
        };
        let algorithm = match (Dfa::new(&automaton, steps), alphabet) {
            (Ok(table), Some(alphabet)) => {
                if let Some(line) = FixedLength::of(&table, &alphabet) {
                    Algorithm::FixedLength(line)
                } else if let Some(pairs) = PairDfa::of(&table, &alphabet) {
                    Algorithm::PairDfa(pairs, alphabet, table)
                } else {
                    Algorithm::Dfa(alphabet, table)
                }
            }
            (Ok(table), None) => Algorithm::ByteDfa(classes(), table),
            (Err(_), Some(alphabet)) => Algorithm::Glushkov(alphabet, Box::new(Glushkov::new(&automaton, steps)?)),
            (Err(_), None) => Algorithm::ByteGlushkov(classes(), Box::new(Glushkov::new(&automaton, steps)?)),
        };
        Ok(Self { algorithm })
    }

    /// Makes a matcher of the texts that at least one of these branches matches.
    pub(crate) fn of_branches(branches: Vec<Branch>) -> Self {
        Self { algorithm: Algorithm::Branches(branches.into()) }
    }

    /// Returns true if the whole `text`, which is UTF-8, matches.
    #[inline]
    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        match &self.algorithm {
            Algorithm::FixedLength(line) => line.is_match(text),
            Algorithm::PairDfa(pairs, alphabet, table) => {
                pairs.is_match(text).unwrap_or_else(|| matches_characters(alphabet, table, text))
            }
            Algorithm::Dfa(alphabet, table) => matches_characters(alphabet, table, text),
            Algorithm::ByteDfa(classes, table) => {
                let mut entry = table.start();
                for &byte in text {
                    entry = table.next(entry, classes[usize::from(byte)]);
                    if Dfa::is_dead(entry) {
                        return false;
                    }
                }
                Dfa::is_end(entry)
            }
            Algorithm::Glushkov(alphabet, sets) => {
                let mut rest = text;
                sets.is_match(std::iter::from_fn(|| {
                    let (symbol, behind) = alphabet.next(rest)?;
                    rest = behind;
                    Some(symbol)
                }))
            }
            Algorithm::ByteGlushkov(classes, sets) => {
                sets.is_match(text.iter().map(|&byte| classes[usize::from(byte)]))
            }
            Algorithm::Branches(branches) => branches::is_match(branches, text),
        }
    }

    /// Returns the bytes of memory that the matcher takes.
    pub(crate) fn bytes(&self) -> usize {
        let parts = match &self.algorithm {
            Algorithm::FixedLength(line) => size_of_val(line) + 256 * size_of::<u64>(),
            Algorithm::PairDfa(pairs, alphabet, table) => pairs.bytes() + alphabet.bytes() + table.bytes(),
            Algorithm::Dfa(alphabet, table) => alphabet.bytes() + table.bytes(),
            Algorithm::ByteDfa(classes, table) => size_of_val(&**classes) + table.bytes(),
            Algorithm::Glushkov(alphabet, sets) => alphabet.bytes() + sets.bytes(),
            Algorithm::ByteGlushkov(classes, sets) => size_of_val(&**classes) + sets.bytes(),
            Algorithm::Branches(branches) => branches.iter().map(Branch::bytes).sum(),
        };
        parts + size_of::<Self>()
    }
}

/// Returns true if a table, read character by character, matches the whole text.
#[inline]
fn matches_characters(alphabet: &Alphabet, table: &Dfa, text: &[u8]) -> bool {
    let mut rest = text;
    let mut entry = table.start();
    while let Some((symbol, behind)) = alphabet.next(rest) {
        entry = table.next(entry, symbol);
        if Dfa::is_dead(entry) {
            return false;
        }
        rest = behind;
    }
    Dfa::is_end(entry)
}

fn compile(pattern: &Hir, steps: &mut usize) -> Result<NFA, Refused> {
    let config = Config::new().utf8(false).which_captures(WhichCaptures::None).nfa_size_limit(Some(AUTOMATON_BYTES));
    // A pattern that was parsed can fail here only because of its size.
    let nfa = Compiler::new().configure(config).build_from_hir(pattern);
    *steps += nfa.as_ref().map_or(GIVEN_UP, |nfa| nfa.states().len());
    nfa.map_err(|_| Refused::TooManyStates)
}
