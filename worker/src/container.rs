//! Which container of ECS this is.

use std::env;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;

use crate::aws::chain;

/// Where the metadata of the task are, in the environment of every container on Fargate
/// (<https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html>).
const ENDPOINT: &str = "ECS_CONTAINER_METADATA_URI_V4";

/// How long the endpoint may take; it is on the same machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// Largest answer that is read.
const ANSWER_BYTES: usize = 1 << 20;

#[derive(Deserialize)]
struct Metadata {
    #[serde(rename = "TaskARN")]
    task_arn: String,
}

/// The ARN of the task that this container is of; empty where that is not known, which is told.
pub(crate) async fn task_arn() -> String {
    let Ok(endpoint) = env::var(ENDPOINT) else {
        return String::new();
    };
    let asked = tokio::time::timeout(PATIENCE, ask(&endpoint)).await;
    match asked.unwrap_or_else(|_| Err("no answer".to_owned())) {
        Ok(metadata) => metadata.task_arn,
        Err(reason) => {
            // Nobody can stop this container from outside then; it still stops by itself when its token is gone.
            tracing::warn!(reason, "the container does not know which task it is");
            String::new()
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
