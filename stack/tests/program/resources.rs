//! What is registered, in what order, and which values stay secret.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Value as Json, json};
use statemachine::{Fault, FaultKind};

use crate::engine::{Registered, Resource, UNKNOWN, run};
use crate::stacks::{DEFAULT, DEFAULT_STACK, EMAIL, EXISTING_STACK, IMAGE, KEY, OTHER, OTHER_STACK, each};

/// The resources after which a resource is created, directly or not.
fn behind<'a>(stack: &'a Registered, name: &str) -> HashSet<&'a str> {
    let mut found = HashSet::new();
    let mut open = vec![stack.named(name)];
    while let Some(resource) = open.pop() {
        for other in &resource.depends_on {
            if found.insert(other.as_str()) {
                open.push(stack.named(other));
            }
        }
    }
    found
}

pub(crate) fn names(stack: &Registered) -> BTreeSet<&str> {
    stack.resources.iter().map(|resource| resource.name.as_str()).collect()
}

#[test]
fn names_are_given_once() {
    for (name, stack) in each() {
        assert_eq!(names(stack).len(), stack.resources.len(), "{name}");
    }
}

#[test]
fn nothing_is_made_before_what_it_needs() {
    let needs = [
        ("pipeline", "pipeline-policy", "Step Functions tries the role when the machine is made"),
        ("pipeline", "capacity-providers", "tasks are started on Spot"),
        ("pipeline", "plan", "it is called"),
        ("pipeline", "worker-policy", "workers answer"),
        ("task-definition", "execution-policy", "the image is pulled"),
        ("plan", "plan-policy", "it lists the bucket"),
        ("publish", "publish-policy", "it sends events"),
        ("stopped-target", "stopped-permission", "the first task that stops is heard"),
        ("plan", "plan-logs", "or Lambda makes a log group of its own that is kept for ever"),
        ("schedule", "scheduler-policy", "a start that is due at once is refused"),
        ("schedule", "schedules", "it is in the group"),
        ("schedule", "missed-starts", "its dead letters go there"),
        ("source-policy", "source-public-access", "S3 refuses to change both at once"),
        ("flow-log", "network-logs-policy", "the role writes the log"),
    ];
    for (name, needed, why) in needs {
        assert!(behind(&DEFAULT_STACK, name).contains(needed), "{name} is made before {needed}: {why}");
    }
}

#[test]
fn a_preview_registers_what_up_registers() {
    let preview = run(DEFAULT, &[], true);
    assert_eq!(preview.exit, Some(0), "{}", preview.errors);
    assert_eq!(names(&preview), names(&DEFAULT_STACK));
    for resource in &preview.resources {
        assert!(
            same_as_far_as_known(&resource.inputs, &DEFAULT_STACK.named(&resource.name).inputs),
            "{}: {} is not {}",
            resource.name,
            resource.inputs,
            DEFAULT_STACK.named(&resource.name).inputs
        );
    }
    // Values that depend on the account and the configuration alone are visible in a preview.
    for known in [("alarms-key", "policy"), ("scheduler-role", "assumeRolePolicy"), ("worker-logs", "name")] {
        assert_ne!(preview.named(known.0).inputs[known.1], UNKNOWN, "{known:?}");
    }
}

fn same_as_far_as_known(preview: &Json, up: &Json) -> bool {
    match (preview, up) {
        (Json::String(text), _) if text == UNKNOWN => true,
        (Json::Object(preview), Json::Object(up)) => {
            preview.len() == up.len()
                && preview.iter().all(|(key, value)| up.get(key).is_some_and(|up| same_as_far_as_known(value, up)))
        }
        (Json::Array(preview), Json::Array(up)) => {
            preview.len() == up.len() && preview.iter().zip(up).all(|(preview, up)| same_as_far_as_known(preview, up))
        }
        _ => preview == up,
    }
}

