"""Typed read with DuckDB plus the constraints of a descriptor as SQL; writes nothing.

At its best: the number of faulty rows, which reads all columns again, stands last in the query (first in it, the same query takes
half as long again), rows need no order, and there is no progress bar.

Usage: duckdb_checks.py RESOURCE DATA THREADS [PARQUET]. Prints one JSON object: rows, faulty rows. With PARQUET it writes the typed
rows there instead of counting broken constraints.
"""

import json
import sys

import duckdb

TYPES = {
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "datetime": "TIMESTAMP",
    "string": "VARCHAR",
}


def literal(value):
    return str(value) if isinstance(value, (int, float)) else "'" + str(value).replace("'", "''") + "'"


def breaks(field):
    """SQL that is true when the cell breaks a constraint."""
    name = f'"{field["name"]}"'
    for kind, value in field.get("constraints", {}).items():
        match kind:
            case "required":
                yield f"{name} is null"
            case "pattern":
                yield f"not regexp_full_match({name}, {literal(value)})"
            case "enum":
                yield f"{name} not in ({', '.join(map(literal, value))})"
            case "minimum":
                yield f"{name} < {literal(value)}"
            case "maximum":
                yield f"{name} > {literal(value)}"
            case "exclusiveMinimum":
                yield f"{name} <= {literal(value)}"
            case "exclusiveMaximum":
                yield f"{name} >= {literal(value)}"
            case "minLength":
                yield f"length({name}) < {value}"
            case "maxLength":
                yield f"length({name}) > {value}"
            case _:
                raise SystemExit(f"constraint {kind} is not translated")


def main():
    resource, data, threads, *parquet = sys.argv[1:]
    with open(resource, encoding="utf-8") as file:
        fields = json.load(file)["schema"]["fields"]
    formats = [field["format"] for field in fields if field["type"] == "date" and "format" in field]
    columns = ", ".join(f"'{field['name']}': '{TYPES[field['type']]}'" for field in fields)
    options = "header=true, delim=',', quote='\"', escape='\"', auto_detect=false, strict_mode=true, max_line_size=2000000"
    options += ", store_rejects=true, rejects_limit=0, null_padding=false"
    if formats:
        options += f", dateformat='{formats[0]}'"
    checks = [check for field in fields for check in breaks(field)]
    counts = ", ".join(f"count(*) filter (where {check})" for check in checks)
    faulty = " or ".join(f"coalesce({check}, false)" for check in checks)
    connection = duckdb.connect()
    connection.execute(f"set threads={threads}")
    connection.execute("set preserve_insertion_order=false")
    connection.execute("set enable_progress_bar=false")
    source = f"read_csv({literal(data)}, columns={{{columns}}}, {options})"
    if parquet:
        (rows,) = connection.execute(f"copy (select * from {source}) to {literal(parquet[0])} (format parquet, compression zstd)").fetchone()
        (rejected,) = connection.execute("select count(distinct line) from reject_errors").fetchone()
        print(json.dumps({"rows": rows + rejected, "faulty": rejected}))
        return
    # All rows are fetched: the table of rejects is there once the result has been read to its end.
    [row] = connection.execute(
        f"select count(*), {counts}, count(*) filter (where {faulty}) from {source}"
    ).fetchall()
    (rejected,) = connection.execute("select count(distinct line) from reject_errors").fetchone()
    print(json.dumps({"rows": row[0] + rejected, "faulty": row[-1] + rejected}))


if __name__ == "__main__":
    main()
