//! IAM policies as values: statements whose resources and conditions are outputs.

use pulumi_gestalt_rust::{Output, pulumi_combine};
use serde_json::{Map, Value as Json, json};

use crate::deployment::{Deployment, all};

/// The principal of a statement, in the policy of a resource or the trust policy of a role.
pub(crate) enum Principal {
    /// Anybody; the statement has a condition, or is a denial.
    Anybody,
    /// A service of AWS.
    Service(&'static str),
    /// All principals that the account itself allows.
    Account(Output<String>),
}

struct Condition {
    operator: &'static str,
    key: &'static str,
    values: Vec<Output<String>>,
}

/// One statement of a policy.
pub(crate) struct Statement {
    sid: &'static str,
    effect: &'static str,
    principal: Option<Principal>,
    actions: Vec<&'static str>,
    resources: Vec<Output<String>>,
    conditions: Vec<Condition>,
}

/// Starts a statement that allows these actions.
pub(crate) fn allow(sid: &'static str, actions: impl IntoIterator<Item = &'static str>) -> Statement {
    let actions = actions.into_iter().collect();
    Statement { sid, effect: "Allow", principal: None, actions, resources: Vec::new(), conditions: Vec::new() }
}

/// Starts a statement that denies these actions, whatever else allows them.
pub(crate) fn deny(sid: &'static str, actions: impl IntoIterator<Item = &'static str>) -> Statement {
    Statement { effect: "Deny", ..allow(sid, actions) }
}

impl Statement {
    pub(crate) fn to(self, principal: Principal) -> Self {
        Self { principal: Some(principal), ..self }
    }

    pub(crate) fn on(self, resources: impl IntoIterator<Item = Output<String>>) -> Self {
        Self { resources: resources.into_iter().collect(), ..self }
    }

    /// Applies the statement to all resources. Some actions have no resources, and a policy can only say `*`; the
    /// tests hold a list of these statements with the reason for each.
    pub(crate) fn on_all(self) -> Self {
        self.on([Output::new("*".to_owned())])
    }

    pub(crate) fn when(
        mut self,
        operator: &'static str,
        key: &'static str,
        values: impl IntoIterator<Item = Output<String>>,
    ) -> Self {
        self.conditions.push(Condition { operator, key, values: values.into_iter().collect() });
        self
    }

    fn render(self) -> Output<Json> {
        let mut head = Map::new();
        head.insert("Sid".into(), self.sid.into());
        head.insert("Effect".into(), self.effect.into());
        let principal = match self.principal {
            None => Output::new(None),
            Some(Principal::Anybody) => Output::new(Some(json!("*"))),
            Some(Principal::Service(service)) => Output::new(Some(json!({ "Service": service }))),
            Some(Principal::Account(root)) => root.map(|root| Some(json!({ "AWS": root }))),
        };
        let conditions = all(self.conditions.into_iter().map(|condition| {
            let Condition { operator, key, values } = condition;
            all(values).map(move |values| (operator, key, values))
        }));
        let actions = self.actions;
        pulumi_combine!(principal, all(self.resources), conditions).map(move |(principal, resources, conditions)| {
            let mut statement = head.clone();
            if let Some(principal) = principal {
                statement.insert("Principal".into(), principal);
            }
            statement.insert("Action".into(), json!(actions));
            // The trust policy of a role has no resource: the resource is the role.
            if !resources.is_empty() {
                statement.insert("Resource".into(), json!(resources));
            }
            if !conditions.is_empty() {
                let mut blocks = Map::new();
                for (operator, key, values) in conditions {
                    let block = blocks.entry(operator).or_insert_with(|| json!({}));
                    block[key] = json!(values);
                }
                statement.insert("Condition".into(), Json::Object(blocks));
            }
            Json::Object(statement)
        })
    }
}

/// Returns the policy with these statements, as JSON.
pub(crate) fn document(statements: impl IntoIterator<Item = Statement>) -> Output<String> {
    all(statements.into_iter().map(Statement::render))
        .map(|statements| json!({ "Version": "2012-10-17", "Statement": statements }).to_string())
}

/// Returns the trust policy that lets a service take a role in this account; where the service names the resource
/// for which it acts, only for `source`.
pub(crate) fn trust(
    deployment: &Deployment<'_>,
    service: &'static str,
    source: Option<Vec<Output<String>>>,
) -> Output<String> {
    let statement = allow("Service", ["sts:AssumeRole"]).to(Principal::Service(service));
    document([match source {
        Some(source) => statement.when("StringEquals", "aws:SourceAccount", [deployment.account()]).when(
            "ArnLike",
            "aws:SourceArn",
            source,
        ),
        None => statement,
    }])
}

/// Denies requests that are not encrypted in transit.
pub(crate) fn only_encrypted(
    actions: impl IntoIterator<Item = &'static str>,
    resources: impl IntoIterator<Item = Output<String>>,
) -> Statement {
    deny("OnlyEncrypted", actions).to(Principal::Anybody).on(resources).when(
        "Bool",
        "aws:SecureTransport",
        [Output::new("false".to_owned())],
    )
}
