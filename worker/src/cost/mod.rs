//! What a run costs and how long it takes: a price table with its date, rules of thumb, and what was used.
//!
//! [`Estimate`] is made from a plan before anything runs, by the rules in [`rules`]. [`ResourceUsage`] is counted by the workers and stands
//! in the run report. `cargo xtask simulate` runs planner and publisher over a store with S3's latencies and a model of what AWS
//! does with tasks, and a test holds the estimate against it: see `docs/scale.md`.

mod estimate;
pub mod prices;
mod quantity;
pub mod rules;

pub use estimate::{Estimate, ExtraWork, Figures, Seconds, Settings, TasksOfSize};
pub use prices::{Architecture, Prices};
pub use quantity::{Quantities, Usd};

pub use crate::resource_usage::{Requests, ResourceUsage, TaskTime};
