//! Settings that all queues share.

use pulumi_gestalt_rust::Output;
use sluice_aws::sqs::queue::QueueResult;
use sluice_aws::sqs::queue_policy::{self, QueuePolicyArgs};

use crate::deployment::Deployment;
use crate::policy::{Statement, document, only_encrypted};

/// Seconds for which a queue keeps messages: two weeks, the most that SQS allows.
pub(crate) const KEEP_SECONDS: i32 = 1_209_600;

/// Sets the policy of a queue: `sender` names the service that may send, besides roles that have the permission themselves, and
/// unencrypted requests are denied. Returns the URN of the policy, on which later resources depend.
pub(crate) fn set_policy(
    deployment: &Deployment<'_>,
    logical: &str,
    queue: &QueueResult,
    sender: Option<Statement>,
) -> Output<String> {
    let only_encrypted = only_encrypted(["sqs:SendMessage", "sqs:ReceiveMessage"], [queue.arn.clone()]);
    let policy = QueuePolicyArgs::builder()
        .queue_url(queue.url.clone())
        .policy(document(std::iter::once(only_encrypted).chain(sender)));
    queue_policy::create(deployment.ctx, &format!("{logical}-policy"), policy.build_struct()).urn
}
