use statemachine::flow::Map;
use statemachine::{Expr, StateName};

fn main() {
    Map::inline(StateName::fixed("Each"), Expr::<Vec<u64>>::unchecked("[1, 2]")).writing_json_lines("bucket", "prefix");
}
