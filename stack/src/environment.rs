//! The environment variables of tasks and functions.

use pulumi_gestalt_rust::{Output, pulumi_combine};
use statemachine::pipeline::environment as variable;

use crate::buckets::{Bucket, Buckets};
use crate::deployment::Deployment;

/// Names and values of environment variables.
pub(crate) type Variables = Vec<(String, String)>;

/// The variables that worker and functions share. Without a clean bucket its variable is absent, and only reports are written.
/// Without a bucket for answers, answers are stored beside the clean files.
pub(crate) fn common(deployment: &Deployment<'_>, buckets: &Buckets) -> Output<Variables> {
    let url = |bucket: &Bucket| bucket.name.map(|name| Some(format!("s3://{name}")));
    let source = url(&buckets.source);
    let clean = buckets.clean.as_ref().map_or_else(|| Output::new(None), url);
    let feedback = buckets.feedback.as_ref().map_or_else(|| Output::new(None), url);
    let own = own_name(deployment);
    pulumi_combine!(source, clean, feedback).map(move |(source, clean, feedback)| {
        let buckets = [(variable::SOURCE, source), (variable::CLEAN, clean), (variable::FEEDBACK, feedback)];
        let buckets = buckets.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        buckets.chain(own.clone()).collect()
    })
}

/// The variables of logs and metrics: level, stack, dimensions, statistics.
pub(crate) fn own_name(deployment: &Deployment<'_>) -> Variables {
    let config = deployment.config;
    let own = [
        (variable::LOG, "info"),
        (variable::STACK, &config.name),
        (variable::METRICS, config.metrics.word()),
        (variable::LOG_STATISTICS, config.log_statistics.word()),
    ];
    own.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

/// The variables of a planner: the common ones, the limits of a task, and the sizes of tasks.
pub(crate) fn planning(deployment: &Deployment<'_>, buckets: &Buckets) -> Output<Variables> {
    let config = deployment.config;
    let sizes: Vec<_> = config.task_sizes.iter().map(|size| format!("{}:{}", size.cpu, size.memory)).collect();
    let limits = [
        (variable::TASK_BYTES, config.task_bytes.to_string()),
        (variable::TASK_FILES, config.task_files.to_string()),
        (variable::TASK_SIZES, sizes.join(",")),
    ];
    let limits = limits.map(|(name, value)| (name.to_owned(), value));
    common(deployment, buckets).map(move |common| common.into_iter().chain(limits.clone()).collect())
}
