//! The dashboard: one page that shows the state of the pipeline.

use pulumi_gestalt_rust::pulumi_combine;
use serde_json::{Value as Json, json};
use sluice_aws::cloudwatch::dashboard::{self, DashboardArgs};

use crate::alarms::Alarms;
use crate::config::Metrics;
use crate::deployment::Deployment;
use crate::logs::Logs;
use crate::machine::Machine;

/// Width of a third of the page, which has 24 columns.
const THIRD: u32 = 8;
const HEIGHT: u32 = 6;

/// The resources that the page shows.
struct Scene<'a> {
    region: &'a str,
    /// Name of the stack, by which its metrics differ from those of other stacks.
    stack: &'a str,
    metrics: Metrics,
    machine: &'a str,
    worker_logs: &'a str,
    alarms: &'a [String],
}

/// Widgets in rows of three; a wider widget begins a new row.
#[derive(Default)]
struct Page {
    widgets: Vec<Json>,
    x: u32,
    y: u32,
}

impl Page {
    fn add(&mut self, kind: &str, width: u32, properties: Json) {
        if self.x + width > 3 * THIRD {
            (self.x, self.y) = (0, self.y + HEIGHT);
        }
        let (x, y) = (self.x, self.y);
        self.widgets
            .push(json!({ "type": kind, "x": x, "y": y, "width": width, "height": HEIGHT, "properties": properties }));
        self.x += width;
    }

    /// Adds a metric of the worker: one line for each prefix, which CloudWatch finds when the page is opened, or one line
    /// for the stack.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html>
    fn of_worker(&mut self, scene: &Scene<'_>, title: &str, metric: &str) {
        let stack = scene.stack;
        let metrics = match scene.metrics {
            Metrics::Prefix => {
                let search =
                    format!(r#"SEARCH('{{Sluice,Stack,Prefix}} Stack="{stack}" MetricName="{metric}"', 'Sum', 300)"#);
                json!([[{ "expression": search, "label": "", "id": "prefixes" }]])
            }
            Metrics::Stack => json!([["Sluice", metric, "Stack", stack, { "stat": "Sum", "period": 300 }]]),
            Metrics::Off => return,
        };
        let region = scene.region;
        self.add(
            "metric",
            THIRD,
            json!({ "title": title, "region": region, "view": "timeSeries", "stacked": true, "metrics": metrics }),
        );
    }

    /// Adds a graph of metrics with one statistic.
    fn metrics(&mut self, region: &str, title: &str, statistic: &str, metrics: Json) {
        self.add(
            "metric",
            THIRD,
            json!({
                "title": title, "region": region, "view": "timeSeries", "stat": statistic, "period": 300,
                "metrics": metrics,
            }),
        );
    }

    /// Adds a query over the log of the workers.
    fn table(&mut self, scene: &Scene<'_>, title: &str, query: &str) {
        let query = format!("SOURCE '{}' | {query}", scene.worker_logs);
        self.add("log", 3 * THIRD, json!({ "title": title, "region": scene.region, "view": "table", "query": query }));
    }
}

const REFUSED: &str = r#"fields @timestamp, @message | filter @message like /"(WARN|ERROR|refused)"/
    | sort @timestamp desc | limit 100"#;

/// Query for the columns of the latest files, a row for each. A line of the log has the columns of a file in an array.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Unnest.html>
const COLUMNS: &str = r#"filter @message like /"columns checked"/
    | fields @timestamp, jsonParse(@message) as line
    | unnest line.fields into column
    | sort @timestamp desc
    | display @timestamp, line.key, column.name, column.type, column.count, column.missing, column.distinct,
      column.min, column.max, column.mean, column.stddev, column.quantiles.p50, column.minLength, column.maxLength
    | limit 500"#;

fn body(scene: &Scene<'_>) -> String {
    let Scene { region, stack, machine, alarms, .. } = *scene;
    let mut page = Page::default();
    page.add("alarm", 3 * THIRD, json!({ "title": "Alarms", "alarms": alarms }));
    let executions = |name: &str| json!(["AWS/States", name, "StateMachineArn", machine]);
    page.metrics(
        region,
        "Runs",
        "Sum",
        json!([
            executions("ExecutionsStarted"),
            executions("ExecutionsSucceeded"),
            executions("ExecutionsFailed"),
            executions("ExecutionsTimedOut"),
            executions("ExecutionsAborted"),
        ]),
    );
    page.metrics(region, "Duration of runs that ended (ms)", "Maximum", json!([executions("ExecutionTime")]));
    let open = json!([
        ["Sluice", "OldestOpenRunSeconds", "Stack", stack],
        ["AWS/States", "ApproximateOpenMapRunCount", { "yAxis": "right" }],
    ]);
    page.metrics(region, "Age of the oldest open run (s); open Map runs of the account", "Maximum", open);
    page.of_worker(scene, "Files clean", "FilesClean");
    page.of_worker(scene, "Files accepted, some rows rejected", "FilesAccepted");
    page.of_worker(scene, "Files refused", "FilesRefused");
    page.of_worker(scene, "Rows read", "RowsRead");
    page.of_worker(scene, "Rows rejected", "RowsRejected");
    page.of_worker(scene, "Bytes read", "Bytes");
    page.of_worker(scene, "Seconds of work", "Seconds");
    page.table(scene, "Columns of the latest files", COLUMNS);
    page.table(scene, "Refused files and failures", REFUSED);
    json!({ "widgets": page.widgets }).to_string()
}

/// Creates the dashboard.
pub(crate) fn create(deployment: &Deployment<'_>, logs: &Logs, machine: &Machine, alarms: &Alarms) {
    let worker_logs = logs.worker.name.clone();
    let (stack, metrics) = (deployment.config.name.clone(), deployment.config.metrics);
    let body = pulumi_combine!(deployment.region(), machine.arn.clone(), alarms.arns.clone()).map(
        move |(region, machine, alarms)| {
            body(&Scene {
                region: &region,
                stack: &stack,
                metrics,
                machine: &machine,
                worker_logs: &worker_logs,
                alarms: &alarms,
            })
        },
    );
    let made = DashboardArgs::builder().dashboard_name(deployment.config.name.clone()).dashboard_body(body);
    dashboard::create(deployment.ctx, "dashboard", made.build_struct());
}
