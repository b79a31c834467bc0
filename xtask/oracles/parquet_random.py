"""Random Parquet files of Sluice as DuckDB, pyarrow and Polars read them, against the clean CSV file as Python reads it under the same schema.

Usage: parquet_random.py SLUICE. Every field type and every type of list items has a column. Differences give exit code 1.
"""

import csv
import datetime
import decimal
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import duckdb
import polars
import pyarrow.parquet

EPOCH = datetime.datetime(1970, 1, 1)
ROUNDS = 30
ROWS = 400


def moment(text):
    """A local time, or the time in UTC of a text with an offset, as the microseconds since 1970."""
    value = datetime.datetime.fromisoformat(text)
    if value.tzinfo:
        value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    return (value - EPOCH) // datetime.timedelta(microseconds=1)


def number(text):
    return float(text.replace("INF", "inf"))


def boolean(text):
    return text in ("true", "True", "TRUE", "1")


def clock(text):
    value = datetime.time.fromisoformat(text)
    return ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond


def day(text):
    return datetime.date.fromisoformat(text)


def cents(text):
    return decimal.Decimal(text).quantize(decimal.Decimal("0.01"))


INTEGERS = ["0", "-7", "+12", "9223372036854775807", "-9223372036854775808"]
NUMBERS = ["0.1", "-1e300", "5", "-0", "123456789012345678901234.5", "1e-9"]
DAYS = ["2020-02-29", "1969-12-31", "1900-01-01", "2400-12-31"]
TIMES = ["2020-02-29T23:59:59.999999", "1969-12-31T23:59:59", "1970-01-01T00:00:00.5"]
CLOCKS = ["23:59:59.5", "00:00:00", "12:34:56.789012"]
BOOLEANS = ["true", "FALSE", "1", "0"]
TEXTS = ["a", "é𝄞", 'with "quotes"', "a,b", "two\nlines", " spaces ", "x" * 300, "NA"]


def field(name, cells, read, **properties):
    return {"name": name, **properties}, cells, read


def items(cells, read, kind, delimiter):
    def one_list(source):
        return delimiter.join(source.choice(cells) for _ in range(source.choice([1, 1, 2, 3, 20])))

    def read_list(text):
        return [read(item) for item in text.split(delimiter)]

    return field(f"list_{kind}", one_list, read_list, type="list", itemType=kind, delimiter=delimiter)


FIELDS = [
    field("integer", INTEGERS, int, type="integer"),
    field("number", [*NUMBERS, "INF", "-INF", "NaN"], number, type="number"),
    field("amount", ["0", "-0.5", "1234567.89", "1.50", "2e3", "1.5000000000000000000000"], cents, type="number"),
    field("boolean", BOOLEANS, boolean, type="boolean"),
    field("date", DAYS, day, type="date"),
    field("datetime", [*TIMES, "2020-01-01T00:00:00+02:00", "2020-01-01T00:00:00Z"], moment, type="datetime"),
    field("instant", ["2020-01-01T00:00:00+0200", "1969-12-31T23:59:59-0930"], moment, type="datetime", format="%Y-%m-%dT%H:%M:%S%z"),
    field("time", CLOCKS, clock, type="time"),
    field("year", ["2020", "1066", "9999"], int, type="year"),
    field("yearmonth", ["2020-02", "1969-12"], str, type="yearmonth"),
    field("string", TEXTS, str, type="string"),
    field("any", TEXTS, str, type="any"),
    field("object", ['{"a": [1, "b"]}', "{}"], str, type="object"),
    field("geopoint", ["90.5, 45", "-1,2"], str, type="geopoint"),
    field("duration", ["P1Y2M", "PT1.5S"], str, type="duration"),
    items(["a", "é", "b c"], str, "string", "|"),
    items(INTEGERS, int, "integer", ","),
    items(NUMBERS, number, "number", ";"),
    items(BOOLEANS, boolean, "boolean", " / "),
    items(DAYS, day, "date", ","),
    items(TIMES, moment, "datetime", ","),
    items(CLOCKS, clock, "time", ","),
]
READERS = {schema["name"]: read for schema, _, read in FIELDS}
DESCRIPTOR = {
    "schema": {"fields": [schema for schema, _, _ in FIELDS], "missingValues": ["", "NA"]},
    "sluice": {"decimals": {"amount": {"precision": 12, "scale": 2}}},
}


def write(source, path):
    """Writes random rows, some cells of which are missing and some of another type."""
    missing = {schema["name"]: source.choice([0, 0.1, 0.9, 1]) for schema, _, _ in FIELDS}
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(READERS)
        for _ in range(source.randrange(ROWS)):
            row = []
            for schema, cells, _ in FIELDS:
                if source.random() < missing[schema["name"]]:
                    row.append(source.choice(["", "NA"]))
                elif source.random() < 0.003:
                    row.append("no value of most types")
                else:
                    row.append(cells(source) if callable(cells) else source.choice(cells))
            writer.writerow(row)


def wanted(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return [tuple(None if row[name] in ("", "NA") else plain(read(row[name])) for name, read in READERS.items()) for row in rows]


def plain(value):
    """A value in the form in which the values of all readers are compared."""
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, datetime.datetime):
        value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None) if value.tzinfo else value
        return (value - EPOCH) // datetime.timedelta(microseconds=1)
    if isinstance(value, datetime.time):
        return ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond
    if isinstance(value, float):
        # NaN does not equal itself, and −0 equals 0.
        return repr(value)
    if isinstance(value, decimal.Decimal):
        return str(value)
    return value


def by_duckdb(path):
    # A time with a zone as a Python object needs another package.
    columns = ", ".join(f'epoch_us("{name}")' if name == "instant" else f'"{name}"' for name in READERS)
    return [tuple(map(plain, row)) for row in duckdb.sql(f"SELECT {columns} FROM read_parquet('{path}')").fetchall()]


def by_pyarrow(path):
    table = pyarrow.parquet.read_table(path)
    return [tuple(plain(value) for value in row.values()) for row in table.to_pylist()]


def by_polars(path):
    return [tuple(map(plain, row)) for row in polars.read_parquet(path).rows()]


def main():
    sluice = pathlib.Path(sys.argv[1]).resolve()
    source = random.Random(20)
    compared = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        resource, raw, clean, parquet = (folder / name for name in ["r.json", "raw.csv", "clean.csv", "clean.parquet"])
        resource.write_text(json.dumps(DESCRIPTOR), encoding="utf-8")
        for number_of_round in range(ROUNDS):
            write(source, raw)
            outputs = ["--clean", clean, "--parquet", parquet, "--rejects", folder / "rejects.jsonl"]
            command = [sluice, "check", "--quiet", "--format", "json", "--resource", resource, *outputs, raw]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            expected = wanted(clean)
            compared += len(expected)
            for reader in (by_duckdb, by_pyarrow, by_polars):
                found = reader(parquet)
                if found != expected:
                    pairs = zip(found, expected, strict=False)
                    row = next((row for row, pair in enumerate(pairs) if pair[0] != pair[1]), min(len(found), len(expected)))
                    shown = f"{found[row : row + 1]}, not {expected[row : row + 1]}"
                    sys.exit(f"round {number_of_round}, row {row}, {reader.__name__}: {shown}")
    print(f"{compared} random rows of {len(FIELDS)} columns are the same for DuckDB, pyarrow and Polars")


main()
