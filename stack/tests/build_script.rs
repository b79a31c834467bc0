//! `build.sh`, with stand-ins for the tools that it calls: how it calls them, and what it does with their
//! answers.
#![expect(clippy::unwrap_used, reason = "in tests, a panic is the failure")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const SINGLE: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// Stand-ins for tools, which record how they were called.
struct Tools(TempDir);

impl Tools {
    /// `media_type` is the type that ECR reports for the pushed manifest; `there` says whether the repository
    /// exists.
    fn new(media_type: &str, there: bool) -> Self {
        let tools = Self(tempfile::tempdir().unwrap());
        tools.add("docker", r#"echo "docker $* attestations=${BUILDX_NO_DEFAULT_ATTESTATIONS:-}" >>"$CALLS""#);
        tools.add("cargo", r#"mkdir -p "$CARGO_TARGET_DIR/release"; touch "$CARGO_TARGET_DIR/release/sluice"; chmod +x "$CARGO_TARGET_DIR/release/sluice""#);
        tools.add("pulumi", "exit 1");
        let found = if there { "exit 0" } else { "echo RepositoryNotFoundException >&2; exit 254" };
        let answers = format!(
            r#"echo "aws $*" >>"$CALLS"
case "$*" in
*get-caller-identity*) echo 123456789012 ;;
*describe-images*--query*) printf 'sha256:abc\t{media_type}\n' ;;
*describe-images*) exit 254 ;;
*repositoryUri*) echo 123456789012.dkr.ecr.eu-central-1.amazonaws.com/sluice/process-data ;;
*repositoryArn*) echo arn:aws-us-gov:ecr:eu-central-1:123456789012:repository/sluice/process-data ;;
*describe-repositories*) {found} ;;
*get-lifecycle-policy*) cat "$CALLS.lifecycle" 2>/dev/null || {{ echo LifecyclePolicyNotFoundException >&2; exit 254; }} ;;
*get-repository-policy*) cat "$CALLS.policy" 2>/dev/null || {{ echo RepositoryPolicyNotFoundException >&2; exit 254; }} ;;
*put-lifecycle-policy*) echo "$*" >"$CALLS.lifecycle" ;;
*set-repository-policy*)
    [ -z "${{REFUSE:-}}" ] || {{ echo AccessDeniedException >&2; exit 254; }}
    echo "$*" >"$CALLS.policy"
    ;;
esac"#
        );
        tools.add("aws", &answers);
        tools
    }

    fn add(&self, name: &str, script: &str) {
        let path = self.path(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn build(&self, variables: &[(&str, &str)]) -> Output {
        let roots = self.path("roots.pem");
        fs::write(&roots, "").unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("build.sh");
        Command::new(script)
            .args(["-i", "process-data", "-r", "eu-central-1", "-t", "one"])
            .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", self.0.path().display()))
            .env("CALLS", self.path("calls"))
            .env("CARGO_TARGET_DIR", self.path("target"))
            .env("CONTAINER_ENGINE", "docker")
            .env("SSL_CERT_FILE", roots)
            .envs(variables.iter().copied())
            .output()
            .unwrap()
    }

    fn calls(&self) -> String {
        fs::read_to_string(self.path("calls")).unwrap()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn an_image_is_built_without_attestations_and_told_by_its_digest() {
    let tools = Tools::new(SINGLE, false);
    let built = tools.build(&[]);
    assert!(built.status.success(), "{}", said(&built));
    let uri = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/sluice/process-data@sha256:abc\n";
    assert_eq!(String::from_utf8(built.stdout).unwrap(), uri);
    let calls = tools.calls();
    let build = calls.lines().find(|call| call.starts_with("docker build")).unwrap();
    assert!(build.ends_with("attestations=1"), "{build}");
}

#[test]
fn an_index_is_refused_before_anybody_deploys_it() {
    let built = Tools::new(INDEX, true).build(&[]);
    assert_eq!((built.status.code(), &built.stdout[..]), (Some(1), &b""[..]));
    let said = said(&built);
    assert!(said.contains(&format!("is not a single image but {INDEX}, which Lambda refuses")), "{said}");
}

#[test]
fn lambda_may_pull_and_nothing_that_has_a_tag_expires() {
    let tools = Tools::new(SINGLE, false);
    assert!(tools.build(&[]).status.success());
    let calls = tools.calls();
    for part in [
        r#""Principal":{"Service":"lambda.amazonaws.com"},"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]"#,
        r#"{"aws:sourceArn":"arn:aws-us-gov:lambda:eu-central-1:123456789012:function:*"}"#,
        r#""tagStatus":"untagged""#,
    ] {
        assert!(calls.contains(part), "{part}: {calls}");
    }
    assert!(!calls.contains(r#""tagStatus":"any""#) && !calls.contains("imageCountMoreThan"), "{calls}");
}

#[test]
fn a_repository_that_is_there_and_may_not_be_changed_is_used_as_it_is() {
    let built = Tools::new(SINGLE, true).build(&[("REFUSE", "yes")]);
    assert!(built.status.success(), "{}", said(&built));
    assert!(said(&built).contains("the policy of sluice/process-data stays as it is (AccessDeniedException)"));
    let built = Tools::new(SINGLE, false).build(&[("REFUSE", "yes")]);
    assert!(said(&built).contains("the policy of sluice/process-data: AccessDeniedException"), "{}", said(&built));
}

/// A repository has one policy, by which another account may pull: it is not replaced.
#[test]
fn a_repository_keeps_the_policies_that_it_has() {
    let tools = Tools::new(SINGLE, true);
    fs::write(tools.path("calls.lifecycle"), "theirs").unwrap();
    fs::write(tools.path("calls.policy"), "theirs").unwrap();
    let built = tools.build(&[]);
    assert!(built.status.success(), "{}", said(&built));
    for part in ["the lifecycle policy of sluice/process-data stays as it is", "does not let lambda.amazonaws.com pull"]
    {
        assert!(said(&built).contains(part), "{part}: {}", said(&built));
    }
    assert!(!tools.calls().contains("put-lifecycle-policy") && !tools.calls().contains("set-repository-policy"));
    fs::write(tools.path("calls.policy"), r#"{"Principal":{"Service":"lambda.amazonaws.com"}}"#).unwrap();
    assert!(!said(&tools.build(&[])).contains("does not let lambda"));
}
