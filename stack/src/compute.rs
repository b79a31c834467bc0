//! The cluster, and the tasks that run on it: the one that checks files, and the planner where that is a task.

use pulumi_gestalt_rust::{Output, pulumi_combine};
use serde_json::json;
use sluice_aws::ecs::cluster::{self, ClusterArgs};
use sluice_aws::ecs::cluster_capacity_providers::{self, ClusterCapacityProvidersArgs};
use sluice_aws::ecs::task_definition::{self, TaskDefinitionArgs};
use sluice_aws::types::ecs::{
    ClusterCapacityProvidersDefaultCapacityProviderStrategy as Strategy, ClusterSetting,
    TaskDefinitionEphemeralStorage, TaskDefinitionRuntimePlatform,
};

use crate::buckets::{Bucket, Buckets};
use crate::config::Planner;
use crate::logs::{LogGroup, Logs};
use crate::roles::{Role, Roles};
use crate::site::Site;

/// What the cluster is called, behind the name of the stack.
pub(crate) const CLUSTER: &str = "cluster";
/// What the family of the workers' task definitions is called, behind the name of the stack.
pub(crate) const WORKER: &str = "worker";
/// What the family of the planner's is called.
pub(crate) const PLAN_TASK: &str = "plan-task";
/// The container in a task, of whichever family.
pub(crate) const CONTAINER: &str = "worker";
/// The image has one user, and it is nobody.
const USER: &str = "65532:65532";
/// Fargate takes a Spot task away two minutes after it has said so.
const STOP_SECONDS: u32 = 120;

/// What tasks are run on, and what is run.
pub(crate) struct Compute {
    pub(crate) cluster: Output<String>,
    /// The task that checks files.
    pub(crate) worker: Output<String>,
    /// The task that plans, if it is none of a function.
    pub(crate) planner: Option<Output<String>>,
    /// What lets the cluster use Fargate, for what starts tasks to be made after it.
    pub(crate) capacity: Output<String>,
}

/// A task definition in the making.
struct Task<'a> {
    logical: &'static str,
    family: &'static str,
    /// What the binary is to do.
    command: &'static str,
    role: &'a Role,
    logs: &'a LogGroup,
    environment: Output<Variables>,
}

impl Compute {
    pub(crate) fn create(site: &Site<'_>, buckets: &Buckets, logs: &Logs, roles: &Roles) -> Self {
        // Container Insights costs for every task and minute; who wants it asks for it.
        let watched = if site.config.container_insights { "enabled" } else { "disabled" };
        let insights = ClusterSetting::builder().name("containerInsights".to_owned()).value(watched.to_owned());
        let made =
            ClusterArgs::builder().name(site.named(CLUSTER)).settings(vec![insights.build_struct()]).tags(site.tags());
        let cluster = cluster::create(site.ctx, "cluster", made.build_struct());
        let strategy = Strategy::builder().capacity_provider("FARGATE".to_owned()).weight(1).build_struct();
        let providers = ClusterCapacityProvidersArgs::builder()
            .cluster_name(cluster.name)
            .capacity_providers(["FARGATE", "FARGATE_SPOT"])
            .default_capacity_provider_strategies(vec![strategy]);
        let capacity = cluster_capacity_providers::create(site.ctx, "capacity-providers", providers.build_struct()).urn;

        let worker = Task {
            logical: "task-definition",
            family: WORKER,
            command: "worker",
            role: &roles.worker,
            logs: &logs.worker,
            environment: environment(site, buckets),
        };
        let planner = || Task {
            logical: "plan-task-definition",
            family: PLAN_TASK,
            command: "plan-task",
            role: &roles.plan,
            logs: &logs.plan,
            environment: planning(site, buckets),
        };
        Self {
            cluster: cluster.arn,
            worker: worker.create(site, roles),
            planner: (site.config.planner == Planner::Task).then(|| planner().create(site, roles)),
            capacity,
        }
    }
}

