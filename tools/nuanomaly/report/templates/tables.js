// Tables with class "sortable": each heading becomes a button that sorts, and long ones get a box that filters.
// Pages say everything without it.
"use strict";
(function () {
  const value = (row, column) => {
    const text = row.cells[column] ? row.cells[column].textContent.trim() : "";
    const number = parseFloat(text.replace(/−/g, "-").replace(/(\d)[\u202f,](?=\d{3})/g, "$1").replace(/[^0-9.eE+-].*$/, "").replace(/^[>+]/, ""));
    return { text: text.toLowerCase(), number };
  };
  const compare = (a, b) => {
    const numbers = !Number.isNaN(a.number) && !Number.isNaN(b.number);
    return numbers && a.number !== b.number ? a.number - b.number : a.text.localeCompare(b.text);
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const body = table.tBodies[0];
    if (!body) continue;
    [...table.tHead.rows[0].cells].forEach((cell, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...cell.childNodes);
      cell.append(button);
      button.addEventListener("click", () => {
        const down = cell.getAttribute("aria-sort") === "ascending";
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        cell.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...body.rows].map((row) => [row, value(row, column)]);
        rows.sort((a, b) => (down ? -1 : 1) * compare(a[1], b[1]));
        for (const [row] of rows) body.append(row);
      });
    });
    if (body.rows.length > 12) {
      const label = document.createElement("label");
      const box = document.createElement("input");
      label.className = "filter";
      box.type = "search";
      label.append("Show rows with ", box);
      table.parentElement.before(label);
      box.addEventListener("input", () => {
        const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
        for (const row of body.rows) {
          const text = row.textContent.toLowerCase();
          row.hidden = !words.every((word) => text.includes(word));
        }
      });
    }
  }
})();
