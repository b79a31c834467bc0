//! The buckets: one for uploads, one for clean files, and optionally one of its own for answers to senders.

use pulumi_gestalt_rust::Output;
use sluice_aws::s3::bucket::{self, BucketArgs};
use sluice_aws::s3::bucket_lifecycle_configuration::{self, BucketLifecycleConfigurationArgs};
use sluice_aws::s3::bucket_notification::{self, BucketNotificationArgs};
use sluice_aws::s3::bucket_ownership_controls::{self, BucketOwnershipControlsArgs};
use sluice_aws::s3::bucket_policy::{self, BucketPolicyArgs};
use sluice_aws::s3::bucket_public_access_block::{self, BucketPublicAccessBlockArgs};
use sluice_aws::s3::bucket_server_side_encryption_configuration::{
    self as bucket_encryption, BucketServerSideEncryptionConfigurationArgs,
};
use sluice_aws::s3::bucket_versioning::{self, BucketVersioningArgs};
use sluice_aws::types::s3::{
    BucketLifecycleConfigurationRule as Rule,
    BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload as AbortMultipart,
    BucketLifecycleConfigurationRuleExpiration as Expiration, BucketLifecycleConfigurationRuleFilter as Filter,
    BucketLifecycleConfigurationRuleNoncurrentVersionExpiration as NoncurrentExpiration, BucketOwnershipControlsRule,
    BucketServerSideEncryptionConfigurationRule,
    BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefault,
    BucketVersioningVersioningConfiguration,
};

use crate::deployment::Deployment;
use crate::policy::{Principal, Statement, deny, document, only_encrypted};

/// Days after which an unfinished multipart upload is aborted.
const UNFINISHED_DAYS: i32 = 7;
/// Days for which a replaced or deleted object can be brought back.
const NONCURRENT_DAYS: i32 = 30;
/// Days for which a version of an object that expires remains: without a rule of its own, the objects of runs would be paid for a month longer. Of two
/// rules the shorter time holds: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-conflicts.html>
const REPLACED_DAYS: i32 = 1;
/// Days for which the objects of a run are kept: its tasks, results and report. The ledger has another prefix and never
/// expires.
const RUN_DAYS: i32 = 90;

/// A bucket.
pub(crate) struct Bucket {
    logical: &'static str,
    pub(crate) name: Output<String>,
    pub(crate) arn: Output<String>,
    /// The block of public access, after which the policy is created.
    public_access: Output<String>,
}

impl Bucket {
    /// Returns the ARN of all objects whose keys match the pattern, as policies name them.
    pub(crate) fn objects(&self, keys: &'static str) -> Output<String> {
        self.arn.map(move |arn| format!("{arn}/{keys}"))
    }

    fn create(deployment: &Deployment<'_>, logical: &'static str, expiring: &[(&str, i32)]) -> Self {
        let of = |part: &str| {
            let name = format!("{logical}-{part}");
            deployment.keep(&name, []);
            name
        };
        deployment.keep(logical, []);
        // The suffix is random: names of buckets are unique worldwide, and a bucket that was kept must not block the
        // next deployment.
        let made = BucketArgs::builder()
            .bucket_prefix(format!("{}-", deployment.named(logical)))
            .force_destroy(!deployment.config.protect_data)
            .tags(deployment.tags());
        let made = bucket::create(deployment.ctx, logical, made.build_struct());
        let (name, arn) = (made.id, made.arn);

        let owner = BucketOwnershipControlsRule::builder().object_ownership("BucketOwnerEnforced".to_owned());
        let ownership = BucketOwnershipControlsArgs::builder().bucket(name.clone()).rule(owner.build_struct());
        bucket_ownership_controls::create(deployment.ctx, &of("ownership"), ownership.build_struct());

        let block = BucketPublicAccessBlockArgs::builder()
            .bucket(name.clone())
            .block_public_acls(true)
            .block_public_policy(true)
            .ignore_public_acls(true)
            .restrict_public_buckets(true);
        let public_access =
            bucket_public_access_block::create(deployment.ctx, &of("public-access"), block.build_struct()).urn;

        let versioning = BucketVersioningVersioningConfiguration::builder().status("Enabled".to_owned());
        let versioning =
            BucketVersioningArgs::builder().bucket(name.clone()).versioning_configuration(versioning.build_struct());
        bucket_versioning::create(deployment.ctx, &of("versioning"), versioning.build_struct());

        let encryption = BucketServerSideEncryptionConfigurationArgs::builder()
            .bucket(name.clone())
            .rules(vec![encryption(deployment.config.kms_key.as_deref())]);
        bucket_encryption::create(deployment.ctx, &of("encryption"), encryption.build_struct());

        let lifecycle =
            BucketLifecycleConfigurationArgs::builder().bucket(name.clone()).rules(lifecycle_rules(expiring));
        bucket_lifecycle_configuration::create(deployment.ctx, &of("lifecycle"), lifecycle.build_struct());
        Self { logical, name, arn, public_access }
    }

