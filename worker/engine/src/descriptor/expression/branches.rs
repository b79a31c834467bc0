//! The branches of a pattern with look-around: the text of each branch without its look-arounds, and the places of the look-arounds.
//!
//! Groups that hold a look-around are written out, so that each look-around stands in a branch of the whole pattern:
//! `(?:(?!0)a|b)c` is `(?!0)ac` or `bc`. All other text is taken as it is.

use super::translator::NESTING;

/// Most branches and look-arounds, counted together, of a pattern whose groups are written out; each becomes an automaton of its own.
pub(super) const AUTOMATA: usize = 32;

/// A part of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// An expression without look-around.
    Text(String),
    LookAround(LookAround),
    /// `((?!A)X)*`: an expression `X` of one character, repeated, and the expressions `A` that must not begin at any of these characters.
    Run {
        text: String,
        character: String,
        forbidden: Vec<String>,
    },
}

/// `(?=…)`, `(?!…)`, `(?<=…)` or `(?<!…)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LookAround {
    pub(super) is_behind: bool,
    pub(super) is_negative: bool,
    pub(super) text: String,
}

/// What the mark of a look-around says.
#[derive(Clone, Copy)]
struct LookAroundKind {
    is_behind: bool,
    is_negative: bool,
}

/// A part of a branch, or a group that is not written out yet.
enum Node {
    Part(Part),
    Group(Vec<Vec<Node>>),
}

/// Splits a pattern into its branches. Returns `None` if the pattern has no look-around, or has a surplus `)`.
///
/// # Errors
/// The reason why its look-arounds cannot be expressed.
pub(super) fn branches(source: &str) -> Result<Option<Vec<Vec<Part>>>, String> {
    if !["(?=", "(?!", "(?<=", "(?<!"].iter().any(|mark| source.contains(mark)) {
        return Ok(None);
    }
    let mut reader = Reader { source, at: 0, depth: 0, folds_case: false };
    let nodes = reader.branches()?;
    // Text that is left begins with a surplus `)`, which the parser of the whole pattern reports.
    if reader.at < source.len() || nodes.iter().flatten().all(|node| matches!(node, Node::Part(Part::Text(_)))) {
        return Ok(None);
    }
    written_out(&nodes).map(Some)
}

/// Returns the text of `parts` without their look-arounds.
pub(super) fn text(parts: &[Part]) -> String {
    let texts = parts.iter().map(|part| match part {
        Part::Text(text) | Part::Run { text, .. } => text.as_str(),
        Part::LookAround(_) => "",
    });
    texts.collect()
}

fn too_many() -> String {
    format!("with its groups written out it has more than {AUTOMATA} branches and look-arounds")
}

/// Returns one branch for each way through the groups. All branches without look-around are joined to one.
fn written_out(nodes: &[Vec<Node>]) -> Result<Vec<Vec<Part>>, String> {
    let mut all = Vec::new();
    let mut plain = Vec::new();
    for nodes in nodes {
        match plain_text(nodes) {
            Some(text) => plain.push(text),
            None => all.extend(ways(nodes)?),
        }
        let automata = all.iter().map(|parts: &Vec<Part>| 1 + parts.iter().map(look_arounds).sum::<usize>());
        if automata.sum::<usize>() > AUTOMATA {
            return Err(too_many());
        }
    }
    if !plain.is_empty() {
        all.push(vec![Part::Text(format!("(?:{})", plain.join("|")))]);
    }
    Ok(all)
}

fn plain_text(nodes: &[Node]) -> Option<String> {
    let texts = nodes.iter().map(|node| match node {
        Node::Part(Part::Text(text)) => Some(text.as_str()),
        Node::Part(_) | Node::Group(_) => None,
    });
    texts.collect()
}

/// Returns the ways through a branch with groups, each way as a branch without groups.
fn ways(nodes: &[Node]) -> Result<Vec<Vec<Part>>, String> {
    let mut ways = vec![Vec::new()];
    for node in nodes {
        match node {
            Node::Part(part) => ways.iter_mut().for_each(|way: &mut Vec<Part>| way.push(part.clone())),
            Node::Group(inner) => {
                let inner = written_out(inner)?;
                if ways.len() * inner.len() > AUTOMATA {
                    return Err(too_many());
                }
                let longer =
                    ways.iter().flat_map(|way| inner.iter().map(move |inner| [way.as_slice(), inner].concat()));
                ways = longer.collect();
            }
        }
    }
    Ok(ways)
}

fn look_arounds(part: &Part) -> usize {
    match part {
        Part::Text(_) => 0,
        Part::LookAround(_) => 1,
        Part::Run { forbidden, .. } => forbidden.len(),
    }
}

