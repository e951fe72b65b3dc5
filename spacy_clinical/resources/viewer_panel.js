// What was found in the note, beside it: codes, entities, what belongs to what, sections, and
// where it is from. Tabs that no note has anything for are left out.
const hasAny = (key) => view.notes.some((note) => note.runs.some((row) => row && row[key].length));
const TABS = ["codes", "entities", hasAny("d") && "medications", hasAny("v") && "measurements", hasAny("r") && "relations", (hasAny("q") || hasAny("p")) && "answers", "sections", "about"].filter(Boolean);
const TAB_NAMES = { medications: "Drugs", measurements: "Values" };
const panel = document.getElementById("tab");

const letter = (run) => comparing && make("span", { class: "letter" }, runs[run].letter);

function makeBar(score) {
  const bar = make("span", { class: "bar", "aria-hidden": "true" }, make("i"));
  bar.firstChild.style.width = `${100 * (score ?? 0)}%`;
  return bar;
}

// The codes of all shown runs, each once, the best first.
function listCodes(note) {
  const codes = new Map();
  for (const run of state.runs) {
    for (const code of note.runs[run]?.c.filter(passesCode) ?? []) {
      const name = view.codes[code[0]][0];
      if (!codes.has(name)) codes.set(name, { name, found: [], best: -1 });
      codes.get(name).found.push({ run, code });
      codes.get(name).best = Math.max(codes.get(name).best, code[CODE_SCORE] ?? 0);
    }
  }
  return [...codes.values()].sort((a, b) => b.best - a.best);
}

// Where a code comes from; what it says there is shown for the chosen code.
function makePlaces(note, run, code) {
  return code[EVIDENCE].map(([section, start, end, score]) => {
    const words = quote(note, note.runs[run], start, end);
    return make("button", {
      type: "button", class: "place", "data-r": run, "data-code": code[0], "data-start": start,
      title: `Characters ${start}–${end}, score ${sayScore(score)}`,
    }, sectionName(section), words === null && ` ${start}–${end}`,
    words !== null && make("bdi", { class: "quote" }, visible(words).replace(/\s+/g, " ").trim().slice(0, 160)));
  });
}

// Codes of ICD-10-CM that concepts of the note have, with the concepts.
function listIcd10(note, found) {
  const rows = found.flatMap(({ run, code }) => note.runs[run].i.filter((row) => row[0] === code[0]));
  return [...new Set(rows.flatMap((row) => row[1].map(([icd10, name]) => `${icd10} ${name}`)))];
}

function makeCode(note, { name, found }) {
  const [, title, chapter, icd10] = view.codes[found[0].code[0]];
  const bits = found[0].code[CODE_FOUND_BY];
  const isSoughtFor = state.code.trim() && found.some(({ code }) => isSought(code));
  return make("li", { class: isSoughtFor ? "code sought" : "code", "data-name": name },
    make("button", { type: "button", class: "pick", "aria-pressed": String(state.pick === name), "data-pick": name },
      make("span", { class: "name" }, name),
      make("span", { class: "title" }, visible(title)),
      bits > 0 && make("span", { class: "badge diff" }, sayRuns(bits))),
    found.map(({ run, code }) => make("div", { class: "from" },
      letter(run), makeBar(code[CODE_SCORE]), make("span", { class: "num" }, sayScore(code[CODE_SCORE])),
      make("span", { class: "places" }, makePlaces(note, run, code)))),
    make("p", { class: "soft more" }, [chapter, icd10 && `ICD-10-CM ${icd10}`, ...listIcd10(note, found)].filter(Boolean).map(visible).join(" · ")));
}

function makeCodes(note) {
  const codes = listCodes(note);
  if (!codes.length) return make("p", { class: "soft" }, "No codes.");
  return make("ul", { class: "codes" }, codes.map((entry) => makeCode(note, entry)));
}

// The entities of all shown runs in note order, each once.
function listEntities(note) {
  const entities = new Map();
  for (const run of state.runs) {
    const row = note.runs[run];
    if (!row) continue;
    [...row.e, ...row.o].forEach((ent, i) => {
      if (!passes(ent)) return;
      const key = `${ent[START]} ${ent[END]} ${ent[TYPE]}`;
      if (!entities.has(key)) entities.set(key, { ent, run, i, scores: [] });
      entities.get(key).scores.push({ run, score: ent[SCORE] });
    });
  }
  return [...entities.values()].sort((a, b) => a.ent[START] - b.ent[START] || a.ent[END] - b.ent[END]);
}

