//! Alarms, and the topic through which people are told of them.

use std::collections::HashMap;

use pulumi_gestalt_rust::Output;
use sluice_aws::cloudwatch::metric_alarm::{self, MetricAlarmArgs};
use sluice_aws::kms::key::{self, KeyArgs};
use sluice_aws::sns::topic::{self, TopicArgs};
use sluice_aws::sns::topic_policy::{self, TopicPolicyArgs};
use sluice_aws::sns::topic_subscription::{self, TopicSubscriptionArgs};

use crate::arrival::Arrival;
use crate::functions::Functions;
use crate::machine::Machine;
use crate::policy::{Principal, allow, document, only_encrypted};
use crate::schedule::Schedule;
use crate::site::{Site, all};

const CLOUDWATCH: &str = "cloudwatch.amazonaws.com";
const STATES: &str = "AWS/States";
const PERIOD_SECONDS: i32 = 300;

/// The alarms of the deployment, by their ARNs.
pub(crate) struct Alarms {
    pub(crate) arns: Output<Vec<String>>,
}

/// What an alarm watches: a metric, and the value above which the alarm goes off.
struct Watch<'a> {
    name: &'a str,
    about: &'a str,
    namespace: &'static str,
    metric: &'static str,
    statistic: &'static str,
    period_seconds: i32,
    above: f64,
}

const EXECUTIONS: [Watch<'_>; 4] = [
    Watch::any("runs-failed", "A run has failed: see its event or its execution", STATES, "ExecutionsFailed"),
    Watch::any("runs-timed-out", "A run has taken longer than it may", STATES, "ExecutionsTimedOut"),
    Watch::any("runs-aborted", "A run was stopped by hand", STATES, "ExecutionsAborted"),
    Watch::any("runs-throttled", "Step Functions holds back states of runs", STATES, "ExecutionThrottled"),
];

/// Step Functions allows 1,000 open Map runs in an account and region, of all state machines together, and makes further ones
/// wait. The metric has no dimensions, and 900 is the value that its documentation names.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html>
const OPEN_MAP_RUNS: Watch<'_> = Watch {
    statistic: "Maximum",
    above: 900.0,
    ..Watch::any(
        "map-runs-many",
        "The account has nearly as many open Map runs as it may: further runs wait",
        STATES,
        "ApproximateOpenMapRunCount",
    )
};

impl<'a> Watch<'a> {
    const fn any(name: &'a str, about: &'a str, namespace: &'static str, metric: &'static str) -> Self {
        Self { name, about, namespace, metric, statistic: "Sum", period_seconds: PERIOD_SECONDS, above: 0.0 }
    }

    /// Watches a queue that should be empty, and goes off when a message is in it.
    const fn left(name: &'a str, about: &'a str) -> Self {
        let watch = Self::any(name, about, "AWS/SQS", "ApproximateNumberOfMessagesVisible");
        Self { statistic: "Maximum", ..watch }
    }
}

impl Alarms {
    pub(crate) fn create(
        site: &Site<'_>,
        functions: &Functions,
        machine: &Machine,
        schedule: Option<&Schedule>,
        arrival: Option<&Arrival>,
    ) -> Self {
        let topic = topic(site);
        let alarm = |watch: &Watch<'_>, dimensions| alarm(site, watch, dimensions, &topic);
        let of_machine = machine.arn.map(|arn| dimension("StateMachineArn", arn));
        let mut arns: Vec<_> = EXECUTIONS.iter().map(|watch| alarm(watch, of_machine.clone())).collect();
        arns.push(alarm(&OPEN_MAP_RUNS, Output::new(HashMap::new())));
        arns.push(alarm(&too_old(site), Output::new(dimension("Stack", site.config.name.clone()))));

        let queues = [
            (
                schedule.map(|schedule| &schedule.dead_letters),
                "starts-missed",
                "The schedule could not start a run: see the queue",
            ),
            (
                arrival.map(|arrival| &arrival.dead_letters),
                "arrivals-missed",
                "Uploads could not start a run: see the queue",
            ),
        ];
        for (queue, name, about) in queues {
            let queue = queue.map(|queue| queue.map(|name| dimension("QueueName", name)));
            arns.extend(queue.map(|dimensions| alarm(&Watch::left(name, about), dimensions)));
        }
        let arrival = arrival.map(|arrival| ("arrival", &arrival.function));
        for (what, function) in functions.each().chain(arrival) {
            let (name, about) = (format!("{what}-errors"), format!("The function {what} has failed"));
            let dimensions = function.name.map(|name| dimension("FunctionName", name));
            arns.push(alarm(&Watch::any(&name, &about, "AWS/Lambda", "Errors"), dimensions));
        }
        Self { arns: all(arns) }
    }
}

/// Watches the age of the oldest open run. The duration of a run is known only when the run has ended, which may be never: so
/// the planner of each run reports how old the oldest open run is. Half of the time that a run may take is a reason to look.
fn too_old(site: &Site<'_>) -> Watch<'static> {
    Watch {
        statistic: "Maximum",
        // Runs may be started only once an hour: a shorter period would have no data in between, and count as good.
        period_seconds: 3600,
        above: site.config.run_timeout_seconds as f64 / 2.0,
        ..Watch::any(
            "runs-too-long",
            "A run is open for more than half of the time it may take",
            "Sluice",
            "OldestOpenRunSeconds",
        )
    }
}

fn dimension(name: &str, value: String) -> HashMap<String, String> {
    [(name.to_owned(), value)].into()
}

fn alarm(
    site: &Site<'_>,
    watch: &Watch<'_>,
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
        .period(watch.period_seconds)
        .evaluation_periods(1)
        .comparison_operator("GreaterThanThreshold")
        .threshold(watch.above)
        .treat_missing_data("notBreaching")
        .alarm_actions(all([topic.clone()]))
        .ok_actions(all([topic.clone()]))
        .tags(site.tags());
    metric_alarm::create(site.ctx, watch.name, made.build_struct()).arn
}

/// Creates the topic to which alarms are sent, with its subscribers, and returns its ARN.
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

/// Creates the topic's own key. Alarms cannot be sent to a topic that is encrypted with AWS's own key for topics, and they would
/// get lost with a key whose policy does not admit CloudWatch.
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
