//! Tasks and functions, their environment variables, and what starts runs.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::engine::{Registered, Resource};
use crate::resources::names;
use crate::stacks::{DEFAULT_STACK, EXISTING_STACK, IMAGE, OTHER_STACK, each};

fn environment(stack: &Registered, task: &str) -> Json {
    let container = &stack.named(task).document("containerDefinitions")[0];
    let variables = container["environment"].as_array().unwrap().iter();
    variables.map(|entry| (entry["name"].as_str().unwrap().to_owned(), entry["value"].clone())).collect()
}

#[test]
fn the_worker_is_told_where_to_read_and_write() {
    let told = json!({
        "SLUICE_SOURCE": "s3://source-id", "SLUICE_CLEAN": "s3://clean-id", "SLUICE_LOG": "info",
        "SLUICE_STACK": "sluice-test", "SLUICE_METRICS": "prefix", "SLUICE_LOG_STATISTICS": "full",
    });
    assert_eq!(environment(&DEFAULT_STACK, "task-definition"), told);
}

#[test]
fn answers_have_a_bucket_like_the_one_of_clean_files_when_they_are_to_have_one_of_their_own() {
    let told = environment(&EXISTING_STACK, "task-definition");
    assert_eq!(
        (&told["SLUICE_CLEAN"], &told["SLUICE_FEEDBACK"]),
        (&json!("s3://clean-id"), &json!("s3://feedback-id"))
    );
    let parts = |bucket: &str| -> BTreeSet<String> {
        let of = |resource: &&Resource| resource.name == bucket || resource.name.starts_with(&format!("{bucket}-"));
        let resources = EXISTING_STACK.resources.iter().filter(of);
        resources
            .map(|resource| format!("{} {}", resource.name.replace(bucket, ""), resource.inputs).replace(bucket, ""))
            .collect()
    };
    assert_eq!(parts("feedback"), parts("clean"));
    assert_eq!(parts("feedback").len(), 7);
    assert_eq!(EXISTING_STACK.exports["feedbackBucket"], json!("feedback-id"));
    for stack in [&DEFAULT_STACK, &OTHER_STACK] {
        assert!(stack.resources.iter().all(|resource| !resource.inputs.to_string().contains("feedback-id")));
    }
}

#[test]
fn without_a_clean_bucket_nobody_is_told_of_one() {
    let told = json!({
        "SLUICE_SOURCE": "s3://source-id", "SLUICE_LOG": "info",
        "SLUICE_STACK": "sluice-test", "SLUICE_METRICS": "stack", "SLUICE_LOG_STATISTICS": "counts",
    });
    assert_eq!(environment(&OTHER_STACK, "task-definition"), told);
    for resource in &OTHER_STACK.resources {
        assert!(!resource.inputs.to_string().contains("SLUICE_CLEAN"), "{}", resource.name);
    }
    assert_eq!(OTHER_STACK.of_type("aws:s3/bucket:Bucket").count(), 1);
    assert!(!OTHER_STACK.exports.contains_key("cleanBucket"));
}

#[test]
fn the_functions_are_the_workers_image() {
    let plan = DEFAULT_STACK.named("plan");
    assert_eq!(plan.input("/imageUri"), IMAGE);
    assert_eq!(plan.input("/imageConfig/commands"), &json!(["lambda"]));
    assert_eq!(plan.input("/architectures"), &json!(["x86_64"]));
    let told = json!({
        "SLUICE_FUNCTION": "plan", "SLUICE_LOG": "info", "SLUICE_SOURCE": "s3://source-id",
        "SLUICE_CLEAN": "s3://clean-id", "SLUICE_STACK": "sluice-test", "SLUICE_METRICS": "prefix",
        "SLUICE_LOG_STATISTICS": "full", "SLUICE_TASK_BYTES": "34359738368", "SLUICE_TASK_FILES": "10000",
        "SLUICE_TASK_SIZES": "1024:2048,4096:8192,16384:32768",
    });
    assert_eq!(plan.input("/environment/variables"), &told);
    let told = json!({
        "SLUICE_EVENT_BUS": "default", "SLUICE_EVENT_SOURCE": "com.example.intake",
        "SLUICE_EVENT_DETAIL_TYPE": "Intake", "SLUICE_FUNCTION": "publish", "SLUICE_LOG": "info",
        "SLUICE_SOURCE": "s3://source-id", "SLUICE_STACK": "sluice-test", "SLUICE_METRICS": "stack",
        "SLUICE_LOG_STATISTICS": "counts", "SLUICE_REPORT_PAGES": "20",
    });
    assert_eq!(OTHER_STACK.named("publish").input("/environment/variables"), &told);
    assert_eq!(OTHER_STACK.named("publish").input("/architectures"), &json!(["arm64"]));
}

