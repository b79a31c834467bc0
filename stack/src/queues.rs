//! Settings that all queues share.

use pulumi_gestalt_rust::Output;
use sluice_aws::sqs::queue::QueueResult;
use sluice_aws::sqs::queue_policy::{self, QueuePolicyArgs};

use crate::policy::{Statement, document, only_encrypted};
use crate::site::Site;

/// As long as a queue can keep something: two weeks.
pub(crate) const KEEP_SECONDS: i32 = 1_209_600;

/// Names the services that may send, besides the roles that allow it themselves, and forbids plain text; returns the policy for later
/// resources to depend on.
pub(crate) fn set_policy(
    site: &Site<'_>,
    logical: &str,
    queue: &QueueResult,
    sender: Option<Statement>,
) -> Output<String> {
    let only_encrypted = only_encrypted(["sqs:SendMessage", "sqs:ReceiveMessage"], [queue.arn.clone()]);
    let policy = QueuePolicyArgs::builder()
        .queue_url(queue.url.clone())
        .policy(document(std::iter::once(only_encrypted).chain(sender)));
    queue_policy::create(site.ctx, &format!("{logical}-policy"), policy.build_struct()).urn
}
