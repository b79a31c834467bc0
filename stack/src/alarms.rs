//! Alarms, and the topic through which people are told of them.

use std::collections::HashMap;

use pulumi_gestalt_rust::Output;
use sluice_aws::cloudwatch::metric_alarm::{self, MetricAlarmArgs};
use sluice_aws::kms::key::{self, KeyArgs};
use sluice_aws::sns::topic::{self, TopicArgs};
use sluice_aws::sns::topic_policy::{self, TopicPolicyArgs};
use sluice_aws::sns::topic_subscription::{self, TopicSubscriptionArgs};

use crate::arrival::Arrival;
use crate::deployment::{Deployment, all};
use crate::functions::Functions;
use crate::machine::Machine;
use crate::policy::{Principal, allow, document, only_encrypted};
use crate::schedule::Schedule;

const CLOUDWATCH: &str = "cloudwatch.amazonaws.com";
const STATES: &str = "AWS/States";
const PERIOD_SECONDS: i32 = 300;

/// The alarms of the deployment, by their ARNs.
pub(crate) struct Alarms {
    pub(crate) arns: Output<Vec<String>>,
}

/// What an alarm watches: a metric, and the value above which the alarm goes off.
struct AlarmSpec<'a> {
    name: &'a str,
    about: &'a str,
    namespace: &'static str,
    metric: &'static str,
    statistic: &'static str,
    period_seconds: i32,
    above: f64,
    missing: MissingData,
}

/// What a period without data says
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html>).
#[derive(Clone, Copy)]
enum MissingData {
    /// All is well.
    Good,
    /// Nothing: the alarm stays as it is.
    Nothing,
}

impl MissingData {
    fn name(self) -> &'static str {
        match self {
            Self::Good => "notBreaching",
            Self::Nothing => "ignore",
        }
    }
}

const EXECUTIONS: [AlarmSpec<'_>; 4] = [
    AlarmSpec::any("runs-failed", "A run failed; its event and its execution say why", STATES, "ExecutionsFailed"),
    AlarmSpec::any(
        "runs-timed-out",
        "A run exceeded its time limit (runTimeoutSeconds) and was stopped",
        STATES,
        "ExecutionsTimedOut",
    ),
    AlarmSpec::any("runs-aborted", "A run was stopped by hand", STATES, "ExecutionsAborted"),
    AlarmSpec::any("runs-throttled", "Step Functions throttles the states of runs", STATES, "ExecutionThrottled"),
];

/// Step Functions allows 1,000 open Map runs in an account and region, of all state machines together, and makes further ones
/// wait. The metric has no dimensions, and 900 is the value that its documentation names.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html>
const OPEN_MAP_RUNS: AlarmSpec<'_> = AlarmSpec {
    statistic: "Maximum",
    above: 900.0,
    ..AlarmSpec::any(
        "map-runs-many",
        "The account is close to its limit of open Map runs; further runs will wait",
        STATES,
        "ApproximateOpenMapRunCount",
    )
};

impl<'a> AlarmSpec<'a> {
    const fn any(name: &'a str, about: &'a str, namespace: &'static str, metric: &'static str) -> Self {
        Self {
            name,
            about,
            namespace,
            metric,
            statistic: "Sum",
            period_seconds: PERIOD_SECONDS,
            above: 0.0,
            missing: MissingData::Good,
        }
    }

    /// Watches a queue that should be empty, and goes off when a message is in it.
    const fn left(name: &'a str, about: &'a str) -> Self {
        let spec = Self::any(name, about, "AWS/SQS", "ApproximateNumberOfMessagesVisible");
        Self { statistic: "Maximum", ..spec }
    }
}

impl Alarms {
    pub(crate) fn create(
        deployment: &Deployment<'_>,
        functions: &Functions,
        machine: &Machine,
        schedule: &Schedule,
        arrival: Option<&Arrival>,
    ) -> Self {
        let topic = topic(deployment);
        let alarm = |spec: &AlarmSpec<'_>, dimensions| alarm(deployment, spec, dimensions, &topic);
        let of_machine = machine.arn.map(|arn| dimension("StateMachineArn", arn));
        let mut arns: Vec<_> = EXECUTIONS.iter().map(|spec| alarm(spec, of_machine.clone())).collect();
        arns.push(alarm(&OPEN_MAP_RUNS, Output::new(HashMap::new())));
        arns.push(alarm(&too_old(deployment), Output::new(dimension("Stack", deployment.config.name.clone()))));

        let queues = [
            (
                Some(&schedule.dead_letters),
                "starts-missed",
                "The schedule could not start a run; the queue missed-starts has the attempt",
            ),
            (
                arrival.map(|arrival| &arrival.dead_letters),
                "arrivals-missed",
                "Uploads could not start a run; the queue arrivals-lost has their messages",
            ),
        ];
        for (queue, name, about) in queues {
            let queue = queue.map(|queue| queue.map(|name| dimension("QueueName", name)));
            arns.extend(queue.map(|dimensions| alarm(&AlarmSpec::left(name, about), dimensions)));
        }
        // An error of the functions that the state machine calls is repeated, or ends the run, which has alarms of its own. To ask for another call
        // is an error, too, in the metric of Lambda (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html).
        let arrival = arrival.map(|arrival| ("arrival", &arrival.function));
        for (what, function) in arrival.into_iter().chain([("stopped", &functions.stopped)]) {
            let (name, about) = (format!("{what}-errors"), format!("The function {what} failed; its log says why"));
            let dimensions = function.name.map(|name| dimension("FunctionName", name));
            arns.push(alarm(&AlarmSpec::any(&name, &about, "AWS/Lambda", "Errors"), dimensions));
        }
        Self { arns: all(arns) }
    }
}

