//! Names within a definition.

macro_rules! name {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(std::borrow::Cow<'static, str>);

        impl $name {
            /// A name that is fixed in the source.
            pub const fn fixed(name: &'static str) -> Self {
                Self(std::borrow::Cow::Borrowed(name))
            }

            /// A name made at run time.
            pub fn new(name: impl Into<String>) -> Self {
                Self(std::borrow::Cow::Owned(name.into()))
            }

            /// The name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(crate) use name;

name! {
    /// The name of a state: at most [`StateName::MOST`] characters, unique in the whole definition.
    StateName
}

impl StateName {
    /// Most characters of a state name.
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-common-fields.html>
    pub const MOST: usize = 80;
}

name! {
    /// The name under which the child executions of a Distributed Map appear, at most [`Label::MOST`] characters.
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html>
    Label
}

impl Label {
    /// Most characters of a label.
    pub const MOST: usize = 40;

    /// Returns true if a label must not have this character: white space, wildcards, brackets, special and control characters.
    pub fn forbids(character: char) -> bool {
        character.is_whitespace()
            || character.is_control()
            || "?*<>{}[]:;,/\\|^~$#%&`\"".contains(character)
            || matches!(character, '\u{fffe}' | '\u{ffff}')
    }
}
