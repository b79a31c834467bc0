//! The payloads between the states, the functions and the tasks of the pipeline: pointers and counts, never data.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::expression::Word;
use crate::shape::shape;
use crate::text::Text;

/// The name of a run.
pub type Run = Text<80>;

/// The ARN of an execution. <https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html>
pub type Arn = Text<256>;

/// CPU units or MiB of a Fargate task, in digits: overrides of a task are strings.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html>
pub type Size = Text<8>;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    /// All files were processed, none was refused.
    Succeeded,
    /// All files were processed, some were refused.
    Partial,
    /// Some file could not be processed for a technical reason.
    Failed,
}

impl Word for Status {
    fn word(&self) -> &'static str {
        match self {
            Self::Succeeded => "SUCCEEDED",
            Self::Partial => "PARTIAL",
            Self::Failed => "FAILED",
        }
    }
}

shape! {
    /// The input of the planner.
    pub struct PlanInput, PlanInputTemplate {
        /// The input of the execution, unchecked: the planner says what is wrong with it.
        pub request: Json as "request",
        /// Name of the execution: an invocation that is repeated names the same run.
        pub execution: Text<80> as "execution",
        /// ARN of the execution, by which a later run sees whether this one is over.
        pub execution_arn: Arn as "executionArn",
        /// When the execution started, RFC 3339.
        pub started_at: Text<30> as "startedAt",
    }

    /// The output of the planner. The keys are in the run's `tasks.jsonl` and `files.jsonl`.
    pub struct PlanOutput, PlanOutputTemplate {
        /// The run.
        pub run_id: Run as "runId",
        /// Number of tasks; 0 if there are no files to check.
        pub tasks: u64 as "tasks",
        /// Files to check.
        pub files: u64 as "files",
        /// Size of the files to check in bytes, as stored.
        pub bytes: u64 as "bytes",
        /// Files that have a ledger record already.
        pub done: u64 as "done",
        /// Prefixes with files to check.
        pub prefixes: u64 as "prefixes",
        /// Runs whose executions are over and whose events must still be sent.
        pub unfinished: u64 as "unfinished",
        /// Ignored keys: number and one example for each reason.
        pub ignored: Json as "ignored",
        /// When the execution started, RFC 3339.
        pub started_at: Text<30> as "startedAt",
    }

    /// A line of `tasks.jsonl`, as the Map reads it.
    pub struct MapItem, MapItemTemplate {
        /// Number of the task, from 0.
        pub task: u64 as "task",
        /// Offset of the task's lines in `files.jsonl`, in bytes.
        pub offset: u64 as "offset",
        /// Length of the task's lines, in bytes.
        pub length: u64 as "length",
        /// CPU of the task.
        pub cpu: Size as "cpu",
        /// Memory of the task.
        pub memory: Size as "memory",
        /// CPU of the next larger size; the same when there is none.
        pub larger_cpu: Size as "largerCpu",
        /// Memory of the next larger size; the same when there is none.
        pub larger_memory: Size as "largerMemory",
    }

    /// The input of a child of the Map. The prefix is not in it: a key of 1,024 bytes has no place in an override.
    pub struct TaskInput, TaskInputTemplate {
        /// The run.
        pub run_id: Run as "runId",
        /// Number of the task.
        pub task: u64 as "task",
        /// Offset of the task's lines in `files.jsonl`, in bytes.
        pub offset: u64 as "offset",
        /// Length of the task's lines, in bytes.
        pub length: u64 as "length",
        /// CPU of the task.
        pub cpu: Size as "cpu",
        /// Memory of the task.
        pub memory: Size as "memory",
        /// CPU of the next larger size; the same when there is none.
        pub larger_cpu: Size as "largerCpu",
        /// Memory of the next larger size; the same when there is none.
        pub larger_memory: Size as "largerMemory",
    }

    /// The note that a worker writes when it begins, so that it can be stopped when its heartbeats end.
    pub struct WorkerRecord, WorkerRecordTemplate {
        /// The attempt at the task, from 0.
        pub attempt: u64 as "attempt",
        /// ARN of the ECS task.
        pub task_arn: String as "taskArn",
    }

    /// The answer of a worker to the state machine when its task is done; the result of the task is an object in
    /// the source.
    pub struct TaskSummary, TaskSummaryTemplate {
        /// Number of the task.
        pub task: u64 as "task",
    }

    /// A task that failed in its last attempt, as the Map writes it among its results.
    pub struct TaskFailure, TaskFailureTemplate {
        /// Number of the task.
        pub task: u64 as "task",
        /// Name of the error.
        pub error: String as "error",
        /// The explanation, cut.
        pub cause: String as "cause",
    }

    /// An error: name and cause.
    pub struct Failure, FailureTemplate {
        /// Name of the error.
        pub error: String as "error",
        /// The explanation, cut.
        pub cause: String as "cause",
    }

    /// Where the Map wrote what became of its tasks: the manifest, whose files have one JSON line per task, a
    /// [`TaskSummary`] or a [`TaskFailure`].
    pub struct Outcomes, OutcomesTemplate {
        /// Bucket of the manifest.
        pub bucket: String as "bucket",
        /// Key of the manifest.
        pub key: String as "key",
    }

    /// The input of the publisher.
    pub struct PublishInput, PublishInputTemplate {
        /// The plan.
        pub plan: PlanOutput as "plan",
        /// The outcomes of the tasks; null when the Map itself failed.
        pub outcomes: Option<Outcomes> as "outcomes",
        /// Why the Map itself failed.
        pub failure: Option<Failure> as "failure",
    }

    /// The output of the publisher, after the events of the prefixes are out: the detail of the run's event.
    pub struct RunSummary, RunSummaryTemplate {
        /// Version of this shape: 1.
        pub version: u64 as "version",
        /// The run.
        pub run_id: Run as "runId",
        /// The worst status of a prefix.
        pub status: Status as "status",
        /// Prefixes in the run.
        pub prefixes: u64 as "prefixes",
        /// Files by outcome.
        pub files: FileCounts as "files",
        /// Rows by outcome.
        pub rows: RowCounts as "rows",
        /// Size of the files, as stored.
        pub bytes: u64 as "bytes",
        /// What the tasks have used and about what it costs; null when no task ran.
        pub cost: Option<Json> as "cost",
        /// Where the run report is; null when there is none.
        pub report: Option<String> as "report",
        /// Where the page about the run is; null when there is none.
        pub page: Option<String> as "page",
        /// When the run started, RFC 3339.
        pub started_at: Text<30> as "startedAt",
        /// When it ended, RFC 3339.
        pub finished_at: Text<30> as "finishedAt",
        /// The first failure.
        pub cause: Option<String> as "cause",
    }

    /// Numbers of files by outcome.
    #[derive(Copy, Default)]
    pub struct FileCounts, FileCountsTemplate {
        /// All.
        pub total: u64 as "total",
        /// Nothing rejected.
        pub clean: u64 as "clean",
        /// Some rows rejected.
        pub accepted: u64 as "accepted",
        /// Refused as a whole.
        pub refused: u64 as "refused",
        /// Not processed, for a technical reason.
        pub failed: u64 as "failed",
    }

    /// Numbers of rows.
    #[derive(Copy, Default)]
    pub struct RowCounts, RowCountsTemplate {
        /// Data records.
        pub read: u64 as "read",
        /// Kept.
        pub clean: u64 as "clean",
        /// Rejected.
        pub rejected: u64 as "rejected",
    }
}
