//! The function that plans a run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use statemachine::payload::PlanInput;

use super::FunctionError;
use crate::clock::Clock;
use crate::metrics::{LogSettings, oldest_open_run};
use crate::open_run::{self, Executions, OpenRun, Planning};
use crate::plan::{Mode, Named, Plan, Request, TaskLimits, plan as make_plan};
use crate::store::Store;
use crate::task::RunId;

/// Keys that an input may have besides those of Sluice: the console prefills the first, and a workflow that starts this one adds the
/// second (<https://docs.aws.amazon.com/step-functions/latest/dg/concepts-nested-workflows.html>).
const NOT_OURS: [&str; 2] = ["Comment", "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"];

/// The input of a run.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Start {
    prefixes: Vec<String>,
    force: bool,
}

/// The output of the planner.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Planned {
    /// The plan.
    #[serde(flatten)]
    pub plan: Plan,
    /// Number of runs whose executions have ended and whose events must still be sent.
    pub unfinished: u64,
}

/// Plans runs.
#[derive(Clone, Debug)]
pub struct Planner {
    /// The store of files, ledger and runs.
    pub source: Arc<dyn Store>,
    /// The service that tells which executions have ended.
    pub executions: Arc<dyn Executions>,
    /// The limits on the size of a task.
    pub limits: TaskLimits,
    /// The settings of the metrics line about open runs; `None` if no such line is logged.
    pub logs: Option<LogSettings>,
    /// The clock.
    pub clock: Clock,
}

impl Planner {
    /// Plans a run, after waiting until no other run is being planned. Files that other open runs have planned are left out.
    ///
    /// # Errors
    /// When the input of the execution is invalid, a prefix is unknown, `deadline` comes near, or the store fails.
    pub async fn plan(&self, input: Value, deadline: Option<Instant>) -> Result<Planned, FunctionError> {
        let input: PlanInput = serde_json::from_value(input).map_err(|error| {
            FunctionError::failed(format!("the state machine sent something other than a plan's input: {error}"))
        })?;
        let start = start(input.request)?;
        let run = RunId(input.execution.as_str().to_owned());
        let execution = input.execution_arn.as_str().to_owned();
        let planning = Planning::acquire(&self.source, &*self.executions, &run, &execution, deadline).await?;
        let Some(planning) = planning else {
            return Err(FunctionError::transient("another run is still being planned"));
        };
        let request = Request {
            prefixes: start.prefixes,
            force: start.force,
            limits: self.limits.clone(),
            run: Some(Named { run_id: run, started_at: input.started_at.as_str().to_owned() }),
            deadline,
            ..Request::default()
        };
        let planned = self.planned(request, execution).await;
        // Released after a failure, too: otherwise the next run would wait until this execution has ended.
        let released = planning.release().await;
        let planned = planned?;
        released?;
        Ok(planned)
    }

    async fn planned(&self, mut request: Request, execution: String) -> Result<Planned, FunctionError> {
        let source = &self.source;
        // cannot fail: `plan` sets the run.
        let run = request.run.as_ref().map(|named| named.run_id.clone()).unwrap_or_else(|| RunId(String::new()));
        let others = open_run::others(&**source, &*self.executions, &run).await?;
        let unfinished = others.iter().filter(|other| other.over).count() as u64;
        let oldest = others.iter().map(|other| self.clock.seconds_since(other.written)).fold(0.0, f64::max);
        let oldest = Duration::from_secs_f64(oldest);
        if let Some(logs) = &self.logs {
            println!("{}", oldest_open_run(logs, self.clock.now(), oldest));
        }
        // The function is invoked again after the run was planned: it returns the same plan.
        if let Some(marker) = OpenRun::read(&**source, &run).await? {
            return Ok(Planned { plan: marker.plan, unfinished });
        }
        request.under_way = others.into_iter().filter(|other| !other.over).map(|other| other.run).collect();
        let plan = make_plan(source, &request, Mode::Write, self.clock, &mut |_| {}).await?;
        if plan.tasks > 0 {
            let marker = OpenRun { version: 1, execution, plan: plan.clone(), sent: None };
            marker.write(&**source).await?;
        }
        Ok(Planned { plan, unfinished })
    }
}

fn start(request: Value) -> Result<Start, FunctionError> {
    const FORMS: &str = r#"start the execution with {} for everything new, {"prefixes": ["a", "b/c"]} for some prefixes, and "force": true to check again what was done"#;
    let Value::Object(mut request) = request else {
        return Err(FunctionError::bad_request(format!("the input is not an object; {FORMS}")));
    };
    for key in NOT_OURS {
        request.shift_remove(key);
    }
    let named = request.contains_key("prefixes");
    let start: Start = serde_json::from_value(Value::Object(request))
        .map_err(|error| FunctionError::bad_request(format!("the input cannot be parsed ({error}); {FORMS}")))?;
    if named && start.prefixes.is_empty() {
        return Err(FunctionError::bad_request(format!("\"prefixes\" is empty; {FORMS}")));
    }
    Ok(start)
}
