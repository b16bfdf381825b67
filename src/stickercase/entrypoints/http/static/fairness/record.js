// The public record of a draw, read by the same rules as `stickercase verify` does.

import { Damaged, readJson } from "./strict_json.js";

export const GRID = 1n << 53n;

const SMALL_HEX = /^(?:[0-9a-f]{2})*$/;

/** Reads the JSON of GET /api/draws/{draw_id}, or that of its field `draw` alone; throws `Damaged`. */
export function readRecord(source) {
  const document = readJson(source);
  const fields = document instanceof Map && document.has("draw") ? document.get("draw") : document;
  if (!(fields instanceof Map)) throw new Damaged("no_record");
  const record = {
    drawId: text(fields, "draw_id"),
    game: text(fields, "game"),
    serverSeedHash: text(fields, "server_seed_hash"),
    serverSeed: fields.get("server_seed") === null ? null : text(fields, "server_seed"),
    clientSeed: text(fields, "client_seed"),
    nonce: whole(fields, "nonce"),
    tableId: text(fields, "table_id"),
    table: table(fields),
    roll: whole(fields, "roll"),
    row: whole(fields, "row"),
    packId: orNull(fields, "pack_id", whole),
  };
  if (record.serverSeed !== null && !SMALL_HEX.test(record.serverSeed)) throw new Damaged("bad_seed");
  return { ...record, ...decoration(fields) };
}

/** What is shown and not checked: it has no part in the draw, so whatever does not fit is left out. */
function decoration(fields) {
  const [caseName, at] = ["case_name", "at"].map((name) => fields.get(name));
  return { caseName: typeof caseName === "string" ? caseName : null, at: typeof at === "string" ? at : null };
}

function table(fields) {
  const rows = fields.get("table");
  if (!Array.isArray(rows)) throw new Damaged("bad_field", "table");
  if (rows.length === 0) throw new Damaged("bad_table");
  return rows.map(row);
}

function row(fields) {
  if (!(fields instanceof Map)) throw new Damaged("bad_field", "table");
  const tickets = whole(fields, "tickets");
  const packId = orNull(fields, "pack_id", whole);
  const name = orNull(fields, "name", text);
  if (tickets < 0n || tickets > GRID) throw new Damaged("bad_table");
  if ((packId === null) === (name === null)) throw new Damaged("bad_row");
  return { tickets, packId, name, label: name === null ? String(packId) : name };
}

function text(fields, name) {
  return typed(fields, name, "string");
}

function whole(fields, name) {
  return typed(fields, name, "bigint");
}

function orNull(fields, name, read) {
  return (fields.get(name) ?? null) === null ? null : read(fields, name);
}

function typed(fields, name, type) {
  const value = fields.get(name);
  if (typeof value !== type) throw new Damaged("bad_field", name);
  return value;
}
