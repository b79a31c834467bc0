//! The outcomes as a table in Markdown: `docs/scale.md` has it as it is printed.

use sluice_engine::report::grouped;

use crate::run::{Outcome, time_of};

/// Prints what came out, and the bars.
pub(crate) fn print(outcomes: &[Outcome]) {
    print!("{}", text(outcomes));
}

fn text(outcomes: &[Outcome]) -> String {
    let mut lines = vec![format!("| |{}", columns(outcomes, |outcome| outcome.title.clone()))];
    lines.push(format!("|---|{}", columns(outcomes, |_| "---:".to_owned())));
    for (name, cell) in ROWS {
        lines.push(format!("| {name} |{}", columns(outcomes, *cell)));
    }
    for nth in 0..7 {
        let name = outcomes.first().map_or("", |outcome| outcome.usd.items()[nth].0);
        lines.push(format!("| USD: {name} |{}", columns(outcomes, |outcome| dollars(outcome.usd.items()[nth].1))));
    }
    lines.push(format!("| **USD: all** |{}", columns(outcomes, |outcome| dollars(outcome.usd.total()))));
    lines.push(String::new());
    for outcome in outcomes {
        for (measure, measured, bar) in &outcome.bars {
            let verdict = if measured <= bar { "reached" } else { "MISSED" };
            let digits = if *bar < 1.0 { 3 } else { 0 };
            lines.push(format!("{verdict}: {}: {} {measured:.digits$}, bar {bar}", outcome.title, measure.name()));
        }
    }
    lines.join("\n").trim_end().to_owned() + "\n"
}

type Cell = fn(&Outcome) -> String;

const ROWS: &[(&str, Cell)] = &[
    ("files, GB", |outcome| format!("{}, {}", grouped(outcome.files), rounded(outcome.bytes as f64 / 1e9))),
    ("tasks (CPU units:MiB)", |outcome| {
        let sizes: Vec<String> =
            outcome.sizes.iter().map(|(size, count)| format!("{count} ({})", String::from(*size))).collect();
        sizes.join(", ")
    }),
    ("**wall time**", |outcome| duration(outcome.wall())),
    ("plan", |outcome| duration(outcome.plan.seconds)),
    ("tasks, launches included", |outcome| duration(outcome.check_seconds)),
    ("publish", |outcome| duration(outcome.publish.seconds)),
    ("memory of plan, publish (MB)", |outcome| {
        format!("{:.0}, {:.0}", outcome.plan.megabytes, outcome.publish.megabytes)
    }),
    ("requests at once, plan, publish", |outcome| {
        format!("{:.1}, {:.1}", outcome.plan.at_once, outcome.publish.at_once)
    }),
    ("CPU of plan, publish (s)", |outcome| {
        format!("{:.1}, {:.1}", outcome.plan.cpu_seconds, outcome.publish.cpu_seconds)
    }),
    ("pages of prefixes", |outcome| grouped(outcome.pages)),
    ("read, written by publish (MB)", |outcome| {
        let megabytes = |bytes: u64| rounded(bytes as f64 / 1e6);
        format!("{}, {}", megabytes(outcome.publish.read), megabytes(outcome.publish.written))
    }),
    ("S3 requests of publish: LIST; GET, HEAD; PUT", |outcome| {
        let requests = outcome.publish.requests;
        let numbers = [requests.list, requests.get + requests.head, requests.put];
        numbers.map(grouped).join("; ")
    }),
    ("vCPUs at once, at most", |outcome| format!("{:.0}", outcome.most_vcpus)),
    ("hours billed of a task", |outcome| format!("{:.2}", time_of(outcome).seconds / 3600.0)),
    ("launches without room; taken by Spot", |outcome| {
        format!("{}; {}", grouped(outcome.refused), grouped(outcome.taken))
    }),
    ("S3: LIST", |outcome| grouped(outcome.quantities.requests.list)),
    ("S3: GET, HEAD", |outcome| grouped(outcome.quantities.requests.get + outcome.quantities.requests.head)),
    ("S3: PUT", |outcome| grouped(outcome.quantities.requests.put)),
    ("state transitions", |outcome| grouped(outcome.quantities.transitions)),
    ("events", |outcome| grouped(outcome.quantities.events)),
];

fn columns(outcomes: &[Outcome], cell: impl Fn(&Outcome) -> String) -> String {
    outcomes.iter().map(|outcome| format!(" {} |", cell(outcome))).collect()
}

fn dollars(usd: f64) -> String {
    match usd {
        0.0 => "0".to_owned(),
        ..0.000_1 => "< 0.0001".to_owned(),
        ..1.0 => format!("{usd:.4}"),
        _ => format!("{usd:.2}"),
    }
}

fn rounded(number: f64) -> String {
    if number < 10.0 { format!("{number:.1}") } else { grouped(number.round() as u64) }
}

fn duration(seconds: f64) -> String {
    match seconds {
        ..120.0 => format!("{seconds:.0} s"),
        ..7200.0 => format!("{:.1} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!([grouped(0), grouped(1_234_567)], ["0", "1,234,567"]);
        assert_eq!([dollars(0.000_01), dollars(0.25), dollars(3.0)], ["< 0.0001", "0.2500", "3.00"]);
        assert_eq!([duration(59.6), duration(240.0), duration(9000.0)], ["60 s", "4.0 min", "2.5 h"]);
    }
}
