//! The names of errors that `Retry` and `Catch` match.

use crate::name::name;

name! {
    /// An error name, as in `ErrorEquals`.
    ///
    /// The error names of the language:
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-error-representation>.
    ErrorName
}

impl ErrorName {
    /// Any error except `States.DataLimitExceeded` and `States.Runtime`. Must be the only name of its policy, and the
    /// policy the last of its state.
    pub const ALL: Self = Self::fixed("States.ALL");
    /// Any error of a task but `States.Timeout`; a Catch takes it for any task error.
    pub const TASK_FAILED: Self = Self::fixed("States.TaskFailed");
    /// The task ran longer than `TimeoutSeconds`, or (in older executions) sent no heartbeat.
    pub const TIMEOUT: Self = Self::fixed("States.Timeout");
    /// The task sent no heartbeat for `HeartbeatSeconds`.
    pub const HEARTBEAT_TIMEOUT: Self = Self::fixed("States.HeartbeatTimeout");
    /// The role of the state machine lacks a permission.
    pub const PERMISSIONS: Self = Self::fixed("States.Permissions");
    /// A payload is over 262,144 bytes. Not caught by [`Self::ALL`].
    pub const DATA_LIMIT_EXCEEDED: Self = Self::fixed("States.DataLimitExceeded");
    /// A fault of the definition. Not caught by [`Self::ALL`], and not worth a retry.
    pub const RUNTIME: Self = Self::fixed("States.Runtime");
    /// A JSONata expression failed.
    pub const QUERY_EVALUATION: Self = Self::fixed("States.QueryEvaluationError");
    /// More items of a Map failed than it tolerates.
    pub const EXCEED_TOLERATED_FAILURE_THRESHOLD: Self = Self::fixed("States.ExceedToleratedFailureThreshold");
    /// A Map could not read its items.
    pub const ITEM_READER_FAILED: Self = Self::fixed("States.ItemReaderFailed");
    /// A Map could not write its results.
    pub const RESULT_WRITER_FAILED: Self = Self::fixed("States.ResultWriterFailed");
    /// No rule of a Choice matched, and it has no default.
    pub const NO_CHOICE_MATCHED: Self = Self::fixed("States.NoChoiceMatched");
    /// A branch of a Parallel failed.
    pub const BRANCH_FAILED: Self = Self::fixed("States.BranchFailed");

    /// ECS refused a launch: no capacity in Fargate, a quota of the account, throttling.
    /// <https://repost.aws/knowledge-center/ecs-fargate-runtask-capacity>
    pub const ECS_AMAZON_ECS: Self = Self::fixed("ECS.AmazonECSException");
    /// ECS answered without starting a task, for a reason that Step Functions has no name for: no capacity, a quota.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html>
    pub const AMAZON_ECS_UNKNOWN: Self = Self::fixed("AmazonECS.Unknown");
    /// ECS refused a parameter. Also returned, for a while, for a role or a task definition that was just created, and if EC2
    /// throttles ECS, which asks EC2 for the subnets of a task; only the cause tells these apart.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html>,
    /// <https://github.com/dagster-io/dagster/issues/33439>
    pub const ECS_INVALID_PARAMETER: Self = Self::fixed("ECS.InvalidParameterException");
    /// A fault on the side of ECS.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html>
    pub const ECS_SERVER: Self = Self::fixed("ECS.ServerException");
    /// More requests than ECS accepts from an account: RunTask launches at most 20 Fargate tasks a second.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/throttling.html>
    pub const ECS_THROTTLING: Self = Self::fixed("ECS.ThrottlingException");
    /// A quota of the account is used up.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html>
    pub const ECS_LIMIT_EXCEEDED: Self = Self::fixed("ECS.LimitExceededException");
    /// ECS cannot do the action now; also returned for a role that was just created, and for a quota.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html>
    pub const ECS_CLIENT: Self = Self::fixed("ECS.ClientException");

