"""How often `sluice infer` and DuckDB's sniffer find the delimiter and the quotes that a person has written down, corpus by corpus.

The corpora are those of https://github.com/ws-garcia/CSVsniffer (MIT), a checkout of which is given: files of Pollock, of the W3C's
tests of CSV on the Web, and of "Wrangling messy CSV files", with their annotations.

A delimiter is right if it is the annotated one; a file that a tool cannot read is one that it has wrong. Of quotes, only a wrong
character counts, not that a file without any is said to have none, or that quotes in the middle of cells are said to be text.

Usage: dialects.py SLUICE CHECKOUT [--files]. Prints a line of JSON for each corpus; --files names what is wrong on standard error.
"""

import json
import pathlib
import subprocess
import sys

import duckdb

CORPORA = [
    ("Pollock", "CSV", "POLLOCK-dialect_annotations.txt"),
    ("W3C CSV on the Web", "W3C-CSVW", "W3C-CSVW-dialect_annotations.txt"),
    ("Wrangling", "CSV_Wrangling/data/github/Curated files", "CCSV-manual_Dialect_Annotation.txt"),
]

DELIMITERS = {
    "comma": ",",
    "semicolon": ";",
    "tab": "\t",
    "space": " ",
    "vslash": "|",
    "colon": ":",
    "nsign": "#",
    "caret": "^",
    "tilde": "~",
}

QUOTES = {"doublequote": '"', "singlequote": "'", "tilde": "~", "": None}


def annotations(path):
    """Name of a file, its delimiter and its quote."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith(("#", "file_name|")):
            name, _, delimiter, quote, *_ = line.split("|")
            # A word that is not known is a fault of this script, not of a tool.
            yield name, DELIMITERS[delimiter], QUOTES[quote]


def of_sluice(sluice, path):
    """Delimiter and quote by `sluice infer`, or None."""
    ended = subprocess.run([sluice, "infer", "--threads", "1", path], capture_output=True, check=False)
    if not ended.stdout:
        return None
    dialect = json.loads(ended.stdout).get("dialect", {})
    usual = {".tsv": "\t", ".psv": "|"}.get(path.suffix.lower(), ",")
    return dialect.get("delimiter", usual), dialect.get("quoteChar", '"')


def of_duckdb(path):
    """Delimiter and quote by DuckDB's sniffer, or None."""
    name = str(path).replace("'", "''")
    try:
        found = duckdb.sql(f"SELECT Delimiter, Quote FROM sniff_csv('{name}')").limit(1).fetchall()
    except duckdb.Error:
        return None
    delimiter, quote = found[0]
    return delimiter, quote if quote in ('"', "'", "~") else None


def main():
    sluice, checkout = sys.argv[1], pathlib.Path(sys.argv[2])
    for corpus, folder, truth in CORPORA:
        counts = {tool: {"delimiter": 0, "quote": 0} for tool in ("sluice", "duckdb")}
        files = 0
        for name, delimiter, quote in annotations(checkout / "python" / "ground truth" / truth):
            path = checkout / folder / name
            if not path.is_file():
                continue
            files += 1
            for tool, found in (("sluice", of_sluice(sluice, path)), ("duckdb", of_duckdb(path))):
                if found is None or found[0] != delimiter:
                    if "--files" in sys.argv:
                        print(f"{corpus}: {tool}: {name}: {found}, not {(delimiter, quote)}", file=sys.stderr)
                    continue
                counts[tool]["delimiter"] += 1
                counts[tool]["quote"] += found[1] in (quote, None)
        print(json.dumps({"corpus": corpus, "files": files, **counts}))


main()
