//! Numbers in groups of seven bits, the lowest first (LEB128).

/// Appends a number.
pub(crate) fn push_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Takes the first number off the bytes; 0 if there are none.
pub(crate) fn take_varint(bytes: &mut &[u8]) -> u64 {
    let (mut number, mut shift) = (0, 0);
    while let Some((&byte, rest)) = bytes.split_first() {
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            break;
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_back() {
        let numbers = [0, 1, 0x7f, 0x80, 0x3fff, 0x4000, u64::MAX];
        let mut written = Vec::new();
        numbers.iter().for_each(|&number| push_varint(number, &mut written));
        assert_eq!(written[..4], [0, 1, 0x7f, 0x80]);
        let mut rest = &written[..];
        assert_eq!(numbers.map(|_| take_varint(&mut rest)), numbers);
        assert!(rest.is_empty());
    }
}
