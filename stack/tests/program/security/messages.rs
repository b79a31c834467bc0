//! Queue, topic, alarms and schedule.

use serde_json::{Value as Json, json};

use super::data::{denies_plain_text, is_open};
use super::{Spoil, inside, rules, unless};
use crate::engine::Registered;

const ALARM: &str = "aws:cloudwatch/metricAlarm:MetricAlarm";
const QUEUE: &str = "aws:sqs/queue:Queue";
const QUEUE_POLICY: &str = "aws:sqs/queuePolicy:QueuePolicy";
const SCHEDULE: &str = "aws:scheduler/schedule:Schedule";
const TOPIC: &str = "aws:sns/topic:Topic";
const TOPIC_POLICY: &str = "aws:sns/topicPolicy:TopicPolicy";

/// Resources of a type without a policy that denies plain text; `pointer` is where a policy names its resource.
fn plain_text(stack: &Registered, type_: &str, policy: &str, pointer: &str, output: fn(&str) -> String) -> Vec<String> {
    unless(stack, type_, |resource| {
        let called = resource.input("/name").as_str().unwrap_or(&resource.name);
        let policies = [called, &resource.name].map(&output);
        stack.of_type(policy).any(|p| policies.iter().any(|o| p.inputs[pointer] == **o) && denies_plain_text(p))
    })
}

fn queues_in_plain_text(stack: &Registered) -> Vec<String> {
    plain_text(stack, QUEUE, QUEUE_POLICY, "queueUrl", |name| {
        format!("https://sqs.eu-central-1.amazonaws.com/123456789012/{name}")
    })
}

fn topics_in_plain_text(stack: &Registered) -> Vec<String> {
    plain_text(stack, TOPIC, TOPIC_POLICY, "arn", |name| format!("arn:aws:mock:eu-central-1:123456789012:{name}"))
}

fn open_up(inputs: &mut Json) {
    inside(inputs, "policy", |policy| {
        policy["Statement"] =
            json!([{ "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "*", "Resource": "*" }]);
    });
}

fn has_action(alarm: &crate::engine::Resource) -> bool {
    alarm.inputs["alarmActions"].as_array().is_some_and(|actions| !actions.is_empty())
}

rules! {
    queues_are_encrypted: "CKV_AWS_27 AVD-AWS-0096 SQS.1 AwsSolutions-SQS2",
        |stack| unless(stack, QUEUE, |queue| queue.inputs["sqsManagedSseEnabled"] == true),
        Spoil::With(QUEUE, |inputs| inputs["sqsManagedSseEnabled"] = json!(false));
    queues_talk_tls_only: "AwsSolutions-SQS4", queues_in_plain_text, Spoil::Without(QUEUE_POLICY);
    queues_are_open_to_nobody: "CKV_AWS_168 AVD-AWS-0097 SQS.3", |stack| unless(stack, QUEUE_POLICY, |p| !is_open(p)),
        Spoil::With(QUEUE_POLICY, open_up);
    queues_have_a_dead_letter_queue: "AwsSolutions-SQS3",
        |stack| unless(stack, QUEUE, |queue| queue.inputs["redrivePolicy"].is_string()), Spoil::Nothing;
    topics_are_encrypted: "CKV_AWS_26 AVD-AWS-0095 AVD-AWS-0136 SNS.1 AwsSolutions-SNS2",
        |stack| unless(stack, TOPIC, |topic| {
            topic.input("/kmsMasterKeyId").as_str().is_some_and(|key| !key.starts_with("alias/aws/"))
        }), Spoil::With(TOPIC, |inputs| inputs["kmsMasterKeyId"] = json!("alias/aws/sns"));
    topics_talk_tls_only: "AwsSolutions-SNS3", topics_in_plain_text, Spoil::Without(TOPIC_POLICY);
    topics_are_open_to_nobody: "CKV_AWS_169 CKV_AWS_385 SNS.4", |stack| unless(stack, TOPIC_POLICY, |p| !is_open(p)),
        Spoil::With(TOPIC_POLICY, open_up);
    alarms_tell_somebody: "CloudWatch.15", |stack| unless(stack, ALARM, has_action),
        Spoil::With(ALARM, |inputs| inputs["alarmActions"] = json!([]));
    alarms_are_on: "CKV_AWS_319 CloudWatch.17",
        |stack| unless(stack, ALARM, |alarm| alarm.inputs["actionsEnabled"] != false),
        Spoil::With(ALARM, |inputs| inputs["actionsEnabled"] = json!(false));
    schedules_have_a_key_of_ours: "CKV_AWS_297",
        |stack| unless(stack, SCHEDULE, |schedule| schedule.inputs["kmsKeyArn"].is_string()), Spoil::Nothing;
    missed_starts_are_kept: "sluice: no start is lost",
        |stack| unless(stack, SCHEDULE, |schedule| schedule.input("/target/deadLetterConfig/arn").is_string()),
        Spoil::With(SCHEDULE, |inputs| inputs["target"]["deadLetterConfig"] = json!(null));
}
