// The roll on a bar of the table's rows; a second bar magnifies the place where a row is too narrow to be seen.

import { element, shape } from "./elements.js";
import { GRID } from "./record.js";

const WIDTH = 1000;
const HEIGHT = 40;
const LEAST_WIDTH = 4; // of a row that came up: it must be seen
const NARROW = 0.04; // of the whole bar: rows below this are magnified
const AROUND = 4n; // how many times its width is shown on each side of a magnified row

/** The bar, or two of them. `row` is the number, from 1, of the row that came up; `words` says what is seen. */
export function picture(table, roll, row, words) {
  const segments = segmentsOf(table);
  const won = segments.find((segment) => segment.number === Number(row));
  const whole = bar(segments, { from: 0n, to: GRID }, roll, Number(row), words.whole);
  if (won === undefined || share(won.to - won.from) >= NARROW) return [whole];
  const width = won.to - won.from;
  const from = won.from > AROUND * width ? won.from - AROUND * width : 0n;
  const to = won.to + AROUND * width < GRID ? won.to + AROUND * width : GRID;
  const times = Math.floor(Number(GRID) / Number(to - from));
  return [whole, element("p", { class: "caption" }, words.magnified(times)), bar(segments, { from, to }, roll, Number(row), null)];
}

/** A part of the bar as a fraction of it. */
export function share(tickets) {
  return Number(tickets) / Number(GRID);
}

/** Where each row begins and ends; rows without tickets are nowhere. */
export function segmentsOf(table) {
  let cut = 0n;
  const segments = table.map(({ tickets }, at) => ({ number: at + 1, from: cut, to: (cut += tickets) }));
  return segments.filter(({ from, to }) => to > from);
}

function bar(segments, view, roll, row, label) {
  const seen = segments.filter(({ from, to }) => to > view.from && from < view.to);
  // What came up is drawn last, so that nothing hides it.
  const inOrder = [...seen.filter(({ number }) => number !== row), ...seen.filter(({ number }) => number === row)];
  const drawing = shape(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", class: "bar", "aria-hidden": "true" },
    ...inOrder.map((segment) => rectangle(segment, view, row)),
  );
  const described = label === null ? { "aria-hidden": "true" } : { role: "img", "aria-label": label };
  return element("div", { class: "picture", ...described }, drawing, pin(place(roll, view)));
}

function rectangle({ number, from, to }, view, row) {
  const [start, end] = [place(from, view), place(to, view)].map((part) => Math.min(1, Math.max(0, part)) * WIDTH);
  const width = number === row ? Math.max(end - start, LEAST_WIDTH) : end - start;
  const kind = number === row ? "won" : number % 2 === 0 ? "even" : "odd";
  return shape("rect", { x: Math.min(start, WIDTH - width), y: 0, width, height: HEIGHT, class: kind, "data-row": number });
}

function place(ticket, view) {
  return Number(ticket - view.from) / Number(view.to - view.from);
}

function pin(part) {
  const needle = element("span", { class: "pin" });
  needle.style.left = `${Math.min(1, Math.max(0, part)) * 100}%`;
  return needle;
}
