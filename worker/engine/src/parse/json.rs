//! JSON in a cell (RFC 8259), as a value that is compared exactly.
//!
//! Numbers are decimals with any number of digits, so that `1.0` is `1` and no digit is lost. If a name appears twice in an object, its last
//! value counts, as in JavaScript and Python. The nesting and the number of values are bounded, because the sender of a cell must not decide
//! how much stack and memory are used.

use crate::parse::decimal::{ExactDecimal, Parts};

/// Deepest nesting of arrays and objects.
pub const JSON_DEPTH: usize = 64;

/// Maximum number of values in a text, those inside of arrays and objects included.
pub const JSON_VALUES: usize = 1_000_000;

/// Memory of a value in a tree, in bytes, with its canonical text where values are compared: at most 113 bytes were measured.
pub const JSON_VALUE_BYTES: usize = 128;

/// A JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true`, `false`
    Boolean(bool),
    /// A number, exactly.
    Number(ExactDecimal),
    /// A text.
    String(String),
    /// Values in their order.
    Array(Vec<Json>),
    /// Values by name.
    Object(Members),
}

/// The members of an object, sorted by name; no name occurs twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members(Box<[(String, Json)]>);

impl Members {
    /// Returns the value of the member with this name.
    pub fn get(&self, name: &str) -> Option<&Json> {
        let index = self.0.binary_search_by(|(other, _)| other.as_str().cmp(name)).ok()?;
        Some(&self.0[index].1)
    }

    /// Returns the members in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &(String, Json)> {
        self.0.iter()
    }

    /// Returns the number of members.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl FromIterator<(String, Json)> for Members {
    /// Collects members; the last one counts of those with the same name.
    fn from_iter<I: IntoIterator<Item = (String, Json)>>(members: I) -> Self {
        let mut members: Vec<_> = members.into_iter().collect();
        // The sort is stable, and of equal names the first one is kept.
        members.reverse();
        members.sort_by(|(one, _), (other, _)| one.cmp(other));
        members.dedup_by(|(later, _), (kept, _)| later == kept);
        Self(members.into())
    }
}

impl Json {
    /// Reads a text that is one JSON value, perhaps with white space around it; `None` when the text is not JSON, is nested deeper than
    /// [`JSON_DEPTH`], or has more values than [`JSON_VALUES`].
    pub fn read(text: &[u8]) -> Option<Self> {
        Reader::<true>::read(text)
    }

    /// Returns the number of values, those inside of arrays and objects included; at most [`JSON_VALUES`].
    pub fn count(&self) -> u32 {
        1 + match self {
            Self::Array(values) => values.iter().map(Self::count).sum(),
            Self::Object(members) => members.iter().map(|(_, value)| value.count()).sum(),
            Self::Null | Self::Boolean(_) | Self::Number(_) | Self::String(_) => 0,
        }
    }

    /// Returns true if [`Self::read`] reads the text. No value is built.
    pub fn is_json(text: &[u8]) -> bool {
        Reader::<false>::read(text).is_some()
    }

    /// Writes a text that equal values share, and different values do not.
    pub fn write_canonical(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Boolean(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Self::Number(number) => number.write_canonical(out),
            Self::String(text) => write_string(text, out),
            Self::Array(items) => {
                out.push(b'[');
                for item in items {
                    item.write_canonical(out);
                    out.push(b',');
                }
                out.push(b']');
            }
            Self::Object(members) => {
                out.push(b'{');
                for (name, value) in members.iter() {
                    write_string(name, out);
                    out.push(b':');
                    value.write_canonical(out);
                    out.push(b',');
                }
                out.push(b'}');
            }
        }
    }
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// Reads a value. Without `BUILDS`, arrays, objects and texts come out empty and all numbers alike, and nothing is allocated.
struct Reader<'t, const BUILDS: bool> {
    text: &'t str,
    at: usize,
    /// How many more values there may be.
    values: usize,
}

