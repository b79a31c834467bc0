//! Texts of up to sixteen bytes as one number: what is done with a number needs neither a call nor a loop.

/// Longest text that is one number.
pub(crate) const LONGEST: usize = 16;

/// The bytes of `text`, the first one in the lowest place, with zeros behind; `None` for more than sixteen.
#[inline(always)]
pub(crate) fn short(text: &[u8]) -> Option<u128> {
    let length = text.len();
    // Two reads that overlap: the overlap is the same bytes in the same places.
    Some(match length {
        0 => 0,
        1..4 => {
            let at = |place: usize| u128::from(text[place]) << (8 * place);
            at(0) | at(length / 2) | at(length - 1)
        }
        4..8 => ends::<4>(text, |bytes| u32::from_le_bytes(bytes).into())?,
        8..=LONGEST => ends::<8>(text, |bytes| u64::from_le_bytes(bytes).into())?,
        _ => return None,
    })
}

#[inline(always)]
fn ends<const N: usize>(text: &[u8], number: impl Fn([u8; N]) -> u128) -> Option<u128> {
    let (first, last) = (text.first_chunk()?, text.last_chunk()?);
    Some(number(*first) | number(*last) << (8 * (text.len() - N)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_stand_in_their_places() {
        let text: Vec<u8> = (1..=20).collect();
        for length in 0..=20 {
            let mut bytes = [0; LONGEST];
            let expected = text.get(..length).filter(|_| length <= LONGEST).map(|text| {
                bytes[..length].copy_from_slice(text);
                u128::from_le_bytes(bytes)
            });
            assert_eq!(short(&text[..length]), expected);
        }
    }
}
