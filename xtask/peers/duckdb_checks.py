"""Typed read with DuckDB plus the constraints of a descriptor as SQL; writes nothing.

Usage: duckdb_checks.py RESOURCE DATA THREADS. Prints one JSON object: rows, faulty rows.
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
    resource, data, threads = sys.argv[1:4]
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
    # All rows are fetched: the table of rejects is there once the result has been read to its end.
    [row] = connection.execute(
        f"select count(*), count(*) filter (where {faulty}), {counts} from read_csv({literal(data)}, columns={{{columns}}}, {options})"
    ).fetchall()
    (rejected,) = connection.execute("select count(distinct line) from reject_errors").fetchone()
    print(json.dumps({"rows": row[0] + rejected, "faulty": row[1] + rejected}))


if __name__ == "__main__":
    main()
