// What belongs to what: tables of medications and measurements, and relations by their heads.
// Rows are arrays, in the order that viewer_records.py describes.
const NAME = 2, OTHERS = 3, PRODUCT = 4, USES = 5, SUPPLY = 6, STATES = 7, DRUG_SECTION = 8;
const KNOWN_AS = 3, VALUE = 4, UNIT = 5, RANGE = 6, FLAG = 7, DAY = 8, TEST_SECTION = 9;
const LABEL = 0, HEAD = 1, CHILD = 2, RELATION_SCORE = 3, END_TYPE = 2;
const RELATION_WORDS = {
  MODIFY: "with", SUB_PROCEDURE: "includes", IDENTICAL: "same as", CAUSE: "caused by", BEFORE: "after", AFTER: "before", OVERLAP: "same time as",
};

const sought = (key) => state[key].trim().toLowerCase();
const isDrugSought = (row) => [row[NAME], row[OTHERS], ...row[STATES]].some((words) => words.toLowerCase().includes(sought("drug")));
const isTestSought = (row) => [row[NAME], row[KNOWN_AS], row[FLAG][1]].some((words) => words.toLowerCase().includes(sought("test")));
const isRelationSought = (row) => view.relations[row[LABEL]] === state.relation;

// The rows of a note that pass the filters: of each shown run, with their numbers.
const listRows = (note, key, passes) => state.runs.flatMap((run) =>
  (note.runs[run]?.[key] ?? []).map((row, i) => ({ run, row, i })).filter(({ row }) => passes(row)));
const listDrugs = (note) => listRows(note, "d", isDrugSought);
const listTests = (note) => listRows(note, "v", isTestSought);
const listRelations = (note) => listRows(note, "r", (row) => !state.relation || isRelationSought(row));

const hasRecords = (row) =>
  (!sought("drug") || row.d.some(isDrugSought)) && (!sought("test") || row.v.some(isTestSought)) &&
  (!state.relation || row.r.some(isRelationSought));
const isFilteringRecords = () => Boolean(sought("drug") || sought("test") || state.relation);

// Rows of one section, and of one day, under a line that names them.
function groupRows(found, name, nColumns, makeLine) {
  return groupBy(found, ({ run, row }) => `${run} ${name(row)}`).flatMap(({ items }) => [
    make("tr", { class: "group" }, make("th", { colspan: nColumns, scope: "rowgroup" }, letter(items[0].run), name(items[0].row))),
    ...items.map(makeLine),
  ]);
}

const goButton = (kind, { run, row, i }) => make("button", { type: "button", class: "go", "data-record": `${run} ${kind}${i}`, title: `Characters ${row[START - 1]}–${row[END - 1]}` },
  make("bdi", null, visible(row[NAME]) || `${row[0]}–${row[1]}`));

function makeDrugs(note) {
  const found = listDrugs(note);
  if (!found.length) return make("p", { class: "soft" }, "No medications.");
  return make("table", { class: "records" },
    make("thead", null, make("tr", null, make("th", null, "Drug"), make("th", null, "Use"))),
    make("tbody", null, groupRows(found, (row) => sectionName(row[DRUG_SECTION]), 2, (entry) => {
      const { run, row, i } = entry;
      return make("tr", { "data-m": `${run} d${i}` },
        make("td", null, goButton("d", entry), row[OTHERS] && make("bdi", { class: "fine" }, visible(row[OTHERS])), row[PRODUCT] && make("span", { class: "fine" }, visible(row[PRODUCT]))),
        make("td", null, row[USES].map((use, k) => make("div", { dir: "auto" }, k > 0 && make("span", { class: "soft" }, "then "), visible(use))),
          row[STATES].map((word) => make("span", { class: "badge" }, word)), row[SUPPLY] && make("span", { class: "fine" }, row[SUPPLY])));
    })));
}

function makeTests(note) {
  const found = listTests(note), hasRange = found.some(({ row }) => row[RANGE]);
  if (!found.length) return make("p", { class: "soft" }, "No measurements.");
  return make("table", { class: "records" },
    make("thead", null, make("tr", null, make("th", null, "Test"), make("th", null, "Value"), hasRange && make("th", null, "Range"))),
    make("tbody", null, groupRows(found, (row) => [sectionName(row[TEST_SECTION]), row[DAY]].filter(Boolean).join(" · "), hasRange ? 3 : 2, (entry) => {
      const { run, row, i } = entry, [sign, word] = row[FLAG];
      return make("tr", { "data-m": `${run} v${i}` },
        make("td", null, goButton("v", entry), row[KNOWN_AS] && make("span", { class: "fine" }, row[KNOWN_AS])),
        make("td", null, make("bdi", null, visible(row[VALUE])), " ", make("span", { class: "soft" }, visible(row[UNIT])), sign && make("span", { class: "flag" }, ` ${sign} ${word}`)),
        hasRange && make("td", { class: "soft num" }, row[RANGE]));
    })));
}

function makeRelated(note, run, [start, end, type], name) {
  const row = note.runs[run], i = row.e.findIndex((ent) => ent[START] === start && ent[END] === end);
  const words = quote(note, row, start, end);
  const shown = words === null ? `${start}–${end}` : visible(words).replace(/\s+/g, " ").slice(0, 60);
  return [name && make("span", { class: "fine" }, name),
    make(i < 0 ? "span" : "button", { type: i < 0 ? null : "button", class: `chip k k${type}`, "data-go": i < 0 ? null : `${run} ${i}`, title: typeName(type) }, make("bdi", null, shown))];
}

function makeRelations(note) {
  const found = listRelations(note);
  if (!found.length) return make("p", { class: "soft" }, "No relations.");
  const groups = new Map();
  for (const { run, row } of found) {
    const key = `${run} ${row[HEAD][0]} ${row[HEAD][1]}`;
    if (!groups.has(key)) groups.set(key, { run, head: row[HEAD], rows: [] });
    groups.get(key).rows.push(row);
  }
  const sorted = [...groups.values()].sort((a, b) => a.run - b.run || a.head[0] - b.head[0]);
  return make("ul", { class: "groups" }, sorted.map(({ run, head, rows }) => {
    let last = "";
    return make("li", null, letter(run), makeRelated(note, run, head, ""), rows.flatMap((row) => {
      const label = view.relations[row[LABEL]], name = RELATION_WORDS[label] || sayName(label).toLowerCase();
      const shown = makeRelated(note, run, row[CHILD], name === last ? "" : name);
      last = name;
      return shown;
    }));
  }));
}

// What the tables say of a place in the note.
function describeRecords(row, ent) {
  const touches = (record) => record[0] < ent[END] && ent[START] < record[1];
  return [
    ...row.d.filter(touches).map((drug) => ["Medication", visible([drug[NAME], ...drug[USES], ...drug[STATES]].filter(Boolean).join("; "))]),
    ...row.v.filter(touches).map((test) => ["Measurement", visible([test[NAME], test[VALUE], test[UNIT], ...test[FLAG]].filter(Boolean).join(" "))]),
  ];
}
