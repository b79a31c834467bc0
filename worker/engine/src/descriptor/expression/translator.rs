//! Patterns of XML Schema → the syntax of the `regex` crate, character by character.

use std::iter::Peekable;
use std::str::Chars;

use super::blocks;

/// Steps that are charged for a character of a pattern, because reading a character takes longer than one step.
const CHARACTER_STEPS: usize = 16;

/// Steps that are charged for a class with some hundred ranges, such as `\w`.
const CLASS_STEPS: usize = 4 << 10;

/// Factor of `CLASS_STEPS` when letter case is ignored: then every character of the class is looked up.
const CASE_FACTOR: usize = 64;

/// Deepest nesting of groups and classes; both parsers recurse.
pub(super) const NESTING: usize = 100;

/// The message for a character class without its closing bracket.
const OPEN: &str = "a [ is not closed";

const NAME_START: &str = r":A-Z_a-z\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{2FF}\x{370}-\x{37D}\x{37F}-\x{1FFF}\x{200C}-\x{200D}\x{2070}-\x{218F}\x{2C00}-\x{2FEF}\x{3001}-\x{D7FF}\x{F900}-\x{FDCF}\x{FDF0}-\x{FFFD}\x{10000}-\x{EFFFF}";
const NAME_REST: &str = r"\-.0-9\x{B7}\x{300}-\x{36F}\x{203F}-\x{2040}";

/// Translates a pattern, and counts what it costs.
pub(super) struct Translator<'a> {
    input: Peekable<Chars<'a>>,
    pub(super) output: String,
    depth: usize,
    /// Steps charged so far, for the parser that reads the output.
    pub(super) steps: usize,
    /// Whether letter case is ignored somewhere in the pattern.
    folds_case: bool,
    /// Whether the branch ends behind the run of closing groups and anchors that is being read; `None` until this is searched.
    branch_ends: Option<bool>,
    /// Whether each `^` and `$` is an anchor, not only those at the ends of a branch.
    all_anchors: bool,
}

/// One member of a character class.
enum Member {
    Character(char),
    /// A class of its own, in brackets.
    Class(String),
}