struct Reader<'a> {
    source: &'a str,
    /// Bytes of the source that are read.
    at: usize,
    depth: usize,
    /// Whether letter case is ignored at this place, as behind `(?i)`.
    folds_case: bool,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn takes(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// Reads branches up to the `)` that closes the group, which is not read, or up to the end of the pattern.
    fn branches(&mut self) -> Result<Vec<Vec<Node>>, String> {
        let mut branches = vec![Vec::new()];
        let mut start = self.at;
        while let Some(character) = self.rest().chars().next() {
            let nodes = branches.last_mut().ok_or("it has no branch")?;
            match character {
                ')' => break,
                '|' => {
                    self.text_since(start, nodes);
                    self.at += 1;
                    branches.push(Vec::new());
                    start = self.at;
                }
                '(' => {
                    let before = self.at;
                    if self.takes("(?i)") {
                        self.text_between(start, before, nodes);
                        self.folds_case = true;
                        start = self.at;
                    } else if let Some(node) = self.group()? {
                        self.text_between(start, before, nodes);
                        nodes.push(node);
                        start = self.at;
                    }
                }
                '[' => self.class(),
                '\\' => self.at += self.rest().chars().take(2).map(char::len_utf8).sum::<usize>(),
                _ => self.at += character.len_utf8(),
            }
        }
        if let Some(nodes) = branches.last_mut() {
            self.text_since(start, nodes);
        }
        Ok(branches)
    }

    fn text_since(&self, start: usize, nodes: &mut Vec<Node>) {
        self.text_between(start, self.at, nodes);
    }

    fn text_between(&self, start: usize, end: usize, nodes: &mut Vec<Node>) {
        if start < end {
            nodes.push(Node::Part(Part::Text(self.piece(&self.source[start..end]))));
        }
    }

    /// Returns a text of the pattern as it stands in a branch that is written out: as a group, so that a `^` at the start of a group stays at
    /// the start of one.
    fn piece(&self, text: &str) -> String {
        if self.folds_case { format!("(?i:{text})") } else { format!("(?:{text})") }
    }

    /// Reads past a class and the classes that are subtracted in it.
    fn class(&mut self) {
        let mut depth = 0;
        while let Some(character) = self.rest().chars().next() {
            self.at += character.len_utf8();
            match character {
                '[' => depth += 1,
                ']' => depth -= 1,
                '\\' => self.at += self.rest().chars().next().map_or(0, char::len_utf8),
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// Reads a group. Returns `None` if the group has no look-around or is not closed; then it stays a part of the text.
    fn group(&mut self) -> Result<Option<Node>, String> {
        self.at += 1;
        if self.depth == NESTING {
            return Err(format!("groups are nested deeper than {NESTING} levels"));
        }
        let folds_case = self.folds_case;
        for (mark, is_behind, is_negative) in
            [("?=", false, false), ("?!", false, true), ("?<=", true, false), ("?<!", true, true)]
        {
            if self.takes(mark) {
                return self.look_around(LookAroundKind { is_behind, is_negative }).map(Some);
            }
        }
        if self.takes("?i:") {
            self.folds_case = true;
        } else if !self.takes("?:") && (self.rest().starts_with("?P<") || self.rest().starts_with("?<")) {
            self.at += self.rest().find('>').map_or(0, |end| end + 1);
        }
        self.depth += 1;
        let branches = self.branches();
        self.depth -= 1;
        self.folds_case = folds_case;
        let branches = branches?;
        let is_closed = self.takes(")");
        if !is_closed || branches.iter().flatten().all(|node| matches!(node, Node::Part(Part::Text(_)))) {
            return Ok(None);
        }
        match self.quantifier() {
            "" => Ok(Some(Node::Group(branches))),
            quantifier => run(branches, quantifier).map(|run| Some(Node::Part(run))),
        }
    }

    /// Reads the rest of a look-around, whose mark (`?=`, `?!`, `?<=` or `?<!`) is read already.
    fn look_around(&mut self, kind: LookAroundKind) -> Result<Node, String> {
        let (start, folds_case) = (self.at, self.folds_case);
        self.depth += 1;
        let inner = self.branches();
        self.depth -= 1;
        self.folds_case = folds_case;
        if inner?.iter().flatten().any(|node| !matches!(node, Node::Part(Part::Text(_)))) {
            return Err("a look-around is inside another one".to_owned());
        }
        let text = &self.source[start..self.at];
        if !self.takes(")") {
            return Err("unclosed group".to_owned());
        }
        if !self.quantifier().is_empty() {
            return Err("a look-around is repeated".to_owned());
        }
        let text = if folds_case { format!("(?i:{text})") } else { text.to_owned() };
        let LookAroundKind { is_behind, is_negative } = kind;
        Ok(Node::Part(Part::LookAround(LookAround { is_behind, is_negative, text })))
    }

    /// Reads the quantifier behind a group. Returns an empty text if there is none.
    fn quantifier(&mut self) -> &'a str {
        let rest = self.rest();
        let length = match rest.chars().next() {
            Some('*' | '+' | '?') => 1,
            Some('{') => rest.find('}').map_or(rest.len(), |end| end + 1),
            _ => return "",
        };
        self.at += length;
        // Lazy or not, the whole text has to match.
        if self.rest().starts_with('?') {
            self.at += 1;
        }
        &rest[..length]
    }
}

/// Makes a `Part::Run` of a repeated group with look-arounds. The group has to be one `(?!A)` or several of them, before one character.
fn run(branches: Vec<Vec<Node>>, quantifier: &str) -> Result<Part, String> {
    let reason = || "a group with a look-around is repeated".to_owned();
    let [nodes] = <[Vec<Node>; 1]>::try_from(branches).map_err(|_| reason())?;
    let (mut forbidden, mut texts) = (Vec::new(), Vec::new());
    for node in nodes {
        match node {
            Node::Part(Part::Text(text)) => texts.push(text),
            Node::Part(Part::LookAround(LookAround { is_behind: false, is_negative: true, text }))
                if texts.is_empty() =>
            {
                forbidden.push(text);
            }
            _ => return Err(reason()),
        }
    }
    let character = texts.concat();
    Ok(Part::Run { text: format!("(?:{character}){quantifier}"), character, forbidden })
}
