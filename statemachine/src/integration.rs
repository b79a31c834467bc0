//! The services that tasks call, with the shapes of their arguments and results.

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::expression::{Expr, Path};
use crate::model::Bounds;
use crate::parameters::PublicIp;
use crate::resource::{RequestResponse, Resource, WaitForToken};
use crate::shape::{Template, shape};
use crate::value::{BoundedText, Value};

/// A call of a service in the pattern `P`: [`RequestResponse`] or [`WaitForToken`].
pub trait Integration<P> {
    /// The type of the result. The result of a task that waits for a token is up to the holder of the token.
    type Result;

    /// The `Resource` of the task.
    fn resource(&self) -> Resource<P>;

    /// The `Arguments` of the task.
    fn arguments(&self) -> Json;

    /// Upper bounds of the results of expressions in the arguments.
    fn bounds(&self) -> Bounds {
        Bounds::new()
    }
}

/// Invokes a Lambda function with an `I`, which returns an `O`.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html>
pub struct Invoke<I, O> {
    function: Value<String>,
    payload: Template<I>,
    gives: PhantomData<fn() -> O>,
}

impl<I, O> Invoke<I, O> {
    /// Invokes the function of this ARN.
    pub fn new(function: Value<String>, payload: impl Into<Template<I>>) -> Self {
        Self { function, payload: payload.into(), gives: PhantomData }
    }
}

/// The result of invoking a function.
pub struct Invoked<O>(PhantomData<O>);

impl<O> Path<Invoked<O>> {
    /// The value that the function returned.
    pub fn payload(&self) -> Path<O> {
        self.field("Payload")
    }
}

impl<I, O> Integration<RequestResponse> for Invoke<I, O> {
    type Result = Invoked<O>;
    fn resource(&self) -> Resource<RequestResponse> {
        Resource::LAMBDA_INVOKE
    }
    fn arguments(&self) -> Json {
        json!({ "FunctionName": self.function, "Payload": self.payload.json() })
    }
}

/// An event. <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html>
pub struct Event {
    /// Name or ARN of the bus.
    pub bus: Value<String>,
    /// Source of the event.
    pub source: Value<String>,
    /// The detail type of the event.
    pub detail_type: &'static str,
    detail: Json,
}

impl Event {
    /// An event with this detail.
    pub fn new<T>(
        bus: Value<String>,
        source: Value<String>,
        detail_type: &'static str,
        detail: impl Into<Template<T>>,
    ) -> Self {
        Self { bus, source, detail_type, detail: detail.into().into_json() }
    }
}

/// Sends events. Step Functions fails the task when EventBridge rejects one of them.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/connect-eventbridge.html>
pub struct PutEvents<const N: usize>(pub [Event; N]);

impl<const N: usize> Integration<RequestResponse> for PutEvents<N> {
    type Result = Json;
    fn resource(&self) -> Resource<RequestResponse> {
        Resource::EVENTS_PUT_EVENTS
    }
    fn arguments(&self) -> Json {
        let entry = |event: &Event| {
            json!({
                "EventBusName": event.bus,
                "Source": event.source,
                "DetailType": event.detail_type,
                "Detail": event.detail,
            })
        };
        json!({ "Entries": self.0.iter().map(entry).collect::<Vec<_>>() })
    }
}

/// Runs a task on Fargate. <https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html>
#[derive(Clone, Debug)]
pub struct RunTask {
    /// ARN or name.
    pub cluster: Value<String>,
    /// ARN, with the revision.
    pub task_definition: Value<String>,
    /// Shares of the capacity providers.
    pub capacity: Vec<Capacity>,
    /// The size of the task, in place of its definition's.
    pub size: Option<TaskSize>,
    /// Where the task has its network interface.
    pub network: Network,
    /// Name of the container to whose environment variables are added.
    pub container: String,
    /// The variables that are added: name and value.
    pub environment: Vec<(&'static str, BoundedText)>,
}

/// CPU units and MiB of a task, in digits. The container must not have limits of its own.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html>
#[derive(Clone, Debug)]
pub struct TaskSize {
    /// CPU units; 1024 are a core.
    pub cpu: BoundedText,
    /// Memory, in MiB.
    pub memory: BoundedText,
}

/// A capacity provider and its share.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Capacity {
    /// `FARGATE` or `FARGATE_SPOT`.
    pub capacity_provider: Value<String>,
    /// Share relative to the weights of the other capacity providers, 0 to 1,000.
    pub weight: Value<u64>,
}

