//! The labels of a file → names of fields: as they are, by alias, or by a way of matching that ignores letter case or more.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::descriptor::{Alias, Descriptor, HeaderMatch, Headers};
use crate::report::{LABEL_USE_CHARACTERS, LABEL_USES, LabelMatch, LabelUse};
use crate::shown::{LABEL, cut, quoted};

/// Stands for a label that is not shown.
pub(crate) const REDACTED: &str = "(redacted)";

/// The labels of a file, and the name that each of them stands for.
pub(crate) struct FileLabels<'a> {
    labels: &'a [String],
    /// The names of the fields, if the descriptor redacts some: other labels are not shown then. In a file whose header is missing they are values.
    shown_labels: Option<HashSet<&'a str>>,
    /// By column: the name of the field that the label stands for, or the label itself.
    pub(crate) names: Vec<Cow<'a, str>>,
    /// Labels that are spelled differently from their field, by column: the first [`LABEL_USES`].
    pub(crate) uses: Vec<LabelUse>,
    /// How many more such labels there are.
    pub(crate) uses_omitted: u64,
}

impl<'a> FileLabels<'a> {
    pub(crate) fn new(labels: &'a [String], descriptor: &'a Descriptor) -> Self {
        let fields = descriptor.schema.iter().flat_map(|schema| &schema.fields).map(|field| &*field.name);
        let mut found = Self {
            labels,
            shown_labels: (!descriptor.settings.redact.is_empty()).then(|| fields.collect()),
            names: Vec::with_capacity(labels.len()),
            uses: Vec::new(),
            uses_omitted: 0,
        };
        let matcher = Matcher::of(descriptor);
        let mut used = Used::default();
        for (column, label) in labels.iter().enumerate() {
            match matcher.as_ref().and_then(|matcher| matcher.field_of(label, &mut used)) {
                None => found.names.push(Cow::Borrowed(label)),
                Some(MatchedField { field, by }) => {
                    found.names.push(Cow::Borrowed(field));
                    found.note(column, label, field, by);
                }
            }
        }
        found
    }

    fn note(&mut self, column: usize, label: &str, field: &str, by: LabelMatch) {
        if self.uses.len() == LABEL_USES {
            self.uses_omitted += 1;
            return;
        }
        let text = |text: &str| {
            let mut text = text.to_owned();
            cut(&mut text, LABEL_USE_CHARACTERS);
            text
        };
        self.uses.push(LabelUse { column: column as u64 + 1, label: text(label), field: text(field), by });
    }

    /// Returns a label as messages show it, with the field that it stands for.
    pub(crate) fn shown(&self, column: usize) -> String {
        let (label, name) = (&self.labels[column], &self.names[column]);
        if self.shown_labels.as_ref().is_some_and(|fields| !fields.contains(&**name)) {
            return REDACTED.to_owned();
        }
        match label == name {
            true => quoted(label, LABEL),
            false => format!("{} (for {})", quoted(label, LABEL), quoted(name, LABEL)),
        }
    }
}

/// The field that a label stands for.
#[derive(Clone, Copy)]
struct MatchedField<'a> {
    field: &'a str,
    /// How the label matches.
    by: LabelMatch,
}

/// Finds the field that a label stands for. Built only for descriptors that allow labels to differ from the names of fields.
struct Matcher<'a> {
    fields: HashSet<&'a str>,
    /// For each alias, the fields that it stands for: the first time for the first one.
    aliases: Vec<Vec<&'a str>>,
    /// The index of each alias.
    by_label: HashMap<&'a str, usize>,
    matching: HeaderMatch,
    /// How a label that is no alias matches.
    by: LabelMatch,
    /// Fields by their folded names, and aliases by their folded labels.
    folded: HashMap<String, Folded<'a>>,
}

/// What a folded label stands for.
#[derive(Clone, Copy)]
enum Folded<'a> {
    Field(&'a str),
    /// An alias, by its index.
    Alias(usize),
}

/// How often each alias was found in a header so far.
#[derive(Default)]
struct Used(HashMap<usize, usize>);

