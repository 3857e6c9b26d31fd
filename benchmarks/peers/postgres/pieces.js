// A range cut into days, months, years or all time, as the gateway cuts it: each piece is one range
// of a primary key. Days are numbers since 1970-01-01.
const DAY = 86_400_000;
const MONTH = 1, ALL = 3;

const number = (day) => Date.parse(day) / DAY;

/** The first start of a month or year on or after the day. */
const ceil = (day, coarse) => {
  const start = floor(day, coarse);
  if (start === day) return day;
  const date = new Date(start * DAY);
  return (coarse === MONTH
    ? date.setUTCMonth(date.getUTCMonth() + 1)
    : date.setUTCFullYear(date.getUTCFullYear() + 1)) / DAY;
};

const floor = (day, coarse) => {
  const date = new Date(day * DAY);
  date.setUTCDate(1);
  return (coarse === MONTH ? Number(date) : date.setUTCMonth(0)) / DAY;
};

/** Grains, first and last buckets: three arrays, as the statements take them. */
export const pieces = (first, last, coarsest = ALL) => {
  if (coarsest === ALL && first === null && last === null) return [[ALL], [0], [0]];
  const found = [[], [], []];
  const add = (...piece) => piece.forEach((value, index) => found[index].push(value));
  let start = Math.max(number(first ?? "1970-01-01"), 0);
  let stop = number(last ?? "9999-12-31") + 1;
  for (const fine of [0, MONTH]) {
    const inner = [ceil(start, fine + 1), floor(stop, fine + 1)];
    if (coarsest <= fine || inner[0] >= inner[1]) {
      add(fine, start, stop - 1);
      return found;
    }
    if (start < inner[0]) add(fine, start, inner[0] - 1);
    if (inner[1] < stop) add(fine, inner[1], stop - 1);
    [start, stop] = inner;
  }
  add(2, start, stop - 1);
  return found;
};
