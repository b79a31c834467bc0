#!/bin/sh
# Builds the image of Sluice and pushes it to Amazon ECR:  ./build.sh -i process-data [-r REGION] [-a amd64|arm64] [-t TAG]
#
# One static binary in an empty image: the Fargate task and the Lambda functions run the same file.
set -eu

usage() {
    cat <<'TEXT'
Usage: ./build.sh -i NAME [-r REGION] [-a amd64|arm64] [-t TAG] [-n]

Builds the image sluice/NAME and pushes it to Amazon ECR of the account whose credentials are set. The repository is made
when it is missing. Prints the URI of the image with its digest, and keeps it in the configuration of the Pulumi stack that is
selected (sluice:image and sluice:architecture).

  -i NAME    name of the image, for example process-data
  -r REGION  AWS region (default: AWS_REGION, AWS_DEFAULT_REGION, or that of the profile)
  -a ARCH    amd64 or arm64 (default: that of this machine); the other one is built in a container
  -t TAG     tag, which can never be used again (default: commit and time)
  -n         build only: do not push
  -h         this text

Needs docker or podman (choose with CONTAINER_ENGINE), and, to push, the AWS CLI, version 1 or 2.
TEXT
}

fail() {
    echo "build.sh: $1" >&2
    exit "${2:-1}"
}

say() {
    echo "build.sh: $1" >&2
}

name='' region='' arch='' tag='' push=yes
while getopts 'i:r:a:t:nh' option; do
    case $option in
    i) name=$OPTARG ;;
    r) region=$OPTARG ;;
    a) arch=$OPTARG ;;
    t) tag=$OPTARG ;;
    n) push=no ;;
    h) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
    esac
done
shift $((OPTIND - 1))
[ $# -eq 0 ] || fail "unexpected argument: $1 (see ./build.sh -h)" 2
[ -n "$name" ] || fail 'which image? ./build.sh -i process-data' 2
case $name in
*[!a-z0-9._-]* | [!a-z0-9]*) fail "-i $name: small letters, digits, '.', '_' and '-' only, a letter or digit first" 2 ;;
esac

case $(uname -m) in
x86_64 | amd64) here=amd64 ;;
aarch64 | arm64) here=arm64 ;;
*) here=other ;;
esac
arch=${arch:-$here}
case $arch in
amd64) target=x86_64-unknown-linux-gnu ;;
arm64) target=aarch64-unknown-linux-gnu ;;
*) fail "-a $arch: amd64 and arm64 are built" 2 ;;
esac

cd "$(dirname "$0")"
root=$(pwd)

if [ -z "$tag" ]; then
    commit=$(git rev-parse --short=12 HEAD 2>/dev/null || echo none)
    tag=$commit-$(date -u +%Y%m%d%H%M%S)
fi
case $tag in
*[!A-Za-z0-9._-]* | [.-]*) fail "-t $tag: letters, digits, '.', '_' and '-' only" 2 ;;
esac
[ ${#tag} -le 128 ] || fail "-t: at most 128 characters" 2

# Finds a container engine that is running.
engine=${CONTAINER_ENGINE:-}
if [ -z "$engine" ]; then
    for candidate in docker podman; do
        if command -v "$candidate" >/dev/null 2>&1; then engine=$candidate && break; fi
    done
fi
[ -n "$engine" ] || fail 'neither docker nor podman is installed; install one of them'
"$engine" info >/dev/null 2>&1 ||
    fail "$engine does not answer; start it (Docker Desktop, systemctl start docker, podman machine start) and see '$engine info'"

# The long build begins only after everything that the push needs was found.
if [ $push = yes ]; then
    command -v aws >/dev/null 2>&1 ||
        fail 'the AWS CLI is not installed: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html'
    region=${region:-${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region 2>/dev/null || true)}}}
    [ -n "$region" ] || fail 'which region? Give -r REGION or set AWS_REGION' 2
    account=$(aws sts get-caller-identity --region "$region" --query Account --output text 2>&1) ||
        fail "no credentials for AWS ($account); sign in with 'aws sso login' or set AWS_PROFILE"
    # An error of this call is ignored: the next call reports it, and the push itself fails if the tag is taken.
    if aws ecr describe-images --region "$region" --repository-name "sluice/$name" --image-ids "imageTag=$tag" \
        >/dev/null 2>&1; then
        fail "sluice/$name has an image with the tag $tag, and a tag can be used once only; leave -t out for a new one"
    fi
fi

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
trap 'exit 130' INT TERM

# The binary. `crt-static` applies to the last crate alone, because it concerns only linking: Polars is not built again for it.
if [ "$(uname -s)" = Linux ] && [ "$arch" = "$here" ]; then
    say "building the binary for $target"
    cargo rustc --release --locked --package sluice --bin sluice -- -C target-feature=+crt-static -C strip=symbols
    built=${CARGO_TARGET_DIR:-target}/release/sluice
    cp "$built" "$context/sluice"
else
    say "building the binary for $target in a container"
    git archive --format=tar HEAD | "$engine" build --platform "linux/$arch" --target binary \
        --file worker/Containerfile.builder --output "type=local,dest=$context" - ||
        fail "the container for linux/$arch did not build; an engine needs QEMU for another architecture ($engine run --privileged tonistiigi/binfmt)"
fi
[ -x "$context/sluice" ] || fail "the build left no binary in $context"

# Copies the root certificates for TLS from where this system keeps them.
for roots in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
    if [ -n "$roots" ] && [ -f "$roots" ]; then cp "$roots" "$context/ca-certificates.crt" && break; fi
