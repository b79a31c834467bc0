//! JSON Schemas that are not constraints of a field but documents of their own, as those under `docs/schemas`.

use crate::descriptor::expression::Patterns;
use crate::document::file::Document;
use crate::document::mistake::{MistakeLog, Mistakes};
use crate::json_schema::JsonSchema;
use crate::parse::Json;

impl JsonSchema {
    /// Reads a schema (draft 2020-12, and the older forms of its keywords in earlier drafts). `name` is the name of the file in mistakes.
    ///
    /// # Errors
    ///
    /// All mistakes in the schema. A keyword that is not checked here is a mistake.
    pub fn of_text(name: &str, text: &[u8]) -> Result<Self, Mistakes> {
        let log = MistakeLog::default();
        let schema = Document::read(name, text, &log)
            .and_then(|document| super::read(&document.root(&log), &mut Patterns::default()));
        log.into_result(name, schema).map(|read| read.value)
    }

    /// Returns true if a text is JSON and keeps the schema.
    pub fn is_valid_text(&self, text: &[u8]) -> bool {
        Json::read(text).is_some_and(|value| self.is_valid(&value))
    }
}
