//! The symbols that stand for the characters of a text. A pattern tells few classes of characters apart, mostly a handful, so its automaton
//! reads a symbol for each class instead of bytes.

use std::collections::{BTreeSet, HashMap};

use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir, HirKind, Look, Repetition};

/// Most symbols of an alphabet: a symbol is a byte.
const SYMBOLS: usize = 256;

/// Most steps to find the classes of characters; some hundred large classes take a tenth of them.
const GROUP_STEPS: usize = 1 << 20;

/// Characters that follow each other, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct CharacterRange {
    pub(super) first: u32,
    pub(super) last: u32,
}

impl CharacterRange {
    fn only(character: u32) -> Self {
        Self { first: character, last: character }
    }
}

/// Ranges of characters, ascending.
type Ranges = Vec<CharacterRange>;

/// The symbols that stand for the characters of a text. Characters that a pattern does not tell apart have the same symbol. So `\w` is one
/// symbol, and not the hundreds of byte sequences that it has in UTF-8.
#[derive(Debug)]
pub(super) struct Alphabet {
    /// The symbols of ASCII characters, which are looked up directly; all others are found in `starts`.
    ascii: [u8; 128],
    /// The first characters of runs that have one symbol, ascending from 0. `symbols` has the symbol of each run.
    starts: Box<[u32]>,
    symbols: Box<[u8]>,
    size: usize,
}

impl Alphabet {
    /// Returns the alphabet of a pattern; `None` when the pattern tells more than 256 kinds of characters apart. With `words`, the alphabet
    /// also tells word characters from others.
    pub(super) fn of(pattern: &Hir, words: Option<&Hir>) -> Option<Self> {
        let mut classes = BTreeSet::new();
        collect(pattern, &mut classes);
        if let Some(words) = words {
            collect(words, &mut classes);
        }
        let mut starts: Vec<u32> = vec![0];
        starts.extend(classes.iter().flatten().flat_map(|range| [range.first, range.last + 1]));
        starts.sort_unstable();
        starts.dedup();
        let groups = groups(&starts, &classes)?;
        let mut numbers = HashMap::new();
        let (mut runs, mut symbols) = (Vec::new(), Vec::new());
        for (&start, group) in starts.iter().zip(groups) {
            let next = numbers.len();
            let symbol = *numbers.entry(group).or_insert(next);
            if symbol >= SYMBOLS {
                return None;
            }
            if symbols.last() != Some(&(symbol as u8)) {
                runs.push(start);
                symbols.push(symbol as u8);
            }
        }
        let size = numbers.len();
        let mut alphabet = Self { ascii: [0; 128], starts: runs.into(), symbols: symbols.into(), size };
        for character in 0..128 {
            alphabet.ascii[character as usize] = alphabet.look_up(character);
        }
        Some(alphabet)
    }

