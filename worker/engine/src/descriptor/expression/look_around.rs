//! Look-around, expressed as further patterns that the whole text has to match, or must not match.
//!
//! In `X(?=A)Y` the place of the look-ahead is known when all that `X` matches has the same number of characters, k: then `.{k}A.*` says
//! the same of the whole text. A look-behind is its mirror image. Where neither side has a fixed length there is no such expression.

use regex_syntax::hir::{Hir, HirKind, Look};

use super::branches::{self, LookAround, Part};
use super::translator::Translator;
use super::{Mistaken, Patterns, parse};
use crate::pattern::{self, Branch, Matcher};

/// Any character; `.` alone excludes line ends.
const ANY: &str = "(?s:.)";

/// What to do about a look-around that is repeated.
const REPEATED: &str = "repeat one character behind it and nothing else, as in ^(?:(?!a).)*$";

impl Patterns {
    /// Compiles the branches of a pattern with look-around.
    ///
    /// # Errors
    /// When a branch cannot be read, cannot be expressed, or needs more than is left of the budget.
    pub(super) fn compile_branches(&mut self, branches: &[Vec<Part>]) -> Result<Matcher, Mistaken> {
        let branches = branches.iter().map(|parts| self.compile_branch(parts));
        Ok(Matcher::of_branches(branches.collect::<Result<_, _>>()?))
    }

    fn compile_branch(&mut self, parts: &[Part]) -> Result<Branch, Mistaken> {
        let own = self.perl(&branches::text(parts))?;
        let matcher = self.matcher(&own)?;
        let mut look_arounds = Vec::new();
        for (nth, part) in parts.iter().enumerate() {
            let around = Surroundings { before: &parts[..nth], behind: &parts[nth + 1..] };
            match part {
                Part::Text(_) => {}
                Part::LookAround(look_around) => {
                    if let Some(whole) = self.whole(look_around, &around)? {
                        let matcher = self.matcher(&whole)?;
                        look_arounds.push(pattern::LookAround { is_negative: look_around.is_negative, matcher });
                    }
                }
                Part::Run { character, forbidden, .. } => {
                    if length(&parse(&self.perl(character)?)?) != Some(1) {
                        return Err(Mistaken {
                            reason: "a group with a look-around is repeated and is not one character".to_owned(),
                            remedy: REPEATED,
                        });
                    }
                    for text in forbidden {
                        let matcher = self.forbidden_in_run(text, &around)?;
                        look_arounds.push(pattern::LookAround { is_negative: true, matcher });
                    }
                }
            }
        }
        Ok(Branch { matcher, look_arounds })
    }

    /// Returns the expression that the whole text is matched with in place of a look-around; `None` if every text satisfies the look-around.
    fn whole(&mut self, look_around: &LookAround, around: &Surroundings<'_>) -> Result<Option<String>, Mistaken> {
        let text = self.perl(&look_around.text)?;
        let length = length(&parse(&text)?);
        let (before, behind) = (self.before(around)?, self.behind(around)?);
        // Numbers of characters on the side that is looked at, and on the other side.
        let (near, far) = if look_around.is_behind { (before, behind) } else { (behind, before) };
        if near.zip(length).is_some_and(|(near, length)| length > near) {
            return if look_around.is_negative {
                Ok(None)
            } else {
                Err(Mistaken {
                    reason: "a look-around asks for more characters than there are, as the whole cell has to match"
                        .to_owned(),
                    remedy: "remove it, or write the characters behind it",
                })
            };
        }
        let rest = near.zip(length).map(|(near, length)| near - length);
        let (near, far) = match (rest, far) {
            (_, Some(far)) => (format!("{ANY}*"), format!("{ANY}{{{far}}}")),
            (Some(rest), None) => (format!("{ANY}{{{rest}}}"), format!("{ANY}*")),
            (None, None) => {
                return Err(Mistaken {
                    reason: "a look-around has no fixed number of characters on either side of it".to_owned(),
                    remedy: "move it to the start or the end of the pattern",
                });
            }
        };
        let (first, last) = if look_around.is_behind { (near, far) } else { (far, near) };
        Ok(Some(format!("{first}(?:{text}){last}")))
    }

