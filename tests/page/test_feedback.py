"""The answer for a sender as a page, at the widths of a telephone, a tablet and a desktop screen."""

import json
import os
from pathlib import Path

import pytest

from conftest import HOSTILE, quoted, sluice

WIDTHS = [380, 820, 1440]

# Keys of the answer: a name without a space, and one that would end the style sheet.
KEYS = ["reference_number_of_the_transaction_at_the_sender", "</style><b>\"'"]


@pytest.fixture(scope="session")
def answer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("answer")
    header = ",".join(quoted(text) for text in ["id", *HOSTILE])
    row = ",".join(quoted(text) for text in ["17", *HOSTILE])
    (folder / "data.csv").write_text("\n".join([header, row, "short", f"{row},long", "x" * 600]) + "\n")
    sluice("check", "data.csv", "--quiet", "--feedback", "answer.html", folder=folder)
    return folder / "answer.html"


@pytest.fixture(scope="session")
def keyed(tmp_path_factory):
    """An answer with two key columns, whose values have no spaces."""
    folder = tmp_path_factory.mktemp("keyed")
    fields = [{"name": name, "type": "string"} for name in KEYS]
    fields.append({"name": "amount", "type": "integer", "constraints": {"maximum": 9}})
    resource = {"schema": {"fields": fields}, "sluice": {"feedback": {"keys": KEYS}}}
    (folder / "resource.json").write_text(json.dumps(resource))
    rows = [",".join(quoted(name) for name in [*KEYS, "amount"]), f"{'k' * 90},{'m' * 300},x", "1,2,10", "1,2"]
    (folder / "data.csv").write_text("\n".join(rows) + "\n")
    sluice("check", "data.csv", "--quiet", "-r", "resource.json", "--feedback", "answer.html", folder=folder)
    return folder / "answer.html"


@pytest.mark.parametrize("width", WIDTHS)
def test_keys_leave_room_for_the_rest(opened, keyed, width):
    page = opened(keyed, viewport={"width": width, "height": 900})
    if folder := os.environ.get("SCREENSHOTS"):
        page.page.screenshot(path=Path(folder) / f"keyed-{width}.png", full_page=True)
    texts = "[...document.querySelectorAll('h1, dt, dd, td, bdi, mark')]"
    cut = f"{texts}.filter(e => e.getBoundingClientRect().right > innerWidth)"
    assert page.page.evaluate(f"{cut}.map(e => e.textContent)") == []
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    lines = """() => [...document.querySelectorAll('thead th:not(.key)')].map(heading => {
      const range = document.createRange();
      range.selectNodeContents(heading);
      return range.getClientRects().length;
    })"""
    assert max(page.page.evaluate(lines)) <= 1
    message = page.page.get_by_text("is not a whole number")
    assert message.bounding_box()["width"] >= 100
    label = "getComputedStyle(document.querySelector('tr:not(.sent) td:nth-child(2)'), '::before').content"
    name = page.page.evaluate(label)
    assert name == ('"</style><b>\\"\': "' if width < 768 else "none")
    page.is_quiet()


def test_an_answer_is_printed_on_a_narrow_sheet(opened, keyed, answer):
    """A5 with margins has some 500 px."""
    for path in (keyed, answer):
        page = opened(path, viewport={"width": 500, "height": 700}).page
        page.emulate_media(media="print")
        assert page.evaluate("document.documentElement.scrollWidth") <= 500
        assert page.locator("thead").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_an_answer_is_read_at_any_width(opened, answer, width, scheme):
    page = opened(answer, viewport={"width": width, "height": 900}, color_scheme=scheme)
    if folder := os.environ.get("SCREENSHOTS"):
        page.page.screenshot(path=Path(folder) / f"answer-{scheme}-{width}.png", full_page=True)
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    # The SHA-256 is the longest text of a receipt without spaces: on a telephone it takes three lines.
    lines = "[...document.querySelectorAll('dd')].map(d => d.getBoundingClientRect().height / 20)"
    assert max(page.page.evaluate(lines)) < 5
    cells = "[...document.querySelectorAll('tr:not(.sent) td')].filter(d => d.textContent)"
    narrow = f"{cells}.filter(d => d.getBoundingClientRect().width < 40)"
    assert page.page.evaluate(f"{narrow}.map(d => d.textContent)") == []
    page.is_quiet()
