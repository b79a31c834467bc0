//! Who may do what. Every role has one policy; every statement has a name, and the tests hold the reason of each
//! resource that is a pattern.

use pulumi_gestalt_rust::Output;
use sluice_aws::iam::role::{self, RoleArgs};
use sluice_aws::iam::role_policy::{self, RolePolicyArgs};

use crate::buckets::Buckets;
use crate::config::Planner;
use crate::logs::{LogGroup, Logs};
use crate::names::{CLUSTER, EVENT_BUS, MACHINE, MAP_LABEL, PLAN, PLAN_TASK, PUBLISH, STOPPED, WORKER};
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

/// The roles of the pipeline. What starts runs and the network log have theirs beside them.
pub(crate) struct Roles {
    /// Starts containers: pulls the image, opens the log.
    pub(crate) execution: Role,
    /// Checks files.
    pub(crate) worker: Role,
    /// Finds what is new; taken by a function, or by a task.
    pub(crate) plan: Role,
    /// Merges and announces results.
    pub(crate) publish: Role,
    /// Hears of tasks that stopped.
    pub(crate) stopped: Role,
    /// Runs the state machine.
    pub(crate) machine: Role,
}

impl Roles {
    pub(crate) fn create(site: &Site<'_>, buckets: &Buckets, logs: &Logs) -> Self {
        // <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html>
        let tasks = || trust(site, "ecs-tasks.amazonaws.com", Some(vec![site.arn("ecs", "*")]));
        // The documentation has state machines of the account here. What Step Functions says of the executions of a Map,
        // which go by another name, it does not tell.
        // <https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html>
        let by_states = trust(site, "states.amazonaws.com", Some(vec![site.arn("states", "stateMachine:*")]));

        let by_task = site.config.planner == Planner::Task;
        let mut logged = vec![&logs.worker];
        logged.extend(by_task.then_some(&logs.plan));
        let execution = execution(site, &logged);
        let execution = Role::create(site, "execution", "starts the containers of tasks", tasks(), execution);
        let worker = Role::create(site, WORKER, "checks files", tasks(), worker(site, buckets));
        let mut passed = vec![execution.arn.clone(), worker.arn.clone()];
        let plan = if by_task {
            let may = plan(site, buckets).into_iter().chain([answer([machine(site)])]);
            let role = Role::create(site, PLAN_TASK, "finds what is new", tasks(), may);
            passed.push(role.arn.clone());
            role
        } else {
            let may = plan(site, buckets).into_iter().chain(of_function(&logs.plan));
            Role::create(site, PLAN, "finds what is new", by_lambda(site), may)
        };
        let publish = publish(site, buckets).into_iter().chain(of_function(&logs.publish));
        let stopped = std::iter::once(hand_on(site)).chain(of_function(&logs.stopped));
        let run = run(site, buckets, passed);
        Self {
            execution,
            worker,
            plan,
            publish: Role::create(site, PUBLISH, "merges and announces", by_lambda(site), publish),
            stopped: Role::create(site, STOPPED, "hears of tasks that stopped", by_lambda(site), stopped),
            machine: Role::create(site, MACHINE, "runs the state machine", by_states, run),
        }
    }

    /// The ARNs of those that write the pipeline's own records.
    pub(crate) fn writers(&self) -> [Output<String>; 4] {
        [&self.worker, &self.plan, &self.publish, &self.machine].map(|role| role.arn.clone())
    }
}

/// Lambda does not say which function it takes a role for.
pub(crate) fn by_lambda(site: &Site<'_>) -> Output<String> {
    trust(site, "lambda.amazonaws.com", None)
}

/// What every function may.
pub(crate) fn of_function(logs: &LogGroup) -> [Statement; 2] {
    [write_log([logs]), allow("Trace", ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]).on_all()]
}

