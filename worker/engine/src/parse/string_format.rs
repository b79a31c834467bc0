//! The formats of texts.

/// `format` of a string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StringFormat {
    /// Any text.
    #[default]
    Default,
    /// An e-mail address.
    Email,
    /// RFC 3986.
    Uri,
    /// Base 64.
    Binary,
    /// RFC 9562.
    Uuid,
}
