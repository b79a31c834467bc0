//! A picture of a definition, as a [Mermaid](https://mermaid.js.org/syntax/flowchart.html) flowchart.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::model::{Mode, State, StateMachine, States};
use crate::name::StateName;
use crate::value::Value;

impl StateMachine {
    /// Returns a flowchart of the states and the transitions between them: solid lines as planned, dotted
    /// lines after errors.
    pub fn picture(&self) -> String {
        let mut picture = Picture { text: String::from("flowchart TD\n"), numbers: BTreeMap::new() };
        picture.number(&self.states);
        let first = picture.node(&self.start_at);
        picture.line(1, &format!("start((\" \")) --> {first}"));
        picture.states(&self.states, 1);
        picture.text
    }
}

struct Picture<'a> {
    text: String,
    numbers: BTreeMap<&'a StateName, usize>,
}

impl<'a> Picture<'a> {
    fn number(&mut self, states: &'a States) {
        for (name, state) in states.iter() {
            let next = self.numbers.len();
            self.numbers.entry(name).or_insert(next);
            for (_, inner) in inner(state) {
                self.number(inner);
            }
        }
    }

    /// Returns the node of a state; `missing` for a state that is not defined.
    fn node(&self, name: &StateName) -> String {
        self.numbers.get(name).map_or_else(|| "missing".into(), |number| format!("s{number}"))
    }

    fn line(&mut self, depth: usize, line: &str) {
        // cannot fail: writing to a string does not
        writeln!(self.text, "{:1$}{line}", "", depth * 4).expect("a string takes everything");
    }

    fn states(&mut self, states: &'a States, depth: usize) {
        for (name, state) in states.iter() {
            let node = self.node(name);
            let label = escaped(name.as_str());
            let parts = inner(state);
            if parts.is_empty() {
                let shape = match state {
                    State::Choice(_) => format!("{node}{{\"{label}\"}}"),
                    State::Succeed(_) | State::Fail(_) => format!("{node}([\"{label}\"])"),
                    State::Pass(_) | State::Wait(_) => format!("{node}(\"{label}\")"),
                    State::Task(task) => {
                        let what = task.resource.as_str().rsplit(":::").next().unwrap_or_default();
                        format!("{node}[\"{label}<br/><small>{}</small>\"]", escaped(what))
                    }
                    State::Map(_) | State::Parallel(_) => format!("{node}[\"{label}\"]"),
                };
                self.line(depth, &shape);
            }
            for (index, (title, inner)) in parts.into_iter().enumerate() {
                // The first part stands for the state: lines to the state go to it.
                let part = if index == 0 { node.clone() } else { format!("{node}_{index}") };
                self.line(depth, &format!("subgraph {part}[\"{label}<br/><small>{title}</small>\"]"));
                self.states(inner, depth + 1);
                self.line(depth, "end");
            }
        }
        for (name, state) in states.iter() {
            self.ways(name, state, depth);
        }
    }

    fn ways(&mut self, name: &StateName, state: &State, depth: usize) {
        let node = self.node(name);
        if let State::Choice(choice) = state {
            for rule in &choice.choices {
                let condition = match &rule.condition {
                    Some(Value::Expression(expression)) => expression.as_str().to_owned(),
                    Some(Value::Literal(holds)) => holds.to_string(),
                    Some(Value::NotWrapped(text)) => text.clone(),
                    None => String::new(),
                };
                let line = format!("{node} -->|\"{}\"| {}", escaped(&condition), self.node(&rule.next));
                self.line(depth, &line);
            }
            if let Some(default) = &choice.default {
                let line = format!("{node} -->|otherwise| {}", self.node(default));
                self.line(depth, &line);
            }
        }
        if let Some((Some(next), _)) = state.transition() {
            let line = format!("{node} --> {}", self.node(next));
            self.line(depth, &line);
        }
        for catch in state.catch() {
            let errors: Vec<&str> = catch.error_equals.iter().map(|error| error.as_str()).collect();
            let line = format!("{node} -.->|\"{}\"| {}", escaped(&errors.join(", ")), self.node(&catch.next));
            self.line(depth, &line);
        }
    }
}

/// Returns the flows inside a state, each with a title.
fn inner(state: &State) -> Vec<(&'static str, &States)> {
    match state {
        State::Map(map) => {
            let mode = match map.item_processor.processor_config.mode {
                Mode::Inline => "for each item",
                Mode::Distributed => "for each item, in an execution of its own",
            };
            vec![(mode, &map.item_processor.states)]
        }
        State::Parallel(parallel) => {
            parallel.branches.iter().map(|branch| ("at the same time", &branch.states)).collect()
        }
        _ => Vec::new(),
    }
}

/// Escapes text for a label of Mermaid.
fn escaped(text: &str) -> String {
    let entity = |c: char| match c {
        '"' => "#quot;".to_owned(),
        '<' => "#lt;".to_owned(),
        '>' => "#gt;".to_owned(),
        '#' => "#35;".to_owned(),
        '\n' | '\r' => " ".to_owned(),
        c => c.to_string(),
    };
    text.chars().map(entity).collect()
}
