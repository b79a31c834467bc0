//! The ECS container that this process runs in.

use std::env;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;

use crate::aws::chain;
use crate::plan::TaskSize;

/// The environment variable with the address of the task's metadata; every container on Fargate has it
/// (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html>).
const ENDPOINT: &str = "ECS_CONTAINER_METADATA_URI_V4";

/// Time limit for the response of the metadata endpoint, which is on the same machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// Largest response that is read, in bytes.
const RESPONSE_BYTES: usize = 1 << 20;

/// A container of ECS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Container {
    /// ARN of the container's ECS task; empty outside ECS, or if it is unknown.
    pub task_arn: String,
    /// Size of the container's ECS task; `None` outside ECS, or if it is unknown.
    pub size: Option<TaskSize>,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(rename = "TaskARN")]
    task_arn: String,
    #[serde(rename = "Limits")]
    limits: Option<Limits>,
}

#[derive(Deserialize)]
struct Limits {
    /// Number of vCPUs.
    #[serde(rename = "CPU")]
    cpu: f64,
    /// Memory in MiB.
    #[serde(rename = "Memory")]
    memory: u32,
}

impl Container {
    /// Asks the metadata endpoint for the container that this process runs in. If there is no response, that is logged, and the
    /// container is unknown.
    pub(crate) async fn of_this_process() -> Self {
        let Ok(endpoint) = env::var(ENDPOINT) else {
            return Self::default();
        };
        let asked = tokio::time::timeout(PATIENCE, ask(&endpoint)).await;
        match asked.unwrap_or_else(|_| Err("no answer".to_owned())) {
            Ok(Metadata { task_arn, limits }) => {
                let size = limits.map(|Limits { cpu, memory }| TaskSize { cpu: (cpu * 1024.0) as u32, memory });
                Self { task_arn, size }
            }
            Err(reason) => {
                // This container cannot be stopped from outside then; it still stops by itself when its token is no longer valid.
                tracing::warn!(reason, "the container does not know which task it is");
                Self::default()
            }
        }
    }
}

async fn ask(endpoint: &str) -> Result<Metadata, String> {
    let uri = format!("{endpoint}/task").parse().map_err(|error: http::uri::InvalidUri| error.to_string())?;
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let answer = client.get(uri).await.map_err(|error| chain(&error))?;
    let body = Limited::new(answer.into_body(), RESPONSE_BYTES).collect().await.map_err(|error| error.to_string())?;
    serde_json::from_slice(&body.to_bytes()).map_err(|error| error.to_string())
}
