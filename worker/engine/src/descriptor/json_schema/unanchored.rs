//! The patterns of a JSON Schema, which may match anywhere in a text.

/// Turns a pattern that is searched for in a text into one that matches a whole text: JSON Schema's patterns are not anchored.
pub(super) fn anywhere(source: &str) -> String {
    let mut branches = vec![String::new()];
    let (mut groups, mut classes) = (0usize, 0usize);
    let mut characters = source.chars();
    while let Some(character) = characters.next() {
        match character {
            '|' if groups == 0 && classes == 0 => {
                branches.push(String::new());
                continue;
            }
            '(' if classes == 0 => groups += 1,
            ')' if classes == 0 => groups = groups.saturating_sub(1),
            '[' => classes += 1,
            ']' => classes = classes.saturating_sub(1),
            _ => {}
        }
        if let Some(branch) = branches.last_mut() {
            branch.push(character);
            if character == '\\' {
                branch.extend(characters.next());
            }
        }
    }
    let whole = branches.iter().map(|branch| {
        let escapes =
            branch.strip_suffix('$').map_or(1, |rest| rest.chars().rev().take_while(|it| *it == '\\').count());
        let before = if branch.starts_with('^') { "" } else { r"[\s\S]*" };
        let behind = if escapes.is_multiple_of(2) { "" } else { r"[\s\S]*" };
        format!("{before}(?:{branch}){behind}")
    });
    whole.collect::<Vec<_>>().join("|")
}
