use statemachine::flow::{Flow, Map};
use statemachine::{Expr, StateName};

fn main() {
    Flow::start(Map::inline(StateName::fixed("Each"), Expr::<Vec<u64>>::unchecked("[1, 2]")));
}
