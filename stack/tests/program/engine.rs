//! An engine that remembers what a program registers, and stands in for the account that it is registered in.

use std::collections::{BTreeMap, HashSet};
use std::pin::Pin;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use prost_types::value::Kind;
use prost_types::{Struct, Value};
use pulumi_gestalt_proto::pulumi::pulumirpc as rpc;
use rpc::engine_server::{Engine, EngineServer};
use rpc::resource_monitor_server::{ResourceMonitor, ResourceMonitorServer};
use serde_json::{Map, Value as Json, json};
use tonic::{Request, Response, Status};

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "eu-central-1";
/// Stands for a value that is known only when the resource has been created.
pub(crate) const UNKNOWN: &str = "(unknown)";

/// Marks on the wire: of a signed object, of a secret, and of a value that is not known yet.
const SIGNATURE: &str = "4dabf18193072939515e22adb298388d";
const SECRET: &str = "1b47061264138c4ac30d75fd1eb44270";
const UNKNOWN_ON_THE_WIRE: &str = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/// A resource as it was registered.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) type_: String,
    pub(crate) name: String,
    /// Secrets are `{"secret": …}`.
    pub(crate) inputs: Json,
    pub(crate) depends_on: HashSet<String>,
    pub(crate) retained: bool,
    pub(crate) ignored_changes: Vec<String>,
}

impl Resource {
    /// The input at a JSON pointer; null if there is none.
    pub(crate) fn input(&self, pointer: &str) -> &Json {
        self.inputs.pointer(pointer).unwrap_or(&Json::Null)
    }

    /// An input whose text is JSON, as JSON.
    pub(crate) fn document(&self, input: &str) -> Json {
        let text = self.inputs[input].as_str().unwrap_or_else(|| panic!("{}: no {input}", self.name));
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{}: {input}: {error}", self.name))
    }
}

/// Everything that a program registered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registered {
    pub(crate) resources: Vec<Resource>,
    pub(crate) exports: BTreeMap<String, Json>,
    pub(crate) exit: Option<i32>,
    pub(crate) errors: String,
}

impl Registered {
    pub(crate) fn of_type<'a>(&'a self, type_: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.resources.iter().filter(move |resource| resource.type_ == type_)
    }

    pub(crate) fn named(&self, name: &str) -> &Resource {
        self.resources.iter().find(|resource| resource.name == name).unwrap_or_else(|| panic!("there is no {name}"))
    }
}

#[derive(Clone, Default)]
struct Recorder {
    registered: Arc<Mutex<Registered>>,
    preview: bool,
}

impl Recorder {
    fn with<T>(&self, change: impl FnOnce(&mut Registered) -> T) -> T {
        change(&mut self.registered.lock().expect("no test panics while it holds this"))
    }
}

fn text(text: &str) -> Value {
    Value { kind: Some(Kind::StringValue(text.to_owned())) }
}

fn json_of(value: &Value) -> Json {
    match &value.kind {
        None | Some(Kind::NullValue(_)) => Json::Null,
        Some(Kind::BoolValue(value)) => json!(value),
        Some(Kind::NumberValue(value)) if value.fract() == 0.0 => json!(*value as i64),
        Some(Kind::NumberValue(value)) => json!(value),
        Some(Kind::StringValue(value)) if value == UNKNOWN_ON_THE_WIRE => json!(UNKNOWN),
        Some(Kind::StringValue(value)) => json!(value),
        Some(Kind::ListValue(list)) => list.values.iter().map(json_of).collect(),
        Some(Kind::StructValue(object)) => {
            if object.fields.get(SIGNATURE) == Some(&text(SECRET)) {
                return json!({ "secret": object.fields.get("value").map(json_of) });
            }
            json_of_struct(object)
        }
    }
}

fn json_of_struct(object: &Struct) -> Json {
    Json::Object(object.fields.iter().map(|(key, value)| (key.clone(), json_of(value))).collect::<Map<_, _>>())
}

