//! The documentation of types and members, read from their source: `(type, member)` → text; the member is empty for the type itself.

use std::collections::HashMap;

pub(crate) type Descriptions = HashMap<(String, String), String>;

/// Reads the `///` in front of types and of their public members.
pub(crate) fn read(sources: &[&str]) -> Descriptions {
    let mut found = Descriptions::new();
    for source in sources {
        of_source(source, &mut found);
    }
    found
}

fn of_source(source: &str, found: &mut Descriptions) {
    let (mut text, mut renamed, mut kind) = (String::new(), None, None);
    for line in source.lines().map(str::trim) {
        if let Some(words) = line.strip_prefix("///") {
            text.push_str(words.trim_end());
            continue;
        }
        if line.starts_with("#[") {
            renamed = line
                .split_once("(rename = \"")
                .and_then(|(_, rest)| Some(rest.split_once('"')?.0.to_owned()))
                .or(renamed);
            continue;
        }
        let described = plain(&std::mem::take(&mut text));
        let renamed = renamed.take();
        if let Some(rest) = line.strip_prefix("pub struct ") {
            let name = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned();
            found.insert((name.clone(), String::new()), described);
            kind = rest.contains('{').then_some(name);
        } else if line == "}" {
            kind = None;
        } else if let (Some(kind), Some(rest)) = (&kind, line.strip_prefix("pub ")) {
            let Some((member, rest)) = rest.split_once(':') else { continue };
            // The payloads of the state machine write the name of a member behind its type.
            let said = rest.split_once(" as \"").and_then(|(_, rest)| Some(rest.split_once('"')?.0.to_owned()));
            found.insert((kind.clone(), renamed.or(said).unwrap_or_else(|| camel_case(member))), described);
        }
    }
}

/// Removes the marks of links from a text.
fn plain(text: &str) -> String {
    text.replace("[`", "`").replace("`]", "`").trim().to_owned()
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut name, word| {
        name.push_str(&word[..1].to_uppercase());
        name.push_str(&word[1..]);
        name
    })
}
