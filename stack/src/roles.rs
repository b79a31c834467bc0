//! Who may do what. Every role has one policy; every statement has a name, and the tests hold the reason of each
//! resource that is a pattern.

use pulumi_gestalt_rust::Output;
use sluice_aws::iam::role::{self, RoleArgs};
use sluice_aws::iam::role_policy::{self, RolePolicyArgs};

use crate::buckets::Buckets;
use crate::compute::{CLUSTER, TASK_FAMILY};
use crate::functions::{PLAN, PUBLISH};
use crate::logs::{LogGroup, Logs};
use crate::machine::{EVENT_BUS, MACHINE, MAP_LABEL};
use crate::policy::{Statement, allow, document, trust};
use crate::site::Site;

/// A role.
pub(crate) struct Role {
    pub(crate) arn: Output<String>,
    /// Its policy, for what is made after it.
    pub(crate) policy: Output<String>,
}

impl Role {
    /// A role that may do this; `trust` says who takes it.
    pub(crate) fn create(
        site: &Site<'_>,
        what: &str,
        about: &str,
        trust: Output<String>,
        statements: impl IntoIterator<Item = Statement>,
    ) -> Self {
        let made = RoleArgs::builder()
            .name(site.named(what))
            .description(format!("Sluice: {about}"))
            .assume_role_policy(trust)
            .tags(site.tags());
        let made = role::create(site.ctx, &format!("{what}-role"), made.build_struct());
        let policy = RolePolicyArgs::builder().name(what).role(made.name).policy(document(statements));
        let policy = role_policy::create(site.ctx, &format!("{what}-policy"), policy.build_struct()).urn;
        Self { arn: made.arn, policy }
    }
}

/// The roles of the pipeline. The scheduler and the network log have theirs beside them.
pub(crate) struct Roles {
    /// Starts containers: pulls the image, opens the log.
    pub(crate) execution: Role,
    /// Checks files.
    pub(crate) worker: Role,
    /// Finds what is new.
    pub(crate) plan: Role,
    /// Merges and announces results.
    pub(crate) publish: Role,
    /// Runs the state machine.
    pub(crate) machine: Role,
}

impl Roles {
    pub(crate) fn create(site: &Site<'_>, buckets: &Buckets, logs: &Logs) -> Self {
        let tasks = || trust(site, "ecs-tasks.amazonaws.com", Some(vec![site.arn("ecs", "*")]));
        // Lambda does not say which function it takes a role for.
        let function = || trust(site, "lambda.amazonaws.com", None);
        let machine_arn = site.arn("states", format!("stateMachine:{}", site.named(MACHINE)));
        let children = machine_arn.map(|arn| format!("{arn}/{MAP_LABEL}"));
        let machine = trust(site, "states.amazonaws.com", Some(vec![machine_arn, children]));
        let execution = execution(site, logs);
        let execution = Role::create(site, "execution", "starts the containers of workers", tasks(), execution);
        let worker = Role::create(site, "worker", "checks files", tasks(), worker(site, buckets));
        let passed = [execution.arn.clone(), worker.arn.clone()];
        let run = run(site, buckets, passed);
        Self {
            execution,
            worker,
            plan: Role::create(site, PLAN, "finds what is new", function(), plan(site, buckets, logs)),
            publish: Role::create(site, PUBLISH, "merges and announces", function(), publish(site, buckets, logs)),
            machine: Role::create(site, MACHINE, "runs the state machine", machine, run),
        }
    }
}

