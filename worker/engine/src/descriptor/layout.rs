//! `layout` of a resource: what frictionless 4 called the parts of the dialect that say where the labels are.

use crate::document::place::Place;

/// Properties that leave rows and columns out. frictionless itself no longer reads them.
const LEFT_OUT: [&str; 8] =
    ["pickFields", "skipFields", "limitFields", "offsetFields", "pickRows", "skipRows", "limitRows", "offsetRows"];

/// Returns the place of the object, whose properties are read as properties of the dialect; `None` when it is absent or empty.
pub(super) fn read<'a>(resource: &Place<'a>) -> Option<Place<'a>> {
    let layout = resource.get("layout").filter(|layout| layout.names().next().is_some())?;
    layout.warn(
        "an older name of a part of the dialect, and read as that where the dialect does not say it",
        "move it into \"dialect\"",
    );
    for property in LEFT_OUT.into_iter().filter_map(|name| layout.get(name)) {
        property.warn(
            "it is not read: all rows and columns are checked",
            "remove it; lines that are no data can be named in the dialect (commentChar, commentRows)",
        );
    }
    Some(layout)
}
