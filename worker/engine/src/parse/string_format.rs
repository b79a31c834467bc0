//! The formats of strings.

/// `format` of a string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StringFormat {
    /// Any text.
    #[default]
    Default,
    /// An e-mail address.
    Email,
    /// A URI (RFC 3986).
    Uri,
    /// Base 64.
    Binary,
    /// A UUID (RFC 9562).
    Uuid,
}
