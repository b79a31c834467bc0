"""What people write first: compare the number of cells with the header's, good rows into one file, bad ones into another.

Usage: length_loop.py DATA GOOD BAD. Prints one JSON object: rows, faulty rows.
"""

import csv
import json
import sys


def main():
    data, good, bad = sys.argv[1:4]
    rows = faulty = 0
    with (
        open(data, newline="", encoding="utf-8", errors="replace") as source,
        open(good, "w", newline="", encoding="utf-8") as kept,
        open(bad, "w", newline="", encoding="utf-8") as refused,
    ):
        reader = csv.reader(source)
        keep, refuse = csv.writer(kept), csv.writer(refused)
        header = next(reader)
        keep.writerow(header)
        for row in reader:
            rows += 1
            if len(row) == len(header):
                keep.writerow(row)
            else:
                faulty += 1
                refuse.writerow([rows, *row])
    print(json.dumps({"rows": rows, "faulty": faulty}))


if __name__ == "__main__":
    main()
