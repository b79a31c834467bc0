//! Buckets, keys and logs.

use serde_json::json;

use super::{Spoil, inside, rules, unless, unless_pointed_at};
use crate::engine::{Registered, Resource};
use crate::iam::{statements, texts};

const BUCKET: &str = "aws:s3/bucket:Bucket";
const ENCRYPTION: &str = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration";
const LIFECYCLE: &str = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration";
const OWNERSHIP: &str = "aws:s3/bucketOwnershipControls:BucketOwnershipControls";
const POLICY: &str = "aws:s3/bucketPolicy:BucketPolicy";
const PUBLIC_ACCESS: &str = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock";
const VERSIONING: &str = "aws:s3/bucketVersioning:BucketVersioning";
const KEY: &str = "aws:kms/key:Key";
const LOG_GROUP: &str = "aws:cloudwatch/logGroup:LogGroup";

fn with(stack: &Registered, type_: &str) -> Vec<String> {
    unless_pointed_at(stack, BUCKET, type_, "bucket")
}

fn not_blocked(stack: &Registered, what: &str) -> Vec<String> {
    let mut found = with(stack, PUBLIC_ACCESS);
    found.extend(unless(stack, PUBLIC_ACCESS, |block| block.inputs[what] == true));
    found
}

fn not_ruled(stack: &Registered, about: &str) -> Vec<String> {
    let ruled = |resource: &Resource| {
        let rules = resource.inputs["rules"].as_array().into_iter().flatten();
        rules
            .clone()
            .any(|rule| rule["status"] == "Enabled" && rule["filter"]["prefix"] == "" && !rule[about].is_null())
    };
    let mut found = with(stack, LIFECYCLE);
    found.extend(unless(stack, LIFECYCLE, ruled));
    found
}

/// Whether a policy denies all requests that do not use TLS.
pub(super) fn denies_plain_text(resource: &Resource) -> bool {
    statements(&resource.document("policy")).any(|statement| {
        statement["Effect"] == "Deny"
            && statement["Principal"] == "*"
            && texts(&statement["Condition"]["Bool"]["aws:SecureTransport"]) == ["false"]
    })
}

/// Whether a policy admits anybody.
pub(super) fn is_open(resource: &Resource) -> bool {
    statements(&resource.document("policy")).any(|statement| {
        let principal = &statement["Principal"];
        statement["Effect"] == "Allow" && (principal == "*" || principal["AWS"] == "*")
    })
}

fn open_up(inputs: &mut serde_json::Value) {
    inside(inputs, "policy", |policy| {
        policy["Statement"] = json!([{ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }]);
    });
}

fn none(_: &Registered) -> Vec<String> {
    Vec::new()
}