#[test]
fn an_address_that_is_kept_secret_is_in_the_clear_nowhere() {
    let endpoint = OTHER_STACK.named("alarms-email").input("/endpoint");
    assert_eq!(endpoint, &json!({ "secret": EMAIL }));
    for resource in OTHER_STACK.resources.iter().filter(|resource| resource.name != "alarms-email") {
        assert!(!resource.inputs.to_string().contains(EMAIL), "{}", resource.name);
    }
    assert!(!json!(OTHER_STACK.exports).to_string().contains(EMAIL));
    assert!(!OTHER_STACK.errors.contains(EMAIL));
}

#[test]
fn an_address_that_is_no_secret_can_be_read() {
    let stack = run(&[("image", IMAGE), ("alarmEmail", EMAIL)], &[], false);
    assert_eq!(stack.named("alarms-email").input("/endpoint"), EMAIL);
}

#[test]
fn data_stays_when_the_stack_goes() {
    // The notification is deleted with the stack, like the rule that receives its events.
    let is_of_bucket =
        |resource: &&Resource| resource.type_.starts_with("aws:s3/") && resource.name != "source-notification";
    for resource in EXISTING_STACK.resources.iter().filter(is_of_bucket) {
        assert!(resource.retained, "{}: a bucket that is kept is kept as it is", resource.name);
        assert_ne!(resource.input("/forceDestroy"), true, "{}", resource.name);
    }
    let others = EXISTING_STACK.resources.iter().filter(|resource| !is_of_bucket(resource));
    assert_eq!(others.filter(|resource| resource.retained).map(|r| r.name.as_str()).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn data_goes_with_the_stack_when_it_need_not_be_protected() {
    assert!(OTHER_STACK.resources.iter().all(|resource| !resource.retained));
    assert_eq!(OTHER_STACK.named("source").input("/forceDestroy"), true);
}

#[test]
fn there_is_no_nat() {
    for (name, stack) in each() {
        assert!(stack.resources.iter().all(|resource| !resource.type_.to_lowercase().contains("nat")), "{name}");
    }
}

#[test]
fn a_private_network_has_a_way_to_aws_only() {
    let stack = &DEFAULT_STACK;
    assert_eq!(stack.of_type("aws:ec2/internetGateway:InternetGateway").count(), 0);
    assert_eq!(stack.of_type("aws:ec2/route:Route").count(), 0);
    let services: BTreeSet<_> = stack
        .of_type("aws:ec2/vpcEndpoint:VpcEndpoint")
        .map(|endpoint| {
            endpoint.input("/serviceName").as_str().unwrap().trim_start_matches("com.amazonaws.eu-central-1.")
        })
        .collect();
    assert_eq!(services, ["ecr.api", "ecr.dkr", "logs", "s3", "states"].into());
    assert!(stack.named("pipeline").inputs["definition"].as_str().unwrap().contains("\"DISABLED\""));
}

#[test]
fn a_public_network_has_no_endpoint_that_costs() {
    let endpoints: Vec<_> = OTHER_STACK.of_type("aws:ec2/vpcEndpoint:VpcEndpoint").collect();
    assert_eq!(endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect::<Vec<_>>(), ["s3-endpoint"]);
    assert_eq!(endpoints[0].input("/vpcEndpointType"), "Gateway");
    assert!(OTHER_STACK.named("pipeline").inputs["definition"].as_str().unwrap().contains("\"ENABLED\""));
}

#[test]
fn subnets_that_are_there_get_a_security_group_and_nothing_else() {
    let of_network =
        EXISTING_STACK.resources.iter().filter(|r| r.type_.starts_with("aws:ec2/") || r.type_.starts_with("aws:vpc/"));
    assert_eq!(of_network.map(|r| r.name.as_str()).collect::<Vec<_>>(), ["worker-security-group", "worker-to-aws"]);
    let definition = EXISTING_STACK.named("pipeline").document("definition").to_string();
    assert!(definition.contains("subnet-0123456789abcdef0"), "{definition}");
    // The existing subnet assigns public addresses.
    assert!(definition.contains("\"ENABLED\""), "{definition}");
}

#[test]
fn given_security_groups_are_taken() {
    let stack = run(
        &[
            ("image", IMAGE),
            ("network", "existing"),
            ("subnetIds", "[\"subnet-0123456789abcdef0\"]"),
            ("securityGroupIds", "[\"sg-0123456789abcdef0\"]"),
        ],
        &[],
        false,
    );
    assert_eq!(stack.of_type("aws:ec2/securityGroup:SecurityGroup").count(), 0);
    assert!(stack.named("pipeline").inputs["definition"].as_str().unwrap().contains("sg-0123456789abcdef0"));
}

#[test]
fn subnets_are_where_all_endpoints_are() {
    let zones = |stack: &Registered| -> Vec<Json> {
        stack.of_type("aws:ec2/subnet:Subnet").map(|subnet| subnet.input("/availabilityZone").clone()).collect()
    };
    // Step Functions has no endpoint in the first zone.
    assert_eq!(zones(&DEFAULT_STACK), ["eu-central-1b", "eu-central-1c"]);
    assert_eq!(zones(&OTHER_STACK), ["eu-central-1c"], "as asked for");
    // EC2 refuses a subnet whose addresses another one has, also while Pulumi replaces it.
    for name in ["subnet-first", "subnet-second"] {
        assert_eq!(DEFAULT_STACK.named(name).ignored_changes, ["availabilityZone"]);
    }
    let named = OTHER_STACK.named("subnet-c");
    assert_eq!((named.input("/cidrBlock"), named.ignored_changes.len()), (&json!("10.0.64.0/19"), 0));
}

#[test]
fn a_run_that_is_open_for_long_is_told_of_while_it_is() {
    let alarm = OTHER_STACK.named("runs-too-long");
    assert_eq!(
        (alarm.input("/namespace"), alarm.input("/metricName")),
        (&json!("Sluice"), &json!("OldestOpenRunSeconds"))
    );
    assert_eq!(alarm.input("/dimensions"), &json!({"Stack": "sluice-test"}));
    assert_eq!(alarm.input("/threshold"), 7200, "half of runTimeoutSeconds");
    assert!(
        OTHER_STACK
            .of_type("aws:cloudwatch/metricAlarm:MetricAlarm")
            .all(|a| a.input("/metricName") != "ExecutionTime")
    );
}

#[test]
fn the_state_machine_has_no_faults_and_no_gaps() {
    for (name, stack) in each() {
        let text = stack.named("pipeline").inputs["definition"].as_str().unwrap();
        let machine: statemachine::StateMachine = serde_json::from_str(text).unwrap();
        // The upper bounds of texts are known to the types of the definition, but are not in its JSON.
        let lost = |fault: &Fault| matches!(fault.kind, FaultKind::OverrideUnbounded(_));
        let faults: Vec<_> = machine.validate().into_iter().filter(|fault| !lost(fault)).collect();
        assert_eq!(faults, [], "{name}");
        assert!(!text.contains("${"), "{name}: a placeholder is left");
    }
    let text = OTHER_STACK.named("pipeline").inputs["definition"].as_str().unwrap();
    for set in [
        "\"MaxConcurrency\": 7",
        "\"TimeoutSeconds\": 7200",
        "\"TimeoutSeconds\": 14400",
        "\"Source\": \"com.example.intake\"",
    ] {
        assert!(text.contains(set), "{set}");
    }
}

#[test]
fn the_label_that_roles_name_is_the_maps() {
    let definition = DEFAULT_STACK.named("pipeline").document("definition");
    let label = definition["States"].as_object().unwrap().values().find_map(|state| state.get("Label")).unwrap();
    let policy = DEFAULT_STACK.named("pipeline-policy").inputs["policy"].as_str().unwrap();
    assert!(policy.contains(&format!("execution:sluice-test-pipeline/{}:*\"", label.as_str().unwrap())), "{policy}");
}

#[test]
fn whoever_answers_may_answer_those_that_wait_and_no_others() {
    let may = |stack: &Registered, role: &str, statement: &str| {
        let policy = stack.named(&format!("{role}-policy")).document("policy");
        let statements = policy["Statement"].as_array().unwrap().clone();
        statements.into_iter().find(|one| one["Sid"] == statement).unwrap()["Resource"].clone()
    };
    let machine = "arn:aws:states:eu-central-1:123456789012:stateMachine:sluice-test-pipeline";
    let either = json!([format!("{machine}/*"), machine]);
    for stack in [&DEFAULT_STACK, &OTHER_STACK] {
        assert_eq!(may(stack, "worker", "Answer"), either);
        assert_eq!(may(stack, "stopped", "HandOn"), either);
    }
    assert_eq!(may(&OTHER_STACK, "plan-task", "Answer"), json!([machine]));
}

#[test]
fn the_key_is_used_wherever_there_is_a_choice() {
    assert!(OTHER.contains(&("kmsKeyArn", KEY)));
    for (name, pointer) in [
        ("source-encryption", "/rules/0/applyServerSideEncryptionByDefault/kmsMasterKeyId"),
        ("worker-logs", "/kmsKeyId"),
        ("machine-logs", "/kmsKeyId"),
        ("publish", "/kmsKeyArn"),
    ] {
        assert_eq!(OTHER_STACK.named(name).input(pointer), KEY, "{name}");
    }
    for role in ["worker", "plan-task", "publish", "pipeline"] {
        let policy = OTHER_STACK.named(&format!("{role}-policy")).document("policy").to_string();
        assert!(policy.contains("kms:GenerateDataKey") && policy.contains("kms:ViaService"), "{role}");
        assert!(policy.contains("ReadWithFormerKeys") && policy.contains("key/99999999"), "{role}");
    }
}

#[test]
fn a_person_is_shown_how_to_go_on() {
    let exports = &DEFAULT_STACK.exports;
    assert_eq!(exports["uploadCommand"], "aws s3 cp FILE.csv s3://source-id/PREFIX/incoming/");
    let arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:sluice-test-pipeline";
    assert_eq!(exports["stateMachineArn"], arn);
    assert_eq!(
        exports["startCommand"],
        format!("aws stepfunctions start-execution --state-machine-arn {arn} --input '{{}}'")
    );
    for link in ["runsConsole", "logsConsole", "dashboardConsole"] {
        let link = exports[link].as_str().unwrap();
        assert!(link.starts_with("https://eu-central-1.console.aws.amazon.com/"), "{link}");
    }
}

const METRICS: [&str; 7] =
    ["FilesClean", "FilesAccepted", "FilesRefused", "RowsRead", "RowsRejected", "Bytes", "Seconds"];

fn widgets(stack: &Registered) -> Vec<Json> {
    stack.named("dashboard").document("dashboardBody")["widgets"].as_array().unwrap().clone()
}

#[test]
fn the_dashboard_shows_every_metric_of_its_own_stack() {
    let of_metrics = |stack: &Registered| -> Vec<String> {
        widgets(stack).iter().map(|widget| widget["properties"]["metrics"].to_string()).collect()
    };
    for metric in METRICS {
        let by_prefix = format!(r#"{{Sluice,Stack,Prefix}} Stack=\"sluice-test\" MetricName=\"{metric}\""#);
        assert!(of_metrics(&DEFAULT_STACK).iter().any(|metrics| metrics.contains(&by_prefix)), "{metric}");
        let of_stack = format!(r#"["Sluice","{metric}","Stack","sluice-test""#);
        assert!(of_metrics(&OTHER_STACK).iter().any(|metrics| metrics.contains(&of_stack)), "{metric}");
        let off = of_metrics(&EXISTING_STACK);
        assert!(off.iter().all(|m| !m.contains("MetricName") && !m.contains(&format!("\"{metric}\""))), "{metric}");
    }
}

#[test]
fn the_dashboard_has_a_table_of_columns() {
    let tables = widgets(&DEFAULT_STACK);
    let table = tables.iter().find(|widget| widget["properties"]["title"] == "Columns of the latest files").unwrap();
    let query = table["properties"]["query"].as_str().unwrap();
    assert!(query.starts_with("SOURCE '/sluice-test/worker' | "), "{query}");
    assert!(query.contains("unnest line.fields into column"), "{query}");
    for shown in
        ["line.key", "column.name", "column.missing", "column.min", "column.max", "column.mean", "column.stddev"]
    {
        assert!(query.contains(shown), "{shown}: {query}");
    }
}
