//! Brings a deployment to rest before it is destroyed: no run starts, no run is under way, and no task is left on the cluster. AWS
//! refuses to delete a cluster that has tasks and subnets that are in use, and a run whose bucket policies and roles are deleted one by
//! one fails with misleading errors.
//!
//! `pulumi destroy` by itself cannot do this: Pulumi deletes the resources in its state, and runs no program for that.

use std::io::{ErrorKind, Write as _};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value as Json, json};
use tokio::process::Command;

const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// Ten minutes of checks: stopped runs are over at once, those of a large Map take a while.
const LOOKS: usize = 300;
/// Most tasks for which one `aws ecs wait` can wait.
const TASKS: usize = 100;

/// Asks on the terminal whether runs may be stopped.
///
/// # Errors
/// When the terminal cannot be read.
pub(crate) fn agreed() -> Result<bool> {
    eprint!("The schedule is disabled and runs under way are stopped before anything is deleted. Go on? [y/N] ");
    std::io::stderr().flush().context("the terminal")?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).context("the terminal")?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Disables the schedule and the rule of uploads, stops the runs, and waits until the runs and their tasks are over.
///
/// A step that fails is reported and does not stop the other steps: Pulumi then says what it could not delete.
pub(crate) async fn quiesce(stack: Option<&str>) {
    match DeployedStack::find(stack).await {
        Ok(None) => {}
        Ok(Some(stack)) => {
            for (what, result) in [
                ("disable the schedule", stack.disable_schedule().await),
                ("disable the rule of uploads", stack.disable_arrivals().await),
                ("stop taking messages about uploads", stack.disable_mapping().await),
                ("stop the runs", stack.stop_runs().await),
                ("stop the tasks", stack.stop_tasks().await),
            ] {
                if let Err(error) = result {
                    eprintln!("warning: cannot {what}: {error:#}");
                }
            }
        }
        Err(error) => eprintln!("warning: cannot see whether runs are under way: {error:#}"),
    }
}

/// A deployment as its outputs describe it.
struct DeployedStack {
    outputs: Json,
    region: String,
    profile: Option<String>,
}

impl DeployedStack {
    /// Returns the deployment of the stack; `None` if nothing is deployed.
    async fn find(stack: Option<&str>) -> Result<Option<Self>> {
        let pulumi = |words: &[&str]| {
            let mut command = Command::new("pulumi");
            command.args(words).args(stack.into_iter().flat_map(|stack| ["--stack", stack]));
            command
        };
        let outputs = answer(pulumi(&["stack", "output", "--json"])).await?;
        let outputs: Json = serde_json::from_str(&outputs).context("the outputs of the stack")?;
        let Some(machine) = outputs["stateMachineArn"].as_str() else { return Ok(None) };
        let region = machine.split(':').nth(3).unwrap_or_default().to_owned();
        // Pulumi's provider uses this profile; if it is not set, both the provider and the AWS CLI look into the environment.
        let profile = answer(pulumi(&["config", "get", "aws:profile"])).await.ok();
        let profile = profile.map(|profile| profile.trim().to_owned()).filter(|profile| !profile.is_empty());
        Ok(Some(Self { outputs, region, profile }))
    }

    fn output(&self, name: &str) -> Option<&str> {
        self.outputs[name].as_str()
    }

    async fn aws(&self, words: &[&str]) -> Result<Json> {
        let mut command = Command::new("aws");
        command.args(words).args(["--region", &self.region, "--output", "json"]);
        if let Some(profile) = &self.profile {
            command.args(["--profile", profile]);
        }
        let text = answer(command).await?;
        if text.trim().is_empty() { Ok(Json::Null) } else { serde_json::from_str(&text).context(words.join(" ")) }
    }

    /// Disables the schedule. An update must repeat all fields of the schedule.
    /// <https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html>
    async fn disable_schedule(&self) -> Result<()> {
        let (Some(name), Some(group)) = (self.output("scheduleName"), self.output("scheduleGroup")) else {
            return Ok(());
        };
        let mut schedule = self.aws(&["scheduler", "get-schedule", "--name", name, "--group-name", group]).await?;
        if let Some(fields) = schedule.as_object_mut() {
            fields.retain(|field, _| !["Arn", "CreationDate", "LastModificationDate"].contains(&field.as_str()));
        }
        schedule["State"] = json!("DISABLED");
        eprintln!("disabling the schedule {name}; if it is to go on after all: sluice-stack up -- --refresh");
        self.aws(&["scheduler", "update-schedule", "--cli-input-json", &schedule.to_string()]).await?;
        Ok(())
    }

