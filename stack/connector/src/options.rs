//! Options of resources for which the framework has no field.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pulumi_gestalt_model::Output;

/// Options of one resource, with the same meaning as in every other language of Pulumi.
///
/// ```ignore
/// set_options("pipeline", Options { depends_on: vec![policy.urn.clone()], protect: Some(true), ..Options::default() });
/// let pipeline = sfn::state_machine::create(ctx, "pipeline", arguments);
/// ```
#[derive(Clone, Default)]
pub struct Options {
    /// URNs of resources that must exist before this one and must be deleted after it: `other.urn.clone()`.
    ///
    /// Outputs and not names, because the framework registers a resource only when its output is awaited: awaiting an
    /// output starts the registration of its resource, while a name could be awaited for ever.
    pub depends_on: Vec<Output<String>>,
    /// Whether deleting the resource is an error until this option is taken back.
    pub protect: Option<bool>,
    /// Whether the resource stays in the cloud when Pulumi forgets it.
    pub retain_on_delete: Option<bool>,
    /// Whether, on a replacement, the old resource is deleted before the new one is created.
    pub delete_before_replace: Option<bool>,
    /// Inputs, named as the provider names them (`desiredCount`), whose changes are ignored.
    pub ignore_changes: Vec<String>,
    /// Outputs, named as the provider names them, that are kept as secrets.
    pub additional_secret_outputs: Vec<String>,
    /// Earlier names of the resource: a renamed resource is the same resource.
    pub aliases: Vec<String>,
}

// Outputs have no `Debug` of their own.
impl std::fmt::Debug for Options {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Options")
            .field("depends_on", &self.depends_on.len())
            .field("protect", &self.protect)
            .field("retain_on_delete", &self.retain_on_delete)
            .field("delete_before_replace", &self.delete_before_replace)
            .field("ignore_changes", &self.ignore_changes)
            .field("additional_secret_outputs", &self.additional_secret_outputs)
            .field("aliases", &self.aliases)
            .finish()
    }
}

/// Options by the logical name of their resource. One table for the process: the framework keeps the connector to itself,
/// so the table cannot be a field of it.
static TABLE: Mutex<BTreeMap<String, Options>> = Mutex::new(BTreeMap::new());

fn table() -> MutexGuard<'static, BTreeMap<String, Options>> {
    // No code panics while it holds the lock, so the map is consistent even if the lock is poisoned.
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sets the options of the resource with the logical name `name`, in place of options set earlier.
///
/// Must be called before the resource is created. `name` is not checked here; [`unused_options`] finds misspelt names.
pub fn set_options(name: &str, options: Options) {
    table().insert(name.to_owned(), options);
}

/// Removes the options of `name` from the table and returns them; the default if there are none.
pub(crate) fn take(name: &str) -> Options {
    table().remove(name).unwrap_or_default()
}

/// Returns the names for which options were set but no resource was registered: after the program has finished, each is a
/// mistake.
pub fn unused_options() -> Vec<String> {
    table().keys().cloned().collect()
}
