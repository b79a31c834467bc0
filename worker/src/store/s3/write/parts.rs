//! The sizes of the parts of an upload.

use super::super::MIB;

/// Size of a part, in bytes, unless the object is very large.
const PART: u64 = 8 * MIB;

/// Maximum number of parts of an object that is as large as its source. From this part on, parts grow.
const GROWING: u32 = 8_000;

/// Maximum number of parts that S3 takes.
pub(super) const PARTS: u32 = 10_000;

/// Returns the size of a part, in bytes, of an object that is made from a source of `source` bytes: 8 MiB up to 62 GiB.
pub(crate) fn part_of(source: u64) -> u64 {
    PART.max(source.div_ceil(GROWING.into()).next_multiple_of(MIB))
}

/// Returns the size of the part with this number, in bytes. `number` counts from 0, `written` bytes are in the parts before it, and
/// the first parts have `first` bytes.
///
/// As parts grow by a 256th of what has been written, 10,000 parts suffice for 5 TiB, whatever size was expected, and no part is
/// larger than S3 takes (5 GiB).
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
