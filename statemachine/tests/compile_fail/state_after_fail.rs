use statemachine::flow::{Fail, Flow, Pass};
use statemachine::{ErrorName, StateName};

fn main() {
    Flow::start(Fail::new(StateName::fixed("Over"), ErrorName::fixed("Over"), "it is over"))
        .then(Pass::new(StateName::fixed("After")));
}
