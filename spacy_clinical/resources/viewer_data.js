"use strict";
const view = JSON.parse(document.getElementById("data").textContent);
const runs = view.runs.map((name, i) => ({ name, letter: String.fromCharCode(65 + i) }));
const comparing = runs.length > 1;
const LOW_SCORE = 0.5;

// Rows are arrays, in the order that viewer_rows.py describes.
const TYPE = 0, START = 1, END = 2, SCORE = 3, SECTION = 4, FOUND_BY = 5, SAID = 6, MARKS = 7, CUES = 8, CONCEPTS = 9, HINTS = 10;
const CODE_SCORE = 1, EVIDENCE = 2, CODE_FOUND_BY = 3;

// Attributes and concepts are kept apart, as few entities have some.
for (const row of view.notes.flatMap((note) => note.runs).filter(Boolean)) {
  const ents = [...row.e, ...row.o];
  for (const [i, said] of row.y) ents[i][SAID] = said;
  for (const [i, concepts] of row.l) ents[i][CONCEPTS] = concepts;
  for (const [i, hints] of row.h) ents[i][HINTS] = hints;
  for (const [i, marks, cues] of row.z) Object.assign(ents[i], { [MARKS]: marks, [CUES]: cues });
}

const sayName = (label) => {
  const words = label.replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
};
const typeName = (type) => sayName(view.types[type][0]);
const sectionLabel = (section) => view.sections[section][0];
const sectionName = (section) => sayName(sectionLabel(section)) || "No section";
const sayNumber = (number) => number.toLocaleString("en");
const count = (number, one, many) => `${sayNumber(number)} ${number === 1 ? one : many}`;
// What an assessed entity is: denied, uncertain, ...; [] if it is stated, or not assessed.
const marksOf = (ent) => view.marks.filter((_, k) => (ent[MARKS] >> k) & 1);
const conceptsOf = (ent) => (ent[CONCEPTS] || []).map((i) => view.concepts[i]);
const sayConcept = ([id, name]) => visible(name ? `${name} (${id})` : id);
const sayScore = (score) => (score === null ? "–" : score.toFixed(2));

// Control characters would not be seen: show their pictures, of the same length.
const visible = (text) =>
  text
    .replace(/\r(?!\n)/g, "\n")
    .replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)))
    .replaceAll("\x7f", "\u2421");

// All text of a note goes into the page through here: as text, never as HTML.
function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== false));
  return node;
}

// Offsets in records count code points, offsets in strings UTF-16 units.
const maps = new WeakMap();
function toUnits(note, text, offset) {
  if (!maps.has(note)) maps.set(note, new Map());
  const known = maps.get(note);
  if (!known.has(text)) known.set(text, /[\ud800-\udfff]/.test(text) ? listUnits(text) : null);
  const units = known.get(text);
  if (units === null) return Math.max(0, Math.min(offset, text.length));
  return units[Math.max(0, Math.min(offset, units.length - 1))];
}

function listUnits(text) {
  const units = [];
  let at = 0;
  for (const char of text) {
    units.push(at);
    at += char.length;
  }
  units.push(at);
  return units;
}

const textOf = (note, row) => (row && row.t >= 0 ? note.texts[row.t] : null);
function quote(note, row, start, end) {
  const text = textOf(note, row);
  return text === null ? null : text.slice(toUnits(note, text, start), toUnits(note, text, end));
}

// Which runs found something that not all found: "only A", "A, C".
function sayRuns(bits) {
  const letters = runs.filter((_, i) => (bits >> i) & 1).map((run) => run.letter);
  return letters.length === 1 ? `only ${letters[0]}` : letters.join(", ");
}