#[test]
fn a_planner_that_is_a_task_stands_in_for_the_function() {
    assert!(!names(&OTHER_STACK).contains("plan"));
    assert!(!names(&DEFAULT_STACK).contains("plan-task-definition"));
    let told = environment(&OTHER_STACK, "plan-task-definition");
    assert_eq!(told["SLUICE_TASK_BYTES"], "1073741824");
    assert_eq!(told["SLUICE_TASK_SIZES"], "4096:16384");
    let task = OTHER_STACK.named("plan-task-definition");
    assert_eq!(task.document("containerDefinitions")[0]["command"], json!(["plan-task"]));
    assert_eq!(task.input("/taskRoleArn"), "arn:aws:iam::123456789012:role/sluice-test-plan-task");
    let definition = OTHER_STACK.named("pipeline").document("definition");
    let planned = &definition["States"]["Plan the run"];
    assert_eq!(planned["Resource"], "arn:aws:states:::ecs:runTask.waitForTaskToken");
    let arn = "arn:aws:ecs:eu-central-1:123456789012:task-definition/sluice-test-plan-task:1";
    assert_eq!(planned["Arguments"]["TaskDefinition"], arn);
}

/// The root of the container is read-only; files that do not fit in memory go to a volume in the storage of the task.
#[test]
fn tasks_have_a_folder_for_temporary_files() {
    let tasks = each().into_iter().flat_map(|(_, stack)| stack.of_type("aws:ecs/taskDefinition:TaskDefinition"));
    for task in tasks {
        let name = &task.name;
        assert_eq!(task.input("/volumes"), &json!([{ "name": "scratch" }]), "{name}");
        let container = &task.document("containerDefinitions")[0];
        let mounted = json!([{ "sourceVolume": "scratch", "containerPath": "/tmp", "readOnly": false }]);
        assert_eq!(container["mountPoints"], mounted, "{name}");
        // The image creates the folder and sets its owner.
        let image = include_str!("../../../worker/Containerfile");
        assert!(image.contains("VOLUME [\"/tmp\"]") && image.contains("--chown=65532:65532 root/ /"), "{image}");
        assert_eq!(container["user"], "65532:65532", "{name}");
        // `TMPDIR` would name another folder.
        assert!(!container["environment"].to_string().contains("TMPDIR"), "{name}");
    }
}

#[test]
fn the_task_is_as_large_as_asked_for() {
    let task = OTHER_STACK.named("task-definition");
    assert_eq!((task.input("/cpu"), task.input("/memory")), (&json!("4096"), &json!("16384")));
    assert_eq!(task.input("/ephemeralStorage/sizeInGib"), 100);
    assert_eq!(task.input("/runtimePlatform/cpuArchitecture"), "ARM64");
    // Fargate refuses a request for the default size.
    assert!(DEFAULT_STACK.named("task-definition").input("/ephemeralStorage").is_null());
}

/// A container with limits of its own could not use all of a larger task.
#[test]
fn a_container_has_no_limits_of_its_own() {
    for (name, stack) in each() {
        for task in stack.of_type("aws:ecs/taskDefinition:TaskDefinition") {
            let container = &task.document("containerDefinitions")[0];
            for limit in ["cpu", "memory", "memoryReservation"] {
                assert!(container[limit].is_null(), "{name}: {} has {limit}", task.name);
            }
        }
    }
}

