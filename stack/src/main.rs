//! The deployment as one executable: the program that Pulumi runs, and the commands that run Pulumi.

mod automation;
mod quiesce;

use std::env;
use std::process::ExitCode;

use pulumi_gestalt_grpc_connection::unused_options;
use pulumi_gestalt_rust::Context;

fn main() -> ExitCode {
    // A language host passes everything in environment variables, and nothing on the command line.
    let hosted = env::var_os("PULUMI_MONITOR").is_some() && env::args_os().len() == 1;
    let result = if hosted { deploy().map(|()| ExitCode::SUCCESS) } else { automation::run() };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

/// Registers all resources with the engine that the environment names.
fn deploy() -> anyhow::Result<()> {
    // The framework panics on input that it does not understand: its message is enough for a user.
    std::panic::set_hook(Box::new(|panic| eprintln!("error: {}", panic.payload_as_str().unwrap_or("a panic"))));
    let context = Context::new();
    sluice_stack::program(&context)?;
    context.finish();
    let unused = unused_options();
    anyhow::ensure!(unused.is_empty(), "options are set for resources that do not exist: {}", unused.join(", "));
    Ok(())
}