function makeEntities(note) {
  const found = listEntities(note);
  if (!found.length) return make("p", { class: "soft" }, isFiltering() ? "No entities pass the filters." : "No entities.");
  return make("ul", { class: "entities" }, found.map(({ ent, run, i, scores }) => {
    const words = quote(note, note.runs[run], ent[START], ent[END]);
    return make("li", null, make("button", { type: "button", class: "entity", "data-go": `${run} ${i}` },
      make("bdi", { class: "words" }, words === null ? `${ent[START]}–${ent[END]}` : visible(words).replace(/\s+/g, " ")),
      make("span", { class: `chip k k${ent[TYPE]}` }, typeName(ent[TYPE])),
      conceptsOf(ent).filter((concept) => !concept[2]).map((concept) => make("span", { class: "soft", title: sayConcept(concept) }, visible(concept[0]))),
      marksOf(ent).map(([, sign, word]) => make("span", { class: "badge" }, `${sign} ${word}`)),
      (ent[SAID] || []).map((words) => make("span", { class: "badge" }, visible(words))),
      ent[FOUND_BY] > 0 && make("span", { class: "badge diff" }, sayRuns(ent[FOUND_BY])),
      make("span", { class: "num", title: scores.map((s) => `${runs[s.run].letter} ${sayScore(s.score)}`).join(", ") },
        scores.map((s) => sayScore(s.score)).join(" / "))),
    // Outside of the button, which can't hold links.
    conceptsOf(ent).filter((concept) => concept[2]).map((concept) => make("a", { class: "more", href: concept[2], target: "_blank", rel: "noreferrer noopener", title: sayConcept(concept) }, visible(concept[1] || concept[0]), " ", make("span", { class: "soft" }, visible(concept[0])))));
  }));
}

function makeSections(note) {
  return state.runs.filter((run) => note.runs[run]).map((run) => {
    const row = note.runs[run];
    return make("div", null, comparing && make("h3", null, `${runs[run].letter} ${runs[run].name}`),
      make("ul", { class: "outline" }, row.s.map((s, i) => {
        const n = row.e.filter((ent) => passes(ent) && s[1] <= ent[START] && ent[START] < s[2]).length;
        const title = quote(note, row, s[1], s[3]);
        return make("li", null, make("button", { type: "button", class: "entity", "data-section": `${run} ${i}` },
          make("span", { class: "words" }, sectionName(s[0])),
          make("bdi", { class: "soft words" }, title === null ? `${s[1]}–${s[2]}` : visible(title).trim()),
          make("span", { class: "num soft" }, n ? sayNumber(n) : "")));
      })));
  });
}

function makeAbout(note) {
  const list = (pairs) => make("dl", null, pairs.flatMap(([key, value]) => [make("dt", null, key), make("dd", null, make("bdi", null, value))]));
  const makers = state.runs.filter((run) => note.runs[run]).map((run) => {
    const made = JSON.parse(view.makers[note.runs[run].m]) || {};
    const pairs = Object.entries(made).map(([key, value]) => [key,
      typeof value === "object" && value ? Object.entries(value).filter((pair) => pair[1] !== "").map(([k, v]) => `${sayName(k)}: ${(typeof v === "object" ? JSON.stringify(v) : String(v)).slice(0, 200)}`).join("\n") : String(value)]);
    const row = note.runs[run];
    for (const words of row.a) pairs.push(["Attribute", visible(words)]);
    for (const [start, end, said] of row.k) pairs.push([`Token ${start}–${end}`, visible([quote(note, row, start, end) ?? "", ...said].filter(Boolean).join(", "))]);
    return [make("h3", null, comparing ? `Made by: ${runs[run].letter} ${runs[run].name}` : "Made by"), list(pairs)];
  });
  return [make("h3", null, "Note"), list(note.meta.map(([k, v]) => [visible(k), visible(v)]).filter((pair) => pair[1])), ...makers.flat()];
}

function renderPanel(note) {
  const numbers = note ? {
    codes: listCodes(note).length, entities: listEntities(note).length, medications: listDrugs(note).length, measurements: listTests(note).length,
    relations: listRelations(note).length, answers: listAnswers(note).length + listStatements(note).length, sections: Math.max(0, ...shownRows(note).map((row) => row.s.length)),
  } : {};
  document.getElementById("tabs").replaceChildren(...TABS.map((name) => make("button", {
    type: "button", role: "tab", id: `tab-${name}`, "aria-selected": String(state.tab === name), "aria-controls": "tab",
    tabindex: state.tab === name ? "0" : "-1", "data-tab": name,
  }, TAB_NAMES[name] || sayName(name), numbers[name] !== undefined && make("span", { class: "n" }, sayNumber(numbers[name])))));
  panel.setAttribute("aria-labelledby", `tab-${state.tab}`);
  const makers = { codes: makeCodes, entities: makeEntities, medications: makeDrugs, measurements: makeTests, relations: makeRelations, answers: makeAnswers, sections: makeSections, about: makeAbout };
  panel.replaceChildren(...(note ? [makers[state.tab](note)].flat() : []));
}
