// Draws a timeline as timeline.py has laid it out: places in percent, heights in pixels.
const DOT = 1, ON_LEFT = 2, IS_NEAR = 4, OPENS = 8, CLOSES = 16;
const SVG = "http://www.w3.org/2000/svg";

function draw(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes || {})) if (value !== null && value !== undefined) node.setAttribute(name, value);
  node.append(...children.flat().filter((child) => child !== null && child !== false && child !== ""));
  return node;
}

const drawArrow = (x, y, path) => draw("svg", { x: `${x}%`, y, overflow: "visible" }, draw("path", { class: "arrow", d: path }));

function drawItem(run, [words, said, start, entity, isDenied], first) {
  const text = draw("tspan", { class: isDenied ? "words denied" : "words" }, visible(words));
  const link = entity < 0 ? text : draw("a", { tabindex: "0", role: "link", "data-go": `${run} ${entity}` }, text);
  return [first ? "  " : ", ", link];
}

function drawRow(run, [y, left, right, flags, color, when, note, title, items, nShown, nMore]) {
  const isLeft = Boolean(flags & ON_LEFT), isArrow = flags & (isLeft ? CLOSES : OPENS);
  return draw("g", { class: `row${flags & IS_NEAR ? " near" : ""}${note ? " assumed" : ""}`, color },
    draw("title", null, visible(title)),
    draw("rect", { class: "under", x: 0, y: y - 13, width: "100%", height: 26 }),
    flags & DOT ? draw("circle", { class: "mark", cx: `${left}%`, cy: y, r: 5.5 }) : draw("rect", { class: "mark", x: `${left}%`, y: y - 5, width: `${(right - left).toFixed(2)}%`, height: 10, rx: 3 }),
    flags & OPENS ? drawArrow(right, y, "M8 0H26M21 -4L26 0L21 4") : null,
    flags & CLOSES ? drawArrow(left, y, "M-8 0H-26M-21 -4L-26 0L-21 4") : null,
    draw("text", { x: `${isLeft ? left : right}%`, y: y + 4.5, dx: (isArrow ? 36 : 13) * (isLeft ? -1 : 1), "text-anchor": isLeft ? "end" : null },
      draw("tspan", { class: "when" }, when),
      items.slice(0, nShown).flatMap((item, k) => drawItem(run, item, k === 0)),
      nMore > 0 && draw("tspan", { class: "soft" }, ` + ${nMore} more`)));
}

function drawTimeline(run, [height, ticks, cuts, rows, nLeftOut, summary]) {
  const grid = draw("g", { "aria-hidden": "true" },
    cuts.map((x) => draw("rect", { class: "cut", x: `${(x - 0.75).toFixed(2)}%`, y: 0, width: "1.5%", height })),
    ticks.flatMap(([x, words, year]) => [
      draw("line", { class: "grid", x1: `${x}%`, x2: `${x}%`, y1: 36, y2: height }),
      draw("text", { class: "soft", x: `${x}%`, y: 14, "text-anchor": "middle" }, words),
      year ? draw("text", { class: "soft", x: `${x}%`, y: 29, "text-anchor": "middle" }, year) : null,
    ]));
  const image = draw("svg", { class: "timeline", height, role: "group", "aria-labelledby": `title-${run} desc-${run}` },
    draw("title", { id: `title-${run}` }, "Timeline"), draw("desc", { id: `desc-${run}` }, visible(summary)), grid, rows.map((row) => drawRow(run, row)));
  const hints = [
    rows.length && "A filled mark: a relation or a table says so. A hollow one: the nearest date in the sentence.",
    rows.some((row) => row[6]) && "A dashed one: a part of the date was assumed.",
    cuts.length && "Time without dates is cut out at grey lines.",
    nLeftOut && `${count(nLeftOut, "date is", "dates are")} not shown: the year, or the date to count from, isn't known.`,
  ];
  return [rows.length > 0 && make("div", { class: rows.length > 10 ? "times tall" : "times" }, image), make("p", { class: "soft hint" }, hints.filter(Boolean).join(" "))];
}

function makeTimelines(note) {
  const drawn = state.runs.filter((run) => note.runs[run]?.w);
  if (!drawn.length) return null;
  const details = make("details", { class: "card dates", open: state.dates }, make("summary", null, "Timeline"),
    drawn.flatMap((run) => [drawn.length > 1 && make("h3", null, letter(run), runs[run].name), drawTimeline(run, note.runs[run].w)].flat()));
  details.addEventListener("toggle", () => { state.dates = details.open; });
  return details;
}