    /// Compiles an automaton for the texts in which `text` begins at some character of a run.
    fn forbidden_in_run(&mut self, text: &str, around: &Surroundings<'_>) -> Result<Matcher, Mistaken> {
        let text = self.perl(text)?;
        let least = least(&parse(&text)?);
        match (self.before(around)?, self.behind(around)?) {
            // A match that is longer than all text behind the run begins within the run.
            (Some(before), Some(behind)) if least > behind => {
                self.matcher(&format!("{ANY}{{{before},}}(?:{text}){ANY}*"))
            }
            _ => Err(Mistaken {
                reason: "a group with a look-around is repeated beside a text of no fixed length".to_owned(),
                remedy: REPEATED,
            }),
        }
    }

    /// Returns the number of characters before a look-around, if it is the same for every text.
    fn before(&mut self, around: &Surroundings<'_>) -> Result<Option<usize>, Mistaken> {
        let text = self.perl(&branches::text(around.before))?;
        Ok(length(&parse(&text)?))
    }

    /// Returns the number of characters behind a look-around, if it is the same for every text.
    fn behind(&mut self, around: &Surroundings<'_>) -> Result<Option<usize>, Mistaken> {
        let text = self.perl(&branches::text(around.behind))?;
        Ok(length(&parse(&text)?))
    }

    /// Translates an expression to the syntax of the `regex` crate. Patterns with look-around are written for Perl or Python, where each `^`
    /// and `$` is an anchor.
    fn perl(&mut self, source: &str) -> Result<String, Mistaken> {
        self.translated(Translator::new(source).with_all_anchors())
    }
}

/// The parts of a branch on both sides of a look-around.
struct Surroundings<'a> {
    before: &'a [Part],
    behind: &'a [Part],
}

/// Returns the number of characters of a text that matches, if it is the same for all such texts.
fn length(pattern: &Hir) -> Option<usize> {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(0),
        HirKind::Literal(literal) => Some(characters(&literal.0)),
        HirKind::Class(_) => Some(1),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.filter(|most| *most == repetition.min)?;
            length(&repetition.sub)?.checked_mul(times as usize)
        }
        HirKind::Capture(capture) => length(&capture.sub),
        HirKind::Concat(parts) => {
            // Parts before the last anchor of the start, or behind the first anchor of the end, match nothing but the empty text.
            let is = |look| move |part: &Hir| matches!(part.kind(), HirKind::Look(it) if *it == look);
            let first = parts.iter().rposition(is(Look::Start)).unwrap_or(0);
            let parts = &parts[first..];
            let last = parts.iter().position(is(Look::End)).unwrap_or(parts.len());
            parts[..last].iter().try_fold(0usize, |sum, part| sum.checked_add(length(part)?))
        }
        HirKind::Alternation(parts) => {
            let first = length(parts.first()?)?;
            parts.iter().all(|part| length(part) == Some(first)).then_some(first)
        }
    }
}

/// Returns the fewest characters that a text that matches can have.
fn least(pattern: &Hir) -> usize {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => characters(&literal.0),
        HirKind::Class(_) => 1,
        HirKind::Repetition(repetition) => least(&repetition.sub).saturating_mul(repetition.min as usize),
        HirKind::Capture(capture) => least(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(least).fold(0, usize::saturating_add),
        HirKind::Alternation(parts) => parts.iter().map(least).min().unwrap_or(0),
    }
}

fn characters(literal: &[u8]) -> usize {
    // A literal is UTF-8: each character has exactly one byte that is not a continuation byte.
    literal.iter().filter(|&&byte| byte & 0xC0 != 0x80).count()
}
