//! Tasks, functions and the state machine.

use serde_json::{Value as Json, json};

use super::{Spoil, inside, rules, unless};
use crate::engine::Registered;

const CLUSTER: &str = "aws:ecs/cluster:Cluster";
const FUNCTION: &str = "aws:lambda/function:Function";
const MACHINE: &str = "aws:sfn/stateMachine:StateMachine";
const ROLE: &str = "aws:iam/role:Role";
const TASK: &str = "aws:ecs/taskDefinition:TaskDefinition";

/// Names of task definitions with a container that is not `good`.
fn containers_unless(stack: &Registered, good: impl Fn(&Json) -> bool) -> Vec<String> {
    unless(stack, TASK, |task| task.document("containerDefinitions").as_array().unwrap().iter().all(&good))
}

/// Sets a property of all containers.
fn set(inputs: &mut Json, property: &str, value: &Json) {
    inside(inputs, "containerDefinitions", |containers| containers[0][property] = value.clone());
}

/// Whether a name or a value looks like a secret.
fn looks_secret(text: &str) -> bool {
    let text = text.to_uppercase();
    ["SECRET", "PASSWORD", "TOKEN", "API_KEY", "ACCESS_KEY", "AKIA"].iter().any(|word| text.contains(word))
}

fn names_of_services(role: &crate::engine::Resource) -> Vec<String> {
    let document = role.document("assumeRolePolicy");
    crate::iam::statements(&document).map(|s| s["Principal"]["Service"].as_str().unwrap_or("*").to_owned()).collect()
}

