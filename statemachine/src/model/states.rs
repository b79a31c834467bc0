//! States in the order in which they are read.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::State;
use crate::name::StateName;

/// States by name. Order and repetitions of the JSON are kept: the order is for readers, a repetition is a fault.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct States(pub(crate) Vec<(StateName, State)>);

impl States {
    /// The states in order.
    pub fn iter(&self) -> impl Iterator<Item = (&StateName, &State)> {
        self.0.iter().map(|(name, state)| (name, state))
    }

    /// The first state of this name.
    pub fn get(&self, name: &StateName) -> Option<&State> {
        self.iter().find_map(|(other, state)| (other == name).then_some(state))
    }

    /// Returns true if there are no states.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a state.
    pub fn push(&mut self, name: StateName, state: State) {
        self.0.push((name, state));
    }
}

impl Serialize for States {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for States {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = States;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of states")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<States, A::Error> {
                let mut states = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    states.push(entry);
                }
                Ok(States(states))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}
