//! A writer of HTML.
//!
//! Names of elements and attributes and all markup are constants of the program (`&'static str`). Everything else can only be a text
//! or the value of an attribute, and both are escaped: no value of a file can become markup. Control characters and characters that
//! change the direction of a text are shown as escapes, so that no value can change how the rest of the page reads.

use sluice_engine::report::excerpt;

use crate::markup::push_escaped;
use crate::printable::printable;

/// An element's attributes.
pub(super) type Attributes<'a> = [(&'static str, &'a str)];

/// A piece of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Html(String);

impl Html {
    /// Its length in bytes.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }

    /// Writes markup of the program.
    pub(super) fn markup(&mut self, markup: &'static str) {
        self.0.push_str(markup);
    }

    /// Appends another piece.
    pub(super) fn append(&mut self, other: &Self) {
        self.0.push_str(&other.0);
    }

    /// Writes a text.
    pub(super) fn text(&mut self, text: &str) {
        push_escaped(&printable(text), &mut self.0);
    }

    /// Writes the first `most` characters of a text, and `…` if it has more.
    pub(super) fn cut_text(&mut self, text: &str, most: usize) {
        self.text(&excerpt(text, most));
    }

    /// Begins an element.
    pub(super) fn open(&mut self, name: &'static str, attributes: &Attributes<'_>) {
        self.0.push('<');
        self.0.push_str(name);
        for (attribute, value) in attributes {
            self.0.push(' ');
            self.0.push_str(attribute);
            self.0.push_str("=\"");
            push_escaped(&printable(value), &mut self.0);
            self.0.push('"');
        }
        self.0.push('>');
    }

    /// Ends an element.
    pub(super) fn close(&mut self, name: &'static str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }

    /// Writes an element whose content `inside` writes.
    pub(super) fn element(&mut self, name: &'static str, attributes: &Attributes<'_>, inside: impl FnOnce(&mut Self)) {
        self.open(name, attributes);
        inside(self);
        self.close(name);
    }

    /// Writes an element with a text.
    pub(super) fn leaf(&mut self, name: &'static str, attributes: &Attributes<'_>, text: &str) {
        self.element(name, attributes, |html| html.text(text));
    }

    /// Writes the first `most` characters of a text in lines.
    pub(super) fn lines(&mut self, text: &str, most: usize) {
        for (number, line) in excerpt(text, most).lines().enumerate() {
            if number > 0 {
                self.markup("<br>");
            }
            self.text(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_values_are_never_markup() {
        let mut html = Html::default();
        html.element("p", &[("title", "\"><script>")], |html| html.text("<b>&\"'\u{202e}\n"));
        let expected = "<p title=\"&quot;&gt;&lt;script&gt;\">&lt;b&gt;&amp;&quot;&#39;\\u{202e}\\n</p>";
        assert_eq!(html.into_text(), expected);
    }

    #[test]
    fn long_texts_are_cut() {
        let mut html = Html::default();
        html.cut_text(&"ä".repeat(1 << 20), 3);
        assert_eq!(html.into_text(), "äää…");
        let mut html = Html::default();
        html.lines("a\nb<", 10);
        assert_eq!(html.into_text(), "a<br>b&lt;");
    }
}
