//! `sluice` on a machine that has too little for it: it says what is missing, ends with the exit code for it, and does not hang.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use support::{Desk, Ended, GOOD};

/// Returns the command `sluice check good.csv`, started by a shell that has set a limit.
fn with_limit(desk: &Desk, limit: &str) -> Command {
    desk.write("good.csv", GOOD);
    let sluice = desk.command(&[]);
    let mut shell = Command::new("sh");
    let script = format!("ulimit {limit} && exec \"$0\" check good.csv --clean clean.csv");
    shell.arg("-c").arg(script).arg(sluice.get_program()).current_dir(desk.path("")).stdin(Stdio::null());
    shell
}

fn ended(mut command: Command) -> Ended {
    Ended::of(command.output().unwrap())
}

#[test]
fn without_open_files_it_says_how_many_there_have_to_be() {
    ended(with_limit(&Desk::new(), "-n 20")).with_code(74).warns("20 files open").warns("ulimit -n");
}

#[test]
fn with_few_open_files_it_works() {
    let desk = Desk::new();
    ended(with_limit(&desk, "-n 48")).with_code(0);
    assert_eq!(desk.read("clean.csv").unwrap(), GOOD);
}

#[test]
fn a_file_beyond_the_limit_of_the_process_is_told_and_not_kept() {
    let desk = Desk::new();
    ended(with_limit(&desk, "-f 0")).with_code(74).says("allows no file of this size; raise `ulimit -f`");
    assert_eq!(desk.read("clean.csv"), None);
}

/// The writer of workbooks panics when its temporary file cannot be written.
#[test]
fn without_room_for_a_temporary_file_a_workbook_is_told_and_not_made() {
    let desk = Desk::new();
    let rows: String = (0..3000).map(|row| format!("{row},x\n")).collect();
    desk.write("bad.csv", format!("id,qty\n{rows}"));
    desk.write("r.json", r#"{"schema": {"fields": [{"name": "id"}, {"name": "qty", "type": "integer"}]}}"#);
    let sluice = desk.command(&[]);
    let mut shell = Command::new("sh");
    let script = "ulimit -f 100 && exec \"$0\" check bad.csv --resource r.json --feedback answer.xlsx";
    shell.arg("-c").arg(script).arg(sluice.get_program()).current_dir(desk.path("")).stdin(Stdio::null());
    let ended = ended(shell);
    let ended = ended.with_code(74).says("allows no file of this size; raise `ulimit -f`");
    assert!(!ended.stderr.contains("internal error"), "{}", ended.stderr);
    assert_eq!(desk.files(), ["bad.csv", "r.json"]);
}

#[test]
fn with_too_little_memory_it_says_so_and_publishes_nothing() {
    let desk = Desk::new();
    let mut told = 0;
    // KiB of address space: from enough down to too little for the program itself.
    for limit in (1..=40).rev().map(|step| step * 10_000) {
        let ended = ended(with_limit(&desk, &format!("-v {limit}")));
        if ended.code == Some(0) {
            assert_eq!(desk.read("clean.csv").unwrap(), GOOD);
            fs::remove_file(desk.path("clean.csv")).unwrap();
            continue;
        }
        if told == 3 {
            break;
        }
        let ended = ended.with_code(74);
        assert!(ended.stderr.contains("no memory is left") || ended.stderr.contains("threads"), "{}", ended.stderr);
        assert_eq!(desk.read("clean.csv"), None);
        told += 1;
    }
    assert_eq!(told, 3);
}

#[test]
fn without_threads_it_says_so_and_does_not_wait_for_them() {
    let desk = Desk::new();
    desk.write("good.csv", GOOD);
    let command = desk.unprivileged(|program| {
        let mut shell = Command::new("sh");
        let script = "{ ulimit -u 1 2>/dev/null || ulimit -p 1; } && exec \"$0\" check good.csv";
        shell.args(["-c", script]).arg(program).current_dir(desk.path(""));
        shell
    });
    ended(command).with_code(74).warns("no threads to work with").warns("ulimit -u");
}

/// The number of the signal on Linux.
const SIGINT: u32 = 2;

#[test]
fn an_interrupt_ends_the_wait_for_a_silent_standard_input() {
    let desk = Desk::new();
    let mut child = desk
        .command(&["check", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The input is not complete, and stays open.
    child.stdin.as_mut().unwrap().write_all(b"id,name\n1,").unwrap();
    let process = format!("/proc/{}", child.id());
    // When the program catches the signal and all threads are there, it is reading.
    let catches = || {
        let status = fs::read_to_string(format!("{process}/status")).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or("0").trim().to_owned();
        u64::from_str_radix(&caught, 16).is_ok_and(|caught| caught >> (SIGINT - 1) & 1 == 1)
    };
    while !catches() || fs::read_dir(format!("{process}/task")).map_or(0, Iterator::count) < 5 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let stdin = child.stdin.take();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    // If the program waited for its own work, it would have ended without the result of the file.
    Ended::of(child.wait_with_output().unwrap()).with_code(130).says("1 not checked (interrupted)");
    drop(stdin);
}
