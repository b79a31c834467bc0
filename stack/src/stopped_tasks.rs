//! Receives an event for each task that stopped, with the reason, and tells the execution that waits for the task.
//! Without it, a task that cannot start or dies is noticed only by its missing heartbeats, after minutes.

use pulumi_gestalt_rust::Output;
use serde_json::json;
use sluice_aws::cloudwatch::event_rule::{self, EventRuleArgs};
use sluice_aws::cloudwatch::event_target::{self, EventTargetArgs};
use sluice_aws::lambda::permission::{self, PermissionArgs};
use sluice_aws::types::cloudwatch::EventTargetRetryPolicy;

use crate::compute::Compute;
use crate::deployment::Deployment;
use crate::functions::Functions;
use crate::names::STOPPED;

/// Seconds for which an event is useful: after 300 s without a heartbeat the state machine has given up the worker.
const USEFUL_SECONDS: i32 = 300;

/// Creates the rule that calls the function. The event has the task's overrides, which contain the token: so the
/// function knows which execution to tell, and nothing has to be stored.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html>
pub(crate) fn create(deployment: &Deployment<'_>, compute: &Compute, functions: &Functions) {
    let pattern = compute.cluster.map(|cluster| {
        json!({
            "source": ["aws.ecs"],
            "detail-type": ["ECS Task State Change"],
            "detail": { "clusterArn": [cluster], "lastStatus": ["STOPPED"] },
        })
        .to_string()
    });
    let rule = rule(deployment, STOPPED, "Sluice: events of tasks that stopped", pattern);
    let permission = PermissionArgs::builder()
        .action("lambda:InvokeFunction")
        .function(functions.stopped.name.clone())
        .principal("events.amazonaws.com")
        .source_arn(rule.arn);
    let permission = permission::create(deployment.ctx, "stopped-permission", permission.build_struct()).urn;
    let retry = EventTargetRetryPolicy::builder()
        .maximum_event_age_in_seconds(USEFUL_SECONDS)
        .maximum_retry_attempts(10)
        .build_struct();
    let target = EventTargetArgs::builder().rule(rule.name).arn(functions.stopped.arn.clone()).retry_policy(retry);
    deployment.after("stopped-target", [&permission]);
    event_target::create(deployment.ctx, "stopped-target", target.build_struct());
}

/// A rule on the account's default bus, to which services of AWS send events.
pub(crate) struct Rule {
    pub(crate) name: Output<String>,
    pub(crate) arn: Output<String>,
}

pub(crate) fn rule(deployment: &Deployment<'_>, what: &str, about: &str, pattern: Output<String>) -> Rule {
    let made = EventRuleArgs::builder()
        .name(deployment.named(what))
        .description(about)
        .event_pattern(pattern)
        .tags(deployment.tags());
    let made = event_rule::create(deployment.ctx, &format!("{what}-rule"), made.build_struct());
    Rule { name: made.name, arn: made.arn }
}
