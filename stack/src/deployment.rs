//! The place of a deployment, and the names of its resources.

use std::collections::HashMap;

use pulumi_gestalt_grpc_connection::{Options, set_options};
use pulumi_gestalt_rust::{Context, Output, pulumi_combine};
use sluice_aws::functions::{get_caller_identity, get_partition, get_region};

use crate::config::Config;

/// An account in a region, in a partition of AWS.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) partition: String,
    pub(crate) region: String,
    pub(crate) account: String,
}

impl Place {
    /// Returns the ARN of a resource here, which may not exist yet.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition, self.region, self.account)
    }
}

/// The deployment: its place, its name and its settings.
pub(crate) struct Deployment<'a> {
    pub(crate) ctx: &'a Context,
    pub(crate) config: &'a Config,
    pub(crate) place: Output<Place>,
}

impl<'a> Deployment<'a> {
    pub(crate) fn new(ctx: &'a Context, config: &'a Config) -> Self {
        let partition = get_partition::invoke(ctx, get_partition::GetPartitionArgs::builder().build_struct()).partition;
        let region = get_region::invoke(ctx, get_region::GetRegionArgs::builder().build_struct()).region;
        let identity = get_caller_identity::GetCallerIdentityArgs::builder().build_struct();
        let account = get_caller_identity::invoke(ctx, identity).account_id;
        let place = pulumi_combine!(partition, region, account).map(|(partition, region, account)| Place {
            partition,
            region,
            account,
        });
        Self { ctx, config, place }
    }

    /// The name of a resource in AWS.
    pub(crate) fn named(&self, what: &str) -> String {
        format!("{}-{what}", self.config.name)
    }

    /// Returns the ARN of a resource here, which may not exist yet: so a role can name resources that are created
    /// after it.
    pub(crate) fn arn(&self, service: &'static str, resource: impl Into<String>) -> Output<String> {
        let resource = resource.into();
        self.place.map(move |place| place.arn(service, &resource))
    }

    pub(crate) fn region(&self) -> Output<String> {
        self.place.map(|place| place.region)
    }

    pub(crate) fn account(&self) -> Output<String> {
        self.place.map(|place| place.account)
    }

    /// The tags of all resources.
    pub(crate) fn tags(&self) -> HashMap<String, String> {
        self.config.tags.clone().into_iter().collect()
    }

    /// Makes the resource with this logical name depend on these, of which it uses no value.
    pub(crate) fn after<const N: usize>(&self, name: &str, urns: [&Output<String>; N]) {
        set_options(name, Options { depends_on: urns.map(Clone::clone).to_vec(), ..Options::default() });
    }

    /// Makes an update leave a property of the resource with this logical name as it is.
    pub(crate) fn ignore_changes(&self, name: &str, property: &str) {
        set_options(name, Options { ignore_changes: vec![property.to_owned()], ..Options::default() });
    }

    /// Makes the resource with this logical name depend on these, and keeps it when the stack is destroyed,
    /// unless the configuration says that data need not be protected.
    pub(crate) fn keep<const N: usize>(&self, name: &str, urns: [&Output<String>; N]) {
        let retain_on_delete = self.config.protect_data.then_some(true);
        let depends_on = urns.map(Clone::clone).to_vec();
        set_options(name, Options { depends_on, retain_on_delete, ..Options::default() });
    }
}

/// Returns the values of all outputs, in this order.
pub(crate) fn all<T: Clone + Send + Sync + 'static>(outputs: impl IntoIterator<Item = Output<T>>) -> Output<Vec<T>> {
    outputs.into_iter().fold(Output::new(Vec::new()), |all, one| {
        pulumi_combine!(all, one).map(|(mut all, one)| {
            all.push(one);
            all
        })
    })
}
