//! Pattern → table of states: the subset construction, whose steps are counted.

use std::collections::HashMap;

use regex_automata::nfa::thompson::{NFA, State};
use regex_automata::util::look::Look;
use regex_automata::util::primitives::StateID;

use crate::pattern::refused::Refused;

/// Most entries of a table. An entry has four bytes, and a larger table does not fit into the second-level cache.
const ENTRIES: usize = 256 << 10;

/// Most steps of one construction.
const STEPS: usize = 2 << 20;

/// The kind of character on one side of a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Side {
    /// The start or the end of the text.
    Edge,
    Word,
    Other,
}

/// The automaton of a pattern before it is made deterministic, and the symbols that it reads.
#[derive(Debug)]
pub(super) struct SymbolNfa {
    pub(super) nfa: NFA,
    /// Whether the automaton reads classes of bytes of the text; otherwise it reads symbols of an alphabet.
    pub(super) reads_bytes: bool,
    pub(super) symbols: usize,
    /// Whether each symbol is a word character; empty if the pattern has no word boundaries.
    pub(super) words: Vec<bool>,
}

/// A run of symbols, and the state that they lead to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) first: u8,
    /// The last symbol of the run.
    pub(super) last: u8,
    pub(super) next: StateID,
}

impl Edge {
    fn new(first: u8, last: u8, next: StateID) -> Self {
        Self { first, last, next }
    }
}

/// The states that are reached without a symbol.
pub(super) struct Closure {
    /// Those with edges, ascending.
    pub(super) states: Vec<StateID>,
    /// Whether the pattern may end here.
    pub(super) ends: bool,
}

impl SymbolNfa {
    fn side(&self, symbol: usize) -> Side {
        if self.words.get(symbol) == Some(&true) { Side::Word } else { Side::Other }
    }

    /// Calls `each` with every edge of a state.
    pub(super) fn edges(&self, state: StateID, mut each: impl FnMut(Edge)) {
        let classes = self.nfa.byte_classes();
        let symbol = |byte| if self.reads_bytes { classes.get(byte) } else { byte };
        match self.nfa.state(state) {
            State::ByteRange { trans } => each(Edge::new(symbol(trans.start), symbol(trans.end), trans.next)),
            State::Sparse(sparse) => {
                for trans in &*sparse.transitions {
                    each(Edge::new(symbol(trans.start), symbol(trans.end), trans.next));
                }
            }
            State::Dense(dense) => {
                for byte in 0..=u8::MAX {
                    if let Some(next) = dense.matches_byte(byte) {
                        each(Edge::new(symbol(byte), symbol(byte), next));
                    }
                }
            }
            _ => {}
        }
    }

    /// Returns the states that are reached from `from` without a symbol.
    fn closure(&self, from: &[StateID], before: Side, behind: Side, work: &mut Work<'_>) -> Closure {
        work.begin(self.nfa.states().len());
        let (mut found, mut ends) = (Vec::new(), false);
        from.iter().for_each(|&state| work.visit(state));
        while let Some(state) = work.open.pop() {
            match self.nfa.state(state) {
                State::Look { look, next } if holds(*look, before, behind) => work.visit(*next),
                State::Look { .. } | State::Fail => {}
                State::Union { alternates } => alternates.iter().for_each(|&state| work.visit(state)),
                State::BinaryUnion { alt1, alt2 } => [*alt1, *alt2].into_iter().for_each(|state| work.visit(state)),
                State::Capture { next, .. } => work.visit(*next),
                State::Match { .. } => ends = true,
                State::ByteRange { .. } | State::Sparse(_) | State::Dense(_) => found.push(state),
            }
        }
        found.sort_unstable();
        Closure { states: found, ends }
    }

    /// Returns the states before the first symbol; the pattern may end there if the empty text matches. Only for an automaton without word
    /// boundaries.
    pub(super) fn first(&self, steps: &mut usize) -> Closure {
        let mut work = Work::new(steps);
        let inside = self.closure(&[self.nfa.start_anchored()], Side::Edge, Side::Other, &mut work);
        let at_end = self.closure(&[self.nfa.start_anchored()], Side::Edge, Side::Edge, &mut work);
        Closure { states: inside.states, ends: at_end.ends }
    }

