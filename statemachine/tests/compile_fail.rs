//! State machines that do not compile, each for one reason; the first one does.

#[test]
fn what_may_not_be_does_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/compile_fail/legal.rs");
    for case in [
        "state_after_fail",
        "state_after_succeed",
        "state_after_end",
        "machine_without_end",
        "token_task_without_timeout",
        "token_task_without_heartbeat",
        "token_from_a_service_that_has_none",
        "renamed_field",
        "variable_of_another_payload",
        "template_without_a_field",
        "override_without_bound",
        "result_writer_of_inline_map",
        "map_without_processor",
    ] {
        cases.compile_fail(format!("tests/compile_fail/{case}.rs"));
    }
}
