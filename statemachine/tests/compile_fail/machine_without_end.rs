use statemachine::flow::{Flow, Pass};
use statemachine::StateName;

fn main() {
    Flow::start(Pass::new(StateName::fixed("Begin"))).into_machine("It never ends.");
}
