const pane = document.getElementById("pane"), card = document.getElementById("card");
const field = (id) => document.getElementById(id);
const root = document.documentElement;
const able = (note) => state.runs.filter((run) => note.runs[run]);
let current = null;

function sayFacts(note) {
  const parts = shownRows(note), most = (of) => Math.max(0, ...parts.map(of));
  return [count(most((r) => r.s.length), "section", "sections"), count(most((r) => r.e.length), "entity", "entities"),
    count(most((r) => r.c.length), "code", "codes"), count(most((r) => r.n), "character", "characters"),
    ...note.meta.filter(([key, value]) => key !== "Source" && value).slice(0, 4).map(([key, value]) => visible(`${key}: ${value}`))];
}

function makeAlerts(note) {
  const alerts = [], alert = (words) => alerts.push(make("div", { class: "alert", role: "note" }, words));
  runs.forEach((run, i) => {
    const row = note.runs[i], name = comparing ? `${run.letter} ${run.name}: ` : "";
    if (row === null) alert(`${name}this note is not in the run.`);
    else if (row.x) alert(visible(name + row.x));
  });
  const texts = new Set(able(note).map((i) => note.runs[i].n + " " + textOf(note, note.runs[i])));
  if (note.texts.length > 1 && texts.size > 1) alert("The runs had different texts for this id, so what they found can't be compared.");
  return alerts;
}

// Rows of a comparison end where a section ends in all runs.
function alignBlocks(columns) {
  const common = columns.map((blocks) => new Set(blocks.map((block) => block.start)))
    .reduce((all, starts) => new Set([...all].filter((start) => starts.has(start))));
  return columns.map((blocks) => groupBlocks(blocks, common));
}

function groupBlocks(blocks, common) {
  const groups = [];
  for (const block of blocks) {
    if (!groups.length || common.has(block.start)) groups.push([]);
    groups.at(-1).push(block.node);
  }
  return groups;
}

function makeBody(note) {
  const shown = able(note), patterns = makePatterns(state.q);
  const columns = shown.map((run) => makeBlocks(note, run, patterns));
  if (columns.length < 2) return make("div", { class: "card" }, columns.flat().map((block) => block.node));
  const aligned = alignBlocks(columns), depth = Math.max(...aligned.map((groups) => groups.length));
  const heads = shown.map((run) => {
    const only = note.runs[run].e.filter((ent) => ent[FOUND_BY] && passes(ent)).length;
    return make("div", { class: "run" }, make("span", { class: "letter" }, runs[run].letter), make("b", null, runs[run].name),
      make("span", { class: "soft" }, count(note.runs[run].e.filter(passes).length, "entity", "entities")),
      only > 0 && make("span", { class: "badge diff" }, `≠ ${sayNumber(only)}`));
  });
  const cells = Array.from({ length: depth }, (_, k) => aligned.map((groups) => make("div", { class: "cell" }, groups[k] || [])));
  const grid = make("div", { class: "card columns" }, heads, cells.flat());
  grid.style.gridTemplateColumns = `repeat(${columns.length}, minmax(0, 1fr))`;
  return grid;
}

function renderNote() {
  const note = results.length ? view.notes[state.note] : null;
  hideCard();
  current = null;
  pane.classList.toggle("labels", state.labels);
  if (!note) {
    const words = view.notes.length ? "No note has all that is asked for." : "There are no notes.";
    pane.replaceChildren(make("p", { class: "empty soft" }, words));
  } else {
    if (state.code.trim() && !listCodes(note).some((c) => c.name === state.pick)) {
      state.pick = listCodes(note).find((c) => c.found.some(({ code }) => isSought(code)))?.name ?? state.pick;
    }
    const isEmpty = able(note).every((i) => textOf(note, note.runs[i])?.trim() === "");
    pane.replaceChildren(
      make("h2", null, make("bdi", null, visible(note.id) || "(no id)")),
      make("p", { class: "facts" }, sayFacts(note).map((fact) => make("span", null, make("bdi", null, fact)))),
      ...makeAlerts(note), makeTimelines(note) || "", isEmpty ? make("p", { class: "empty soft" }, "This note has no text.") : makeBody(note));
  }
  renderPanel(note);
  markCode();
}

function renderAll() {
  runFilters();
  if (results.length && !results.includes(state.note)) state.note = results[0];
  showInList();
  sayFound();
  renderNote();
  writeHash();
}

function openNote(i) {
  state.note = i;
  pane.scrollTop = 0;
  panel.scrollTop = 0;
  showInList();
  renderNote();
  showFirst();
  writeHash();
}