rules! {
    clusters_are_watched: "CKV_AWS_65 AVD-AWS-0034 ECS.12 AwsSolutions-ECS4",
        |stack| unless(stack, CLUSTER, |cluster| cluster.input("/settings/0/value") == "enabled"),
        Spoil::Nothing;
    containers_cannot_write_to_their_root: "CKV_AWS_336 ECS.5",
        |stack| containers_unless(stack, |container| container["readonlyRootFilesystem"] == true),
        Spoil::With(TASK, |inputs| set(inputs, "readonlyRootFilesystem", &json!(false)));
    containers_have_no_privileges: "CKV_AWS_334 ECS.4",
        |stack| containers_unless(stack, |container| container["privileged"] == false),
        Spoil::With(TASK, |inputs| set(inputs, "privileged", &json!(true)));
    containers_drop_all_capabilities: "KSV-0003 KSV-0106",
        |stack| containers_unless(stack, |c| c["linuxParameters"]["capabilities"]["drop"] == json!(["ALL"])),
        Spoil::With(TASK, |inputs| set(inputs, "linuxParameters", &json!({})));
    containers_are_run_by_nobody: "ECS.20",
        |stack| containers_unless(stack, |c| {
            c["user"].as_str().and_then(|user| user.split(':').next()?.parse::<u32>().ok()).is_some_and(|id| id > 0)
        }), Spoil::With(TASK, |inputs| set(inputs, "user", &json!("root")));
    containers_log: "ECS.9 AwsSolutions-ECS7",
        |stack| containers_unless(stack, |container| container["logConfiguration"]["logDriver"] == "awslogs"),
        Spoil::With(TASK, |inputs| set(inputs, "logConfiguration", &json!(null)));
    containers_hold_no_secrets: "AVD-AWS-0036 ECS.8",
        |stack| containers_unless(stack, |container| !looks_secret(&container["environment"].to_string())),
        Spoil::With(TASK, |inputs| set(inputs, "environment", &json!([{ "name": "DB_PASSWORD", "value": "x" }])));
    containers_have_no_plain_environment: "AwsSolutions-ECS2",
        |stack| containers_unless(stack, |container| container["environment"].as_array().is_none_or(Vec::is_empty)),
        Spoil::Nothing;
    tasks_do_not_share_processes: "CKV_AWS_335 ECS.3",
        |stack| unless(stack, TASK, |task| task.inputs["pidMode"].is_null()),
        Spoil::With(TASK, |inputs| inputs["pidMode"] = json!("host"));
    tasks_do_not_share_the_network: "ECS.17 ECS.1",
        |stack| unless(stack, TASK, |task| task.inputs["networkMode"] == "awsvpc"),
        Spoil::With(TASK, |inputs| inputs["networkMode"] = json!("host"));
    tasks_and_agents_have_different_roles: "CKV_AWS_249",
        |stack| unless(stack, TASK, |task| task.inputs["taskRoleArn"] != task.inputs["executionRoleArn"]),
        Spoil::With(TASK, |inputs| inputs["taskRoleArn"] = inputs["executionRoleArn"].clone());
    volumes_are_encrypted_on_their_way: "CKV_AWS_97 AVD-AWS-0035 ECS.18",
        |stack| unless(stack, TASK, |task| {
            // A volume of the task's own storage is not sent over a network.
            let mut systems = task.inputs["volumes"].as_array().into_iter().flatten().map(|v| &v["efsVolumeConfiguration"]);
            systems.all(|system| system.is_null() || system["transitEncryption"] == "ENABLED")
        }), Spoil::With(TASK, |inputs| inputs["volumes"] = json!([{ "efsVolumeConfiguration": {} }]));

    functions_are_traced: "CKV_AWS_50 AVD-AWS-0066 Lambda.7",
        |stack| unless(stack, FUNCTION, |function| function.input("/tracingConfig/mode") == "Active"),
        Spoil::With(FUNCTION, |inputs| inputs["tracingConfig"]["mode"] = json!("PassThrough"));
    functions_have_a_reservation: "CKV_AWS_115",
        |stack| unless(stack, FUNCTION, |function| function.inputs["reservedConcurrentExecutions"].is_i64()),
        Spoil::Nothing;
    functions_have_a_dead_letter_queue: "CKV_AWS_116",
        |stack| unless(stack, FUNCTION, |function| function.inputs["deadLetterConfig"].is_object()), Spoil::Nothing;
    functions_are_in_a_vpc: "CKV_AWS_117 Lambda.3",
        |stack| unless(stack, FUNCTION, |function| function.inputs["vpcConfig"].is_object()), Spoil::Nothing;
    functions_have_a_key_of_ours: "CKV_AWS_173",
        |stack| unless(stack, FUNCTION, |function| function.inputs["kmsKeyArn"].is_string()), Spoil::Nothing;
    functions_are_signed: "CKV_AWS_272",
        |stack| unless(stack, FUNCTION, |function| function.inputs["codeSigningConfigArn"].is_string()), Spoil::Nothing;
    functions_hold_no_secrets: "CKV_AWS_45",
        |stack| unless(stack, FUNCTION, |function| !looks_secret(&function.inputs["environment"].to_string())),
        Spoil::With(FUNCTION, |inputs| inputs["environment"]["variables"]["DB_PASSWORD"] = json!("x"));
    functions_are_on_a_runtime_of_ours: "CKV_AWS_363 Lambda.2 AwsSolutions-L1",
        |stack| unless(stack, FUNCTION, |f| f.inputs["packageType"] == "Image" && f.inputs["runtime"].is_null()),
        Spoil::With(FUNCTION, |inputs| inputs["runtime"] = json!("python3.8"));

    machines_log_everything: "CKV_AWS_285 StepFunctions.1 AwsSolutions-SF1",
        |stack| unless(stack, MACHINE, |machine| machine.input("/loggingConfiguration/level") == "ALL"),
        Spoil::With(MACHINE, |inputs| inputs["loggingConfiguration"]["level"] = json!("ERROR"));
    machines_are_traced: "CKV_AWS_284 AwsSolutions-SF2",
        |stack| unless(stack, MACHINE, |machine| machine.input("/tracingConfiguration/enabled") == true),
        Spoil::With(MACHINE, |inputs| inputs["tracingConfiguration"]["enabled"] = json!(false));
    machines_do_not_log_tokens: "sluice: task tokens are in no log",
        |stack| unless(stack, MACHINE, |m| m.input("/loggingConfiguration/includeExecutionData") == false),
        Spoil::With(MACHINE, |inputs| inputs["loggingConfiguration"]["includeExecutionData"] = json!(true));

    roles_are_taken_by_services: "CKV_AWS_60 CKV_AWS_61 IAM.1 AVD-AWS-0057",
        |stack| unless(stack, ROLE, |role| names_of_services(role).iter().all(|name| name.ends_with(".amazonaws.com"))),
        Spoil::With(ROLE, |inputs| inside(inputs, "assumeRolePolicy", |policy| {
            policy["Statement"][0]["Principal"] = json!("*");
        }));
    roles_have_no_policies_of_others: "AwsSolutions-IAM4 CKV_AWS_274 IAM.2 CKV2_AWS_40",
        |stack| unless(stack, ROLE, |role| role.inputs["managedPolicyArns"].is_null()),
        Spoil::With(ROLE, |inputs| inputs["managedPolicyArns"] = json!(["arn:aws:iam::aws:policy/AdministratorAccess"]));
}
