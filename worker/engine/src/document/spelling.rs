//! Finds the name that an unknown name was likely meant to be.

use crate::document::path::quoted;

/// Longest name that is compared, in characters; longer ones are no slip of the pen.
const LONGEST: usize = 40;

/// Returns `did you mean "…"?`, or the list of all names if none of them is near.
pub(crate) fn remedy(name: &str, names: &[&str]) -> String {
    match nearest(name, names.iter().copied()) {
        Some(nearest) => did_you_mean(nearest),
        None => format!("use one of {}", names.join(", ")),
    }
}

/// `did you mean "…"?`
pub fn did_you_mean(name: &str) -> String {
    format!("did you mean {}?", quoted(name))
}

/// Returns the name that differs least (of several the first in the alphabet), if at most a third of its letters differ.
pub fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let folded: Vec<char> = name.to_lowercase().chars().take(LONGEST + 1).collect();
    if folded.len() > LONGEST {
        return None;
    }
    let compared = names.filter(|other| other.len() <= 4 * LONGEST).map(|other| {
        let letters: Vec<char> = other.to_lowercase().chars().collect();
        (distance(&folded, &letters), letters.len(), other)
    });
    let near = compared.filter(|&(distance, length, _)| distance <= length / 3);
    near.min_by_key(|&(distance, _, other)| (distance, other)).map(|(.., other)| other)
}

/// Returns the number of edits (insert, delete, replace, swap two neighbours) between two words.
pub(crate) fn distance(a: &[char], b: &[char]) -> usize {
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for (i, &left) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &right) in b.iter().enumerate() {
            let mut least = (rows[i][j] + usize::from(left != right)).min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && left == b[j - 1] && a[i - 1] == right {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPES: [&str; 4] = ["string", "integer", "number", "yearmonth"];

    #[test]
    fn a_slip_of_the_pen_is_recognised() {
        for (slip, meant) in
            [("strin", "string"), ("Integer", "integer"), ("nubmer", "number"), ("yaermonht", "yearmonth")]
        {
            assert_eq!(remedy(slip, &TYPES), format!("did you mean \"{meant}\"?"));
        }
    }

    #[test]
    fn another_word_gets_the_list() {
        for other in ["float", "", &"string".repeat(1000)] {
            assert_eq!(remedy(other, &TYPES), "use one of string, integer, number, yearmonth");
        }
    }
}
