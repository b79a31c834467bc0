//! The shape of a type as JSON, found by deserializing it: the deserializer in this file answers every question with a
//! value of the kind that is asked for, and notes the question. So the members, their kinds and the words of
//! enumerations come from the code itself.
//!
//! Which members are always written is found by serializing: once for each object, with its optional members left out.

use std::fmt;

use serde::Serialize;
use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Expected, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// The shape of a value.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Any,
    Boolean,
    Unsigned,
    Number,
    Text,
    Words(Vec<&'static str>),
    Nullable(Box<Shape>),
    List(Box<Shape>),
    Tuple(Vec<Shape>),
    Map { names: Box<Shape>, values: Box<Shape> },
    Object(Object),
}

/// An object with known members.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    /// The name of the type.
    pub(crate) name: String,
    pub(crate) members: Vec<(String, Shape)>,
    /// The names of the members that are always written.
    pub(crate) required: Vec<String>,
    /// The types whose members are flattened into this one.
    pub(crate) parts: Vec<Object>,
}

/// The members of a type that has others flattened into it, as serde does not tell them.
pub(crate) struct Flattened {
    pub(crate) name: &'static str,
    pub(crate) own: &'static [&'static str],
    pub(crate) part: fn() -> (Shape, Value),
}

/// Returns the shape of a type, and a value of it with every member.
pub(crate) fn trace<T: DeserializeOwned + Serialize>(flattened: &[Flattened]) -> (Shape, Value) {
    let (mut shape, value, objects, _) = pass::<T>(flattened, None);
    for number in 0..objects {
        let (_, sparse, _, path) = pass::<T>(flattened, Some(number));
        let object = sparse.pointer(&path).and_then(Value::as_object).unwrap();
        let written: Vec<&str> = object.keys().map(String::as_str).collect();
        require(&mut shape, number, &written, &mut 0);
    }
    (shape, value)
}

/// Reads the type once, leaving out the optional members of object number `sparse`. Returns the shape, the value, the
/// number of objects, and the path of the sparse object.
fn pass<T: DeserializeOwned + Serialize>(
    flattened: &[Flattened],
    sparse: Option<usize>,
) -> (Shape, Value, usize, String) {
    let mut state = State { flattened, sparse, objects: 0, is_sparse: false, steps: Vec::new(), path: String::new() };
    let mut shape = Shape::Any;
    let value = T::deserialize(Tracer { state: &mut state, shape: &mut shape }).unwrap();
    (shape, serde_json::to_value(value).unwrap(), state.objects, state.path)
}

/// Notes the members that are always written in the object with this number.
fn require(shape: &mut Shape, number: usize, written: &[&str], next: &mut usize) {
    match shape {
        Shape::Nullable(inner) | Shape::List(inner) => require(inner, number, written, next),
        Shape::Map { values, .. } => require(values, number, written, next),
        Shape::Tuple(items) => items.iter_mut().for_each(|item| require(item, number, written, next)),
        Shape::Object(object) => {
            let own = *next;
            *next += 1;
            let of_parts = |name: &str| object.parts.iter().any(|part| part.members.iter().any(|(it, _)| it == name));
            if own == number {
                let names = written.iter().filter(|name| !of_parts(name)).map(|name| (*name).to_owned());
                object.required.extend(names);
            }
            let parts: Vec<String> =
                object.parts.iter().flat_map(|part| part.members.iter().map(|(name, _)| name.clone())).collect();
            let members = object.members.iter_mut().filter(|(name, _)| !parts.contains(name));
            members.for_each(|(_, member)| require(member, number, written, next));
        }
        Shape::Any | Shape::Boolean | Shape::Unsigned | Shape::Number | Shape::Text | Shape::Words(_) => {}
    }
}

struct State<'f> {
    flattened: &'f [Flattened],
    sparse: Option<usize>,
    objects: usize,
    /// Whether the current object is the one whose optional members are left out.
    is_sparse: bool,
    steps: Vec<String>,
    path: String,
}

struct Tracer<'s, 'f> {
    state: &'s mut State<'f>,
    shape: &'s mut Shape,
}

#[derive(Debug)]
pub(crate) struct Untraced(String);

impl fmt::Display for Untraced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Untraced {}

