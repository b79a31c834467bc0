"""The page of a run as a person uses it."""

import itertools
import os
import shutil
from pathlib import Path

import pytest

from conftest import HOSTILE, sluice

LARGEST = os.environ["LARGEST"]
WIDTHS = [390, 820, 1440]


def column(page, table, number):
    return page.locator(f"table.{table} > tbody > tr:visible > :nth-child({number})").all_inner_texts()


def test_the_page_says_nothing_on_the_console_and_asks_for_nothing(opened):
    page = opened()
    page.page.wait_for_load_state("networkidle")
    page.is_quiet()


def test_nothing_hostile_runs_or_becomes_markup(opened):
    page = opened()
    assert page.page.title().endswith("intake report")
    assert page.page.locator("img, iframe, object, embed, form, link, base").count() == 0
    assert page.page.locator("script").count() == 1
    assert page.page.locator("*[onerror], *[onload], *[style]").count() == 0
    text = page.page.locator("main").text_content()
    for hostile in HOSTILE[:2]:
        assert hostile in text
    assert "\\u{202e}\\u{2066}txet" in text
    page.is_quiet()


def test_tables_are_sorted_by_mouse_and_keyboard(opened):
    page = opened().page
    heading = page.locator("table.files thead th", has_text="Rows")
    for order in ("descending", "ascending"):
        heading.locator("button").click()
        assert heading.get_attribute("aria-sort") == order
        rows = [int(text.replace(",", "")) for text in column(page, "files", 3)]
        assert rows == sorted(rows, reverse=order == "descending")
    names = page.locator("table.files thead th", has_text="File").locator("button")
    names.focus()
    page.keyboard.press("Enter")
    texts = column(page, "files", 1)
    assert texts == sorted(texts)


def test_files_are_found_by_a_part_of_their_name(opened):
    page = opened().page
    every = len(column(page, "files", 1))
    page.get_by_label("Find a file").fill("2026-1")
    assert len(column(page, "files", 1)) == 3
    assert page.get_by_role("status").first.inner_text() == f"3 of {every}"
    page.get_by_label("Find a file").fill("")
    assert len(column(page, "files", 1)) == every


def test_a_link_opens_the_file(opened):
    page = opened().page
    link = page.locator("table.files a").last
    target = link.get_attribute("href")
    link.click()
    # The page opens it in a task of its own, after the click has ended.
    page.locator(f"{target}[open]").wait_for()


def test_without_a_script_the_page_says_the_same(opened):
    with_script = opened().page.locator("main").text_content()
    without = opened(java_script_enabled=False).page
    assert without.locator("button, input").count() == 0
    summary = without.locator("details.file > summary").nth(5)
    summary.click()
    assert without.locator("details.file[open]").count() == 2
    for said in ("What to do", "First rejected rows", "is not a number"):
        assert said in without.locator("main").text_content() and said in with_script


def test_a_redacted_column_shows_counts_alone(opened):
    assert "@example.org" not in opened().page.content()


def test_headings_tables_and_pictures_have_names(opened):
    page = opened().page
    assert page.locator("h1").count() == 1
    tags = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => h.tagName)")
    levels = [int(tag[1]) for tag in tags]
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert page.evaluate("[...document.querySelectorAll('main table')].filter(t => !t.caption).length") == 0
    assert page.evaluate("[...document.querySelectorAll('th')].filter(h => !h.scope).length") == 0
    unnamed = "[...document.querySelectorAll('svg')].filter(s => !s.ariaLabel && s.ariaHidden !== 'true').length"
    assert page.evaluate(unnamed) == 0
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_window(opened, width, scheme):
    page = opened(viewport={"width": width, "height": 900}, color_scheme=scheme)
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    if folder := os.environ.get("SCREENSHOTS"):
        path = Path(folder) / f"{scheme}-{width}.png"
        page.page.screenshot(path=path, full_page=True)


@pytest.mark.parametrize("width", WIDTHS)
def test_causes_are_read_without_scrolling_and_codes_are_not_broken(opened, width):
    page = opened(viewport={"width": width, "height": 900}).page
    scrolls = "[...document.querySelectorAll('.ranked')].some(t => t.scrollWidth > t.parentElement.clientWidth)"
    assert page.evaluate(scrolls) is False
    page.evaluate("document.querySelectorAll('details.file').forEach(file => { file.open = true; })")
    broken = "[...document.querySelectorAll('.ranked code, .causes code')].filter(c => c.getClientRects().length > 1)"
    assert page.evaluate(f"{broken}.map(c => c.textContent)") == []


