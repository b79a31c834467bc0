//! Media types of objects: a browser that opens a link to a page shows the page instead of saving it.

/// Returns the media type of an object by its key; `None` for an object that only programs read
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html>).
pub(super) fn content_type(key: &str) -> Option<String> {
    key.ends_with(".html").then(|| "text/html; charset=utf-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_shown_and_nothing_else_is() {
        assert_eq!(content_type("a/report.html").as_deref(), Some("text/html; charset=utf-8"));
        for key in ["a/report.json", "html", "a/clean/x.csv"] {
            assert_eq!(content_type(key), None, "{key}");
        }
    }
}
