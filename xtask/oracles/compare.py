"""The rejects of Sluice against those of frictionless, fault by fault, and against DuckDB, by field and kind of fault.

Usage: compare.py RESOURCE DATA REJECTS. Prints what was compared; differences go to standard error and give exit code 1.
"""

import collections
import gzip
import json
import os
import re
import shutil
import sys
import tempfile

import duckdb
from frictionless import Resource, system

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers"))
import duckdb_checks

# One error for each absent or surplus cell there, one for the first of them in Sluice.
STRUCTURAL = {"missing-cell", "extra-cell"}
# Not a fault in Sluice: blank rows are skipped and counted.
LEFT_OUT = {"blank-row"}


def of_sluice(rejects):
    faults = set()
    if os.path.exists(rejects):
        with open(rejects, encoding="utf-8") as lines:
            for line in lines:
                reject = json.loads(line)
                for error in reject["errors"]:
                    faults.add((reject["record"], error.get("column"), error["code"], error.get("constraint")))
    return faults


def of_frictionless(descriptor, data):
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
    if not report.tasks or report.errors:
        sys.exit("frictionless: " + "; ".join(error.message for error in report.errors))
    faults, first = set(), {}
    for error in report.tasks[0].errors:
        if error.type in LEFT_OUT:
            continue
        row, column = error.row_number, error.field_number
        if error.type in STRUCTURAL:
            key = (row, error.type)
            first[key] = min(column, first.get(key, column))
            continue
        constraint = re.search(r'constraint "(\w+)"', error.note) if error.type == "constraint-error" else None
        faults.add((row, column, error.type, constraint.group(1) if constraint else None))
    # The cells of a row of the wrong length are not checked further in Sluice; an absent cell is not "required" there.
    lengths = {row for row, _ in first}
    faults = {fault for fault in faults if fault[0] not in lengths}
    return faults | {(row, column, kind, None) for (row, kind), column in first.items()}


def of_duckdb(fields, data):
    """Number of faults by field and kind; rows of the wrong length only as a number of rows."""
    connection = duckdb.connect()
    formats = [field["format"] for field in fields if field["type"] == "date" and "format" in field]
    columns = ", ".join(f"{duckdb_checks.literal(field['name'])}: '{duckdb_checks.TYPES[field['type']]}'" for field in fields)
    date_format = f", dateformat='{formats[0]}'" if formats else ""
    table = (
        f"read_csv({duckdb_checks.literal(data)}, columns={{{columns}}}, header=true, delim=',', quote='\"', escape='\"', "
        f"auto_detect=false, strict_mode=true, store_rejects=true, rejects_limit=0, null_padding=false{date_format})"
    )
    checks = [
        (field["name"], kind, check)
        for field in fields
        for kind, check in zip(field.get("constraints", {}), duckdb_checks.breaks(field), strict=True)
    ]
    counts = collections.Counter()
    if checks:
        selected = ", ".join(f"count(*) filter (where {check})" for _, _, check in checks)
        # All rows are fetched: the table of rejects is there once the result has been read to its end.
        [row] = connection.execute(f"select {selected} from {table}").fetchall()
        for (name, kind, _), count in zip(checks, row, strict=True):
            counts[name, "constraint-error", kind] += count
    lengths = set()
    for name, kind, line in connection.execute("select column_name, error_type, line from reject_errors").fetchall():
        if kind == "CAST":
            counts[name, "type-error", None] += 1
        else:
            lengths.add((line, "extra-cell" if kind == "TOO MANY COLUMNS" else "missing-cell"))
    for _, kind in lengths:
        counts[None, kind, None] += 1
    return +counts


def counted(fields, faults):
    counts = collections.Counter()
    for _, column, code, constraint in faults:
        counts[None if code in STRUCTURAL else fields[column - 1]["name"], code, constraint] += 1
    return counts


def main():
    resource, data, rejects = sys.argv[1:4]
    with open(resource, encoding="utf-8") as file:
        descriptor = json.load(file)
    fields = json.loads(json.dumps(descriptor["schema"]["fields"]))
    with tempfile.TemporaryDirectory() as folder:
        plain = data
        if data.endswith(".gz"):
            plain = os.path.join(folder, os.path.basename(data).removesuffix(".gz"))
            with gzip.open(data) as source, open(plain, "wb") as target:
                shutil.copyfileobj(source, target)
        own = of_sluice(rejects)
        their = of_frictionless(descriptor, plain)
        counts = of_duckdb(fields, plain)
    failed = False
    for fault in sorted(own ^ their, key=repr)[:20]:
        failed = True
        print(f"{data}: only in {'Sluice' if fault in own else 'frictionless'}: {fault}", file=sys.stderr)
    own_counts = counted(fields, own)
    for key in sorted(own_counts.keys() | counts.keys(), key=repr):
        if own_counts[key] != counts[key]:
            failed = True
            print(f"{data}: {key}: Sluice {own_counts[key]}, DuckDB {counts[key]}", file=sys.stderr)
    if failed:
        sys.exit(1)
    print(f"{data}: {len(own)} faults, the same in frictionless; the same numbers in DuckDB")


if __name__ == "__main__":
    main()
