//! `sluice completions` and the help as a user types them.

mod support;

use support::Desk;

#[test]
fn every_shell_gets_a_script() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        desk.sluice(&["completions", shell]).with_code(0).says("sluice");
    }
    desk.sluice(&["completions", "tcsh"]).with_code(2);
}

#[test]
fn the_help_of_every_command_has_examples() {
    let desk = Desk::new();
    desk.sluice(&["--help"]).with_code(0).says("Exit codes");
    for command in ["run", "check", "plan", "completions"] {
        desk.sluice(&[command, "--help"]).with_code(0).says("Examples:");
    }
}

#[test]
fn the_version_is_told() {
    Desk::new().sluice(&["--version"]).with_code(0).says(concat!("sluice ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let desk = Desk::new();
    let ended = desk.run_without_reader(&["completions", "bash"]).with_code(0);
    assert_eq!(ended.stderr, "");
}