impl<'t, const BUILDS: bool> Reader<'t, BUILDS> {
    fn read(text: &'t [u8]) -> Option<Json> {
        let mut reader = Self { text: str::from_utf8(text).ok()?, at: 0, values: JSON_VALUES };
        let value = reader.value(0)?;
        reader.skip_space();
        (reader.at == text.len()).then_some(value)
    }

    fn rest(&self) -> &[u8] {
        &self.text.as_bytes()[self.at..]
    }

    fn skip_space(&mut self) {
        self.at += self.rest().iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
    }

    /// Skips white space, and reads `byte` if it comes next. Returns whether it did.
    fn takes(&mut self, byte: u8) -> bool {
        self.skip_space();
        let is_there = self.rest().first() == Some(&byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn word(&mut self, word: &str, value: Json) -> Option<Json> {
        self.rest().starts_with(word.as_bytes()).then(|| {
            self.at += word.len();
            value
        })
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        self.skip_space();
        self.values = self.values.checked_sub(1)?;
        match self.rest().first()? {
            b'[' | b'{' if depth == JSON_DEPTH => None,
            b'[' => self.array(depth + 1),
            b'{' => self.object(depth + 1),
            b'"' => self.string().map(Json::String),
            b'n' => self.word("null", Json::Null),
            b't' => self.word("true", Json::Boolean(true)),
            b'f' => self.word("false", Json::Boolean(false)),
            _ => self.number(),
        }
    }

    fn array(&mut self, depth: usize) -> Option<Json> {
        self.at += 1;
        let mut items = Vec::new();
        if self.takes(b']') {
            return Some(Json::Array(items));
        }
        loop {
            let item = self.value(depth)?;
            if BUILDS {
                items.push(item);
            }
            if self.takes(b']') {
                items.shrink_to_fit();
                return Some(Json::Array(items));
            }
            if !self.takes(b',') {
                return None;
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<Json> {
        self.at += 1;
        let mut members = Vec::new();
        if self.takes(b'}') {
            return Some(Json::Object(Members::default()));
        }
        loop {
            self.skip_space();
            let name = self.string()?;
            if !self.takes(b':') {
                return None;
            }
            let value = self.value(depth)?;
            if BUILDS {
                members.push((name, value));
            }
            if self.takes(b'}') {
                return Some(Json::Object(members.into_iter().collect()));
            }
            if !self.takes(b',') {
                return None;
            }
        }
    }

    fn number(&mut self) -> Option<Json> {
        let is_part = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let length = self.rest().iter().take_while(is_part).count();
        let text = &self.rest()[..length];
        let digits = text.strip_prefix(b"-").unwrap_or(text);
        let whole = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        // JSON has neither a plus in front, nor leading zeros, nor a point without digits on both sides.
        let is_strict = whole > 0
            && (whole == 1 || digits[0] != b'0')
            && (digits.get(whole) != Some(&b'.') || digits.get(whole + 1).is_some_and(u8::is_ascii_digit));
        if !is_strict || Parts::of(text).is_none() {
            return None;
        }
        let number = if BUILDS { Json::Number(ExactDecimal::of(text)) } else { Json::Null };
        self.at += length;
        Some(number)
    }

    fn string(&mut self) -> Option<String> {
        if !self.takes(b'"') {
            return None;
        }
        let mut string = String::new();
        loop {
            let plain = self.rest().iter().take_while(|&&byte| byte >= 0x20 && !matches!(byte, b'"' | b'\\')).count();
            let text = self.text.get(self.at..self.at + plain)?;
            if BUILDS {
                string.push_str(text);
            }
            self.at += plain;
            match *self.rest().first()? {
                b'"' => {
                    self.at += 1;
                    return Some(string);
                }
                b'\\' => {
                    let character = self.escape()?;
                    if BUILDS {
                        string.push(character);
                    }
                }
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let character = match *self.rest().get(1)? {
            letter @ (b'"' | b'\\' | b'/') => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.unit(2)?;
                if !(0xd800..0xdc00).contains(&unit) {
                    self.at += 6;
                    return char::from_u32(unit);
                }
                // `unit` is the first half of a character beyond the first 65,536.
                let low = self
                    .unit(8)
                    .filter(|low| self.rest()[6..].starts_with(b"\\u") && (0xdc00..0xe000).contains(low))?;
                self.at += 12;
                return char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
            }
            _ => return None,
        };
        self.at += 2;
        Some(character)
    }

    /// Reads four hexadecimal digits, `from` bytes behind the present place.
    fn unit(&self, from: usize) -> Option<u32> {
        let digits = self.rest().get(from..from + 4)?;
        digits.iter().try_fold(0, |unit, &digit| Some(unit * 16 + char::from(digit).to_digit(16)?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(text: &str) -> Option<String> {
        let mut out = Vec::new();
        Json::read(text.as_bytes())?.write_canonical(&mut out);
        String::from_utf8(out).ok()
    }

    #[test]
    fn what_is_json_and_what_is_not() {
        for text in
            ["{}", " [1, -0.5e3, \"a\\u00e9\\ud83d\\ude00\"] ", "null", "{\"a\": {\"b\": [true, false]}}", "0", "-0"]
        {
            assert!(Json::read(text.as_bytes()).is_some(), "{text}");
        }
        for text in [
            "",
            "{",
            "[1,]",
            "{\"a\"}",
            "{a: 1}",
            "01",
            "+1",
            ".5",
            "1.",
            "1.e3",
            "NaN",
            "Infinity",
            "'a'",
            "[1] x",
            "\"\n\"",
            "\"\\x\"",
            "\"\\ud800\"",
            "tru",
            "[1 2]",
            "--1",
            "\u{feff}{}",
        ] {
            assert!(Json::read(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn equal_values_share_a_text() {
        assert_eq!(canonical("{\"b\": 1.50, \"a\": [1]}"), canonical(" {\"a\":[1.0],\"b\":15e-1}"));
        assert_eq!(canonical("\"\\u0061\""), canonical("\"a\""));
        assert_ne!(canonical("[1,2]"), canonical("[12]"));
        assert_ne!(canonical("[\"1\"]"), canonical("[1]"));
        assert_ne!(canonical("[\"a\\\",\\\"b\"]"), canonical("[\"a\",\"b\"]"));
        assert_ne!(canonical("100000000000000000000001"), canonical("100000000000000000000002"));
    }

    #[test]
    fn the_nesting_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Json::read(nested(JSON_DEPTH).as_bytes()).is_some());
        assert!(Json::read(nested(JSON_DEPTH + 1).as_bytes()).is_none());
        assert!(Json::read("[".repeat(1 << 20).as_bytes()).is_none());
    }

    #[test]
    fn the_number_of_values_is_bounded() {
        let ones = |count: usize| format!("[{}1]", "1,".repeat(count - 2));
        let is_read = |text: &str| [Json::read(text.as_bytes()).is_some(), Json::is_json(text.as_bytes())];
        assert_eq!(is_read(&ones(JSON_VALUES)), [true, true]);
        assert_eq!(is_read(&ones(JSON_VALUES + 1)), [false, false]);
    }

    #[test]
    fn the_last_of_equal_names_counts() {
        assert_eq!(canonical(r#"{"b":1,"a":2,"b":3,"b":4,"a":5}"#), canonical(r#"{"a":5,"b":4}"#));
    }

    proptest! {
        #[test]
        fn texts_are_json_when_serde_takes_them(text in "[\\[\\]{}:,\"0-2.eE+\\- atruefalsn\\\\]{0,14}") {
            let expected = serde_json::from_str::<serde_json::Value>(&text).is_ok();
            let found = Json::read(text.as_bytes()).is_some();
            prop_assert_eq!(Json::is_json(text.as_bytes()), found);
            // A number beyond the doubles is JSON here, but not for serde.
            prop_assert!(found == expected || found && text.contains(['e', 'E']), "{}", text);
        }
    }
}
