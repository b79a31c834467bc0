//! The two functions: one finds what is new and makes tasks of it, the other merges and announces the results. They are
//! the worker's image with another command.

use std::collections::HashMap;

use pulumi_gestalt_rust::Output;
use sluice_aws::lambda::function::{self, FunctionArgs};
use sluice_aws::types::lambda::{
    FunctionEnvironment, FunctionImageConfig, FunctionLoggingConfig, FunctionTracingConfig,
};

use crate::buckets::Buckets;
use crate::compute::environment;
use crate::logs::{LogGroup, Logs};
use crate::machine::EVENT_BUS;
use crate::roles::{Role, Roles};
use crate::site::Site;

/// What the function that plans is called, behind the name of the stack.
pub(crate) const PLAN: &str = "plan";
/// What the function that publishes is called, behind the name of the stack.
pub(crate) const PUBLISH: &str = "publish";
const MEMORY_MIB: i32 = 512;
/// As long as Lambda allows: listing millions of keys takes minutes.
const TIMEOUT_SECONDS: i32 = 900;

/// A function.
pub(crate) struct Function {
    /// What it is called.
    pub(crate) name: Output<String>,
    /// The ARN of this very version of it.
    pub(crate) version: Output<String>,
}

/// The functions of the pipeline.
pub(crate) struct Functions {
    pub(crate) plan: Function,
    pub(crate) publish: Function,
}

impl Functions {
    pub(crate) fn create(site: &Site<'_>, buckets: &Buckets, logs: &Logs, roles: &Roles) -> Self {
        let config = site.config;
        let size = [("SLUICE_TASK_BYTES", config.task_bytes), ("SLUICE_TASK_FILES", config.task_files)];
        let size = size.map(|(name, value)| (name.to_owned(), value.to_string())).to_vec();
        let bus = vec![("SLUICE_EVENT_BUS".to_owned(), EVENT_BUS.to_owned())];
        Self {
            plan: Function::create(site, PLAN, "Finds new files", &roles.plan, &logs.plan, buckets, size),
            publish: Function::create(
                site,
                PUBLISH,
                "Merges and announces results",
                &roles.publish,
                &logs.publish,
                buckets,
                bus,
            ),
        }
    }
}

impl Function {
    fn create(
        site: &Site<'_>,
        what: &'static str,
        about: &str,
        role: &Role,
        logs: &LogGroup,
        buckets: &Buckets,
        settings: Vec<(String, String)>,
    ) -> Self {
        let environment = environment(buckets).map(move |common| {
            let which = ("SLUICE_FUNCTION".to_owned(), what.to_owned());
            let variables: HashMap<_, _> = common.into_iter().chain(settings.clone()).chain([which]).collect();
            FunctionEnvironment::builder().variables(variables).build_struct()
        });
        let command = FunctionImageConfig::builder().commands(vec!["lambda".to_owned()]).build_struct();
        let log = logs.ready.map(|group| {
            FunctionLoggingConfig::builder().log_format("Text".to_owned()).log_group(group).build_struct()
        });
        let made = FunctionArgs::builder()
            .name(site.named(what))
            .description(format!("Sluice: {}", about.to_lowercase()))
            .package_type("Image")
            .image_uri(site.config.image.uri.clone())
            .image_config(command)
            .architectures([site.config.architecture.of_lambda()])
            .role(role.arn.clone())
            .memory_size(MEMORY_MIB)
            .timeout(TIMEOUT_SECONDS)
            .environment(environment)
            .kms_key_arn(Output::new(site.config.kms_key.clone()))
            .logging_config(log)
            .tracing_config(FunctionTracingConfig::builder().mode("Active".to_owned()).build_struct())
            // A run that is on its way goes on with the version it was started with.
            .publish(true)
            .tags(site.tags());
        site.after(what, [&role.policy]);
        let made = function::create(site.ctx, what, made.build_struct());
        Self { name: made.name, version: made.qualified_arn }
    }
}
