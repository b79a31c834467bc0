use statemachine::payload::PlanOutput;
use statemachine::Path;

fn main() {
    Path::<PlanOutput>::input().run_identifier();
}
