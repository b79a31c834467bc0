//! Tests the program without a cloud: what it registers with an engine that only records it.
#![expect(clippy::unwrap_used, reason = "in tests, a panic is the failure")]

mod engine;
mod golden;
mod iam;
mod resources;
mod schema;
mod security;
mod settings;
mod stacks;
mod tasks;
