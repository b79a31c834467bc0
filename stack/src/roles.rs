//! The roles, and what each may do. Every role has one policy; every statement has a name, and the tests hold the reason
//! for each resource that is a pattern.

use pulumi_gestalt_rust::Output;
use sluice_aws::iam::role::{self, RoleArgs};
use sluice_aws::iam::role_policy::{self, RolePolicyArgs};

use crate::buckets::Buckets;
use crate::config::Planner;
use crate::deployment::Deployment;
use crate::logs::{LogGroup, Logs};
use crate::names::{CLUSTER, EVENT_BUS, MACHINE, MAP_LABEL, PLAN, PLAN_TASK, PUBLISH, STOPPED, WORKER};
use crate::policy::{Statement, allow, document, trust};

/// A role.
pub(crate) struct Role {
    pub(crate) arn: Output<String>,
    /// The URN of the role's policy, on which later resources depend.
    pub(crate) policy: Output<String>,
}

impl Role {
    /// Creates a role with these permissions; `trust` is the policy that says who may take it.
    pub(crate) fn create(
        deployment: &Deployment<'_>,
        what: &str,
        about: &str,
        trust: Output<String>,
        statements: impl IntoIterator<Item = Statement>,
    ) -> Self {
        let made = RoleArgs::builder()
            .name(deployment.named(what))
            .description(format!("Sluice: {about}"))
            .assume_role_policy(trust)
            .tags(deployment.tags());
        let made = role::create(deployment.ctx, &format!("{what}-role"), made.build_struct());
        let policy = RolePolicyArgs::builder().name(what).role(made.name).policy(document(statements));
        let policy = role_policy::create(deployment.ctx, &format!("{what}-policy"), policy.build_struct()).urn;
        Self { arn: made.arn, policy }
    }
}

/// The roles of the pipeline. The roles of the schedule, the arrivals and the network log are beside their resources.
pub(crate) struct Roles {
    /// Starts containers: pulls the image, opens the log.
    pub(crate) execution: Role,
    /// Checks files.
    pub(crate) worker: Role,
    /// Finds new files; taken by a function or by a task.
    pub(crate) plan: Role,
    /// Merges and announces results.
    pub(crate) publish: Role,
    /// Handles tasks that stopped.
    pub(crate) stopped: Role,
    /// Runs the state machine.
    pub(crate) machine: Role,
}

impl Roles {
    pub(crate) fn create(deployment: &Deployment<'_>, buckets: &Buckets, logs: &Logs) -> Self {
        // <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html>
        let tasks = || trust(deployment, "ecs-tasks.amazonaws.com", Some(vec![deployment.arn("ecs", "*")]));
        // The documentation names state machines of the account here. It does not say which ARN Step Functions passes for
        // the child executions of a Map, which have another name.
        // <https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html>
        let by_states =
            trust(deployment, "states.amazonaws.com", Some(vec![deployment.arn("states", "stateMachine:*")]));

        let by_task = deployment.config.planner == Planner::Task;
        let mut logged = vec![&logs.worker];
        logged.extend(by_task.then_some(&logs.plan));
        let execution = execution_policy(deployment, &logged);
        let execution = Role::create(deployment, "execution", "starts the containers of tasks", tasks(), execution);
        let worker = Role::create(deployment, WORKER, "checks files", tasks(), worker_policy(deployment, buckets));
        let mut passed = vec![execution.arn.clone(), worker.arn.clone()];
        let plan = if by_task {
            let may = plan_policy(deployment, buckets).into_iter().chain([answer([machine_arn(deployment)])]);
            let role = Role::create(deployment, PLAN_TASK, "finds new files", tasks(), may);
            passed.push(role.arn.clone());
            role
        } else {
            let may = plan_policy(deployment, buckets).into_iter().chain(of_function(&logs.plan));
            Role::create(deployment, PLAN, "finds new files", by_lambda(deployment), may)
        };
        let publish = publish_policy(deployment, buckets).into_iter().chain(of_function(&logs.publish));
        let stopped = std::iter::once(report_stopped_tasks(deployment)).chain(of_function(&logs.stopped));
        let machine = machine_policy(deployment, buckets, passed);
        Self {
            execution,
            worker,
            plan,
            publish: Role::create(deployment, PUBLISH, "merges and announces results", by_lambda(deployment), publish),
            stopped: Role::create(
                deployment,
                STOPPED,
                "tells the state machine that a task stopped",
                by_lambda(deployment),
                stopped,
            ),
            machine: Role::create(deployment, MACHINE, "runs the state machine", by_states, machine),
        }
    }