done
[ -f "$context/ca-certificates.crt" ] || fail 'no CA certificates found; install the package ca-certificates'

# The folder for temporary files. Any user that a container runs as may use it, as in any /tmp. Its parent folder is what is
# copied into the image: Docker without BuildKit loses the permissions of a folder that is copied itself.
mkdir -p "$context/root/tmp"
chmod 1777 "$context/root/tmp"

# Lambda accepts a single image and no index of several (https://docs.aws.amazon.com/lambda/latest/dg/images-create.html). Docker
# adds attestations, which make an index of it, unless the environment says otherwise; Podman and older Docker do not read
# this (https://docs.docker.com/build/metadata/attestations/).
export BUILDX_NO_DEFAULT_ATTESTATIONS=1

say "building the image for linux/$arch"
"$engine" build --quiet --platform "linux/$arch" --file "$root/worker/Containerfile" --tag "sluice/$name:$tag" "$context" >/dev/null
if [ $push = no ]; then
    echo "sluice/$name:$tag"
    exit 0
fi

repository=sluice/$name
made=no
if ! problem=$(aws ecr describe-repositories --region "$region" --repository-names "$repository" 2>&1); then
    case $problem in
    *RepositoryNotFoundException*) ;;
    *) fail "ECR in $region: $problem" ;;
    esac
    say "making the repository $repository in $region"
    aws ecr create-repository --region "$region" --repository-name "$repository" --image-tag-mutability IMMUTABLE \
        --image-scanning-configuration scanOnPush=true >/dev/null
    made=yes
fi

# Sets a policy of the repository, unless it has one: a repository has one policy of each kind, and another account may pull by it.
# settle WHAT COMMAND ABSENT ARGUMENT…: the policy is read by get-COMMAND, whose error is ABSENT if there is none. Of a repository
# that existed before, a refusal is only reported.
settle() {
    what=$1 command=$2 absent=$3
    shift 3
    if problem=$(aws ecr "get-$command" --region "$region" --repository-name "$repository" 2>&1); then
        say "the $what of $repository stays as it is"
        return
    fi
    case $problem in
    *"$absent"*)
        problem=$(aws ecr "$@" --region "$region" --repository-name "$repository" 2>&1) && return
        ;;
    esac
    [ $made = no ] || fail "the $what of $repository: $problem"
    say "the $what of $repository stays as it is ($problem)"
}
# A deployed image is named by its digest and keeps its tag for ever (IMMUTABLE): a rule for images without a tag can never
# delete it, however many images are pushed after it, and however long ago it was deployed.
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
settle 'lifecycle policy' lifecycle-policy LifecyclePolicyNotFoundException put-lifecycle-policy --lifecycle-policy-text '{"rules":[
    {"rulePriority":1,"description":"layers without a tag","selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":7},"action":{"type":"expire"}}]}'
# Lambda pulls the image itself, when a function is created and when it has been idle.
# https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#gettingstarted-images-permissions
arn=$(aws ecr describe-repositories --region "$region" --repository-names "$repository" --query 'repositories[0].repositoryArn' --output text)
partition=${arn#arn:}
partition=${partition%%:*}
settle 'policy' repository-policy RepositoryPolicyNotFoundException set-repository-policy --policy-text '{"Version":"2012-10-17","Statement":[
    {"Sid":"LambdaPulls","Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"],
     "Condition":{"StringLike":{"aws:sourceArn":"arn:'"$partition:lambda:$region:$account"':function:*"}}}]}'
aws ecr get-repository-policy --region "$region" --repository-name "$repository" 2>/dev/null | grep -q 'lambda\.amazonaws\.com' ||
    say "the policy of $repository does not let lambda.amazonaws.com pull: the functions cannot start before it does"

uri=$(aws ecr describe-repositories --region "$region" --repository-names "$repository" --query 'repositories[0].repositoryUri' --output text)
registry=${uri%%/*}
aws ecr get-login-password --region "$region" | "$engine" login --username AWS --password-stdin "$registry" >/dev/null ||
    fail "$engine could not sign in to $registry"
say "pushing $uri:$tag"
"$engine" tag "sluice/$name:$tag" "$uri:$tag"
"$engine" push --quiet "$uri:$tag" >/dev/null || fail "the push of $uri:$tag failed; a tag can be used once only, leave -t out for a new one"
pushed=$(aws ecr describe-images --region "$region" --repository-name "$repository" --image-ids "imageTag=$tag" \
    --query 'imageDetails[0].[imageDigest,imageManifestMediaType]' --output text)
# shellcheck disable=SC2086 # two words: the digest and the type
set -- $pushed
case ${2:-} in
application/vnd.docker.distribution.manifest.v2+json | application/vnd.oci.image.manifest.v1+json) ;;
*) fail "$uri:$tag is not a single image but ${2:-of no known type}, which Lambda refuses; $engine has added something to it, as docker-buildx before 0.10.4 adds attestations: update it, or build with 'CONTAINER_ENGINE=podman'" ;;
esac
image=$uri@$1

# The selected stack uses the image from the next `pulumi up` on.
if command -v pulumi >/dev/null 2>&1 && stack=$(pulumi stack --show-name 2>/dev/null); then
    pulumi config set sluice:image "$image" --stack "$stack"
    pulumi config set sluice:architecture "$arch" --stack "$stack"
    say "kept as sluice:image of the stack $stack"
else
    say "no stack is selected; keep it with: pulumi config set sluice:image $image; pulumi config set sluice:architecture $arch"
fi
echo "$image"
