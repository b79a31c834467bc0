//! Names of resources. Roles refer to later resources by these names, and the code that creates those resources uses the same
//! names.
//!
//! All but [`CONTAINER`], [`MAP_LABEL`] and [`EVENT_BUS`] are preceded by the name of the stack (`Deployment::named`).

/// The cluster.
pub(crate) const CLUSTER: &str = "cluster";
/// The family of the workers' task definitions, and their role.
pub(crate) const WORKER: &str = "worker";
/// The family of the planner's task definitions, if the planner is a task, and its role.
pub(crate) const PLAN_TASK: &str = "plan-task";
/// The container in a task, of either family.
pub(crate) const CONTAINER: &str = "worker";

/// The function that plans, and its role.
pub(crate) const PLAN: &str = "plan";
/// The function that publishes, and its role.
pub(crate) const PUBLISH: &str = "publish";
/// The function that handles stopped tasks, its role, and the rule that calls it.
pub(crate) const STOPPED: &str = "stopped";

/// The state machine, and its role.
pub(crate) const MACHINE: &str = "pipeline";
/// Label of the Map in the state machine: part of the names of the Map's child executions.
pub(crate) const MAP_LABEL: &str = "tasks";
/// The bus to which events are sent.
pub(crate) const EVENT_BUS: &str = "default";
