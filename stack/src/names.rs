//! Names of resources. Roles refer by them to resources that are made later, and the code that makes these uses the same names.
//!
//! All but [`CONTAINER`], [`MAP_LABEL`] and [`EVENT_BUS`] stand behind the name of the stack (`Site::named`).

/// The cluster.
pub(crate) const CLUSTER: &str = "cluster";
/// The family of the workers' task definitions, and their role.
pub(crate) const WORKER: &str = "worker";
/// The family of the task definitions of a planner that is a task, and its role.
pub(crate) const PLAN_TASK: &str = "plan-task";
/// The container in a task, of whichever family.
pub(crate) const CONTAINER: &str = "worker";

/// The function that plans, and its role.
pub(crate) const PLAN: &str = "plan";
/// The function that publishes, and its role.
pub(crate) const PUBLISH: &str = "publish";
/// The function that hears of stopped tasks, its role, and the rule that calls it.
pub(crate) const STOPPED: &str = "stopped";

/// The state machine, and its role.
pub(crate) const MACHINE: &str = "pipeline";
/// Label of the Map in the state machine: part of the names of the Map's executions.
pub(crate) const MAP_LABEL: &str = "tasks";
/// The bus that events go to.
pub(crate) const EVENT_BUS: &str = "default";
