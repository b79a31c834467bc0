"""The answer of Sluice for a sender as DuckDB, openpyxl and LibreOffice read it, against the rejects of the same file.

Usage: feedback.py SOFFICE RESOURCE REJECTS CSV XLSX HTML. Prints what was compared; differences go to standard error and give exit code 1.
"""

import csv
import html.parser
import io
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import duckdb
import openpyxl

# What the answers have between the keys and the row as it was sent.
OWN = 7
# Tags of the page, and nothing of what cells hold.
TAGS = set("html head meta title style body h1 h2 dl dt dd table thead tbody tr th td bdi mark".split())


def plain(text):
    """A value without the apostrophe that keeps it from being changed or run."""
    return text[1:] if text.startswith("'") else text


def rejects_of(path):
    """Record and line of each reject, with its faults and its cells as Python reads them."""
    with open(path, encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    return [reject for reject in found if "errors" in reject]


def cells_of(reject, delimiter):
    """The cells of a row as Python reads them; None where there are none to be compared."""
    codes = {fault["code"] for fault in reject["errors"]}
    if "raw" not in reject or codes & {"missing-cell", "extra-cell", "quote-error", "record-too-large", "blank-row"}:
        return None
    return next(csv.reader(io.StringIO(reject["raw"], newline=""), delimiter=delimiter))


def table(rows, keys, names):
    """The faults of a table of texts, by line: each with column and value, and the cells of its first line by name."""
    labels, *lines = rows
    sent = labels[keys + OWN :]
    found = {}
    for line in lines:
        number, kind, column, message, value = line[keys : keys + 5]
        if kind != "Error":
            continue
        faults, cells = found.setdefault(int(number), ([], {}))
        assert message, line
        faults.append((column, value))
        if not cells:
            cells.update(zip(labels[:keys], line[:keys], strict=True))
            cells.update(zip(sent, line[keys + OWN :], strict=True))
    return found


def by_duckdb(path):
    query = "SELECT * FROM read_csv(?, header = false, all_varchar = true, delim = ',', quote = '\"', escape = '\"', auto_detect = false, columns = ?, max_line_size = 20000000)"
    with open(path, encoding="utf-8-sig", newline="") as text:
        width = len(next(csv.reader(text)))
    columns = {f"c{number}": "VARCHAR" for number in range(width)}
    rows = duckdb.execute(query, [path, columns]).fetchall()
    labels, *lines = [["" if cell is None else cell for cell in row] for row in rows]
    return [labels, *[[plain(cell) for cell in line] for line in lines]]


def by_openpyxl(path):
    book = openpyxl.load_workbook(path)
    faults = book.worksheets[1]
    assert faults.freeze_panes, "the header is frozen"
    for row in faults.iter_rows():
        # Otherwise it would be run.
        assert all(cell.data_type != "f" for cell in row), "no cell is a formula"
    return [[text_of(value) for value in row] for row in faults.iter_rows(values_only=True)]


def by_libreoffice(soffice, path, sheet):
    """The texts of a sheet as LibreOffice opens it without being asked anything, written out as CSV.

    A cell that it takes for a number, a date or a formula is written out as what it has become. The numbers in the filters are those of
    LibreOffice's help, "Filter options for CSV": comma, quote, UTF-8, first line, columns as they are, language, all texts quoted,
    numbers as stored, no formulas, and the sheet.
    """
    out = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,false,false,false,false"
    into = "CSV:44,34,76,1" if path.endswith(".csv") else "Calc MS Excel 2007 XML"
    with tempfile.TemporaryDirectory() as folder:
        profile = pathlib.Path(folder, "profile").as_uri()
        options = ["--headless", f"-env:UserInstallation={profile}", f"--infilter={into}"]
        command = [soffice, *options, "--convert-to", f"{out},{sheet}", "--outdir", folder, path]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        written = list(pathlib.Path(folder).glob("*.csv"))
        assert done.returncode == 0 and len(written) == 1, f"{done.stdout}{done.stderr}"
        text = written[0].read_text(encoding="utf-8", errors="strict")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    return [[plain(cell) for cell in row] for row in rows] if path.endswith(".csv") else rows


def as_kept(text):
    """What LibreOffice keeps of a text: a line ends with one character in its cells, and its reader of CSV leaves out NUL."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def as_it_is(text):
    return text


def text_of(value):
    """A cell as a spreadsheet program reads it: openpyxl leaves the escapes of ECMA-376 (22.9.2.19, ST_Xstring) as they are."""
    text = "" if value is None else str(value)
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda escape: chr(int(escape[1], 16)), text)


class Page(html.parser.HTMLParser):
    """The tags of a page, and how often a fault stands in it."""

    def __init__(self):
        super().__init__()
        self.strange = []
        self.open = []

    def handle_starttag(self, tag, attributes):
        names = {name for name, _value in attributes}
        if tag not in TAGS or any(name.startswith("on") or name in ("src", "href") for name in names):
            self.strange.append(f"<{tag} {attributes}>")
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.strange.append(f"</{tag}>")


def main(soffice, resource, rejects, as_csv, as_xlsx, as_html):
    with open(resource, encoding="utf-8") as text:
        descriptor = json.load(text)
    names = [field["name"] for field in descriptor["schema"]["fields"]]
    keys = len(descriptor["sluice"]["feedback"]["keys"])
    delimiter = descriptor.get("dialect", {}).get("delimiter", ",")
    expected = rejects_of(rejects)
    mistakes, values = [], 0
    for form, rows, kept in (
        ("CSV by DuckDB", by_duckdb(as_csv), as_it_is),
        ("XLSX by openpyxl", by_openpyxl(as_xlsx), as_it_is),
        ("CSV by LibreOffice", by_libreoffice(soffice, as_csv, 1), as_kept),
        ("XLSX by LibreOffice", by_libreoffice(soffice, as_xlsx, 2), as_kept),
    ):
        found = table(rows, keys, names)
        if len(found) != len(expected):
            mistakes.append(f"{form}: {len(found)} rows, not {len(expected)}")
        for reject in expected:
            faults, cells = found.get(reject["line"], ([], {}))
            if len(faults) != len(reject["errors"]):
                mistakes.append(f"{form}, line {reject['line']}: {len(faults)} faults, not {len(reject['errors'])}")
                continue
            for (column, value), fault in zip(faults, reject["errors"], strict=True):
                if "field" in fault and column != plain(fault["field"]):
                    mistakes.append(f"{form}, line {reject['line']}: {column}, not {fault['field']}")
                if "value" in fault and kept(value) != kept(fault["value"]) and cells_of(reject, delimiter) is not None:
                    mistakes.append(f"{form}, line {reject['line']}: {value!r}, not {fault['value']!r}")
            sent = cells_of(reject, delimiter)
            for name, cell in zip(names, sent or [], strict=False):
                values += 1
                if kept(cells.get(name, "")) != kept(cell):
                    mistakes.append(f"{form}, line {reject['line']}, {name}: {cells.get(name)!r}, not {cell!r}")
    page = Page()
    with open(as_html, encoding="utf-8") as text:
        page.feed(text.read())
    mistakes += [f"HTML: {tag}" for tag in page.strange + page.open]
    if mistakes:
        sys.exit("\n".join(mistakes[:20]))
    print(f"{len(expected)} rows and {values} values of the answer: DuckDB, openpyxl and LibreOffice read them as they were sent")


main(*sys.argv[1:])
