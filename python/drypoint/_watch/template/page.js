"use strict";
// Tables sort by a click on a heading: numbers from the most, texts from A; a second click turns it round.
for (const table of document.querySelectorAll("table")) {
  const heads = Array.from(table.tHead.rows[0].cells);
  const body = table.tBodies[0];
  const sort = (place, descending) => {
    const number = !heads[place].classList.contains("text");
    const key = (row) => (number ? Number(row.cells[place].dataset.value) : row.cells[place].textContent);
    const compare = (a, b) => (number ? a - b : a.localeCompare(b, "en", { numeric: true }));
    const rows = Array.from(body.rows).map((row) => [key(row), row]);
    rows.sort((a, b) => (descending ? compare(b[0], a[0]) : compare(a[0], b[0])));
    body.append(...rows.map((pair) => pair[1]));
    heads.forEach((head, other) => {
      if (other === place) head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
  };
  heads.forEach((head, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const now = head.getAttribute("aria-sort");
      sort(place, now ? now === "ascending" : !head.classList.contains("text"));
    });
  });
}
// What a verdict means is folded on a screen and open on paper.
for (const [event, open] of [["beforeprint", true], ["afterprint", false]]) {
  addEventListener(event, () => {
    for (const part of document.querySelectorAll("details")) part.open = open;
  });
}