    /// Returns the states behind an edge that leads to `state`. Only for an automaton without word boundaries.
    pub(super) fn behind(&self, state: StateID, steps: &mut usize) -> Closure {
        let mut work = Work::new(steps);
        let inside = self.closure(&[state], Side::Other, Side::Other, &mut work);
        let at_end = self.closure(&[state], Side::Other, Side::Edge, &mut work);
        Closure { states: inside.states, ends: at_end.ends }
    }
}

fn holds(look: Look, before: Side, behind: Side) -> bool {
    let (left, right) = (before == Side::Word, behind == Side::Word);
    match look {
        Look::Start => before == Side::Edge,
        Look::End => behind == Side::Edge,
        Look::WordUnicode | Look::WordAscii => left != right,
        Look::WordUnicodeNegate | Look::WordAsciiNegate => left == right,
        Look::WordStartUnicode | Look::WordStartAscii => !left && right,
        Look::WordEndUnicode | Look::WordEndAscii => left && !right,
        Look::WordStartHalfUnicode | Look::WordStartHalfAscii => !left,
        Look::WordEndHalfUnicode | Look::WordEndHalfAscii => !right,
        // These need texts of several lines, which no pattern of a descriptor can ask for.
        Look::StartLF | Look::EndLF | Look::StartCRLF | Look::EndCRLF => false,
    }
}

/// The memory of walks through an automaton, and the count of their steps.
struct Work<'s> {
    steps: &'s mut usize,
    open: Vec<StateID>,
    /// For each state, the number of the walk that has seen it last.
    seen: Vec<u32>,
    walk: u32,
}

impl<'s> Work<'s> {
    fn new(steps: &'s mut usize) -> Self {
        Self { steps, open: Vec::new(), seen: Vec::new(), walk: 0 }
    }

    fn begin(&mut self, states: usize) {
        self.seen.resize(states, 0);
        self.walk += 1;
        self.open.clear();
    }

    fn visit(&mut self, state: StateID) {
        *self.steps += 1;
        let seen = &mut self.seen[state.as_usize()];
        if *seen != self.walk {
            *seen = self.walk;
            self.open.push(state);
        }
    }
}

/// A deterministic automaton (DFA): the successor of each state for each symbol. An entry is the offset of the successor's row, shifted by one bit; its lowest bit tells whether
/// the text may end there. The row at 0 belongs to the state from which nothing matches.
#[derive(Debug)]
pub(super) struct Dfa {
    entries: Box<[u32]>,
    symbols: usize,
    start: u32,
}

impl Dfa {
    /// Builds the table of an automaton, and adds the steps that it takes to `steps`.
    ///
    /// # Errors
    /// When the table would exceed its entries or its steps.
    pub(super) fn new(automaton: &SymbolNfa, steps: &mut usize) -> Result<Self, Refused> {
        let before = *steps;
        Construction {
            automaton,
            work: Work::new(steps),
            most: before + STEPS,
            rows: Vec::new(),
            by_states: HashMap::new(),
            by_edges: HashMap::new(),
        }
        .run()
    }

    /// Returns the bytes of memory that the table takes.
    pub(super) fn bytes(&self) -> usize {
        self.entries.len() * size_of::<u32>()
    }

    pub(super) fn start(&self) -> u32 {
        self.start
    }

    #[inline(always)]
    pub(super) fn next(&self, entry: u32, symbol: u8) -> u32 {
        self.entries[(entry >> 1) as usize + usize::from(symbol)]
    }

    /// Returns true if nothing can match any more.
    #[inline(always)]
    pub(super) fn is_dead(entry: u32) -> bool {
        entry >> 1 == 0
    }

    #[inline(always)]
    pub(super) fn is_end(entry: u32) -> bool {
        entry & 1 != 0
    }

    pub(super) fn symbols(&self) -> usize {
        self.symbols
    }

    pub(super) fn states(&self) -> usize {
        self.entries.len() / self.symbols
    }
}