// What was asked for comes into view: a word searched for, or evidence.
function showFirst() {
  if (makePatterns(state.q).length) bring(pane.querySelector(".hit"));
  else if (state.pick !== null) scrollToEvidence();
}

function stepNote(step) {
  const place = results.indexOf(state.note) + step;
  if (place >= 0 && place < results.length) openNote(results[place]);
}

// Show where the chosen code comes from.
function markCode() {
  for (const node of pane.querySelectorAll("[data-v].on")) node.classList.remove("on", "here");
  view.codes.forEach((code, i) => {
    if (code[0] !== state.pick) return;
    for (const node of pane.querySelectorAll(`[data-v~="${i}"]`)) node.classList.add("on");
  });
  for (const node of panel.querySelectorAll("[data-pick]")) {
    const isOn = node.dataset.pick === state.pick;
    node.setAttribute("aria-pressed", String(isOn));
    node.closest("li").classList.toggle("on", isOn);
    if (isOn) node.closest("li").scrollIntoView({ block: "nearest" });
  }
}

function pickCode(name) {
  state.pick = name;
  markCode();
  if (name !== null) scrollToEvidence();
  writeHash();
}

const bring = (node) => node && node.scrollIntoView({ block: "center", behavior: "instant" });

// The places that the chosen code comes from, in the order of the list of codes.
function listPlaces() {
  const chosen = listCodes(view.notes[state.note]).find((code) => code.name === state.pick);
  return (chosen?.found ?? []).flatMap(({ run, code }) =>
    code[EVIDENCE].map((evidence) => ({ run, code: code[0], start: evidence[1] })));
}

let place = 0;
function scrollToEvidence(step = 0) {
  const places = listPlaces();
  if (!places.length) return;
  place = step ? (place + step + places.length) % places.length : 0;
  goToPlace(places[place]);
}

function goToPlace({ run, code, start }) {
  const note = view.notes[state.note], row = note.runs[run], name = view.codes[code][0];
  if (state.pick !== name) pickCode(name);
  place = listPlaces().findIndex((other) => other.run === run && other.start === start);
  const text = textOf(note, row);
  if (text === null) {
    const section = row.s.findIndex((s) => s[1] <= start && start < s[2]);
    bring(pane.querySelector(`[data-run="${run}"][data-s="${section}"]`));
  } else {
    const unit = toUnits(note, text, start);
    const inRun = [...pane.querySelectorAll(`[data-run="${run}"] .ev[data-v~="${code}"]`)];
    for (const node of inRun) node.classList.toggle("here", Number(node.dataset.at) === unit);
    bring(inRun.find((node) => Number(node.dataset.at) >= unit));
  }
}

function stepCode(step) {
  const names = listCodes(view.notes[state.note]).map((code) => code.name);
  if (!names.length) return;
  if (state.tab !== "codes") openTab("codes");
  const place = names.indexOf(state.pick);
  pickCode(names[place < 0 ? (step > 0 ? 0 : names.length - 1) : (place + step + names.length) % names.length]);
}

function describeEntity(run, i) {
  const note = view.notes[state.note], row = note.runs[run], ents = [...row.e, ...row.o], ent = ents[i];
  const words = quote(note, row, ent[START], ent[END]);
  const lines = [["Score", sayScore(ent[SCORE])], ["Section", sectionName(ent[SECTION])], ["Characters", `${sayNumber(ent[START])}–${sayNumber(ent[END])}`]];
  for (const concept of conceptsOf(ent)) lines.push(["Concept", sayConcept(concept)]);
  const marks = marksOf(ent);
  if (ent[MARKS] !== undefined) lines.push(["Assertion", marks.length ? marks.map(([, , word]) => word).join(", ") : "stated"]);
  const saying = [...new Set((ent[CUES] || []).map(([start, end]) => quote(note, row, start, end)).filter((said) => said !== null))];
  if (saying.length) lines.push(["Because of", saying.map((said) => `“${visible(said).replace(/\s+/g, " ")}”`).join(", ")]);
  for (const hint of ent[HINTS] || []) lines.push(hint.startsWith("= ") ? ["Date", visible(hint.slice(2))] : ["Said of it", visible(hint)]);
  lines.push(...describeRecords(row, ent));
  if (ent[SAID]) lines.push(["Attributes", ent[SAID].map(visible).join(", ")]);
  if (comparing) lines.push(["Found by", ent[FOUND_BY] ? sayRuns(ent[FOUND_BY]) : "all that had this text"]);
  runs.forEach((other, k) => {
    const rest = note.runs[k];
    if (k === run || !rest || rest.x || (ent[FOUND_BY] >> k) & 1 || rest.n !== row.n) return;
    for (const near of [...rest.e, ...rest.o].filter((e) => e[START] < ent[END] && ent[START] < e[END])) {
      const place = near[START] === ent[START] && near[END] === ent[END] ? "" : `, ${near[START]}–${near[END]}`;
      lines.push([`${other.letter} has`, `${typeName(near[TYPE])} ${sayScore(near[SCORE])}${place}`]);
    }
  });
  return make("div", null,
    make("p", null, make("span", { class: `chip k k${ent[TYPE]}` }, typeName(ent[TYPE])), i >= row.e.length && " overlaps another"),
    words !== null && make("bdi", { class: "words" }, visible(words).replace(/\s+/g, " ").slice(0, 160)),
    make("dl", null, lines.flatMap(([key, value]) => [make("dt", null, key), make("dd", null, value)])));
}

