"""What patterns match in Sluice, with look-around and without, against Python's `re.fullmatch`.

Usage: patterns.py SLUICE. Random patterns are the columns of a file, random texts its rows. Differences give exit code 1, and so do patterns
that Sluice refuses more often than it may: it refuses look-around whose place in the cell is not fixed.
"""

import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

PATTERNS = 400
TEXTS = 400
# The part of the patterns with look-around that has to be read.
LEAST_READ = 0.8

CHARACTERS = ["a", "b", "1", ".", "[ab]", "[^a]", r"\d", "é", "[a-z]"]
QUANTIFIERS = ["", "", "", "?", "*", "+", "{1,2}", "{2}", "{0,3}"]


def fixed(choice, length):
    """A pattern that matches texts of one length."""
    return "".join(choice(CHARACTERS) for _ in range(length))


def plain(random, depth=2):
    """A pattern without look-around."""
    parts = []
    for _ in range(random.randint(1, 3)):
        is_group = depth > 0 and random.random() < 0.3
        part = f"(?:{plain(random, depth - 1)})" if is_group else random.choice(CHARACTERS)
        parts.append(part + random.choice(QUANTIFIERS))
    if depth > 0 and random.random() < 0.2:
        parts.append(f"|{plain(random, depth - 1)}")
    return "".join(parts)


def look_around(random):
    """A pattern with look-around whose place is a fixed number of characters from the start or the end of the cell."""
    ahead = [f"(?{sign}{plain(random)}{random.choice(['', '$'])})" for sign in "=!"]
    behind = [f"(?<{sign}{fixed(random.choice, random.randint(1, 3))})" for sign in "=!"]
    rest = f"(?:{plain(random)})"
    return random.choice(
        [
            lambda: random.choice(ahead) + rest,
            lambda: random.choice(ahead) + random.choice(ahead) + rest,
            lambda: fixed(random.choice, random.randint(1, 2)) + random.choice(ahead + behind) + rest,
            lambda: rest + random.choice(behind),
            lambda: rest + random.choice(ahead + behind) + fixed(random.choice, random.randint(1, 2)),
            lambda: f"(?:(?!{plain(random)}).)*",
            lambda: f"^(?:{random.choice(ahead)}{rest}|{rest})$",
        ]
    )()


def is_read(sluice, folder, pattern):
    """Whether Sluice takes the pattern."""
    schema = folder / "schema.json"
    field = {"name": "a", "type": "string", "constraints": {"pattern": pattern}}
    schema.write_text(json.dumps({"fields": [field]}), encoding="utf-8")
    ended = subprocess.run([sluice, "explain", schema], capture_output=True, check=False, text=True)
    if ended.returncode not in (0, 2):
        sys.exit(f"{pattern}: exit code {ended.returncode}\n{ended.stderr}")
    return ended.returncode == 0


def unmatched(sluice, folder, patterns, texts):
    """The pairs of pattern and text, by their numbers, that do not match in Sluice."""
    data, resource, rejects = folder / "data.csv", folder / "resource.json", folder / "rejects.jsonl"
    # Sluice reads a column for each pattern; the texts have nothing that has to be quoted.
    data.write_text("".join(",".join([text] * len(patterns)) + "\n" for text in texts), encoding="utf-8")
    fields = [
        {"name": f"p{n}", "type": "string", "constraints": {"pattern": pattern}} for n, pattern in enumerate(patterns)
    ]
    descriptor = {"dialect": {"header": False}, "schema": {"fields": fields}}
    resource.write_text(json.dumps(descriptor), encoding="utf-8")
    args = [sluice, "check", data, "--resource", resource, "--rejects", rejects, "--quiet", "--format", "json"]
    ended = subprocess.run(args, capture_output=True, check=False, text=True)
    if ended.returncode != 0:
        sys.exit(f"`sluice check` ended with {ended.returncode}\n{ended.stderr}")
    found = set()
    for line in rejects.read_text(encoding="utf-8").splitlines():
        reject = json.loads(line)
        if "record" in reject:
            found |= {(error["column"] - 1, reject["record"] - 1) for error in reject["errors"]}
        else:
            sys.exit(f"rejects were left out: {line}")
    return found


def main():
    sluice = sys.argv[1]
    choices = random.Random(20261127)
    texts = ["".join(choices.choice("aab1é-") for _ in range(choices.randint(1, 7))) for _ in range(TEXTS)]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        differences, counts = [], {}
        for kind, pattern_of in [("without look-around", plain), ("with look-around", look_around)]:
            patterns = [pattern_of(choices) for _ in range(PATTERNS)]
            read = [pattern for pattern in patterns if is_read(sluice, folder, pattern)]
            if len(read) < len(patterns) * (1 if pattern_of is plain else LEAST_READ):
                refused = [pattern for pattern in patterns if pattern not in read]
                sys.exit(f"patterns {kind}: {len(read)} of {len(patterns)} are read, not {refused[:10]}")
            found = unmatched(sluice, folder, read, texts)
            for column, pattern in enumerate(read):
                for row, text in enumerate(texts):
                    matches = re.fullmatch(pattern, text) is not None
                    if matches == ((column, row) in found):
                        differences.append((pattern, text, "Python matches" if matches else "Sluice matches"))
            counts[kind] = f"{len(read)} of {len(patterns)} {kind}, {len(found)} texts not matched"
    for difference in differences[:20]:
        print(*difference, sep="  ")
    print(f"patterns against Python's: {'; '.join(counts.values())}: {len(differences)} differences")
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
