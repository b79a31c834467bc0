//! One field of a schema: name, type, format.

use super::constraint;
use super::expression::Patterns;
use super::json::quoted;
use super::model::{Field, FieldType, StringFormat, TemporalFormat, Texts};
use super::place::Place;
use super::schema;
use super::spelling;
use super::strptime::{self, Purpose};

const SUPPORTED: [&str; 10] =
    ["string", "integer", "number", "boolean", "date", "datetime", "time", "year", "yearmonth", "any"];
const UNSUPPORTED: [&str; 6] = ["object", "array", "list", "duration", "geopoint", "geojson"];

/// Reads a field; `missing_values` are those of the schema.
pub(super) fn read(place: &Place<'_>, missing_values: &Texts, patterns: &mut Patterns) -> Option<Field> {
    if !place.object("write an object with at least a name") {
        return None;
    }
    let name = match place.get("name") {
        Some(name) => {
            let text = name.string("write the label of the column");
            if text == Some("") {
                name.mistake("it is empty", "write the label of the column");
            }
            if text.is_some_and(|text| text.chars().nth(crate::LABEL_CHARACTERS).is_some()) {
                name.mistake(format_args!("it has more than {} characters", crate::LABEL_CHARACTERS), "shorten it");
            }
            text.unwrap_or_default().to_owned()
        }
        None => {
            place.mistake("the field has no name", "write the label of the column");
            String::new()
        }
    };
    for key in ["categories", "categoriesOrdered"] {
        if let Some(property) = place.get(key) {
            property.unsupported(&quoted(key));
        }
    }
    let missing_values = match place.get("missingValues") {
        Some(values) => schema::missing_values(&values),
        None => missing_values.clone(),
    };
    let kind = kind(place);
    // Without the type there is nothing to read the constraints by.
    let constraints = match (&kind, place.get("constraints")) {
        (Some(kind), Some(constraints)) => constraint::read(&constraints, kind, patterns),
        _ => Default::default(),
    };
    Some(Field { name, kind: kind.unwrap_or(FieldType::Any), constraints, missing_values })
}

/// Type and format; `None` when they are mistaken.
fn kind(place: &Place<'_>) -> Option<FieldType> {
    let name = match place.get("type") {
        None => "any",
        Some(property) => {
            let name = property.string(&spelling::remedy("", &SUPPORTED))?;
            if UNSUPPORTED.contains(&name) {
                property.mistake(
                    format_args!("the type {} is not supported yet", quoted(name)),
                    "use \"string\" or \"any\"",
                );
                return None;
            }
            if !SUPPORTED.contains(&name) {
                let remedy = std::fmt::from_fn(|out| out.write_str(&spelling::remedy(name, &SUPPORTED)));
                property.mistake(format_args!("{} is not a type", quoted(name)), remedy);
                return None;
            }
            name
        }
    };
    let format = match place.get("format") {
        None => "default",
        Some(format) => format.string("write a format between quotes")?,
    };
    // The prefix stood in front of patterns in the first version of the standard, which has it removed everywhere.
    let format = format.strip_prefix("fmt:").unwrap_or(format);
    let temporal = |purpose| temporal(place, format, purpose);
    let kind = match name {
        "string" => return string_format(place, format).map(FieldType::String),
        "date" => return temporal(Purpose::Date).map(FieldType::Date),
        "datetime" => return temporal(Purpose::Datetime).map(FieldType::Datetime),
        "time" => return temporal(Purpose::Time).map(FieldType::Time),
        "integer" => FieldType::Integer { bare_number: bare_number(place), group_char: separator(place, "groupChar") },
        "number" => {
            let group_char = separator(place, "groupChar");
            let decimal_char = separator(place, "decimalChar").unwrap_or('.');
            if group_char == Some(decimal_char)
                && let Some(property) = place.get("groupChar")
            {
                property.mistake("groupChar and decimalChar are the same character", "change one of them");
            }
            FieldType::Number { bare_number: bare_number(place), group_char, decimal_char }
        }
        "boolean" => boolean(place)?,
        "year" => FieldType::Year,
        "yearmonth" => FieldType::YearMonth,
        _ => FieldType::Any,
    };
    if format != "default"
        && let Some(property) = place.get("format")
    {
        property.mistake(format_args!("the type \"{name}\" has no format {}", quoted(format)), "remove it");
        return None;
    }
    Some(kind)
}