    /// The ARNs of the roles that write the pipeline's own records.
    pub(crate) fn writers(&self) -> [Output<String>; 4] {
        [&self.worker, &self.plan, &self.publish, &self.machine].map(|role| role.arn.clone())
    }
}

/// The trust policy of a function's role. Lambda does not say for which function it takes a role.
pub(crate) fn by_lambda(deployment: &Deployment<'_>) -> Output<String> {
    trust(deployment, "lambda.amazonaws.com", None)
}

/// What every function may do: write its log and its traces.
pub(crate) fn of_function(logs: &LogGroup) -> [Statement; 2] {
    [write_log([logs]), allow("Trace", ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]).on_all()]
}

fn execution_policy(deployment: &Deployment<'_>, logs: &[&LogGroup]) -> Vec<Statement> {
    let image = &deployment.config.image;
    let (region, account, repository) = (image.region.clone(), image.account.clone(), image.repository.clone());
    let repository = deployment
        .place
        .map(move |place| format!("arn:{}:ecr:{region}:{account}:repository/{repository}", place.partition));
    vec![
        allow("LogIn", ["ecr:GetAuthorizationToken"]).on_all(),
        allow("PullImage", ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"])
            .on([repository]),
        write_log(logs.iter().copied()),
    ]
}

fn worker_policy(deployment: &Deployment<'_>, buckets: &Buckets) -> Vec<Statement> {
    let source = &buckets.source;
    let mut statements = vec![
        allow("ReadSource", ["s3:GetObject"]).on([source.objects("*")]),
        allow("WriteRecords", ["s3:PutObject", "s3:AbortMultipartUpload"])
            .on([source.objects("_sluice/ledger/*"), source.objects("_sluice/runs/*")]),
        // Without this permission, S3 answers "access denied" for a missing object. Also, files that are compared with
        // earlier ones (`sluice.file.last`) need a listing of the records of their prefix.
        allow("SeeWhatIsMissing", ["s3:ListBucket"]).on(buckets.each().map(|bucket| bucket.arn.clone())),
        answer(waiting_arns(deployment)),
    ];
    if let Some(clean) = &buckets.clean {
        let actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"];
        statements.push(allow("PublishClean", actions).on([clean.objects("*")]));
        if let Some(feedback) = &buckets.feedback {
            statements.push(allow("PublishFeedback", actions).on([feedback.objects("*")]));
        }
    }
    statements.extend(use_keys(deployment));
    statements
}

/// The ARN of the state machine, whose executions wait for an answer.
fn machine_arn(deployment: &Deployment<'_>) -> Output<String> {
    deployment.arn("states", format!("stateMachine:{}", deployment.named(MACHINE)))
}

/// The state machines whose executions wait for an answer: the machine itself, and that of the Map, whose ARN contains the Map's label. By which
/// of the two AWS judges an answer to an execution of the Map is documented nowhere, and a worker that is not allowed to answer causes a run that
/// never ends: so both are allowed.
fn waiting_arns(deployment: &Deployment<'_>) -> [Output<String>; 2] {
    let machine = machine_arn(deployment);
    [machine.map(|arn| format!("{arn}/*")), machine]
}

fn answer(on: impl IntoIterator<Item = Output<String>>) -> Statement {
    allow("Answer", ["states:SendTaskFailure", "states:SendTaskHeartbeat", "states:SendTaskSuccess"]).on(on)
}

/// Lets the function tell the waiting execution why its task stopped.
fn report_stopped_tasks(deployment: &Deployment<'_>) -> Statement {
    allow("HandOn", ["states:SendTaskFailure"]).on(waiting_arns(deployment))
}

fn plan_policy(deployment: &Deployment<'_>, buckets: &Buckets) -> Vec<Statement> {
    let source = &buckets.source;
    // The object `_sluice/planning` is the lock of the one planner that works at a time.
    let open = [source.objects("_sluice/open/*"), source.objects("_sluice/planning")];
    let mut statements = vec![
        allow("ListSource", ["s3:ListBucket"]).on([source.arn.clone()]),
        read_and_write_runs(buckets),
        allow("KeepOpenRuns", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]).on(open),
        see_runs(deployment),
    ];
    statements.extend(use_keys(deployment));
    statements
}

