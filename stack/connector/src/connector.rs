//! Registers resources, invocations and outputs: requests of the framework become calls to the engine.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::process;

use anyhow::Result;
use async_trait::async_trait;
use pulumi_gestalt_domain::connector::{
    PulumiConnector, RegisterOutputsRequest, RegisterResourceRequest, RegisterResourceResult, ResourceInvokeRequest,
    ResourceInvokeResult,
};
use pulumi_gestalt_domain::{FieldName, ResourceFields};
use pulumi_gestalt_model::{PulumiValue, PulumiValueContent};
use pulumi_gestalt_proto::pulumi::pulumirpc as rpc;
use rpc::engine_client::EngineClient;
use rpc::register_resource_request::PropertyDependencies;
use rpc::resource_monitor_client::ResourceMonitorClient;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

use crate::options::{self, Options};
use crate::value;

/// The largest message, as in every SDK of Pulumi: a resource may hold whole documents.
const MAX_MESSAGE_BYTES: usize = 400 << 20;

/// The exit status with which a program says that it failed, and that the engine knows why.
const EXIT_LOGGED_ERROR: i32 = 32;

/// The connection of a program to the engine that runs it.
#[derive(Debug)]
pub struct RealPulumiConnector {
    monitor: ResourceMonitorClient<Channel>,
    engine: EngineClient<Channel>,
    stack_urn: String,
    in_preview: bool,
}

