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
mod site;
mod watch;

use pulumi_gestalt_rust::Context;

use crate::alarms::Alarms;
use crate::arrival::Arrival;
use crate::buckets::Buckets;
use crate::compute::Compute;
use crate::config::Config;
use crate::functions::Functions;
use crate::logs::Logs;
use crate::machine::Machine;
use crate::network::Network;
use crate::roles::Roles;
use crate::schedule::Schedule;
use crate::site::Site;

/// Registers all resources of a deployment.
///
/// # Errors
/// When the configuration has faults: with all of them, before anything is registered.
pub fn program(ctx: &Context) -> anyhow::Result<()> {
    let config = Config::of(ctx.get_project(), ctx.get_stack())?;
    let site = Site::new(ctx, &config);

    let buckets = Buckets::create(&site);
    let network = Network::create(&site, &buckets);
    let logs = Logs::create(&site);
    let roles = Roles::create(&site, &buckets, &logs);
    buckets.guard(&site, roles.writers());
    let compute = Compute::create(&site, &buckets, &logs, &roles);
    let functions = Functions::create(&site, &buckets, &logs, &roles);
    let parts = machine::Parts {
        buckets: &buckets,
        network: &network,
        logs: &logs,
        roles: &roles,
        compute: &compute,
        functions: &functions,
    };
    let machine = Machine::create(&site, &parts);
    watch::create(&site, &compute, &functions);
    let schedule = Schedule::create(&site, &machine);
    let arrival = Arrival::create(&site, &buckets, &logs, &machine);
    let (schedule, arrival) = (schedule.as_ref(), arrival.as_ref());
    let alarms = Alarms::create(&site, &functions, &machine, schedule, arrival);
    dashboard::create(&site, &logs, &machine, &alarms);
    let shown =
        outputs::Shown { buckets: &buckets, logs: &logs, compute: &compute, machine: &machine, schedule, arrival };
    outputs::export(&site, &shown);
    Ok(())
}
