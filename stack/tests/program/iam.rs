//! Policies name their actions and their resources; where a resource is a pattern, the reason is written here.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::engine::{Registered, Resource};
use crate::stacks::{DEFAULT_STACK, EXISTING_STACK, OTHER_STACK, each};

/// Statements that allow something on a pattern of resources: policy, statement, why.
const REASONS: &[(&str, &str, &str)] = &[
    ("execution-policy", "LogIn", "ecr:GetAuthorizationToken knows no resources"),
    ("execution-policy", "WriteLog", "streams of the log groups of tasks; their names are made when tasks start"),
    ("worker-policy", "ReadSource", "objects of the source bucket: a descriptor names files beside it as it likes"),
    ("worker-policy", "WriteRecords", "objects under two prefixes of the source bucket"),
    ("worker-policy", "Answer", "executions of the Map of one state machine, whose ARN is not documented to the end"),
    ("stopped-policy", "HandOn", "executions of the Map of one state machine, whose ARN is not documented to the end"),
    ("worker-policy", "PublishClean", "objects of the clean bucket: it mirrors prefixes that clients choose"),
    ("worker-policy", "PublishFeedback", "objects of the bucket of answers: it mirrors prefixes that clients choose"),
    (
        "publish-policy",
        "ReadRecords",
        "objects under one prefix of the source bucket: pages show files of all prefixes",
    ),
    ("plan-policy", "KeepOpenRuns", "objects under one prefix of the source bucket, one for each open run"),
    ("plan-policy", "SeeRuns", "executions of one state machine: those of earlier runs"),
    ("plan-task-policy", "KeepOpenRuns", "objects under one prefix of the source bucket, one for each open run"),
    ("plan-task-policy", "ReadAndWriteRuns", "objects under one prefix of the source bucket"),
    ("plan-task-policy", "SeeRuns", "executions of one state machine: those of earlier runs"),
    ("stopped-policy", "WriteLog", "streams of one log group; Lambda names them"),
    ("stopped-policy", "Trace", "X-Ray knows no resources for what is sent to it"),
    ("arrival-policy", "SeeRuns", "executions of one state machine that are named after a time slot"),
    ("arrival-policy", "WriteLog", "streams of one log group; Lambda names them"),
    ("arrival-policy", "Trace", "X-Ray knows no resources for what is sent to it"),
    ("plan-policy", "ReadAndWriteRuns", "objects under one prefix of the source bucket"),
    ("plan-policy", "WriteLog", "streams of one log group; Lambda names them"),
    ("plan-policy", "Trace", "X-Ray knows no resources for what is sent to it"),
    ("publish-policy", "KeepOpenRuns", "objects under one prefix of the source bucket, one for each open run"),
    ("publish-policy", "SeeRuns", "executions of one state machine: those of earlier runs"),
    ("publish-policy", "ReadAndWriteRuns", "objects under one prefix of the source bucket"),
    ("publish-policy", "WriteLog", "streams of one log group; Lambda names them"),
    ("publish-policy", "Trace", "X-Ray knows no resources for what is sent to it"),
    ("pipeline-policy", "InvokeFunctions", "versions of two functions: a run goes on with the one it began with"),
    (
        "pipeline-policy",
        "RunTasks",
        "revisions of the stack's families, on one cluster: an update does not break runs on their way",
    ),
    ("pipeline-policy", "StopSilentWorkers", "tasks of one cluster: which ones fall silent is not known before"),
    ("pipeline-policy", "TagTasks", "tasks of one cluster, and only as they are started"),
    ("pipeline-policy", "ReadTasksAndWriteResults", "objects under one prefix of the source bucket"),
    ("pipeline-policy", "WatchMap", "executions of this state machine and of its Map"),
    ("pipeline-policy", "RedriveMap", "executions of the Map of this state machine"),
    ("pipeline-policy", "DeliverLogs", "log delivery knows no resources; AWS asks for exactly these"),
    ("pipeline-policy", "Trace", "X-Ray knows no resources for what is sent to it"),
    ("network-logs-policy", "WriteLog", "streams of one log group, one for each network interface"),
    ("network-logs-policy", "FindLog", "flow logs look for their group among all; the action reads names only"),
    ("alarms-key", "Administration", "in the policy of a key, * is the key"),
    ("alarms-key", "Alarms", "in the policy of a key, * is the key"),
    ("s3-endpoint", "OurBuckets", "objects of the buckets of the pipeline"),
    ("s3-endpoint", "ImageLayers", "objects of the bucket in which ECR keeps images"),
];

