//! Text in HTML.

/// Appends a text as the content of an element or of a quoted attribute: no character of it can be markup.
pub(crate) fn push_escaped(text: &str, page: &mut String) {
    let is_special = |byte: u8| matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\'');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(is_special) {
        let (before, behind) = rest.split_at(at);
        page.push_str(before);
        page.push_str(match behind.as_bytes()[0] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        });
        rest = &behind[1..];
    }
    page.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_of_markup_are_escaped_and_no_others() {
        let mut page = String::new();
        push_escaped("<a href=\"é\">&'b'", &mut page);
        assert_eq!(page, "&lt;a href=&quot;é&quot;&gt;&amp;&#39;b&#39;");
    }
}
