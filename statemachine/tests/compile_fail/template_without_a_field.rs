use statemachine::payload::{TaskInput, TaskInputTemplate};
use statemachine::{Path, Template};

fn main() {
    let input = Path::<TaskInput>::input();
    Template::<TaskInput>::of(TaskInputTemplate {
        run_id: input.run_id().into(),
        task: input.task().into(),
        offset: input.offset().into(),
        cpu: input.cpu().into(),
        memory: input.memory().into(),
        larger_cpu: input.larger_cpu().into(),
        larger_memory: input.larger_memory().into(),
    });
}
