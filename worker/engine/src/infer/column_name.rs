//! What the name of a column says about its cells: its words, which stand between signs (`order_id`) or begin with a large letter (`orderId`).

/// The ends of words that stand for dates, years and times in German, which writes such words together (`Geburtsdatum`, `Baujahr`), and in names without
/// signs (`birthdate`).
const ENDS: [&str; 5] = ["datum", "date", "jahr", "tag", "zeit"];

/// Words of names that are likely to be those of a key.
const KEY_WORDS: [&str; 9] = ["id", "key", "code", "guid", "uuid", "identifier", "nr", "number", "no"];

/// Words of names of columns that are no key, although their values may all differ by chance.
const NO_KEY_WORDS: [&str; 14] = [
    "zip",
    "zipcode",
    "postcode",
    "postal",
    "postalcode",
    "plz",
    "phone",
    "telephone",
    "telefon",
    "telefono",
    "tel",
    "mobile",
    "fax",
    "handy",
];

/// Returns the words of a name in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let characters: Vec<char> = name.chars().collect();
    for (index, &character) in characters.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| characters[before]);
        let is_next_lower = characters.get(index + 1).is_some_and(|next| next.is_lowercase());
        // `orderId`, `IDNumber`, `date1`.
        let begins = before.is_some_and(|before| {
            character.is_uppercase() && (before.is_lowercase() || is_next_lower)
                || before.is_numeric() != character.is_numeric()
        });
        if begins || !character.is_alphanumeric() {
            words.push(String::new());
        }
        if let (true, Some(word)) = (character.is_alphanumeric(), words.last_mut()) {
            word.extend(character.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Returns true if a name has one of these words.
pub(super) fn has_word(name: &str, wanted: &[&str]) -> bool {
    let is_end = |word: &str, wanted: &str| ENDS.contains(&wanted) && word.ends_with(wanted);
    words(name).iter().any(|word| wanted.iter().any(|wanted| word == wanted || is_end(word, wanted)))
}

/// Returns true if a column of this name is likely to be a key.
pub(super) fn is_key_name(name: &str) -> bool {
    let words = words(name);
    words.last().is_some_and(|last| KEY_WORDS.contains(&last.as_str())) && can_be_key(name)
}

/// Returns false for a column of a name such as `zip_code` or `phone`, which is no key even if no value is repeated.
pub(super) fn can_be_key(name: &str) -> bool {
    !words(name).iter().any(|word| NO_KEY_WORDS.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::super::notations::{DATE_NAMES, TIME_NAMES, YEAR_NAMES};
    use super::*;

    #[test]
    fn names_are_divided_into_words() {
        for (name, expected) in [
            ("order_id", &["order", "id"][..]),
            ("orderId", &["order", "id"]),
            ("OrderID", &["order", "id"]),
            ("IDNumber", &["id", "number"]),
            ("date1", &["date", "1"]),
            ("Größe (m²)", &["größe", "m", "²"]),
            ("paid", &["paid"]),
            ("", &[]),
        ] {
            assert_eq!(words(name), expected, "{name}");
        }
    }

    #[test]
    fn names_of_keys_end_with_a_whole_word() {
        for name in ["id", "order_id", "orderId", "OrderID", "country code", "Kunden-Nr", "item no"] {
            assert!(is_key_name(name), "{name}");
        }
        for name in
            ["paid", "grid", "monkey", "barcode", "zip_code", "zipCode", "postal code", "phone number", "code_text"]
        {
            assert!(!is_key_name(name), "{name}");
        }
    }

    #[test]
    fn names_of_dates_have_a_whole_word() {
        assert!(
            has_word("Geburtsdatum", DATE_NAMES)
                && has_word("birthdate", DATE_NAMES)
                && has_word("Baujahr", YEAR_NAMES)
        );
        assert!(
            has_word("pickup day", DATE_NAMES) && !has_word("monday", DATE_NAMES) && !has_word("sometimes", TIME_NAMES)
        );
        assert!(!has_word("volcano", YEAR_NAMES) && !has_word("flora", TIME_NAMES));
    }
}
