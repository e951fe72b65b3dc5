// A note's text, cut wherever a section, entity, evidence or hit starts or ends.
function cutText(length, ranges) {
  const starts = new Map(), ends = new Map(), points = new Set([0, length]);
  const put = (map, at, range) => map.set(at, [...(map.get(at) || []), range]);
  for (const range of ranges.filter((r) => r.start < r.end)) {
    put(starts, range.start, range);
    put(ends, range.end, range);
    points.add(range.start).add(range.end);
  }
  const over = new Set(), sorted = [...points].sort((a, b) => a - b);
  return sorted.slice(0, -1).map((start, k) => {
    for (const range of ends.get(start) || []) over.delete(range);
    for (const range of starts.get(start) || []) over.add(range);
    return { start, end: sorted[k + 1], over: [...over] };
  });
}

function listRanges(note, row, text, patterns) {
  const at = (offset) => toUnits(note, text, offset), ranges = [];
  const add = (kind, i, start, end) => ranges.push({ kind, i, start: at(start), end: at(end) });
  row.s.forEach((s, i) => add("section", i, s[1], s[2]));
  row.u.forEach((u, i) => add("part", i, u[1], u[2]));
  for (const s of [...row.s, ...row.u]) add("title", 0, s[1], s[3]);
  [...row.e, ...row.o].forEach((ent, i) => {
    if (passes(ent)) add(i < row.e.length ? "entity" : "over", i, ent[START], ent[END]);
  });
  const cues = new Map();
  [...row.e, ...row.o].forEach((ent, i) => {
    for (const [start, end] of (passes(ent) && ent[CUES]) || []) cues.set(`${start} ${end}`, [start, end, [...(cues.get(`${start} ${end}`)?.[2] || []), i]]);
  });
  for (const [start, end, of] of cues.values()) add("cue", of, start, end);
  for (const kind of ["d", "v", "q", "p"]) row[kind].forEach((record, i) => add("record", `${kind}${i}`, record[0], record[1]));
  for (const [start, end, long] of row.b) add("abbr", long, start, end);
  for (const code of row.c) for (const place of code[EVIDENCE]) add("evidence", code[0], place[1], place[2]);
  for (const pattern of patterns) {
    let n = 0;
    for (const hit of text.matchAll(pattern)) {
      ranges.push({ kind: "hit", i: 0, start: hit.index, end: hit.index + hit[0].length });
      if (++n >= 2000) break;
    }
  }
  return ranges;
}

const over = (piece, kind) => piece.over.filter((range) => range.kind === kind);
const innermost = (piece, kind) =>
  over(piece, kind).sort((a, b) => b.start - a.start || a.end - b.end)[0]?.i ?? -1;

// Neighbors with the same key, together.
function groupBy(items, key) {
  const groups = [];
  for (const item of items) {
    const last = groups.at(-1), k = key(item);
    if (last && last.key === k) last.items.push(item);
    else groups.push({ key: k, items: [item] });
  }
  return groups;
}

function makePiece(piece, entity) {
  const evidence = [...new Set(over(piece, "evidence").map((r) => r.i))];
  const others = [...over(piece, "entity"), ...over(piece, "over")].map((r) => r.i).filter((i) => i !== entity);
  const isHit = over(piece, "hit").length > 0, isTitle = over(piece, "title").length > 0;
  const long = over(piece, "abbr")[0]?.i;
  const records = over(piece, "record").map((r) => `${piece.run} ${r.i}`);
  const saying = over(piece, "cue").flatMap((r) => r.i);
  if (!evidence.length && !others.length && !saying.length && !long && !isHit && !isTitle && !records.length) return piece.text;
  const isAnswer = over(piece, "record").some((r) => r.i.startsWith("q"));
  const classes = [evidence.length && "ev", isAnswer && "answer", others.length && `under u${piece.ents[others[0]][TYPE]}`, saying.length && "cue", long && "abbr", isHit && "hit", isTitle && "title"];
  return make("span", {
    class: classes.filter(Boolean).join(" ") || null,
    "data-m": records.length ? records.join(",") : null,
    title: long ? visible(long) : null,
    "data-v": evidence.length ? evidence.join(" ") : null,
    "data-at": evidence.length ? piece.start : null,
    "data-o": others.length ? others.join(" ") : null,
    "data-r": others.length ? piece.run : null,
    "data-q": saying.length ? saying.map((i) => `${piece.run}-${i}`).join(" ") : null,
  }, piece.text);
}

function entityAttributes(ent, run, i) {
  const label = typeName(ent[TYPE]) + (ent[SCORE] === null ? "" : ` ${Math.round(100 * ent[SCORE])}`)
    + marksOf(ent).map(([, , word]) => ` · ${word}`).join("")
    + (ent[SAID] || []).map((words) => ` · ${visible(words)}`).join("");
  const marks = marksOf(ent);
  const kind = `k k${ent[TYPE]}${marks.map(([key]) => ` m-${key}`).join("")}${ent[SCORE] !== null && ent[SCORE] < LOW_SCORE ? " low" : ""}`;
  return {
    class: kind + (ent[FOUND_BY] ? " only" : ""),
    tabindex: "-1", "data-r": run, "data-e": i, "data-label": label,
    "data-signs": marks.map(([, sign]) => sign).join("") || null,
    "aria-description": label + conceptsOf(ent).map((concept) => `, ${sayConcept(concept)}`).join("") + (ent[HINTS] || []).map((hint) => `, ${visible(hint)}`).join("") + (ent[FOUND_BY] ? `, ${sayRuns(ent[FOUND_BY])}` : ""),
  };
}

