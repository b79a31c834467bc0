//! Log groups, one for each program that writes.

use pulumi_gestalt_rust::Output;
use sluice_aws::cloudwatch::log_group::{self, LogGroupArgs};

use crate::deployment::Deployment;

/// A log group.
pub(crate) struct LogGroup {
    /// Name of the log group.
    pub(crate) name: String,
    /// ARN of the log group.
    pub(crate) arn: Output<String>,
    /// The name, as an output of the created group: a resource that uses this output is created after the group.
    pub(crate) ready: Output<String>,
}

impl LogGroup {
    pub(crate) fn create(deployment: &Deployment<'_>, logical: &str, name: String) -> Self {
        let group = LogGroupArgs::builder()
            .name(name.clone())
            .retention_in_days(deployment.config.log_retention_days)
            .kms_key_id(Output::new(deployment.config.kms_key.clone()))
            .tags(deployment.tags());
        let group = log_group::create(deployment.ctx, logical, group.build_struct());
        Self { name, arn: group.arn, ready: group.name }
    }

    /// The ARN of all streams of the group, as policies name them.
    pub(crate) fn streams(&self) -> Output<String> {
        self.arn.map(|arn| format!("{arn}:*"))
    }
}

/// The log groups of the pipeline.
pub(crate) struct Logs {
    pub(crate) worker: LogGroup,
    pub(crate) plan: LogGroup,
    pub(crate) publish: LogGroup,
    pub(crate) stopped: LogGroup,
    /// The group of the function that starts runs when files arrive; `None` if no such function exists.
    pub(crate) arrival: Option<LogGroup>,
    pub(crate) machine: LogGroup,
}

impl Logs {
    pub(crate) fn create(deployment: &Deployment<'_>) -> Self {
        let of = |what: &str| {
            LogGroup::create(deployment, &format!("{what}-logs"), format!("/{}/{what}", deployment.config.name))
        };
        Self {
            worker: of("worker"),
            plan: of("plan"),
            publish: of("publish"),
            stopped: of("stopped"),
            arrival: deployment.config.trigger.by_arrival().then(|| of("arrival")),
            // For groups with this prefix, Step Functions needs no resource policy of its own: an account has room for
            // ten.
            machine: LogGroup::create(
                deployment,
                "machine-logs",
                format!("/aws/vendedlogs/states/{}", deployment.config.name),
            ),
        }
    }
}
