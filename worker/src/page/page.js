"use strict";
(() => {
  // The page says everything without this script; it sorts and filters tables, and opens what a link or a printer wants to see.
  const made = (name, attributes, text) => {
    const element = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
    if (text) element.textContent = text;
    return element;
  };
  const valueOf = (cell) => (cell ? (cell.dataset.v ?? cell.textContent) : "");
  const compare = (one, other) => {
    if (one === "" || other === "") return (one === "") - (other === "");
    const numbers = [Number(one), Number(other)];
    return numbers.some(Number.isNaN) ? one.localeCompare(other, "en", { numeric: true }) : numbers[0] - numbers[1];
  };
  // What is sorted and filtered as one: a body, if a table has several of them, otherwise a row. The cells are those of its first row.
  const parts = (table) => (table.classList.contains("columns") ? [...table.tBodies] : [...table.tBodies[0].rows]);
  const first = (part) => (part.rows ? part.rows[0] : part);
  const sort = (table, heading) => {
    const column = heading.cellIndex;
    const falls = heading.getAttribute("aria-sort") === "ascending" || (!heading.hasAttribute("aria-sort") && heading.classList.contains("n"));
    const rows = parts(table).map((part) => [valueOf(first(part).cells[column]), part]);
    rows.sort(([one], [other]) => (one === "" || other === "" || !falls ? compare(one, other) : compare(other, one)));
    rows[0]?.[1].parentElement.append(...rows.map(([, row]) => row));
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", falls ? "descending" : "ascending");
  };
  for (const table of document.querySelectorAll("table[data-sort]")) {
    for (const heading of table.tHead.rows[0].cells) {
      if (heading.classList.contains("x")) continue;
      const button = made("button", { type: "button" }, heading.textContent);
      button.addEventListener("click", () => sort(table, heading));
      heading.replaceChildren(button);
    }
  }
  let number = 0;
  for (const table of document.querySelectorAll("table[data-filter]")) {
    const rows = parts(table);
    if (rows.length < 8) continue;
    const what = table.dataset.filter;
    const id = `filter-${(number += 1)}`;
    const label = made("label", { for: id }, `Find a ${what}`);
    const input = made("input", { id, type: "search", autocomplete: "off", spellcheck: "false" });
    const found = made("span", { role: "status" });
    const texts = new Map(rows.map((row) => [row, first(row).textContent.toLowerCase()]));
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      let shown = 0;
      for (const row of rows) {
        row.hidden = !texts.get(row).includes(wanted);
        shown += row.hidden ? 0 : 1;
      }
      found.textContent = wanted ? `${shown} of ${rows.length}` : "";
    });
    const tools = made("div", { class: "tools" });
    tools.append(label, input, found);
    table.parentElement.before(tools);
  }
  const files = [...document.querySelectorAll("details.file")];
  if (files.length > 1) {
    const tools = made("div", { class: "tools" });
    for (const [text, open] of [["Open all", true], ["Close all", false]]) {
      const button = made("button", { type: "button" }, text);
      button.addEventListener("click", () => files.forEach((file) => { file.open = open; }));
      tools.append(button);
    }
    files[0].before(tools);
  }
  const reveal = () => {
    const target = location.hash ? document.getElementById(location.hash.slice(1)) : null;
    if (target instanceof HTMLDetailsElement) {
      target.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", reveal);
  reveal();
  addEventListener("beforeprint", () => document.querySelectorAll("details.file").forEach((file) => { file.open = true; }));
})();
