// The page of `spacy-clinical serve`: sends a note or a file, and shows what comes back.
"use strict";

const EXAMPLE = "CHIEF COMPLAINT: Chest pain.\n\nHPI:\nA 63-year-old man with chest pain for two days and a history of hypertension. He denies fever and cough. His mother had a stroke.\n\nMEDICATIONS: aspirin 81 mg daily, metoprolol tartrate 25 mg PO BID\n\nLABS: Na 138, K 5.2, creatinine 1.4 mg/dL\n\nASSESSMENT AND PLAN:\n# Possible acute coronary syndrome: serial troponins.\n# Rule out pulmonary embolism.";
const FORM_FILE = /\.(pdf|png|jpe?g|tiff?|gif|bmp|webp|hocr)$/i;
const field = (id) => document.getElementById(id);

let file = null;
let running = null;
let shown = null;

function say(text) {
  field("status").textContent = text;
}

function tell(text) {
  field("problem").textContent = text;
  field("problem").hidden = !text;
  if (text) field("problem").scrollIntoView({ block: "nearest" });
}

const isForm = () => file !== null && (file.type === "application/pdf" || file.type.startsWith("image/") || FORM_FILE.test(file.name));

function makeHeaders(accept) {
  const headers = { Accept: accept };
  if (field("token").value) headers.Authorization = `Bearer ${field("token").value}`;
  return headers;
}

// The components to run; none are named if they are those that run anyway.
function makeQuery() {
  const boxes = [...field("component-list").querySelectorAll("input")];
  if (isForm() || boxes.every((box) => box.checked === box.defaultChecked)) return "";
  const chosen = boxes.filter((box) => box.checked).map((box) => ["component", box.value]);
  return `?${new URLSearchParams(chosen.length ? chosen : [["component", ""]])}`;
}

function makeRequest() {
  if (file) return { path: isForm() ? "v1/forms" : "v1/annotate", body: file, type: isForm() ? file.type : "application/octet-stream" };
  return { path: "v1/annotate", body: JSON.stringify({ text: field("text").value, id: "note" }), type: "application/json" };
}

async function send(request, accept, signal) {
  const headers = { ...makeHeaders(accept), "Content-Type": request.type || "application/octet-stream" };
  const answer = await fetch(request.path + request.query, { method: "POST", headers, body: request.body, signal, cache: "no-store" });
  if (answer.ok) return answer;
  throw new Error(await describe(answer));
}

async function describe(answer) {
  if (answer.status === 401) field("token-row").hidden = false;
  try {
    return (await answer.json()).detail;
  } catch {
    return `The service answered with status ${answer.status}.`;
  }
}

function setRunning(controller) {
  running = controller;
  field("go").disabled = controller !== null;
  field("cancel").hidden = controller === null;
}

async function run(doing, work) {
  if (running) return;
  const controller = new AbortController();
  setRunning(controller);
  tell("");
  say(doing);
  const start = performance.now();
  try {
    const done = await work(controller.signal);
    say(`${done} ${((performance.now() - start) / 1000).toFixed(1)} s.`);
  } catch (error) {
    say("");
    tell(error.name === "AbortError" ? "Cancelled." : error.message || "The service can't be reached.");
  } finally {
    setRunning(null);
  }
}

function annotate() {
  if (running) return;
  if (!file && !field("text").value.trim()) {
    tell("Paste a note, or choose a file.");
    return field("text").focus();
  }
  const request = { ...makeRequest(), query: makeQuery() }, kind = isForm() ? "form" : "note";
  clear();
  run(`Reading the ${kind} …`, async (signal) => {
    const answer = await send(request, "text/html", signal);
    const isPage = answer.headers.get("Content-Type").startsWith("text/html");
    if (!isPage) throw new Error((await answer.json()).error.message);
    show(await answer.blob(), kind === "form" ? "Form with its fields" : "Annotated note");
    shown = request;
    field("copy-json").disabled = false;
    field("copy-fhir").disabled = kind === "form";
    return "Done in";
  });
}

let address = "";
function show(page, title) {
  const frame = field("page");
  if (address) URL.revokeObjectURL(address);
  address = URL.createObjectURL(page);
  frame.title = title;
  frame.src = address;
  frame.hidden = false;
  field("empty").hidden = true;
  field("result").scrollIntoView({ block: "nearest" });
}

// What was found in one note must not be taken for another's, whose reading may fail.
function clear() {
  shown = null;
  for (const name of ["page", "copied"]) field(name).hidden = true;
  for (const name of ["copy-json", "copy-fhir"]) field(name).disabled = true;
  field("empty").hidden = false;
}

function copy({ target }) {
  const accept = target.dataset.accept, name = accept.includes("fhir") ? "FHIR" : "JSON";
  run(`Copying ${name} …`, async (signal) => {
    const text = JSON.stringify(await (await send(shown, accept, signal)).json(), null, 2);
    try {
      await navigator.clipboard.writeText(text);
      return `${name} is in the clipboard, after`;
    } catch {
      // Browsers only lend the clipboard to safe addresses: the text can be copied by hand.
      field("copied").hidden = false;
      field("copied-text").value = text;
      field("copied-text").select();
      return `${name} is below the note, after`;
    }
  });
}

function choose(chosen) {
  file = chosen;
  field("clear").hidden = file === null;
  field("text").disabled = file !== null;
  field("components").disabled = isForm();
  if (file === null) field("file").value = "";
  say(file ? `File: ${file.name}` : "");
}

async function connect() {
  const answer = await fetch("v1/pipeline", { headers: makeHeaders("application/json"), cache: "no-store" });
  if (!answer.ok) return tell(await describe(answer));
  tell("");
  const pipeline = await answer.json();
  field("pipeline").textContent = `${pipeline.name} ${pipeline.version}`;
  field("component-list").replaceChildren(...pipeline.components.map(({ name, enabled }) => {
    const label = document.createElement("label"), box = document.createElement("input");
    Object.assign(box, { type: "checkbox", value: name, defaultChecked: enabled, checked: enabled });
    label.append(box, name);
    return label;
  }));
  field("components").hidden = false;
}

function onDrag(event) {
  if (![...event.dataTransfer.types].includes("Files")) return;
  event.preventDefault();
  document.body.classList.toggle("dropping", event.type === "dragover");
  if (event.type === "drop" && event.dataTransfer.files.length) {
    choose(event.dataTransfer.files[0]);
    annotate();
  }
}

field("form").addEventListener("submit", (event) => {
  event.preventDefault();
  annotate();
});
field("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) annotate();
});
field("cancel").addEventListener("click", () => running?.abort());
field("example").addEventListener("click", () => {
  choose(null);
  field("text").value = EXAMPLE;
  annotate();
});
field("file").addEventListener("change", ({ target }) => target.files.length && choose(target.files[0]));
field("clear").addEventListener("click", () => choose(null));
field("connect").addEventListener("click", connect);
for (const id of ["copy-json", "copy-fhir"]) field(id).addEventListener("click", copy);
for (const name of ["dragover", "dragleave", "drop"]) document.addEventListener(name, onDrag);
connect().catch(() => tell("The service can't be reached.")).finally(() => { document.documentElement.dataset.ready = "1"; });
