// The address holds what is shown, but not the search: it may name a person.
let writing = 0;
function writeHash() {
  const parts = new URLSearchParams();
  parts.set("note", state.note + 1);
  if (state.types.size) parts.set("type", [...state.types].map((i) => view.types[i][0]).join(","));
  for (const key of ["section", "code", "only", "mark", "concept", "drug", "test", "relation"]) if (state[key]) parts.set(key, state[key]);
  if (state.min) parts.set("min", state.min);
  if (state.pick !== null) parts.set("pick", state.pick);
  if (state.runs.length < runs.length) parts.set("run", state.runs.map((i) => runs[i].letter).join(","));
  if (state.tab !== defaultTab()) parts.set("tab", state.tab);
  if (state.labels) parts.set("labels", "1");
  if (state.theme) parts.set("theme", state.theme);
  // Browsers allow only so many changes a second.
  clearTimeout(writing);
  writing = setTimeout(() => history.replaceState(null, "", `#${parts}`), 150);
}

function defaultTab() {
  if (view.codes.length) return "codes";
  return !view.types.length && TABS.includes("answers") ? "answers" : "entities";
}

function readHash() {
  const parts = new URLSearchParams(location.hash.slice(1)), get = (key) => parts.get(key) ?? "";
  const note = Number(get("note")) - 1, min = Number(get("min"));
  if (Number.isInteger(note) && view.notes[note]) state.note = note;
  const labels = view.types.map((type) => type[0]);
  state.types = new Set(get("type").split(",").map((label) => labels.indexOf(label)).filter((i) => i >= 0));
  state.section = view.sections.some((s) => s[0] === get("section")) ? get("section") : "";
  state.min = min >= 0 && min <= 1 ? min : 0;
  state.only = [...field("only").options].some((o) => o.value === get("only")) ? get("only") : "";
  state.mark = [...field("mark").options].some((o) => o.value === get("mark")) ? get("mark") : "";
  state.q = get("q");
  state.code = get("code");
  state.concept = get("concept");
  state.drug = get("drug");
  state.test = get("test");
  state.relation = view.relations.includes(get("relation")) ? get("relation") : "";
  state.pick = parts.get("pick");
  const chosen = runs.map((_, i) => i).filter((i) => get("run").split(",").includes(runs[i].letter));
  state.runs = chosen.length ? chosen : runs.map((_, i) => i);
  state.tab = TABS.includes(get("tab")) ? get("tab") : defaultTab();
  state.labels = get("labels") === "1";
  state.theme = ["dark", "light"].includes(get("theme")) ? get("theme") : "";
}

function showControls() {
  for (const key of ["q", "section", "code", "min", "only", "mark", "concept", "drug", "test", "relation"]) field(key).value = state[key];
  field("min-out").textContent = state.min.toFixed(2);
  field("labels").setAttribute("aria-pressed", String(state.labels));
  for (const box of field("kinds-list").querySelectorAll("input")) box.checked = state.types.has(Number(box.value));
  const chosen = [...state.types];
  field("kinds-sum").textContent = chosen.length ? chosen.map(typeName).join(", ") : "all";
  for (const button of field("runs").children) {
    const shown = button.dataset.run === "" ? runs.map((_, i) => i) : [Number(button.dataset.run)];
    button.setAttribute("aria-pressed", String(shown.join() === state.runs.join()));
  }
  if (state.theme) root.dataset.theme = state.theme;
  else delete root.dataset.theme;
  field("theme").textContent = isDark() ? "Light" : "Dark";
}

const isDark = () => (state.theme ? state.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);

