//! Starts a run when files have arrived and no more follow: S3 tells EventBridge, a queue delays each message by the
//! quiet time, and a function starts the run. However many files arrive in that time, one run starts.
//!
//! The quiet time is both the delay of the queue and the length of the slot after which the run is named: a message becomes
//! visible no earlier than the quiet time after its upload, so a run named after the slot began after every upload whose
//! message falls into the slot. Step Functions refuses a second start of the same name, which counts as success.

use pulumi_gestalt_rust::{Output, pulumi_combine};
use serde_json::json;
use sluice_aws::cloudwatch::event_target::{self, EventTargetArgs};
use sluice_aws::lambda::event_source_mapping::{self, EventSourceMappingArgs};
use sluice_aws::sqs::queue::{self, QueueArgs, QueueResult};
use sluice_aws::types::lambda::EventSourceMappingScalingConfig;
use statemachine::pipeline::environment as variable;

use crate::buckets::Buckets;
use crate::deployment::Deployment;
use crate::functions::{Function, FunctionSpec};
use crate::logs::{LogGroup, Logs};
use crate::machine::Machine;
use crate::names::MACHINE;
use crate::policy::{Principal, allow};
use crate::queues::{KEEP_SECONDS, set_policy};
use crate::roles::{Role, by_lambda, of_function};
use crate::stopped_tasks::{Rule, rule};

/// Name of the function and of the rule, behind the name of the stack.
const ARRIVAL: &str = "arrival";
const FUNCTION_SECONDS: i32 = 15;
/// Visibility timeout: after this, SQS delivers a batch again that came too early. Six times the timeout of the function, and the
/// time in which a batch is gathered: <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>
const AGAIN_SECONDS: i32 = 120;
const BATCH_MESSAGES: i32 = 10_000;
const BATCH_SECONDS: i32 = 20;
/// A batch that comes too early is returned to the queue, which is no failure: so the number of receives is the largest that SQS
/// allows before a message becomes a dead letter.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html>
const RECEIVES: i32 = 1000;

/// The resources that start runs when files arrive.
pub(crate) struct Arrival {
    pub(crate) function: Function,
    /// Name of the rule that receives the events of uploads.
    pub(crate) rule: Output<String>,
    /// Identifier of the mapping by which Lambda takes messages from the queue.
    pub(crate) mapping: Output<String>,
    /// Name of the queue of messages that could not start a run.
    pub(crate) dead_letters: Output<String>,
}

impl Arrival {
    /// Creates the resources if uploads are to start runs; `None` if not.
    pub(crate) fn create(
        deployment: &Deployment<'_>,
        buckets: &Buckets,
        logs: &Logs,
        machine: &Machine,
    ) -> Option<Self> {
        let logs = logs.arrival.as_ref()?;
        let lost = QueueArgs::builder()
            .name(deployment.named("arrivals-lost"))
            .message_retention_seconds(KEEP_SECONDS)
            .sqs_managed_sse_enabled(true)
            .tags(deployment.tags());
        let lost = queue::create(deployment.ctx, "arrivals-lost", lost.build_struct());
        set_policy(deployment, "arrivals-lost", &lost, None);
        let queue = arrivals(deployment, &lost);

        buckets.announce_arrivals(deployment);
        let uploads = uploads(deployment, buckets);
        let service = Principal::Service("events.amazonaws.com");
        // <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html>
        let from_rule = allow("Uploads", ["sqs:SendMessage"])
            .to(service)
            .on([queue.arn.clone()])
            .when("StringEquals", "aws:SourceAccount", [deployment.account()])
            .when("ArnEquals", "aws:SourceArn", [uploads.arn]);
        let policy = set_policy(deployment, "arrivals", &queue, Some(from_rule));
        let target = EventTargetArgs::builder().rule(uploads.name.clone()).arn(queue.arn.clone());
        deployment.after("arrival-target", [&policy]);
        event_target::create(deployment.ctx, "arrival-target", target.build_struct());

        let (function, role) = function(deployment, logs, machine, &queue);
        let mapping = EventSourceMappingArgs::builder()
            .event_source_arn(queue.arn)
            .function_name(function.arn.clone())
            .batch_size(BATCH_MESSAGES)
            .maximum_batching_window_in_seconds(BATCH_SECONDS)
            .function_response_types(vec!["ReportBatchItemFailures".to_owned()])
            // Two is the least that Lambda allows.
            .scaling_config(EventSourceMappingScalingConfig::builder().maximum_concurrency(2).build_struct())
            .tags(deployment.tags());
        deployment.after("arrival-source", [&role.policy]);
        let mapping = event_source_mapping::create(deployment.ctx, "arrival-source", mapping.build_struct());
        Some(Self { function, rule: uploads.name, mapping: mapping.uuid, dead_letters: lost.name })
    }
}

