//! The automaton of Glushkov, whose states are computed while matching. A state is a set of positions in the pattern, as bits.

use std::collections::HashMap;
use std::ops::Range;

use regex_automata::util::primitives::StateID;

use crate::pattern::automaton::{Closure, SymbolNfa};
use crate::pattern::refused::Refused;

/// Most positions of a pattern.
const POSITIONS: usize = 128;

/// Positions that are looked up together.
const GROUP: usize = 4;

const WORDS: usize = POSITIONS / u64::BITS as usize;

/// A set of positions.
type Set = [u64; WORDS];

/// Computes the next state in two steps: tables return all positions to which a set may lead, one table for every four positions; those of them
/// that take the next symbol are the next set (Navarro and Raffinot, Flexible Pattern Matching in Strings, 5.3). So a character costs 32
/// look-ups in 8 KiB, whatever the pattern is.
#[derive(Debug)]
pub(super) struct Glushkov {
    first: Set,
    /// For each group of positions, and each of its 16 subsets, the positions that may follow.
    follows: Box<[[Set; 1 << GROUP]; POSITIONS / GROUP]>,
    /// For each symbol, the positions that take it.
    takes: Box<[Set]>,
    /// Positions at which the pattern may end.
    ends: Set,
    empty: bool,
}

fn add(set: &mut Set, position: usize) {
    set[position / 64] |= 1 << (position % 64);
}

impl Glushkov {
    /// Builds the tables of an automaton, and adds the steps that it takes to `steps`.
    ///
    /// # Errors
    /// When the pattern has too many positions, or word boundaries.
    pub(super) fn new(automaton: &SymbolNfa, steps: &mut usize) -> Result<Self, Refused> {
        if !automaton.words.is_empty() {
            return Err(Refused::TooManyStates);
        }
        let (mut known, mut positions) = (HashMap::new(), Vec::new());
        let Closure { states, ends: empty } = automaton.first(steps);
        let mut first = Set::default();
        for state in states {
            position_all(automaton, state, &mut known, &mut positions)?.for_each(|position| add(&mut first, position));
        }
        let mut sets = Self {
            first,
            follows: vec![[Set::default(); 1 << GROUP]; POSITIONS / GROUP]
                .try_into()
                .map_err(|_| Refused::TooManyStates)?,
            takes: vec![Set::default(); automaton.symbols].into(),
            ends: Set::default(),
            empty,
        };
        let mut position = 0;
        // The loop itself adds positions.
        while let Some(Position { symbols, next }) = positions.get(position) {
            symbols.iter().for_each(|&symbol| add(&mut sets.takes[usize::from(symbol)], position));
            let Closure { states, ends } = automaton.behind(*next, steps);
            if ends {
                add(&mut sets.ends, position);
            }
            let mut follow = Set::default();
            for state in states {
                position_all(automaton, state, &mut known, &mut positions)?
                    .for_each(|position| add(&mut follow, position));
            }
            let (group, bit) = (position / GROUP, position % GROUP);
            for (_, set) in sets.follows[group].iter_mut().enumerate().filter(|(members, _)| members >> bit & 1 != 0) {
                set.iter_mut().zip(follow).for_each(|(set, follow)| *set |= follow);
            }
            position += 1;
        }
        Ok(sets)
    }

    /// Returns the bytes of memory that the tables take.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.follows) + size_of_val(&*self.takes)
    }

    /// Returns true if the whole sequence of symbols matches.
    pub(super) fn is_match(&self, mut symbols: impl Iterator<Item = u8>) -> bool {
        let Some(symbol) = symbols.next() else {
            return self.empty;
        };
        let mut set = self.and_takes(self.first, symbol);
        for symbol in symbols {
            if set == Set::default() {
                return false;
            }
            set = self.and_takes(self.following(set), symbol);
        }
        set.iter().zip(self.ends).any(|(set, ends)| set & ends != 0)
    }

    fn and_takes(&self, set: Set, symbol: u8) -> Set {
        let takes = self.takes[usize::from(symbol)];
        std::array::from_fn(|word| set[word] & takes[word])
    }

    #[inline]
    fn following(&self, set: Set) -> Set {
        let mut all = Set::default();
        for (word, groups) in set.into_iter().zip(self.follows.chunks_exact(64 / GROUP)) {
            for (nth, sets) in groups.iter().enumerate() {
                let members = (word >> (nth * GROUP)) as usize & ((1 << GROUP) - 1);
                all.iter_mut().zip(sets[members]).for_each(|(all, follow)| *all |= follow);
            }
        }
        all
    }
}

/// A position in the pattern: the symbols that it takes, and the state that they lead to.
struct Position {
    symbols: Vec<u8>,
    next: StateID,
}

/// Returns the positions of a state, which are one for each state that it leads to. They are added to `positions` when the state is new.
fn position_all(
    automaton: &SymbolNfa,
    state: StateID,
    known: &mut HashMap<StateID, Range<usize>>,
    positions: &mut Vec<Position>,
) -> Result<Range<usize>, Refused> {
    if let Some(known) = known.get(&state) {
        return Ok(known.clone());
    }
    let first = positions.len();
    automaton.edges(state, |edge| {
        let symbols = edge.first..=edge.last;
        match positions[first..].iter_mut().find(|position| position.next == edge.next) {
            Some(position) => position.symbols.extend(symbols),
            None => positions.push(Position { symbols: symbols.collect(), next: edge.next }),
        }
    });
    if positions.len() > POSITIONS {
        return Err(Refused::TooManyStates);
    }
    known.insert(state, first..positions.len());
    Ok(first..positions.len())
}