impl<'a> Matcher<'a> {
    fn of(descriptor: &'a Descriptor) -> Option<Self> {
        let Headers { matching, aliases } = &descriptor.settings.headers;
        let schema = descriptor.schema.as_ref()?;
        if *matching == HeaderMatch::Exact && aliases.is_empty() {
            return None;
        }
        let by = match matching {
            HeaderMatch::Exact | HeaderMatch::Case => LabelMatch::Case,
            HeaderMatch::Normalized => LabelMatch::Normalized,
        };
        let mut fields_of: Vec<Vec<&str>> = Vec::new();
        let mut by_label = HashMap::new();
        let mut folded = HashMap::new();
        for Alias { label, field } in aliases {
            let number = *by_label.entry(&**label).or_insert(fields_of.len());
            if number == fields_of.len() {
                fields_of.push(Vec::new());
                folded.extend(matching.fold(label).map(|label| (label, Folded::Alias(number))));
            }
            fields_of[number].push(field);
        }
        for field in &schema.fields {
            folded.extend(matching.fold(&field.name).map(|label| (label, Folded::Field(&field.name))));
        }
        let fields = schema.fields.iter().map(|field| &*field.name).collect();
        Some(Self { fields, aliases: fields_of, by_label, matching: *matching, by, folded })
    }

