use statemachine::payload::{PlanOutput, RunSummary};
use statemachine::{Path, Var};

const PLAN: Var<PlanOutput> = Var::new("plan");

fn main() {
    PLAN.to(Path::<RunSummary>::result());
}
