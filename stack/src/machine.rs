//! The state machine: the typed definition, filled in with the resources of this deployment.

use pulumi_gestalt_rust::{Output, pulumi_combine};
use sluice_aws::sfn::state_machine::{self, StateMachineArgs};
use sluice_aws::types::sfn::{StateMachineLoggingConfiguration, StateMachineTracingConfiguration};
use statemachine::{Parameters, Planner, pipeline};

use crate::buckets::Buckets;
use crate::compute::Compute;
use crate::deployment::Deployment;
use crate::functions::Functions;
use crate::logs::Logs;
use crate::names::{CONTAINER, EVENT_BUS, MACHINE};
use crate::network::Network;
use crate::roles::Roles;

/// The state machine.
pub(crate) struct Machine {
    pub(crate) arn: Output<String>,
}

/// The resources that the state machine uses.
pub(crate) struct Parts<'a> {
    pub(crate) buckets: &'a Buckets,
    pub(crate) network: &'a Network,
    pub(crate) logs: &'a Logs,
    pub(crate) roles: &'a Roles,
    pub(crate) compute: &'a Compute,
    pub(crate) functions: &'a Functions,
}

impl Machine {
    pub(crate) fn create(deployment: &Deployment<'_>, parts: &Parts<'_>) -> Self {
        let Parts { logs, roles, compute, .. } = parts;
        let log = logs.machine.streams().map(|streams| {
            StateMachineLoggingConfiguration::builder()
                .level("ALL".to_owned())
                // Inputs and outputs would put task tokens into the log.
                .include_execution_data(false)
                .log_destination(streams)
                .build_struct()
        });
        let made = StateMachineArgs::builder()
            .name(deployment.named(MACHINE))
            .type_("STANDARD")
            .role_arn(roles.machine.arn.clone())
            .definition(definition(deployment, parts))
            .logging_configuration(log)
            .tracing_configuration(StateMachineTracingConfiguration::builder().enabled(true).build_struct())
            .tags(deployment.tags());
        // Step Functions tries the role when the state machine is created; the state machine relies on the
        // cluster's capacity providers.
        deployment.after(MACHINE, [&roles.machine.policy, &compute.capacity]);
        Self { arn: state_machine::create(deployment.ctx, MACHINE, made.build_struct()).arn }
    }
}

/// Returns the planner: the function if there is one, or the task.
fn planner(compute: &Compute, functions: &Functions) -> Output<Planner> {
    let by_function = functions.plan.as_ref().map(|plan| plan.version.map(|arn| Planner::Function(arn.into())));
    let by_task = || compute.planner.as_ref().map(|task| task.map(|arn| Planner::Task(arn.into())));
    by_function.or_else(by_task).unwrap_or_else(|| unreachable!("a function plans, or a task"))
}

fn definition(deployment: &Deployment<'_>, parts: &Parts<'_>) -> Output<String> {
    let Parts { buckets, network, compute, functions, .. } = parts;
    let config = deployment.config;
    let (map_concurrency, spot_percent) = (config.max_concurrency, config.spot_percent);
    let (task_timeout_seconds, run_timeout_seconds) = (config.task_timeout_seconds, config.run_timeout_seconds);
    let event_source = config.event_source.clone();
    pulumi_combine!(
        planner(compute, functions),
        functions.publish.version.clone(),
        compute.cluster.clone(),
        compute.worker.clone(),
        network.subnets.clone(),
        network.security_groups.clone(),
        network.public_ip.clone(),
        buckets.source.name.clone()
    )
    .map(
        move |(planner, publish, cluster, task_definition, subnets, security_groups, public_ip, source_bucket)| {
            let parameters = Parameters {
                planner,
                publish_function: publish.into(),
                cluster: cluster.into(),
                task_definition: task_definition.into(),
                container: CONTAINER.to_owned(),
                subnets: subnets.into(),
                security_groups: security_groups.into(),
                public_ip: public_ip.into(),
                source_bucket: source_bucket.into(),
                event_bus: EVENT_BUS.into(),
                event_source: event_source.clone().into(),
                map_concurrency: map_concurrency.into(),
                spot_percent: spot_percent.into(),
                task_timeout_seconds: task_timeout_seconds.into(),
                run_timeout_seconds,
            };
            pipeline::definition(&parameters).to_json()
        },
    )
}