fn execution(site: &Site<'_>, logs: &Logs) -> Vec<Statement> {
    let image = &site.config.image;
    let (region, account, repository) = (image.region.clone(), image.account.clone(), image.repository.clone());
    let repository =
        site.place.map(move |place| format!("arn:{}:ecr:{region}:{account}:repository/{repository}", place.partition));
    vec![
        allow("LogIn", ["ecr:GetAuthorizationToken"]).on_all(),
        allow("PullImage", ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"])
            .on([repository]),
        write_log(&logs.worker),
    ]
}

fn worker(site: &Site<'_>, buckets: &Buckets) -> Vec<Statement> {
    let source = &buckets.source;
    let mut statements = vec![
        allow("ReadSource", ["s3:GetObject", "s3:GetObjectVersion"]).on([source.objects("*")]),
        allow("WriteRecords", ["s3:PutObject", "s3:AbortMultipartUpload"])
            .on([source.objects("_sluice/ledger/*"), source.objects("_sluice/runs/*")]),
        // Without it, S3 says of a missing object that access is denied.
        allow("SeeWhatIsMissing", ["s3:ListBucket"]).on(buckets.each().map(|bucket| bucket.arn.clone())),
        answer(site),
    ];
    if let Some(clean) = &buckets.clean {
        let actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"];
        statements.push(allow("PublishClean", actions).on([clean.objects("*")]));
    }
    statements.extend(use_key(site));
    statements
}

/// Tasks of the Map are executions of a state machine of its own, which goes by the Map's label.
fn answer(site: &Site<'_>) -> Statement {
    let machine = site.named(MACHINE);
    let actions = ["states:SendTaskFailure", "states:SendTaskHeartbeat", "states:SendTaskSuccess"];
    allow("Answer", actions).on([
        site.arn("states", format!("stateMachine:{machine}")),
        site.arn("states", format!("stateMachine:{machine}/{MAP_LABEL}")),
    ])
}

fn plan(site: &Site<'_>, buckets: &Buckets, logs: &Logs) -> Vec<Statement> {
    let source = &buckets.source;
    let mut statements = vec![
        allow("ListSource", ["s3:ListBucket"]).on([source.arn.clone()]),
        allow("ReadAndWriteRuns", ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"])
            .on([source.objects("_sluice/runs/*")]),
        write_log(&logs.plan),
        trace(),
    ];
    statements.extend(use_key(site));
    statements
}

fn publish(site: &Site<'_>, buckets: &Buckets, logs: &Logs) -> Vec<Statement> {
    let source = &buckets.source;
    let mut statements = vec![
        allow("SeeWhatIsMissing", ["s3:ListBucket"]).on([source.arn.clone()]),
        allow("ReadAndWriteRuns", ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"])
            .on([source.objects("_sluice/runs/*")]),
        announce(site),
        write_log(&logs.publish),
        trace(),
    ];
    statements.extend(use_key(site));
    statements
}

fn run(site: &Site<'_>, buckets: &Buckets, passed: [Output<String>; 2]) -> Vec<Statement> {
    let source = &buckets.source;
    let machine = site.named(MACHINE);
    let function = |what: &str| site.arn("lambda", format!("function:{}:*", site.named(what)));
    let execution = |rest: &str| site.arn("states", format!("execution:{machine}{rest}"));
    let of_map = || execution(&format!("/{MAP_LABEL}:*"));
    let cluster = site.named(CLUSTER);
    let mut statements = vec![
        // Versions: a run goes on with the one it was started with.
        allow("InvokeFunctions", ["lambda:InvokeFunction"]).on([function(PLAN), function(PUBLISH)]),
        // Revisions: an update does not break the runs that are on their way.
        allow("RunWorkers", ["ecs:RunTask"])
            .on([site.arn("ecs", format!("task-definition/{}:*", site.named(TASK_FAMILY)))])
            .when("ArnEquals", "ecs:cluster", [site.arn("ecs", format!("cluster/{cluster}"))]),
        allow("TagWorkers", ["ecs:TagResource"]).on([site.arn("ecs", format!("task/{cluster}/*"))]).when(
            "StringEquals",
            "ecs:CreateAction",
            [Output::new("RunTask".to_owned())],
        ),
        allow("PassRoles", ["iam:PassRole"]).on(passed).when(
            "StringEquals",
            "iam:PassedToService",
            [Output::new("ecs-tasks.amazonaws.com".to_owned())],
        ),
        announce(site),
        allow(
            "ReadTasksAndWriteResults",
            ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
        )
        .on([source.objects("_sluice/runs/*")]),
        allow("StartMap", ["states:StartExecution"]).on([site.arn("states", format!("stateMachine:{machine}"))]),
        allow("WatchMap", ["states:DescribeExecution", "states:StopExecution"]).on([execution(":*"), of_map()]),
        allow("RedriveMap", ["states:RedriveExecution"]).on([of_map()]),
        allow(
            "DeliverLogs",
            [
                "logs:CreateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:DescribeLogGroups",
                "logs:DescribeResourcePolicies",
                "logs:GetLogDelivery",
                "logs:ListLogDeliveries",
                "logs:PutResourcePolicy",
                "logs:UpdateLogDelivery",
            ],
        )
        .on_all(),
        allow(
            "Trace",
            ["xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments"],
        )
        .on_all(),
    ];
    statements.extend(use_key(site));
    statements
}

fn write_log(group: &LogGroup) -> Statement {
    allow("WriteLog", ["logs:CreateLogStream", "logs:PutLogEvents"]).on([group.streams()])
}

fn trace() -> Statement {
    allow("Trace", ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]).on_all()
}

fn announce(site: &Site<'_>) -> Statement {
    allow("Announce", ["events:PutEvents"]).on([site.arn("events", format!("event-bus/{EVENT_BUS}"))])
}

/// The key of the buckets, if they have one of their own, and only through S3.
fn use_key(site: &Site<'_>) -> Option<Statement> {
    let key = site.config.kms_key.clone()?;
    let s3 = site.region().map(|region| format!("s3.{region}.amazonaws.com"));
    Some(allow("UseKey", ["kms:Decrypt", "kms:GenerateDataKey"]).on([Output::new(key)]).when(
        "StringEquals",
        "kms:ViaService",
        [s3],
    ))
}
