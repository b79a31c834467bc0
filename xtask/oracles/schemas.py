"""The schemas of docs/schemas as the package jsonschema reads them: they are JSON Schemas, and take descriptors and reports of the examples.

Usage: schemas.py SCHEMAS RESOURCE REPORT REJECTS. A difference is an exception.
"""

import json
import pathlib
import sys

from jsonschema import Draft202012Validator


def main():
    folder, resource, report, rejects = map(pathlib.Path, sys.argv[1:])
    schemas = {}
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        Draft202012Validator.check_schema(document)
        schemas[path.stem] = Draft202012Validator(document)
    schemas["descriptor"].validate(json.loads(resource.read_text(encoding="utf-8")))
    lines = report.read_text(encoding="utf-8").splitlines()
    for line in lines:
        schemas["report"].validate(json.loads(line))
    bad = json.loads(lines[0]) | {"verdict": "fine"}
    if schemas["report"].is_valid(bad):
        raise SystemExit("report.json takes a verdict that there is not")
    count = 0
    if rejects.exists():
        for line in rejects.read_text(encoding="utf-8").splitlines():
            schemas["reject"].validate(json.loads(line))
            count += 1
    print(f"{len(schemas)} schemas; {resource}: {len(lines)} reports and {count} rejects are valid")


main()