fn string_format(place: &Place<'_>, format: &str) -> Option<StringFormat> {
    const NAMES: [(&str, StringFormat); 5] = [
        ("default", StringFormat::Default),
        ("email", StringFormat::Email),
        ("uri", StringFormat::Uri),
        ("binary", StringFormat::Binary),
        ("uuid", StringFormat::Uuid),
    ];
    let found = NAMES.iter().find(|(name, _)| *name == format);
    if let (None, Some(property)) = (found, place.get("format")) {
        property.mistake(
            format_args!("{} is not a format of a string", quoted(format)),
            spelling::remedy(format, &NAMES.map(|(name, _)| name)),
        );
    }
    found.map(|(_, format)| *format)
}

fn temporal(place: &Place<'_>, pattern: &str, purpose: Purpose) -> Option<TemporalFormat> {
    match pattern {
        "default" => return Some(TemporalFormat::Default),
        "any" => return Some(TemporalFormat::Any),
        _ => {}
    }
    let example = format!("write \"default\", \"any\" or a strptime pattern such as \"{}\"", purpose.example());
    let parsed = if pattern.contains('%') {
        strptime::parse(pattern, purpose).map_err(|reason| format!("the pattern {}: {reason}", quoted(pattern)))
    } else {
        Err(format!("{} is not a pattern", quoted(pattern)))
    };
    match parsed {
        Ok(items) => Some(TemporalFormat::Pattern(items)),
        Err(message) => {
            if let Some(property) = place.get("format") {
                property.mistake(message, example);
            }
            None
        }
    }
}

fn bare_number(place: &Place<'_>) -> bool {
    place.get("bareNumber").and_then(|property| property.boolean()).unwrap_or(true)
}

/// `groupChar` or `decimalChar`: one character that cannot be taken for a part of the number.
fn separator(place: &Place<'_>, name: &str) -> Option<char> {
    const REMEDY: &str = "write one character";
    let property = place.get(name)?;
    let text = property.string(REMEDY)?;
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) if character.is_ascii_alphanumeric() || matches!(character, '+' | '-') => {
            property.mistake(format_args!("{} is part of numbers", quoted(text)), "write another character");
            None
        }
        (Some(character), None) => Some(character),
        _ => {
            property.mistake(format_args!("{} is not one character", quoted(text)), REMEDY);
            None
        }
    }
}

fn boolean(place: &Place<'_>) -> Option<FieldType> {
    let texts = |name, defaults: [&str; 4]| {
        let Some(property) = place.get(name) else {
            return Some(defaults.map(str::to_owned).to_vec());
        };
        let items = property.array("write a list of texts")?;
        if items.is_empty() {
            property.mistake("it is empty", "write at least one text");
        }
        let strings = items.iter().map(|item| item.string("write the text between quotes"));
        strings.map(|text| text.map(str::to_owned)).collect::<Option<Vec<String>>>()
    };
    let true_values = texts("trueValues", ["true", "True", "TRUE", "1"]);
    let false_values = texts("falseValues", ["false", "False", "FALSE", "0"]);
    let (true_values, false_values) = (Texts::from(true_values?), Texts::from(false_values?));
    if let Some(both) = false_values.iter().find(|text| true_values.holds(text.as_bytes())) {
        let property = place.get("falseValues").or_else(|| place.get("trueValues"))?;
        property.mistake(format_args!("{} stands for true and for false", quoted(both)), "keep it in one of the lists");
        return None;
    }
    Some(FieldType::Boolean { true_values, false_values })
}
