//! What a person must know of: alarms, and the topic that tells.

use std::collections::HashMap;

use pulumi_gestalt_rust::Output;
use sluice_aws::cloudwatch::metric_alarm::{self, MetricAlarmArgs};
use sluice_aws::kms::key::{self, KeyArgs};
use sluice_aws::sns::topic::{self, TopicArgs};
use sluice_aws::sns::topic_policy::{self, TopicPolicyArgs};
use sluice_aws::sns::topic_subscription::{self, TopicSubscriptionArgs};

use crate::functions::{Function, Functions};
use crate::machine::Machine;
use crate::policy::{Principal, allow, document, only_encrypted};
use crate::schedule::Schedule;
use crate::site::{Site, all};

const CLOUDWATCH: &str = "cloudwatch.amazonaws.com";
const STATES: &str = "AWS/States";
const PERIOD_SECONDS: i32 = 300;

/// The alarms.
pub(crate) struct Alarms {
    pub(crate) arns: Output<Vec<String>>,
}

/// What an alarm looks at: more of this metric than that is too much.
struct Watch {
    name: &'static str,
    about: &'static str,
    namespace: &'static str,
    metric: &'static str,
    statistic: &'static str,
    above: f64,
}

const EXECUTIONS: [Watch; 4] = [
    Watch::any("runs-failed", "A run has failed: see its event or its execution", STATES, "ExecutionsFailed"),
    Watch::any("runs-timed-out", "A run has taken longer than it may", STATES, "ExecutionsTimedOut"),
    Watch::any("runs-aborted", "A run was stopped by hand", STATES, "ExecutionsAborted"),
    Watch::any("runs-throttled", "Step Functions holds back states of runs", STATES, "ExecutionThrottled"),
];

impl Watch {
    const fn any(name: &'static str, about: &'static str, namespace: &'static str, metric: &'static str) -> Self {
        Self { name, about, namespace, metric, statistic: "Sum", above: 0.0 }
    }
}

impl Alarms {
    pub(crate) fn create(site: &Site<'_>, functions: &Functions, machine: &Machine, schedule: &Schedule) -> Self {
        let topic = topic(site);
        let of_machine = machine.arn.map(|arn| dimension("StateMachineArn", arn));
        let of_function = |function: &Function| function.name.map(|name| dimension("FunctionName", name));
        let of_queue = schedule.dead_letters.map(|name| dimension("QueueName", name));
        let alarm = |watch: &Watch, dimensions| alarm(site, watch, dimensions, &topic);

        let too_long = Watch {
            name: "runs-too-long",
            about: "A run has taken longer than any single task may",
            namespace: STATES,
            metric: "ExecutionTime",
            statistic: "Maximum",
            // Milliseconds.
            above: site.config.task_timeout_seconds as f64 * 1000.0,
        };
        let missed = Watch {
            statistic: "Maximum",
            ..Watch::any(
                "starts-missed",
                "The schedule could not start a run: see the queue",
                "AWS/SQS",
                "ApproximateNumberOfMessagesVisible",
            )
        };
        let plan = Watch::any("plan-errors", "The function that plans has failed", "AWS/Lambda", "Errors");
        let publish = Watch::any("publish-errors", "The function that publishes has failed", "AWS/Lambda", "Errors");

        let mut arns: Vec<_> = EXECUTIONS.iter().map(|watch| alarm(watch, of_machine.clone())).collect();
        arns.extend([
            alarm(&too_long, of_machine),
            alarm(&missed, of_queue),
            alarm(&plan, of_function(&functions.plan)),
            alarm(&publish, of_function(&functions.publish)),
        ]);
        Self { arns: all(arns) }
    }
}

fn dimension(name: &str, value: String) -> HashMap<String, String> {
    [(name.to_owned(), value)].into()
}

fn alarm(
    site: &Site<'_>,
    watch: &Watch,
    dimensions: Output<HashMap<String, String>>,
    topic: &Output<String>,
) -> Output<String> {
    let made = MetricAlarmArgs::builder()
        .name(site.named(watch.name))
        .alarm_description(watch.about)
        .namespace(watch.namespace)
        .metric_name(watch.metric)
        .dimensions(dimensions)
        .statistic(watch.statistic)
        .period(PERIOD_SECONDS)
        .evaluation_periods(1)
        .comparison_operator("GreaterThanThreshold")
        .threshold(watch.above)
        .treat_missing_data("notBreaching")
        .alarm_actions(all([topic.clone()]))
        .ok_actions(all([topic.clone()]))
        .tags(site.tags());
    metric_alarm::create(site.ctx, watch.name, made.build_struct()).arn
}

/// The topic that alarms are sent to, with whoever is to be told.
fn topic(site: &Site<'_>) -> Output<String> {
    let made = TopicArgs::builder()
        .name(site.named("alarms"))
        .display_name("Sluice")
        .kms_master_key_id(key(site))
        .tags(site.tags());
    let topic = topic::create(site.ctx, "alarms", made.build_struct()).arn;
    let alarms = site.arn("cloudwatch", format!("alarm:{}", site.named("*")));
    let policy = document([
        allow("Alarms", ["sns:Publish"])
            .to(Principal::Service(CLOUDWATCH))
            .on([topic.clone()])
            .when("StringEquals", "aws:SourceAccount", [site.account()])
            .when("ArnLike", "aws:SourceArn", [alarms]),
        only_encrypted(["sns:Publish"], [topic.clone()]),
    ]);
    let policy = TopicPolicyArgs::builder().arn(topic.clone()).policy(policy);
    topic_policy::create(site.ctx, "alarms-policy", policy.build_struct());
    if let Some(email) = &site.config.alarm_email {
        let address = Output::new(email.address.clone());
        let subscription = TopicSubscriptionArgs::builder()
            .topic(topic.clone())
            .protocol("email")
            .endpoint(if email.secret { address.secret() } else { address });
        topic_subscription::create(site.ctx, "alarms-email", subscription.build_struct());
    }
    topic
}

/// Alarms cannot be sent to a topic that is encrypted with the key that AWS has for topics, and they would get lost with
/// a key that does not let CloudWatch in: the topic has its own.
fn key(site: &Site<'_>) -> Output<String> {
    let administration = [
        "kms:CancelKeyDeletion",
        "kms:DescribeKey",
        "kms:DisableKey",
        "kms:EnableKey",
        "kms:EnableKeyRotation",
        "kms:GetKeyPolicy",
        "kms:GetKeyRotationStatus",
        "kms:ListKeyPolicies",
        "kms:ListResourceTags",
        "kms:PutKeyPolicy",
        "kms:ScheduleKeyDeletion",
        "kms:TagResource",
        "kms:UntagResource",
        "kms:UpdateKeyDescription",
    ];
    let root = site.place.map(|place| format!("arn:{}:iam::{}:root", place.partition, place.account));
    let policy = document([
        allow("Administration", administration).to(Principal::Account(root)).on_all(),
        allow("Alarms", ["kms:Decrypt", "kms:GenerateDataKey"]).to(Principal::Service(CLOUDWATCH)).on_all().when(
            "StringEquals",
            "aws:SourceAccount",
            [site.account()],
        ),
    ]);
    let made = KeyArgs::builder()
        .description("Sluice: alarms on their way")
        .enable_key_rotation(true)
        .deletion_window_in_days(7)
        .policy(policy)
        .tags(site.tags());
    key::create(site.ctx, "alarms-key", made.build_struct()).arn
}
