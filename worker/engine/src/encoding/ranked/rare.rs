//! Counts the rare characters that a text has in an encoding of Chinese, Japanese or Korean. These encodings list common characters before rare ones,
//! so the first byte tells which of them a character is. Bytes of other encodings look like rare and common ones alike.

use std::ops::RangeInclusive;

use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, SHIFT_JIS};

/// The first bytes of the common characters of an encoding: its symbols and kana, and the letters that schools teach first.
struct Common {
    /// Letters of Chinese, or syllables of Korean.
    letters: RangeInclusive<u8>,
    /// Symbols, punctuation and, in Japanese, kana.
    others: RangeInclusive<u8>,
    /// Bytes above ASCII that are a character alone: half-width katakana.
    alone: Option<RangeInclusive<u8>>,
}

impl Common {
    fn of(encoding: &'static Encoding) -> Option<Self> {
        let both = |letters, others| Some(Self { letters, others, alone: None });
        match () {
            () if encoding == SHIFT_JIS => {
                Some(Self { letters: 0x88..=0x98, others: 0x81..=0x83, alone: Some(0xa1..=0xdf) })
            }
            () if encoding == EUC_JP => both(0xb0..=0xcf, 0xa1..=0xa5),
            // The kana of Chinese and Korean encodings, A4 and A5, are rare in texts of these languages.
            () if encoding == GB18030 || encoding == GBK => both(0xb0..=0xd7, 0xa1..=0xa3),
            () if encoding == BIG5 => both(0xa4..=0xc6, 0xa1..=0xa3),
            () if encoding == EUC_KR => both(0xb0..=0xc8, 0xa1..=0xa3),
            () => None,
        }
    }
}

/// Returns true for an encoding of Chinese, Japanese or Korean.
pub(super) fn has(encoding: &'static Encoding) -> bool {
    Common::of(encoding).is_some()
}

/// Counts the rare characters of a text in an encoding; 0 in an encoding of one byte for each character.
pub(super) fn characters(text: &[u8], encoding: &'static Encoding) -> usize {
    let Some(common) = Common::of(encoding) else { return 0 };
    let (mut rare, mut at) = (0, 0);
    while let Some(&first) = text.get(at) {
        if first.is_ascii() || common.alone.as_ref().is_some_and(|alone| alone.contains(&first)) {
            at += 1;
        } else {
            rare += usize::from(!common.letters.contains(&first) && !common.others.contains(&first));
            at += 2;
        }
    }
    rare
}