    fn set_policy(&self, deployment: &Deployment<'_>, statements: impl IntoIterator<Item = Statement>) {
        let only_encrypted = only_encrypted(["s3:*"], [self.arn.clone(), self.objects("*")]);
        let statements = std::iter::once(only_encrypted).chain(statements);
        let policy = BucketPolicyArgs::builder().bucket(self.name.clone()).policy(document(statements));
        let name = format!("{}-policy", self.logical);
        // S3 refuses to change the policy and the block of public access at the same time.
        deployment.keep(&name, [&self.public_access]);
        bucket_policy::create(deployment.ctx, &name, policy.build_struct());
    }
}

fn encryption(kms_key: Option<&str>) -> BucketServerSideEncryptionConfigurationRule {
    let default = BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefault::builder();
    let default = match kms_key {
        Some(key) => default.sse_algorithm("aws:kms".to_owned()).kms_master_key_id(key.to_owned()).build_struct(),
        None => default.sse_algorithm("AES256".to_owned()).build_struct(),
    };
    BucketServerSideEncryptionConfigurationRule::builder()
        .apply_server_side_encryption_by_default(default)
        .bucket_key_enabled(kms_key.is_some())
        .build_struct()
}

fn lifecycle_rules(expiring: &[(&str, i32)]) -> Vec<Rule> {
    let rule = |id: &str, prefix: &str| {
        let filter = Filter::builder().prefix(prefix.to_owned()).build_struct();
        Rule::builder().id(id.to_owned()).status("Enabled".to_owned()).filter(filter)
    };
    let abort = AbortMultipart::builder().days_after_initiation(UNFINISHED_DAYS).build_struct();
    let noncurrent = NoncurrentExpiration::builder().noncurrent_days(NONCURRENT_DAYS).build_struct();
    let markers = Expiration::builder().expired_object_delete_marker(true).build_struct();
    let mut rules = vec![
        rule("unfinished-uploads", "").abort_incomplete_multipart_upload(abort).build_struct(),
        rule("old-versions", "").noncurrent_version_expiration(noncurrent).expiration(markers).build_struct(),
    ];
    rules.extend(expiring.iter().map(|(prefix, days)| {
        let id = format!("expire-{}", prefix.trim_matches(['_', '/']).replace('/', "-"));
        let replaced = NoncurrentExpiration::builder().noncurrent_days(REPLACED_DAYS).build_struct();
        let rule = rule(&id, prefix).expiration(Expiration::builder().days(*days).build_struct());
        rule.noncurrent_version_expiration(replaced).build_struct()
    }));
    rules
}

/// The buckets of the pipeline.
pub(crate) struct Buckets {
    pub(crate) source: Bucket,
    pub(crate) clean: Option<Bucket>,
    /// The bucket for answers to senders, if they are not stored beside the clean files.
    pub(crate) feedback: Option<Bucket>,
}

impl Buckets {
    pub(crate) fn create(deployment: &Deployment<'_>) -> Self {
        Self {
            source: Bucket::create(deployment, "source", &[("_sluice/runs/", RUN_DAYS)]),
            clean: deployment.config.clean_bucket.then(|| Bucket::create(deployment, "clean", &[])),
            feedback: deployment.config.feedback_bucket.then(|| Bucket::create(deployment, "feedback", &[])),
        }
    }

    /// Makes S3 send an event to EventBridge for every object in the source. This setting is deleted with the stack, as
    /// nothing would receive the events.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html>
    pub(crate) fn announce_arrivals(&self, deployment: &Deployment<'_>) {
        let made = BucketNotificationArgs::builder().bucket(self.source.name.clone()).eventbridge(true);
        bucket_notification::create(deployment.ctx, "source-notification", made.build_struct());
    }

    /// All buckets.
    pub(crate) fn each(&self) -> impl Iterator<Item = &Bucket> {
        std::iter::once(&self.source).chain(&self.clean).chain(&self.feedback)
    }

    /// Sets the policies of the buckets: only the roles with the ARNs `writers` may write the pipeline's own records.
    pub(crate) fn guard(&self, deployment: &Deployment<'_>, writers: [Output<String>; 4]) {
        let own_records = deny("OwnRecords", ["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"])
            .to(Principal::Anybody)
            .on([self.source.objects("_sluice/*")])
            .when("ArnNotEquals", "aws:PrincipalArn", writers);
        self.source.set_policy(deployment, [own_records]);
        for bucket in self.clean.iter().chain(&self.feedback) {
            bucket.set_policy(deployment, []);
        }
    }
}
