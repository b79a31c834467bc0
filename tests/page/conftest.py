"""Pages that `sluice` writes, opened in headless Chromium."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

SLUICE = os.environ["SLUICE"]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")

# Texts that would run, load or break something if they became markup.
HOSTILE = [
    "<script>document.title='run'</script>",
    '"><img src=x onerror="document.title=\'run\'">',
    "</script></style></title><svg onload=document.title='run'>",
    "\u202e\u2066txet",
    "{{7*7}}${7*7}",
]


def sluice(*arguments, folder):
    """Runs the program and ignores its exit code, which says nothing about the page."""
    done = subprocess.run([SLUICE, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def quoted(text):
    return '"' + text.replace('"', '""') + '"'


def schema(*fields):
    return {"fields": [{"name": name, "type": kind, **more} for name, kind, more in fields]}


@pytest.fixture(scope="session")
def source(tmp_path_factory):
    """A folder with three prefixes: many files, one refused, hostile texts."""
    root = tmp_path_factory.mktemp("source")
    orders = schema(
        ("id", "integer", {"constraints": {"minimum": 1}}),
        ("customer", "string", {}),
        ("amount", "number", {}),
        ("ordered", "date", {}),
        ("email", "string", {}),
    )
    resource = {"name": "orders", "path": "x.csv", "schema": orders, "sluice": {"redact": ["email"]}}
    folder = root / "orders" / "incoming"
    folder.mkdir(parents=True)
    (root / "orders" / "resource.json").write_text(json.dumps(resource))
    for month in range(1, 13):
        rows = ["id,customer,amount,ordered,email"]
        for number in range(400 + 20 * month):
            amount = "x" if number % 97 == month else f"{(number * 37 % 991) / 10:.2f}"
            day = 1 + number % 28
            rows.append(f"{number + 1},c{number % 9},{amount},2026-{month:02}-{day:02},who{number}@example.org")
        (folder / f"2026-{month:02}.csv").write_text("\n".join(rows) + "\n")
    broken = root / "broken" / "incoming"
    broken.mkdir(parents=True)
    (broken / "empty.csv").write_text("")
    hostile = root / "hostile" / "incoming"
    hostile.mkdir(parents=True)
    header = ",".join(quoted(text) for text in HOSTILE)
    rows = [",".join(quoted(text) for text in HOSTILE) for _ in range(5)]
    (hostile / "<b>'x'.csv").write_text("\n".join([header, *rows, quoted(HOSTILE[0])]) + "\n")
    return root


@pytest.fixture(scope="session")
def page_file(source):
    page = source.parent / "run.html"
    sluice("run", str(source), "--report", str(page), folder=source.parent)
    assert page.stat().st_size < 1_000_000
    return page


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Opened:
    """A page in the browser, with its console messages and requests."""

    def __init__(self, browser, path, **settings):
        self.context = browser.new_context(**settings)
        self.page = self.context.new_page()
        self.said, self.asked = [], []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.url = Path(path).as_uri()
        self.page.goto(self.url)

    def is_quiet(self):
        """Checks that nothing is on the console, and that nothing but the page itself was requested."""
        assert self.said == []
        assert [url for url in self.asked if not url.startswith(self.url)] == []


@pytest.fixture
def opened(browser, page_file):
    made = []

    def opened(path=page_file, **settings):
        made.append(Opened(browser, path, **settings))
        return made[-1]

    yield opened
    for each in made:
        each.context.close()
