// Draws the charts whose JSON the server made; colours are names of our own CSS variables.
const probe = document.createElement("span");
probe.hidden = true;
document.body.append(probe);

function colour(name) {
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}

function coloured(value) {
  if (typeof value === "string") return value.startsWith("--") ? colour(value) : value;
  if (Array.isArray(value)) return typeof value[0] === "number" ? value : value.map(coloured);
  if (value && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, coloured(part)]));
  return value;
}

function axis(given) {
  return {
    gridcolor: colour("--line"), linecolor: colour("--line-strong"), zerolinecolor: colour("--line-strong"),
    automargin: true, separatethousands: true, ...given, title: { standoff: 8, ...given.title },
  };
}

function layout(given) {
  const { title, xaxis, yaxis, ...rest } = coloured(given);
  return {
    ...rest,
    xaxis: axis(xaxis), yaxis: axis(yaxis),
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("--ink") },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    separators: ".\u202f",
    margin: { l: 56, r: 12, t: 28, b: 40 },
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
    hoverlabel: { bgcolor: colour("--surface"), font: { color: colour("--ink") } },
  };
}

const drawn = new Map();

function draw(place, figure) {
  const settings = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] };
  place.replaceChildren();
  return window.Plotly.newPlot(place, coloured(figure.data), layout(figure.layout), settings);
}

async function fetchAndDraw(place) {
  try {
    const answer = await fetch(place.dataset.figure, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const figure = await answer.json();
    drawn.set(place, figure);
    await draw(place, figure);
    place.dataset.drawn = "true";
  } catch {
    place.textContent = "This chart could not be drawn. Its data stand in the table below and in the CSV.";
  }
}

// One after the other, so that the page stays quick under the reader's hands.
for (const place of document.querySelectorAll("[data-figure]")) await fetchAndDraw(place);

function redraw() {
  for (const [place, figure] of drawn) draw(place, figure);
}
document.addEventListener("themechange", redraw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
