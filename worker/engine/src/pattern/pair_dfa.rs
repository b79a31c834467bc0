//! DFAs whose tables are read two characters at a time.

use crate::pattern::alphabet::Alphabet;
use crate::pattern::automaton::Dfa;

/// Most entries of [`PairDfa`]: 16 KiB stay in the first-level cache beside the text.
const ENTRIES: usize = 1 << 12;

/// The table of an automaton over pairs of characters, for texts in ASCII. Each look-up has to wait for the one before it, and nothing else does,
/// so that half as many look-ups take half the time.
#[derive(Debug)]
pub(super) struct PairDfa {
    /// The symbol of each byte, 0 for those that are not in ASCII.
    symbols: Box<[u8; 256]>,
    /// The number of symbols.
    size: usize,
    /// By state and pair of symbols, the next state, as [`Dfa`] has it by state and symbol: the index of its first entry, times two, and 1 more
    /// if a text may end in it. State 0 is the dead one.
    entries: Box<[u32]>,
    start: u32,
    /// The state behind the first character of a text, by its symbol.
    firsts: Box<[u32]>,
}

impl PairDfa {
    /// The pairs of a table; `None` if they would take too much memory.
    pub(super) fn of(table: &Dfa, alphabet: &Alphabet) -> Option<Self> {
        let size = table.symbols();
        if table.states() * size * size > ENTRIES {
            return None;
        }
        let of_entry = |entry: u32| {
            let state = (entry >> 1) as usize / size;
            ((state * size * size) as u32) << 1 | entry & 1
        };
        // cannot fail: a symbol is a byte.
        let symbols = || (0..size).map(|symbol| symbol as u8);
        let mut entries = Vec::with_capacity(table.states() * size * size);
        for state in 0..table.states() {
            let entry = (state * size) as u32 * 2;
            for first in symbols() {
                let between = table.next(entry, first);
                entries.extend(symbols().map(|second| of_entry(table.next(between, second))));
            }
        }
        Some(Self {
            symbols: Box::new(std::array::from_fn(|byte| alphabet.of_ascii(byte as u8).unwrap_or(0))),
            size,
            entries: entries.into(),
            start: of_entry(table.start()),
            firsts: symbols().map(|first| of_entry(table.next(table.start(), first))).collect(),
        })
    }

    /// Returns true if the whole text matches; `None` if it is not in ASCII.
    #[inline]
    pub(super) fn is_match(&self, text: &[u8]) -> Option<bool> {
        let symbol = |byte: u8| usize::from(self.symbols[usize::from(byte)]);
        let (mut entry, mut seen) = (self.start, 0);
        let mut rest = text;
        if text.len() % 2 == 1
            && let Some((&first, behind)) = text.split_first()
        {
            (entry, seen, rest) = (self.firsts[symbol(first)], first, behind);
        }
        for &[first, second] in rest.as_chunks().0 {
            entry = self.entries[(entry >> 1) as usize + symbol(first) * self.size + symbol(second)];
            seen |= first | second;
            if Dfa::is_dead(entry) {
                break;
            }
        }
        seen.is_ascii().then_some(Dfa::is_end(entry))
    }

    /// Bytes in memory.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.symbols) + size_of_val(&*self.entries) + size_of_val(&*self.firsts)
    }
}
