//! YAML 1.2 with places, limited to what JSON can say: texts, numbers, truth values, lists and objects of named properties.
//!
//! Plain scalars are read by the core schema; a scalar that is no number of JSON (`007`, `0x1F`, `.inf`) is a text. An alias stands for a copy
//! of its anchor, and all copies together are bounded, so that a few lines cannot become thousands of millions of values. `<<` merges objects.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use crate::document::file::{Document, Member, Node, Value};
use crate::document::mistake::MistakeLog;
use crate::document::path::quoted;

/// Most values of a document, copies for aliases included.
const NODES: usize = 500_000;

/// Most bytes of texts that are copied for aliases.
const COPIED_BYTES: usize = 8 << 20;

/// Deepest nesting, the same as that of JSON.
const LEVELS: usize = 127;

/// Characters between two known offsets.
const STEP: usize = 64;

/// Returns true if the suffix says that a file is YAML.
pub(crate) fn is_yaml(file: &str) -> bool {
    let suffix = file.rsplit('.').next().unwrap_or_default();
    suffix.eq_ignore_ascii_case("yaml") || suffix.eq_ignore_ascii_case("yml")
}

/// Reads the text of a document as YAML. Returns `None` after a mistake behind which nothing can be read; all mistakes go to `log`.
pub(crate) fn read(document: &Document, text: &str, log: &MistakeLog) -> Option<Node> {
    let mut builder = Builder {
        document,
        log,
        offsets: Offsets::of(text),
        open: Vec::new(),
        root: None,
        anchors: HashMap::new(),
        nodes: 0,
        copied: 0,
    };
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                let at = builder.offsets.byte(text, error.marker().index());
                let reason = error.info();
                builder.mistake(at, format_args!("not YAML: {reason}"), "correct it");
                return None;
            }
        };
        let at = builder.offsets.byte(text, span.start.index());
        if let Event::DocumentStart(_) = event {
            documents += 1;
            if documents > 1 {
                builder.mistake(at, "a second document begins here", "keep one");
                return None;
            }
        }
        builder.take(event, at)?;
    }
    Some(builder.root.unwrap_or(Node { at: 0, value: Value::Null }))
}

/// Finds the byte offsets of characters.
struct Offsets {
    /// The offset of every [`STEP`]th character.
    known: Vec<usize>,
}

impl Offsets {
    fn of(text: &str) -> Self {
        Self { known: text.char_indices().step_by(STEP).map(|(at, _)| at).collect() }
    }

    fn byte(&self, text: &str, character: usize) -> usize {
        let Some(&start) = self.known.get(character / STEP) else {
            return text.len();
        };
        let rest = text.get(start..).unwrap_or_default();
        rest.char_indices().nth(character % STEP).map_or(text.len(), |(at, _)| start + at)
    }
}

/// A value with an anchor, and what each copy of it costs.
struct Anchored {
    node: Node,
    cost: Cost,
}

/// What a copy of a value costs.
#[derive(Clone, Copy)]
struct Cost {
    /// The number of values.
    nodes: usize,
    /// The bytes of texts.
    bytes: usize,
    /// The levels of nesting.
    levels: usize,
}

impl Cost {
    /// Returns the cost of a list or object of this cost with one more element.
    fn with(self, element: Self) -> Self {
        Self {
            nodes: self.nodes + element.nodes,
            bytes: self.bytes + element.bytes,
            levels: self.levels.max(element.levels + 1),
        }
    }
}

/// A list or an object whose end has not been read.
struct Open {
    at: usize,
    anchor: usize,
    kind: OpenKind,
}

enum OpenKind {
    Array(Vec<Node>),
    Object { members: Vec<Member>, first: HashMap<String, usize>, key: Option<Key>, merged: Vec<Node> },
}

/// The name of a property whose value has not been read.
struct Key {
    name: String,
    at: usize,
}

struct Builder<'a> {
    document: &'a Document,
    log: &'a MistakeLog,
    offsets: Offsets,
    open: Vec<Open>,
    root: Option<Node>,
    anchors: HashMap<usize, Anchored>,
    nodes: usize,
    copied: usize,
}