impl de::Error for Untraced {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

impl<'s, 'f> Tracer<'s, 'f> {
    /// Reads an object whose members have these names, followed by the members of `parts`.
    fn object<'de, V: Visitor<'de>>(
        self,
        name: &str,
        names: &[&'static str],
        parts: Vec<(Shape, Value)>,
        visitor: V,
    ) -> Result<V::Value, Untraced> {
        let Self { state, shape } = self;
        let was_sparse = state.is_sparse;
        if state.sparse == Some(state.objects) {
            state.path = state.steps.iter().map(|step| format!("/{step}")).collect();
            state.is_sparse = true;
        }
        state.objects += 1;
        let mut object = Object { name: name.to_owned(), members: Vec::new(), required: Vec::new(), parts: Vec::new() };
        let mut given = Vec::new();
        for (part, value) in parts {
            let (Shape::Object(part), Value::Object(members)) = (part, value) else {
                panic!("{name} has no object in it")
            };
            object.required.extend(part.required.iter().cloned());
            given.extend(members);
            object.parts.push(part);
        }
        let members = Members { state: &mut *state, names, given, at: 0, members: &mut object.members };
        let value = visitor.visit_map(members)?;
        for part in &object.parts {
            object.members.extend(part.members.iter().cloned());
        }
        state.is_sparse = was_sparse;
        *shape = Shape::Object(object);
        Ok(value)
    }
}

/// Yields the members of an object.
struct Members<'s, 'f> {
    state: &'s mut State<'f>,
    names: &'s [&'static str],
    /// The members of the parts, with their values.
    given: Vec<(String, Value)>,
    at: usize,
    members: &'s mut Vec<(String, Shape)>,
}

impl<'de> MapAccess<'de> for Members<'_, '_> {
    type Error = Untraced;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Untraced> {
        let given = self.given.get(self.at.wrapping_sub(self.names.len())).map(|(name, _)| name.as_str());
        let Some(name) = self.names.get(self.at).copied().or(given) else { return Ok(None) };
        let name: StrDeserializer<'_, Untraced> = name.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Untraced> {
        let at = self.at;
        self.at += 1;
        let Some(name) = self.names.get(at) else {
            let value = self.given[at - self.names.len()].1.clone();
            return seed.deserialize(value).map_err(de::Error::custom);
        };
        let mut shape = Shape::Any;
        self.state.steps.push((*name).to_owned());
        let value = seed.deserialize(Tracer { state: self.state, shape: &mut shape })?;
        self.state.steps.pop();
        self.members.push(((*name).to_owned(), shape));
        Ok(value)
    }
}

/// Yields one element of a list, or all elements of a tuple.
struct Items<'s, 'f> {
    state: &'s mut State<'f>,
    left: usize,
    shapes: Vec<Shape>,
}

impl<'de> SeqAccess<'de> for &mut Items<'_, '_> {
    type Error = Untraced;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Untraced> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let mut shape = Shape::Any;
        self.state.steps.push(self.shapes.len().to_string());
        let value = seed.deserialize(Tracer { state: self.state, shape: &mut shape })?;
        self.state.steps.pop();
        self.shapes.push(shape);
        Ok(Some(value))
    }
}

/// Yields one entry of a map.
struct Entry<'s, 'f> {
    state: &'s mut State<'f>,
    is_left: bool,
    names: Shape,
    values: Shape,
}

impl<'de> MapAccess<'de> for &mut Entry<'_, '_> {
    type Error = Untraced;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Untraced> {
        if !std::mem::take(&mut self.is_left) {
            return Ok(None);
        }
        seed.deserialize(Tracer { state: self.state, shape: &mut self.names }).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Untraced> {
        let name = if let Shape::Words(words) = &self.names { words[0] } else { TEXT };
        self.state.steps.push(name.to_owned());
        let value = seed.deserialize(Tracer { state: self.state, shape: &mut self.values })?;
        self.state.steps.pop();
        Ok(value)
    }
}

/// The value of all texts.
const TEXT: &str = "x";

/// Answers a question for a plain value, and notes its kind.
macro_rules! plain {
    ($($method:ident $shape:ident $visit:ident($value:expr),)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Untraced> {
            *self.shape = Shape::$shape;
            visitor.$visit($value(self.state.is_sparse))
        })+
    };
}

impl<'de> de::Deserializer<'de> for Tracer<'_, '_> {
    type Error = Untraced;

    plain! {
        deserialize_bool Boolean visit_bool(|is_sparse: bool| !is_sparse),
        deserialize_u8 Unsigned visit_u64(|is_sparse: bool| u64::from(!is_sparse)),
        deserialize_u16 Unsigned visit_u64(|is_sparse: bool| u64::from(!is_sparse)),
        deserialize_u32 Unsigned visit_u64(|is_sparse: bool| u64::from(!is_sparse)),
        deserialize_u64 Unsigned visit_u64(|is_sparse: bool| u64::from(!is_sparse)),
        deserialize_f64 Number visit_f64(|is_sparse: bool| if is_sparse { 0.0 } else { 1.5 }),
        deserialize_str Text visit_str(|_| TEXT),
        deserialize_string Text visit_str(|_| TEXT),
        deserialize_any Any visit_u64(|_| 1),
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Untraced> {
        if self.state.is_sparse {
            return visitor.visit_none();
        }
        let mut inner = Shape::Any;
        let value = visitor.visit_some(Tracer { state: self.state, shape: &mut inner })?;
        *self.shape = Shape::Nullable(Box::new(inner));
        Ok(value)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Untraced> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Untraced> {
        let mut items = Items { left: usize::from(!self.state.is_sparse), state: self.state, shapes: Vec::new() };
        let value = visitor.visit_seq(&mut items)?;
        *self.shape = Shape::List(Box::new(items.shapes.pop().unwrap_or(Shape::Any)));
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, left: usize, visitor: V) -> Result<V::Value, Untraced> {
        let mut items = Items { left, state: self.state, shapes: Vec::new() };
        let value = visitor.visit_seq(&mut items)?;
        *self.shape = Shape::Tuple(items.shapes);
        Ok(value)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Untraced> {
        // A type with flattened members reads itself as a map, and expects "struct Name".
        let expected = (&visitor as &dyn Expected).to_string();
        if let Some(name) = expected.strip_prefix("struct ") {
            let of = self.state.flattened.iter().find(|flattened| flattened.name == name);
            let of = of.unwrap_or_else(|| panic!("{name} has flattened members; say which"));
            let (own, part) = (of.own, of.part);
            return self.object(name, own, vec![part()], visitor);
        }
        let mut entry =
            Entry { is_left: !self.state.is_sparse, state: self.state, names: Shape::Any, values: Shape::Any };
        let value = visitor.visit_map(&mut entry)?;
        *self.shape = Shape::Map { names: Box::new(entry.names), values: Box::new(entry.values) };
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Untraced> {
        self.object(name, fields, Vec::new(), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Untraced> {
        *self.shape = Shape::Words(variants.to_vec());
        let word: StrDeserializer<'_, Untraced> = variants[0].into_deserializer();
        visitor.visit_enum(word)
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u128 f32 char bytes byte_buf unit unit_struct tuple_struct identifier ignored_any
    }
}
