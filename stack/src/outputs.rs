//! The outputs of the stack, for the next steps of a user: names, links, and two commands.

use pulumi_gestalt_rust::{Output, pulumi_combine};

use crate::arrival::Arrival;
use crate::buckets::Buckets;
use crate::compute::Compute;
use crate::deployment::{Deployment, Place};
use crate::logs::Logs;
use crate::machine::Machine;
use crate::schedule::Schedule;

fn console(place: &Place, service: &str, fragment: &str) -> String {
    let region = &place.region;
    // GovCloud has a console of its own.
    let host = match place.partition.as_str() {
        "aws-us-gov" => "console.amazonaws-us-gov.com".to_owned(),
        _ => format!("{region}.console.aws.amazon.com"),
    };
    format!("https://{host}/{service}/home?region={region}#{fragment}")
}

/// The resources that the outputs describe.
pub(crate) struct Shown<'a> {
    pub(crate) buckets: &'a Buckets,
    pub(crate) logs: &'a Logs,
    pub(crate) compute: &'a Compute,
    pub(crate) machine: &'a Machine,
    pub(crate) schedule: &'a Schedule,
    pub(crate) arrival: Option<&'a Arrival>,
}

/// Exports the outputs of the stack.
pub(crate) fn export(deployment: &Deployment<'_>, shown: &Shown<'_>) {
    let &Shown { buckets, logs, compute, machine, schedule, arrival } = shown;
    let show = |name: &str, value: Output<String>| deployment.ctx.add_export(name, &value);
    // What must stop before the stack can be destroyed.
    show("clusterArn", compute.cluster.clone());
    show("scheduleName", schedule.name.clone());
    show("scheduleGroup", schedule.group.clone());
    if let Some(arrival) = arrival {
        show("arrivalRule", arrival.rule.clone());
        show("arrivalMapping", arrival.mapping.clone());
    }
    show("sourceBucket", buckets.source.name.clone());
    if let Some(clean) = &buckets.clean {
        show("cleanBucket", clean.name.clone());
    }
    if let Some(feedback) = &buckets.feedback {
        show("feedbackBucket", feedback.name.clone());
    }
    show("stateMachineArn", machine.arn.clone());
    show("uploadCommand", buckets.source.name.map(|name| format!("aws s3 cp FILE.csv s3://{name}/PREFIX/incoming/")));
    show(
        "startCommand",
        machine.arn.map(|arn| format!("aws stepfunctions start-execution --state-machine-arn {arn} --input '{{}}'")),
    );
    let at_machine = pulumi_combine!(deployment.place.clone(), machine.arn.clone());
    // The page has the button that starts a run, and the list of all runs.
    show(
        "runsConsole",
        at_machine.map(|(place, arn)| console(&place, "states", &format!("/statemachines/view/{arn}"))),
    );
    let group = logs.worker.name.replace('/', "$252F");
    show(
        "logsConsole",
        deployment
            .place
            .map(move |place| console(&place, "cloudwatch", &format!("logsV2:log-groups/log-group/{group}"))),
    );
    let dashboard = deployment.config.name.clone();
    show(
        "dashboardConsole",
        deployment.place.map(move |place| console(&place, "cloudwatch", &format!("dashboards/dashboard/{dashboard}"))),
    );
}
