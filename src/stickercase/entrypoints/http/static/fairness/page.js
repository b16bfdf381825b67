// The page itself: takes a draw's id or record, has it verified, and shows the outcome in the language that is chosen.

import { element } from "./elements.js";
import { shown } from "./outcome.js";
import { verify } from "./replay.js";
import { LANGUAGES, preferred } from "./words.js";

const DRAW_ID = /([0-9a-f]{64}-[0-9]{1,10})\/?$/;

const form = document.getElementById("ask");
const source = document.getElementById("source");
const file = document.getElementById("file");
const result = document.getElementById("result");
const heard = document.getElementById("heard");

let language = preferred();
let shownNow = null; // { message } for a sentence, { outcome, packs } for a verdict
let asked = 0; // counts what was asked for: an answer that comes late is not shown

function paint() {
  const words = LANGUAGES[language];
  document.documentElement.lang = language;
  document.title = words.title;
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = words[node.dataset.word];
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === language));
  }
  paintResult(words);
}

function paintResult(words) {
  result.hidden = shownNow === null;
  if (shownNow === null) return;
  const { message, outcome, packs } = shownNow;
  const open = result.querySelector("details")?.open ?? false;
  result.dataset.verdict = outcome ? outcome.verdict : "";
  result.replaceChildren(...(outcome ? shown(outcome, words, language, packs) : [sentence(message(words))]));
  result.querySelector("details")?.toggleAttribute("open", open);
  const told = outcome ? words[outcome.verdict] : message(words);
  if (heard.textContent !== told) heard.textContent = told;
}

function sentence(text) {
  return element("p", { id: "verdict", class: "notice" }, text);
}

function show(what) {
  shownNow = what;
  paint();
}

function say(message) {
  show({ message });
}

/** Verifies `text` (or bytes), unless something else is asked for meanwhile; the outcome when it was shown. */
async function check(text, id, turn) {
  const outcome = await verify(text, id);
  if (turn !== asked) return null;
  show({ outcome, packs: new Map() });
  result.focus();
  return outcome;
}

async function checkText(text) {
  const turn = ++asked;
  forgetAddress();
  await check(text, null, turn);
}

async function checkDraw(id) {
  const turn = ++asked;
  source.value = id;
  say((words) => words.checking);
  let answer, bytes;
  try {
    answer = await fetch(`/api/draws/${id}`, { cache: "no-store" });
    bytes = new Uint8Array(await answer.arrayBuffer());
  } catch {
    if (turn === asked) say((words) => words.no_answer);
    return;
  }
  if (turn !== asked) return;
  if (answer.status === 404) return say((words) => words.no_draw);
  if (!answer.ok) return say((words) => words.bad_answer(answer.status));
  const outcome = await check(bytes, id, turn);
  if (outcome?.record?.caseName) await namePacks(outcome, turn);
}

/** Shows the packs by their names. They are no part of the proof: where they cannot be had, numbers stay. */
async function namePacks(outcome, turn) {
  let packs;
  try {
    const answer = await fetch(`/api/cases/${encodeURIComponent(outcome.record.caseName)}/items`);
    const { items } = await answer.json();
    packs = new Map(items.map((item) => [String(item.pack_id), `${item.pack_name}, ${item.collection_name}`]));
  } catch {
    return;
  }
  if (turn === asked) show({ outcome, packs });
}

async function checkFile(chosen) {
  const turn = ++asked;
  forgetAddress();
  let bytes;
  try {
    bytes = new Uint8Array(await chosen.arrayBuffer());
  } catch {
    return say((words) => words.bad_file);
  }
  source.value = new TextDecoder().decode(bytes);
  await check(bytes, null, turn);
}

function forgetAddress() {
  if (location.hash) history.replaceState(null, "", location.pathname);
}

function submitted() {
  const text = source.value.trim();
  const id = text.startsWith("{") ? null : DRAW_ID.exec(text)?.[1];
  if (text === "") return say((words) => words.empty);
  if (!id) return checkText(source.value);
  if (location.hash === `#${id}`) return checkDraw(id);
  location.hash = id; // `addressed` does the rest
}

function addressed() {
  const id = DRAW_ID.exec(location.hash)?.[1];
  if (id) checkDraw(id);
}

function listen() {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submitted();
  });
  form.addEventListener("dragover", (event) => event.preventDefault());
  form.addEventListener("drop", (event) => {
    const [dropped] = event.dataTransfer.files;
    if (!dropped) return; // a text that is dropped goes into the field by itself
    event.preventDefault();
    checkFile(dropped);
  });
  file.addEventListener("change", () => {
    if (file.files.length > 0) checkFile(file.files[0]);
    file.value = "";
  });
  window.addEventListener("hashchange", addressed);
}

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => {
    language = button.dataset.language;
    paint();
  });
}
paint();
if (globalThis.crypto?.subtle === undefined) {
  document.getElementById("insecure").hidden = false;
  form.hidden = true;
} else {
  listen();
  addressed();
}
