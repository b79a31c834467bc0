"""The image: built and pushed by build.sh, pulled by its digest, and run with as few rights as a container can have.

The engine and its client, the Pulumi CLI, the AWS CLI and the binary are genuine; the registry and S3 are the
emulator's. Not run here: an image for the architecture that this machine does not have (`build.sh -a arm64` on x86-64).
Its binary is built in a container from a base image of a public registry, by an engine with BuildKit and QEMU. All
other steps of build.sh are the same for both architectures, and are run here.
"""

from __future__ import annotations

import io
import json
import os
import platform
import statistics
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conftest import TAG, Pushed, Site, build
from deployment import IMAGE_NAME, REGION, STACK, required_variable
from name_server import NameServer
from tls_front import TlsFront, make_certificates

# The image is fetched for every task, so its size matters.
MOST_BYTES = 90_000_000

# The smallest task on Fargate, in bytes and processors:
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
LEAST_MEMORY = 512 << 20
LEAST_CPUS = 0.25

HOST = "aws.sluice.test"

# The fewest rights that a container can have.
NOTHING = ("--read-only", "--user", "12345:12345", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")

ROWS = b"id,day\n1,2026-11-01\n2,never\n3,2026-11-03\n"
CLEAN = b"id,day\n1,2026-11-01\n3,2026-11-03\n"
RESOURCE = json.dumps({"schema": {"fields": [{"name": "id", "type": "integer"}, {"name": "day", "type": "date"}]}})


@dataclass(frozen=True)
class Image:
    """An image in the engine."""

    site: Site
    name: str

    def run(self, *options: str, command: tuple[str, ...], timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Runs a container in the network of this machine, to its end."""
        words = ("run", "--rm", "--network=host", *options, self.name, *command)
        return self.site.engine.docker(*words, check=False, timeout=timeout)

    def inspect(self) -> dict[str, Any]:
        return json.loads(self.site.engine.docker("image", "inspect", self.name).stdout)[0]


@pytest.fixture(scope="module")
def image(site: Site, pushed: Pushed) -> Image:
    """The image, pulled by its digest by an engine that has not seen it before."""
    site.forget(pushed.repository)
    site.engine.docker("pull", "--quiet", pushed.uri)
    return Image(site, pushed.uri)


def test_repository_keeps_tags_scans_and_forgets_old_images(site: Site, pushed: Pushed) -> None:
    ecr = site.deployment.client("ecr")
    [repository] = ecr.describe_repositories(repositoryNames=[IMAGE_NAME])["repositories"]
    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
    policy = json.loads(ecr.get_lifecycle_policy(repositoryName=IMAGE_NAME)["lifecyclePolicyText"])
    rules = {rule["rulePriority"]: (rule["selection"], rule["action"]) for rule in policy["rules"]}
    expire = {"type": "expire"}
    unit = {"countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7}
    # A deployed image has a tag, so no lifecycle rule can delete it.
    assert rules == {1: ({"tagStatus": "untagged", **unit}, expire)}
    assert "making the repository" in pushed.said


def test_what_is_printed_is_the_pushed_image_by_its_digest(site: Site, pushed: Pushed) -> None:
    ecr = site.deployment.client("ecr")
    [repository] = ecr.describe_repositories(repositoryNames=[IMAGE_NAME])["repositories"]
    [found] = ecr.describe_images(repositoryName=IMAGE_NAME, imageIds=[{"imageTag": TAG}])["imageDetails"]
    assert pushed.uri == f"{repository['repositoryUri']}@{found['imageDigest']}"


def test_selected_stack_is_told_image_and_architecture(pushed: Pushed) -> None:
    assert pushed.kept["sluice:image"] == pushed.uri
    assert pushed.kept["sluice:architecture"] == {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    assert f"build.sh: kept as sluice:image of the stack {STACK}\n" in pushed.said


@pytest.mark.usefixtures("pushed")
def test_tag_that_is_used_is_refused_before_anything_is_built(site: Site) -> None:
    again = build("-i", "process-data", "-r", REGION, "-t", TAG, environment=site.environment)
    assert (again.returncode, again.stdout, again.stderr) == (
        1,
        "",
        f"build.sh: {IMAGE_NAME} has an image with the tag {TAG}, and a tag can be used once only; leave -t out for a "
        "new one\n",
    )


def test_tag_that_is_used_is_refused_at_the_push_of_those_who_may_not_look(
    site: Site, pushed: Pushed, tmp_path: Path
) -> None:
    # A CLI whose user has no right to describe images.
    refuse = '[ "$2" = describe-images ] && echo AccessDeniedException >&2 && exit 254'
    (tmp_path / "aws").write_text(f'#!/bin/sh\n{refuse}\nexec "{required_variable("SLUICE_AWS")}" "$@"\n')
    (tmp_path / "aws").chmod(0o755)
    environment = {**site.environment, "PATH": f"{tmp_path}:{site.environment['PATH']}"}
    again = build("-i", "process-data", "-r", REGION, "-t", TAG, environment=environment)
    assert (again.returncode, again.stdout) == (1, "")
    assert "cannot be overwritten because the repository is immutable" in again.stderr
    assert again.stderr.endswith(
        f"build.sh: the push of {pushed.repository}:{TAG} failed; a tag can be used once only, leave -t out for a new "
        "one\n"
    )


def test_without_a_stack_it_says_what_to_set(site: Site, pushed: Pushed, tmp_path: Path) -> None:
    environment = {**site.environment, "PULUMI_HOME": str(tmp_path)}
    done = build("-i", "process-data", "-r", REGION, "-t", f"{TAG}-again", environment=environment)
    assert done.returncode == 0, done.stderr
    images = [{"imageTag": f"{TAG}-again"}]
    [found] = site.deployment.client("ecr").describe_images(repositoryName=IMAGE_NAME, imageIds=images)["imageDetails"]
    uri = f"{pushed.repository}@{found['imageDigest']}"
    assert done.stdout == f"{uri}\n"
    assert f"no stack is selected; keep it with: pulumi config set sluice:image {uri}; pulumi config" in done.stderr
    assert "making the repository" not in done.stderr


def test_image_is_one_program_and_roots_of_trust_for_nobody(image: Image, figures: list[str]) -> None:
    inspected = image.inspect()
    assert inspected["Config"]["User"] == "65532:65532"
    assert inspected["Config"]["Entrypoint"] == ["/sluice"]
    assert not inspected["Config"].get("Cmd")
    docker = image.site.engine.docker
    container = docker("create", image.name).stdout.strip()
    try:
        exported = subprocess.run(
            ["docker", "export", container],
            env={**os.environ, **image.site.engine.environment},
            capture_output=True,
            check=True,
        ).stdout
    finally:
        docker("rm", container)
    with tarfile.open(fileobj=io.BytesIO(exported)) as archive:
        # The engine adds empty files and folders as mount points.
        files = {member.name: member.size for member in archive if member.isfile() and member.size}
    assert set(files) == {"sluice", "etc/ssl/certs/ca-certificates.crt"}
    figures.append(f"image: {inspected['Size'] / 1e6:.1f} MB, of which the program {files['sluice'] / 1e6:.1f} MB")
    assert inspected["Size"] <= MOST_BYTES


def test_version_is_that_of_the_program(image: Image) -> None:
    expected = subprocess.run(
        [required_variable("SLUICE_BINARY"), "--version"], capture_output=True, text=True, check=True
    ).stdout
    done = image.run(command=("--version",))
    assert (done.returncode, done.stdout, done.stderr) == (0, expected, "")


@pytest.mark.parametrize("options", [(), NOTHING], ids=["as it is", "with nothing"])
def test_file_of_a_read_only_mount_is_checked(image: Image, tmp_path: Path, options: tuple[str, ...]) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "rows.csv").write_bytes(ROWS)
    (tmp_path / "resource.json").write_text(RESOURCE)
    arguments = ("check", "/data/rows.csv", "--resource", "/data/resource.json", "--format", "json")
    done = image.run(*options, "--volume", f"{tmp_path}:/data:ro", command=arguments)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["verdict"] == "accepted"
    assert (report["rows"]["read"], report["rows"]["clean"], report["rows"]["rejected"]) == (3, 2, 1)


@pytest.mark.parametrize("options", [(), NOTHING], ids=["as it is", "with nothing"])
def test_refused_file_is_an_exit_code(image: Image, tmp_path: Path, options: tuple[str, ...]) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "empty.csv").write_bytes(b"")
    done = image.run(*options, "--volume", f"{tmp_path}:/data:ro", command=("check", "/data/empty.csv"))
    assert done.returncode == 1, done.stderr


# Keys in random order, more than fit: each counts as 56 bytes.
KEYS = 40_000
KEY_BYTES = 1 << 20


def keyed(tmp_path: Path) -> tuple[str, ...]:
    """Writes a file whose keys do not fit in memory, the last one a repetition; returns the command to check it."""
    numbers = [(number * 7919) % 1_000_003 for number in range(1, KEYS + 1)]
    rows = "".join(f"{number}\n" for number in [*numbers, numbers[0]])
    tmp_path.chmod(0o755)
    (tmp_path / "rows.csv").write_text(f"id\n{rows}")
    schema = {"fields": [{"name": "id", "type": "integer"}], "primaryKey": ["id"]}
    (tmp_path / "resource.json").write_text(
        json.dumps({"schema": schema, "sluice": {"limits": {"keyBytes": KEY_BYTES}}})
    )
    return ("check", "/data/rows.csv", "--resource", "/data/resource.json", "--format", "json")


@pytest.mark.parametrize(
    "options", [("--read-only", "--cap-drop", "ALL"), NOTHING], ids=["as a task", "as another user"]
)
def test_keys_that_do_not_fit_in_memory_go_to_the_volume(
    image: Image, tmp_path: Path, options: tuple[str, ...]
) -> None:
    command = keyed(tmp_path)
    done = image.run(*options, "--volume", f"{tmp_path}:/data:ro", command=command)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["rows"]["clean"], report["errors"]) == (KEYS, {"primary-key": 1})
    # The keys do go to the volume: if it is too small, the file fails and says so.
    full = (*options, "--mount=type=tmpfs,destination=/tmp,tmpfs-size=65536", "--volume", f"{tmp_path}:/data:ro")
    done = image.run(*full, command=command)
    assert done.returncode == 74, done.stderr
    failure = json.loads(done.stdout)["failure"]
    assert failure["code"] == "full"
    assert "a temporary file in /tmp: No space left on device" in failure["message"]


def test_folder_for_temporary_files_is_a_volume_of_nobody(image: Image) -> None:
    assert image.inspect()["Config"]["Volumes"] == {"/tmp": {}}
    docker = image.site.engine.docker
    container = docker("create", image.name).stdout.strip()
    try:
        exported = subprocess.run(
            ["docker", "cp", f"{container}:/tmp", "-"],
            env={**os.environ, **image.site.engine.environment},
            capture_output=True,
            check=True,
        ).stdout
    finally:
        docker("rm", "--volumes", container)
    with tarfile.open(fileobj=io.BytesIO(exported)) as archive:
        [folder] = archive.getmembers()
    assert (folder.isdir(), folder.uid, folder.gid, folder.mode & 0o7777) == (True, 65532, 65532, 0o1777)


def signed_in(endpoint: str) -> list[str]:
    """Returns options that give a container the settings to reach AWS."""
    variables = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    return [f"--env={name}={value}" for name, value in variables.items()]


def test_smallest_task_checks_a_file_larger_than_its_memory(image: Image, site: Site, figures: list[str]) -> None:
    fields = [{"name": "id", "type": "integer"}, {"name": "day", "type": "date"}, {"name": "note", "type": "string"}]
    header = b"id,day,note\n"
    rows = b"".join(b"%d,2026-11-%02d,%s\n" % (row, 1 + row % 28, b"n" * (row % 400)) for row in range(10_000))
    copies = LEAST_MEMORY // len(rows) + 1
    s3 = site.deployment.client("s3")
    bucket = f"large-{time.time_ns()}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=bucket, Key="a/resource.json", Body=json.dumps({"schema": {"fields": fields}}).encode())
    # A bad row at the end: it is rejected only if the whole file is read.
    s3.put_object(Bucket=bucket, Key="a/incoming/rows.csv", Body=header + rows * copies + b"x,2026-11-01,\n")

    def run(memory: int) -> subprocess.CompletedProcess[str]:
        limits = (f"--memory={memory}", f"--memory-swap={memory}", f"--cpus={LEAST_CPUS}")
        command = ("run", f"s3://{bucket}", "--format", "json")
        return image.run(*NOTHING, *limits, *signed_in(site.deployment.endpoint), command=command, timeout=600)

    # The engine enforces the limit: with too little memory the container is killed.
    assert run(LEAST_MEMORY // 16).returncode == 137
    begun = time.monotonic()
    done = run(LEAST_MEMORY)
    assert done.returncode == 0, done.stderr
    counts = json.loads(done.stdout.splitlines()[0])["rows"]
    assert (counts["clean"], counts["rejected"]) == (10_000 * copies, 1)
    cleaned = s3.head_object(Bucket=bucket, Key="a/clean/rows.csv")["ContentLength"]
    assert cleaned == len(header) + len(rows) * copies
    figures.append(f"{cleaned / 1e6:.0f} MB in 512 MiB with 0.25 vCPU: {time.monotonic() - begun:.0f} s")


# Inputs with large outputs: rows shorter than their rejects, cells six times as long in JSON, very many columns.
GREEDY = {
    "rows of two bytes": b"a,b\n" + b"1\n" * 20_000_000,
    "cells of control characters": b"a,b\n" + (b"\x01" * 8_000_000 + b"\n") * 6,
    "a long label": b"a," + b"b" * 1000 + b"\n" + b"1\n" * 4_000_000,
    "many columns": b",".join(b"c%d" % column for column in range(4096)) + b"\n" + (b"," * 4095 + b",\n") * 4000,
}


@pytest.mark.parametrize("shape", GREEDY)
def test_input_that_multiplies_fits_the_smallest_task(image: Image, tmp_path: Path, shape: str) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o777)
    (folder / "in.csv").write_bytes(GREEDY[shape])
    limits = (f"--memory={LEAST_MEMORY}", f"--memory-swap={LEAST_MEMORY}", f"--volume={folder}:/data")
    command = ("check", "/data/in.csv", "--rejects", "/data/rejects.jsonl", "--threads", "4", "--format", "json")
    done = image.run(*NOTHING, *limits, command=command, timeout=300)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout.splitlines()[0])
    assert report["rows"]["read"] == report["rows"]["rejected"] == GREEDY[shape].count(b"\n") - 1
    written = (folder / "rejects.jsonl").stat().st_size
    assert written <= 24 * len(GREEDY[shape]) + (17 << 20)


@pytest.fixture(scope="module")
def name_server() -> Iterator[NameServer]:
    server = NameServer(HOST)
    yield server
    server.close()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A certificate authority, a certificate for the host, and the key of the certificate."""
    folder = tmp_path_factory.mktemp("certificates")
    folder.chmod(0o755)
    return make_certificates(folder, HOST)


@pytest.fixture
def front(site: Site, certificates: tuple[Path, Path, Path]) -> Iterator[TlsFront]:
    """The emulator behind TLS."""
    host, _, port = site.deployment.endpoint.removeprefix("http://").partition(":")
    front = TlsFront((host, int(port)), *certificates[1:])
    yield front
    front.close()


@pytest.fixture
def intake(site: Site, name_server: NameServer, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs an intake in a container from a bucket with one file; checks the outputs if it succeeds."""
    s3 = site.deployment.client("s3")
    bucket = f"intake-{time.time_ns()}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=bucket, Key="a/incoming/rows.csv", Body=ROWS)
    s3.put_object(Bucket=bucket, Key="a/resource.json", Body=RESOURCE.encode())
    resolver = tmp_path / "resolv.conf"
    resolver.write_text(f"nameserver {name_server.address}\n")
    tmp_path.chmod(0o755)

    def run(image: Image, endpoint: str, *options: str) -> subprocess.CompletedProcess[str]:
        name_server.asked.clear()
        resolved = f"--volume={resolver}:/etc/resolv.conf:ro"
        done = image.run(*NOTHING, *signed_in(endpoint), resolved, *options, command=("run", f"s3://{bucket}"))
        assert HOST in name_server.asked, done.stderr
        if done.returncode == 0:
            assert s3.get_object(Bucket=bucket, Key="a/clean/rows.csv")["Body"].read() == CLEAN
        return done

    return run


def test_host_names_are_resolved_by_dns(image: Image, site: Site, intake: Callable[..., Any]) -> None:
    port = site.deployment.endpoint.rpartition(":")[2]
    done = intake(image, f"http://{HOST}:{port}")
    assert done.returncode == 0, done.stderr


def mounted(authority: Path) -> tuple[str, str]:
    """Returns options that make a container trust an authority."""
    return f"--volume={authority}:/authority.pem:ro", "--env=SSL_CERT_FILE=/authority.pem"


def test_tls_with_an_authority_that_is_given(
    image: Image, intake: Callable[..., Any], front: TlsFront, certificates: tuple[Path, Path, Path]
) -> None:
    done = intake(image, f"https://{HOST}:{front.port}", *mounted(certificates[0]))
    assert done.returncode == 0, done.stderr
    assert front.accepted
    assert not front.refusals


def test_tls_with_the_roots_of_the_image_itself(
    site: Site, intake: Callable[..., Any], front: TlsFront, certificates: tuple[Path, Path, Path]
) -> None:
    # build.sh puts the root certificates of the machine into the image; here the test's authority is one of them.
    environment = {**site.environment, "SSL_CERT_FILE": str(certificates[0])}
    done = build("-n", "-i", "trusting", "-t", TAG, environment=environment)
    assert (done.returncode, done.stdout) == (0, f"sluice/trusting:{TAG}\n"), done.stderr
    trusting = Image(site, f"sluice/trusting:{TAG}")
    try:
        ran = intake(trusting, f"https://{HOST}:{front.port}")
    finally:
        site.engine.docker("image", "rm", "--force", trusting.name)
    assert ran.returncode == 0, ran.stderr
    assert front.accepted


def test_certificate_of_an_unknown_authority_is_refused_and_told(
    image: Image, intake: Callable[..., Any], front: TlsFront, figures: list[str]
) -> None:
    begun = time.monotonic()
    done = intake(image, f"https://{HOST}:{front.port}")
    assert done.returncode == 74, done.stderr
    # The error comes after as many attempts as the SDK makes for every request.
    assert "TLS handshake failed: invalid peer certificate: UnknownIssuer" in done.stderr
    assert not front.accepted
    assert front.refusals
    figures.append(f"an unknown authority is told after {time.monotonic() - begun:.1f} s")


def test_time_to_start(image: Image, figures: list[str]) -> None:
    def median(start: Callable[[], subprocess.CompletedProcess[Any]]) -> float:
        seconds = []
        for _ in range(5):
            begun = time.monotonic()
            assert start().returncode == 0
            seconds.append(time.monotonic() - begun)
        return statistics.median(seconds)

    inside = median(lambda: image.run(command=("--version",)))
    plain = median(
        lambda: subprocess.run([required_variable("SLUICE_BINARY"), "--version"], capture_output=True, check=False)
    )
    figures.append(f"start, median of 5: {inside:.2f} s with docker run, {plain:.3f} s as a process")
