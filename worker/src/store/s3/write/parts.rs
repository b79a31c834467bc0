//! The sizes of the parts of an upload.

use super::super::MIB;

/// Size of a part, in bytes, unless the object is very large.
const PART: u64 = 8 * MIB;

/// Maximum number of parts of an object that is as large as its source. An object that is larger has parts that grow.
const EXPECTED: u32 = 4_000;

/// What has been written is this many times the size of the next part, in an object larger than its source.
const GROWTH: u64 = 1_150;

/// Maximum number of parts that S3 takes.
pub(super) const PARTS: u32 = 10_000;

/// Returns the size of a part, in bytes, of an object that is made from a source of `source` bytes: 8 MiB up to 31 GiB.
pub(crate) fn part_of(source: u64) -> u64 {
    PART.max(source.div_ceil(EXPECTED.into()).next_multiple_of(MIB))
}

/// Returns the size of the next part, in bytes, when `written` bytes are in the parts before it, and the first parts have `first` bytes.
///
/// The rejects of a file may be many times as large as the file. As parts grow evenly from the expected size on, 10,000 parts suffice
/// for 5 TiB, whatever size was expected, no part is larger than S3 takes (5 GiB), and rejects of 400 GB have parts of 350 MiB.
pub(super) fn part_bytes(written: u64, first: u64) -> u64 {
    if written < first * u64::from(EXPECTED) {
        return first;
    }
    first.max((written / GROWTH).next_multiple_of(MIB)).min(5 << 30)
}

#[cfg(test)]
mod tests {
    use super::{EXPECTED, MIB, PART, PARTS, part_bytes, part_of};

    #[test]
    fn ten_thousand_parts_suffice_for_five_tebibytes_whatever_was_expected() {
        for source in [0, 1, 60 << 30, 1 << 40, 5 << 40] {
            let (first, mut written) = (part_of(source), 0);
            for number in 0..PARTS {
                let bytes = part_bytes(written, first);
                assert!(bytes.is_multiple_of(MIB) && (5 * MIB..=5 << 30).contains(&bytes), "part {number}: {bytes}");
                written += bytes;
            }
            assert!(written >= 5 << 40, "{source}: {written}");
        }
    }

    #[test]
    fn parts_do_not_grow_for_an_object_as_large_as_its_source() {
        for source in [0, 1, 60 << 30, 1 << 40, 5 << 40] {
            assert!(part_of(source) * u64::from(EXPECTED) >= source, "{source}");
        }
        assert_eq!((part_of(0), part_of(31 << 30), part_of(500 << 30)), (PART, PART, 128 * MIB));
    }

    #[test]
    fn parts_of_a_sixth_of_five_tebibytes_stay_below_a_gibibyte() {
        for (source, all, most) in
            [(1 << 30, 6 << 30, 8), (20 << 30, 128 << 30, 114), (60 << 30, 384 << 30, 342), (90 << 30, 600 << 30, 534)]
        {
            let (first, mut written, mut largest) = (part_of(source), 0, 0);
            while written < all {
                largest = part_bytes(written, first);
                written += largest;
            }
            assert_eq!(largest / MIB, most, "{source}");
        }
    }
}
