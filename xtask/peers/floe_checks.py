"""floe: types, and cells that must not be empty; writes accepted rows as Parquet and rejected ones as CSV.

Usage: floe_checks.py RESOURCE DATA FOLDER. Prints one JSON object: rows, faulty rows.
"""

import json
import sys
from pathlib import Path

import floe


def column(field):
    kind = field["type"]
    # floe knows dates in ISO form alone.
    if kind == "date" and field.get("format", "default") != "default":
        kind = "string"
    return {"name": field["name"], "type": kind, "nullable": not field.get("constraints", {}).get("required", False)}


def main():
    resource, data, folder = sys.argv[1:4]
    folder = Path(folder)
    fields = json.loads(Path(resource).read_text(encoding="utf-8"))["schema"]["fields"]
    entity = {
        "name": "rows",
        "source": {"format": "csv", "path": data, "options": {"header": True, "separator": ",", "encoding": "utf-8"}},
        "sink": {
            "accepted": {"format": "parquet", "path": str(folder / "accepted")},
            "rejected": {"format": "csv", "path": str(folder / "rejected")},
        },
        "policy": {"severity": "reject"},
        "schema": {"columns": [column(field) for field in fields]},
    }
    config = folder / "config.yml"
    # JSON is YAML.
    config.write_text(json.dumps({"version": "0.2", "report": {"path": str(folder / "report")}, "entities": [entity]}))
    outcome = floe.run(str(config))
    results = outcome.summary["results"]
    if not results["rows_total"]:
        raise SystemExit(f"floe has refused the whole file: {results}")
    print(json.dumps({"rows": results["rows_total"], "faulty": results["rejected_total"]}))


if __name__ == "__main__":
    main()