    /// Returns the field that a label stands for; `None` if the label is the name of a field, or matches none. A label that occurs more often than
    /// it has fields stands for the last one again, which refuses the file.
    fn field_of(&self, label: &str, used: &mut Used) -> Option<MatchedField<'a>> {
        if self.fields.contains(label) {
            return None;
        }
        let found = match self.by_label.get(label) {
            Some(&number) => Folded::Alias(number),
            None => *self.folded.get(&self.matching.fold(label)?)?,
        };
        match found {
            Folded::Field(field) => Some(MatchedField { field, by: self.by }),
            Folded::Alias(number) => {
                let fields = &self.aliases[number];
                let nth = used.0.entry(number).or_default();
                *nth += 1;
                let field = fields.get(*nth - 1).or(fields.last())?;
                Some(MatchedField { field, by: LabelMatch::Alias })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::descriptor::{FieldsMatch, Schema};
    use crate::read::header::columns_of;
    use crate::types::FieldType;
    use crate::types::{Any, Constraints, Field};

    const ALIASES: [(&str, &str); 2] = [("Anzahl", "order qty"), ("№", "id")];

    fn descriptor(matching: HeaderMatch, aliases: &[(&str, &str)], names: &[&str]) -> Descriptor {
        let field = |name: &&str| Field {
            name: (*name).to_owned(),
            kind: FieldType::Any(Any),
            constraints: Constraints::default(),
            missing_values: vec![String::new()].into(),
        };
        let fields = names.iter().map(field).collect();
        let schema = Schema { fields, fields_match: FieldsMatch::Subset, keys: Vec::new(), foreign_keys: Vec::new() };
        let mut descriptor = Descriptor { schema: Some(schema), ..Descriptor::structural() };
        let owned = |(label, field): &(&str, &str)| Alias { label: (*label).to_owned(), field: (*field).to_owned() };
        descriptor.settings.headers = Headers { matching, aliases: aliases.iter().map(owned).collect() };
        descriptor
    }

    /// The names that labels stand for, and how many of them are reported.
    fn names(matching: HeaderMatch, labels: &[&str]) -> (Vec<String>, Vec<(u64, LabelMatch)>) {
        let descriptor = descriptor(matching, &ALIASES, &["id", "order qty", "Straße", "%"]);
        let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
        let found = FileLabels::new(&labels, &descriptor);
        let uses = found.uses.iter().map(|used| (used.column, used.by)).collect();
        (found.names.iter().map(ToString::to_string).collect(), uses)
    }

    #[test]
    fn labels_stand_for_fields_by_alias_case_or_letters() {
        use HeaderMatch::{Case, Exact, Normalized};
        use LabelMatch::{Alias, Case as ByCase, Normalized as ByLetters};
        let labels = ["Anzahl", "ID", "STRASSE", "%", "other"];
        assert_eq!(
            names(Exact, &labels),
            (["order qty", "ID", "STRASSE", "%", "other"].map(str::to_owned).into(), vec![(1, Alias)])
        );
        assert_eq!(
            names(Case, &labels),
            (
                ["order qty", "id", "Straße", "%", "other"].map(str::to_owned).into(),
                vec![(1, Alias), (2, ByCase), (3, ByCase)]
            )
        );
        assert_eq!(names(Case, &["ANZAHL", "№", "Order_Qty"]).1, [(1, Alias), (2, Alias)]);
        assert_eq!(
            names(Normalized, &["OrderQty", " order_qty ", "anzahl:", "% ", "id"]),
            (
                ["order qty", "order qty", "order qty", "% ", "id"].map(str::to_owned).into(),
                vec![(1, ByLetters), (2, ByLetters), (3, Alias)]
            )
        );
    }

    #[test]
    fn a_label_that_occurs_several_times_stands_for_its_fields_in_their_order() {
        let aliases = [("", "a"), ("", "b"), ("no", "c"), ("no", "d")];
        for (matching, labels, expected) in [
            (HeaderMatch::Exact, ["", "no", "", "no"], Ok(["a", "c", "b", "d"])),
            (HeaderMatch::Case, ["NO", "", "No", ""], Ok(["c", "a", "d", "b"])),
            (HeaderMatch::Exact, ["", "b", "c", "d"], Ok(["a", "b", "c", "d"])),
            (HeaderMatch::Exact, ["", "", "", "no"], Err(r#"columns 2 and 3 are both "" (for "b")"#)),
            (HeaderMatch::Exact, ["a", "", "no", "no"], Err(r#"columns 1 "a" and 2 "" (for "a") are one field"#)),
        ] {
            let descriptor = descriptor(matching, &aliases, &["a", "b", "c", "d"]);
            let labels = labels.map(str::to_owned);
            let columns = columns_of(&FileLabels::new(&labels, &descriptor), &descriptor);
            match (columns, expected) {
                (Ok(columns), Ok(expected)) => {
                    assert_eq!(columns.iter().map(|column| &*column.name).collect::<Vec<_>>(), expected);
                }
                (Err(faults), Err(expected)) => assert!(faults.message().contains(expected), "{}", faults.message()),
                (found, _) => panic!("{labels:?}: {found:?}"),
            }
        }
    }

    #[test]
    fn two_labels_of_one_field_refuse_the_file() {
        let descriptor = descriptor(HeaderMatch::Case, &[("no", "id")], &["id"]);
        for (labels, message) in [
            (["id", "ID"], r#"columns 1 "id" and 2 "ID" (for "id") are one field"#),
            (["Id", "no"], r#"columns 1 "Id" (for "id") and 2 "no" (for "id") are one field"#),
            (["id", "id"], r#"columns 1 and 2 are both "id""#),
        ] {
            let labels = labels.map(str::to_owned);
            let faults = columns_of(&FileLabels::new(&labels, &descriptor), &descriptor).expect_err("a field twice");
            assert_eq!(faults.message(), format!("the header does not fit the schema: {message}"));
        }
    }

    #[test]
    fn of_many_long_labels_some_are_reported_and_cut() {
        let fields: Vec<String> = (0..LABEL_USES + 7).map(|number| format!("{number}{}", "x".repeat(500))).collect();
        let names: Vec<&str> = fields.iter().map(String::as_str).collect();
        let descriptor = descriptor(HeaderMatch::Case, &[], &names);
        let labels: Vec<String> = fields.iter().map(|field| field.to_uppercase()).collect();
        let found = FileLabels::new(&labels, &descriptor);
        assert_eq!((found.uses.len(), found.uses_omitted), (LABEL_USES, 7));
        assert!(found.uses.iter().all(|used| used.label.chars().count() == LABEL_USE_CHARACTERS + 1));
        assert!(columns_of(&found, &descriptor).is_ok());
    }

    proptest! {
        /// Folding is idempotent: a folded label folds to itself.
        #[test]
        fn a_folded_label_stays_as_it_is(label in ".{0,8}") {
            for matching in [HeaderMatch::Case, HeaderMatch::Normalized] {
                if let Some(folded) = matching.fold(&label) {
                    prop_assert_eq!(matching.fold(&folded), Some(folded));
                }
            }
        }
    }
}