rules! {
    buckets_log_access: "CKV_AWS_18 AVD-AWS-0089 S3.9 AwsSolutions-S1",
        |stack| with(stack, "aws:s3/bucketLogging:BucketLogging"), Spoil::Nothing;
    buckets_are_encrypted: "CKV_AWS_19 AVD-AWS-0088 S3.4 AwsSolutions-S3",
        |stack| with(stack, ENCRYPTION), Spoil::Without(ENCRYPTION);
    buckets_have_a_key_of_ours: "CKV_AWS_145 AVD-AWS-0132 S3.17",
        |stack| unless(stack, ENCRYPTION, |encryption| {
            encryption.input("/rules/0/applyServerSideEncryptionByDefault/sseAlgorithm") == "aws:kms"
        }), Spoil::Nothing;
    buckets_keep_versions: "CKV_AWS_21 AVD-AWS-0090 S3.14 AwsSolutions-S4",
        |stack| {
            let mut found = with(stack, VERSIONING);
            found.extend(unless(stack, VERSIONING, |v| v.input("/versioningConfiguration/status") == "Enabled"));
            found
        }, Spoil::With(VERSIONING, |inputs| inputs["versioningConfiguration"]["status"] = json!("Suspended"));
    buckets_block_public_acls: "CKV_AWS_53 AVD-AWS-0086 S3.8", |stack| not_blocked(stack, "blockPublicAcls"),
        Spoil::With(PUBLIC_ACCESS, |inputs| inputs["blockPublicAcls"] = json!(false));
    buckets_block_public_policies: "CKV_AWS_54 AVD-AWS-0087", |stack| not_blocked(stack, "blockPublicPolicy"),
        Spoil::With(PUBLIC_ACCESS, |inputs| inputs["blockPublicPolicy"] = json!(false));
    buckets_ignore_public_acls: "CKV_AWS_55 AVD-AWS-0091", |stack| not_blocked(stack, "ignorePublicAcls"),
        Spoil::With(PUBLIC_ACCESS, |inputs| inputs["ignorePublicAcls"] = json!(false));
    buckets_restrict_public_policies: "CKV_AWS_56 AVD-AWS-0093", |stack| not_blocked(stack, "restrictPublicBuckets"),
        Spoil::With(PUBLIC_ACCESS, |inputs| inputs["restrictPublicBuckets"] = json!(false));
    buckets_have_a_public_access_block: "CKV2_AWS_6 AVD-AWS-0094 AwsSolutions-S2", |stack| with(stack, PUBLIC_ACCESS),
        Spoil::Without(PUBLIC_ACCESS);
    buckets_have_no_acls: "CKV2_AWS_65 AVD-AWS-0092 S3.12", |stack| {
            let mut found = with(stack, OWNERSHIP);
            found.extend(unless(stack, OWNERSHIP, |o| o.input("/rule/objectOwnership") == "BucketOwnerEnforced"));
            found
        }, Spoil::With(OWNERSHIP, |inputs| inputs["rule"]["objectOwnership"] = json!("ObjectWriter"));
    buckets_talk_tls_only: "S3.5 AwsSolutions-S10", |stack| {
            let mut found = with(stack, POLICY);
            found.extend(unless(stack, POLICY, denies_plain_text));
            found
        }, Spoil::With(POLICY, open_up);
    buckets_are_open_to_nobody: "CKV_AWS_70 CKV_AWS_379 S3.2 S3.3", |stack| unless(stack, POLICY, |p| !is_open(p)),
        Spoil::With(POLICY, open_up);
    bucket_policies_lock_nobody_out: "CKV_AWS_93", |stack| unless(stack, POLICY, |policy| {
            statements(&policy.document("policy"))
                .all(|statement| statement["Effect"] != "Deny" || !statement["Condition"].is_null())
        }), Spoil::With(POLICY, |inputs| inside(inputs, "policy", |policy| {
            policy["Statement"][0]["Condition"] = json!(null);
        }));
    old_versions_expire: "CKV2_AWS_61 S3.10 S3.13", |stack| not_ruled(stack, "noncurrentVersionExpiration"),
        Spoil::Without(LIFECYCLE);
    unfinished_uploads_are_given_up: "CKV_AWS_300", |stack| not_ruled(stack, "abortIncompleteMultipartUpload"),
        Spoil::With(LIFECYCLE, |inputs| inputs["rules"][0]["status"] = json!("Disabled"));
    buckets_are_replicated: "CKV_AWS_144 S3.7",
        |stack| with(stack, "aws:s3/bucketReplicationConfig:BucketReplicationConfig"), Spoil::Nothing;
    buckets_send_events: "CKV2_AWS_62 S3.11",
        |stack| with(stack, "aws:s3/bucketNotification:BucketNotification"), Spoil::Nothing;
    deleting_takes_mfa: "S3.20 CKV_AWS_252",
        |stack| unless(stack, VERSIONING, |v| v.input("/versioningConfiguration/mfaDelete") == "Enabled"),
        Spoil::Nothing;
    objects_are_locked: "S3.15", |stack| unless(stack, BUCKET, |bucket| bucket.inputs["objectLockEnabled"] == true),
        Spoil::Nothing;

    keys_rotate: "CKV_AWS_7 AVD-AWS-0065 KMS.4 AwsSolutions-KMS5",
        |stack| unless(stack, KEY, |key| key.inputs["enableKeyRotation"] == true),
        Spoil::With(KEY, |inputs| inputs["enableKeyRotation"] = json!(false));
    keys_are_open_to_nobody: "CKV_AWS_33 KMS.5", |stack| unless(stack, KEY, |key| !is_open(key)),
        Spoil::With(KEY, open_up);
    keys_have_a_policy: "CKV2_AWS_64", |stack| unless(stack, KEY, |key| key.inputs["policy"].is_string()),
        Spoil::With(KEY, |inputs| inputs["policy"] = json!(null));
    keys_are_on: "CKV_AWS_227 KMS.3", |stack| unless(stack, KEY, |key| key.inputs["isEnabled"] != false),
        Spoil::With(KEY, |inputs| inputs["isEnabled"] = json!(false));

    logs_have_a_key_of_ours: "CKV_AWS_158 AVD-AWS-0017",
        |stack| unless(stack, LOG_GROUP, |group| group.inputs["kmsKeyId"].is_string()), Spoil::Nothing;
    logs_are_kept_for_a_time: "CKV_AWS_66", |stack| unless(stack, LOG_GROUP, |g| g.inputs["retentionInDays"].is_i64()),
        Spoil::With(LOG_GROUP, |inputs| inputs["retentionInDays"] = json!(null));
    logs_are_kept_for_a_year: "CKV_AWS_338 CloudWatch.16",
        |stack| unless(stack, LOG_GROUP, |g| g.inputs["retentionInDays"].as_i64() >= Some(365)),
        Spoil::With(LOG_GROUP, |inputs| inputs["retentionInDays"] = json!(90));
}

#[test]
fn a_rule_that_cannot_fail_is_refused() {
    let rule = super::Rule { ids: "X", broken_by: none, spoil: Spoil::Without(BUCKET) };
    assert!(std::panic::catch_unwind(|| rule.check()).is_err());
}
