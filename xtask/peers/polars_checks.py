"""Polars' own CSV reader, every column read as text, types and constraints as expressions; writes nothing.

Usage: polars_checks.py RESOURCE DATA. Prints one JSON object: rows, faulty rows.
"""

import json
import sys

import polars as pl


def typed(field):
    cell = pl.col(field["name"])
    match field["type"]:
        case "integer":
            return cell.cast(pl.Int64, strict=False)
        case "number":
            return cell.cast(pl.Float64, strict=False)
        case "date":
            return cell.str.strptime(pl.Date, field.get("format", "%Y-%m-%d"), strict=False)
        case "datetime":
            return cell.str.strptime(pl.Datetime, "%Y-%m-%dT%H:%M:%S", strict=False)
        case _:
            return cell


def breaks(field):
    """Expressions that are true when the cell is not of the type or breaks a constraint."""
    cell, value = pl.col(field["name"]), typed(field)
    if field["type"] == "boolean":
        yield ~cell.is_in(["true", "True", "TRUE", "1", "false", "False", "FALSE", "0"])
    elif field["type"] != "string":
        yield value.is_null() & cell.is_not_null()
    for kind, bound in field.get("constraints", {}).items():
        match kind:
            case "required":
                yield cell.is_null()
            case "pattern":
                yield ~cell.str.contains(f"^(?:{bound})$")
            case "enum":
                yield ~cell.is_in(bound)
            case "minimum":
                yield value < bound
            case "maximum":
                yield value > bound
            case "exclusiveMinimum":
                yield value <= bound
            case "exclusiveMaximum":
                yield value >= bound
            case "minLength":
                yield cell.str.len_chars() < bound
            case "maxLength":
                yield cell.str.len_chars() > bound
            case _:
                raise SystemExit(f"constraint {kind} is not translated")


def main():
    resource, data = sys.argv[1:3]
    with open(resource, encoding="utf-8") as file:
        fields = json.load(file)["schema"]["fields"]
    frame = pl.scan_csv(data, infer_schema=False, truncate_ragged_lines=True, encoding="utf8-lossy")
    checks = [check.fill_null(False).alias(f"c{place}") for place, check in enumerate(c for field in fields for c in breaks(field))]
    names = [f"c{place}" for place in range(len(checks))]
    row = (
        frame.select(checks)
        .select(
            pl.len().alias("rows"),
            *[pl.col(name).sum() for name in names],
            pl.any_horizontal(names).sum().alias("faulty"),
        )
        .collect(engine="streaming")
        .to_dicts()[0]
    )
    print(json.dumps({"rows": row["rows"], "faulty": row["faulty"]}))


if __name__ == "__main__":
    main()