    /// Returns the number of symbols.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Returns the bytes of memory that the alphabet takes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.starts.len() * (size_of::<u32>() + 1)
    }

    fn look_up(&self, character: u32) -> u8 {
        self.symbols[self.starts.partition_point(|&start| start <= character) - 1]
    }

    /// The symbol of a byte in ASCII.
    pub(super) fn of_ascii(&self, byte: u8) -> Option<u8> {
        self.ascii.get(usize::from(byte)).copied()
    }

    /// Returns the symbol of the first character of a text in UTF-8, and the text behind it; `None` at the end.
    #[inline(always)]
    pub(super) fn next<'t>(&self, text: &'t [u8]) -> Option<(u8, &'t [u8])> {
        let (&byte, rest) = text.split_first()?;
        match self.ascii.get(usize::from(byte)) {
            Some(&symbol) => Some((symbol, rest)),
            None => Some(self.wide(text)),
        }
    }

    #[inline(never)]
    fn wide<'t>(&self, text: &'t [u8]) -> (u8, &'t [u8]) {
        let bits = |nth: usize| u32::from(text.get(nth).copied().unwrap_or_default() & 0x3F);
        let lead = u32::from(text[0]);
        let (character, length) = match lead {
            0xF0.. => ((lead & 7) << 18 | bits(1) << 12 | bits(2) << 6 | bits(3), 4),
            0xE0.. => ((lead & 15) << 12 | bits(1) << 6 | bits(2), 3),
            _ => ((lead & 31) << 6 | bits(1), 2),
        };
        (self.look_up(character), text.get(length..).unwrap_or_default())
    }

    /// Returns the characters of each symbol.
    pub(super) fn characters(&self) -> Vec<Ranges> {
        let mut characters = vec![Ranges::new(); self.size];
        for (nth, (&start, &symbol)) in self.starts.iter().zip(&self.symbols).enumerate() {
            let end = self.starts.get(nth + 1).map_or(u32::from(char::MAX), |next| next - 1);
            if start <= end {
                characters[usize::from(symbol)].push(CharacterRange { first: start, last: end });
            }
        }
        characters
    }

    /// Returns the symbols of some characters. The alphabet must tell each range from other characters.
    fn symbols_of(&self, ranges: &Ranges) -> BTreeSet<u8> {
        let mut symbols = BTreeSet::new();
        for range in ranges {
            let first = self.starts.partition_point(|&start| start <= range.first) - 1;
            let last = self.starts.partition_point(|&start| start <= range.last);
            symbols.extend(&self.symbols[first..last]);
        }
        symbols
    }

    /// Returns for each symbol whether it stands for word characters.
    pub(super) fn words(&self, words: &Hir) -> Vec<bool> {
        let mut classes = BTreeSet::new();
        collect(words, &mut classes);
        let symbols: BTreeSet<u8> = classes.iter().flat_map(|ranges| self.symbols_of(ranges)).collect();
        (0..self.size).map(|symbol| symbols.contains(&(symbol as u8))).collect()
    }

    /// Returns the pattern over symbols instead of characters.
    pub(super) fn translate(&self, pattern: &Hir) -> Hir {
        self.translated(pattern, &mut HashMap::new())
    }

    fn translated(&self, pattern: &Hir, known: &mut HashMap<Ranges, Hir>) -> Hir {
        let mut symbols = |ranges: Ranges| {
            if let Some(hir) = known.get(&ranges) {
                return hir.clone();
            }
            let symbols = self.symbols_of(&ranges);
            let ranges_of_symbols = symbols.into_iter().map(|symbol| ClassBytesRange::new(symbol, symbol));
            let hir = Hir::class(Class::Bytes(ClassBytes::new(ranges_of_symbols)));
            known.insert(ranges, hir.clone());
            hir
        };
        match pattern.kind() {
            HirKind::Empty => Hir::empty(),
            HirKind::Literal(literal) => Hir::concat(
                characters_of(&literal.0).map(|character| symbols(vec![CharacterRange::only(character)])).collect(),
            ),
            HirKind::Class(class) => symbols(ranges_of(class)),
            HirKind::Look(look) => Hir::look(*look),
            HirKind::Repetition(repetition) => Hir::repetition(Repetition {
                sub: Box::new(self.translated(&repetition.sub, known)),
                ..repetition.clone()
            }),
            HirKind::Capture(capture) => self.translated(&capture.sub, known),
            HirKind::Concat(parts) => Hir::concat(parts.iter().map(|part| self.translated(part, known)).collect()),
            HirKind::Alternation(parts) => {
                Hir::alternation(parts.iter().map(|part| self.translated(part, known)).collect())
            }
        }
    }
}

/// Returns true if a pattern depends on the characters on both sides of a position, as `\b` does.
pub(super) fn has_words(pattern: &Hir) -> bool {
    pattern.properties().look_set().iter().any(|look| !matches!(look, Look::Start | Look::End))
}

fn characters_of(literal: &[u8]) -> impl Iterator<Item = u32> {
    // A pattern is valid UTF-8, and so are its literals.
    str::from_utf8(literal).unwrap_or_default().chars().map(u32::from)
}

fn ranges_of(class: &Class) -> Ranges {
    let range = |first, last| CharacterRange { first, last };
    match class {
        Class::Unicode(class) => {
            class.ranges().iter().map(|it| range(u32::from(it.start()), u32::from(it.end()))).collect()
        }
        Class::Bytes(class) => {
            class.ranges().iter().map(|it| range(u32::from(it.start()), u32::from(it.end()))).collect()
        }
    }
}

/// Adds the different classes of a pattern to `classes`.
fn collect(pattern: &Hir, classes: &mut BTreeSet<Ranges>) {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => {
            classes.extend(characters_of(&literal.0).map(|character| vec![CharacterRange::only(character)]));
        }
        HirKind::Class(class) => {
            classes.insert(ranges_of(class));
        }
        HirKind::Repetition(repetition) => collect(&repetition.sub, classes),
        HirKind::Capture(capture) => collect(&capture.sub, classes),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().for_each(|part| collect(part, classes));
        }
    }
}

/// Returns a number for each run of characters. Two runs have the same number if they are in the same classes. Each class splits the groups of
/// which it holds a part, so the steps are as many as the runs in all classes together. Returns `None` when these are too many.
fn groups(starts: &[u32], classes: &BTreeSet<Ranges>) -> Option<Vec<u32>> {
    let mut groups = vec![0; starts.len()];
    let (mut next, mut steps) = (1, 0);
    for ranges in classes {
        let mut split = HashMap::new();
        for range in ranges {
            let first = starts.partition_point(|&start| start < range.first);
            let runs = starts[first..].iter().zip(&mut groups[first..]);
            for (_, group) in runs.take_while(|(start, _)| **start <= range.last) {
                *group = *split.entry(*group).or_insert_with(|| {
                    next += 1;
                    next
                });
                steps += 1;
            }
            if steps > GROUP_STEPS {
                return None;
            }
        }
    }
    Some(groups)
}