#[test]
fn a_task_that_stopped_is_heard_by_the_function() {
    let pattern = DEFAULT_STACK.named("stopped-rule").document("eventPattern");
    let cluster = "arn:aws:ecs:eu-central-1:123456789012:cluster/sluice-test-cluster";
    let expected = json!({
        "source": ["aws.ecs"],
        "detail-type": ["ECS Task State Change"],
        "detail": {"clusterArn": [cluster], "lastStatus": ["STOPPED"]},
    });
    assert_eq!(pattern, expected);
    let function = "arn:aws:lambda:eu-central-1:123456789012:function:sluice-test-stopped";
    assert_eq!(DEFAULT_STACK.named("stopped-target").input("/arn"), function);
    assert_eq!(DEFAULT_STACK.named("stopped").input("/environment/variables/SLUICE_FUNCTION"), "stopped");
}

#[test]
fn uploads_start_runs_after_the_quiet_time() {
    let stack = &OTHER_STACK;
    assert_eq!(stack.named("source-notification").input("/eventbridge"), true);
    let pattern = stack.named("arrival-rule").document("eventPattern");
    let expected = json!({
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": ["source-id"]}, "object": {"key": [{"anything-but": {"prefix": "_sluice/"}}]}},
    });
    assert_eq!(pattern, expected);
    let queue = stack.named("arrivals");
    assert_eq!(queue.input("/delaySeconds"), 30);
    assert_eq!(queue.document("redrivePolicy")["maxReceiveCount"], 1000);
    let function = stack.named("arrival");
    // Lambda refuses a queue that delivers a message again while the function may still be processing it.
    assert!(queue.input("/visibilityTimeoutSeconds").as_i64() >= function.input("/timeout").as_i64().map(|s| s * 6));
    let mapping = stack.named("arrival-source");
    assert_eq!(mapping.input("/functionResponseTypes"), &json!(["ReportBatchItemFailures"]));
    assert_eq!(
        (mapping.input("/batchSize"), mapping.input("/maximumBatchingWindowInSeconds")),
        (&json!(10_000), &json!(20))
    );
    let told = function.input("/environment/variables");
    assert_eq!(told["SLUICE_QUIET_SECONDS"], "30");
    assert_eq!(told["SLUICE_QUEUE"], "https://sqs.eu-central-1.amazonaws.com/123456789012/sluice-test-arrivals");
    assert_eq!(
        told["SLUICE_STATE_MACHINE"],
        "arn:aws:states:eu-central-1:123456789012:stateMachine:sluice-test-pipeline"
    );
}

#[test]
fn what_starts_runs_is_made_and_nothing_else() {
    let has = |stack: &Registered, name: &str| names(stack).contains(name);
    for (stack, schedule, arrival) in [
        (&DEFAULT_STACK, "rate(1 hour)", false),
        (&OTHER_STACK, "cron(0 6 ? * MON-FRI *)", true),
        (&EXISTING_STACK, "rate(1 day)", true),
    ] {
        assert_eq!(stack.named("schedule").input("/scheduleExpression"), schedule);
        for name in ["arrival", "arrivals", "arrivals-lost", "arrival-role", "arrivals-missed", "source-notification"] {
            assert_eq!(has(stack, name), arrival, "{name}");
        }
    }
}

#[test]
fn cloudwatch_looks_into_the_cluster_when_asked_to() {
    assert_eq!(DEFAULT_STACK.named("cluster").input("/settings/0/value"), "disabled");
    assert_eq!(OTHER_STACK.named("cluster").input("/settings/0/value"), "enabled");
}

#[test]
fn the_schedule_is_the_one_asked_for() {
    let schedule = OTHER_STACK.named("schedule");
    assert_eq!(schedule.input("/scheduleExpression"), "cron(0 6 ? * MON-FRI *)");
    assert_eq!(schedule.input("/scheduleExpressionTimezone"), "Europe/Rome");
    assert_eq!(schedule.input("/state"), "DISABLED");
    assert_eq!(schedule.input("/target/input"), "{}");
    assert_eq!(DEFAULT_STACK.named("schedule").input("/state"), "ENABLED");
}
