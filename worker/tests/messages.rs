//! Messages about the command line say what is wrong and what to do.

mod support;

use support::{Desk, GOOD};

#[test]
fn numbers_outside_of_their_bounds_are_refused_with_the_bounds() {
    let desk = Desk::new();
    desk.write("a.csv", GOOD).write("s/p/incoming/a.csv", GOOD);
    for (args, bounds) in [
        (["infer", "a.csv", "--sample", "0"].as_slice(), "a whole number, 1 or more"),
        (&["infer", "a.csv", "--threads", "10000000"], "a whole number from 1 to 1,024"),
        (&["check", "a.csv", "--threads", "0"], "a whole number from 1 to 1,024"),
        (&["run", "s", "--jobs", "1025"], "a whole number from 1 to 1,024"),
        (&["plan", "s", "--cost", "--quota", "0"], "a whole number from 1 to 1,000,000"),
        (&["plan", "s", "--cost", "--report-pages", "99999"], "a whole number from 0 to 5,000"),
        (&["plan", "s", "--cost", "--spot", "101"], "a whole number from 0 to 100"),
    ] {
        desk.sluice(args).with_code(2).warns(bounds);
    }
    desk.sluice(&["plan", "s", "--cost", "--quota", "1", "--report-pages", "5000", "--spot", "0"]).with_code(0);
}

#[test]
fn a_demo_is_not_written_in_place_of_a_file() {
    let desk = Desk::new();
    desk.write("taken", GOOD);
    desk.sluice(&["demo", "taken"]).with_code(2).warns("taken: is a file; name an empty folder");
    assert_eq!(desk.read("taken").as_deref(), Some(GOOD));
}

#[test]
fn places_in_each_other_are_told_with_the_option_that_is_wrong() {
    let desk = Desk::new();
    desk.write("s/p/incoming/a.csv", GOOD);
    for option in ["--clean", "--feedback-dest"] {
        let reason = format!("become inputs of the next run; name a folder for {option} that is not below one");
        desk.sluice(&["run", "s", option, "s/p/incoming/out"]).with_code(2).warns(&reason);
    }
}

#[test]
fn feedback_is_a_file_of_a_known_format_or_a_folder() {
    let desk = Desk::new();
    desk.write("a.csv", GOOD);
    let reason = "feedback is written as .csv, .xlsx or .html; name a file with one of these endings, or a folder";
    desk.sluice(&["check", "a.csv", "--feedback", "new"]).with_code(2).warns(reason);
    desk.sluice(&["check", "a.csv", "--feedback", "new/"]).with_code(0);
    assert!(desk.read("new/a.csv.html").is_some());
}

#[test]
fn a_command_to_copy_does_not_take_a_name_for_an_option() {
    let desk = Desk::new();
    desk.write("-x.csv", GOOD);
    desk.sluice(&["check", "--", "-x.csv"]).with_code(0).says("`sluice infer ./-x.csv > resource.json`");
}

#[test]
fn one_expected_cell_is_a_singular() {
    let desk = Desk::new();
    desk.write("a.csv", "id\n1,2\n");
    desk.sluice(&["check", "a.csv"]).with_code(0).says("the record has 2 cells, 1 is expected");
}
