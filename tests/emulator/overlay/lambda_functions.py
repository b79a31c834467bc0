"""Lambda: runs functions from images as processes that use the Lambda Runtime API.

AWS: images-create.html, runtimes-api.html, configuration-envvars.html (defined runtime environment variables),
API_ImageConfig.html.

MiniStack runs images in Docker with an interface emulator in the image, and functions of the `provided` runtimes as
processes. Here an image becomes such a process: a package whose `bootstrap` runs the command of the image.
"""

from __future__ import annotations

import io
import os
import shlex
import zipfile
from typing import TYPE_CHECKING, Any

from ministack.core import lambda_runtime
from ministack.core.responses import error_response_json, get_region
from ministack.services import lambda_svc

from overlay import execution_roles
from overlay.ecr import image_fault, with_local_registry
from policies import judge
from policies.sessions import session_of

if TYPE_CHECKING:
    from engine import ProcessEngine

_provided_worker_env = lambda_svc._provided_worker_env
_execute_function_docker = lambda_svc._execute_function_docker
_create_function = lambda_svc._create_function
_emit_lambda_logs = lambda_svc._emit_lambda_logs

SERVICE = "lambda.amazonaws.com"

# A label of the container, by which a test knows the function that it belongs to.
FUNCTION_LABEL = "function-name"

# Variables of the emulator's environment that a function sees.
INHERITED = ("PATH", "TMPDIR")

# Variables that tell the Docker client where its engine is.
DOCKER = ("DOCKER_HOST", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH")

_engine: ProcessEngine | None = None


def _image_config(config: dict[str, Any]) -> dict[str, Any]:
    return (config.get("ImageConfigResponse") or {}).get("ImageConfig") or {}


def _command(config: dict[str, Any]) -> list[str]:
    """Returns the command line of a function from an image: ImageConfig's Command follows the entry point."""
    image_config = _image_config(config)
    if _engine is not None:
        return _engine.images.command(config["ImageUri"], image_config.get("EntryPoint"), image_config.get("Command"))
    entry_point = image_config.get("EntryPoint") or []
    # With an init process, as Lambda has one: the first process of a container ignores SIGTERM.
    docker = ["docker", "run", "--rm", "--init", "--network=host", "--read-only", "--tmpfs=/tmp"]
    docker += ["--env-file=environment", f"--label={FUNCTION_LABEL}={config['FunctionName']}"]
    docker += [f"--entrypoint={entry_point[0]}"] if entry_point else []
    return [*docker, with_local_registry(config["ImageUri"]), *entry_point[1:], *(image_config.get("Command") or [])]


def _package(command: list[str]) -> bytes:
    """Returns a deployment package whose bootstrap runs the command."""
    script = ["#!/bin/sh"]
    if _engine is None:
        # A container gets the environment of the function only through this file.
        script.append("env | grep -E '^(AWS|SLUICE|LAMBDA|_HANDLER|RUST)' > environment")
        # The address of the engine, which a function does not inherit.
        script += [f"export {name}={shlex.quote(os.environ[name])}" for name in DOCKER if name in os.environ]
    script.append(f"exec {shlex.join(command)}\n")
    entry = zipfile.ZipInfo("bootstrap", date_time=(1980, 1, 1, 0, 0, 0))
    entry.external_attr = 0o755 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr(entry, "\n".join(script))
    return buffer.getvalue()


def create_function(data: dict[str, Any]) -> Any:
    """CreateFunction: refuses a role that Lambda may not assume, and an image that it may not or cannot use.

    AWS: API_CreateFunction.html (InvalidParameterValueException), images-create.html#images-reqs.
    """
    if not judge.trusts(str(data.get("Role", "")), SERVICE, ""):
        message = "The role defined for the function cannot be assumed by Lambda."
        return error_response_json("InvalidParameterValueException", message, 400)
    image = (data.get("Code") or {}).get("ImageUri")
    if image:
        try:
            execution_roles.check_pull(image, str(data.get("FunctionName", "")))
        except judge.Denied as denied:
            return error_response_json("AccessDeniedException", f"Lambda may not pull {image}: {denied}", 403)
        if fault := image_fault(image):
            return error_response_json("InvalidParameterValueException", fault, 400)
    return _create_function(data)


def emit_logs(function: dict[str, Any], *rest: Any, **named: Any) -> None:
    """Writes the output of a function to its log, with the rights of its role."""
    if execution_roles.may_log(function.get("config") or function):
        _emit_lambda_logs(function, *rest, **named)


def execute_image(function: dict[str, Any], event: dict[str, Any], request_id: str) -> dict[str, Any]:
    """Invokes a function; a function from an image runs as a process."""
    config = function.get("config") or function
    if config.get("PackageType") != "Image":
        return _execute_function_docker(function, event, request_id)
    try:
        package = _package(_command(config))
    except LookupError as error:
        return {"body": {"errorType": "Runtime.InvalidEntrypoint", "errorMessage": str(error)}, "error": True}
    provided = {"config": config | {"Runtime": "provided.al2023"}, "code_zip": package}
    return lambda_svc._execute_function_provided_warm(provided, event, request_id)


def worker_environment(config: dict[str, Any], folder: str, port: int) -> dict[str, str]:
    """Returns the environment of a function: the variables of Lambda and its own, none of the emulator."""
    whole = _provided_worker_env(config, folder, port)
    own = (config.get("Environment") or {}).get("Variables") or {}
    inherited = set(os.environ) - set(INHERITED) - set(own)
    defined = {name: value for name, value in whole.items() if name not in inherited}
    return defined | {
        "AWS_ENDPOINT_URL": os.environ["AWS_ENDPOINT_URL"],
        "AWS_REGION": get_region(),
        "AWS_DEFAULT_REGION": get_region(),
        "AWS_EXECUTION_ENV": "AWS_Lambda_Image",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        **session_of(config["Role"], config["FunctionName"]).variables(),
    }


def install(engine: ProcessEngine | None) -> None:
    """Replaces functions of MiniStack by those of this module."""
    global _engine
    _engine = engine
    lambda_svc._execute_function_docker = execute_image
    lambda_svc._provided_worker_env = worker_environment
    lambda_svc._create_function = create_function
    lambda_svc._emit_lambda_logs = emit_logs


def stop() -> None:
    """Ends the processes of all functions."""
    lambda_runtime.reset()
