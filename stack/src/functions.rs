//! The functions: `plan` finds new files and makes tasks of them, `publish` merges and announces the results, `stopped`
//! handles tasks that stopped. They are the worker's image with another command. A fourth, which starts runs when files
//! arrive, is in `arrival`, beside the queue that calls it.

use std::collections::HashMap;

use pulumi_gestalt_rust::Output;
use sluice_aws::lambda::function::{self, FunctionArgs};
use sluice_aws::types::lambda::{
    FunctionEnvironment, FunctionImageConfig, FunctionLoggingConfig, FunctionTracingConfig,
};
use statemachine::pipeline::environment as variable;

use crate::buckets::Buckets;
use crate::config::Planner;
use crate::deployment::Deployment;
use crate::environment::{self, Variables};
use crate::logs::{LogGroup, Logs};
use crate::names::{EVENT_BUS, PLAN, PUBLISH, STOPPED};
use crate::roles::{Role, Roles};

/// The memory with which a function has a whole core.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>
const MEMORY_OF_A_CORE_MIB: i32 = 1769;
/// The longest timeout that Lambda allows: listing millions of keys takes minutes.
const LONGEST_SECONDS: i32 = 900;
/// Memory that is enough for a function that makes one or two calls.
const SMALL_MIB: i32 = 256;

/// A function.
pub(crate) struct Function {
    /// Name of the function.
    pub(crate) name: Output<String>,
    /// ARN of the function, without a version.
    pub(crate) arn: Output<String>,
    /// ARN of the version that this deployment publishes.
    pub(crate) version: Output<String>,
}

/// The functions of the pipeline.
pub(crate) struct Functions {
    /// `None` if a task plans.
    pub(crate) plan: Option<Function>,
    pub(crate) publish: Function,
    pub(crate) stopped: Function,
}

/// The parts of a function.
pub(crate) struct FunctionSpec<'a> {
    pub(crate) what: &'static str,
    pub(crate) about: &'static str,
    pub(crate) role: &'a Role,
    pub(crate) logs: &'a LogGroup,
    pub(crate) memory_mib: i32,
    pub(crate) seconds: i32,
    pub(crate) environment: Output<Variables>,
}

impl Functions {
    pub(crate) fn create(deployment: &Deployment<'_>, buckets: &Buckets, logs: &Logs, roles: &Roles) -> Self {
        let large = |what, about, role, logs, environment| FunctionSpec {
            what,
            about,
            role,
            logs,
            memory_mib: MEMORY_OF_A_CORE_MIB,
            seconds: LONGEST_SECONDS,
            environment,
        };
        let plan =
            || large(PLAN, "finds new files", &roles.plan, &logs.plan, environment::planning(deployment, buckets));
        let publishing = publishing(deployment, buckets);
        let publish = large(PUBLISH, "merges and announces results", &roles.publish, &logs.publish, publishing);
        Self {
            plan: (deployment.config.planner == Planner::Function).then(|| plan().create(deployment)),
            publish: publish.create(deployment),
            stopped: FunctionSpec::small(
                deployment,
                STOPPED,
                "tells the state machine that a task stopped",
                &roles.stopped,
                &logs.stopped,
            )
            .create(deployment),
        }
    }
}

fn publishing(deployment: &Deployment<'_>, buckets: &Buckets) -> Output<Variables> {
    let config = deployment.config;
    let events = [
        (variable::EVENT_BUS, EVENT_BUS),
        (variable::EVENT_SOURCE, &config.event_source),
        (variable::EVENT_DETAIL_TYPE, &config.event_detail_type),
    ];
    let events = events.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let pages = [(variable::REPORT_PAGES.to_owned(), config.report_pages.to_string())];
    let told = [&events[..], &pages[..]].concat();
    environment::common(deployment, buckets).map(move |common| common.into_iter().chain(told.clone()).collect())
}

impl<'a> FunctionSpec<'a> {
    /// A function that makes a few calls, none of them to S3.
    pub(crate) fn small(
        deployment: &Deployment<'_>,
        what: &'static str,
        about: &'static str,
        role: &'a Role,
        logs: &'a LogGroup,
    ) -> Self {
        let environment = Output::new(environment::own_name(deployment));
        Self { what, about, role, logs, memory_mib: SMALL_MIB, seconds: 30, environment }
    }

    pub(crate) fn create(self, deployment: &Deployment<'_>) -> Function {
        let what = self.what;
        let environment = self.environment.map(move |variables| {
            let which = (variable::FUNCTION.to_owned(), what.to_owned());
            let variables: HashMap<_, _> = variables.into_iter().chain([which]).collect();
            FunctionEnvironment::builder().variables(variables).build_struct()
        });
        let command = FunctionImageConfig::builder().commands(vec!["lambda".to_owned()]).build_struct();
        let log = self.logs.ready.map(|group| {
            FunctionLoggingConfig::builder().log_format("Text".to_owned()).log_group(group).build_struct()
        });
        let made = FunctionArgs::builder()
            .name(deployment.named(what))
            .description(format!("Sluice: {}", self.about))
            .package_type("Image")
            .image_uri(deployment.config.image.uri.clone())
            .image_config(command)
            .architectures([deployment.config.architecture.of_lambda()])
            .role(self.role.arn.clone())
            .memory_size(self.memory_mib)
            .timeout(self.seconds)
            .environment(environment)
            .kms_key_arn(Output::new(deployment.config.kms_key.clone()))
            .logging_config(log)
            .tracing_config(FunctionTracingConfig::builder().mode("Active".to_owned()).build_struct())
            // Runs that are under way continue with the version with which they were started.
            .publish(true)
            .tags(deployment.tags());
        deployment.after(what, [&self.role.policy]);
        let made = function::create(deployment.ctx, what, made.build_struct());
        Function { name: made.name, arn: made.arn, version: made.qualified_arn }
    }
}
