// An outcome of `verify` as people read it: the verdict, then every step with its values.

import { element } from "./elements.js";
import { picture, segmentsOf, share } from "./picture.js";
import { GRID } from "./record.js";

const ROLL_BITS = 53;
const WHOLE_DIGITS = 13; // hexadecimal digits that lie within the first 53 bits whole
const SIGNS = { fair: "✓", unfair: "✗", damaged: "✗", secret: "…" };

const STEPS = [
  { name: "reading", checks: ["record can be read in one way only"], body: () => [] },
  { name: "commitment", checks: ["seed matches its commitment"], body: commitmentBody },
  { name: "client_seed", checks: ["client seed is one a player may choose"], body: clientSeedBody },
  { name: "table", checks: ["table has 2^53 tickets", "table matches its id"], body: tableBody },
  { name: "roll", checks: ["roll"], body: rollBody },
  { name: "row", checks: ["row"], body: rowBody },
  { name: "naming", checks: ["rows are named as in this game", "draw id", "pack", "draw asked for"], body: () => [] },
];

/** Nodes for an outcome. `words` is a language of words.js, `language` its tag, `packs` maps pack ids to names. */
export function shown(outcome, words, language, packs) {
  const told = { ...outcome, words, language, packs };
  const nodes = [verdictCard(told)];
  if (outcome.verdict === "secret") nodes.push(secretCard(told));
  if (outcome.work) nodes.push(element("ol", { class: "steps" }, ...STEPS.map((step) => stepCard(step, told))));
  return nodes;
}

function verdictCard(told) {
  const { verdict, record, words } = told;
  const title = element("h2", { id: "verdict" }, element("span", { class: "sign", "aria-hidden": "true" }, SIGNS[verdict]), words[verdict]);
  const card = element("div", { class: `verdict ${verdict}` }, title, element("p", {}, reason(told)));
  if (record) card.append(facts(told));
  return card;
}

function reason({ verdict, damage, checks, words }) {
  if (verdict === "unfair") {
    return words.unfair_why(checks.filter((check) => !check.held).map((check) => words.checks[check.step]).join(", "));
  }
  if (verdict !== "damaged") return words[`${verdict}_why`];
  return words.damaged_why(damage.detail ? `${words[damage.code]} (${damage.detail})` : words[damage.code]);
}

function facts(told) {
  const { verdict, record, words, language } = told;
  const time = record.at === null ? NaN : Date.parse(record.at);
  const pairs = [
    [words.game, words.games[record.game] ?? record.game],
    [words.case_name, record.caseName],
    [words.at, Number.isNaN(time) ? null : new Date(time).toLocaleString(language, { dateStyle: "medium", timeStyle: "long" })],
    [words.draw_number, String(record.nonce)],
    [words.result, verdict === "fair" ? cameUp(told) : null],
  ];
  return values(pairs.filter(([, value]) => value !== null), "facts");
}

/** What the roll of a fair draw fell on. */
function cameUp(told) {
  const row = told.record.table[Number(told.work.row) - 1];
  return `${rowName(row, told)} · ${percent(share(row.tickets), told.language)}`;
}

function secretCard(told) {
  const { record, words } = told;
  const { roll, row } = record;
  return element(
    "div",
    { class: "card" },
    element("p", {}, words.secret_roll),
    ...barOf(told, roll, row),
    values([[words.server_seed_hash, code(record.serverSeedHash)], [words.client_seed, code(record.clientSeed)], [words.table_id, code(record.tableId)]]),
    rowsTable(told, row),
  );
}

function stepCard({ name, checks, body }, told) {
  const { words } = told;
  const [title, why] = words.steps[name];
  const made = told.checks.filter((check) => checks.includes(check.step));
  const state = made.every((check) => check.held) ? "held" : "failed";
  return element(
    "li",
    { class: `card ${state}` },
    element("h3", {}, title),
    element("p", { class: "why" }, why),
    ...body(told),
    element("ul", { class: "checks" }, ...made.map((check) => checkLine(check, words))),
  );
}

function checkLine(check, words) {
  const state = check.held ? "held" : "failed";
  const sign = element("span", { "aria-hidden": "true" }, check.held ? "✓" : "✗");
  const line = element("li", { class: state, "data-step": check.step }, sign, element("span", {}, `${words.checks[check.step]} — ${words[state]}`));
  if (!check.held && !["true", "false"].includes(check.expected)) {
    line.append(values([[words.record_says, code(check.expected)], [words.computed, code(check.found)]]));
  }
  return line;
}

