//! Definition levels and dictionary indices in pages: the hybrid of runs and packed bits of the Parquet format ("RLE/Bit-Packing Hybrid").
//!
//! If all values are equal they are one run, otherwise one series of packed numbers: the compression saves what more
//! runs would save.

use crate::varint::push_varint;

/// Values of a group: a series has whole groups, and its last group is filled with zeros.
const GROUP: usize = 8;

/// Appends definition levels, 1 where there is a value, with their length in front. `present` is empty if all rows have a value.
pub(super) fn push_levels(present: &[bool], rows: usize, out: &mut Vec<u8>) {
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    match present.first() {
        Some(&first) if present.contains(&!first) => {
            push_varint((present.len().div_ceil(GROUP) << 1 | 1) as u64, out);
            let byte = |levels: &[bool]| levels.iter().rev().fold(0, |byte, &level| byte << 1 | u8::from(level));
            out.extend(present.chunks(GROUP).map(byte));
        }
        first => push_run(u32::from(first.copied().unwrap_or(true)), 1, rows, out),
    }
    let length = (out.len() - at - 4) as u32;
    out[at..at + 4].copy_from_slice(&length.to_le_bytes());
}

/// Appends numbers below `count`, with their width in bits in front.
pub(super) fn push_numbers(numbers: &[u32], count: usize, out: &mut Vec<u8>) {
    let width = (usize::BITS - count.saturating_sub(1).leading_zeros()).max(1);
    out.push(width as u8);
    let Some(&first) = numbers.first() else { return };
    if numbers.iter().all(|&number| number == first) {
        return push_run(first, width, numbers.len(), out);
    }
    let groups = numbers.len().div_ceil(GROUP);
    push_varint((groups << 1 | 1) as u64, out);
    let end = out.len() + groups * width as usize;
    // The bits that are not written yet, and how many there are.
    let (mut bits, mut there) = (0_u64, 0);
    for &number in numbers {
        bits |= u64::from(number) << there;
        there += width;
        if there >= u32::BITS {
            out.extend_from_slice(&(bits as u32).to_le_bytes());
            bits >>= u32::BITS;
            there -= u32::BITS;
        }
    }
    out.extend_from_slice(&bits.to_le_bytes());
    out.resize(end, 0);
}

/// Appends a run: `value`, repeated `count` times.
fn push_run(value: u32, width: u32, count: usize, out: &mut Vec<u8>) {
    push_varint((count << 1) as u64, out);
    out.extend_from_slice(&value.to_le_bytes()[..width.div_ceil(u8::BITS) as usize]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::varint::take_varint;

    fn varint(bytes: &mut &[u8]) -> usize {
        take_varint(bytes) as usize
    }

    /// Reads the values bit by bit, independently of the writer.
    fn read(mut bytes: &[u8], width: usize, count: usize) -> Vec<u32> {
        let header = varint(&mut bytes);
        let bit = |at: usize| u32::from(bytes[at / 8] >> (at % 8) & 1);
        let value = |from: usize| (0..width).map(|nth| bit(from + nth) << nth).sum();
        let (values, length): (Vec<u32>, usize) = match header & 1 {
            0 => (vec![value(0); header >> 1], width.div_ceil(8)),
            _ => ((0..(header >> 1) * 8).map(|nth| value(nth * width)).collect(), (header >> 1) * width),
        };
        assert_eq!(bytes.len(), length);
        assert!(values.len() >= count && values[count..].iter().all(|&value| value == 0));
        values[..count].to_vec()
    }

    proptest! {
        #[test]
        fn numbers_read_back(numbers in prop::collection::vec(any::<u32>(), 1..200), count in 1..2_000_000_u32, is_one: bool) {
            let numbers: Vec<u32> = numbers.iter().map(|&number| if is_one { count - 1 } else { number % count }).collect();
            let mut out = Vec::new();
            push_numbers(&numbers, count as usize, &mut out);
            let width = usize::from(out[0]);
            prop_assert!(width <= 32 && u64::from(count - 1) < 1 << width);
            prop_assert_eq!(read(&out[1..], width, numbers.len()), numbers);
        }

        #[test]
        fn levels_read_back(present in prop::collection::vec(any::<bool>(), 1..200), is_one: bool) {
            let present: Vec<bool> = present.iter().map(|&level| level || is_one).collect();
            let mut out = Vec::new();
            push_levels(&present, present.len(), &mut out);
            let length = u32::from_le_bytes([out[0], out[1], out[2], out[3]]) as usize;
            prop_assert_eq!(length, out.len() - 4);
            let levels: Vec<u32> = present.iter().copied().map(u32::from).collect();
            prop_assert_eq!(read(&out[4..], 1, present.len()), levels);
            if is_one {
                let mut all = Vec::new();
                push_levels(&[], present.len(), &mut all);
                prop_assert_eq!(all, out);
            }
        }
    }
}
