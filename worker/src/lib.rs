//! Sluice: checked intake of CSV files.
//!
//! [`plan`] finds the new files, [`process`] checks them file by file, [`publish`] reports the result of each prefix; the command
//! line is a thin main over the three. [`store`] holds files and outputs, and the ledger, which records what has been done.

mod arrival_services;
pub mod aws;
pub mod callback;
mod clock;
pub mod command;
pub mod container;
mod context;
pub mod cost;
mod descriptor_names;
mod earlier_files;
pub mod events;
mod feedback;
mod file_report;
pub mod function;
mod history;
mod interrupt;
mod jobs;
pub mod key;
mod key_files;
mod ledger;
mod markup;
mod memory_budget;
pub mod metrics;
mod number_format;
pub mod open_run;
mod outputs;
mod page;
pub mod pipeline;
pub mod plan;
mod prefix;
mod printable;
pub mod process;
pub mod publish;
mod ranking;
mod read_ahead;
mod references;
mod resource_usage;
mod simulated_time;
pub mod store;
pub mod task;
mod threads;
mod version;
pub mod worker;

#[cfg(test)]
mod drills;
#[cfg(test)]
mod same_outputs;

pub use clock::{Clock, rfc3339};
pub use interrupt::Interrupt;
pub use jobs::Jobs;
pub use simulated_time::SimulatedTime;
