use statemachine::flow::{Flow, Task};
use statemachine::integration::{Network, RunTask};
use statemachine::payload::TaskSummary;
use statemachine::{Path, PublicIp, StateName};

fn run_task() -> RunTask {
    RunTask {
        cluster: "cluster".into(),
        task_definition: "definition:1".into(),
        capacity: Vec::new(),
        size: None,
        network: Network { subnets: Vec::new().into(), security_groups: Vec::new().into(), assign_public_ip: PublicIp::Disabled.into() },
        container: "worker".into(),
        environment: vec![("TOKEN", Path::task_token().into())],
    }
}

fn main() {
    Flow::start(Task::<TaskSummary>::wait_for_token(StateName::fixed("Work"), run_task()));
}