/// Where a task has its network interface.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Network {
    /// Identifiers of the subnets, 1 to 16.
    pub subnets: Value<Vec<String>>,
    /// Identifiers of the security groups, 1 to 5.
    pub security_groups: Value<Vec<String>>,
    /// Whether the network interface has a public address.
    pub assign_public_ip: Value<PublicIp>,
}

impl Integration<WaitForToken> for RunTask {
    type Result = Json;
    fn resource(&self) -> Resource<WaitForToken> {
        Resource::ECS_RUN_TASK_TOKEN
    }
    fn arguments(&self) -> Json {
        let environment = |(name, value): &(&str, BoundedText)| json!({ "Name": name, "Value": value.wrapped() });
        let container = json!({
            "Name": self.container,
            "Environment": self.environment.iter().map(environment).collect::<Vec<_>>(),
        });
        let mut overrides = json!({ "ContainerOverrides": [container] });
        if let Some(size) = &self.size {
            overrides["Cpu"] = size.cpu.wrapped().into();
            overrides["Memory"] = size.memory.wrapped().into();
        }
        json!({
            "Cluster": self.cluster,
            "TaskDefinition": self.task_definition,
            "CapacityProviderStrategy": self.capacity,
            "NetworkConfiguration": { "AwsvpcConfiguration": self.network },
            "PropagateTags": "TASK_DEFINITION",
            "Overrides": overrides,
        })
    }

    fn bounds(&self) -> Bounds {
        let size = self.size.iter().flat_map(|size| [&size.cpu, &size.memory]);
        let values = self.environment.iter().map(|(_, value)| value).chain(size);
        values.map(|value| (value.expression.clone(), value.most)).collect()
    }
}

/// Reads an object that is JSON.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>
pub struct GetJson<T> {
    bucket: Value<String>,
    key: Value<String>,
    holds: PhantomData<fn() -> T>,
}

impl<T> GetJson<T> {
    /// Reads the object with this key.
    pub fn new(bucket: impl Into<Value<String>>, key: impl Into<Value<String>>) -> Self {
        Self { bucket: bucket.into(), key: key.into(), holds: PhantomData }
    }
}

/// The response of reading an object whose content is the JSON of a `T`.
pub struct Object<T>(PhantomData<T>);

impl<T> Path<Object<T>> {
    /// Returns a reference to the content of the object. `$parse` is a function that Step Functions adds to
    /// JSONata.
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html>
    pub fn content(&self) -> Path<T> {
        let body: Path<String> = self.field("Body");
        Path::root(&format!("$parse({})", body.as_str()))
    }
}

impl<T> Integration<RequestResponse> for GetJson<T> {
    type Result = Object<T>;
    fn resource(&self) -> Resource<RequestResponse> {
        Resource::SDK_S3_GET_OBJECT
    }
    fn arguments(&self) -> Json {
        json!({ "Bucket": self.bucket, "Key": self.key })
    }
}

/// Stops a task. <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopTask.html>
pub struct StopTask {
    /// ARN or name.
    pub cluster: Value<String>,
    /// ARN of the task.
    pub task: Expr<String>,
    /// Reason for the stop, at most 1,024 characters.
    pub reason: &'static str,
}

impl Integration<RequestResponse> for StopTask {
    type Result = Json;
    fn resource(&self) -> Resource<RequestResponse> {
        Resource::SDK_ECS_STOP_TASK
    }
    fn arguments(&self) -> Json {
        json!({ "Cluster": self.cluster, "Task": self.task.wrapped(), "Reason": self.reason })
    }
}

shape! {
    /// The result of a Map that writes its results.
    pub struct MapRun, MapRunTemplate {
        /// ARN of the Map Run.
        pub arn: String as "MapRunArn",
        /// Where the results are.
        pub details: ResultWriterDetails as "ResultWriterDetails",
    }

    /// Where the results of a Map are.
    pub struct ResultWriterDetails, ResultWriterDetailsTemplate {
        /// Bucket of the manifest.
        pub bucket: String as "Bucket",
        /// Key of the manifest.
        pub key: String as "Key",
    }
}