function showCard(node) {
  const mark = node.closest("[data-e]"), others = node.closest("[data-o]");
  const found = [mark && mark.dataset.e, ...(others ? others.dataset.o.split(" ") : [])].filter((i) => i !== null);
  const run = Number((mark || others).dataset.r);
  card.replaceChildren(...found.map((i) => describeEntity(run, Number(i))));
  card.hidden = false;
  const box = (mark || others).getClientRects()[0], own = card.getBoundingClientRect();
  const frame = pane.getBoundingClientRect();
  if (box.bottom < frame.top || box.top > frame.bottom) return hideCard();
  const below = box.bottom + 8 + own.height < innerHeight;
  card.style.left = `${Math.max(8, Math.min(box.left, innerWidth - own.width - 8))}px`;
  card.style.top = `${below ? box.bottom + 8 : Math.max(8, box.top - own.height - 8)}px`;
}

function hideCard() {
  card.hidden = true;
}

// Light up the words that say something of an entity, or the entities that words speak of.
function lightCues(node) {
  for (const lit of pane.querySelectorAll(".lit")) lit.classList.remove("lit");
  if (!node) return;
  const keys = [...(node.dataset.q?.split(" ") || []), ...(node.dataset.e ? [`${node.dataset.r}-${node.dataset.e}`] : [])];
  for (const key of keys) {
    const [run, i] = key.split("-");
    for (const other of pane.querySelectorAll(`[data-q~="${key}"], mark[data-r="${run}"][data-e="${i}"]`)) if (other !== node) other.classList.add("lit");
  }
}

// Show a row of a table in the note, and the row of what is chosen in the note.
function goToRecord(key) {
  const found = [...pane.querySelectorAll("[data-m]")].filter((node) => node.dataset.m.split(",").includes(key));
  lightRecords([key]);
  bring(found[0]);
}

function lightRecords(keys) {
  for (const node of document.querySelectorAll("[data-m]")) {
    const isOn = node.dataset.m.split(",").some((key) => keys.includes(key));
    node.classList.toggle("chosen", isOn);
    if (isOn && panel.contains(node)) node.scrollIntoView({ block: "nearest" });
  }
}

const recordsOf = (mark) => [...(mark?.querySelectorAll("[data-m]") ?? [])].flatMap((node) => node.dataset.m.split(","));

function selectEntity(mark) {
  lightCues(mark);
  lightRecords(recordsOf(mark));
  current?.classList.remove("sel");
  current?.removeAttribute("aria-describedby");
  current = mark;
  if (!mark) return hideCard();
  mark.classList.add("sel");
  mark.setAttribute("aria-describedby", "card");
  bring(mark);
  mark.focus({ preventScroll: true });
  showCard(mark);
}

function stepEntity(step, selector = "[data-e]") {
  const marks = [...pane.querySelectorAll(selector)];
  if (!marks.length) return;
  const from = current ? marks.indexOf(current) : -1;
  let next = from + step;
  if (from < 0) {
    const after = current && marks.findIndex((m) => current.compareDocumentPosition(m) & Node.DOCUMENT_POSITION_FOLLOWING);
    next = current && after >= 0 ? after : step > 0 ? 0 : marks.length - 1;
  }
  selectEntity(marks[(next + marks.length) % marks.length]);
}

function openTab(name, focus) {
  state.tab = name;
  renderPanel(results.length ? view.notes[state.note] : null);
  markCode();
  panel.scrollTop = 0;
  if (focus) field(`tab-${name}`).focus();
  writeHash();
}
