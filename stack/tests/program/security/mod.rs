//! The rules of Checkov (`CKV…`), Trivy (`AVD-…`), cdk-nag (`AwsSolutions-…`) and AWS Security Hub (`S3.1` …) for the types
//! of resources in the stack. Each rule is a test of its own: the resources that it finds must be argued in [`WAIVERS`],
//! and it must find something after the stack was spoilt.

mod compute;
mod data;
mod messages;
mod network;

use serde_json::Value as Json;

use crate::engine::{Registered, Resource};
use crate::stacks::each;

/// A rule.
struct Rule {
    /// The identifiers of the rule in these tools.
    ids: &'static str,
    /// The logical names of resources that break it.
    broken_by: fn(&Registered) -> Vec<String>,
    /// A change after which more resources break the rule.
    spoil: Spoil,
}

/// A change that breaks a rule.
enum Spoil {
    /// Removes the resources of a type.
    Without(&'static str),
    /// Changes the inputs of all resources of a type.
    With(&'static str, fn(&mut Json)),
    /// None: the rule finds all resources already, and is waived.
    Nothing,
}

/// What a rule may find: rule, logical name of the resource (`*`: any), reason.
const WAIVERS: &[(&str, &str, &str)] = &[
    (
        "CKV_AWS_18",
        "*",
        "who reads and writes what is recorded by CloudTrail where an account wants it; a log bucket for each stack would \
         double its buckets and be read by nobody",
    ),
    (
        "CKV_AWS_144",
        "*",
        "a second region doubles the cost of storage; who must have it adds replication to the bucket",
    ),
    ("CKV2_AWS_62", "*", "new files are found by listing, which misses nothing; the setting trigger adds events"),
    ("S3.20", "*", "only the root user can turn MFA delete on, and never by an API call of a deployment"),
    ("S3.15", "*", "a lock would keep clients from replacing and deleting their own files"),
    (
        "CKV_AWS_145",
        "source-encryption",
        "AES-256 with keys of S3 unless kmsKeyArn is set: a key costs for each request",
    ),
    (
        "CKV_AWS_145",
        "clean-encryption",
        "AES-256 with keys of S3 unless kmsKeyArn is set: a key costs for each request",
    ),
    (
        "CKV_AWS_145",
        "feedback-encryption",
        "AES-256 with keys of S3 unless kmsKeyArn is set: a key costs for each request",
    ),
    ("CKV_AWS_158", "*", "encrypted with keys of CloudWatch unless kmsKeyArn is set; logs hold no cell values"),
    (
        "CKV_AWS_173",
        "*",
        "encrypted with a key of Lambda unless kmsKeyArn is set; there is no secret in the environment",
    ),
    (
        "CKV_AWS_115",
        "*",
        "one execution calls a function once; a reservation would be taken from the account's other functions",
    ),
    (
        "CKV_AWS_116",
        "*",
        "the state machine gets the error, retries and tells; messages of uploads stay in their queue; what is not heard of \
         a stopped task is known by its silence",
    ),
    (
        "CKV_AWS_117",
        "*",
        "it talks to S3 and EventBridge only; in a VPC it would need more endpoints, paid by the hour",
    ),
    ("CKV_AWS_272", "*", "Lambda signs zip files only; an image is pinned by its digest"),
    ("AwsSolutions-ECS2", "*", "names of buckets and a log level; nothing in it is a secret"),
    ("AwsSolutions-SQS3", "missed-starts", "it is itself the dead-letter queue"),
    ("AwsSolutions-SQS3", "arrivals-lost", "it is itself the dead-letter queue"),
    ("CKV_AWS_65", "cluster", "Container Insights costs for each task and minute; containerInsights turns it on"),
    ("CKV_AWS_297", "*", "the schedule's input is {}: there is nothing to encrypt with a key of one's own"),
    (
        "AVD-AWS-0104",
        "worker-to-aws",
        "without endpoints, services of AWS are reached at public addresses, of which no rule can hold a list; port 443 only",
    ),
    ("EC2.55", "vpc", "network public: it is chosen to do without endpoints that cost by the hour"),
    ("EC2.56", "vpc", "network public: it is chosen to do without endpoints that cost by the hour"),
];

impl Rule {
    fn waivers(&self) -> impl Iterator<Item = &'static (&'static str, &'static str, &'static str)> {
        let ids: Vec<&str> = self.ids.split(' ').collect();
        WAIVERS.iter().filter(move |(id, _, _)| ids.contains(id))
    }

    fn check(&self) {
        let mut found_any = Vec::new();
        for (name, stack) in each() {
            let found = (self.broken_by)(stack);
            for resource in &found {
                let waived = self.waivers().any(|(_, waived, _)| waived == resource || *waived == "*");
                assert!(waived, "{}: {resource} of the {name} stack breaks it, and nobody has argued why", self.ids);
            }
            found_any.extend(found);
        }
        for (id, waived, _) in self.waivers() {
            let used = found_any.iter().any(|resource| resource == waived || *waived == "*");
            assert!(used, "{id} is waived for {waived}, which does not break it");
        }
        self.check_that_it_can_fail(&found_any);
    }

    fn check_that_it_can_fail(&self, found_any: &[String]) {
        let (_, stack) = each()[0];
        let mut spoilt = stack.clone();
        match self.spoil {
            Spoil::Without(type_) => spoilt.resources.retain(|resource| resource.type_ != type_),
            Spoil::With(type_, change) => {
                let of_type = spoilt.resources.iter_mut().filter(|resource| resource.type_ == type_);
                of_type.for_each(|resource| change(&mut resource.inputs));
            }
            Spoil::Nothing => {
                assert!(!found_any.is_empty(), "{}: neither spoilt nor waived", self.ids);
                return;
            }
        }
        let (before, after) = ((self.broken_by)(stack).len(), (self.broken_by)(&spoilt).len());
        assert!(after > before, "{}: it does not see that the stack is spoilt", self.ids);
    }
}

/// Names of the resources of a type that are not `good`.
fn unless(stack: &Registered, type_: &str, good: impl Fn(&Resource) -> bool) -> Vec<String> {
    stack.of_type(type_).filter(|resource| !good(resource)).map(|resource| resource.name.clone()).collect()
}

/// Names of the resources of a type to which no resource of another type refers by its input.
fn unless_pointed_at(stack: &Registered, type_: &str, by: &str, input: &str) -> Vec<String> {
    unless(stack, type_, |resource| {
        stack.of_type(by).any(|other| other.inputs[input].as_str() == Some(&format!("{}-id", resource.name)))
    })
}

/// Changes the JSON document in an input that is text.
fn inside(inputs: &mut Json, input: &str, change: impl Fn(&mut Json)) {
    let text = inputs[input].as_str().expect("a document");
    let mut document: Json = serde_json::from_str(text).expect("JSON");
    change(&mut document);
    inputs[input] = Json::String(document.to_string());
}

/// One test for each rule.
macro_rules! rules {
    ($($test:ident: $ids:literal, $broken_by:expr, $spoil:expr;)*) => {
        /// The names of all rules here.
        pub(super) const IDS: &[&str] = &[$($ids),*];
        $(#[test]
        fn $test() {
            crate::security::Rule { ids: $ids, broken_by: $broken_by, spoil: $spoil }.check();
        })*
    };
}
use rules;

#[test]
fn every_waiver_is_of_a_rule() {
    let all = [compute::IDS, data::IDS, messages::IDS, network::IDS].concat();
    let known: Vec<&str> = all.iter().flat_map(|ids| ids.split(' ')).collect();
    for (id, _, reason) in WAIVERS {
        assert!(known.contains(id), "{id} is waived and not checked");
        assert!(reason.split(' ').count() > 4, "{id}: {reason:?} is no argument");
    }
}
