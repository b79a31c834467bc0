//! `sluice.rules`: the rules of a row, read against the fields of the schema.

use std::collections::HashMap;
use std::sync::Arc;

use super::model::{Rule, Schema, Severity};
use super::settings;
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::document::spelling;
use crate::rules::message::Message;
use crate::rules::{Kind, Node, RULES, parse};

/// Most characters of the name of a rule, which stands in every reject of the rule and in reports.
const NAME_CHARACTERS: usize = 100;

/// Most characters of the help of a rule.
const HELP_CHARACTERS: usize = 200;

/// Most fields, operators and calls in all rules together. Each takes 1.3 kB of memory for each file that is checked.
const COMPUTED: usize = 16_384;

/// Reads the rules of a `sluice` object, as conditions over the fields of `schema`.
pub(super) fn read(place: &Place<'_>, schema: Option<&Schema>) -> Vec<Rule> {
    let Some(list) = place.get("rules") else { return Vec::new() };
    let items = list.array("write a list of rules").unwrap_or_default();
    if items.len() > RULES {
        list.mistake(format_args!("{} rules are more than {RULES}", items.len()), "shorten the list");
        return Vec::new();
    }
    if schema.is_none() && !items.is_empty() {
        list.mistake("there is no schema whose fields they could read", "write a schema");
        return Vec::new();
    }
    // Of several fields with one name the first is meant.
    let fields = schema.iter().flat_map(|schema| schema.fields.iter().rev());
    let fields: HashMap<&str, Kind> = fields.map(|field| (&*field.name, Kind::of(&field.kind))).collect();
    let mut names: HashMap<String, Place<'_>> = HashMap::new();
    let mut rules = Vec::with_capacity(items.len());
    for item in &items {
        if !settings::known(item, &["name", "check", "severity", "message", "help"]) {
            continue;
        }
        let name = name(item, &mut names);
        let check = check(item, &fields);
        let severity = severity(item);
        let words = words(item, &fields);
        let help = help(item);
        if let (Some(name), Some(Condition { text, node })) = (name, check) {
            let message = words.clone().unwrap_or_else(|| Message::of_rule(&name));
            let message = help.iter().fold(message, |message, help| message.with_help(help));
            rules.push(Rule { name, severity, text, check: Arc::new(node), message, words, help });
        }
    }
    let computed: usize = rules.iter().map(|rule| rule.check.computed()).sum();
    if computed > COMPUTED {
        let message = format_args!("the rules have {computed} fields, operators and calls, more than {COMPUTED}");
        list.mistake(message, "shorten the rules, or write fewer");
    }
    rules
}

fn name<'a>(item: &Place<'a>, names: &mut HashMap<String, Place<'a>>) -> Option<String> {
    const REMEDY: &str = "give the rule a name of its own";
    let Some(place) = item.get("name") else {
        item.mistake("the rule has no name", REMEDY);
        return None;
    };
    let name = place.string(REMEDY)?;
    if name.trim().is_empty() || name.chars().count() > NAME_CHARACTERS || name.chars().any(char::is_control) {
        place.mistake(
            format_args!("{} is not a name of 1 to {NAME_CHARACTERS} characters on one line", quoted(name)),
            REMEDY,
        );
        return None;
    }
    if let Some(earlier) = names.get(name) {
        place.mistake(format_args!("{} appears twice, first at {}", quoted(name), earlier.position()), REMEDY);
        return None;
    }
    names.insert(name.to_owned(), place.clone());
    Some(name.to_owned())
}

/// The condition of a rule: as it is written, and as it is read.
struct Condition {
    text: String,
    node: Node,
}

fn check(item: &Place<'_>, fields: &HashMap<&str, Kind>) -> Option<Condition> {
    const REMEDY: &str = "write a condition such as \"shipped >= ordered\"";
    let Some(place) = item.get("check") else {
        item.mistake("the rule has no check", REMEDY);
        return None;
    };
    let text = place.string(REMEDY)?;
    match parse(text, fields) {
        Ok(node) => Some(Condition { text: text.to_owned(), node }),
        Err(refused) => {
            place.inside(refused.at).mistake(refused.reason, refused.remedy);
            None
        }
    }
}

fn severity(item: &Place<'_>) -> Severity {
    const REMEDY: &str = "write \"error\" or \"warning\"";
    let Some(place) = item.get("severity") else { return Severity::Error };
    match place.string(REMEDY) {
        None | Some("error") => Severity::Error,
        Some("warning") => Severity::Warning,
        Some(other) => {
            let remedy = spelling::remedy(other, &["error", "warning"]);
            place.mistake(format_args!("{} is not a severity", quoted(other)), remedy);
            Severity::Error
        }
    }
}

/// Reads the message of a rule, if the rule has one of its own.
fn words(item: &Place<'_>, fields: &HashMap<&str, Kind>) -> Option<Message> {
    let place = item.get("message")?;
    let text = place.string("write the message between quotes")?;
    match Message::read(text, |field| fields.contains_key(field)) {
        Ok(read) => Some(read),
        Err(bad) => {
            place
                .inside(bad.at)
                .mistake(bad.reason, "write fields as {name}, braces as {{ and }}, and no more than is shown");
            None
        }
    }
}

fn help(item: &Place<'_>) -> Option<String> {
    let place = item.get("help")?;
    let help = place.string("write the help between quotes")?;
    if help.chars().count() > HELP_CHARACTERS {
        place.mistake(format_args!("it has more than {HELP_CHARACTERS} characters"), "shorten it");
    }
    Some(help.to_owned())
}
