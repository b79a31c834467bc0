//! Which container of ECS this is.

use std::env;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;

use crate::aws::chain;
use crate::plan::TaskSize;

/// Where the metadata of the task are, in the environment of every container on Fargate
/// (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html>).
const ENDPOINT: &str = "ECS_CONTAINER_METADATA_URI_V4";

/// How long the endpoint may take; it is on the same machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// Largest answer that is read.
const ANSWER_BYTES: usize = 1 << 20;

/// A container of ECS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Container {
    /// ARN of its task; empty outside ECS, or where it is not known.
    pub task_arn: String,
    /// Size of its task.
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
    /// vCPUs.
    #[serde(rename = "CPU")]
    cpu: f64,
    /// MiB.
    #[serde(rename = "Memory")]
    memory: u32,
}

impl Container {
    /// The container that this process runs in. A missing answer is logged.
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
                // This container can then not be stopped from outside; it still stops by itself when its token is gone.
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
    let body = Limited::new(answer.into_body(), ANSWER_BYTES).collect().await.map_err(|error| error.to_string())?;
    serde_json::from_slice(&body.to_bytes()).map_err(|error| error.to_string())
}
