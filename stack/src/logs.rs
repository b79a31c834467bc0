//! Log groups, one for each that writes.

use pulumi_gestalt_rust::Output;
use sluice_aws::cloudwatch::log_group::{self, LogGroupArgs};

use crate::site::Site;

/// A log group.
pub(crate) struct LogGroup {
    /// Its name.
    pub(crate) name: String,
    /// Its ARN.
    pub(crate) arn: Output<String>,
    /// Its name once it is there: a resource that uses this is made after it.
    pub(crate) ready: Output<String>,
}

impl LogGroup {
    pub(crate) fn create(site: &Site<'_>, logical: &str, name: String) -> Self {
        let group = LogGroupArgs::builder()
            .name(name.clone())
            .retention_in_days(site.config.log_retention_days)
            .kms_key_id(Output::new(site.config.kms_key.clone()))
            .tags(site.tags());
        let group = log_group::create(site.ctx, logical, group.build_struct());
        Self { name, arn: group.arn, ready: group.name }
    }

    /// Its streams, as policies name them.
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
    /// Of the function that starts runs when files arrive, where there is one.
    pub(crate) arrival: Option<LogGroup>,
    pub(crate) machine: LogGroup,
}

impl Logs {
    pub(crate) fn create(site: &Site<'_>) -> Self {
        let of = |what: &str| LogGroup::create(site, &format!("{what}-logs"), format!("/{}/{what}", site.config.name));
        Self {
            worker: of("worker"),
            plan: of("plan"),
            publish: of("publish"),
            stopped: of("stopped"),
            arrival: site.config.trigger.by_arrival().then(|| of("arrival")),
            // Under this prefix, Step Functions needs no policy on the log group for itself: an account has room for ten.
            machine: LogGroup::create(site, "machine-logs", format!("/aws/vendedlogs/states/{}", site.config.name)),
        }
    }
}
