//! `sluice plan`: what a run would do.

use clap::Args;
use serde::Serialize;

use super::cost::{CostArgs, TasksBySize};
use super::locations::open_source;
use super::plan_descriptors::{self, PrefixDescriptor, Volume};
use super::run::plan_error;
use super::table::{nothing_incoming, print_ignored, print_table};
use super::terminal::{Terminal, counted, grouped, printable, size};
use super::{Exit, Format};
use crate::clock::Clock;
use crate::plan::{Listeners, Mode, Plan, PrefixPlan, Request, plan_tasks as make_plan};

/// Most prefixes that the table shows, and whose descriptors are read.
const PREFIXES: usize = 1000;

/// Show what `sluice run` would do, without doing it
///
/// Lists, for each prefix, the new files, the descriptor they will be checked against and the files already done, and which files are ignored
/// and why.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice plan data
  sluice plan data --prefix orders --format json
  sluice plan s3://uploads --cost

With --format json: one object per prefix, one summary with the descriptors of the first 1,000 prefixes, and with --cost one with \"cost\".")]
pub(super) struct PlanArgs {
    /// Folder or s3://BUCKET[/PREFIX] with <prefix>/incoming/ in it
    source: String,
    /// Only this prefix (repeatable)
    #[arg(short, long = "prefix", value_name = "P")]
    prefixes: Vec<String>,
    /// Include files that are already done
    #[arg(long)]
    force: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    cost: CostArgs,
}

/// The plan with the descriptors of its first prefixes.
#[derive(Serialize)]
struct WholePlan<'a> {
    #[serde(flatten)]
    plan: &'a Plan,
    descriptors: &'a [PrefixDescriptor],
}

pub(super) async fn plan(args: PlanArgs, terminal: &Terminal) -> Exit {
    let source = match open_source(&args.source).await {
        Ok(source) => source,
        Err(error) => return terminal.end(&error),
    };
    let source_given = args.source;
    let request = Request { prefixes: args.prefixes, force: args.force, ..Request::default() };
    let mut groups = TasksBySize::default();
    let mut prefixes = 0;
    let mut rows: Vec<[String; 4]> = Vec::new();
    let mut named = Vec::new();
    let mut each = |PrefixPlan { prefix, files, bytes, done }: &PrefixPlan| {
        prefixes += 1;
        if prefixes <= PREFIXES {
            named.push((prefix.clone(), Volume { files: *files, bytes: *bytes }));
            rows.push([printable(prefix), grouped(*files), size(*bytes), grouped(*done)]);
        }
        if args.format == Format::Json {
            terminal.json(&PrefixPlan { prefix: prefix.clone(), files: *files, bytes: *bytes, done: *done });
        }
    };
    let listeners = Listeners { prefix: &mut each, task: &mut |task| groups.add(task) };
    let made = make_plan(&source, &request, Mode::DryRun, Clock::System, listeners).await;
    let plan = match made {
        Ok(plan) => plan,
        Err(error) => return terminal.end(&plan_error(error)),
    };
    let descriptors = plan_descriptors::read(&source, named.iter().map(|(prefix, _)| prefix.clone()).collect()).await;
    for descriptor in &descriptors {
        descriptor.tell(terminal);
    }
    nothing_incoming(&plan, &source_given).iter().for_each(|nothing| terminal.warning(nothing));
    match args.format {
        Format::Json => terminal.json(&WholePlan { plan: &plan, descriptors: &descriptors }),
        Format::Text => {
            let more = prefixes - rows.len();
            print(rows, more, &descriptors, terminal);
            print_ignored(&plan.ignored, terminal);
            terminal.line(&summary(&plan, &source_given));
        }
    }
    let extra_work = plan_descriptors::extra_work(
        &descriptors,
        named.iter().map(|(_, volume)| *volume),
        Volume { files: plan.files, bytes: plan.bytes },
    );
    args.cost.print((&plan, extra_work), groups, args.format, terminal);
    if terminal.has_failed() { Exit::Io } else { Exit::Done }
}

/// Prints the first prefixes, and how many more there are.
fn print(rows: Vec<[String; 4]>, more: usize, descriptors: &[PrefixDescriptor], terminal: &Terminal) {
    if !rows.is_empty() {
        let labels = ["prefix", "new files", "size", "done before", "descriptor"];
        let with_descriptor = |([prefix, new, size, done], descriptor): ([String; 4], &PrefixDescriptor)| {
            [prefix, new, size, done, descriptor.cell()]
        };
        print_table(terminal, &labels, &[1, 2, 3], rows.into_iter().zip(descriptors).map(with_descriptor));
    }
    if more > 0 {
        terminal.line(&format!("and {} more", grouped(more as u64)));
    }
}

/// Returns the summary of a plan, in one line.
fn summary(plan: &Plan, source: &str) -> String {
    match plan.files {
        0 => format!("nothing new in {} ({} done before)", printable(source), counted(plan.done, "file")),
        files => format!(
            "{} ({}) in {}; {} done before",
            counted(files, "new file"),
            size(plan.bytes),
            counted(plan.tasks, "task"),
            grouped(plan.done)
        ),
    }
}
