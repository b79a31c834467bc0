"""Names that the provider makes up if the program gives none."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from wire import Properties

# The property that lists which properties the provider itself has filled in, as in the genuine provider.
DEFAULTS = "__defaults"


@dataclass(frozen=True)
class Naming:
    """How resources of a type are named."""

    name: str = "name"
    prefix: str = "namePrefix"
    lower: bool = False


def with_name(naming: Naming, logical: str, seed: bytes, olds: Properties, news: Properties) -> Properties:
    """Returns the inputs with a name: the given one, the present one, or a new one made from the logical name."""
    if news.get(naming.name) is not None:
        return news | {DEFAULTS: []}
    if naming.name in olds.get(DEFAULTS, []) and news.get(naming.prefix) == olds.get(naming.prefix):
        name = olds[naming.name]
    else:
        ending = hashlib.sha256(seed + logical.encode()).hexdigest()[:7]
        stem = news.get(naming.prefix) or f"{logical}-"
        name = f"{stem.lower() if naming.lower else stem}{ending}"
    return news | {naming.name: name, DEFAULTS: [naming.name]}


def is_given(naming: Naming | None, inputs: Properties) -> bool:
    """Whether the program has chosen the name, which two resources cannot have at once."""
    return naming is not None and naming.name not in inputs.get(DEFAULTS, [])
