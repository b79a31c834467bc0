//! The tutorial and the README: each command is run as it is written, and has to print what the page shows.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::Path;

use support::Desk;

/// A command, with the lines that it has to print.
#[derive(Debug, Default)]
struct Step {
    line: usize,
    command: String,
    expected: Vec<String>,
}

/// Returns the commands of the blocks marked as `console`: after `$ `, with the lines after `> ` that belong to them.
fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut is_console = false;
    for (number, line) in text.lines().enumerate() {
        if line.starts_with("```") {
            is_console = line == "```console";
        } else if !is_console {
        } else if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { line: number + 1, command: command.to_owned(), expected: Vec::new() });
        } else if let Some(more) = line.strip_prefix("> ") {
            let step = steps.last_mut().unwrap();
            step.command = format!("{}\n{more}", step.command);
        } else {
            steps.last_mut().unwrap().expected.push(line.to_owned());
        }
    }
    steps
}

/// Returns true if a text fits a pattern, in which `…` stands for any text.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('…') else { return pattern == text };
    let Some(text) = text.strip_prefix(start) else { return false };
    (0..=text.len()).filter(|&at| text.is_char_boundary(at)).any(|at| fits(rest, &text[at..]))
}

/// Returns true if these lines were printed; a line of `…` stands for any lines.
fn lines_fit(expected: &[String], printed: &[&str]) -> bool {
    match (expected, printed) {
        ([], printed) => printed.is_empty(),
        ([any, rest @ ..], _) if any == "…" => (0..=printed.len()).any(|from| lines_fit(rest, &printed[from..])),
        ([line, rest @ ..], [first, others @ ..]) => fits(line, first) && lines_fit(rest, others),
        (_, []) => false,
    }
}

/// Runs all commands of a page in one folder, one after the other.
fn run(page: &str, least: usize) {
    let desk = Desk::new();
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(page)).unwrap();
    let steps = steps(&text);
    assert!(steps.len() >= least, "{page}: {} steps", steps.len());
    let binaries = Path::new(env!("CARGO_BIN_EXE_sluice")).parent().unwrap();
    let path = format!("{}:{}", binaries.display(), std::env::var("PATH").unwrap());
    for step in steps {
        // Standard error is merged into standard output, as a person sees both in one stream.
        let ended = desk.shell(&format!("exec 2>&1\n{}", step.command), &path);
        let printed = String::from_utf8(ended.stdout).unwrap();
        let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
        assert!(
            lines_fit(&step.expected, &printed),
            "{page}:{}: $ {}\nexpected:\n{}\nprinted:\n{}",
            step.line,
            step.command,
            step.expected.join("\n"),
            printed.join("\n")
        );
    }
}

#[test]
fn the_tutorial_is_what_happens() {
    run("docs/tutorial.md", 20);
}

#[test]
fn what_the_readme_shows_is_what_happens() {
    run("README.md", 1);
}
