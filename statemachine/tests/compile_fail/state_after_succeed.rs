use statemachine::flow::{Flow, Pass, Succeed};
use statemachine::StateName;

fn main() {
    Flow::start(Succeed::new(StateName::fixed("Done"))).then(Pass::new(StateName::fixed("After")));
}
