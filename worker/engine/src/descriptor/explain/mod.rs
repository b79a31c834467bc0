//! The checks of a descriptor in words, with the origin of each default: how files are read (`reading.rs`), what the columns must be
//! (`fields.rs`), what rows and whole files must meet (`checks.rs`), and what is written (`outputs.rs`).

mod checks;
mod fields;
mod outputs;
mod reading;

use super::model::Descriptor;

/// Most values of a list that are shown.
const VALUES: usize = 8;

impl Descriptor {
    /// Describes what files are checked against, line by line; the first line of a section has no indentation.
    pub fn explained(&self) -> Vec<String> {
        let mut lines = Vec::new();
        self.explain_reading(&mut lines);
        self.explain_columns(&mut lines);
        self.explain_checks(&mut lines);
        self.explain_outputs(&mut lines);
        lines
    }

    /// Adds a line with the value of a setting, and with where it comes from.
    fn explain_setting(&self, lines: &mut Vec<String>, name: &str, value: &str, path: &str) {
        lines.push(setting(name, value, self.given.origin(path)));
    }
}

/// Returns a line with the value of a setting, and with where it comes from.
fn setting(name: &str, value: &str, origin: &str) -> String {
    format!("  {name:<20} {value:<28} ({origin})")
}
