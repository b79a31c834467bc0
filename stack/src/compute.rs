//! The cluster, and the tasks that run on it: the worker, and the planner if it is a task.

use pulumi_gestalt_rust::{Output, pulumi_combine};
use serde_json::json;
use sluice_aws::ecs::cluster::{self, ClusterArgs};
use sluice_aws::ecs::cluster_capacity_providers::{self, ClusterCapacityProvidersArgs};
use sluice_aws::ecs::task_definition::{self, TaskDefinitionArgs};
use sluice_aws::types::ecs::{
    ClusterCapacityProvidersDefaultCapacityProviderStrategy as Strategy, ClusterSetting,
    TaskDefinitionEphemeralStorage, TaskDefinitionRuntimePlatform, TaskDefinitionVolume,
};

use crate::buckets::Buckets;
use crate::config::Planner;
use crate::deployment::Deployment;
use crate::environment::{self, Variables};
use crate::logs::{LogGroup, Logs};
use crate::names::{CLUSTER, CONTAINER, PLAN_TASK, WORKER};
use crate::roles::{Role, Roles};

/// The one user of the image, `nobody`.
const USER: &str = "65532:65532";
/// Seconds that a container has to stop: Fargate announces the end of a Spot task two minutes ahead.
const STOP_SECONDS: u32 = 120;
/// The volume for temporary files, such as the keys of files that do not fit in memory.
const SCRATCH: &str = "scratch";
/// Where the volume is mounted. The image declares this very path as a `VOLUME`, so that [`USER`], who owns it, becomes the owner of
/// the volume, which would otherwise belong to root. The binary puts temporary files here unless `TMPDIR` names another folder.
const SCRATCH_PATH: &str = "/tmp";

/// The cluster of the tasks, and their definitions.
pub(crate) struct Compute {
    pub(crate) cluster: Output<String>,
    /// The task that checks files.
    pub(crate) worker: Output<String>,
    /// The task that plans; `None` if a function does.
    pub(crate) planner: Option<Output<String>>,
    /// The capacity providers of the cluster, on which resources that start tasks depend.
    pub(crate) capacity: Output<String>,
}

/// The parts of a task definition.
struct Task<'a> {
    logical: &'static str,
    family: &'static str,
    /// The subcommand of the binary.
    command: &'static str,
    role: &'a Role,
    logs: &'a LogGroup,
    environment: Output<Variables>,
}

impl Compute {
    pub(crate) fn create(deployment: &Deployment<'_>, buckets: &Buckets, logs: &Logs, roles: &Roles) -> Self {
        // Container Insights costs money for every task and minute, so it is off unless the setting asks for it.
        let watched = if deployment.config.container_insights { "enabled" } else { "disabled" };
        let insights = ClusterSetting::builder().name("containerInsights".to_owned()).value(watched.to_owned());
        let made = ClusterArgs::builder()
            .name(deployment.named(CLUSTER))
            .settings(vec![insights.build_struct()])
            .tags(deployment.tags());
        let cluster = cluster::create(deployment.ctx, "cluster", made.build_struct());
        let strategy = Strategy::builder().capacity_provider("FARGATE".to_owned()).weight(1).build_struct();
        let providers = ClusterCapacityProvidersArgs::builder()
            .cluster_name(cluster.name)
            .capacity_providers(["FARGATE", "FARGATE_SPOT"])
            .default_capacity_provider_strategies(vec![strategy]);
        let capacity =
            cluster_capacity_providers::create(deployment.ctx, "capacity-providers", providers.build_struct()).urn;

        let worker = Task {
            logical: "task-definition",
            family: WORKER,
            command: "worker",
            role: &roles.worker,
            logs: &logs.worker,
            environment: environment::common(deployment, buckets),
        };
        let planner = || Task {
            logical: "plan-task-definition",
            family: PLAN_TASK,
            command: "plan-task",
            role: &roles.plan,
            logs: &logs.plan,
            environment: environment::planning(deployment, buckets),
        };
        Self {
            cluster: cluster.arn,
            worker: worker.create(deployment, roles),
            planner: (deployment.config.planner == Planner::Task).then(|| planner().create(deployment, roles)),
            capacity,
        }
    }
}

impl Task<'_> {
    fn create(self, deployment: &Deployment<'_>, roles: &Roles) -> Output<String> {
        let platform = TaskDefinitionRuntimePlatform::builder()
            .operating_system_family("LINUX".to_owned())
            .cpu_architecture(deployment.config.architecture.of_fargate().to_owned());
        let storage = deployment
            .config
            .ephemeral_storage()
            .map(|gib| TaskDefinitionEphemeralStorage::builder().size_in_gib(gib).build_struct());
        let size = deployment.config.task_size();
        let made = TaskDefinitionArgs::builder()
            .family(deployment.named(self.family))
            .requires_compatibilities(["FARGATE"])
            .network_mode("awsvpc")
            .cpu(size.cpu.to_string())
            .memory(size.memory.to_string())
            .runtime_platform(platform.build_struct())
            .ephemeral_storage(Output::new(storage))
            // A volume without a file system of its own: on Fargate it is in the ephemeral storage of the task, encrypted, and
            // deleted with it.
            // <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html>
            .volumes(vec![TaskDefinitionVolume::builder().name(SCRATCH.to_owned()).build_struct()])
            .execution_role_arn(roles.execution.arn.clone())
            .task_role_arn(self.role.arn.clone())
            .container_definitions(containers(deployment, self.command, self.environment, self.logs))
            // Runs that are under way continue with the revision with which they were started.
            .skip_destroy(true)
            .tags(deployment.tags());
        deployment.after(self.logical, [&roles.execution.policy, &self.role.policy]);
        task_definition::create(deployment.ctx, self.logical, made.build_struct()).arn
    }
}

/// Returns the definition of the task's one container as JSON. The container has no limits of its own, so that it can use all of
/// a task that is started larger than its definition says.
fn containers(
    deployment: &Deployment<'_>,
    command: &'static str,
    environment: Output<Variables>,
    logs: &LogGroup,
) -> Output<String> {
    let image = deployment.config.image.uri.clone();
    pulumi_combine!(environment, logs.ready.clone(), deployment.region()).map(
        move |(environment, log_group, region)| {
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
                "mountPoints": [{ "sourceVolume": SCRATCH, "containerPath": SCRATCH_PATH, "readOnly": false }],
                "linuxParameters": { "capabilities": { "drop": ["ALL"] } },
                "stopTimeout": STOP_SECONDS,
                "environment": environment,
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {
                        "awslogs-group": log_group,
                        "awslogs-region": region,
                        "awslogs-stream-prefix": "task",
                        // A log that cannot be written must not delay the check; the results are in the ledger too.
                        "mode": "non-blocking",
                        "max-buffer-size": "8m",
                    },
                },
            }])
            .to_string()
        },
    )
}
