//! XML Schema regular expressions (XML Schema part 2, appendix F) in the syntax of the `regex` crate.
//!
//! The two differ in what escapes stand for (`\d` is every decimal digit of Unicode, `\w` has no punctuation, so no `_`),
//! in names (`\i`, `\c`), in the subtraction of classes (`[a-z-[aeiou]]`), in `.` (neither LF nor CR), and in that a
//! pattern always has to match the whole text. Beyond the standard, what people bring from Perl and Python is read where
//! it has no other meaning: `^` and `$` at the ends of a branch, `(?:…)`, `(?i)`, named groups, lazy quantifiers, `\b`, and look-around
//! whose place in the text is known.

mod blocks;
mod branches;
mod look_around;
mod translator;

use std::collections::HashMap;

use regex_syntax::hir::Hir;

use self::translator::Translator;
use super::model::Pattern;
use crate::pattern::{Matcher, Refused};

/// Longest pattern, in bytes; a list of a thousand words is a sixth of it.
const SOURCE_BYTES: usize = 64 << 10;

/// Most steps for compiling all patterns of a schema together; they take a second or less.
const ALL_STEPS: usize = 16 << 20;

/// Most bytes of all compiled patterns of a schema.
const ALL_BYTES: usize = 16 << 20;

/// Deepest nesting that the parser of `regex-syntax` accepts; a group of a pattern takes up to two of these levels.
const PARSER_NESTING: u32 = 250;

/// The patterns of a schema: compiled once each, within a budget of steps and bytes that they share.
#[derive(Debug)]
pub(super) struct Patterns {
    compiled: HashMap<String, Result<Pattern, Mistaken>>,
    steps_left: usize,
    bytes_left: usize,
    /// The word characters, at whose edges `\b` matches.
    words: Option<Hir>,
}

impl Default for Patterns {
    fn default() -> Self {
        Self { compiled: HashMap::new(), steps_left: ALL_STEPS, bytes_left: ALL_BYTES, words: parse(r"\w").ok() }
    }
}

/// What is wrong with a pattern, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistaken {
    pub(super) reason: String,
    pub(super) remedy: &'static str,
}

impl From<String> for Mistaken {
    fn from(reason: String) -> Self {
        Self { reason, remedy: "write an XML Schema regular expression" }
    }
}

impl Mistaken {
    fn too_large(reason: &str) -> Self {
        Self { reason: reason.to_owned(), remedy: "write shorter repetitions" }
    }
}

impl Patterns {
    /// Compiles a pattern, or returns what an earlier call with the same `source` returned.
    ///
    /// # Errors
    ///
    /// When the pattern cannot be read, cannot be expressed, or needs more than is left of the budget.
    pub(super) fn compile(&mut self, source: &str) -> Result<Pattern, Mistaken> {
        if let Some(compiled) = self.compiled.get(source) {
            return compiled.clone();
        }
        let compiled = self.compile_anew(source);
        self.compiled.insert(source.to_owned(), compiled.clone());
        compiled
    }

    fn compile_anew(&mut self, source: &str) -> Result<Pattern, Mistaken> {
        if source.len() > SOURCE_BYTES {
            return Err(Mistaken {
                reason: format!("it has {} bytes, more than {SOURCE_BYTES}", source.len()),
                remedy: "shorten it, or write an enum",
            });
        }
        let matcher = match branches::branches(source)? {
            None => {
                let translated = self.translated(Translator::new(source))?;
                self.matcher(&translated)?
            }
            Some(branches) => self.compile_branches(&branches)?,
        };
        self.bytes_left = (self.bytes_left.checked_sub(matcher.bytes() + source.len()))
            .ok_or_else(|| Mistaken::too_large("the patterns of the schema are too large together"))?;
        Ok(Pattern::new(source, matcher))
    }

    /// Runs a translator, charges its steps to the budget, and returns its output: an expression in the syntax of the `regex` crate.
    fn translated(&mut self, mut translator: Translator<'_>) -> Result<String, Mistaken> {
        translator.run()?;
        self.spend(translator.steps)?;
        Ok(translator.output)
    }

    /// Compiles a translated expression to an automaton that matches whole texts.
    fn matcher(&mut self, translated: &str) -> Result<Matcher, Mistaken> {
        let pattern = parse(&format!(r"\A(?:{translated})\z"))?;
        let mut steps = 0;
        let words = self.words.as_ref().unwrap_or(&pattern);
        let matcher = Matcher::new(&pattern, words, &mut steps);
        self.spend(steps)?;
        matcher.map_err(|refused| match refused {
            Refused::TooManyStates => Mistaken::too_large("it needs more than 262144 entries of states"),
            Refused::TooManyCharacters => Mistaken {
                reason: "it has word boundaries and tells more than 256 kinds of characters apart".to_owned(),
                remedy: "remove the boundaries",
            },
        })
    }

    /// Takes steps from the budget. If too few are left, the budget is emptied, so that every later pattern fails too.
    fn spend(&mut self, steps: usize) -> Result<(), Mistaken> {
        let left = self.steps_left.checked_sub(steps);
        self.steps_left = left.unwrap_or(0);
        left.map(|_| ()).ok_or_else(|| Mistaken::too_large("the patterns of the schema are too large together"))
    }
}

fn parse(pattern: &str) -> Result<Hir, String> {
    let parsed = regex_syntax::ParserBuilder::new().nest_limit(PARSER_NESTING).build().parse(pattern);
    parsed.map_err(|error| {
        // The crate draws a picture of several lines; the reason is on the last one.
        let text = error.to_string();
        let reason = text.lines().last().unwrap_or(&text);
        reason.trim_start_matches("error: ").to_owned()
    })
}
