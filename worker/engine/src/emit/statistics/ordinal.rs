//! Typed values as ordinals with the same order, for ranges and quantiles.

const SIGN: u64 = 1 << 63;

/// Returns the ordinal of an integer.
#[inline]
pub(super) fn of_integer(value: i64) -> u64 {
    value as u64 ^ SIGN
}

/// Returns the integer of an ordinal.
#[inline]
pub(super) fn integer(ordinal: u64) -> i64 {
    (ordinal ^ SIGN) as i64
}

/// Returns the ordinal of a double other than NaN; −0 comes before 0.
#[inline]
pub(super) fn of_double(value: f64) -> u64 {
    let bits = value.to_bits();
    bits ^ if bits & SIGN == 0 { SIGN } else { u64::MAX }
}

/// Returns the double of an ordinal.
#[inline]
pub(super) fn double(ordinal: u64) -> f64 {
    f64::from_bits(ordinal ^ if ordinal & SIGN == 0 { u64::MAX } else { SIGN })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn codes_have_the_order_of_their_values(a: i64, b: i64, c: f64, d: f64) {
            prop_assert_eq!(of_integer(a).cmp(&of_integer(b)), a.cmp(&b));
            prop_assert_eq!(integer(of_integer(a)), a);
            prop_assert_eq!(of_double(c).cmp(&of_double(d)), c.total_cmp(&d));
            prop_assert_eq!(double(of_double(c)).to_bits(), c.to_bits());
        }
    }
}
