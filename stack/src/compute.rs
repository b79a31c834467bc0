//! The cluster, and the task that checks files.

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
use crate::logs::Logs;
use crate::roles::Roles;
use crate::site::Site;

/// What the cluster is called, behind the name of the stack.
pub(crate) const CLUSTER: &str = "cluster";
/// What the family of task definitions is called, behind the name of the stack.
pub(crate) const TASK_FAMILY: &str = "worker";
/// The container in a task.
pub(crate) const CONTAINER: &str = "worker";
/// The image has one user, and it is nobody.
const USER: &str = "65532:65532";
/// Fargate takes a Spot task away two minutes after it has said so.
const STOP_SECONDS: u32 = 120;

/// What a task is run on, and what is run.
pub(crate) struct Compute {
    pub(crate) cluster: Output<String>,
    pub(crate) task_definition: Output<String>,
    /// What lets the cluster use Fargate, for what starts tasks to be made after it.
    pub(crate) capacity: Output<String>,
}

impl Compute {
    pub(crate) fn create(site: &Site<'_>, buckets: &Buckets, logs: &Logs, roles: &Roles) -> Self {
        let insights = ClusterSetting::builder().name("containerInsights".to_owned()).value("enabled".to_owned());
        let made =
            ClusterArgs::builder().name(site.named(CLUSTER)).settings(vec![insights.build_struct()]).tags(site.tags());
        let cluster = cluster::create(site.ctx, "cluster", made.build_struct());
        let strategy = Strategy::builder().capacity_provider("FARGATE".to_owned()).weight(1).build_struct();
        let providers = ClusterCapacityProvidersArgs::builder()
            .cluster_name(cluster.name)
            .capacity_providers(["FARGATE", "FARGATE_SPOT"])
            .default_capacity_provider_strategies(vec![strategy]);
        let capacity = cluster_capacity_providers::create(site.ctx, "capacity-providers", providers.build_struct()).urn;

        let platform = TaskDefinitionRuntimePlatform::builder()
            .operating_system_family("LINUX".to_owned())
            .cpu_architecture(site.config.architecture.of_fargate().to_owned());
        let storage = site
            .config
            .ephemeral_storage()
            .map(|gib| TaskDefinitionEphemeralStorage::builder().size_in_gib(gib).build_struct());
        let made = TaskDefinitionArgs::builder()
            .family(site.named(TASK_FAMILY))
            .requires_compatibilities(["FARGATE"])
            .network_mode("awsvpc")
            .cpu(site.config.cpu.to_string())
            .memory(site.config.memory.to_string())
            .runtime_platform(platform.build_struct())
            .ephemeral_storage(Output::new(storage))
            .execution_role_arn(roles.execution.arn.clone())
            .task_role_arn(roles.worker.arn.clone())
            .container_definitions(containers(site, buckets, logs))
            // A run that is on its way goes on with the revision it was started with.
            .skip_destroy(true)
            .tags(site.tags());
        site.after("task-definition", [&roles.execution.policy, &roles.worker.policy]);
        let task_definition = task_definition::create(site.ctx, "task-definition", made.build_struct()).arn;
        Self { cluster: cluster.arn, task_definition, capacity }
    }
}

fn containers(site: &Site<'_>, buckets: &Buckets, logs: &Logs) -> Output<String> {
    let image = site.config.image.uri.clone();
    pulumi_combine!(environment(buckets), logs.worker.ready.clone(), site.region()).map(
        move |(environment, log_group, region)| {
            let environment: Vec<_> =
                environment.into_iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
            json!([{
                "name": CONTAINER,
                "image": image,
                "command": ["worker"],
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
        },
    )
}

/// What worker and functions alike are told.
pub(crate) fn environment(buckets: &Buckets) -> Output<Vec<(String, String)>> {
    let url = |bucket: &Bucket| bucket.name.map(|name| Some(format!("s3://{name}")));
    let source = url(&buckets.source);
    let clean = buckets.clean.as_ref().map_or_else(|| Output::new(None), url);
    pulumi_combine!(source, clean).map(|(source, clean)| {
        [("SLUICE_SOURCE", source), ("SLUICE_CLEAN", clean), ("SLUICE_LOG", Some("info".to_owned()))]
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    })
}