impl RealPulumiConnector {
    /// Connects to the engine at `engine_address` and its resource monitor at `monitor_address` (each `host:port`), and
    /// registers the stack, parent of all resources.
    ///
    /// # Errors
    /// None: the framework prescribes this signature, and would panic on an error. Without an engine the program exits
    /// here.
    pub async fn new(
        monitor_address: String,
        engine_address: String,
        project: String,
        stack: String,
        in_preview: bool,
    ) -> Result<Self> {
        let engine = EngineClient::new(reach(&engine_address).await);
        let monitor = ResourceMonitorClient::new(reach(&monitor_address).await)
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
            .max_encoding_message_size(MAX_MESSAGE_BYTES);
        let mut connector = Self { monitor, engine, stack_urn: String::new(), in_preview };

        let r#type = "pulumi:pulumi:Stack".to_owned();
        let request = rpc::RegisterResourceRequest { r#type, name: format!("{project}-{stack}"), ..Default::default() };
        connector.stack_urn = match connector.monitor.clone().register_resource(request).await {
            Ok(response) => response.into_inner().urn,
            Err(status) => connector.fail("the stack", &status).await,
        };
        Ok(connector)
    }

    /// Exits the program because `what` failed. The framework has no way to return an error.
    async fn fail(&self, what: &str, status: &Status) -> ! {
        // When a resource fails, the engine tells the user itself and closes the connection to the program.
        if !matches!(status.code(), Code::Unavailable | Code::Cancelled) {
            self.log_error(format!("{what}: {}", status.message())).await;
        }
        process::exit(EXIT_LOGGED_ERROR)
    }

    async fn log_error(&self, message: String) {
        let request = rpc::LogRequest {
            severity: rpc::LogSeverity::Error.into(),
            message: message.clone(),
            ..Default::default()
        };
        if self.engine.clone().log(request).await.is_err() {
            // There is no log to write to except the user's terminal.
            eprintln!("error: {message}");
        }
    }
}

/// Connects to the engine or its resource monitor; exits the program when that fails.
async fn reach(address: &str) -> Channel {
    let connection = async { Endpoint::from_shared(format!("http://{address}"))?.connect().await };
    connection.await.unwrap_or_else(|error| {
        eprintln!("error: cannot reach the Pulumi engine at {address:?}: {error}");
        process::exit(1)
    })
}

/// Builds the request that registers a resource, with all of its dependencies.
fn registration(
    request: RegisterResourceRequest,
    options: Options,
    depends_on: Vec<String>,
    stack_urn: &str,
) -> rpc::RegisterResourceRequest {
    let object = value::encode_fields(&request.object);
    let mut dependencies = BTreeSet::from_iter(depends_on);
    let mut property_dependencies = HashMap::new();
    for (name, field) in &request.object {
        let urns = value::dependencies(field);
        dependencies.extend(urns.iter().cloned());
        // Fields without dependencies are listed as well: for a field that is not listed, the engine assumes all
        // dependencies.
        if object.fields.contains_key(name.as_string()) {
            property_dependencies
                .insert(name.as_string().clone(), PropertyDependencies { urns: urns.into_iter().collect() });
        }
    }
    rpc::RegisterResourceRequest {
        r#type: request.r#type,
        name: request.name,
        version: request.version,
        provider: request.provider.unwrap_or_default(),
        custom: true,
        parent: stack_urn.to_owned(),
        object: Some(object),
        dependencies: dependencies.into_iter().collect(),
        property_dependencies,
        accept_secrets: true,
        protect: options.protect,
        retain_on_delete: options.retain_on_delete,
        delete_before_replace: options.delete_before_replace.unwrap_or_default(),
        delete_before_replace_defined: options.delete_before_replace.is_some(),
        ignore_changes: options.ignore_changes,
        additional_secret_outputs: options.additional_secret_outputs,
        alias_specs: true,
        aliases: options.aliases.into_iter().map(alias).collect(),
        ..Default::default()
    }
}

/// Returns an alias: the same type under another name.
fn alias(name: String) -> rpc::Alias {
    rpc::Alias { alias: Some(rpc::alias::Alias::Spec(rpc::alias::Spec { name, ..Default::default() })) }
}

#[async_trait]
impl PulumiConnector for RealPulumiConnector {
    async fn register_resource(&self, request: RegisterResourceRequest) -> RegisterResourceResult {
        let options = options::take(&request.name);
        let mut depends_on = Vec::with_capacity(options.depends_on.len());
        for urn in &options.depends_on {
            depends_on.extend(urn.resolve().await.value);
        }
        let what = format!("{} {}", request.r#type, request.name);
        let request = registration(request, options, depends_on, &self.stack_urn);
        let response = match self.monitor.clone().register_resource(request).await {
            Ok(response) => response.into_inner(),
            Err(status) => self.fail(&what, &status).await,
        };
        let urns = HashSet::from([response.urn.clone()]);
        let text = |text: String| PulumiValue {
            // A resource that a preview would create has no id yet.
            content: if text.is_empty() { PulumiValueContent::Nothing } else { PulumiValueContent::String(text) },
            secret: false,
            dependencies: urns.clone(),
        };
        RegisterResourceResult {
            urn: text(response.urn),
            id: text(response.id),
            fields: ResourceFields {
                object: value::decode_fields(response.object, &urns),
                is_in_preview: self.in_preview,
            },
        }
    }

    async fn resource_invoke(&self, request: ResourceInvokeRequest) -> ResourceInvokeResult {
        // If an argument is not known yet, the result is not known yet.
        if request.object.values().any(value::is_unknown) {
            return ResourceInvokeResult { fields: ResourceFields { object: HashMap::new(), is_in_preview: true } };
        }
        let urns = request.object.values().flat_map(value::dependencies).collect();
        let invocation = rpc::ResourceInvokeRequest {
            tok: request.token.clone(),
            args: Some(value::encode_fields(&request.object)),
            version: request.version,
            ..Default::default()
        };
        let response = match self.monitor.clone().invoke(invocation).await {
            Ok(response) => response.into_inner(),
            Err(status) => self.fail(&request.token, &status).await,
        };
        if let Some(failure) = response.failures.first() {
            let reason = format!("{}: {}", failure.property, failure.reason);
            self.fail(&request.token, &Status::invalid_argument(reason)).await;
        }
        let object: HashMap<FieldName, PulumiValue> = value::decode_fields(response.r#return, &urns);
        ResourceInvokeResult { fields: ResourceFields { object, is_in_preview: false } }
    }

    async fn register_outputs(&self, request: RegisterOutputsRequest) {
        let outputs = Some(value::encode_fields(&request.outputs));
        let request = rpc::RegisterResourceOutputsRequest { urn: self.stack_urn.clone(), outputs };
        if let Err(status) = self.monitor.clone().register_resource_outputs(request).await {
            self.fail("the outputs of the stack", &status).await;
        }
    }

    async fn require_pulumi_version(&self, version_range: &str) -> Result<()> {
        let request = rpc::RequirePulumiVersionRequest { pulumi_version_range: version_range.to_owned() };
        self.engine.clone().require_pulumi_version(request).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STACK: &str = "urn:pulumi:dev::sluice::pulumi:pulumi:Stack::sluice-dev";

    fn field(name: &str, content: PulumiValueContent, urns: &[&str]) -> (FieldName, PulumiValue) {
        let dependencies = urns.iter().map(ToString::to_string).collect();
        (FieldName::from(name), PulumiValue { content, secret: false, dependencies })
    }

    fn request(fields: impl IntoIterator<Item = (FieldName, PulumiValue)>) -> RegisterResourceRequest {
        RegisterResourceRequest {
            name: "pipeline".to_owned(),
            r#type: "aws:sfn/stateMachine:StateMachine".to_owned(),
            object: fields.into_iter().collect(),
            version: "7.51.1".to_owned(),
            provider: None,
        }
    }

    #[test]
    fn a_resource_depends_on_what_its_inputs_come_from_and_on_what_it_is_told_to() {
        let text = || PulumiValueContent::String("x".to_owned());
        let fields = [
            field("roleArn", text(), &["urn:role"]),
            field("definition", PulumiValueContent::Nothing, &["urn:task", "urn:function"]),
            field("type", text(), &[]),
            field("tags", PulumiValueContent::None, &[]),
        ];
        let registration = registration(request(fields), Options::default(), vec!["urn:policy".to_owned()], STACK);
        assert_eq!(registration.dependencies, ["urn:function", "urn:policy", "urn:role", "urn:task"]);
        let urns = |name: &str| registration.property_dependencies.get(name).map(|urns| urns.urns.join(" "));
        assert_eq!(urns("roleArn").as_deref(), Some("urn:role"));
        assert_eq!(urns("definition").as_deref(), Some("urn:function urn:task"));
        assert_eq!(urns("type").as_deref(), Some(""));
        assert_eq!(urns("tags"), None, "an input without a value is not there");
    }

    #[test]
    fn a_resource_is_a_child_of_the_stack_and_its_secrets_are_asked_for() {
        let registration = registration(request([]), Options::default(), Vec::new(), STACK);
        assert_eq!(registration.parent, STACK);
        assert!(registration.custom);
        assert!(registration.accept_secrets);
        assert_eq!(registration.version, "7.51.1");
    }

    #[test]
    fn options_that_are_not_set_are_left_to_the_engine() {
        let registration = registration(request([]), Options::default(), Vec::new(), STACK);
        assert_eq!((registration.protect, registration.retain_on_delete), (None, None));
        assert!(!registration.delete_before_replace_defined);
    }

    #[test]
    fn options_reach_the_engine() {
        let options = Options {
            protect: Some(true),
            retain_on_delete: Some(false),
            delete_before_replace: Some(true),
            ignore_changes: vec!["desiredCount".to_owned()],
            additional_secret_outputs: vec!["url".to_owned()],
            aliases: vec!["machine".to_owned()],
            ..Options::default()
        };
        let registration = registration(request([]), options, Vec::new(), STACK);
        assert_eq!((registration.protect, registration.retain_on_delete), (Some(true), Some(false)));
        assert!(registration.delete_before_replace && registration.delete_before_replace_defined);
        assert_eq!(registration.ignore_changes, ["desiredCount"]);
        assert_eq!(registration.additional_secret_outputs, ["url"]);
        assert_eq!(registration.aliases, [alias("machine".to_owned())]);
    }

    #[test]
    fn options_are_taken_once_and_those_left_are_named() {
        options::set_options("taken", Options { protect: Some(true), ..Options::default() });
        options::set_options("misspelt", Options::default());
        assert_eq!(options::take("taken").protect, Some(true));
        assert_eq!(options::take("taken").protect, None);
        assert_eq!(options::unused_options(), ["misspelt"]);
    }
}
