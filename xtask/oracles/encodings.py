"""What Sluice reads in each encoding, against Python's codecs.

Usage: encodings.py SLUICE. Each character is a row of its own, so that one that is read otherwise is named. Differences give exit code 1.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

# Names of the WHATWG, and the codec that is the same table; what differs between the two is in EXCEPTIONS.
SINGLE_BYTES = {
    **{f"iso-8859-{n}": f"iso8859-{n}" for n in [2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16]},
    **{f"windows-{n}": f"cp{n}" for n in [874, 1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258]},
    "ibm866": "cp866",
    "koi8-r": "koi8-r",
    "koi8-u": "koi8-u",
    "macintosh": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
}
MULTI_BYTES = {
    "gb18030": "gb18030",
    "gbk": "gbk",
    "big5": "big5hkscs",
    "euc-jp": "euc_jp",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
    "iso-2022-jp": "iso2022_jp",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
}
# Where the tables differ, as the encoding standard of the WHATWG says: bytes in hexadecimal.
EXCEPTIONS = {
    # KOI8-RU.
    "koi8-u": {"ae", "be"},
    # Signs of full width.
    "big5": {"a244", "a246", "a247"},
    "euc-jp": {"a1f1", "a1f2", "a2cc"},
    "iso-2022-jp": {"1b244221711b2842", "1b244221721b2842", "1b2442224c1b2842"},
}

# Letters of many scripts, signs, ideographs, kana, hangul, and beyond the first plane.
CHARACTERS = [
    *range(0xA0, 0x17F),
    *range(0x391, 0x3CA),
    *range(0x410, 0x450),
    *range(0x3041, 0x30FF),
    *range(0x4E00, 0x5800, 7),
    *range(0xAC00, 0xB800, 13),
    *range(0x1F600, 0x1F640),
]


def rows_of(sluice, folder, name, cells):
    """The texts that are read for cells of bytes, by their number; a cell that is rejected has none."""
    comma, end = (",".encode(MULTI_BYTES.get(name, "ascii")), "\n".encode(MULTI_BYTES.get(name, "ascii")))
    lines = [str(n).encode(MULTI_BYTES.get(name, "ascii")) + comma + cell + end for n, cell in enumerate(cells)]
    data, resource, clean = folder / "data.csv", folder / "resource.json", folder / "clean.csv"
    data.write_bytes(b"".join(lines))
    descriptor = {
        "encoding": name,
        "dialect": {"header": False},
        "schema": {"fields": [{"name": "n", "type": "integer"}, {"name": "text", "type": "string"}]},
        "sluice": {"output": {"encoding": "utf-8"}},
    }
    resource.write_text(json.dumps(descriptor), encoding="utf-8")
    clean.unlink(missing_ok=True)
    args = [sluice, "check", data, "--resource", resource, "--clean", clean, "--quiet", "--format", "json"]
    ended = subprocess.run(args, capture_output=True, check=False, text=True)
    report = json.loads(ended.stdout)
    if report["verdict"] == "refused":
        raise SystemExit(f"{name}: {report['refusal']['message']}")
    rows = clean.read_bytes().decode("utf-8").split("\n")[:-1]
    return dict((int(number), text) for number, text in (row.split(",", 1) for row in rows))


def compare(sluice, folder, name, codec):
    if name in SINGLE_BYTES:
        cells = [bytes([byte]) for byte in range(0x80, 0x100)]
    else:
        cells = []
        for point in CHARACTERS:
            try:
                cells.append(chr(point).encode(codec))
            except UnicodeEncodeError:
                continue
    read = rows_of(sluice, folder, name, cells)
    found = []
    for number, cell in enumerate(cells):
        try:
            expected = cell.decode(codec)
        except UnicodeDecodeError:
            continue
        if read.get(number) != expected and cell.hex() not in EXCEPTIONS.get(name, ()):
            found.append(f"{name}: {cell.hex()} is {read.get(number)!r}, and {expected!r} in Python")
    return len(cells), found


def main():
    sluice = pathlib.Path(sys.argv[1]).resolve()
    compared, found = 0, []
    with tempfile.TemporaryDirectory() as folder:
        for name, codec in {**SINGLE_BYTES, **MULTI_BYTES}.items():
            count, differences = compare(sluice, pathlib.Path(folder), name, codec)
            compared += count
            found += differences
    for difference in found:
        print(difference, file=sys.stderr)
    print(f"{compared} characters in {len(SINGLE_BYTES) + len(MULTI_BYTES)} encodings, {len(found)} differences")
    sys.exit(1 if found else 0)


main()