impl Task<'_> {
    fn create(self, site: &Site<'_>, roles: &Roles) -> Output<String> {
        let platform = TaskDefinitionRuntimePlatform::builder()
            .operating_system_family("LINUX".to_owned())
            .cpu_architecture(site.config.architecture.of_fargate().to_owned());
        let storage = site
            .config
            .ephemeral_storage()
            .map(|gib| TaskDefinitionEphemeralStorage::builder().size_in_gib(gib).build_struct());
        let size = site.config.task_size();
        let made = TaskDefinitionArgs::builder()
            .family(site.named(self.family))
            .requires_compatibilities(["FARGATE"])
            .network_mode("awsvpc")
            .cpu(size.cpu.to_string())
            .memory(size.memory.to_string())
            .runtime_platform(platform.build_struct())
            .ephemeral_storage(Output::new(storage))
            .execution_role_arn(roles.execution.arn.clone())
            .task_role_arn(self.role.arn.clone())
            .container_definitions(containers(site, self.command, self.environment, self.logs))
            // A run that is on its way goes on with the revision it was started with.
            .skip_destroy(true)
            .tags(site.tags());
        site.after(self.logical, [&roles.execution.policy, &self.role.policy]);
        task_definition::create(site.ctx, self.logical, made.build_struct()).arn
    }
}

/// The one container of a task. It has no limits of its own, so that it gets all of a task that is started larger than its
/// definition says.
fn containers(
    site: &Site<'_>,
    command: &'static str,
    environment: Output<Variables>,
    logs: &LogGroup,
) -> Output<String> {
    let image = site.config.image.uri.clone();
    pulumi_combine!(environment, logs.ready.clone(), site.region()).map(move |(environment, log_group, region)| {
        let environment: Vec<_> =
            environment.into_iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        json!([{
            "name": CONTAINER,
            "image": image,
            "command": [command],
            "essential": true,
            "user": USER,
            "privileged": false,
            "readonlyRootFilesystem": true,
            "linuxParameters": { "capabilities": { "drop": ["ALL"] } },
            "stopTimeout": STOP_SECONDS,
            "environment": environment,
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": log_group,
                    "awslogs-region": region,
                    "awslogs-stream-prefix": "task",
                    // A log that cannot be written does not hold up the check; what counts is in the ledger too.
                    "mode": "non-blocking",
                    "max-buffer-size": "8m",
                },
            },
        }])
        .to_string()
    })
}

/// Names and values of an environment.
pub(crate) type Variables = Vec<(String, String)>;

/// What worker and functions alike are told. Without a clean bucket they are told of none, and write reports only.
pub(crate) fn environment(site: &Site<'_>, buckets: &Buckets) -> Output<Variables> {
    let url = |bucket: &Bucket| bucket.name.map(|name| Some(format!("s3://{name}")));
    let source = url(&buckets.source);
    let clean = buckets.clean.as_ref().map_or_else(|| Output::new(None), url);
    let own = own_name(site);
    pulumi_combine!(source, clean).map(move |(source, clean)| {
        let buckets = [("SLUICE_SOURCE", source), ("SLUICE_CLEAN", clean)];
        let buckets = buckets.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        buckets.chain(own.clone()).collect()
    })
}

/// What whoever writes logs and metrics is told.
pub(crate) fn own_name(site: &Site<'_>) -> Variables {
    let config = site.config;
    let own = [
        ("SLUICE_LOG", "info"),
        ("SLUICE_STACK", &config.name),
        ("SLUICE_METRICS", config.metrics.word()),
        ("SLUICE_LOG_STATISTICS", config.log_statistics.word()),
    ];
    own.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

/// What a planner is told besides: how large tasks are, and what sizes there are.
pub(crate) fn planning(site: &Site<'_>, buckets: &Buckets) -> Output<Variables> {
    let config = site.config;
    let sizes: Vec<_> = config.task_sizes.iter().map(|size| format!("{}:{}", size.cpu, size.memory)).collect();
    let limits = [
        ("SLUICE_TASK_BYTES", config.task_bytes.to_string()),
        ("SLUICE_TASK_FILES", config.task_files.to_string()),
        ("SLUICE_TASK_SIZES", sizes.join(",")),
    ];
    let limits = limits.map(|(name, value)| (name.to_owned(), value));
    environment(site, buckets).map(move |common| common.into_iter().chain(limits.clone()).collect())
}
