"""frictionless with the descriptor as it is.

Usage: frictionless_checks.py RESOURCE DATA. Prints one JSON object: rows, faulty rows.
"""

import json
import os
import sys

from frictionless import Resource, system


def main():
    resource, data = sys.argv[1:3]
    with open(resource, encoding="utf-8") as file:
        descriptor = json.load(file)
    # A property of version 2 of the standard that frictionless does not know; "exact" is what it does.
    descriptor["schema"].pop("fieldsMatch", None)
    table = {
        "$schema": "https://datapackage.org/profiles/2.0/dataresource.json",
        "name": "data",
        "path": os.path.basename(data),
        "schema": descriptor["schema"],
        "encoding": "utf-8",
    }
    with system.use_context(trusted=True):
        checked = Resource.from_descriptor(table, basepath=os.path.dirname(os.path.abspath(data)))
        report = checked.validate(limit_errors=10**7)
    if not report.tasks:
        raise SystemExit("\n".join(error.message for error in report.errors))
    task = report.tasks[0]
    faulty = {getattr(error, "row_number", None) for error in task.errors if error.type != "blank-row"}
    print(json.dumps({"rows": task.stats.get("rows"), "faulty": len(faulty)}))


if __name__ == "__main__":
    main()
