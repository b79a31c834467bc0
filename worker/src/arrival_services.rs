//! The AWS services behind the function of arrivals: the queue of uploads, and the state machine.

use aws_sdk_sfn::error::ProvideErrorMetadata as _;
use aws_sdk_sqs::types::QueueAttributeName;

use crate::aws::chain;
use crate::function::arrival::{Machine, Queue, ServiceFuture};

/// A queue of SQS.
#[derive(Clone, Debug)]
pub(crate) struct UploadQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl UploadQueue {
    /// Makes the queue with this URL.
    pub(crate) fn new(client: aws_sdk_sqs::Client, url: String) -> Self {
        Self { client, url }
    }
}

impl Queue for UploadQueue {
    fn delayed(&self) -> ServiceFuture<'_, u64> {
        const DELAYED: QueueAttributeName = QueueAttributeName::ApproximateNumberOfMessagesDelayed;
        let call = self.client.get_queue_attributes().queue_url(&self.url).attribute_names(DELAYED).send();
        Box::pin(async {
            let answer = call.await.map_err(|error| chain(&error))?;
            let count = answer.attributes().and_then(|attributes| attributes.get(&DELAYED)?.parse().ok());
            count.ok_or_else(|| "the queue does not say how many messages are delayed".to_owned())
        })
    }
}

/// A state machine of Step Functions.
#[derive(Clone, Debug)]
pub(crate) struct StateMachine {
    client: aws_sdk_sfn::Client,
    arn: String,
}

impl StateMachine {
    /// Makes the state machine with this ARN.
    pub(crate) fn new(client: aws_sdk_sfn::Client, arn: String) -> Self {
        Self { client, arn }
    }
}

impl Machine for StateMachine {
    fn start<'a>(&'a self, name: &'a str) -> ServiceFuture<'a, ()> {
        let call = self.client.start_execution().state_machine_arn(&self.arn).name(name).input("{}").send();
        Box::pin(async {
            match call.await {
                Ok(_) => Ok(()),
                Err(error) if error.code() == Some("ExecutionAlreadyExists") => Ok(()),
                Err(error) => Err(chain(&error)),
            }
        })
    }

    fn started<'a>(&'a self, name: &'a str) -> ServiceFuture<'a, bool> {
        let execution = format!("{}:{name}", self.arn.replacen(":stateMachine:", ":execution:", 1));
        let call = self.client.describe_execution().execution_arn(execution).send();
        Box::pin(async {
            match call.await {
                Ok(_) => Ok(true),
                // <https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html>
                Err(error) if error.code() == Some("ExecutionDoesNotExist") => Ok(false),
                Err(error) => Err(chain(&error)),
            }
        })
    }
}
