//! The tags of all resources.

use std::collections::BTreeMap;

use super::reader::Reader;

/// Returns true if IAM allows the character in tags; other services allow no fewer
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html>).
fn is_of_tags(character: char) -> bool {
    character.is_alphanumeric() || " _.:/=+-@".contains(character)
}

/// Reads the tags of all resources, with those that the stack sets.
pub(super) fn read(reader: &mut Reader<'_>, project: &str, stack: &str) -> BTreeMap<String, String> {
    let given: BTreeMap<String, String> =
        reader.structure("tags", "an object of texts, like {\"team\": \"data\"}", |text| serde_json::from_str(text));
    for (key, value) in &given {
        if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
            reader.fault_of("tags", format!("{key:?}: a key has 1 to 128 characters, a value up to 256"));
        } else if let Some(character) = key.chars().chain(value.chars()).find(|character| !is_of_tags(*character)) {
            reader.fault_of("tags", format!("{key:?}: AWS does not allow {character:?} in a tag; use letters, digits, spaces and _ . : / = + - @"));
        } else if key.to_ascii_lowercase().starts_with("aws:") {
            reader.fault_of("tags", format!("{key:?}: keys that begin with aws: belong to AWS"));
        } else if key == "Name" {
            reader.fault_of("tags", "\"Name\": every resource has a name of its own");
        }
        if given.keys().any(|other| other < key && other.to_lowercase() == key.to_lowercase()) {
            reader.fault_of(
                "tags",
                format!("{key:?} differs from another key only in case; IAM takes both for the same key"),
            );
        }
    }
    // AWS allows 50 tags, and 3 of them are the stack's own.
    if given.len() > 47 {
        reader
            .fault_of("tags", format!("AWS allows 50 tags, of which the stack sets three; {} are given", given.len()));
    }
    let ours = [("sluice:project", project), ("sluice:stack", stack)];
    ours.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).chain(given).collect()
}
