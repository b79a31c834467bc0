"""Checks inputs against a schema of the AWS provider."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wire import UNKNOWN, Properties

PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "array": (list,),
    "object": (dict,),
}


@dataclass(frozen=True)
class Fault:
    """A fault of an input, and its place."""

    path: str
    reason: str


class Schema:
    """Resource types and their properties."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._resources = document["resources"]
        self._types = document["types"]

    @classmethod
    def load(cls, path: Path) -> Schema:
        """Reads a schema file."""
        return cls(json.loads(path.read_text()))

    def computed(self, token: str) -> list[str]:
        """Returns the names of properties of a resource that are not inputs."""
        resource = self._resources.get(token, {"properties": {}, "inputProperties": {}})
        return [name for name in resource["properties"] if name not in resource["inputProperties"]]

    def placeholder_outputs(self, token: str, name: str) -> Properties:
        """Returns a value of the right kind for each property of a resource that is not an input."""
        values = {"boolean": False, "integer": 0, "number": 0, "array": [], "object": {}}
        properties = self._resources.get(token, {}).get("properties", {})
        kinds = {output: properties[output].get("type", "object") for output in self.computed(token)}
        return {output: values.get(kind, f"{name}-{output}") for output, kind in kinds.items()}

    def faults(self, token: str, inputs: Properties) -> list[Fault]:
        """Returns all faults of the inputs of a resource."""
        resource = self._resources.get(token)
        if resource is None:
            return [Fault("", f"the schema has no resource {token}")]
        missing = [
            Fault(name, "is required and missing")
            for name in resource.get("requiredInputs", [])
            if inputs.get(name) is None
        ]
        return missing + self._object(inputs, resource["inputProperties"], "")

    def _object(self, value: Properties, properties: dict[str, Any], path: str) -> list[Fault]:
        faults = []
        for name, part in value.items():
            here = f"{path}.{name}" if path else name
            if name == "__defaults":
                continue
            if name not in properties:
                faults.append(Fault(here, "is not a property of this resource"))
            elif part is not None:
                faults += self._value(part, properties[name], here)
        return faults

    def _value(self, value: Any, shape: dict[str, Any], path: str) -> list[Fault]:
        if value == UNKNOWN:
            return []
        reference = shape.get("$ref")
        if reference is not None:
            properties = self._types.get(reference.removeprefix("#/types/"), {}).get("properties")
            if properties is None:
                return []  # an archive or another type of Pulumi's own
            if not isinstance(value, dict):
                return [Fault(path, "is not an object")]
            return self._object(value, properties, path)
        kind = shape["type"]
        if not isinstance(value, PYTHON_TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
            return [Fault(path, f"is not of the type {kind}")]
        if kind == "array":
            return [
                fault
                for index, item in enumerate(value)
                for fault in self._value(item, shape["items"], f"{path}[{index}]")
            ]
        if kind == "object" and "additionalProperties" in shape:
            return [
                fault
                for name, item in value.items()
                for fault in self._value(item, shape["additionalProperties"], f"{path}.{name}")
            ]
        return []