/// Creates the queue that delays messages.
fn arrivals(deployment: &Deployment<'_>, lost: &QueueResult) -> QueueResult {
    let redrive = lost.arn.map(|arn| json!({ "deadLetterTargetArn": arn, "maxReceiveCount": RECEIVES }).to_string());
    let made = QueueArgs::builder()
        .name(deployment.named("arrivals"))
        .delay_seconds(deployment.config.quiet_seconds as i32)
        .visibility_timeout_seconds(AGAIN_SECONDS)
        .message_retention_seconds(KEEP_SECONDS)
        .redrive_policy(redrive)
        .sqs_managed_sse_enabled(true)
        .tags(deployment.tags());
    queue::create(deployment.ctx, "arrivals", made.build_struct())
}

/// Creates the rule for uploads into the source. Conditions on one field are alternatives, and the ledger has keys under
/// `incoming/` as well: so the pattern can only exclude the keys of the pipeline itself.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>
fn uploads(deployment: &Deployment<'_>, buckets: &Buckets) -> Rule {
    let pattern = buckets.source.name.map(|bucket| {
        json!({
            "source": ["aws.s3"],
            "detail-type": ["Object Created"],
            "detail": {
                "bucket": { "name": [bucket] },
                "object": { "key": [{ "anything-but": { "prefix": "_sluice/" } }] },
            },
        })
        .to_string()
    });
    rule(deployment, ARRIVAL, "Sluice: events of uploaded files", pattern)
}

fn function(deployment: &Deployment<'_>, logs: &LogGroup, machine: &Machine, queue: &QueueResult) -> (Function, Role) {
    let start = allow("StartRuns", ["states:StartExecution"]).on([machine.arn.clone()]);
    // Permission to see whether a run has begun after an upload.
    let runs = deployment.arn("states", format!("execution:{}:{ARRIVAL}-*", deployment.named(MACHINE)));
    let see = allow("SeeRuns", ["states:DescribeExecution"]).on([runs]);
    let read = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];
    // <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>
    let read = allow("ReadArrivals", read).on([queue.arn.clone()]);
    let may = [start, see, read].into_iter().chain(of_function(logs));
    let role = Role::create(deployment, ARRIVAL, "starts runs when files arrive", by_lambda(deployment), may);
    let quiet = deployment.config.quiet_seconds.to_string();
    let mut spec = FunctionSpec::small(deployment, ARRIVAL, "starts runs when files arrive", &role, logs);
    spec.seconds = FUNCTION_SECONDS;
    spec.environment =
        pulumi_combine!(spec.environment, machine.arn.clone(), queue.url.clone()).map(move |(common, machine, url)| {
            let own =
                [(variable::STATE_MACHINE, machine), (variable::QUEUE, url), (variable::QUIET_SECONDS, quiet.clone())];
            common.into_iter().chain(own.map(|(name, value)| (name.to_owned(), value))).collect()
        });
    (spec.create(deployment), role)
}
