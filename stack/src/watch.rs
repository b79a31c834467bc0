//! Hears of tasks that stopped, and why, and has the execution know that waits for them. Without it, a task that cannot
//! start or dies is known by its silence only, after minutes.

use pulumi_gestalt_rust::Output;
use serde_json::json;
use sluice_aws::cloudwatch::event_rule::{self, EventRuleArgs};
use sluice_aws::cloudwatch::event_target::{self, EventTargetArgs};
use sluice_aws::lambda::permission::{self, PermissionArgs};
use sluice_aws::types::cloudwatch::EventTargetRetryPolicy;

use crate::compute::Compute;
use crate::functions::Functions;
use crate::names::STOPPED;
use crate::site::Site;

/// A later event finds that the state machine no longer waits: a silent worker is given up after 300 s.
const USEFUL_SECONDS: i32 = 300;

/// Makes the rule, and has it call the function. The event has the task's overrides, in which the token is: the function
/// finds there whom to tell, and nothing keeps the event.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html>
pub(crate) fn create(site: &Site<'_>, compute: &Compute, functions: &Functions) {
    let pattern = compute.cluster.map(|cluster| {
        json!({
            "source": ["aws.ecs"],
            "detail-type": ["ECS Task State Change"],
            "detail": { "clusterArn": [cluster], "lastStatus": ["STOPPED"] },
        })
        .to_string()
    });
    let rule = rule(site, STOPPED, "Sluice: tasks that stopped", pattern);
    let permission = PermissionArgs::builder()
        .action("lambda:InvokeFunction")
        .function(functions.stopped.name.clone())
        .principal("events.amazonaws.com")
        .source_arn(rule.arn);
    let permission = permission::create(site.ctx, "stopped-permission", permission.build_struct()).urn;
    let retry = EventTargetRetryPolicy::builder()
        .maximum_event_age_in_seconds(USEFUL_SECONDS)
        .maximum_retry_attempts(10)
        .build_struct();
    let target = EventTargetArgs::builder().rule(rule.name).arn(functions.stopped.arn.clone()).retry_policy(retry);
    site.after("stopped-target", [&permission]);
    event_target::create(site.ctx, "stopped-target", target.build_struct());
}

/// A rule of the account's own bus, where services of AWS speak.
pub(crate) struct Rule {
    pub(crate) name: Output<String>,
    pub(crate) arn: Output<String>,
}

pub(crate) fn rule(site: &Site<'_>, what: &str, about: &str, pattern: Output<String>) -> Rule {
    let made =
        EventRuleArgs::builder().name(site.named(what)).description(about).event_pattern(pattern).tags(site.tags());
    let made = event_rule::create(site.ctx, &format!("{what}-rule"), made.build_struct());
    Rule { name: made.name, arn: made.arn }
}
