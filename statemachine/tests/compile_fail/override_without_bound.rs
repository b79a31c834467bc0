use statemachine::payload::Failure;
use statemachine::{BoundedText, Path};

fn main() {
    let _: (&str, BoundedText) = ("CAUSE", Path::<Failure>::input().cause().into());
}
