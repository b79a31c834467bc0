//! A JSON Schema that is no constraint of a field but a document by itself, as those under `docs/schemas`.

use crate::descriptor::expression::Patterns;
use crate::document::file::Document;
use crate::document::mistake::{Found, Mistakes};
use crate::json_schema::JsonSchema;
use crate::parse::Json;

impl JsonSchema {
    /// Reads a schema (draft 2020-12, and what earlier drafts say in other words); `name` is what its mistakes call the file.
    ///
    /// # Errors
    ///
    /// All mistakes in it. A keyword that is not checked here is one.
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
