//! All resources of Sluice on AWS, declared: `pulumi up` creates them, `pulumi destroy` deletes them and keeps the
//! data.
//!
//! [`program`] reads in the order in which resources are created. Each module is one noun.

mod alarms;
mod arrival;
mod buckets;
mod compute;
pub mod config;
mod dashboard;
mod deployment;
mod environment;
mod functions;
mod logs;
mod machine;
mod names;
mod network;
mod outputs;
mod policy;
mod queues;
mod roles;
mod schedule;
mod stopped_tasks;

use pulumi_gestalt_rust::Context;

use crate::alarms::Alarms;
use crate::arrival::Arrival;
use crate::buckets::Buckets;
use crate::compute::Compute;
use crate::config::Config;
use crate::deployment::Deployment;
use crate::functions::Functions;
use crate::logs::Logs;
use crate::machine::Machine;
use crate::network::Network;
use crate::roles::Roles;
use crate::schedule::Schedule;

/// Registers all resources of a deployment.
///
/// # Errors
/// When the configuration has faults: with all of them, before anything is registered.
pub fn program(ctx: &Context) -> anyhow::Result<()> {
    let config = Config::of(ctx.get_project(), ctx.get_stack())?;
    let deployment = Deployment::new(ctx, &config);

    let buckets = Buckets::create(&deployment);
    let network = Network::create(&deployment, &buckets);
    let logs = Logs::create(&deployment);
    let roles = Roles::create(&deployment, &buckets, &logs);
    buckets.guard(&deployment, roles.writers());
    let compute = Compute::create(&deployment, &buckets, &logs, &roles);
    let functions = Functions::create(&deployment, &buckets, &logs, &roles);
    let parts = machine::Parts {
        buckets: &buckets,
        network: &network,
        logs: &logs,
        roles: &roles,
        compute: &compute,
        functions: &functions,
    };
    let machine = Machine::create(&deployment, &parts);
    stopped_tasks::create(&deployment, &compute, &functions);
    let schedule = Schedule::create(&deployment, &machine);
    let arrival = Arrival::create(&deployment, &buckets, &logs, &machine);
    let (schedule, arrival) = (&schedule, arrival.as_ref());
    let alarms = Alarms::create(&deployment, &functions, &machine, schedule, arrival);
    dashboard::create(&deployment, &logs, &machine, &alarms);
    let shown =
        outputs::Shown { buckets: &buckets, logs: &logs, compute: &compute, machine: &machine, schedule, arrival };
    outputs::export(&deployment, &shown);
    Ok(())
}