fn execution(site: &Site<'_>, logs: &[&LogGroup]) -> Vec<Statement> {
    let image = &site.config.image;
    let (region, account, repository) = (image.region.clone(), image.account.clone(), image.repository.clone());
    let repository =
        site.place.map(move |place| format!("arn:{}:ecr:{region}:{account}:repository/{repository}", place.partition));
    vec![
        allow("LogIn", ["ecr:GetAuthorizationToken"]).on_all(),
        allow("PullImage", ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"])
            .on([repository]),
        write_log(logs.iter().copied()),
    ]
}

fn worker(site: &Site<'_>, buckets: &Buckets) -> Vec<Statement> {
    let source = &buckets.source;
    let mut statements = vec![
        allow("ReadSource", ["s3:GetObject"]).on([source.objects("*")]),
        allow("WriteRecords", ["s3:PutObject", "s3:AbortMultipartUpload"])
            .on([source.objects("_sluice/ledger/*"), source.objects("_sluice/runs/*")]),
        // Without it, S3 says of a missing object that access is denied; and where files are compared with earlier ones
        // (`sluice.file.last`), the records of their prefix are listed.
        allow("SeeWhatIsMissing", ["s3:ListBucket"]).on(buckets.each().map(|bucket| bucket.arn.clone())),
        answer([map(site)]),
    ];
    if let Some(clean) = &buckets.clean {
        let actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"];
        statements.push(allow("PublishClean", actions).on([clean.objects("*")]));
        if let Some(feedback) = &buckets.feedback {
            statements.push(allow("PublishFeedback", actions).on([feedback.objects("*")]));
        }
    }
    statements.extend(use_key(site));
    statements
}

/// The state machine, whose executions wait for an answer.
fn machine(site: &Site<'_>) -> Output<String> {
    site.arn("states", format!("stateMachine:{}", site.named(MACHINE)))
}

/// The same for the executions of its Map, which are those of a state machine of its own. It goes by the Map's label; what
/// else may be in its ARN when permissions are asked for is documented nowhere, and a worker that may not answer is a run
/// that never ends.
fn map(site: &Site<'_>) -> Output<String> {
    machine(site).map(|arn| format!("{arn}/*"))
}

fn answer(on: impl IntoIterator<Item = Output<String>>) -> Statement {
    allow("Answer", ["states:SendTaskFailure", "states:SendTaskHeartbeat", "states:SendTaskSuccess"]).on(on)
}

/// Says why a task stopped to the execution that waits for it.
fn hand_on(site: &Site<'_>) -> Statement {
    let mut waiting = vec![map(site)];
    waiting.extend((site.config.planner == Planner::Task).then(|| machine(site)));
    allow("HandOn", ["states:SendTaskFailure"]).on(waiting)
}

fn plan(site: &Site<'_>, buckets: &Buckets) -> Vec<Statement> {
    let source = &buckets.source;
    // One planner at a time: whoever has made this object.
    let open = [source.objects("_sluice/open/*"), source.objects("_sluice/planning")];
    let mut statements = vec![
        allow("ListSource", ["s3:ListBucket"]).on([source.arn.clone()]),
        read_and_write_runs(buckets),
        allow("KeepOpenRuns", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]).on(open),
        see_runs(site),
    ];
    statements.extend(use_key(site));
    statements
}

fn publish(site: &Site<'_>, buckets: &Buckets) -> Vec<Statement> {
    let source = &buckets.source;
    let mut statements = vec![
        allow("SeeWhatIsMissing", ["s3:ListBucket"]).on([source.arn.clone()]),
        read_and_write_runs(buckets),
        // What pages show: the records of the run's files, and the history of their prefixes, which is listed.
        // <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>
        allow("ReadRecords", ["s3:GetObject"]).on([source.objects("_sluice/ledger/*")]),
        allow("KeepOpenRuns", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"])
            .on([source.objects("_sluice/open/*")]),
        see_runs(site),
        announce(site),
    ];
    statements.extend(use_key(site));
    statements
}

fn read_and_write_runs(buckets: &Buckets) -> Statement {
    allow("ReadAndWriteRuns", ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"])
        .on([buckets.source.objects("_sluice/runs/*")])
}

/// Whether a run that is open is over.
fn see_runs(site: &Site<'_>) -> Statement {
    let executions = site.arn("states", format!("execution:{}:*", site.named(MACHINE)));
    allow("SeeRuns", ["states:DescribeExecution"]).on([executions])
}

fn run(site: &Site<'_>, buckets: &Buckets, passed: Vec<Output<String>>) -> Vec<Statement> {
    let source = &buckets.source;
    let machine = site.named(MACHINE);
    let function = |what: &str| site.arn("lambda", format!("function:{}:*", site.named(what)));
    let execution = |rest: &str| site.arn("states", format!("execution:{machine}{rest}"));
    let of_map = || execution(&format!("/{MAP_LABEL}:*"));
    let family = |what: &str| site.arn("ecs", format!("task-definition/{}:*", site.named(what)));
    let cluster = site.named(CLUSTER);
    let on_cluster = || [site.arn("ecs", format!("cluster/{cluster}"))];
    let tasks = || [site.arn("ecs", format!("task/{cluster}/*"))];
    let (functions, families) = match site.config.planner {
        Planner::Function => (vec![function(PLAN), function(PUBLISH)], vec![family(WORKER)]),
        Planner::Task => (vec![function(PUBLISH)], vec![family(WORKER), family(PLAN_TASK)]),
    };
    let mut statements = vec![
        // Versions: a run goes on with the one it was started with.
        allow("InvokeFunctions", ["lambda:InvokeFunction"]).on(functions),
        // Revisions: an update does not break the runs that are on their way.
        allow("RunTasks", ["ecs:RunTask"]).on(families).when("ArnEquals", "ecs:cluster", on_cluster()),
        allow("StopSilentWorkers", ["ecs:StopTask"]).on(tasks()).when("ArnEquals", "ecs:cluster", on_cluster()),
        allow("TagTasks", ["ecs:TagResource"]).on(tasks()).when(
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
    ];
    statements.extend(be_observed());
    statements.extend(use_key(site));
    statements
}

/// What logs and traces of a state machine take: none of it can be narrowed down to a resource.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html>
fn be_observed() -> [Statement; 2] {
    [
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
    ]
}

fn write_log<'a>(groups: impl IntoIterator<Item = &'a LogGroup>) -> Statement {
    allow("WriteLog", ["logs:CreateLogStream", "logs:PutLogEvents"]).on(groups.into_iter().map(LogGroup::streams))
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
