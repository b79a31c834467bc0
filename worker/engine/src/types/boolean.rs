//! `boolean`: true or false, each written as one of several texts.

use super::{ColumnCells, Format, JsonType, Literal, LiteralValue, NotAValue, Type, of_type};
use crate::bound::Scalar;
use crate::document::path::quoted;
use crate::document::place::Place;
use crate::fault::CellFault;
use crate::parse;
use crate::shown::listed;
use crate::texts::Texts;
use crate::types::StatisticsKind;
use crate::typing::cells::Typing;
use crate::typing::shortcut::RecentCells;

/// The texts for true and for false.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boolean {
    /// Texts for true.
    pub true_values: Texts,
    /// Texts for false.
    pub false_values: Texts,
}

/// The texts of fields without `trueValues` and `falseValues`.
const DEFAULT_TRUE: [&str; 4] = ["true", "True", "TRUE", "1"];
const DEFAULT_FALSE: [&str; 4] = ["false", "False", "FALSE", "0"];

impl Default for Boolean {
    fn default() -> Self {
        let texts = |texts: [&str; 4]| Texts::from(texts.map(str::to_owned).to_vec());
        Self { true_values: texts(DEFAULT_TRUE), false_values: texts(DEFAULT_FALSE) }
    }
}

/// Reads a boolean that is written as one of the default texts.
pub(crate) fn read_default(text: &[u8]) -> Option<bool> {
    let is_one_of = |texts: [&str; 4]| texts.iter().any(|one| one.as_bytes() == text);
    is_one_of(DEFAULT_TRUE).then_some(true).or_else(|| is_one_of(DEFAULT_FALSE).then_some(false))
}

pub(super) fn read(place: &Place<'_>, format: Format<'_>) -> Option<Boolean> {
    let true_values = texts(place, "trueValues", DEFAULT_TRUE);
    let false_values = texts(place, "falseValues", DEFAULT_FALSE);
    let (true_values, false_values) = (Texts::from(true_values?), Texts::from(false_values?));
    if let Some(both) = false_values.iter().find(|text| true_values.holds(text.as_bytes())) {
        let property = place.get("falseValues").or_else(|| place.get("trueValues"))?;
        property.mistake(format_args!("{} means both true and false", quoted(both)), "keep it in one of the lists");
        return None;
    }
    format.only_default(place, "boolean").map(|()| Boolean { true_values, false_values })
}

fn texts(place: &Place<'_>, name: &str, defaults: [&str; 4]) -> Option<Vec<String>> {
    let Some(property) = place.get(name) else {
        return Some(defaults.map(str::to_owned).to_vec());
    };
    let items = property.array("write a list of texts")?;
    if items.is_empty() {
        property.mistake("it is empty", "write at least one text");
    }
    let strings = items.iter().map(|item| item.string("write the text between quotes"));
    strings.map(|text| text.map(str::to_owned)).collect()
}

impl Type for Boolean {
    fn name(&self) -> &'static str {
        "boolean"
    }

    fn noun(&self) -> &'static str {
        "a boolean"
    }

    fn remedy(&self) -> &'static str {
        "write true, false or a text of trueValues or falseValues"
    }

    fn expectation(&self) -> String {
        let [trues, falses] =
            [&self.true_values, &self.false_values].map(|values| listed(values.iter().map(String::as_str)));
        format!("a boolean ({trues} / {falses})")
    }

    fn form(&self) -> String {
        let [trues, falses] =
            [&self.true_values, &self.false_values].map(|values| listed(values.iter().map(String::as_str)));
        format!("{trues} / {falses}")
    }

    fn is_ordered(&self) -> bool {
        false
    }

    fn read_literal(&self, literal: &Literal<'_>) -> Result<LiteralValue, NotAValue> {
        match literal.json_type {
            JsonType::Boolean(value) => Ok(Scalar::Boolean(value).into()),
            JsonType::String | JsonType::Number | JsonType::Container => {
                let value = parse::boolean(literal.text.as_bytes(), &self.true_values, &self.false_values);
                of_type(value.map(Scalar::Boolean))
            }
        }
    }

    fn read_cells(&self, typing: &mut Typing<'_>, cells: ColumnCells<'_>) {
        let values = cells.typed.take_booleans();
        typing.read_typed(cells, values, RecentCells::default(), |text| {
            parse::boolean(text, &self.true_values, &self.false_values).ok_or(CellFault::Type)
        });
    }

    fn statistics(&self) -> StatisticsKind {
        StatisticsKind::Boolean
    }
}
