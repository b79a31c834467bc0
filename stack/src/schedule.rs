//! Starts runs at their time; where uploads start runs, once a day. Starts that failed are kept in a queue, which an alarm watches.

use pulumi_gestalt_rust::{Output, pulumi_combine};
use sluice_aws::scheduler::schedule::{self, ScheduleArgs};
use sluice_aws::scheduler::schedule_group::{self, ScheduleGroupArgs};
use sluice_aws::sqs::queue::{self, QueueArgs};
use sluice_aws::types::scheduler::{
    ScheduleFlexibleTimeWindow, ScheduleTarget, ScheduleTargetDeadLetterConfig, ScheduleTargetRetryPolicy,
};

use crate::config::Trigger;
use crate::deployment::Deployment;
use crate::machine::Machine;
use crate::policy::{allow, trust};
use crate::queues::{KEEP_SECONDS, set_policy};
use crate::roles::Role;

const GROUP: &str = "schedules";
/// Seconds for which a failed start is tried again.
const RETRY_SECONDS: i32 = 3600;
const RETRIES: i32 = 10;
/// The schedule where uploads start runs.
const DAILY: &str = "rate(1 day)";

/// The schedule.
pub(crate) struct Schedule {
    pub(crate) name: Output<String>,
    pub(crate) group: Output<String>,
    /// Name of the queue with the starts that failed.
    pub(crate) dead_letters: Output<String>,
}

impl Schedule {
    /// Creates the schedule. Where uploads start runs, a run still starts every day: it finishes a run that ended early, and checks the files of a
    /// run that failed, although nobody uploads anything.
    pub(crate) fn create(deployment: &Deployment<'_>, machine: &Machine) -> Self {
        let queue = QueueArgs::builder()
            .name(deployment.named("missed-starts"))
            .message_retention_seconds(KEEP_SECONDS)
            // A customer key would have to admit the scheduler, and would lose starts silently if it did not.
            .sqs_managed_sse_enabled(true)
            .tags(deployment.tags());
        let queue = queue::create(deployment.ctx, "missed-starts", queue.build_struct());
        set_policy(deployment, "missed-starts", &queue, None);

        let name = deployment.named(GROUP);
        let group_arn = deployment.arn("scheduler", format!("schedule-group/{name}"));
        let trust = trust(deployment, "scheduler.amazonaws.com", Some(vec![group_arn]));
        let may = [
            allow("StartRuns", ["states:StartExecution"]).on([machine.arn.clone()]),
            allow("KeepMissedStarts", ["sqs:SendMessage"]).on([queue.arn.clone()]),
        ];
        let role = Role::create(deployment, "scheduler", "starts runs by schedule", trust, may);
        let group = ScheduleGroupArgs::builder().name(name).tags(deployment.tags());
        let group = schedule_group::create(deployment.ctx, GROUP, group.build_struct());

        let target = pulumi_combine!(machine.arn.clone(), role.arn.clone(), queue.arn).map(|(machine, role, queue)| {
            let retry = ScheduleTargetRetryPolicy::builder()
                .maximum_event_age_in_seconds(RETRY_SECONDS)
                .maximum_retry_attempts(RETRIES);
            ScheduleTarget::builder()
                .arn(machine)
                .role_arn(role)
                // The empty input checks everything that is new.
                .input("{}".to_owned())
                .retry_policy(retry.build_struct())
                .dead_letter_config(ScheduleTargetDeadLetterConfig::builder().arn(queue).build_struct())
                .build_struct()
        });
        let config = deployment.config;
        let made = ScheduleArgs::builder()
            .name(deployment.named("start"))
            .description("Sluice: starts a run over the new files")
            .group_name(group.name.clone())
            .schedule_expression(match config.trigger {
                Trigger::Schedule | Trigger::Both => config.schedule.clone(),
                Trigger::Arrival => DAILY.to_owned(),
            })
            .schedule_expression_timezone(config.time_zone.clone())
            .state(if config.schedule_enabled { "ENABLED" } else { "DISABLED" })
            .flexible_time_window(ScheduleFlexibleTimeWindow::builder().mode("OFF".to_owned()).build_struct())
            .target(target);
        deployment.after("schedule", [&role.policy]);
        let made = schedule::create(deployment.ctx, "schedule", made.build_struct());
        Self { name: made.name, group: group.name, dead_letters: queue.name }
    }
}