    async fn disable_arrivals(&self) -> Result<()> {
        let Some(rule) = self.output("arrivalRule") else { return Ok(()) };
        eprintln!("disabling the rule {rule}");
        self.aws(&["events", "disable-rule", "--name", rule]).await?;
        Ok(())
    }

    /// Makes Lambda take no more messages from the queue of uploads, and waits until it takes none: a message that is still in the queue
    /// would start a run. The messages stay, for the case that the stack is not destroyed after all.
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html>
    async fn disable_mapping(&self) -> Result<()> {
        let Some(mapping) = self.output("arrivalMapping") else { return Ok(()) };
        eprintln!("disabling the delivery of messages about uploads");
        self.aws(&["lambda", "update-event-source-mapping", "--uuid", mapping, "--no-enabled"]).await?;
        for _ in 0..LOOKS {
            let found = self.aws(&["lambda", "get-event-source-mapping", "--uuid", mapping]).await?;
            if found["State"] == "Disabled" {
                return Ok(());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        bail!("Lambda still takes messages");
    }

    /// Stops all runs, and waits for their end. The child executions of a Map end with the execution that started them.
    async fn stop_runs(&self) -> Result<()> {
        let Some(machine) = self.output("stateMachineArn") else { return Ok(()) };
        for _ in 0..LOOKS {
            let list =
                ["stepfunctions", "list-executions", "--state-machine-arn", machine, "--status-filter", "RUNNING"];
            let running = texts(&self.aws(&list).await?["executions"], |execution| &execution["executionArn"]);
            if running.is_empty() {
                return Ok(());
            }
            for arn in &running {
                eprintln!("stopping the run {}", arn.rsplit(':').next().unwrap_or(arn));
                let stop = ["stepfunctions", "stop-execution", "--execution-arn", arn];
                self.aws(&[&stop[..], &["--cause", "the stack is being destroyed"]].concat()).await?;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        bail!("some are still running");
    }

    /// Stops all tasks of the cluster, and waits for their end: a run that ends does not stop its tasks.
    async fn stop_tasks(&self) -> Result<()> {
        let Some(cluster) = self.output("clusterArn") else { return Ok(()) };
        for _ in 0..LOOKS {
            let listed = self.aws(&["ecs", "list-tasks", "--cluster", cluster, "--desired-status", "RUNNING"]).await?;
            let tasks = texts(&listed["taskArns"], |arn| arn);
            if tasks.is_empty() {
                return Ok(());
            }
            eprintln!("stopping {} tasks", tasks.len());
            for task in &tasks {
                let stop = ["ecs", "stop-task", "--cluster", cluster, "--task", task];
                self.aws(&[&stop[..], &["--reason", "the stack is being destroyed"]].concat()).await?;
            }
            for tasks in tasks.chunks(TASKS) {
                let mut wait = vec!["ecs", "wait", "tasks-stopped", "--cluster", cluster, "--tasks"];
                wait.extend(tasks.iter().map(String::as_str));
                self.aws(&wait).await?;
            }
        }
        bail!("some are still running");
    }
}

/// Returns what `text` selects in each item of a list, if it is a text.
fn texts<'a>(list: &'a Json, text: impl Fn(&'a Json) -> &'a Json) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|item| text(item).as_str()).map(str::to_owned).collect()
}

/// Returns the standard output of a command; an error has its standard error.
async fn answer(mut command: Command) -> Result<String> {
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    let output = match command.stdin(Stdio::null()).output().await {
        Err(error) if error.kind() == ErrorKind::NotFound => bail!("`{program}` is not on PATH"),
        output => output.with_context(|| format!("cannot start {program}"))?,
    };
    if !output.status.success() {
        bail!("{program}: {}", std::str::from_utf8(&output.stderr).unwrap_or("it failed").trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("what {program} prints"))
}
