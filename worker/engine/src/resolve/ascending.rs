//! Keys in ascending order, stored as the steps from one to the next.
//!
//! Consecutive numbers have steps of equal size, which take almost no memory; other numbers take four to eight bytes each. Any key that is
//! greater than all keys here can be added here, also when other keys of the file were not in order.

use crate::resolve::first_row::FirstRow;
use crate::varint::{push_varint, take_varint};

/// A key, and the first row that has it.
#[derive(Clone, Copy, Debug)]
struct Entry {
    value: i64,
    first: FirstRow,
}

/// The differences between a key and the next one, and how many times in a row these differences occur.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Steps {
    times: u64,
    value: u64,
    record: u64,
    line: u64,
}

/// The first key of a block, and the offset of its steps in [`Ascending::written`].
#[derive(Debug)]
struct Block {
    entry: Entry,
    start: usize,
}

/// Entries of `written` in a block: at most this many are read to find a key.
const STEPS: usize = 32;

/// Keys in ascending order.
#[derive(Debug, Default)]
pub(super) struct Ascending {
    blocks: Vec<Block>,
    /// The four numbers of each [`Steps`], each number in bytes of seven bits (LEB128).
    written: Vec<u8>,
    /// The number of [`Steps`] of the last block in `written`.
    count: usize,
    /// The latest steps, which may still be repeated.
    open: Steps,
    last: Option<Entry>,
}

impl Ascending {
    /// Returns the bytes of memory: twice the bytes in use, because vectors double when they grow.
    pub(super) fn bytes(&self) -> u64 {
        2 * (self.written.len() + self.blocks.len() * size_of::<Block>()) as u64
    }

    /// Returns true if the key is greater than all keys here.
    #[inline]
    pub(super) fn ascends_to(&self, value: i64) -> bool {
        self.last.is_none_or(|last| last.value < value)
    }

    /// Adds a key that is greater than all keys here.
    #[inline]
    pub(super) fn push(&mut self, value: i64, first: FirstRow) {
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

    /// Adds keys of which each is greater than the key before it, and the first is greater than all known keys.
    /// `first_of` returns the position of the nth key.
    pub(super) fn extend(&mut self, values: &[i64], first_of: impl Fn(usize) -> FirstRow) {
        let mut nth = 0;
        while let Some(&value) = values.get(nth) {
            self.push(value, first_of(nth));
            nth += 1;
            nth += self.push_repeated(&values[nth..], |more| first_of(nth + more));
        }
    }

    /// Adds the keys at the beginning of `values` that follow each other by the latest steps, and returns their number.
    fn push_repeated(&mut self, values: &[i64], first_of: impl Fn(usize) -> FirstRow) -> usize {
        let Some(mut last) = self.last else { return 0 };
        let Steps { value, record, line, .. } = self.open;
        let mut count = 0;
        for &next in values {
            let first = first_of(count);
            let is_repeated = next.wrapping_sub(last.value) as u64 == value
                && first.record - last.first.record == record
                && first.line - last.first.line == line;
            if !is_repeated {
                break;
            }
            last = Entry { value: next, first };
            count += 1;
        }
        self.open.times += count as u64;
        self.last = Some(last);
        count
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
            push_varint(number, &mut self.written);
        }
        self.count += 1;
        if self.count == STEPS {
            self.begin(entry);
        }
    }

    /// Returns the first row with this key; `None` if the key is not here.
    pub(super) fn find(&self, value: i64) -> Option<FirstRow> {
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
            // Before the second key, the latest steps are empty and their `value` is 0.
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

fn take_steps(written: &mut &[u8]) -> Steps {
    let mut number = || take_varint(written);
    Steps { times: number(), value: number(), record: number(), line: number() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn consecutive_numbers_take_no_memory() {
        let mut keys = Ascending::default();
        (0..1_000_000).for_each(|number| {
            keys.push(number * 3, FirstRow { record: number as u64 + 2, line: 2 * number as u64 + 2 })
        });
        assert_eq!(keys.bytes(), 2 * size_of::<Block>() as u64);
        assert_eq!(keys.find(2_999_997), Some(FirstRow { record: 1_000_001, line: 2_000_000 }));
        assert_eq!(keys.find(2_999_998), None);
    }

    #[test]
    fn other_numbers_take_a_few_bytes_each() {
        let mut keys = Ascending::default();
        let value = |number: i64| number * 1000 + number * number % 997;
        (0..100_000)
            .for_each(|number| keys.push(value(number), FirstRow { record: number as u64, line: number as u64 }));
        assert!(keys.bytes() < 2 * 8 * 100_000, "{}", keys.bytes());
    }

    #[test]
    fn the_least_and_the_greatest_integer_are_keys_too() {
        let mut keys = Ascending::default();
        let first = |record| FirstRow { record, line: record };
        for (record, value) in (1..).zip([i64::MIN, -1, i64::MAX]) {
            assert!(keys.ascends_to(value));
            keys.push(value, first(record));
        }
        assert_eq!([i64::MIN, -1, i64::MAX].map(|value| keys.find(value)), [1, 2, 3].map(|record| Some(first(record))));
        assert_eq!([i64::MIN + 1, 0, i64::MAX - 1].map(|value| keys.find(value)), [None; 3]);
    }

    proptest! {
        #[test]
        fn keys_that_are_added_together_are_as_if_added_one_by_one(
            steps in prop::collection::vec((1..3i64, 1..3u64, 1..3u64, 1..40usize), 0..100), cuts in prop::collection::vec(0..200usize, 0..9),
        ) {
            let (mut values, mut firsts) = (Vec::new(), Vec::new());
            let mut key = (0, FirstRow { record: 2, line: 2 });
            for (value, record, line, times) in steps {
                for _ in 0..times {
                    key = (key.0 + value, FirstRow { record: key.1.record + record, line: key.1.line + line });
                    values.push(key.0);
                    firsts.push(key.1);
                }
            }
            let (mut together, mut one_by_one) = (Ascending::default(), Ascending::default());
            values.iter().zip(&firsts).for_each(|(&value, &first)| one_by_one.push(value, first));
            let mut from = 0;
            for cut in cuts.into_iter().chain([values.len()]) {
                let to = values.len().min(from + cut);
                together.extend(&values[from..to], |nth| firsts[from + nth]);
                from = to;
            }
            prop_assert_eq!(&together.written, &one_by_one.written);
            prop_assert_eq!((together.count, together.open), (one_by_one.count, one_by_one.open));
            prop_assert!(values.iter().zip(&firsts).all(|(&value, &first)| together.find(value) == Some(first)));
        }

        #[test]
        fn exactly_the_keys_that_were_added_are_found(
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
                    prop_assert!(keys.ascends_to(value));
                    keys.push(value, FirstRow { record, line });
                    prop_assert!(!keys.ascends_to(value));
                    oracle.insert(value, FirstRow { record, line });
                }
            }
            let candidates = oracle.keys().flat_map(|&value| [value.saturating_sub(1), value, value.saturating_add(1)]);
            for value in candidates.chain([i64::MIN, i64::MAX, 0]) {
                prop_assert_eq!(keys.find(value), oracle.get(&value).copied(), "{}", value);
            }
        }
    }
}
