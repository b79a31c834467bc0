use statemachine::flow::{Fail, Flow, Map, Pass, Succeed, Task};
use statemachine::integration::{Invoke, Invoked, Network, RunTask};
use statemachine::payload::{PlanInput, PlanInputTemplate, PlanOutput, TaskSummary};
use statemachine::{ErrorName, Expr, Path, PublicIp, StateName, Template, Var};

const PLAN: Var<PlanOutput> = Var::new("plan");

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
    let input = PlanInputTemplate {
        request: Path::execution_input().into(),
        execution: Path::execution_name().into(),
        execution_arn: Path::execution_id().into(),
        started_at: Path::execution_start().into(),
    };
    let plan: Task<Invoked<PlanOutput>> =
        Task::call(StateName::fixed("Plan"), Invoke::<PlanInput, PlanOutput>::new("function".into(), Template::of(input)));
    let wait = Task::<TaskSummary>::wait_for_token(StateName::fixed("Work"), run_task()).timeout(600).heartbeat(60);
    let each = Map::inline(StateName::fixed("Each"), Expr::<Vec<u64>>::unchecked("[1..$plan.tasks]"))
        .each(|_| Flow::start(Pass::new(StateName::fixed("Look"))).end());
    let machine = Flow::start(plan.assign(|result| [PLAN.to(result.payload())]))
        .choose(StateName::fixed("Any?"), |any| any.when(PLAN.get().tasks().equals(0), &StateName::fixed("None")))
        .then(wait)
        .then(each)
        .then(Succeed::new(StateName::fixed("Done")))
        .beside(Flow::start(Fail::new(StateName::fixed("None"), ErrorName::fixed("None"), "nothing to do")))
        .into_machine("What may be.");
    assert_eq!(machine.validate(), []);
}
