//! JSON Schemas that are not constraints of a field but documents of their own, as those under `docs/schemas`.

use crate::descriptor::expression::Patterns;
use crate::document::file::Document;
use crate::document::mistake::{Found, Mistakes};
use crate::json_schema::JsonSchema;
use crate::parse::Json;

impl JsonSchema {
    /// Reads a schema (draft 2020-12, and the older forms of its keywords in earlier drafts). `name` is the name of the file in mistakes.
    ///
    /// # Errors
    ///
    /// All mistakes in the schema. A keyword that is not checked here is a mistake.
    pub fn of_text(name: &str, text: &[u8]) -> Result<Self, Mistakes> {
        let found = Found::default();
        let schema = Document::read(name, text, &found)
            .and_then(|document| super::read(&document.root(&found), &mut Patterns::default()));
        found.or(name, schema).map(|(schema, _)| schema)
    }

    /// Returns true if a text is JSON and keeps the schema.
    pub fn is_valid_text(&self, text: &[u8]) -> bool {
        Json::read(text).is_some_and(|value| self.is_valid(&value))
    }
}
