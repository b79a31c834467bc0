//! Patterns of a fixed length: a sequence of classes, one for each byte.

use crate::pattern::alphabet::{Alphabet, CharacterRange};
use crate::pattern::automaton::Dfa;

/// Most positions of a [`FixedLength`].
const POSITIONS: usize = 64;

/// A pattern whose automaton is a line: a fixed number of bytes, each of a class of its own, as in `[A-Z]{2}-[0-9]{4}`. The positions do not
/// depend on each other, so the processor tests several of them at once.
#[derive(Debug)]
pub(super) struct FixedLength {
    /// For each byte, the positions where it may stand, as bits.
    allowed: Box<[u64; 256]>,
    positions: usize,
}

impl FixedLength {
    /// Returns the line that a table is, if it is one: all symbols lead from each state to one and the same state. These symbols must stand for
    /// characters of one byte, or for a single character.
    pub(super) fn of(table: &Dfa, alphabet: &Alphabet) -> Option<Self> {
        let characters = alphabet.characters();
        let mut line = Self { allowed: Box::new([0; 256]), positions: 0 };
        let mut entry = table.start();
        loop {
            let mut next = None;
            let mut ranges = Vec::new();
            for (symbol, characters) in characters.iter().enumerate().take(table.symbols()) {
                let to = table.next(entry, symbol as u8);
                if Dfa::is_dead(to) {
                    continue;
                }
                if *next.get_or_insert(to) != to {
                    return None;
                }
                ranges.extend(characters);
            }
            match next {
                // Nothing leads on from this state: the table is a line if the pattern ends here and nowhere before.
                None => return Dfa::is_end(entry).then_some(line),
                Some(_) if Dfa::is_end(entry) => return None,
                Some(to) => {
                    line.add(&ranges)?;
                    entry = to;
                }
            }
        }
    }

    /// Adds a position for characters of one byte, or the positions of all bytes of a single character. Returns `None` if this is impossible.
    fn add(&mut self, characters: &[CharacterRange]) -> Option<()> {
        let mut add = |bytes: &mut dyn Iterator<Item = u8>| {
            for byte in bytes {
                self.allowed[usize::from(byte)] |= 1u64.checked_shl(self.positions as u32).unwrap_or(0);
            }
            self.positions += 1;
            (self.positions <= POSITIONS).then_some(())
        };
        if let &[CharacterRange { first, last }] = characters
            && first == last
        {
            let mut bytes = [0; 4];
            let text = char::from_u32(first)?.encode_utf8(&mut bytes);
            return text.bytes().try_for_each(|byte| add(&mut std::iter::once(byte)));
        }
        if characters.iter().any(|range| range.last >= 128) {
            return None;
        }
        add(&mut characters.iter().flat_map(|range| range.first as u8..=range.last as u8))
    }

    #[inline]
    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        let allowed = |(position, &byte): (usize, &u8)| self.allowed[usize::from(byte)] >> position;
        text.len() == self.positions && text.iter().enumerate().map(allowed).fold(1, |all, bits| all & bits) != 0
    }
}
