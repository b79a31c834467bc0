//! The text of a rule → its tokens, each with its place.

use sqlparser::dialect::Dialect;
use sqlparser::tokenizer::{Location, Token, Tokenizer};

use crate::rules::placed::Refused;
use crate::shown::{LABEL, quoted};

/// ANSI SQL, with names as PostgreSQL and DuckDB read them: letters of any script, digits and `_`, the first one not a digit.
#[derive(Debug)]
struct RuleDialect;

impl Dialect for RuleDialect {
    fn is_identifier_start(&self, character: char) -> bool {
        character.is_alphabetic() || character == '_'
    }

    fn is_identifier_part(&self, character: char) -> bool {
        character.is_alphanumeric() || character == '_'
    }
}

/// A token, and the number of the character of the text at which it starts.
#[derive(Clone, Debug)]
pub(crate) struct Lexeme {
    pub(crate) token: Token,
    pub(crate) at: usize,
}

/// Reads all tokens, without white space and comments.
///
/// # Errors
/// The first text that is no token, such as a quote that is not closed.
pub(crate) fn tokens(text: &str) -> Result<Vec<Lexeme>, Refused> {
    let starts = Starts::of(text);
    let read = Tokenizer::new(&RuleDialect, text).tokenize_with_location().map_err(|error| Refused {
        at: starts.at(error.location),
        reason: format!("it cannot be read: {}", quoted(&error.message, LABEL)),
        remedy: "close every quote and comment".to_owned(),
    })?;
    let read = read.into_iter().filter(|read| !matches!(read.token, Token::Whitespace(_) | Token::EOF));
    Ok(read.map(|read| Lexeme { at: starts.at(read.span.start), token: read.token }).collect())
}

/// The numbers of the characters at which the lines of a text start.
struct Starts(Vec<usize>);

impl Starts {
    fn of(text: &str) -> Self {
        let ends = text.chars().enumerate().filter(|(_, character)| *character == '\n');
        Self(std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect())
    }

    fn at(&self, location: Location) -> usize {
        let line = usize::try_from(location.line).unwrap_or(1).clamp(1, self.0.len());
        self.0[line - 1] + usize::try_from(location.column).unwrap_or(1).saturating_sub(1)
    }
}

/// Returns true if a token is this word, written without quotes.
pub(crate) fn is_word(token: &Token, word: &str) -> bool {
    matches!(token, Token::Word(found) if found.quote_style.is_none() && found.value.eq_ignore_ascii_case(word))
}

/// Returns a token as messages show it.
pub(crate) fn shown(token: Option<&Token>) -> String {
    match token {
        None => "the end".to_owned(),
        Some(Token::SingleQuotedString(text)) => format!("the text {}", quoted(text, LABEL)),
        Some(token) => quoted(&token.to_string(), LABEL),
    }
}