fn publish_policy(deployment: &Deployment<'_>, buckets: &Buckets) -> Vec<Statement> {
    let source = &buckets.source;
    let mut statements = vec![
        allow("SeeWhatIsMissing", ["s3:ListBucket"]).on([source.arn.clone()]),
        read_and_write_runs(buckets),
        // Pages show the records of the run's files, and the history of their prefixes, for which records are listed.
        // <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>
        allow("ReadRecords", ["s3:GetObject"]).on([source.objects("_sluice/ledger/*")]),
        allow("KeepOpenRuns", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"])
            .on([source.objects("_sluice/open/*")]),
        see_runs(deployment),
        announce(deployment),
    ];
    statements.extend(use_keys(deployment));
    statements
}

fn read_and_write_runs(buckets: &Buckets) -> Statement {
    allow("ReadAndWriteRuns", ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"])
        .on([buckets.source.objects("_sluice/runs/*")])
}

/// Lets a role see whether an open run is over.
fn see_runs(deployment: &Deployment<'_>) -> Statement {
    let executions = deployment.arn("states", format!("execution:{}:*", deployment.named(MACHINE)));
    allow("SeeRuns", ["states:DescribeExecution"]).on([executions])
}

fn machine_policy(deployment: &Deployment<'_>, buckets: &Buckets, passed: Vec<Output<String>>) -> Vec<Statement> {
    let source = &buckets.source;
    let machine = deployment.named(MACHINE);
    let function = |what: &str| deployment.arn("lambda", format!("function:{}:*", deployment.named(what)));
    let execution = |rest: &str| deployment.arn("states", format!("execution:{machine}{rest}"));
    let of_map = || execution(&format!("/{MAP_LABEL}:*"));
    let family = |what: &str| deployment.arn("ecs", format!("task-definition/{}:*", deployment.named(what)));
    let cluster = deployment.named(CLUSTER);
    let on_cluster = || [deployment.arn("ecs", format!("cluster/{cluster}"))];
    let tasks = || [deployment.arn("ecs", format!("task/{cluster}/*"))];
    let (functions, families) = match deployment.config.planner {
        Planner::Function => (vec![function(PLAN), function(PUBLISH)], vec![family(WORKER)]),
        Planner::Task => (vec![function(PUBLISH)], vec![family(WORKER), family(PLAN_TASK)]),
    };
    let mut statements = vec![
        // Versions: a run continues with the version with which it was started.
        allow("InvokeFunctions", ["lambda:InvokeFunction"]).on(functions),
        // Revisions: an update does not break runs that are under way.
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
        announce(deployment),
        allow(
            "ReadTasksAndWriteResults",
            ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
        )
        .on([source.objects("_sluice/runs/*")]),
        allow("StartMap", ["states:StartExecution"]).on([deployment.arn("states", format!("stateMachine:{machine}"))]),
        allow("WatchMap", ["states:DescribeExecution", "states:StopExecution"]).on([execution(":*"), of_map()]),
        allow("RedriveMap", ["states:RedriveExecution"]).on([of_map()]),
    ];
    statements.extend(be_observed());
    statements.extend(use_keys(deployment));
    statements
}

/// The permissions that logs and traces of a state machine need: none of them can be restricted to a resource.
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

fn announce(deployment: &Deployment<'_>) -> Statement {
    allow("Announce", ["events:PutEvents"]).on([deployment.arn("events", format!("event-bus/{EVENT_BUS}"))])
}

/// Lets a role use the buckets' keys, if they have some of their own, and only through S3: an object stays encrypted with the key with which it
/// was written, whatever the bucket's key is later
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/specifying-kms-encryption.html>).
fn use_keys(deployment: &Deployment<'_>) -> Vec<Statement> {
    let s3 = || deployment.region().map(|region| format!("s3.{region}.amazonaws.com"));
    let through_s3 = |statement: Statement| statement.when("StringEquals", "kms:ViaService", [s3()]);
    let present = deployment
        .config
        .kms_key
        .clone()
        .map(|key| through_s3(allow("UseKey", ["kms:Decrypt", "kms:GenerateDataKey"]).on([Output::new(key)])));
    let former = &deployment.config.former_kms_keys;
    let former = (!former.is_empty())
        .then(|| through_s3(allow("ReadWithFormerKeys", ["kms:Decrypt"]).on(former.iter().cloned().map(Output::new))));
    present.into_iter().chain(former).collect()
}