impl<'a> Translator<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self {
            input: source.chars().peekable(),
            output: String::new(),
            depth: 0,
            steps: CHARACTER_STEPS * (source.len() + 64),
            folds_case: false,
            branch_ends: None,
            all_anchors: false,
        }
    }

    /// Reads each `^` and `$` as an anchor.
    pub(super) fn with_all_anchors(self) -> Self {
        Self { all_anchors: true, ..self }
    }

    pub(super) fn run(&mut self) -> Result<(), String> {
        // Whether this is the start of a branch, but for `^`; whether the character before ends a quantifier.
        let (mut start, mut quantified) = (true, false);
        while let Some(character) = self.input.next() {
            if !matches!(character, ')' | '$') {
                self.branch_ends = None;
            }
            let (started, was_quantified) = (std::mem::take(&mut start), std::mem::take(&mut quantified));
            match character {
                '^' if started => {
                    self.output.push('^');
                    start = true;
                }
                '^' | '$' if self.all_anchors => self.output.push(character),
                '^' => self.output.push_str(r"\^"),
                '$' if self.at_end_of_branch() => self.output.push('$'),
                '$' => self.output.push_str(r"\$"),
                '.' => self.output.push_str(r"[^\n\r]"),
                '[' => {
                    let class = self.class()?;
                    self.output.push_str(&class);
                }
                '\\' => self.escape()?,
                '(' => {
                    self.group()?;
                    start = true;
                }
                ')' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.output.push(')');
                }
                '|' => {
                    self.output.push('|');
                    start = true;
                }
                '+' if was_quantified => {
                    return Err("possessive quantifiers cannot be expressed".to_owned());
                }
                // A `?` behind a quantifier makes it lazy, which changes nothing when the whole text has to match.
                '?' if was_quantified => self.output.push('?'),
                '*' | '+' | '?' => {
                    self.output.push(character);
                    quantified = true;
                }
                '}' => {
                    self.output.push('}');
                    quantified = true;
                }
                _ => self.output.push(character),
            }
        }
        Ok(())
    }

    /// Returns true if nothing but closing groups and further anchors stands before the next branch or the end. Searched once for each
    /// run of anchors.
    fn at_end_of_branch(&mut self) -> bool {
        let input = &self.input;
        *self
            .branch_ends
            .get_or_insert_with(|| !matches!(input.clone().find(|&c| c != ')' && c != '$'), Some(c) if c != '|'))
    }

    /// Charges the steps that a large class costs the parser.
    fn charge_class(&mut self) {
        self.steps += CLASS_STEPS * if self.folds_case { CASE_FACTOR } else { 1 };
    }

    /// Translates what follows a `(`: the mark of a group such as `?:` or a name, but not the content of the group.
    fn group(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > NESTING {
            return Err(format!("groups are nested deeper than {NESTING} levels"));
        }
        self.output.push('(');
        if self.input.next_if_eq(&'?').is_none() {
            return Ok(());
        }
        let rest: String = self.input.clone().take(3).collect();
        let take = if ["=", "!", "<=", "<!"].iter().any(|mark| rest.starts_with(mark)) {
            return Err("look-around cannot be expressed".to_owned());
        } else if rest.starts_with(':') {
            1
        } else if rest.starts_with("i)") || rest.starts_with("i:") {
            self.folds_case = true;
            // `(?i)` is not a group: its bracket closes at once.
            if rest.starts_with("i)") {
                self.depth -= 1;
            }
            2
        } else if rest.starts_with("P<") || rest.starts_with('<') {
            let length = self.input.clone().position(|c| c == '>').ok_or("a group name is not closed")?;
            length + 1
        } else if rest.starts_with('>') {
            return Err("atomic groups cannot be expressed".to_owned());
        } else if rest.starts_with("P=") {
            return Err("back-references cannot be expressed".to_owned());
        } else {
            return Err(format!("(?{} cannot be expressed", rest.chars().next().unwrap_or_default().escape_debug()));
        };
        self.output.push('?');
        self.output.extend(self.input.by_ref().take(take));
        Ok(())
    }

    /// Translates an escape outside a class, whose `\` is read already.
    fn escape(&mut self) -> Result<(), String> {
        match self.input.peek() {
            Some('b' | 'B' | 'A' | 'z') => {
                self.output.push('\\');
                self.output.extend(self.input.next());
            }
            Some('Z') => {
                self.input.next();
                self.output.push_str(r"\z");
            }
            Some('1'..='9' | 'k') => return Err("back-references cannot be expressed".to_owned()),
            _ => match self.member()? {
                Member::Character(character) => literal(character, &mut self.output),
                Member::Class(class) => self.output.push_str(&class),
            },
        }
        Ok(())
    }

    /// Reads an escape that may stand in a class and outside, whose `\` is read already.
    fn member(&mut self) -> Result<Member, String> {
        let letter = self.input.next().ok_or(r"a \ at the end has no meaning")?;
        if matches!(letter, 'd' | 'D' | 'w' | 'W' | 'i' | 'I' | 'c' | 'C' | 'p' | 'P') {
            self.charge_class();
        }
        Ok(match letter {
            'n' => Member::Character('\n'),
            'r' => Member::Character('\r'),
            't' => Member::Character('\t'),
            'f' => Member::Character('\u{C}'),
            'v' => Member::Character('\u{B}'),
            's' => Member::Class(r"[ \t\n\r]".to_owned()),
            'S' => Member::Class(r"[^ \t\n\r]".to_owned()),
            'd' => Member::Class(r"[\p{Nd}]".to_owned()),
            'D' => Member::Class(r"[^\p{Nd}]".to_owned()),
            'w' => Member::Class(r"[^\p{P}\p{Z}\p{C}]".to_owned()),
            'W' => Member::Class(r"[\p{P}\p{Z}\p{C}]".to_owned()),
            'i' => Member::Class(format!("[{NAME_START}]")),
            'I' => Member::Class(format!("[^{NAME_START}]")),
            'c' => Member::Class(format!("[{NAME_START}{NAME_REST}]")),
            'C' => Member::Class(format!("[^{NAME_START}{NAME_REST}]")),
            'p' | 'P' => {
                let name: String = match self.input.next_if_eq(&'{') {
                    Some(_) => self.input.by_ref().take_while(|&c| c != '}').collect(),
                    None => self.input.next().into_iter().collect(),
                };
                if let Some(class) = block(letter, &name)? {
                    return Ok(Member::Class(class));
                }
                if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '=') {
                    return Err(format!("\\{letter} needs the name of a Unicode category in braces"));
                }
                Member::Class(format!("[\\{letter}{{{name}}}]"))
            }
            'x' => self.code(2)?,
            'u' => self.code(4)?,
            // ASCII punctuation stands for itself.
            _ if letter.is_ascii_punctuation() || letter == ' ' => Member::Character(letter),
            _ => {
                return Err(format!("the escape \\{} is not supported", letter.escape_debug()));
            }
        })
    }

    /// Reads the code of a character: `digits` hexadecimal digits, or any number of them in braces.
    fn code(&mut self, digits: usize) -> Result<Member, String> {
        let code: String = match self.input.next_if_eq(&'{') {
            Some(_) => self.input.by_ref().take_while(|&c| c != '}').collect(),
            None => self.input.by_ref().take(digits).collect(),
        };
        let is_code = !code.is_empty() && code.chars().all(|c| c.is_ascii_hexdigit());
        let code = u32::from_str_radix(&code, 16).ok().filter(|_| is_code).and_then(char::from_u32);
        code.map(Member::Character).ok_or_else(|| "a code of a character is damaged".to_owned())
    }

    /// Translates the rest of a range of a class, if the character `low`, which is translated already, begins a range.
    fn end_of_range(&mut self, low: char, class: &mut String) -> Result<(), String> {
        // A hyphen makes a range unless the class ends or a subtraction starts behind it.
        let mut ahead = self.input.clone();
        if ahead.next() != Some('-') || matches!(ahead.next(), None | Some(']' | '[')) {
            return Ok(());
        }
        self.input.next();
        let high = match self.input.next().ok_or(OPEN)? {
            '\\' => self.member()?,
            character => Member::Character(character),
        };
        let Member::Character(high) = high else {
            return Err("a range ends with a class".to_owned());
        };
        if high < low {
            return Err(format!("the range {}-{} is empty", low.escape_debug(), high.escape_debug()));
        }
        if self.folds_case {
            self.steps += high as usize - low as usize;
        }
        class.push('-');
        literal(high, class);
        Ok(())
    }

    /// Translates a class up to and including its `]`; its `[` is read already.
    fn class(&mut self) -> Result<String, String> {
        self.depth += 1;
        if self.depth > NESTING {
            return Err(format!("classes are nested deeper than {NESTING} levels"));
        }
        let mut class = String::from(if self.input.next_if_eq(&'^').is_some() { "[^" } else { "[" });
        let mut subtracted = None;
        let mut empty = true;
        loop {
            let character = self.input.next().ok_or(OPEN)?;
            let low = match character {
                ']' if !empty => break,
                '-' if !empty && self.input.next_if_eq(&'[').is_some() => {
                    self.charge_class();
                    subtracted = Some(self.class()?);
                    if self.input.next() != Some(']') {
                        return Err("a subtracted class has to be the last thing in its class".to_owned());
                    }
                    break;
                }
                // Other languages read these as a class in a class, a POSIX class, or the first member.
                '[' => return Err(r"a [ inside a class has to be written \[".to_owned()),
                ']' => return Err(r"a class is empty; a ] in it has to be written \]".to_owned()),
                '\\' => self.member()?,
                _ => Member::Character(character),
            };
            empty = false;
            let low = match low {
                Member::Character(low) => low,
                Member::Class(members) => {
                    class.push_str(&members);
                    continue;
                }
            };
            literal(low, &mut class);
            self.end_of_range(low, &mut class)?;
        }
        self.depth -= 1;
        class.push(']');
        Ok(match subtracted {
            // Negation binds tighter than subtraction, so the minuend gets brackets of its own.
            Some(subtracted) => format!("[{class}--{subtracted}]"),
            None => class,
        })
    }
}

/// Returns the class of a block of Unicode (`IsGreek`; Java and Perl write `InGreek`), or of all other characters if `letter` is `P`; `None` if
/// the name is that of a category or a script.
///
/// # Errors
/// For a block that is unknown, what to write instead.
fn block(letter: char, name: &str) -> Result<Option<String>, String> {
    let Some(block) = name.strip_prefix("Is").or_else(|| name.strip_prefix("In")) else { return Ok(None) };
    match blocks::range(block) {
        Some(range) if letter == 'P' => Ok(Some(format!("[^{range}]"))),
        Some(range) => Ok(Some(format!("[{range}]"))),
        None if name.starts_with("In") => Ok(None),
        None => Err(format!(
            "the Unicode block {} is not known; a script (\\p{{Greek}}) and a range ([\\u0370-\\u03FF]) are",
            name.escape_debug()
        )),
    }
}

/// Writes a character that stands for itself, in a class and outside.
fn literal(character: char, output: &mut String) {
    // Not every ASCII punctuation: `\<` and `\>` are word boundaries.
    if r"\.+*?()|[]{}^$#&-~".contains(character) {
        output.push('\\');
    }
    output.push(character);
}
