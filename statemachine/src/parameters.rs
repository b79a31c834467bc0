//! Parameters of the pipeline: values that only a deployment knows.

use serde::{Deserialize, Serialize};

use crate::expression::Expr;
use crate::value::Value;

/// Source of events, unless a deployment sets another.
pub const EVENT_SOURCE: &str = "sluice";

/// Longest duration of a run in seconds (one day), unless a deployment sets another.
const RUN_SECONDS: u64 = 86_400;

/// Whether a task has a public address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum PublicIp {
    /// The task has a public address: its subnet is public, without NAT.
    Enabled,
    /// The task has no public address: its subnet is private, with endpoints.
    Disabled,
}

/// A percentage, 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Percent(u64);

/// The error of a percentage over 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is more than 100 percent")]
pub struct PercentOver100(u64);

impl Percent {
    /// The percentage; never more than 100.
    pub fn get(self) -> u64 {
        self.0
    }
}

impl TryFrom<u64> for Percent {
    type Error = PercentOver100;
    fn try_from(share: u64) -> Result<Self, PercentOver100> {
        if share > 100 { Err(PercentOver100(share)) } else { Ok(Self(share)) }
    }
}

impl From<Percent> for u64 {
    fn from(share: Percent) -> Self {
        share.0
    }
}

/// What plans a run: a function or a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Planner {
    /// A function: its ARN, with version or alias. `${PlanFunctionArn}`
    Function(Value<String>),
    /// A task on Fargate, for buckets that take longer to list than a function can run: ARN of its task definition, with
    /// the revision.
    Task(Value<String>),
}

/// Values that only a deployment knows. Every field is a value or an expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameters {
    /// The planner of runs.
    pub planner: Planner,
    /// ARN of the function that publishes, with version or alias. `${PublishFunctionArn}`
    pub publish_function: Value<String>,
    /// ARN of the ECS cluster. `${ClusterArn}`
    pub cluster: Value<String>,
    /// ARN of the task definition, with its revision. `${TaskDefinitionArn}`
    pub task_definition: Value<String>,
    /// Name of the container in the task definition. `${ContainerName}`
    pub container: String,
    /// Identifiers of the subnets. `${SubnetIds}`, joined by commas
    pub subnets: Value<Vec<String>>,
    /// Identifiers of the security groups. `${SecurityGroupIds}`, joined by commas
    pub security_groups: Value<Vec<String>>,
    /// Whether tasks have public addresses. `${PublicIp}`: `ENABLED` or `DISABLED`
    pub public_ip: Value<PublicIp>,
    /// Name of the bucket with the files. `${SourceBucket}`
    pub source_bucket: Value<String>,
    /// Name or ARN of the event bus. `${EventBus}`
    pub event_bus: Value<String>,
    /// Source of the events of runs. `${EventSource}`
    pub event_source: Value<String>,
    /// Largest number of tasks at a time. `${MapConcurrency}`
    pub map_concurrency: Value<u64>,
    /// The percentage of Spot in the capacity. `${SpotPercent}`
    pub spot_percent: Value<Percent>,
    /// Longest duration of an attempt at a task, in seconds. `${TaskTimeoutSeconds}`
    pub task_timeout_seconds: Value<u64>,
    /// Longest duration of a run, in seconds. The language allows no expression for it.
    pub run_timeout_seconds: u64,
}

impl Parameters {
    /// Parameters with example values, from which the golden file is made.
    pub fn example() -> Self {
        let arn = |rest: &str| Value::Literal(format!("arn:aws:{rest}"));
        Self {
            planner: Planner::Function(arn("lambda:eu-central-1:123456789012:function:sluice-plan:live")),
            publish_function: arn("lambda:eu-central-1:123456789012:function:sluice-publish:live"),
            cluster: arn("ecs:eu-central-1:123456789012:cluster/sluice"),
            task_definition: arn("ecs:eu-central-1:123456789012:task-definition/sluice:1"),
            container: "worker".into(),
            subnets: vec!["subnet-0123456789abcdef0".into(), "subnet-0123456789abcdef1".into()].into(),
            security_groups: vec!["sg-0123456789abcdef0".into()].into(),
            public_ip: PublicIp::Disabled.into(),
            source_bucket: "sluice-source".into(),
            event_bus: "default".into(),
            event_source: EVENT_SOURCE.into(),
            map_concurrency: 100.into(),
            spot_percent: Percent(80).into(),
            task_timeout_seconds: 43_200.into(),
            run_timeout_seconds: RUN_SECONDS,
        }
    }

    /// Parameters that are placeholders `${Name}`, for tools that substitute text. Each placeholder stands where text
    /// of its kind is valid: expressions convert it to numbers and lists.
    pub fn substitutions() -> Self {
        let text = |name: &str| Value::Literal(format!("${{{name}}}"));
        let number = |name: &str| Value::Expression(Expr::unchecked(format!("$number('${{{name}}}')")));
        let list = |name: &str| Value::Expression(Expr::unchecked(format!("$split('${{{name}}}', ',')")));
        Self {
            planner: Planner::Function(text("PlanFunctionArn")),
            publish_function: text("PublishFunctionArn"),
            cluster: text("ClusterArn"),
            task_definition: text("TaskDefinitionArn"),
            container: "${ContainerName}".into(),
            subnets: list("SubnetIds"),
            security_groups: list("SecurityGroupIds"),
            public_ip: Value::Expression(Expr::unchecked("'${PublicIp}'")),
            source_bucket: text("SourceBucket"),
            event_bus: text("EventBus"),
            event_source: text("EventSource"),
            map_concurrency: number("MapConcurrency"),
            spot_percent: Value::Expression(Expr::unchecked("$number('${SpotPercent}')")),
            task_timeout_seconds: number("TaskTimeoutSeconds"),
            run_timeout_seconds: RUN_SECONDS,
        }
    }

    /// The percentage of Spot, as a part of an expression.
    pub(crate) fn spot_share(&self) -> String {
        match &self.spot_percent {
            Value::Literal(spot) => spot.get().to_string(),
            Value::Expression(spot) => spot.as_str().to_owned(),
            Value::NotWrapped(text) => text.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_over_a_hundred_percent_is_refused() {
        assert_eq!(Percent::try_from(101), Err(PercentOver100(101)));
        assert_eq!(Percent::try_from(100), Ok(Percent(100)));
    }
}
