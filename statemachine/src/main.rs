//! Renders the state machine of the pipeline: JSON with example parameters, with placeholders, or a picture.

use std::io::Write;
use std::process::ExitCode;

use statemachine::{Parameters, StateMachine, pipeline};

const USAGE: &str = "\
Renders the state machine of the pipeline on standard output.

Usage: cargo run -p statemachine [-- --substitutions | --picture]

  (nothing)        JSON, with parameters to look at
  --substitutions  JSON, with ${Name} where a deployment puts its own
  --picture        a Mermaid flowchart
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (machine, render): (_, fn(&StateMachine) -> String) = match arguments[..] {
        [] => (pipeline::definition(&Parameters::example()), StateMachine::to_json),
        ["--substitutions"] => (pipeline::definition(&Parameters::substitutions()), StateMachine::to_json),
        ["--picture"] => (pipeline::definition(&Parameters::example()), StateMachine::picture),
        ["--help" | "-h"] => return write(USAGE),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    let faults = machine.validate();
    for fault in &faults {
        eprintln!("{fault}");
    }
    if faults.is_empty() { write(&render(&machine)) } else { ExitCode::from(70) }
}

fn write(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        // The reader of the pipe has closed it.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("standard output: {error}");
            ExitCode::from(74)
        }
    }
}
