use statemachine::flow::Task;
use statemachine::integration::PutEvents;
use statemachine::StateName;

fn main() {
    Task::<u64>::wait_for_token(StateName::fixed("Send"), PutEvents([]));
}
