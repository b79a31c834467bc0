"""The answer for a sender as a page, at the widths of a telephone, a tablet and a desktop screen."""

import os
from pathlib import Path

import pytest

from conftest import HOSTILE, quoted, sluice

WIDTHS = [390, 820, 1440]


@pytest.fixture(scope="session")
def answer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("answer")
    header = ",".join(quoted(text) for text in ["id", *HOSTILE])
    row = ",".join(quoted(text) for text in ["17", *HOSTILE])
    (folder / "data.csv").write_text("\n".join([header, row, "short", f"{row},long", "x" * 600]) + "\n")
    sluice("check", "data.csv", "--quiet", "--feedback", "answer.html", folder=folder)
    return folder / "answer.html"


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
    narrow = "[...document.querySelectorAll('tr:not(.sent) td')].filter(d => d.getBoundingClientRect().width < 40)"
    assert page.page.evaluate(f"{narrow}.map(d => d.textContent)") == []
    page.is_quiet()