// Blank lines around a part are dropped: its frame stands for them.
function trim(pieces, text) {
  const isBlank = (piece) => !text.slice(piece.start, piece.end).trim();
  const first = pieces.findIndex((piece) => !isBlank(piece));
  const last = pieces.findLastIndex((piece) => !isBlank(piece));
  return first < 0 ? [] : pieces.slice(first, last + 1).map((piece, k, all) => {
    let shown = text.slice(piece.start, piece.end);
    if (k === 0) shown = shown.replace(/^[\r\n]+/, "");
    if (k === all.length - 1) shown = shown.trimEnd();
    return { ...piece, text: visible(shown) };
  });
}

function makePart(group, row, run, ents, text) {
  const sub = group.key < 0 ? null : row.u[group.key];
  const pieces = trim(group.items, text).map((piece) => ({ ...piece, run, ents }));
  if (!pieces.length) return null;
  const nodes = groupBy(pieces, (piece) => innermost(piece, "entity")).map((g) => {
    const inside = g.items.map((piece) => makePiece(piece, g.key));
    if (g.key < 0) return inside;
    // Codes whose evidence holds the whole entity.
    const codes = over(g.items[0], "evidence").map((r) => r.i).filter((i) => g.items.every((piece) => over(piece, "evidence").some((r) => r.i === i)));
    return make("mark", { ...entityAttributes(ents[g.key], run, g.key), "data-v": codes.join(" ") || null }, inside);
  });
  return make("div", { class: sub ? "text sub" : "text", dir: "auto" }, nodes.flat());
}

function makeHead(row, i, n) {
  const [label, loinc] = i < 0 ? ["", ""] : view.sections[row.s[i][0]];
  return make("div", { class: "head" },
    make("h3", null, sayName(label) || "Outside sections"),
    loinc && make("span", { class: "loinc" }, `LOINC ${loinc}`),
    n > 0 && make("span", { class: "n" }, count(n, "entity", "entities")));
}

function makeBlock(row, i, run, n, body) {
  const section = i < 0 ? null : row.s[i];
  const isDim = state.section && (!section || sectionLabel(section[0]) !== state.section);
  const classes = `block${!section || section[3] <= section[1] ? " untitled" : ""}${isDim ? " dim" : ""}`;
  const isBare = !section && !row.s.length;
  return make("section", { class: isBare ? "bare" : classes, "data-s": i, "data-run": run },
    !isBare && makeHead(row, i, n), body);
}

// What a run found in a note: blocks, each with where it starts.
function makeBlocks(note, run, patterns) {
  const row = note.runs[run], text = textOf(note, row), ents = [...row.e, ...row.o];
  if (text === null) return makeTables(row, run, ents);
  const pieces = cutText(text.length, listRanges(note, row, text, patterns));
  return groupBy(pieces, (piece) => innermost(piece, "section")).map((group) => {
    const parts = groupBy(group.items, (piece) => innermost(piece, "part"));
    const body = parts.map((part) => makePart(part, row, run, ents, text)).filter(Boolean);
    if (group.key < 0 && !body.length) return null;
    const n = new Set(group.items.flatMap((piece) => over(piece, "entity").map((r) => r.i))).size;
    return { start: group.items[0].start, node: makeBlock(row, group.key, run, n, body) };
  }).filter(Boolean);
}

// Without text: for each section the places of what is in it.
function makeTables(row, run, ents) {
  const sections = [...row.s.keys()].sort((a, b) => row.s[a][1] - row.s[b][1]);
  const holder = (ent) => sections.findLast((i) => row.s[i][1] <= ent[START] && ent[START] < row.s[i][2]) ?? -1;
  const found = ents.map((ent, i) => ({ ent, i, section: holder(ent) })).filter(({ ent }) => passes(ent));
  found.sort((a, b) => a.ent[START] - b.ent[START]);
  return [-1, ...sections].map((section) => {
    const inside = found.filter((entry) => entry.section === section);
    if (section < 0 && !inside.length && sections.length) return null;
    const lines = inside.map(({ ent, i }) => {
      const codes = row.c.filter((c) => c[EVIDENCE].some((p) => p[1] < ent[END] && ent[START] < p[2]));
      const { class: kind, ...attributes } = entityAttributes(ent, run, i);
      return make("tr", { ...attributes, class: codes.length ? "ev" : null, "data-v": codes.map((c) => c[0]).join(" ") },
        make("td", null, make("span", { class: `chip ${kind}` }, typeName(ent[TYPE]))),
        make("td", { class: "num" }, `${sayNumber(ent[START])}–${sayNumber(ent[END])}`),
        make("td", { class: "num" }, sayScore(ent[SCORE])));
    });
    const table = lines.length > 0 && make("table", null,
      make("thead", null, make("tr", null, make("th", null, "Type"), make("th", { class: "num" }, "Characters"), make("th", { class: "num" }, "Score"))),
      make("tbody", null, lines));
    const node = makeBlock(row, section, run, lines.length, table);
    return { start: section < 0 ? 0 : row.s[section][1], node };
  }).filter(Boolean);
}
