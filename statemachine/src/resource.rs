//! The resource of a Task state, and the pattern in which Step Functions waits for the service.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

/// The state goes on as soon as the service has answered.
#[derive(Clone, Copy, Debug)]
pub enum RequestResponse {}
/// The state goes on when the token is returned (`.waitForTaskToken`). Step Functions does not watch the
/// holder of the token: without heartbeat and timeout a task that died waits for a year.
#[derive(Clone, Copy, Debug)]
pub enum WaitForToken {}

/// The `Resource` of a state; `P` is the pattern in which Step Functions waits for the service.
///
/// All resources: <https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html>.
#[derive(Serialize, Deserialize)]
#[serde(transparent, bound = "")]
pub struct Resource<P> {
    arn: Cow<'static, str>,
    #[serde(skip)]
    pattern: PhantomData<P>,
}

impl<P> Resource<P> {
    const fn of(arn: &'static str) -> Self {
        Self { arn: Cow::Borrowed(arn), pattern: PhantomData }
    }

    /// The ARN, or a placeholder for it.
    pub fn as_str(&self) -> &str {
        &self.arn
    }
}

impl Resource<RequestResponse> {
    /// Invokes a Lambda function and waits for its answer, which is `Payload` in the result.
    pub const LAMBDA_INVOKE: Self = Self::of("arn:aws:states:::lambda:invoke");
    /// Sends events; fails when EventBridge rejects one of them.
    pub const EVENTS_PUT_EVENTS: Self = Self::of("arn:aws:states:::events:putEvents");
    /// Reads the items of a Map from an object in S3.
    pub const S3_GET_OBJECT: Self = Self::of("arn:aws:states:::s3:getObject");
    /// Writes the results of a Map to S3.
    pub const S3_PUT_OBJECT: Self = Self::of("arn:aws:states:::s3:putObject");
    /// Reads an object in S3.
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html>
    pub const SDK_S3_GET_OBJECT: Self = Self::of("arn:aws:states:::aws-sdk:s3:getObject");
    /// Stops an ECS task; same page as [`Self::SDK_S3_GET_OBJECT`].
    pub const SDK_ECS_STOP_TASK: Self = Self::of("arn:aws:states:::aws-sdk:ecs:stopTask");
}

impl Resource<WaitForToken> {
    /// Starts an ECS task and waits for its token.
    pub const ECS_RUN_TASK_TOKEN: Self = Self::of("arn:aws:states:::ecs:runTask.waitForTaskToken");
}

/// Any pattern: the type of a resource that was read from JSON.
#[derive(Clone, Copy, Debug)]
pub enum AnyPattern {}

impl Resource<AnyPattern> {
    /// A resource by its ARN.
    pub fn new(arn: impl Into<String>) -> Self {
        Self { arn: Cow::Owned(arn.into()), pattern: PhantomData }
    }

    /// Returns true if the state waits for a token.
    pub fn waits_for_token(&self) -> bool {
        self.arn.ends_with(".waitForTaskToken")
    }
}

impl<P> Resource<P> {
    /// Returns the resource without the type of its pattern.
    pub fn any(&self) -> Resource<AnyPattern> {
        Resource { arn: self.arn.clone(), pattern: PhantomData }
    }
}

impl<P> Clone for Resource<P> {
    fn clone(&self) -> Self {
        Self { arn: self.arn.clone(), pattern: PhantomData }
    }
}

impl<P> Default for Resource<P> {
    fn default() -> Self {
        Self::of("")
    }
}

impl<P> PartialEq for Resource<P> {
    fn eq(&self, other: &Self) -> bool {
        self.arn == other.arn
    }
}

impl<P> fmt::Debug for Resource<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.arn)
    }
}
