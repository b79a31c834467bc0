//! How large the parts of an upload are.

use super::super::MIB;

/// Bytes of a part of an object that is not very large.
const PART: u64 = 8 * MIB;

/// An object is cut so that it has no more parts than this when it is as large as what it is made of. From this part on they grow.
const GROWING: u32 = 8_000;

/// Most parts that S3 takes.
pub(super) const PARTS: u32 = 10_000;

/// Bytes of a part of an object that is made of one of `source` bytes: 8 MiB up to 62 GiB.
pub(crate) fn part_of(source: u64) -> u64 {
    PART.max(source.div_ceil(GROWING.into()).next_multiple_of(MIB))
}

/// Bytes of the part with this number, counted from 0, when `written` bytes have gone before; the first ones have `first`.
///
/// Growing by a 256th of what has been written, 10,000 parts suffice for 5 TiB whatever was expected, and none is larger than S3
/// takes (5 GiB).
pub(super) fn part_bytes(number: u32, written: u64, first: u64) -> u64 {
    if number < GROWING { first } else { first.max((written / 256).next_multiple_of(MIB)) }.min(5 << 30)
}

#[cfg(test)]
mod tests {
    use super::{GROWING, MIB, PART, PARTS, part_bytes, part_of};

    #[test]
    fn ten_thousand_parts_suffice_for_five_tebibytes_whatever_was_expected() {
        for source in [0, 1, 60 << 30, 1 << 40, 5 << 40] {
            let (first, mut written) = (part_of(source), 0);
            for number in 0..PARTS {
                let bytes = part_bytes(number, written, first);
                assert!(bytes.is_multiple_of(MIB) && (5 * MIB..=5 << 30).contains(&bytes), "part {number}: {bytes}");
                written += bytes;
            }
            assert!(written >= 5 << 40, "{source}: {written}");
        }
    }

    #[test]
    fn parts_do_not_grow_for_an_object_as_large_as_its_source() {
        for source in [0, 1, 60 << 30, 1 << 40, 5 << 40] {
            assert!(part_of(source) * u64::from(GROWING) >= source, "{source}");
        }
        assert_eq!((part_of(0), part_of(62 << 30), part_of(500 << 30)), (PART, PART, 64 * MIB));
    }
}
