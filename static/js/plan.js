// Selecting a rack: the same address as the link, without leaving the page; arrows move between racks.
const drawing = document.querySelector("[data-racks]");

function mark(id) {
  const box = drawing?.querySelector(`a[data-rack="${CSS.escape(id)}"] .rack`);
  const chosen = document.querySelector("[data-chosen]");
  if (!box || !chosen) return;
  for (const name of ["x", "y", "width", "height"]) chosen.setAttribute(name, box.getAttribute(name));
}

function show(id) {
  mark(id);
  for (const rack of document.querySelectorAll("a[data-rack]")) {
    if (rack.dataset.rack === id) rack.setAttribute("aria-current", "true");
    else rack.removeAttribute("aria-current");
  }
  for (const row of document.querySelectorAll("tr[data-row]")) row.classList.toggle("chosen", row.dataset.row === id);
}

function address(link) {
  return link.href.baseVal ?? link.getAttribute("href");
}

async function select(link) {
  const url = new URL(address(link), location.href);
  show(link.dataset.rack);
  await window.htmx.ajax("GET", url.pathname + url.search, { target: "#panel", select: "#panel", swap: "outerHTML" });
  history.replaceState(null, "", url);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-rack]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  select(link);
});

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function middle(link) {
  const box = link.getBBox();
  return [box.x + box.width / 2, box.y + box.height / 2];
}

drawing?.addEventListener("keydown", (event) => {
  const step = STEPS[event.key];
  const from = event.target.closest("a[data-rack]");
  if (!step || !from) return;
  event.preventDefault();
  const [x, y] = middle(from);
  let best = null;
  let least = Infinity;
  for (const link of drawing.querySelectorAll("a[data-rack]")) {
    const [dx, dy] = middle(link).map((value, axis) => value - [x, y][axis]);
    const along = dx * step[0] + dy * step[1];
    const aside = Math.abs(dx * step[1]) + Math.abs(dy * step[0]);
    if (along > 0.1 && along + 3 * aside < least) [best, least] = [link, along + 3 * aside];
  }
  if (!best) return;
  from.setAttribute("tabindex", "-1");
  best.setAttribute("tabindex", "0");
  best.focus();
});
