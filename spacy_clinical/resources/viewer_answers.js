// What was asked of the note: answers and statements.
const ASKED = 2, REPLY = 3, REPLY_SCORE = 4, OTHER_REPLIES = 5, ANSWER_SECTION = 6, SENTENCE = 7;

const listAnswers = (note) => listRows(note, "q", () => true);
const listStatements = (note) => listRows(note, "p", () => true);

function makeReply(kind, { run, row, i }, nothing) {
  const words = visible(row[REPLY]) || (row[0] < 0 ? nothing : `${row[0]}–${row[1]}`);
  if (row[0] < 0) return make("span", { class: "soft" }, words);
  return make("button", { type: "button", class: "go", "data-record": `${run} ${kind}${i}`, title: `Characters ${row[0]}–${row[1]}` }, make("bdi", null, words));
}

// A table of one kind; what stands below each question, of answers.
function makeAsked(kind, found, title, nothing, more) {
  return make("table", { class: "records" },
    make("thead", null, make("tr", null, make("th", null, title), make("th", null, kind === "q" ? "Answer" : "Label"), make("th", { class: "num" }, "Score"))),
    make("tbody", null, found.map((entry) => {
      const { run, row, i } = entry;
      return make("tr", { "data-m": `${run} ${kind}${i}` },
        make("td", null, letter(run), make("bdi", null, visible(row[ASKED])), more(row).filter(Boolean).map((words) => make("bdi", { class: "fine" }, words))),
        make("td", null, makeReply(kind, entry, nothing), row[OTHER_REPLIES].map(([words, score]) => make("bdi", { class: "fine" }, `${visible(words)} ${sayScore(score)}`))),
        make("td", { class: "num" }, sayScore(row[REPLY_SCORE])));
    })));
}

function makeAnswers(note) {
  const answers = listAnswers(note), statements = listStatements(note);
  if (!answers.length && !statements.length) return make("p", { class: "soft" }, "Nothing was asked.");
  const inSection = (row) => [view.sections[row[ANSWER_SECTION]][0] && sectionName(row[ANSWER_SECTION]), visible(row[SENTENCE])];
  return [
    answers.length > 0 && makeAsked("q", answers, "Question", "no answer", inSection),
    statements.length > 0 && makeAsked("p", statements, "Statement", "nothing to read", () => []),
  ].filter(Boolean);
}
