"use strict";
// A press on a heading sorts its table; another turns the order round; a third restores it.

function compare(first, second, column, numeric) {
  const [a, b] = [first.cells[column], second.cells[column]];
  if (!numeric) return a.textContent.localeCompare(b.textContent, undefined, { numeric: true });
  return Number(a.dataset.value) - Number(b.dataset.value);
}

function sorted(rows, column, numeric, order) {
  const known = (row) => !numeric || "value" in row.cells[column].dataset;
  const sign = order === "ascending" ? 1 : -1;
  const ordered = rows.filter(known);
  ordered.sort((first, second) => sign * compare(first, second, column, numeric));
  return [...ordered, ...rows.filter((row) => !known(row))];
}

for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0];
  const given = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const numeric = head.classList.contains("number");
    // The largest is what one looks for among numbers, the first among names.
    const orders = numeric ? ["descending", "ascending"] : ["ascending", "descending"];
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const order = orders[orders.indexOf(head.getAttribute("aria-sort")) + 1];
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      if (order) head.setAttribute("aria-sort", order);
      body.append(...(order ? sorted(given, column, numeric, order) : given));
    });
  });
}
