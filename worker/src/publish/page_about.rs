//! The facts about the whole at the top of a page: the run and its times.

use super::{PrefixResult, RunReport};
use crate::number_format::counted;
use crate::page::Contents;

/// Adds the run, its times, and the keys that it has not accepted.
pub(crate) fn about_run(contents: &mut Contents, report: &RunReport) {
    about_time(contents, &report.run_id.0, [&report.started_at, &report.finished_at]);
    if report.done > 0 {
        contents.about.push(("done before", counted(report.done, "file")));
    }
    for (reason, count) in &report.ignored.0 {
        let (keys, example) = (counted(count.count, "key"), &count.example);
        contents.notes.push(format!("{keys} not taken: {reason} (such as {example})"));
    }
}

/// Adds the run of a prefix, and the time in which the files of the prefix were checked.
pub(super) fn about_prefix(contents: &mut Contents, result: &PrefixResult) {
    about_time(contents, &result.run_id.0, [&result.started_at, &result.finished_at]);
}

fn about_time(contents: &mut Contents, run: &str, [started_at, finished_at]: [&str; 2]) {
    let moment = |text: &str| format!("{} UTC", text.get(..19).unwrap_or(text).replace('T', " "));
    contents.about.push(("run", run.to_owned()));
    contents.about.push(("started", moment(started_at)));
    contents.about.push(("finished", moment(finished_at)));
}
