// JSON, read so that no two readers can differ: whole numbers are exact (BigInt), no object has a name twice,
// no text holds half a character. The grammar is the browser's own; what it would blur is read again here.

const MAX_DEPTH = 32;
const MAX_DIGITS = 4300;
const HALF_CHARACTER = /\p{Surrogate}/u;
const TOKEN = /[\t\n\r ]*([[\]{},:]|"[^"\\]*(?:\\.[^"\\]*)*"|[^\t\n\r ,\]}]+)/y;
const WHOLE = /^-?[0-9]+$/;
const WORDS = new Map([["true", true], ["false", false], ["null", null]]);

/** What is wrong with a text; `code` is a key of the page's words, `detail` a name to show with it. */
export class Damaged extends Error {
  constructor(code, detail = "") {
    super(detail ? `${code}: ${detail}` : code);
    this.code = code;
    this.detail = detail;
  }
}

/** The text of these bytes of UTF-8; throws `Damaged`. A byte order mark is kept, and no JSON begins with one. */
export function textOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Damaged("not_utf8");
  }
}

/** Objects as Map, whole numbers as BigInt, other numbers as Number, the rest as usual; throws `Damaged`. */
export function readJson(text) {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new Damaged("not_json", error.message);
  }
  return valueOf(tokensOf(text), 0);
}

/** A function that gives the next token at each call. The grammar has been checked: there always is one. */
function tokensOf(text) {
  const pattern = new RegExp(TOKEN);
  return () => pattern.exec(text)[1];
}

function valueOf(next, depth, token = next()) {
  if (token === "{" || token === "[") {
    if (depth === MAX_DEPTH) throw new Damaged("too_deep");
    return token === "{" ? objectOf(next, depth + 1) : listOf(next, depth + 1);
  }
  if (token.startsWith('"')) return stringOf(token);
  return WORDS.has(token) ? WORDS.get(token) : numberOf(token);
}

function objectOf(next, depth) {
  const object = new Map();
  for (let token = next(); token !== "}"; token = next()) {
    if (token === ",") continue;
    const name = stringOf(token);
    if (object.has(name)) throw new Damaged("name_twice", name);
    next(); // the colon
    object.set(name, valueOf(next, depth));
  }
  return object;
}

function listOf(next, depth) {
  const list = [];
  for (let token = next(); token !== "]"; token = next()) {
    if (token !== ",") list.push(valueOf(next, depth, token));
  }
  return list;
}

function stringOf(token) {
  const text = JSON.parse(token);
  if (HALF_CHARACTER.test(text)) throw new Damaged("half_character");
  return text;
}

function numberOf(token) {
  const whole = WHOLE.test(token);
  if (whole ? token.length > MAX_DIGITS : !Number.isFinite(Number(token))) throw new Damaged("too_large");
  return whole ? BigInt(token) : Number(token);
}
