//! What is kept of a column once its different values no longer fit a table.

use datasketches::hll::{Coupon, HllSketch, HllType, HllUnion};

use super::histogram::Histogram;
use super::key::{self, Key};
use super::moments::Moments;
use super::number::{self, Exact};
use super::order;
use super::table::Entry;
use super::{Kind, Limits};

/// 4,096 registers: a relative standard error of 1.6 %.
const LG_REGISTERS: u8 = 12;

/// Bits of a double's code that a bin of numbers leaves out: 128 bins for each power of two, so that the middle of a bin
/// is within 0.4 % of whatever is in it.
const NUMBER_SHIFT: u32 = 52 - 7;

/// Estimates of a column. All of them are functions of the values alone: registers and ranges are maxima, histograms
/// counts in bins that the values fix, and sums are exact.
#[derive(Clone, Debug)]
pub(super) struct Estimate {
    kind: Kind,
    distinct: HllSketch,
    pub(super) measures: Measures,
    histogram: Option<Histogram>,
    /// The value before, whose repetition changes nothing but counts; short texts and typed values only.
    latest: Option<Key>,
}

/// Ranges and sums: the part of the statistics that needs no table.
#[derive(Clone, Debug, Default)]
pub(super) struct Measures {
    pub(super) moments: Moments,
    /// Codes (see `order`) of the smallest and the largest value.
    pub(super) range: Option<(u64, u64)>,
    /// Characters of the shortest and the longest text.
    pub(super) lengths: Option<(u64, u64)>,
}

/// Extends a range.
#[inline]
fn extend(range: &mut Option<(u64, u64)>, least: u64, most: u64) {
    let (low, high) = range.unwrap_or((u64::MAX, 0));
    *range = Some((low.min(least), high.max(most)));
}

impl Measures {
    /// Adds `count` cells with the value of an entry; gives its code when it has one.
    pub(super) fn add(&mut self, kind: Kind, entry: &Entry<'_>) -> Option<u64> {
        let code = match kind {
            Kind::Integer => {
                let value = key::integer(entry.key);
                self.moments.add_decimal(value, 0, entry.count);
                Some(order::of_integer(value))
            }
            Kind::Time(_) => Some(order::of_integer(key::integer(entry.key))),
            Kind::Number => {
                self.moments.add(number::exact(entry.key), entry.count);
                let value = number::value(entry.key);
                value.is_finite().then(|| order::of_double(value))
            }
            Kind::Text | Kind::Boolean => {
                let characters = entry.with_text(characters);
                extend(&mut self.lengths, characters, characters);
                None
            }
        };
        if let Some(code) = code {
            extend(&mut self.range, code, code);
        }
        code
    }

    fn merge(&mut self, other: &Self) {
        self.moments.merge(&other.moments);
        for (mine, theirs) in [(&mut self.range, other.range), (&mut self.lengths, other.lengths)] {
            if let Some((least, most)) = theirs {
                extend(mine, least, most);
            }
        }
    }
}

/// Characters (Unicode scalar values) of valid UTF-8.
#[inline]
fn characters(text: &[u8]) -> u64 {
    text.iter().filter(|&&byte| byte & 0xc0 != 0x80).count() as u64
}

impl Estimate {
    pub(super) fn new(kind: Kind, limits: Limits) -> Self {
        let histogram = match kind {
            Kind::Integer | Kind::Number => Some(Histogram::new(NUMBER_SHIFT, limits.table.values)),
            Kind::Time(_) => Some(Histogram::new(0, limits.table.values / 2)),
            Kind::Text | Kind::Boolean => None,
        };
        Self {
            kind,
            // cannot fail: the number of registers is a valid one.
            distinct: HllSketch::new(LG_REGISTERS, HllType::Hll8).expect("4 to 21 bits"),
            measures: Measures::default(),
            histogram,
            latest: None,
        }
    }

    #[inline]
    fn see(&mut self, key: Key) {
        self.distinct.update_with_coupon(Coupon::from_value(key::hash(key)));
    }