/// The outputs that AWS would return for a new resource.
fn outputs(type_: &str, name: &str, inputs: &Json) -> Vec<(&'static str, String)> {
    let called = |input: &str| inputs[input].as_str().unwrap_or(name).to_owned();
    let arn = |service: &str, rest: String| ("arn", format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"));
    match type_ {
        "aws:s3/bucket:Bucket" => vec![("arn", format!("arn:aws:s3:::{name}-id"))],
        "aws:iam/role:Role" => vec![("arn", format!("arn:aws:iam::{ACCOUNT}:role/{}", called("name")))],
        "aws:cloudwatch/logGroup:LogGroup" => vec![arn("logs", format!("log-group:{}", called("name")))],
        "aws:ecs/cluster:Cluster" => vec![arn("ecs", format!("cluster/{}", called("name")))],
        "aws:ecs/taskDefinition:TaskDefinition" => vec![arn("ecs", format!("task-definition/{}:1", called("family")))],
        "aws:lambda/function:Function" => {
            let function = arn("lambda", format!("function:{}", called("name")));
            let version = ("qualifiedArn", format!("{}:1", function.1));
            vec![function, version]
        }
        "aws:sfn/stateMachine:StateMachine" => vec![arn("states", format!("stateMachine:{}", called("name")))],
        "aws:sqs/queue:Queue" => {
            let url = ("url", format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{}", called("name")));
            vec![arn("sqs", called("name")), url]
        }
        "aws:cloudwatch/eventRule:EventRule" => vec![arn("events", format!("rule/{}", called("name")))],
        "aws:lambda/eventSourceMapping:EventSourceMapping" => {
            vec![("uuid", "14e0db71-5d35-4eb5-b481-8945cf9d10c2".to_owned())]
        }
        "aws:ec2/vpcEndpoint:VpcEndpoint" => vec![("prefixListId", "pl-6ea54007".to_owned())],
        _ => vec![arn("mock", name.to_owned())],
    }
}

fn answer(token: &str, inputs: &Struct) -> Option<Json> {
    Some(match token {
        "aws:index/getPartition:getPartition" => json!({ "partition": "aws" }),
        "aws:index/getRegion:getRegion" => json!({ "region": REGION }),
        "aws:index/getCallerIdentity:getCallerIdentity" => json!({ "accountId": ACCOUNT }),
        "aws:index/getAvailabilityZones:getAvailabilityZones" => {
            let names: Vec<_> = ["a", "b", "c"].iter().map(|letter| format!("{REGION}{letter}")).collect();
            json!({ "names": names, "zoneIds": ["euc1-az2", "euc1-az3", "euc1-az1"] })
        }
        // Step Functions is offered in two zones only.
        "aws:ec2/getVpcEndpointService:getVpcEndpointService" => {
            let all = [format!("{REGION}a"), format!("{REGION}b"), format!("{REGION}c")];
            let states = inputs.fields.get("serviceName") == Some(&text(&format!("com.amazonaws.{REGION}.states")));
            json!({ "availabilityZones": if states { &all[1..] } else { &all[..] } })
        }
        "aws:ec2/getSubnet:getSubnet" => json!({ "vpcId": "vpc-0123456789abcdef0", "mapPublicIpOnLaunch": true }),
        _ => return None,
    })
}

fn value_of(json: &Json) -> Value {
    let kind = match json {
        Json::Null => Kind::NullValue(0),
        Json::Bool(value) => Kind::BoolValue(*value),
        Json::Number(value) => Kind::NumberValue(value.as_f64().unwrap_or_default()),
        Json::String(value) => Kind::StringValue(value.clone()),
        Json::Array(values) => {
            Kind::ListValue(prost_types::ListValue { values: values.iter().map(value_of).collect() })
        }
        Json::Object(_) => Kind::StructValue(struct_of(json)),
    };
    Value { kind: Some(kind) }
}

fn struct_of(json: &Json) -> Struct {
    let fields = json.as_object().into_iter().flatten();
    Struct { fields: fields.map(|(key, value)| (key.clone(), value_of(value))).collect() }
}

type Reply<'t, T> = Pin<Box<dyn Future<Output = Result<Response<T>, Status>> + Send + 't>>;

macro_rules! not_called {
    ($($method:ident($request:ty) -> $response:ty;)*) => { $(
        fn $method<'life, 'reply>(&'life self, _: Request<$request>) -> Reply<'reply, $response>
        where
            'life: 'reply,
            Self: 'reply,
        {
            Box::pin(async { Err(Status::unimplemented(stringify!($method))) })
        }
    )* };
}

#[tonic::async_trait]
impl ResourceMonitor for Recorder {
    async fn supports_feature(
        &self,
        _: Request<rpc::SupportsFeatureRequest>,
    ) -> Result<Response<rpc::SupportsFeatureResponse>, Status> {
        Ok(Response::new(rpc::SupportsFeatureResponse { has_support: true }))
    }

    async fn register_resource(
        &self,
        request: Request<rpc::RegisterResourceRequest>,
    ) -> Result<Response<rpc::RegisterResourceResponse>, Status> {
        let request = request.into_inner();
        let urn = format!("urn:pulumi:test::sluice::{}::{}", request.r#type, request.name);
        if !request.custom {
            return Ok(Response::new(rpc::RegisterResourceResponse { urn, ..Default::default() }));
        }
        let mut object = request.object.unwrap_or_default();
        let inputs = json_of_struct(&object);
        let mut id = String::new();
        if !self.preview {
            id = format!("{}-id", request.name);
            let made = outputs(&request.r#type, &request.name, &inputs);
            object.fields.extend(made.into_iter().map(|(name, value)| (name.to_owned(), text(&value))));
        }
        let depends_on = request.dependencies.iter().filter_map(|urn| urn.rsplit("::").next()).map(str::to_owned);
        let resource = Resource {
            type_: request.r#type,
            name: request.name,
            inputs,
            depends_on: depends_on.collect(),
            retained: request.retain_on_delete.unwrap_or_default(),
            ignored_changes: request.ignore_changes,
        };
        self.with(|registered| registered.resources.push(resource));
        Ok(Response::new(rpc::RegisterResourceResponse { urn, id, object: Some(object), ..Default::default() }))
    }

    async fn invoke(
        &self,
        request: Request<rpc::ResourceInvokeRequest>,
    ) -> Result<Response<rpc::InvokeResponse>, Status> {
        let request = request.into_inner();
        let token = request.tok;
        let answer = answer(&token, &request.args.unwrap_or_default()).ok_or_else(|| Status::unimplemented(token))?;
        Ok(Response::new(rpc::InvokeResponse { r#return: Some(struct_of(&answer)), ..Default::default() }))
    }

    async fn register_resource_outputs(
        &self,
        request: Request<rpc::RegisterResourceOutputsRequest>,
    ) -> Result<Response<()>, Status> {
        let outputs = request.into_inner().outputs.unwrap_or_default();
        let exports = outputs.fields.iter().map(|(key, value)| (key.clone(), json_of(value))).collect();
        self.with(|registered| registered.exports = exports);
        Ok(Response::new(()))
    }

    not_called! {
        call(rpc::ResourceCallRequest) -> rpc::CallResponse;
        read_resource(rpc::ReadResourceRequest) -> rpc::ReadResourceResponse;
        register_stack_transform(rpc::Callback) -> ();
        register_stack_invoke_transform(rpc::Callback) -> ();
        register_package(rpc::RegisterPackageRequest) -> rpc::RegisterPackageResponse;
        register_resource_hook(rpc::RegisterResourceHookRequest) -> ();
        register_error_hook(rpc::RegisterErrorHookRequest) -> ();
        signal_and_wait_for_shutdown(()) -> ();
    }
}

#[tonic::async_trait]
impl Engine for Recorder {
    async fn log(&self, request: Request<rpc::LogRequest>) -> Result<Response<()>, Status> {
        self.with(|registered| registered.errors.push_str(&request.into_inner().message));
        Ok(Response::new(()))
    }

    not_called! {
        get_root_resource(rpc::GetRootResourceRequest) -> rpc::GetRootResourceResponse;
        set_root_resource(rpc::SetRootResourceRequest) -> rpc::SetRootResourceResponse;
        start_debugging(rpc::StartDebuggingRequest) -> ();
        require_pulumi_version(rpc::RequirePulumiVersionRequest) -> rpc::RequirePulumiVersionResponse;
    }
}

/// Settings of a stack, by names without the project.
pub(crate) type Settings<'a> = &'a [(&'a str, &'a str)];

/// Settings by their full names.
pub(crate) fn full(settings: Settings<'_>) -> BTreeMap<String, String> {
    let full = |key: &str| if key.contains(':') { key.to_owned() } else { format!("sluice:{key}") };
    settings.iter().map(|(key, value)| (full(key), (*value).to_owned())).collect()
}

/// Runs the program with these settings against the recording engine.
pub(crate) fn run(settings: Settings<'_>, secret: &[&str], preview: bool) -> Registered {
    let recorder = Recorder { preview, ..Recorder::default() };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let address = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound").to_string();
        let server = tonic::transport::Server::builder()
            .add_service(ResourceMonitorServer::new(recorder.clone()))
            .add_service(EngineServer::new(recorder.clone()));
        tokio::spawn(server.serve_with_incoming(tokio_stream::wrappers::TcpListenerStream::new(listener)));
        address
    });
    let secrets: Vec<String> = secret.iter().map(|key| format!("sluice:{key}")).collect();
    let Output { status, stderr, .. } = Command::new(env!("CARGO_BIN_EXE_sluice-stack"))
        .env("PULUMI_MONITOR", &address)
        .env("PULUMI_ENGINE", &address)
        .env("PULUMI_PROJECT", "sluice")
        .env("PULUMI_STACK", "test")
        .env("PULUMI_ORGANIZATION", "organization")
        .env("PULUMI_ROOT_DIRECTORY", "/")
        .env("PULUMI_DRY_RUN", preview.to_string())
        .env("PULUMI_CONFIG", json!(full(settings)).to_string())
        .env("PULUMI_CONFIG_SECRET_KEYS", json!(secrets).to_string())
        .output()
        .expect("the program starts");
    let mut registered = recorder.with(std::mem::take);
    registered.exit = status.code();
    registered.errors.push_str(std::str::from_utf8(&stderr).expect("text"));
    // Resources arrive in any order.
    registered.resources.sort_by(|a, b| (&a.type_, &a.name).cmp(&(&b.type_, &b.name)));
    registered
}