/// Watches the age of the oldest open run. The duration of a run is known only when the run has ended, which may be never: so
/// the planner of each run reports how old the oldest open run is. Half of the time that a run may take is a reason to look.
fn too_old(deployment: &Deployment<'_>) -> AlarmSpec<'static> {
    AlarmSpec {
        statistic: "Maximum",
        // Between the planners of two runs nobody measures.
        missing: MissingData::Nothing,
        above: deployment.config.run_timeout_seconds as f64 / 2.0,
        ..AlarmSpec::any(
            "runs-too-long",
            "A run has been open for more than half of its time limit (runTimeoutSeconds)",
            "Sluice",
            "OldestOpenRunSeconds",
        )
    }
}

fn dimension(name: &str, value: String) -> HashMap<String, String> {
    [(name.to_owned(), value)].into()
}

fn alarm(
    deployment: &Deployment<'_>,
    spec: &AlarmSpec<'_>,
    dimensions: Output<HashMap<String, String>>,
    topic: &Output<String>,
) -> Output<String> {
    let made = MetricAlarmArgs::builder()
        .name(deployment.named(spec.name))
        .alarm_description(spec.about)
        .namespace(spec.namespace)
        .metric_name(spec.metric)
        .dimensions(dimensions)
        .statistic(spec.statistic)
        .period(spec.period_seconds)
        .evaluation_periods(1)
        .comparison_operator("GreaterThanThreshold")
        .threshold(spec.above)
        .treat_missing_data(spec.missing.name())
        .alarm_actions(all([topic.clone()]))
        .ok_actions(all([topic.clone()]))
        .tags(deployment.tags());
    metric_alarm::create(deployment.ctx, spec.name, made.build_struct()).arn
}

/// Creates the topic to which alarms are sent, with its subscribers, and returns its ARN.
fn topic(deployment: &Deployment<'_>) -> Output<String> {
    let made = TopicArgs::builder()
        .name(deployment.named("alarms"))
        .display_name("Sluice")
        .kms_master_key_id(key(deployment))
        .tags(deployment.tags());
    let topic = topic::create(deployment.ctx, "alarms", made.build_struct()).arn;
    let alarms = deployment.arn("cloudwatch", format!("alarm:{}", deployment.named("*")));
    let policy = document([
        allow("Alarms", ["sns:Publish"])
            .to(Principal::Service(CLOUDWATCH))
            .on([topic.clone()])
            .when("StringEquals", "aws:SourceAccount", [deployment.account()])
            .when("ArnLike", "aws:SourceArn", [alarms]),
        only_encrypted(["sns:Publish"], [topic.clone()]),
    ]);
    let policy = TopicPolicyArgs::builder().arn(topic.clone()).policy(policy);
    topic_policy::create(deployment.ctx, "alarms-policy", policy.build_struct());
    if let Some(email) = &deployment.config.alarm_email {
        let address = Output::new(email.address.clone());
        let subscription = TopicSubscriptionArgs::builder()
            .topic(topic.clone())
            .protocol("email")
            .endpoint(if email.secret { address.secret() } else { address });
        topic_subscription::create(deployment.ctx, "alarms-email", subscription.build_struct());
    }
    topic
}

/// Creates the topic's own key. Alarms cannot be sent to a topic that is encrypted with AWS's own key for topics, and they would
/// get lost with a key whose policy does not admit CloudWatch.
fn key(deployment: &Deployment<'_>) -> Output<String> {
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
    let root = deployment.place.map(|place| format!("arn:{}:iam::{}:root", place.partition, place.account));
    let policy = document([
        allow("Administration", administration).to(Principal::Account(root)).on_all(),
        allow("Alarms", ["kms:Decrypt", "kms:GenerateDataKey"]).to(Principal::Service(CLOUDWATCH)).on_all().when(
            "StringEquals",
            "aws:SourceAccount",
            [deployment.account()],
        ),
    ]);
    let made = KeyArgs::builder()
        .description("Sluice: encrypts the topic of alarms")
        .enable_key_rotation(true)
        .deletion_window_in_days(7)
        .policy(policy)
        .tags(deployment.tags());
    key::create(deployment.ctx, "alarms-key", made.build_struct()).arn
}
