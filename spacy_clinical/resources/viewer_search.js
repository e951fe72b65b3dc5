const state = {
  note: 0, q: "", types: new Set(), section: "", code: "", min: 0, only: "", mark: "", concept: "", drug: "", test: "", relation: "", dates: true,
  pick: null, runs: runs.map((_, i) => i), tab: "", labels: false, theme: "",
};
let results = view.notes.map((_, i) => i);
let matching = [];
let soughtConcepts = new Set();

// Words, and phrases in quotes, as patterns; white space is any white space.
function makePatterns(query) {
  const found = [...query.matchAll(/"([^"]*)"?|([^\s"]+)/g)].map((m) => (m[1] ?? m[2]).trim());
  return found.filter(Boolean).map((term) => {
    const words = term.split(/\s+/).map((word) => word.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
    return new RegExp(words.join("\\s+"), "giu");
  });
}

const passes = (ent) =>
  (!state.types.size || state.types.has(ent[TYPE])) &&
  (!state.section || sectionLabel(ent[SECTION]) === state.section) &&
  (ent[SCORE] === null || ent[SCORE] >= state.min) && (!state.mark || isMarked(ent, state.mark)) &&
  (!state.concept.trim() || (ent[CONCEPTS] || []).some((i) => soughtConcepts.has(i)));

// The concepts whose id or name is asked for, by their places in the list of all.
function findConcepts(query) {
  const sought = query.trim().toLowerCase();
  const matches = ([id, name]) => id.toLowerCase().startsWith(sought) || name.toLowerCase().includes(sought) ||
    `${id} ${name}`.toLowerCase() === sought;
  return new Set(sought ? [...view.concepts.keys()].filter((i) => matches(view.concepts[i])) : []);
}

// Whether an entity has a mark; "sta": it was assessed, and has none.
const isMarked = (ent, key) =>
  ent[MARKS] !== undefined && (key === "sta" ? ent[MARKS] === 0 : marksOf(ent).some((mark) => mark[0] === key));

const passesCode = (code) => code[CODE_SCORE] === null || code[CODE_SCORE] >= state.min;
const isSought = (code) => {
  const [name, title] = view.codes[code[0]];
  const sought = state.code.trim().toLowerCase();
  return name.toLowerCase().startsWith(sought) || title.toLowerCase().includes(sought) ||
    `${name} ${title}`.toLowerCase() === sought;
};

const shownRows = (note) => state.runs.map((i) => note.runs[i]).filter(Boolean);
const isFailed = (note) => note.runs.some((row) => row && row.x);
const isMissing = (note) => note.runs.some((row) => row === null);
const isDifferent = (note) => note.diff > 0 || isMissing(note) || (comparing && isFailed(note));
const isFiltering = () => state.types.size > 0 || state.section !== "" || state.min > 0 || state.mark !== "" || state.concept.trim() !== "";

function hasAll(note, patterns) {
  if (!patterns.length) return true;
  const places = [note.id, ...note.meta.map((pair) => pair[1]), ...note.texts];
  return patterns.every((pattern) =>
    places.some((place) => {
      pattern.lastIndex = 0;
      return pattern.test(place);
    }));
}

function countPassing(note) {
  return Math.max(0, ...shownRows(note).map((row) => row.e.filter(passes).length));
}

function isFound(note, i, patterns) {
  if (state.only === "failed" && !isFailed(note)) return false;
  if (state.only === "different" && !isDifferent(note)) return false;
  const rows = shownRows(note);
  if (state.code.trim() && !rows.some((row) => row.c.some((c) => isSought(c) && passesCode(c)))) return false;
  if (isFilteringRecords() && !rows.some(hasRecords)) return false;
  if (isFiltering()) {
    matching[i] = countPassing(note);
    const hasSection = rows.some((row) => row.s.some((s) => sectionLabel(s[0]) === state.section));
    if (!matching[i] && (state.types.size || state.min || state.mark || state.concept.trim() || !hasSection)) return false;
  }
  return hasAll(note, patterns);
}

// Finds the notes to list; how long it took can be read from the page.
function runFilters() {
  const start = performance.now();
  const patterns = makePatterns(state.q);
  soughtConcepts = findConcepts(state.concept);
  matching = [];
  results = [];
  view.notes.forEach((note, i) => {
    if (isFound(note, i, patterns)) results.push(i);
  });
  document.documentElement.dataset.filtered = (performance.now() - start).toFixed(1);
}

// A line of the note around the first word that was searched for.
function makeSnippet(note, patterns) {
  for (const text of note.texts) {
    patterns[0].lastIndex = 0;
    const hit = patterns[0].exec(text);
    if (!hit) continue;
    const end = hit.index + hit[0].length;
    const before = text.slice(Math.max(0, hit.index - 24), hit.index);
    const start = hit.index > 24 ? before.replace(/^\S*/, "…") : before;
    return [start, make("b", null, visible(hit[0])), text.slice(end, end + 60)].map((part) =>
      typeof part === "string" ? visible(part).replace(/\s+/g, " ") : part);
  }
  return null;
}
