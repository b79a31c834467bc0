"""The Parquet file of Sluice as DuckDB and Polars read it, against the clean CSV file and the schema.

Usage: parquet.py RESOURCE CLEAN PARQUET. Prints what was compared; differences go to standard error and give exit code 1.
"""

import json
import sys

import duckdb
import polars

TYPES = {
    "integer": ("BIGINT", polars.Int64),
    "year": ("BIGINT", polars.Int64),
    "number": ("DOUBLE", polars.Float64),
    "boolean": ("BOOLEAN", polars.Boolean),
    "date": ("DATE", polars.Date),
    "datetime": ("TIMESTAMP", polars.Datetime("us")),
    "time": ("TIME", polars.Time),
}


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def expected(field, missing):
    """The SQL of a cell of the CSV file as its type, or None where DuckDB reads texts in another way."""
    cell = quoted(field["name"])
    for text in field.get("missingValues", missing):
        cell = f"nullif({cell}, {literal(text)})"
    kind, form = field.get("type", "string"), field.get("format", "default")
    if kind in ("string", "any"):
        return cell
    if kind == "date" and "%" in form:
        return f"CAST(strptime({cell}, {literal(form)}) AS DATE)"
    if kind in ("integer", "number") and ("groupChar" in field or "decimalChar" in field or field.get("bareNumber") is False):
        return None
    if kind in ("integer", "number", "date") and form == "default":
        return f"CAST({cell} AS {TYPES[kind][0]})"
    return None


def main(resource, clean, parquet):
    with open(resource, encoding="utf-8") as text:
        descriptor = json.load(text)
    fields = descriptor["schema"]["fields"]
    missing = descriptor["schema"].get("missingValues", [""])
    mistakes = []
    stored = duckdb.sql(f"SELECT * FROM read_parquet({literal(parquet)})")
    for field, name, kind in zip(fields, stored.columns, stored.types, strict=True):
        wanted = TYPES.get(field.get("type", "string"), ("VARCHAR", None))[0]
        if (field["name"], wanted) != (name, str(kind)):
            mistakes.append(f"DuckDB reads {name} as {kind}, not {wanted}")
    frame = polars.read_parquet(parquet)
    for field, (name, kind) in zip(fields, frame.schema.items(), strict=True):
        wanted = TYPES.get(field.get("type", "string"), (None, polars.String))[1]
        if (field["name"], wanted) != (name, kind):
            mistakes.append(f"Polars reads {name} as {kind}, not {wanted}")
    # Both read the same values: as Python objects, row by row.
    if stored.fetchall() != frame.rows():
        mistakes.append("DuckDB and Polars read different values")
    told = [(field["name"], sql) for field in fields if (sql := expected(field, missing))]
    csv = f"read_csv({literal(clean)}, all_varchar = true, header = true, nullstr = '\x01', delim = ',', quote = '\"', escape = '\"')"
    columns = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in told)
    names = ", ".join(quoted(name) for name, _ in told)
    wanted = duckdb.sql(f"SELECT {columns} FROM {csv}").fetchall()
    found = duckdb.sql(f"SELECT {names} FROM read_parquet({literal(parquet)})").fetchall()
    if wanted != found:
        row = next((row for row, pair in enumerate(zip(wanted, found)) if pair[0] != pair[1]), min(len(wanted), len(found)))
        mistakes.append(f"row {row}: {found[row : row + 1]}, not {wanted[row : row + 1]}")
    if mistakes:
        sys.exit(f"{parquet}: " + "; ".join(mistakes))
    print(f"{parquet}: {len(found)} rows, {len(told)} of {len(fields)} columns as in the clean file, for DuckDB and Polars")


if __name__ == "__main__":
    main(*sys.argv[1:])