function commitmentBody({ record, work, words }) {
  return [
    values([
      [words.server_seed_hash, code(record.serverSeedHash)],
      [words.server_seed, code(record.serverSeed)],
      [words.computed_hash, code(work.commitment)],
    ]),
  ];
}

function clientSeedBody({ record, words }) {
  return [values([[words.client_seed, code(record.clientSeed)]])];
}

function tableBody(told) {
  const { record, work, words, language } = told;
  return [
    rowsTable(told, work.row),
    values([
      [words.tickets, `${number(work.tickets, language)} ${words.of} ${number(GRID, language)}`],
      [words.table_text, code(work.tableText)],
      [words.table_id, code(record.tableId)],
      [words.computed_table_id, code(work.tableId)],
    ]),
  ];
}

function rollBody({ record, work, words, language }) {
  const parts = [record.game, record.tableId, record.clientSeed, String(record.nonce)];
  const message = parts.flatMap((part, at) => [at > 0 ? "|" : "", element("span", { class: `part part-${at + 1}` }, part)]);
  const digest = [element("mark", {}, work.digest.slice(0, WHOLE_DIGITS)), element("mark", { class: "partly" }, work.digest[WHOLE_DIGITS]), work.digest.slice(WHOLE_DIGITS + 1)];
  const bits = work.roll.toString(2).padStart(ROLL_BITS, "0").match(/.{1,4}/g).join(" ");
  return [
    values([
      [words.message, element("code", {}, ...message)],
      [words.digest, element("code", {}, ...digest)],
      [words.bits, code(bits)],
      [words.roll, `${number(work.roll, language)} ${words.of} ${number(GRID, language)}`],
    ]),
  ];
}

function rowBody(told) {
  return barOf(told, told.work.roll, told.work.row);
}

/** The picture, and in words what is seen on it. */
function barOf(told, roll, row) {
  const { record, words, language } = told;
  const at = percent(share(roll), language);
  const there = row >= 1n && row <= BigInt(record.table.length) ? record.table[Number(row) - 1] : null;
  const seen = there === null ? words.outside(at) : words.whole_bar(String(row), at);
  const caption = there === null ? seen : words.landed(at, String(row), rowName(there, told), percent(share(there.tickets), language));
  return [...picture(record.table, roll, row, { whole: seen, magnified: words.magnified }), element("p", { class: "landed" }, caption)];
}

function rowsTable(told, row) {
  const { record, words, packs } = told;
  const head = element("tr", {}, ...words.columns.map((name) => element("th", { scope: "col" }, name)));
  const starts = new Map(segmentsOf(record.table).map((segment) => [segment.number, segment.from]));
  const lines = record.table.map((each, at) => rowLine(each, at + 1, starts.get(at + 1), BigInt(at + 1) === row, told));
  const list = element("table", {}, element("thead", {}, head), element("tbody", {}, ...lines));
  const note = packs.size > 0 ? element("p", { class: "hint" }, words.names_note) : null;
  return element("details", {}, element("summary", {}, words.rows(record.table.length)), element("div", { class: "scroll", tabindex: "0" }, list), note);
}

function rowLine(row, at, start, won, told) {
  const { words, language } = told;
  const name = won ? `${rowName(row, told)} · ${words.came_up}` : rowName(row, told);
  const first = start === undefined ? "—" : number(start, language);
  const cells = [String(at), name, percent(share(row.tickets), language), number(row.tickets, language), first];
  return element("tr", { class: won ? "won" : null }, ...cells.map((cell) => element("td", {}, cell)));
}

function rowName(row, { words, packs }) {
  if (row.name !== null) return words.names[row.name] ?? row.name;
  const name = packs.get(row.label);
  return name === undefined ? words.pack(row.label) : `${name} (${words.pack(row.label)})`;
}

function values(pairs, kind = "values") {
  return element("dl", { class: kind }, ...pairs.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
}

function code(text) {
  return element("code", {}, text);
}

function number(value, language) {
  return value.toLocaleString(language);
}

function percent(part, language) {
  return part.toLocaleString(language, { style: "percent", maximumSignificantDigits: 4 });
}
