// The list of notes: rows of one height, of which only those in view are made.
const ROW = 60;
const list = document.getElementById("list"), rows = document.getElementById("rows");
let drawn = "";

function makeOption(place, patterns) {
  const i = results[place], note = view.notes[i];
  const snippet = patterns.length ? makeSnippet(note, patterns) : null;
  const parts = shownRows(note);
  const facts = [
    count(Math.max(0, ...parts.map((row) => row.e.length)), "entity", "entities"),
    count(Math.max(0, ...parts.map((row) => row.c.length)), "code", "codes"),
  ];
  if (matching[i] !== undefined) facts[0] = `${sayNumber(matching[i])} of ${facts[0]}`;
  const option = make("div", {
    id: `note-${i}`, role: "option", class: "option", "data-i": i,
    "aria-selected": String(i === state.note),
    "aria-posinset": place + 1, "aria-setsize": results.length,
  },
  make("span", { class: "line" },
    make("bdi", { class: "id" }, visible(note.id) || "(no id)"),
    isFailed(note) && make("span", { class: "badge failed" }, "failed"),
    isMissing(note) && make("span", { class: "badge" }, "not in all"),
    note.diff > 0 && make("span", { class: "badge diff", title: "Entities and codes that not all runs found" }, `≠ ${sayNumber(note.diff)}`)),
  make("span", { class: "soft", dir: snippet ? "auto" : null }, snippet || facts.join(" · ")));
  option.style.top = `${place * ROW}px`;
  return option;
}

function drawList(force) {
  const first = Math.max(0, Math.floor(list.scrollTop / ROW) - 6);
  const last = Math.min(results.length, Math.ceil((list.scrollTop + list.clientHeight) / ROW) + 6);
  if (!force && drawn === `${first} ${last}`) return;
  drawn = `${first} ${last}`;
  const patterns = makePatterns(state.q);
  rows.replaceChildren(...Array.from({ length: Math.max(0, last - first) }, (_, k) => makeOption(first + k, patterns)));
  const isDrawn = document.getElementById(`note-${state.note}`) !== null;
  if (isDrawn) list.setAttribute("aria-activedescendant", `note-${state.note}`);
  else list.removeAttribute("aria-activedescendant");
}

function showInList() {
  const place = results.indexOf(state.note);
  rows.style.height = `${results.length * ROW}px`;
  if (place >= 0) {
    const top = place * ROW, space = list.clientHeight - ROW;
    list.scrollTop = Math.max(top - space, Math.min(list.scrollTop, top));
  }
  drawList(true);
}

function sayFound() {
  const all = view.notes.length, found = document.getElementById("found");
  found.textContent = results.length === all ? count(all, "note", "notes") : `${sayNumber(results.length)} of ${count(all, "note", "notes")}`;
  const isPlain = !state.q && !isFiltering() && !state.code && !state.only && !isFilteringRecords();
  document.getElementById("clear").hidden = isPlain;
}

list.addEventListener("scroll", () => requestAnimationFrame(() => drawList(false)), { passive: true });
new ResizeObserver(() => drawList(false)).observe(list);
list.addEventListener("click", (event) => {
  const option = event.target.closest("[data-i]");
  if (option) openNote(Number(option.dataset.i));
});