/// Roles whose service does not say for which resource it takes them.
const TRUST_REASONS: &[(&str, &str)] = &[
    ("plan-role", "Lambda does not say which function it takes a role for"),
    ("publish-role", "Lambda does not say which function it takes a role for"),
    ("stopped-role", "Lambda does not say which function it takes a role for"),
];

fn policies(stack: &Registered) -> impl Iterator<Item = (&Resource, Json)> {
    stack
        .resources
        .iter()
        .filter(|resource| resource.inputs.get("policy").is_some())
        .map(|resource| (resource, resource.document("policy")))
}

pub(crate) fn statements(policy: &Json) -> impl Iterator<Item = &Json> {
    policy["Statement"].as_array().expect("a list of statements").iter()
}

/// Texts in a value that is a text or a list of them.
pub(crate) fn texts(value: &Json) -> Vec<&str> {
    match value {
        Json::String(text) => vec![text],
        Json::Array(values) => values.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn no_action_is_a_pattern() {
    for (name, stack) in each() {
        for (resource, policy) in policies(stack) {
            for statement in statements(&policy).filter(|statement| statement["Effect"] == "Allow") {
                let actions = texts(&statement["Action"]);
                assert!(!actions.is_empty() && statement.get("NotAction").is_none(), "{name}: {}", resource.name);
                assert!(actions.iter().all(|action| !action.contains('*')), "{name}: {}: {actions:?}", resource.name);
            }
        }
    }
}

#[test]
fn a_resource_that_is_a_pattern_has_a_reason() {
    let mut needed = BTreeSet::new();
    for (name, stack) in each() {
        for (resource, policy) in policies(stack) {
            for statement in statements(&policy).filter(|statement| statement["Effect"] == "Allow") {
                assert!(statement.get("NotResource").is_none(), "{name}: {}", resource.name);
                if texts(&statement["Resource"]).iter().any(|arn| arn.contains('*')) {
                    needed.insert((resource.name.clone(), statement["Sid"].as_str().expect("a name").to_owned()));
                }
            }
        }
    }
    let given = REASONS.iter().map(|(policy, statement, _)| ((*policy).to_owned(), (*statement).to_owned()));
    assert_eq!(needed, given.collect());
}

#[test]
fn only_what_is_run_is_passed_and_only_to_ecs() {
    for (name, stack) in each() {
        let passing: Vec<Json> = policies(stack)
            .flat_map(|(_, policy)| statements(&policy).cloned().collect::<Vec<_>>())
            .filter(|statement| texts(&statement["Action"]).contains(&"iam:PassRole"))
            .collect();
        assert_eq!(passing.len(), 1, "{name}");
        let role = |what: &str| format!("arn:aws:iam::123456789012:role/sluice-test-{what}");
        let mut passed = vec![role("execution"), role("worker")];
        passed.extend((name == "other").then(|| role("plan-task")));
        assert_eq!(texts(&passing[0]["Resource"]), passed, "{name}");
        let condition = &passing[0]["Condition"]["StringEquals"]["iam:PassedToService"];
        assert_eq!(texts(condition), ["ecs-tasks.amazonaws.com"], "{name}");
    }
}

#[test]
fn a_role_is_taken_for_this_account_only() {
    let mut without = Vec::new();
    for role in DEFAULT_STACK.of_type("aws:iam/role:Role") {
        for statement in statements(&role.document("assumeRolePolicy")) {
            let condition = &statement["Condition"];
            let pinned = texts(&condition["StringEquals"]["aws:SourceAccount"]) == ["123456789012"]
                && !texts(&condition["ArnLike"]["aws:SourceArn"]).is_empty();
            if !pinned {
                without.push(role.name.as_str());
            }
        }
    }
    assert_eq!(without, TRUST_REASONS.iter().map(|(role, _)| *role).collect::<Vec<_>>());
}

/// AWS documents the ARN of a state machine of the account; for the executions of a Map it documents none.
#[test]
fn the_state_machine_takes_its_role_by_the_documented_form_of_its_arn() {
    let trust = DEFAULT_STACK.named("pipeline-role").document("assumeRolePolicy");
    let source = &trust["Statement"][0]["Condition"]["ArnLike"]["aws:SourceArn"];
    assert_eq!(texts(source), ["arn:aws:states:eu-central-1:123456789012:stateMachine:*"]);
}

#[test]
fn only_the_rule_sends_uploads_and_only_the_rule_calls_the_function() {
    let policy = OTHER_STACK.named("arrivals-policy").document("policy");
    let sender = statements(&policy).find(|statement| statement["Sid"] == "Uploads").expect("a sender");
    assert_eq!(sender["Principal"]["Service"], "events.amazonaws.com");
    let rule = |what: &str| format!("arn:aws:events:eu-central-1:123456789012:rule/sluice-test-{what}");
    assert_eq!(texts(&sender["Condition"]["ArnEquals"]["aws:SourceArn"]), [rule("arrival")]);
    let permission = OTHER_STACK.named("stopped-permission");
    assert_eq!(permission.input("/principal"), "events.amazonaws.com");
    assert_eq!(permission.input("/sourceArn"), &Json::from(rule("stopped")));
}

#[test]
fn records_are_written_by_the_pipeline_alone() {
    let policy = DEFAULT_STACK.named("source-policy").document("policy");
    let denial = statements(&policy).find(|statement| statement["Sid"] == "OwnRecords").expect("a denial");
    assert_eq!(denial["Effect"], "Deny");
    assert_eq!(texts(&denial["Resource"]), ["arn:aws:s3:::source-id/_sluice/*"]);
    assert_eq!(texts(&denial["Action"]), ["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"]);
    let mut writers = texts(&denial["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]);
    writers.sort_unstable();
    let roles = ["pipeline", "plan", "publish", "worker"];
    assert_eq!(writers, roles.map(|role| format!("arn:aws:iam::123456789012:role/sluice-test-{role}")));
}

/// Every action of the pipeline on S3, and no other: a role without a permission that it needs would be noticed only on AWS.
#[test]
fn each_role_may_do_its_work_on_s3_and_no_more() {
    let may = |stack: &Registered, role: &str| -> BTreeSet<String> {
        let policy = stack.named(&format!("{role}-policy")).document("policy");
        let grants = statements(&policy).flat_map(|statement| {
            let actions = texts(&statement["Action"]).into_iter().filter(|action| action.starts_with("s3:"));
            actions.flat_map(|action| {
                let on = texts(&statement["Resource"]);
                on.into_iter().map(move |on| format!("{action} {}", on.trim_start_matches("arn:aws:s3:::")))
            })
        });
        grants.collect()
    };
    let set = |grants: &[&str]| grants.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    let runs = [
        "s3:AbortMultipartUpload source-id/_sluice/runs/*",
        "s3:GetObject source-id/_sluice/runs/*",
        "s3:ListBucket source-id",
        "s3:PutObject source-id/_sluice/runs/*",
    ];
    let open = ["DeleteObject", "GetObject", "PutObject"].map(|action| format!("s3:{action} source-id/_sluice/open/*"));
    let planning =
        ["DeleteObject", "GetObject", "PutObject"].map(|action| format!("s3:{action} source-id/_sluice/planning"));
    let publishes: BTreeSet<String> = set(&runs).into_iter().chain(open).collect();
    let plans: BTreeSet<String> = publishes.iter().cloned().chain(planning).collect();
    let records = "s3:GetObject source-id/_sluice/ledger/*".to_owned();
    assert_eq!(may(&DEFAULT_STACK, "publish"), publishes.into_iter().chain([records]).collect());
    assert_eq!(may(&DEFAULT_STACK, "plan"), plans);
    assert_eq!(may(&OTHER_STACK, "plan-task"), plans);
    assert_eq!(
        may(&DEFAULT_STACK, "pipeline"),
        set(&[runs[0], runs[1], runs[3], "s3:ListMultipartUploadParts source-id/_sluice/runs/*"])
    );
    let on_source = [
        "s3:AbortMultipartUpload source-id/_sluice/ledger/*",
        "s3:AbortMultipartUpload source-id/_sluice/runs/*",
        "s3:GetObject source-id/*",
        "s3:ListBucket source-id",
        "s3:PutObject source-id/_sluice/ledger/*",
        "s3:PutObject source-id/_sluice/runs/*",
    ];
    let on_clean = [
        "s3:AbortMultipartUpload clean-id/*",
        "s3:DeleteObject clean-id/*",
        "s3:GetObject clean-id/*",
        "s3:ListBucket clean-id",
        "s3:PutObject clean-id/*",
    ];
    assert_eq!(may(&OTHER_STACK, "worker"), set(&on_source));
    assert_eq!(may(&DEFAULT_STACK, "worker"), set(&[&on_source[..], &on_clean].concat()));
    let on_feedback = on_clean.map(|grant| grant.replace("clean-id", "feedback-id"));
    let with_feedback = set(&[&on_source[..], &on_clean].concat()).into_iter().chain(on_feedback).collect();
    assert_eq!(may(&EXISTING_STACK, "worker"), with_feedback);
    assert_eq!(may(&DEFAULT_STACK, "execution"), set(&[]));
    for role in ["arrival", "scheduler", "stopped"] {
        assert_eq!(may(&OTHER_STACK, role), set(&[]), "{role}");
    }
}
