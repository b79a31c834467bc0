//! Options of resources for which the framework has no field.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pulumi_gestalt_model::Output;

/// Options of one resource. They mean what they mean in every other language of Pulumi.
///
/// ```ignore
/// set_options("pipeline", Options { depends_on: vec![policy.urn.clone()], protect: Some(true), ..Options::default() });
/// let pipeline = sfn::state_machine::create(ctx, "pipeline", arguments);
/// ```
#[derive(Clone, Default)]
pub struct Options {
    /// URNs of resources that must be there first and must be deleted later: `other.urn.clone()`.
    ///
    /// Outputs and not names, because the framework registers a resource only when somebody waits for it: who waits for an
    /// output sets its resource going; who waits for a name could wait for ever.
    pub depends_on: Vec<Output<String>>,
    /// Whether deleting it is an error until this is taken back.
    pub protect: Option<bool>,
    /// Whether it stays in the cloud when Pulumi forgets it.
    pub retain_on_delete: Option<bool>,
    /// Whether, when it must be replaced, the old one goes before the new one comes.
    pub delete_before_replace: Option<bool>,
    /// Inputs, named as the provider names them (`desiredCount`), of which changes are not taken over.
    pub ignore_changes: Vec<String>,
    /// Outputs, named as the provider names them, that are kept as secrets.
    pub additional_secret_outputs: Vec<String>,
    /// Earlier names of it: a renamed resource is the same resource.
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

/// One table for the process: the framework keeps the connector to itself, so there is no value to hang it on.
static TABLE: Mutex<BTreeMap<String, Options>> = Mutex::new(BTreeMap::new());

fn table() -> MutexGuard<'static, BTreeMap<String, Options>> {
    // No code panics while it holds the table, and a map is whole at any time.
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sets the options of the resource with the logical name `name`, in place of any set before.
///
/// To be called before the resource is created. `name` is not checked here; [`unused_options`] finds the misspelt ones.
pub fn set_options(name: &str, options: Options) {
    table().insert(name.to_owned(), options);
}

/// Takes the options of `name` out of the table.
pub(crate) fn take(name: &str) -> Options {
    table().remove(name).unwrap_or_default()
}

/// The names for which options were set and no resource registered: after the program has finished, each is a mistake.
pub fn unused_options() -> Vec<String> {
    table().keys().cloned().collect()
}
