use statemachine::flow::{Flow, Pass};
use statemachine::StateName;

fn main() {
    Flow::start(Pass::new(StateName::fixed("Last"))).end().then(Pass::new(StateName::fixed("After")));
}