impl Builder<'_> {
    fn mistake(&self, at: usize, message: impl std::fmt::Display, remedy: &str) {
        self.log.push(|| self.document.mistake_at(at, "", message, remedy));
    }

    /// Processes an event. Returns `None` after a mistake behind which nothing more can be read.
    fn take(&mut self, event: Event<'_>, at: usize) -> Option<()> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if self.key_wanted() {
                    return self.key(text.into_owned(), at);
                }
                let value = self.scalar(&text, style, tag.as_deref(), at)?;
                self.value(Node { at, value }, anchor)
            }
            Event::Alias(anchor) => self.alias(anchor, at),
            Event::SequenceStart(anchor, tag) => self.start(at, anchor, tag.as_deref(), OpenKind::Array(Vec::new())),
            Event::MappingStart(anchor, tag) => {
                let kind =
                    OpenKind::Object { members: Vec::new(), first: HashMap::new(), key: None, merged: Vec::new() };
                self.start(at, anchor, tag.as_deref(), kind)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Some(())
            }
        }
    }

    /// Returns true if the name of a property comes next.
    fn key_wanted(&self) -> bool {
        matches!(self.open.last(), Some(Open { kind: OpenKind::Object { key: None, .. }, .. }))
    }

    fn key(&mut self, name: String, at: usize) -> Option<()> {
        if let Some(Open { kind: OpenKind::Object { key, .. }, .. }) = self.open.last_mut() {
            *key = Some(Key { name, at });
        }
        Some(())
    }

    fn start(&mut self, at: usize, anchor: usize, tag: Option<&Tag>, kind: OpenKind) -> Option<()> {
        if let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema()) {
            self.unknown_tag(tag, at);
            return None;
        }
        if self.key_wanted() {
            self.mistake(at, "the name of a property is a list or an object", "write a text");
            return None;
        }
        if self.open.len() >= LEVELS {
            self.mistake(at, format_args!("nested deeper than {LEVELS} levels"), "flatten it");
            return None;
        }
        self.open.push(Open { at, anchor, kind });
        Some(())
    }

    fn end(&mut self) -> Option<()> {
        let Open { at, anchor, kind } = self.open.pop()?;
        let value = match kind {
            OpenKind::Array(items) => Value::Array(items),
            OpenKind::Object { mut members, mut first, merged, .. } => {
                for member in merged.into_iter().flat_map(members_of) {
                    if !first.contains_key(&member.name) {
                        first.insert(member.name.clone(), member.at);
                        members.push(member);
                    }
                }
                Value::Object(members)
            }
        };
        self.value(Node { at, value }, anchor)
    }

    /// Adds a complete value to the list or object that holds it, and keeps a copy if it has an anchor.
    fn value(&mut self, node: Node, anchor: usize) -> Option<()> {
        self.count(1, node.at)?;
        if anchor > 0 {
            let cost = cost(&node);
            self.count(cost.nodes, node.at)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), cost });
        }
        self.put(node)
    }

    fn put(&mut self, node: Node) -> Option<()> {
        let (document, log) = (self.document, self.log);
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open { kind: OpenKind::Array(items), .. }) => items.push(node),
            Some(Open { kind: OpenKind::Object { members, first, key, merged }, .. }) => {
                let Key { name, at } = key.take()?;
                if name == "<<" {
                    match node.value {
                        Value::Array(items) => merged.extend(items),
                        _ => merged.push(node),
                    }
                } else if let Some(&earlier) = first.get(&name) {
                    let earlier = document.position(earlier);
                    let message = format_args!("{} appears twice in the object, first at {earlier}", quoted(&name));
                    log.push(|| document.mistake_at(at, "", message, "keep one"));
                } else {
                    first.insert(name.clone(), at);
                    members.push(Member { name, at, node });
                }
            }
        }
        Some(())
    }

    fn alias(&mut self, anchor: usize, at: usize) -> Option<()> {
        let Some(Anchored { node, cost }) = self.anchors.get(&anchor) else {
            self.mistake(at, "an alias inside of the value it refers to", "write the value here");
            return None;
        };
        let (node, Cost { nodes, bytes, levels }) = (node.clone(), *cost);
        if self.key_wanted() {
            let Value::String(text) = node.value else {
                self.mistake(at, "the name of a property is not a text", "write a text");
                return None;
            };
            return self.key(text, at);
        }
        if self.open.len() + levels > LEVELS {
            self.mistake(at, format_args!("nested deeper than {LEVELS} levels"), "flatten it");
            return None;
        }
        self.copied = self.copied.saturating_add(bytes);
        if self.copied > COPIED_BYTES {
            self.mistake(at, format_args!("aliases stand for more than {COPIED_BYTES} bytes"), "write fewer of them");
            return None;
        }
        self.count(nodes, at)?;
        self.put(node)
    }

    fn count(&mut self, nodes: usize, at: usize) -> Option<()> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > NODES {
            self.mistake(at, format_args!("more than {NODES} values, those behind aliases included"), "shorten it");
            return None;
        }
        Some(())
    }

    fn scalar(&self, text: &str, style: ScalarStyle, tag: Option<&Tag>, at: usize) -> Option<Value> {
        let is_plain = style == ScalarStyle::Plain;
        match tag {
            None if is_plain => Some(plain(text)),
            None => Some(Value::String(text.to_owned())),
            Some(tag) if tag.is_yaml_core_schema() => match tag.suffix.as_str() {
                "str" => Some(Value::String(text.to_owned())),
                "int" | "float" | "bool" | "null" => Some(plain(text)),
                _ => {
                    self.unknown_tag(tag, at);
                    None
                }
            },
            Some(tag) if tag.handle.is_empty() && tag.suffix == "!" => Some(Value::String(text.to_owned())),
            Some(tag) => {
                self.unknown_tag(tag, at);
                None
            }
        }
    }

    fn unknown_tag(&self, tag: &Tag, at: usize) {
        self.mistake(
            at,
            format_args!("the tag {} is not supported", quoted(&format!("{}{}", tag.handle, tag.suffix))),
            "remove it",
        );
    }
}

/// Returns the value of a plain scalar by the core schema.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Boolean(true),
        "false" | "False" | "FALSE" => Value::Boolean(false),
        _ if is_json_number(text) => Value::Number(text.to_owned()),
        _ => Value::String(text.to_owned()),
    }
}

fn is_json_number(text: &str) -> bool {
    text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        && serde_json::from_str::<serde_json::Number>(text).is_ok()
}

fn members_of(node: Node) -> Vec<Member> {
    match node.value {
        Value::Object(members) => members,
        // A value that is no object has nothing to merge.
        _ => Vec::new(),
    }
}

/// Returns what a copy of a value costs.
fn cost(node: &Node) -> Cost {
    let one = |bytes, levels| Cost { nodes: 1, bytes, levels };
    match &node.value {
        Value::Null | Value::Boolean(_) => one(0, 0),
        Value::Number(text) | Value::String(text) => one(text.len(), 0),
        Value::Array(items) => items.iter().map(cost).fold(one(0, 1), Cost::with),
        Value::Object(members) => {
            let of_member = |member: &Member| {
                let cost = cost(&member.node);
                Cost { bytes: cost.bytes + member.name.len(), ..cost }
            };
            members.iter().map(of_member).fold(one(0, 1), Cost::with)
        }
    }
}