    /// A fault on the side of Lambda.
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception>
    pub const LAMBDA_SERVICE: Self = Self::fixed("Lambda.ServiceException");
    /// Lambda answered with an error of its own; same page as [`Self::LAMBDA_SERVICE`].
    pub const LAMBDA_AWS_LAMBDA: Self = Self::fixed("Lambda.AWSLambdaException");
    /// The connection to Lambda broke; same page as [`Self::LAMBDA_SERVICE`].
    pub const LAMBDA_SDK_CLIENT: Self = Self::fixed("Lambda.SdkClientException");
    /// The connection to Lambda timed out; same page as [`Self::LAMBDA_SERVICE`].
    pub const LAMBDA_CLIENT_EXECUTION_TIMEOUT: Self = Self::fixed("Lambda.ClientExecutionTimeoutException");
    /// More invocations than the account may have at once; same page as [`Self::LAMBDA_SERVICE`].
    pub const LAMBDA_TOO_MANY_REQUESTS: Self = Self::fixed("Lambda.TooManyRequestsException");
    /// A function ended in a way Lambda has no name for: out of memory, a crash, a timeout of some runtimes.
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html>
    pub const LAMBDA_UNKNOWN: Self = Self::fixed("Lambda.Unknown");
    /// A function was idle for so long that Lambda reclaimed its resources: the call that finds it inactive fails, and
    /// reactivates it. <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>
    pub const LAMBDA_RESOURCE_NOT_READY: Self = Self::fixed("Lambda.ResourceNotReadyException");
    /// The function is pending: it is being created, changed or reactivated; same page as
    /// [`Self::LAMBDA_RESOURCE_NOT_READY`].
    pub const LAMBDA_RESOURCE_CONFLICT: Self = Self::fixed("Lambda.ResourceConflictException");
    /// The image of the function is being prepared, at first or after it was idle.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-images.html>
    pub const LAMBDA_CODE_ARTIFACT_PENDING: Self = Self::fixed("Lambda.CodeArtifactUserPendingException");
    /// A function ran longer than its timeout.
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html>
    pub const SANDBOX_TIMED_OUT: Self = Self::fixed("Sandbox.Timedout");
    /// The process of a function ended: it crashed, or the kernel killed it for its memory.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html>
    pub const RUNTIME_EXIT: Self = Self::fixed("Runtime.ExitError");
    /// A function had no memory left; same page as [`Self::RUNTIME_EXIT`].
    pub const RUNTIME_OUT_OF_MEMORY: Self = Self::fixed("Runtime.OutOfMemory");

    /// [`sluice::INTERRUPTED`].
    pub const SLUICE_INTERRUPTED: Self = Self::fixed(sluice::INTERRUPTED);
    /// [`sluice::TRANSIENT`].
    pub const SLUICE_TRANSIENT: Self = Self::fixed(sluice::TRANSIENT);
    /// [`sluice::BAD_REQUEST`].
    pub const SLUICE_BAD_REQUEST: Self = Self::fixed(sluice::BAD_REQUEST);
    /// [`sluice::UNFINISHED`].
    pub const SLUICE_UNFINISHED: Self = Self::fixed(sluice::UNFINISHED);
    /// [`sluice::OUT_OF_MEMORY`].
    pub const SLUICE_OUT_OF_MEMORY: Self = Self::fixed(sluice::OUT_OF_MEMORY);
    /// [`sluice::SPOT_INTERRUPTED`].
    pub const SLUICE_SPOT_INTERRUPTED: Self = Self::fixed(sluice::SPOT_INTERRUPTED);
    /// [`sluice::START_INTERRUPTED`].
    pub const SLUICE_START_INTERRUPTED: Self = Self::fixed(sluice::START_INTERRUPTED);
    /// [`sluice::CANNOT_START`].
    pub const SLUICE_CANNOT_START: Self = Self::fixed(sluice::CANNOT_START);
    /// [`sluice::WORKER_DIED`].
    pub const SLUICE_WORKER_DIED: Self = Self::fixed(sluice::WORKER_DIED);
    /// [`sluice::RUN_FAILED`].
    pub const SLUICE_RUN_FAILED: Self = Self::fixed(sluice::RUN_FAILED);
}

/// The error names of Sluice's own functions and workers, which send them as texts.
pub mod sluice {
    /// A worker was told to stop: Spot reclaim, or a deployment. Its task starts again elsewhere.
    pub const INTERRUPTED: &str = "Sluice.Interrupted";
    /// A failure that can pass by itself: throttling, a broken connection.
    pub const TRANSIENT: &str = "Sluice.Transient";
    /// The input of the execution is invalid.
    pub const BAD_REQUEST: &str = "Sluice.BadRequest";
    /// A function stopped shortly before its time was over; its work is kept, and the next call continues from there.
    pub const UNFINISHED: &str = "Sluice.Unfinished";
    /// ECS stopped a task that had used up its memory.
    pub const OUT_OF_MEMORY: &str = "Sluice.OutOfMemory";
    /// Fargate took a Spot task away.
    pub const SPOT_INTERRUPTED: &str = "Sluice.SpotInterrupted";
    /// A task did not start, for a cause that can pass by itself: Fargate could not provide a network interface or storage in
    /// time, a registry could not be reached.
    pub const START_INTERRUPTED: &str = "Sluice.StartInterrupted";
    /// A task did not start, for a cause that stays: its image, its log group or a permission is missing.
    pub const CANNOT_START: &str = "Sluice.CannotStart";
    /// A task stopped without an answer.
    pub const WORKER_DIED: &str = "Sluice.WorkerDied";
    /// Files of the run could not be processed. Raised after the events of the run were sent.
    pub const RUN_FAILED: &str = "Sluice.RunFailed";
    /// The task cannot be done, and trying again does not help.
    pub const TASK_FAILED: &str = "Sluice.TaskFailed";
    /// The function cannot do its work, and trying again does not help.
    pub const FUNCTION_FAILED: &str = "Sluice.FunctionFailed";
    /// There are more keys to list than a function has time for.
    pub const PLAN_TOO_LONG: &str = "Sluice.PlanTooLong";
}
