// Replays a draw from its public record: the same checks in the same order as `stickercase verify`, with WebCrypto.
// In words, with numbers to try: docs/fairness.md.

import { GRID, readRecord } from "./record.js";
import { Damaged, textOf } from "./strict_json.js";

const GAMES = ["case", "upgrade"];
const UPGRADE_ROWS = ["win", "lose"];
const CLIENT_SEED = /^[ -{}~]{1,64}$/;
const UNUSED_BITS = 11n; // the roll is the first 53 bits of 64

/**
 * What can be said of a record, given as a text or as bytes of UTF-8:
 *   { verdict: "damaged", damage }                        no public record of a draw; `damage` is a `Damaged`
 *   { verdict: "secret", record }                         the server seed is not revealed yet: wait
 *   { verdict: "fair" | "unfair", record, checks, work }  `checks`: [{ step, held, expected, found }], where
 *                                                         `expected` is what the record says; `work`: see `workings`
 * `asked` is the id of the draw that was asked for, if one was: then the record has to be that draw's.
 */
export async function verify(source, asked = null) {
  let record;
  try {
    record = readRecord(typeof source === "string" ? source : textOf(source));
  } catch (damage) {
    if (!(damage instanceof Damaged)) throw damage;
    return { verdict: "damaged", damage };
  }
  const strange = asked === null || asked === record.drawId ? [] : [check("draw asked for", record.drawId, asked)];
  if (record.serverSeed === null && strange.length === 0) return { verdict: "secret", record };
  if (record.serverSeed === null) return { verdict: "unfair", record, checks: strange, work: null };
  const work = await workings(record);
  const checks = [...replay(record, work), ...naming(record), ...strange];
  return { verdict: checks.every((each) => each.held) ? "fair" : "unfair", record, checks, work };
}

/** Every value on the way from the seeds to the row. */
export async function workings(record) {
  const seed = bytesOf(record.serverSeed);
  const message = `${record.game}|${record.tableId}|${record.clientSeed}|${record.nonce}`;
  const tableText = record.table.map((row) => `${row.label}:${row.tickets}`).join(",");
  const digest = await hmac(seed, message);
  const roll = BigInt(`0x${digest.slice(0, 16)}`) >> UNUSED_BITS;
  return {
    message,
    tableText,
    digest,
    roll,
    row: rowOf(record.table, roll),
    commitment: await sha256(seed),
    tableId: await sha256(utf8(tableText)),
    tickets: record.table.reduce((sum, row) => sum + row.tickets, 0n),
  };
}

/** The number, from 1, of the first row whose cumulative tickets exceed the roll. */
export function rowOf(table, roll) {
  let cut = 0n;
  const at = table.findIndex((row) => (cut += row.tickets) > roll);
  return BigInt(at < 0 ? table.length + 1 : at + 1);
}

function replay(record, work) {
  const joints = record.table.some((row) => /[:,]/.test(row.label));
  const oneWay = GAMES.includes(record.game) && record.nonce >= 0n && !joints;
  return [
    check("record can be read in one way only", true, oneWay),
    check("seed matches its commitment", record.serverSeedHash, work.commitment),
    check("client seed is one a player may choose", true, CLIENT_SEED.test(record.clientSeed)),
    check("table has 2^53 tickets", GRID, work.tickets),
    check("table matches its id", record.tableId, work.tableId),
    check("roll", record.roll, work.roll),
    check("row", record.row, work.row),
  ];
}

/** What the record says of itself beside the draw. */
function naming(record) {
  return [
    check("rows are named as in this game", true, rowsAreNamed(record)),
    check("draw id", record.drawId, `${record.serverSeedHash}-${record.nonce}`),
    record.game === "upgrade" ? packOfUpgrade(record) : packOfCase(record),
  ];
}

function rowsAreNamed({ game, table }) {
  if (game !== "upgrade") return table.every((row) => row.name === null);
  return table.length === UPGRADE_ROWS.length && table.every((row, at) => row.name === UPGRADE_ROWS[at]);
}

function packOfCase({ table, row, packId }) {
  const found = row >= 1n && row <= BigInt(table.length) ? table[Number(row) - 1].packId : null;
  return { ...check("pack", packId, found), held: packId !== null && packId === found };
}

/** The table does not name the pack that was bet on; but there is one exactly when row 1, the win, came up. */
function packOfUpgrade({ row, packId }) {
  return check("pack", packId !== null, row === 1n);
}

function check(step, expected, found) {
  return { step, held: expected === found, expected: String(expected), found: String(found) };
}

async function sha256(bytes) {
  return hexOf(await crypto.subtle.digest("SHA-256", bytes));
}

async function hmac(seed, message) {
  // HMAC fills a short key up with zeros, so one zero is the same key as none; WebCrypto refuses only the latter.
  const bytes = seed.length > 0 ? seed : new Uint8Array(1);
  const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return hexOf(await crypto.subtle.sign("HMAC", key, utf8(message)));
}

function utf8(text) {
  return new TextEncoder().encode(text);
}

function bytesOf(hex) {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function hexOf(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