function makeControls() {
  const rows = view.notes.flatMap((note) => note.runs.filter(Boolean)), totals = view.types.map(() => 0);
  for (const row of rows) for (const ent of row.e) totals[ent[TYPE]] += 1;
  field("kinds-list").replaceChildren(...view.groups.flatMap((group) => {
    const members = [...view.types.keys()].filter((i) => view.types[i][1] === group).sort((a, b) => totals[b] - totals[a]);
    return members.length ? [make("h3", null, group), ...members.map((i) => make("label", null,
      make("input", { type: "checkbox", value: i }), make("span", { class: `chip k k${i}` }, typeName(i)), make("span", { class: "num soft" }, sayNumber(totals[i]))))] : [];
  }));
  const labels = [...new Set(view.sections.map((s) => s[0]))].filter(Boolean).sort();
  field("section").append(...labels.map((label) => make("option", { value: label }, sayName(label))));
  const isAssessed = rows.some((row) => row.z.length);
  field("mark").closest("label").hidden = !isAssessed;
  if (isAssessed) field("mark").append(...[["sta", "", "stated"], ...view.marks].map(([key, sign, word]) => make("option", { value: key }, `${sign} ${word}`.trim())));
  field("concept").closest("label").hidden = !view.concepts.length;
  field("concepts").append(...view.concepts.slice(0, 2000).map(([id, name]) => make("option", { value: `${id} ${name}`.trim() })));
  offerRecords(rows);
  const codes = [...view.codes].sort((a, b) => (a[0] < b[0] ? -1 : 1));
  field("codes").append(...codes.map((code) => make("option", { value: `${code[0]} ${code[1]}` })));
  const n = (of) => rows.reduce((sum, row) => sum + of(row), 0), nFailed = view.notes.filter(isFailed).length;
  const facts = [count(view.notes.length, "note", "notes"), count(n((r) => r.e.length), "entity", "entities"), count(n((r) => r.c.length), "code", "codes")];
  field("facts").replaceChildren(...[...facts, ...(nFailed ? [`${sayNumber(nFailed)} failed`] : [])].map((fact) => make("span", null, fact)));
  if (!comparing) return;
  root.classList.add("comparing");
  field("only").append(make("option", { value: "different" }, "different"));
  field("runs").append(...runs.map((run, i) => make("button", { type: "button", "data-run": i, title: `Show ${run.letter} only (${i + 1})` }, make("span", { class: "letter" }, run.letter), run.name)),
    make("button", { type: "button", "data-run": "", title: "Side by side (0)" }, "Side by side"));
}

// Filters of records are there if any note has some.
function offerRecords(rows) {
  for (const [id, key] of [["drug", "d"], ["test", "v"]]) {
    const names = new Map();
    for (const row of rows) for (const record of row[key]) if (record[NAME]) names.set(record[NAME].toLowerCase(), record[NAME]);
    field(id).closest("label").hidden = !rows.some((row) => row[key].length);
    field(`${id}s`).append(...[...names.values()].sort().slice(0, 2000).map((name) => make("option", { value: name })));
  }
  field("relation").closest("label").hidden = !view.relations.length;
  field("relation").append(...[...view.relations].sort().map((label) => make("option", { value: label }, sayName(label.toLowerCase()))));
}

function showRuns(chosen) {
  state.runs = chosen;
  showControls();
  renderAll();
}

let waiting = 0;
function readFilters() {
  Object.assign(state, { q: field("q").value, section: field("section").value, code: field("code").value, min: Number(field("min").value), only: field("only").value, mark: field("mark").value, concept: field("concept").value, drug: field("drug").value, test: field("test").value, relation: field("relation").value });
  state.types = new Set([...field("kinds-list").querySelectorAll("input:checked")].map((box) => Number(box.value)));
  showControls();
  renderAll();
  showFirst();
}

function clearFilters() {
  Object.assign(state, { q: "", section: "", code: "", min: 0, only: "", mark: "", concept: "", drug: "", test: "", relation: "", types: new Set() });
  showControls();
  renderAll();
}

const toggleLabels = () => {
  state.labels = !state.labels;
  pane.classList.toggle("labels", state.labels);
  showControls();
  writeHash();
};
const toggleTheme = () => {
  state.theme = isDark() ? "light" : "dark";
  showControls();
  writeHash();
};

function leave() {
  if (current) selectEntity(null);
  else if (state.pick !== null) pickCode(null);
}