/// A state of the table: a set of states of the automaton that have edges. With word boundaries, the edges that can be followed depend on the
/// next character; then the set holds the states that edges lead to, and `before` the kind of character before them.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Row {
    states: Vec<StateID>,
    before: Side,
    ends: bool,
}

struct Construction<'a, 's> {
    automaton: &'a SymbolNfa,
    work: Work<'s>,
    most: usize,
    rows: Vec<Row>,
    by_states: HashMap<Row, u32>,
    by_edges: HashMap<Reached, u32>,
}

/// The states that edges lead to, and the kind of character before them.
#[derive(PartialEq, Eq, Hash)]
struct Reached {
    states: Vec<StateID>,
    before: Side,
}

impl Construction<'_, '_> {
    fn run(mut self) -> Result<Dfa, Refused> {
        let automaton = self.automaton;
        let symbols = automaton.symbols;
        self.intern(Row { states: Vec::new(), before: Side::Other, ends: false });
        let start = self.reached(vec![automaton.nfa.start_anchored()], Side::Edge);
        let mut entries: Vec<u32> = vec![0; symbols];
        let mut targets: Vec<Vec<StateID>> = vec![Vec::new(); symbols];
        let mut row = 1;
        while let Some(Row { states, before, .. }) = self.rows.get(row).cloned() {
            if *self.work.steps > self.most || entries.len() + symbols > ENTRIES {
                return Err(Refused::TooManyStates);
            }
            row += 1;
            if automaton.words.is_empty() {
                self.follow(&states, |_| true, &mut targets);
            } else {
                for side in [Side::Word, Side::Other] {
                    let Closure { states, .. } = automaton.closure(&states, before, side, &mut self.work);
                    self.follow(&states, |symbol| automaton.side(symbol) == side, &mut targets);
                }
            }
            for (symbol, states) in targets.iter_mut().enumerate() {
                if *self.work.steps > self.most {
                    return Err(Refused::TooManyStates);
                }
                states.sort_unstable();
                states.dedup();
                *self.work.steps += 1 + states.len();
                let entry = if states.is_empty() { 0 } else { self.reached(states.clone(), automaton.side(symbol)) };
                entries.push(entry);
                states.clear();
            }
        }
        if entries.len() > ENTRIES {
            return Err(Refused::TooManyStates);
        }
        Ok(Dfa { entries: entries.into(), symbols, start })
    }

    /// Adds the states that the edges of `states` lead to, for each symbol for which `asks_for` returns true.
    fn follow(&mut self, states: &[StateID], asks_for: impl Fn(usize) -> bool, targets: &mut [Vec<StateID>]) {
        for &state in states {
            if *self.work.steps > self.most {
                // The caller refuses the pattern.
                return;
            }
            self.automaton.edges(state, |Edge { first, last, next }| {
                *self.work.steps += 1 + usize::from(last - first);
                for symbol in (usize::from(first)..=usize::from(last)).filter(|&symbol| asks_for(symbol)) {
                    targets[symbol].push(next);
                }
            });
        }
    }

    /// Returns the entry for the states that edges lead to, and makes a row for them if there is none.
    fn reached(&mut self, states: Vec<StateID>, before: Side) -> u32 {
        let reached = Reached { states, before };
        if let Some(&entry) = self.by_edges.get(&reached) {
            return entry;
        }
        let automaton = self.automaton;
        let Closure { ends, .. } = automaton.closure(&reached.states, before, Side::Edge, &mut self.work);
        let row = if automaton.words.is_empty() {
            let inside = automaton.closure(&reached.states, before, Side::Other, &mut self.work);
            Row { states: inside.states, before: Side::Other, ends }
        } else {
            Row { states: reached.states.clone(), before, ends }
        };
        let entry = self.intern(row);
        self.by_edges.insert(reached, entry);
        entry
    }

    fn intern(&mut self, row: Row) -> u32 {
        if let Some(&entry) = self.by_states.get(&row) {
            return entry;
        }
        // This cannot overflow: the size of the table is checked before its rows are filled.
        let entry = ((self.rows.len() * self.automaton.symbols) as u32) << 1 | u32::from(row.ends);
        self.rows.push(row.clone());
        self.by_states.insert(row, entry);
        entry
    }
}
