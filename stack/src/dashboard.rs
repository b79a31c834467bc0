//! One page that shows how the pipeline is doing.

use pulumi_gestalt_rust::pulumi_combine;
use serde_json::{Value as Json, json};
use sluice_aws::cloudwatch::dashboard::{self, DashboardArgs};

use crate::alarms::Alarms;
use crate::logs::Logs;
use crate::machine::Machine;
use crate::site::Site;

/// The page is 24 columns wide.
const THIRD: u32 = 8;
const HEIGHT: u32 = 6;

/// Widgets in rows of three; what is wider begins a row.
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

    /// A metric of the worker, one line for each prefix: the prefixes are found when the page is looked at.
    fn by_prefix(&mut self, region: &str, title: &str, metric: &str) {
        let search = format!(r#"SEARCH('{{Sluice,Prefix}} MetricName="{metric}"', 'Sum', 300)"#);
        let metrics = json!([[{ "expression": search, "label": "", "id": "prefixes" }]]);
        self.add(
            "metric",
            THIRD,
            json!({ "title": title, "region": region, "view": "timeSeries", "stacked": true, "metrics": metrics }),
        );
    }

    /// Metrics of one thing.
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
}

fn body(region: &str, machine: &str, worker_logs: &str, alarms: &[String]) -> String {
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
    page.metrics(region, "Duration of runs (ms)", "Maximum", json!([executions("ExecutionTime")]));
    page.by_prefix(region, "Seconds of work", "Seconds");
    page.by_prefix(region, "Files clean", "FilesClean");
    page.by_prefix(region, "Files accepted, some rows rejected", "FilesAccepted");
    page.by_prefix(region, "Files refused", "FilesRefused");
    page.by_prefix(region, "Rows read", "RowsRead");
    page.by_prefix(region, "Rows rejected", "RowsRejected");
    page.by_prefix(region, "Bytes read", "Bytes");
    let refused = format!(
        r#"SOURCE '{worker_logs}' | fields @timestamp, @message | filter @message like /"(WARN|ERROR|refused)"/
           | sort @timestamp desc | limit 100"#
    );
    page.add(
        "log",
        3 * THIRD,
        json!({ "title": "Refused files and failures", "region": region, "view": "table", "query": refused }),
    );
    json!({ "widgets": page.widgets }).to_string()
}

/// Makes the page.
pub(crate) fn create(site: &Site<'_>, logs: &Logs, machine: &Machine, alarms: &Alarms) {
    let worker_logs = logs.worker.name.clone();
    let body = pulumi_combine!(site.region(), machine.arn.clone(), alarms.arns.clone())
        .map(move |(region, machine, alarms)| body(&region, &machine, &worker_logs, &alarms));
    let made = DashboardArgs::builder().dashboard_name(site.config.name.clone()).dashboard_body(body);
    dashboard::create(site.ctx, "dashboard", made.build_struct());
}