const KEYS = {
  j: () => stepNote(1), k: () => stepNote(-1), ArrowDown: () => stepNote(1), ArrowUp: () => stepNote(-1),
  Home: () => openNote(results[0]), End: () => openNote(results.at(-1)),
  n: () => stepEntity(1), p: () => stepEntity(-1), d: () => stepEntity(1, "[data-e].only"),
  c: () => stepCode(1), C: () => stepCode(-1), e: () => scrollToEvidence(1),
  "/": () => field("q").select(), "?": () => field("help").showModal(),
  l: toggleLabels, t: toggleTheme, Escape: leave,
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || field("help").open) return;
  const isTyping = event.target.matches?.("input, select, textarea");
  if (isTyping && event.key === "Escape") return event.target.blur();
  if (event.target.id === "q" && ["Enter", "ArrowDown"].includes(event.key)) {
    event.preventDefault();
    return list.focus();
  }
  if (isTyping) return;
  const scrolls = /^(Arrow|Home|End)/.test(event.key);
  if (scrolls && !(event.target === document.body || list.contains(event.target))) return;
  const number = comparing && /^\d$/.test(event.key) ? Number(event.key) : -1;
  if (number === 0) showRuns(runs.map((_, i) => i));
  else if (number > 0 && runs[number - 1]) showRuns([number - 1]);
  else if (Object.hasOwn(KEYS, event.key) && (results.length || ["/", "?", "l", "t"].includes(event.key))) KEYS[event.key]();
  else return;
  event.preventDefault();
}

function goToEntity(link) {
  const [run, i] = link.dataset.go.split(" ");
  selectEntity(pane.querySelector(`[data-r="${run}"][data-e="${i}"]`) || pane.querySelector(`[data-r="${run}"][data-o~="${i}"]`));
}

function onPanelClick({ target }) {
  const pick = target.closest("[data-pick]"), place = target.closest("[data-code]");
  const go = target.closest("[data-go]"), section = target.closest("[data-section]"), record = target.closest("[data-record]");
  if (place) goToPlace({ run: Number(place.dataset.r), code: Number(place.dataset.code), start: Number(place.dataset.start) });
  else if (pick) pickCode(pick.dataset.pick === state.pick ? null : pick.dataset.pick);
  else if (record) goToRecord(record.dataset.record);
  else if (go) goToEntity(go);
  else if (section) {
    const [run, i] = section.dataset.section.split(" ");
    pane.querySelector(`[data-run="${run}"][data-s="${i}"]`)?.scrollIntoView({ block: "start" });
  }
}

function onTabKey(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step) openTab(TABS[(TABS.indexOf(state.tab) + step + TABS.length) % TABS.length], true);
}

function listen() {
  document.addEventListener("keydown", onKey);
  field("filters").addEventListener("submit", (event) => event.preventDefault());
  field("filters").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(readFilters, 120);
  });
  field("clear").addEventListener("click", clearFilters);
  field("labels").addEventListener("click", toggleLabels);
  field("theme").addEventListener("click", toggleTheme);
  field("ask").addEventListener("click", () => field("help").showModal());
  field("runs").addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button) showRuns(button.dataset.run === "" ? runs.map((_, i) => i) : [Number(button.dataset.run)]);
  });
  field("tabs").addEventListener("click", ({ target }) => target.closest("[data-tab]") && openTab(target.closest("[data-tab]").dataset.tab, true));
  field("tabs").addEventListener("keydown", onTabKey);
  panel.addEventListener("click", onPanelClick);
  pane.addEventListener("pointerover", ({ target }) => {
    lightCues(target.closest("[data-e], [data-q]"));
    if (target.closest("[data-e], [data-o]")) showCard(target);
    else if (current) showCard(current);
    else hideCard();
  });
  pane.addEventListener("pointerleave", () => (current ? showCard(current) : hideCard()));
  pane.addEventListener("click", ({ target }) => {
    const link = target.closest("[data-go]");
    if (link) goToEntity(link);
    else if (!target.closest(".dates")) selectEntity(target.closest("[data-e], [data-o]"));
  });
  pane.addEventListener("keydown", (event) => {
    const link = event.key === "Enter" && event.target.closest("[data-go]");
    if (link) goToEntity(link);
  });
  pane.addEventListener("scroll", () => (current ? showCard(current) : hideCard()), { passive: true });
  addEventListener("hashchange", () => {
    readHash();
    showControls();
    renderAll();
    showFirst();
  });
}

makeControls();
readHash();
showControls();
listen();
renderAll();
showFirst();
root.dataset.ready = performance.now().toFixed(0);