def test_texts_can_be_read_on_their_ground(opened):
    """WCAG 2, level AA: a contrast of 4.5 between a text and its background."""
    script = """() => {
      const channel = (c) => { c /= 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
      const parsed = (text) => text.match(/[\\d.]+/g).map(Number);
      const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
      const ground = (e) => {
        for (; e; e = e.parentElement) {
          const colour = parsed(getComputedStyle(e).backgroundColor);
          if (colour.length === 3 || colour[3] > 0) return colour;
        }
        return [255, 255, 255];
      };
      const bad = new Set();
      for (const e of document.querySelectorAll("main *, header *, footer *")) {
        const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
        if (!own || e.closest("svg")) continue;
        const pair = [light(parsed(getComputedStyle(e).color)), light(ground(e))].sort((a, b) => b - a);
        if ((pair[0] + 0.05) / (pair[1] + 0.05) < 4.5) bad.add(`${e.tagName}.${e.className}`);
      }
      return [...bad];
    }"""
    for scheme in ("light", "dark"):
        assert opened(color_scheme=scheme).page.evaluate(script) == []


def test_the_largest_page_is_there_at_once(opened, tmp_path):
    """`cargo xtask page` writes this page of 500 files with 200 columns; `cargo xtask bench` measures it."""
    page_file = tmp_path / "page.html"
    source = tmp_path / "source"
    shutil.copytree(LARGEST, source)
    sluice("run", str(source), "--quiet", "--report", str(page_file), folder=tmp_path)
    assert page_file.stat().st_size < 1_000_000
    page = opened(page_file)
    paint = "performance.getEntriesByType('paint').find(p => p.name === 'first-contentful-paint').startTime"
    assert page.page.evaluate(paint) < 1000
    page.is_quiet()


def opened_columns(opened, **settings):
    """The page, and the first table of columns on it."""
    page = opened(**settings).page
    page.evaluate("document.querySelectorAll('details.file').forEach(file => { file.open = true; })")
    return page, page.locator("table.columns", has_text="ordered").first


@pytest.mark.parametrize("with_script", [True, False])
@pytest.mark.parametrize("width", [380, 800, 1400])
def test_the_details_of_a_column_open_within_the_window(opened, width, with_script):
    page, table = opened_columns(
        opened, viewport={"width": width, "height": 900}, java_script_enabled=with_script, color_scheme="light"
    )
    count = table.locator("> tbody").count()
    assert count == table.locator("tr.details").count() == 5
    for number in range(count):
        body = table.locator("> tbody").nth(number)
        details = body.locator("tr.details > td > div")
        assert not details.is_visible()
        body.locator("summary").focus()
        page.keyboard.press("Enter")
        details.wait_for()
        box = details.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width, body.inner_text()
        scroll_width, client_width = details.evaluate("d => [d.scrollWidth, d.clientWidth]")
        assert scroll_width <= client_width
    if folder := os.environ.get("SCREENSHOTS"):
        table.screenshot(path=Path(folder) / f"details-{width}.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_columns_are_sorted_and_found_with_their_details(opened, tmp_path):
    names = [f"{letter}{number}" for number in range(3) for letter in "dbca"]
    (tmp_path / "data.csv").write_text(",".join(names) + "\n" + ",".join("7" for _ in names) + "\n")
    sluice("check", "data.csv", "--report", "page.html", folder=tmp_path)
    page, table = opened(tmp_path / "page.html").page, "table.columns"
    page.locator(f"{table} summary").nth(3).click()
    page.locator(f"{table} thead button", has_text="Column").click()
    assert column(page, "columns", 1)[0].startswith("a0")
    rows = page.locator(f"{table} tbody").first.locator("> tr")
    assert [rows.nth(number).is_visible() for number in range(2)] == [True, True]
    assert [text for text in column(page, "columns", 1) if text in names] == sorted(names)
    page.get_by_label("Find a column").fill("a0")
    assert page.locator(f"{table} tbody:visible").count() == 1
    assert page.locator(f"{table} tr.details:visible").count() == 1


def test_details_of_columns_are_printed(opened):
    page, table = opened_columns(opened, java_script_enabled=False)
    page.emulate_media(media="print")
    assert table.locator("tr.details:visible").count() == 5


def test_closed_files_are_printed_without_a_script(opened):
    page = opened(java_script_enabled=False).page
    content = page.locator("details.file:not([open]) table.columns")
    count = content.count()
    assert count > 3 and not any(content.nth(number).is_visible() for number in range(count))
    closed = page.evaluate("document.documentElement.scrollHeight")
    page.emulate_media(media="print")
    heights = [content.nth(number).bounding_box()["height"] for number in range(count)]
    assert min(heights) > 50, heights
    assert page.evaluate("document.documentElement.scrollHeight") > closed + sum(heights) / 2
