"""Tasks that Fargate refuses: sizes that it does not offer, capacity providers that the cluster does not have.

AWS: fargate-tasks-services.html#fargate-tasks-size, API_RunTask.html, fargate-capacity-providers.html.
"""

from __future__ import annotations

from typing import Any

# CPU units → MiB of memory.
SIZES: dict[int, list[int]] = {
    256: [512, 1024, 2048],
    512: list(range(1024, 4097, 1024)),
    1024: list(range(2048, 8193, 1024)),
    2048: list(range(4096, 16385, 1024)),
    4096: list(range(8192, 30721, 1024)),
    8192: list(range(16384, 61441, 4096)),
    16384: list(range(32768, 122881, 8192)),
}

PROVIDERS = frozenset({"FARGATE", "FARGATE_SPOT"})


def size(request: dict[str, Any], definition: dict[str, Any]) -> tuple[str, str]:
    """Returns CPU and memory of a task; values of the request override those of the task definition."""
    overrides = request.get("overrides", {})
    return str(overrides.get("cpu") or definition.get("cpu")), str(overrides.get("memory") or definition.get("memory"))


def size_fault(cpu: str, memory: str) -> str | None:
    """Returns why Fargate does not offer a task of this size; None if it does."""
    known = cpu.isdigit() and memory.isdigit() and int(memory) in SIZES.get(int(cpu), [])
    return None if known else f"No Fargate configuration exists for given values: {cpu} CPU, {memory} memory."


def provider_fault(request: dict[str, Any], cluster: dict[str, Any]) -> str | None:
    """Returns why the cluster does not place the task; None if it does."""
    for item in request.get("capacityProviderStrategy") or []:
        name = item.get("capacityProvider")
        if name in PROVIDERS and name not in cluster.get("capacityProviders", []):
            return f"The specified capacity provider '{name}' is not associated with the cluster."
    return None


def is_fargate(request: dict[str, Any]) -> bool:
    """Whether a request asks for Fargate."""
    strategy = request.get("capacityProviderStrategy") or []
    return request.get("launchType") == "FARGATE" or any(item.get("capacityProvider") in PROVIDERS for item in strategy)