    /// Takes in `count` cells of a value that a table held until now.
    pub(super) fn absorb(&mut self, entry: &Entry<'_>) {
        self.see(entry.key);
        let code = self.measures.add(self.kind, entry);
        if let (Some(code), Some(histogram)) = (code, &mut self.histogram) {
            histogram.add(bin_code(self.kind, code), entry.count);
        }
    }

    /// Takes an integer or a time.
    #[inline]
    pub(super) fn integer(&mut self, key: Key, value: i64) {
        if self.latest != Some(key) {
            self.see(key);
            self.latest = Some(key);
        }
        let code = order::of_integer(value);
        extend(&mut self.measures.range, code, code);
        if self.kind == Kind::Integer {
            self.measures.moments.add_decimal(value, 0, 1);
        }
        if let Some(histogram) = &mut self.histogram {
            histogram.add(bin_code(self.kind, code), 1);
        }
    }

    /// Takes a number.
    #[inline]
    pub(super) fn number(&mut self, key: Key, value: f64, exact: Exact) {
        if self.latest != Some(key) {
            self.see(key);
            self.latest = Some(key);
        }
        match exact {
            Exact::Decimal { mantissa, scale } => self.measures.moments.add_decimal(mantissa, scale, 1),
            double => self.measures.moments.add(double, 1),
        }
        if value.is_finite() {
            let code = order::of_double(value);
            extend(&mut self.measures.range, code, code);
            if let Some(histogram) = &mut self.histogram {
                histogram.add(code, 1);
            }
        }
    }

    /// Takes a text.
    #[inline]
    pub(super) fn text(&mut self, key: Key, text: &[u8]) {
        if self.latest == Some(key) {
            return;
        }
        self.latest = (!key::is_long(key)).then_some(key);
        self.see(key);
        let characters = characters(text);
        extend(&mut self.measures.lengths, characters, characters);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        // cannot fail: the number of registers is a valid one.
        let mut union = HllUnion::new(LG_REGISTERS).expect("4 to 21 bits");
        union.update(&self.distinct);
        union.update(&other.distinct);
        self.distinct = union.to_sketch(HllType::Hll8);
        self.measures.merge(&other.measures);
        if let (Some(mine), Some(theirs)) = (&mut self.histogram, &other.histogram) {
            mine.merge(theirs);
        }
    }

    /// The number of different values.
    pub(super) fn distinct(&self) -> u64 {
        // The estimator that does not depend on the order of the values.
        self.distinct.composite_estimate().round() as u64
    }

    /// The bins of the values in order, each with the code that stands for it, and its count.
    pub(super) fn quantile_codes(&self) -> Vec<(u64, u64)> {
        let (Some(histogram), Some((least, most))) = (&self.histogram, self.measures.range) else { return Vec::new() };
        histogram
            .bins()
            .into_iter()
            .map(|(first, last, count)| {
                let middle = match self.kind {
                    // The bins are those of doubles, the range is that of integers.
                    Kind::Integer => order::of_integer(middle_double(first, last).trunc() as i64).clamp(least, most),
                    Kind::Number => {
                        let (first, last) = (first.clamp(least, most), last.clamp(least, most));
                        order::of_double(middle_double(first, last) + 0.0).clamp(least, most)
                    }
                    _ => {
                        let (first, last) = (first.clamp(least, most), last.clamp(least, most));
                        first + (last - first) / 2
                    }
                };
                (middle, count)
            })
            .collect()
    }
}

/// The code by which the histogram has a value; for integers that of the nearest double, so that the width of a bin grows
/// with the numbers in it.
#[inline]
fn bin_code(kind: Kind, code: u64) -> u64 {
    match kind {
        Kind::Integer => order::of_double(order::integer(code) as f64),
        _ => code,
    }
}

/// The number in the middle between two codes of doubles; 0 when it is among them.
fn middle_double(first: u64, last: u64) -> f64 {
    let zero = order::of_double(0.0);
    if (first..=last).contains(&zero) {
        return 0.0;
    }
    order::double(first) / 2.0 + order::double(last) / 2.0
}
