//! Keys that came in ascending order, as the steps from one to the next.
//!
//! Numbers that are given out one after the other are steps of equal size, which take next to nothing; other numbers take four to eight
//! bytes. A key that is greater than all before it goes here, even when others were not.

use crate::resolve::first::First;

/// A key with the record where it stood.
#[derive(Clone, Copy, Debug)]
struct Entry {
    value: i64,
    first: First,
}

/// The difference of one key to the next, and how often it is repeated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Steps {
    times: u64,
    value: u64,
    record: u64,
    line: u64,
}

/// The first key of a block, and where the steps behind it are.
#[derive(Debug)]
struct Block {
    entry: Entry,
    start: usize,
}

/// Steps of a block, those that are not repeated: at most this many are read to find a key.
const STEPS: usize = 32;

#[derive(Debug, Default)]
pub(super) struct Ascending {
    blocks: Vec<Block>,
    /// Four numbers for each steps, seven bits in a byte.
    written: Vec<u8>,
    /// Steps of the last block that are written.
    count: usize,
    /// The steps behind them.
    open: Steps,
    last: Option<Entry>,
}

impl Ascending {
    /// Bytes of memory; twice what is used, as vectors grow to the double.
    pub(super) fn bytes(&self) -> u64 {
        2 * (self.written.len() + self.blocks.len() * size_of::<Block>()) as u64
    }

    /// Returns true if the key is greater than all that are here.
    #[inline]
    pub(super) fn goes_on_with(&self, value: i64) -> bool {
        self.last.is_none_or(|last| last.value < value)
    }

    /// Takes a key that is greater than all that are here.
    #[inline]
    pub(super) fn push(&mut self, value: i64, first: First) {
        let entry = Entry { value, first };
        let Some(last) = self.last.replace(entry) else {
            return self.begin(entry);
        };
        let steps = Steps {
            times: self.open.times,
            value: value.wrapping_sub(last.value) as u64,
            record: first.record - last.first.record,
            line: first.line - last.first.line,
        };
        if steps == self.open {
            self.open.times += 1;
        } else {
            self.push_other(Steps { times: 1, ..steps }, entry);
        }
    }

    #[cold]
    fn begin(&mut self, entry: Entry) {
        self.blocks.push(Block { entry, start: self.written.len() });
        self.count = 0;
        self.open = Steps::default();
    }

    fn push_other(&mut self, steps: Steps, entry: Entry) {
        let open = std::mem::replace(&mut self.open, steps);
        if open.times == 0 {
            return;
        }
        for number in [open.times, open.value, open.record, open.line] {
            push_number(number, &mut self.written);
        }
        self.count += 1;
        if self.count == STEPS {
            self.begin(entry);
        }
    }

    /// Where the key stood.
    pub(super) fn find(&self, value: i64) -> Option<First> {
        let behind = self.blocks.partition_point(|block| block.entry.value <= value);
        let block = self.blocks[..behind].last()?;
        let (end, open) = match self.blocks.get(behind) {
            Some(next) => (next.start, Steps::default()),
            None => (self.written.len(), self.open),
        };
        let mut written = &self.written[block.start..end];
        let mut entry = block.entry;
        loop {
            let distance = value.wrapping_sub(entry.value) as u64;
            if distance == 0 {
                return Some(entry.first);
            }
            let is_last = written.is_empty();
            let steps = if is_last { open } else { take_steps(&mut written) };
            // No steps at all have the size 0.
            let times = distance.checked_div(steps.value)?.min(steps.times);
            entry.value = entry.value.wrapping_add((times * steps.value) as i64);
            entry.first.record += times * steps.record;
            entry.first.line += times * steps.line;
            let is_between = entry.value != value && times < steps.times;
            if is_between || is_last {
                return (entry.value == value).then_some(entry.first);
            }
        }
    }
}

fn push_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take_steps(written: &mut &[u8]) -> Steps {
    let mut number = || {
        let (mut number, mut shift) = (0, 0);
        while let Some((&byte, rest)) = written.split_first() {
            *written = rest;
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                break;
            }
        }
        number
    };
    Steps { times: number(), value: number(), record: number(), line: number() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_one_after_the_other_take_nothing() {
        let mut keys = Ascending::default();
        (0..1_000_000)
            .for_each(|number| keys.push(number * 3, First { record: number as u64 + 2, line: 2 * number as u64 + 2 }));
        assert_eq!(keys.bytes(), 2 * size_of::<Block>() as u64);
        assert_eq!(keys.find(2_999_997), Some(First { record: 1_000_001, line: 2_000_000 }));
        assert_eq!(keys.find(2_999_998), None);
    }

    #[test]
    fn others_take_a_few_bytes() {
        let mut keys = Ascending::default();
        let value = |number: i64| number * 1000 + number * number % 997;
        (0..100_000).for_each(|number| keys.push(value(number), First { record: number as u64, line: number as u64 }));
        assert!(keys.bytes() < 2 * 8 * 100_000, "{}", keys.bytes());
    }

    #[test]
    fn the_ends_of_the_numbers_are_keys_too() {
        let mut keys = Ascending::default();
        let first = |record| First { record, line: record };
        for (record, value) in (1..).zip([i64::MIN, -1, i64::MAX]) {
            assert!(keys.goes_on_with(value));
            keys.push(value, first(record));
        }
        assert_eq!([i64::MIN, -1, i64::MAX].map(|value| keys.find(value)), [1, 2, 3].map(|record| Some(first(record))));
        assert_eq!([i64::MIN + 1, 0, i64::MAX - 1].map(|value| keys.find(value)), [None; 3]);
    }

    proptest! {
        #[test]
        fn what_went_in_is_found_and_nothing_else(
            steps in prop::collection::vec((1..4u64, 1..3u64, 1..3u64, 1..5usize), 0..300), wide: bool,
        ) {
            let factor = if wide { 1 << 50 } else { 1 };
            let (mut keys, mut oracle) = (Ascending::default(), BTreeMap::new());
            let (mut value, mut record, mut line) = (if wide { i64::MIN } else { -50 }, 2, 2);
            for (by, records, lines, times) in steps {
                for _ in 0..times {
                    value += by as i64 * factor;
                    record += records;
                    line += lines;
                    prop_assert!(keys.goes_on_with(value));
                    keys.push(value, First { record, line });
                    prop_assert!(!keys.goes_on_with(value));
                    oracle.insert(value, First { record, line });
                }
            }
            let candidates = oracle.keys().flat_map(|&value| [value.saturating_sub(1), value, value.saturating_add(1)]);
            for value in candidates.chain([i64::MIN, i64::MAX, 0]) {
                prop_assert_eq!(keys.find(value), oracle.get(&value).copied(), "{}", value);
            }
        }
    }
}
