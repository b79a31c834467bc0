//! What `validate` finds: each test has a definition and all of its faults.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value as Json, json};
use statemachine::StateMachine;

fn faults(definition: Json) -> Vec<String> {
    let machine = serde_json::from_str::<StateMachine>(&definition.to_string()).unwrap();
    machine.validate().iter().map(ToString::to_string).collect()
}

/// A state machine that starts at `A`.
fn of(states: Json) -> Json {
    json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": states})
}

/// A state machine with one more state, `A`, before its end.
fn with(mut a: Json) -> Json {
    a["Next"] = json!("Z");
    of(json!({"A": a, "Z": {"Type": "Succeed"}}))
}

fn task(fields: Json) -> Json {
    let mut task = json!({"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"});
    task.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    with(task)
}

fn retries(lists: Json) -> Json {
    task(
        json!({"Retry": lists.as_array().unwrap().iter().map(|list| json!({"ErrorEquals": list})).collect::<Vec<_>>()}),
    )
}

fn token_task(fields: Json) -> Json {
    let mut definition = task(fields);
    definition["States"]["A"]["Resource"] = json!("arn:aws:states:::ecs:runTask.waitForTaskToken");
    definition
}

fn map(mode: &str, fields: Json) -> Json {
    let mut map = json!({"Type": "Map", "Items": [1], "ItemProcessor": {
        "ProcessorConfig": {"Mode": mode}, "StartAt": "In", "States": {"In": {"Type": "Pass", "End": true}}}});
    if mode == "DISTRIBUTED" {
        map["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] = json!("STANDARD");
    }
    map.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    with(map)
}

fn run_task(arguments: Json) -> Json {
    task(json!({"Resource": "arn:aws:states:::ecs:runTask", "Arguments": arguments}))
}

fn overrides(value: &str) -> Json {
    run_task(
        json!({"Overrides": {"ContainerOverrides": [{"Name": "w", "Environment": [{"Name": "V", "Value": value}]}]}}),
    )
}

/// Number of characters of the overrides around the value.
const AROUND: usize = r#"{"ContainerOverrides":[{"Name":"w","Environment":[{"Name":"V","Value":""}]}]}"#.len();

macro_rules! finds {
    ($($name:ident: $definition:expr => [$($fault:expr),* $(,)?];)*) => { $(
        #[test]
        fn $name() {
            assert_eq!(faults($definition), [$($fault.to_owned()),*] as [String; _]);
        }
    )* };
}

finds! {
    nothing_in_a_sound_machine: task(json!({})) => [];

    no_query_language: json!({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
        => ["state machine: the query language must be JSONata"];
    no_states: of(json!({})) => ["state machine: it has no states"];
    a_start_that_is_not_there: of(json!({"B": {"Type": "Succeed"}}))
        => ["state machine: it starts at \"A\", which is not there"];
    a_target_that_is_not_there: of(json!({"A": {"Type": "Pass", "Next": "B"}, "Z": {"Type": "Succeed"}}))
        => ["A: it goes to \"B\", which is not there", "Z: nothing goes there"];
    no_end: of(json!({"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}))
        => ["state machine: no state ends it"];
    a_circle_beside_the_end: of(json!({
        "A": {"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "B"}], "Default": "Z"},
        "B": {"Type": "Pass", "Next": "C"}, "C": {"Type": "Pass", "Next": "B"}, "Z": {"Type": "Succeed"}}))
        => ["B: it is entered and never left: no end can be reached from here",
            "C: it is entered and never left: no end can be reached from here"];
    next_and_end: of(json!({"A": {"Type": "Pass", "Next": "Z", "End": true}, "Z": {"Type": "Succeed"}}))
        => ["A: it has both Next and End"];
    neither_next_nor_end: of(json!({"A": {"Type": "Pass"}, "Z": {"Type": "Succeed"}}))
        => ["A: it has neither Next nor End", "Z: nothing goes there"];
    a_name_of_81_characters: json!({"QueryLanguage": "JSONata", "StartAt": "é".repeat(81), "States": {"é".repeat(81): {"Type": "Succeed"}}})
        => [format!("{}: its name has 81 characters, 1 to 80 are allowed", "é".repeat(81))];
    nothing_in_a_name_of_80_characters: json!({"QueryLanguage": "JSONata", "StartAt": "é".repeat(80), "States": {"é".repeat(80): {"Type": "Succeed"}}})
        => [];
    a_name_used_again_further_in: map("INLINE", json!({"ItemProcessor": {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}}))
        => ["A / A: its name is used more than once"];

    a_task_without_resource: task(json!({"Resource": ""})) => ["A: it has no Resource"];
    a_resource_that_is_no_arn: task(json!({"Resource": "lambda:invoke"})) => ["A: \"lambda:invoke\" is no ARN of a resource"];
    a_timeout_of_0: task(json!({"TimeoutSeconds": 0})) => ["A: TimeoutSeconds is 0, 1 to 99999999 are allowed"];
    a_heartbeat_as_long_as_the_timeout: task(json!({"TimeoutSeconds": 60, "HeartbeatSeconds": 60}))
        => ["A: the heartbeat of 60 s is not shorter than the timeout of 60 s"];
    a_token_task_that_may_wait_for_ever: token_task(json!({"Arguments": {"t": "{% $states.context.Task.Token %}"}}))
        => ["A: it waits for a token without TimeoutSeconds",
            "A: it waits for a token without HeartbeatSeconds: a task that died would be waited for until the timeout"];
    a_token_that_is_not_passed_on: token_task(json!({"TimeoutSeconds": 60, "HeartbeatSeconds": 10, "Arguments": {}}))
        => ["A: it waits for a token that its arguments do not pass on"];

    all_before_others: retries(json!([["States.ALL"], ["Mine"]])) => ["A: a Retry with States.ALL is not the last"];
    all_together_with_others: retries(json!([["States.ALL", "Mine"]]))
        => ["A: a Retry names States.ALL together with others"];
    an_error_that_another_has_taken: retries(json!([["Mine"], ["Yours", "Mine"]]))
        => ["A: a Retry names Mine, which the one before has taken (Mine)"];
    an_error_that_task_failed_has_taken: retries(json!([["States.TaskFailed"], ["Mine", "States.Timeout"]]))
        => ["A: a Retry names Mine, which the one before has taken (States.TaskFailed)"];
    an_error_named_twice: retries(json!([["Mine", "Mine"]])) => ["A: a Retry names Mine, which the one before has taken (Mine)"];
    a_reserved_error_that_there_is_not: retries(json!([["States.Timedout"]]))
        => ["A: a Retry names States.Timedout, which nothing raises"];
    an_error_that_cannot_be_handled: retries(json!([["States.Runtime"]]))
        => ["A: a Retry names States.Runtime, which cannot be handled"];
    a_retry_of_nothing: retries(json!([[]])) => ["A: a Retry names no error"];
    a_catch_of_all_before_others: task(json!({"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Z"}, {"ErrorEquals": ["Mine"], "Next": "Z"}]}))
        => ["A: a Catch with States.ALL is not the last"];
    pauses_out_of_bounds: task(json!({"Retry": [{"ErrorEquals": ["Mine"], "IntervalSeconds": 0, "BackoffRate": 0.5, "MaxDelaySeconds": 0, "MaxAttempts": 100_000_000}]}))
        => ["A: IntervalSeconds is 0, 1 to 99999999 are allowed",
            "A: MaxAttempts is 100000000, 0 to 99999999 are allowed",
            "A: BackoffRate is 0.5, 1 or more is allowed",
            "A: MaxDelaySeconds is 0, 1 to 31622400 are allowed",
            "A: MaxDelaySeconds of 0 is not more than IntervalSeconds of 0"];

    a_choice_that_falls_through: of(json!({"A": {"Type": "Choice", "Choices": [{"Condition": "{% 1 = 2 %}", "Next": "Z"}]}, "Z": {"Type": "Succeed"}}))
        => ["A: it has no default, and no rule holds always"];
    nothing_in_a_choice_with_a_rule_that_always_holds: of(json!({"A": {"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "Z"}]}, "Z": {"Type": "Succeed"}}))
        => [];
    a_choice_without_rules: of(json!({"A": {"Type": "Choice", "Default": "Z"}, "Z": {"Type": "Succeed"}})) => ["A: it has no rules"];
    a_rule_without_condition: of(json!({"A": {"Type": "Choice", "Choices": [{"Next": "Z"}], "Default": "Z"}, "Z": {"Type": "Succeed"}}))
        => ["A: rule 1 has no condition"];
    a_parallel_without_branches: with(json!({"Type": "Parallel"})) => ["A: it has no branches"];
    a_wait_for_nothing: with(json!({"Type": "Wait"})) => ["A: it waits for neither Seconds nor a Timestamp"];
    a_wait_for_both: with(json!({"Type": "Wait", "Seconds": 1, "Timestamp": "2026-01-31T12:00:00Z"}))
        => ["A: it waits for both Seconds and a Timestamp"];
    a_wait_that_is_too_long: with(json!({"Type": "Wait", "Seconds": 100_000_000}))
        => ["A: Seconds is 100000000, 0 to 99999999 are allowed"];
    a_wait_until_no_time: with(json!({"Type": "Wait", "Timestamp": "2026-01-31 12:00"}))
        => ["A: Timestamp \"2026-01-31 12:00\" is not of the form 2026-01-31T12:00:00Z"];
    nothing_in_a_time_with_fraction_and_offset: with(json!({"Type": "Wait", "Timestamp": "2026-01-31T12:00:00.25+01:00"})) => [];

    what_an_inline_map_does_not_have: map("INLINE", json!({"Label": "l", "ItemBatcher": {"MaxItemsPerBatch": 2},
        "ToleratedFailureCount": 1, "ToleratedFailurePercentage": 1,
        "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject"}}))
        => ["A: Label is for a Distributed Map only", "A: ItemBatcher is for a Distributed Map only",
            "A: ResultWriter is for a Distributed Map only", "A: ToleratedFailureCount is for a Distributed Map only",
            "A: ToleratedFailurePercentage is for a Distributed Map only"];
    a_reader_besides_items: map("DISTRIBUTED", json!({"ItemReader": {"Resource": "arn:aws:states:::s3:getObject"}}))
        => ["A: it has both Items and ItemReader", "A: an ItemReader of an object must say its InputType"];
    too_many_at_a_time_inline: map("INLINE", json!({"MaxConcurrency": 41})) => ["A: MaxConcurrency is 41, 0 to 40 are allowed"];
    too_many_at_a_time: map("DISTRIBUTED", json!({"MaxConcurrency": 10_001}))
        => ["A: MaxConcurrency is 10001, 0 to 10000 are allowed"];
    a_tolerance_over_100_percent: map("DISTRIBUTED", json!({"ToleratedFailurePercentage": 101}))
        => ["A: ToleratedFailurePercentage is 101, 0 to 100 are allowed"];
    a_label_of_41_characters: map("DISTRIBUTED", json!({"Label": "l".repeat(41)}))
        => ["A: its label has 41 characters, 1 to 40 are allowed"];
    a_label_with_a_space: map("DISTRIBUTED", json!({"Label": "two words"})) => ["A: its label has ' ', which is not allowed"];
    batches_without_limit: map("DISTRIBUTED", json!({"ItemBatcher": {"BatchInput": {"a": 1}}}))
        => ["A: an ItemBatcher must have a limit"];
    a_batch_over_256_kib: map("DISTRIBUTED", json!({"ItemBatcher": {"MaxInputBytesPerBatch": 262_145}}))
        => ["A: MaxInputBytesPerBatch is 262145, 1 to 262144 are allowed"];
    no_execution_type: map("DISTRIBUTED", json!({"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"},
        "StartAt": "In", "States": {"In": {"Type": "Pass", "End": true}}}}))
        => ["A: a Distributed Map must name its ExecutionType"];
    an_express_child_that_waits_for_a_job: map("DISTRIBUTED", json!({"ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "StartAt": "In",
        "States": {"In": {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync", "End": true}}}}))
        => ["A: it waits, and the child executions are EXPRESS, which cannot"];

    an_override_over_8192_characters: overrides(&"x".repeat(8193 - AROUND))
        => ["A: its container overrides can have 8193 characters, 8192 are allowed"];
    nothing_in_overrides_of_8192_characters: overrides(&"x".repeat(8192 - AROUND)) => [];
    an_override_that_grows_by_escapes: overrides(&"\"".repeat(8000))
        => [format!("A: its container overrides can have {} characters, 8192 are allowed", 16_000 + AROUND)];
    an_override_that_nothing_bounds: overrides("{% $states.input.key %}")
        => ["A: nothing bounds the override \"$states.input.key\""];
    overrides_somewhere_in_an_expression: run_task(json!("{% $states.input %}"))
        => ["A: nothing bounds the override \"$states.input\""];
    nothing_in_an_override_by_a_token: overrides("{% $states.context.Task.Token %}") => [];

    an_expression_without_its_marks: task(json!({"Arguments": {"a": "$states.input.a"}}))
        => ["A: Arguments.a: \"$states.input.a\" is not between {% and %}"];
    an_expression_with_half_of_its_marks: task(json!({"Arguments": ["x {% 1 %}"]}))
        => ["A: Arguments[0]: \"x {% 1 %}\" is not between {% and %}"];
    a_condition_without_its_marks: of(json!({"A": {"Type": "Choice", "Choices": [{"Condition": "1 = 1", "Next": "Z"}], "Default": "Z"}, "Z": {"Type": "Succeed"}}))
        => ["A: Choices[0].Condition: \"1 = 1\" is not between {% and %}"];
    a_condition_that_is_no_expression: of(json!({"A": {"Type": "Choice", "Choices": [{"Condition": true, "Next": "Z"}]}, "Z": {"Type": "Succeed"}}))
        => ["A: Choices[0].Condition: \"true\" is not between {% and %}"];
    a_number_without_its_marks: task(json!({"TimeoutSeconds": "60"})) => ["A: TimeoutSeconds: \"60\" is not between {% and %}"];
    an_empty_expression: task(json!({"Output": "{% %}"})) => ["A: Output: there is nothing between {% and %}"];
    a_bracket_without_its_half: task(json!({"Output": "{% (1 + [2) %}"}))
        => ["A: Output: \"(1 + [2)\" has a bracket or quote without its other half"];
    a_quote_without_its_half: task(json!({"Output": "{% 'it\\'s %}"}))
        => ["A: Output: \"'it\\\\'s\" has a bracket or quote without its other half"];
    json_path: task(json!({"Arguments": {"a.$": "x"}})) => ["A: Arguments.a.$ is of JSONPath, and the query language is JSONata"];
    a_result_before_there_is_one: task(json!({"Arguments": "{% $states.result %}"}))
        => ["A: Arguments: $states.result has nothing in it here"];
    an_error_outside_a_catch: task(json!({"Output": "{% $states.errorOutput.Error %}"}))
        => ["A: Output: $states.errorOutput has nothing in it here"];
    nothing_in_references_within_quotes: task(json!({"Arguments": "{% '$states.result ( $x' & \"[\" %}"})) => [];
    nothing_in_variables_of_an_expression: task(json!({"Arguments": "{% ($n := 1; $map([1], function($v, $i) { $v + $n })) %}"})) => [];

    a_variable_that_nothing_sets: task(json!({"Arguments": "{% $x %}"})) => ["A: Arguments: $x is not set on every way here"];
    a_variable_that_is_set_on_one_way_only: of(json!({
        "A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Assign": {"x": 1}, "Next": "Z",
              "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Z"}]},
        "Z": {"Type": "Succeed", "Output": "{% $x %}"}}))
        => ["Z: Output: $x is not set on every way here"];
    nothing_in_a_variable_that_is_set_on_both_ways: of(json!({
        "A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Assign": {"x": 1}, "Next": "Z",
              "Catch": [{"ErrorEquals": ["States.ALL"], "Assign": {"x": 2}, "Next": "Z"}]},
        "Z": {"Type": "Succeed", "Output": "{% $x %}"}}))
        => [];
    a_variable_of_the_parent_in_a_distributed_map: of(json!({
        "A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "B"},
        "B": {"Type": "Map", "Items": "{% [$x] %}", "End": true, "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "In", "States": {"In": {"Type": "Pass", "Output": "{% $x %}", "End": true}}}}}))
        => ["B / In: Output: $x is not set on every way here"];
    nothing_in_a_variable_of_the_parent_in_an_inline_map: of(json!({
        "A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "B"},
        "B": {"Type": "Map", "Items": "{% [$x] %}", "End": true, "ItemProcessor": {
            "StartAt": "In", "States": {"In": {"Type": "Pass", "Output": "{% $x %}", "End": true}}}}}))
        => [];
    a_variable_with_a_reserved_name: task(json!({"Assign": {"states": 1, "a-b": 2}}))
        => ["A: $states is no name for a variable", "A: $a-b is no name for a variable"];

    faults_of_several_kinds_at_once: of(json!({
        "A": {"Type": "Task", "Resource": "", "TimeoutSeconds": 0, "Next": "B",
              "Retry": [{"ErrorEquals": ["States.ALL", "Mine"]}]}}))
        => ["state machine: no state ends it", "A: it goes to \"B\", which is not there",
            "A: a Retry names States.ALL together with others", "A: it has no Resource",
            "A: TimeoutSeconds is 0, 1 to 99999999 are allowed"];
}

#[test]
fn a_name_used_twice_in_one_object_is_found() {
    let json = r#"{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Succeed"}, "A": {"Type": "Succeed"}}}"#;
    let faults = serde_json::from_str::<StateMachine>(json).unwrap().validate();
    assert_eq!(faults.iter().map(ToString::to_string).collect::<Vec<_>>(), ["A: its name is used more than once"]);
}

#[test]
fn a_field_that_the_language_lacks_is_not_read() {
    let error =
        serde_json::from_str::<StateMachine>(&task(json!({"TimeoutSecond": 1})).to_string()).unwrap_err().to_string();
    assert!(error.contains("unknown field `TimeoutSecond`"), "{error}");
}

#[test]
fn a_field_of_another_kind_of_state_is_not_read() {
    let error = serde_json::from_str::<StateMachine>(&with(json!({"Type": "Pass", "Retry": []})).to_string())
        .unwrap_err()
        .to_string();
    assert!(error.contains("unknown field `Retry`"), "{error}");
}
